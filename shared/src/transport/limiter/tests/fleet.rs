//! A fleet of which many more sandboxes are warm than may run at once: together they keep the
//! vendor's limit and the function's share.

use std::cell::{Cell, RefCell};

use tokio::sync::Semaphore;

use super::*;
use crate::config::Config;
use crate::error::{Error, ErrorCode};
use crate::testing::network::{Network, answer, get};
use crate::transport::{HttpResponse, Transport};

/// Sandboxes that may run at once, and those of them that may handle messages of the queue.
const RESERVED: usize = 4;
const QUEUE: usize = 2;
/// Sandboxes that are warm.
const WARM: usize = 80;

/// A small generator of its own, so that each run is the same.
struct Dice(Cell<u64>);

impl Dice {
    fn below(&self, limit: u64) -> u64 {
        let next = self
            .0
            .get()
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0.set(next);
        (next >> 33) % limit
    }
}

/// The work of the fleet.
#[derive(Clone, Copy, Debug)]
struct Load {
    /// Longest that a vendor takes to answer, in milliseconds.
    answer: u64,
    /// Longest that nobody sends anything after an event, in milliseconds.
    idle: u64,
    /// The vendor throttles one call in this many; 0 for none.
    throttled: u64,
    /// Of ten events, those that are no messages of the queue.
    callers: u64,
    /// Most calls of one event.
    calls: u64,
}

/// Whether sandboxes take their next event only when the last one is paid for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tail {
    Paid,
    TakenAway,
}

/// One call, which may be repeated.
async fn call(transport: &Transport, lane: &Lane, dice: &Dice, load: Load) {
    let sign = |_, _| Ok(get("https://vendor.test/"));
    let read = |_: &HttpResponse| match load.throttled {
        0 => Ok(()),
        one_in if dice.below(one_in) > 0 => Ok(()),
        _ => Err(Error::new(ErrorCode::Throttled, "slow down")),
    };
    // A call that fails for good has been made all the same.
    drop(
        transport
            .call(Deadline::after(HOUR), lane, Repeat::Always, sign, read)
            .await,
    );
    tokio::time::sleep(milliseconds(dice.below(load.answer.saturating_add(1)))).await;
}

/// Lets the sandboxes handle events until so many calls were made. The moments of the calls, in
/// order.
async fn run(
    limits: &RateLimits,
    action: Action,
    load: Load,
    tail: Tail,
    calls: usize,
) -> Vec<Instant> {
    let network = Network::new(|_| answer(200, ""));
    let sandboxes: Vec<Transport> = (0..WARM).map(|_| network.transport()).collect();
    let free: RefCell<Vec<&Transport>> = RefCell::new(sandboxes.iter().collect());
    let (slots, of_queue) = (Semaphore::new(RESERVED), Semaphore::new(QUEUE));
    let dice = Dice(Cell::new(20_251_122));
    let source = async |waiting: Waiting| {
        while network.sent().len() < calls {
            let _message = if waiting == Waiting::Queue {
                of_queue.acquire().await.ok()
            } else {
                None
            };
            let _slot = slots.acquire().await.unwrap();
            let chosen = usize::try_from(dice.below(free.borrow().len() as u64)).unwrap();
            let sandbox = free.borrow_mut().swap_remove(chosen);
            let limiter = Limiter::begin(limits, waiting);
            let mut left = dice.below(load.calls.saturating_add(1));
            while left > 0 {
                let side_by_side = (1 + dice.below(3)).min(left);
                join_all(
                    (0..side_by_side).map(|_| call(sandbox, limiter.lane(action), &dice, load)),
                )
                .await;
                left -= side_by_side;
            }
            if tail == Tail::Paid {
                limiter.pay().await;
            }
            free.borrow_mut().push(sandbox);
            // An invocation takes some time even when nothing is called.
            tokio::time::sleep(milliseconds(1 + dice.below(load.idle.saturating_add(1)))).await;
        }
    };
    // More senders than sandboxes, so that a sender always waits for the next slot.
    let kinds = (0..20).map(|number| match number % 10 {
        kind if kind >= load.callers => Waiting::Queue,
        kind if kind % 3 == 2 => Waiting::Nobody,
        _ => Waiting::Caller,
    });
    join_all(kinds.map(source)).await;
    let mut moments = network.each(|sent| sent.at);
    moments.sort();
    moments
}

/// The most calls in any time so long, wherever it begins.
fn most_in(window: Duration, moments: &[Instant]) -> usize {
    let until = |begin: Instant| moments.partition_point(|at| *at < begin + window);
    moments
        .iter()
        .enumerate()
        .map(|(index, begin)| until(*begin) - index)
        .max()
        .unwrap()
}

/// As the template gives them to inactivate.
fn limits(action: Action, share: &str) -> RateLimits {
    let list = format!("{action}={share}");
    let lookup = |name: &str| match name {
        "CALLS_PER_SECOND" => Some(list.clone()),
        "RESERVED_CONCURRENCY" => Some(RESERVED.to_string()),
        "QUEUE_CONCURRENCY" => Some(QUEUE.to_string()),
        _ => None,
    };
    Config::from_lookup(&lookup).unwrap().rate_limits
}

const BUSY: Load = Load {
    answer: 0,
    idle: 0,
    throttled: 0,
    callers: 5,
    calls: 4,
};

/// With the calls that the share allows in ten seconds.
const SHARES: [(Action, &str, usize); 3] = [
    (Action::DeactivateDeviceCertificate, "12+4", 160),
    (Action::DescribeDeviceCertificate, "3+8", 110),
    (Action::DescribeCertificate, "1.6+1.8", 34),
];

#[tokio::test(start_paused = true)]
async fn calls_of_a_fleet_never_pass_the_vendors_limit_nor_the_share_however_many_are_warm() {
    for (action, share, in_ten_seconds) in SHARES {
        for load in [
            BUSY,
            Load {
                callers: 0,
                calls: 100,
                ..BUSY
            },
            Load {
                callers: 10,
                calls: 1,
                ..BUSY
            },
            Load {
                callers: 10,
                calls: 2,
                idle: 3_000,
                ..BUSY
            },
            Load {
                answer: 400,
                ..BUSY
            },
            Load {
                answer: 400,
                idle: 300,
                throttled: 10,
                calls: 30,
                ..BUSY
            },
        ] {
            let moments = run(&limits(action, share), action, load, Tail::Paid, 20_000).await;
            assert!(moments.len() >= 20_000);
            let of_second = most_in(Duration::from_secs(1), &moments);
            let of_ten = most_in(Duration::from_secs(10), &moments);
            println!("{action}={share}, {load:?}: {of_second} in a second, {of_ten} in ten");
            assert!(
                of_second <= action.calls_per_second() as usize,
                "{action}, {load:?}: {of_second} calls in a second"
            );
            assert!(
                of_ten <= in_ten_seconds,
                "{action}, {load:?}: {of_ten} calls in ten seconds"
            );
        }
    }
}

/// The test above passes only because calls are paid for: without that, the limits are exceeded.
#[tokio::test(start_paused = true)]
async fn without_the_tail_a_fleet_passes_both() {
    for (action, share, in_ten_seconds) in SHARES {
        let moments = run(
            &limits(action, share),
            action,
            BUSY,
            Tail::TakenAway,
            20_000,
        )
        .await;
        assert!(most_in(Duration::from_secs(1), &moments) > action.calls_per_second() as usize);
        assert!(most_in(Duration::from_secs(10), &moments) > in_ten_seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn the_queue_can_use_what_the_share_gives_it() {
    let load = Load {
        callers: 0,
        calls: 100,
        ..BUSY
    };
    let moments = run(
        &limits(Action::DeactivateDeviceCertificate, "12+4"),
        Action::DeactivateDeviceCertificate,
        load,
        Tail::Paid,
        12_000,
    )
    .await;
    let rate = moments.len() as f64 / (*moments.last().unwrap() - moments[0]).as_secs_f64();
    assert!(rate >= 0.99 * 12.0, "{rate} calls a second");
}
