//! A fleet of which many more instances are warm than may run at once: together they keep the share.

use std::cell::{Cell, RefCell};

use super::*;
use crate::error::{Error, ErrorCode};
use crate::transport::fake::{Network, answer};
use crate::transport::{HttpRequest, HttpResponse, Method, Transport};

/// Instances that may run at once.
const SLOTS: u32 = 4;
/// Instances that are warm.
const WARM: usize = 80;
/// What all of them may make in a second.
const SHARE: u32 = 16;

/// A small generator of its own, so that each run is the same.
struct Dice(Cell<u64>);

impl Dice {
    fn below(&self, limit: u64) -> u64 {
        let next = self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0.set(next);
        (next >> 33) % limit
    }
}

/// How busy the fleet is.
#[derive(Clone, Copy)]
struct Load {
    /// Longest that a vendor takes to answer, in milliseconds.
    answer: u64,
    /// Longest that a slot is idle between two invocations, in milliseconds.
    idle: u64,
    /// One call of so many is told to slow down; 0 for none.
    throttled: u64,
}

/// One call, which may be repeated.
async fn call(transport: &Transport, pace: &Pace, dice: &Dice, load: Load) {
    let sign = |_, _| HttpRequest { method: Method::Get, url: String::new(), headers: Vec::new(), body: Vec::new() };
    let read = |_: &HttpResponse| match load.throttled {
        0 => Ok(()),
        one_in if dice.below(one_in) > 0 => Ok(()),
        _ => Err(Error::new(ErrorCode::Throttled, "slow down")),
    };
    // A call that fails for good has been made all the same.
    drop(transport.call(Deadline::after(HOUR), pace.lane(ProviderName::TencentMqtt), Safety::Read, sign, read).await);
    tokio::time::sleep(milliseconds(dice.below(load.answer.saturating_add(1)))).await;
}

/// Lets the slots run invocations one after another, each on a warm instance that is free, until so many calls were made. The moments of
/// the calls, in order.
async fn run(load: Load, calls: usize) -> Vec<Instant> {
    let network = Network::new(|_| answer(200, ""));
    let instances: Vec<Transport> = (0..WARM).map(|_| network.transport()).collect();
    let free: RefCell<Vec<&Transport>> = RefCell::new(instances.iter().collect());
    let intervals = [(ProviderName::TencentMqtt, Duration::from_secs(1) * SLOTS / SHARE)].into_iter().collect();
    let dice = Dice(Cell::new(20_251_122));
    let slot = async || {
        while network.sent().len() < calls {
            let count = free.borrow().len();
            let chosen = usize::try_from(dice.below(count as u64)).unwrap();
            let instance = free.borrow_mut().swap_remove(chosen);
            let pace = Pace::begin(&intervals);
            for _ in 0..dice.below(4) {
                let side_by_side = 1 + dice.below(3);
                join_all((0..side_by_side).map(|_| call(instance, &pace, &dice, load))).await;
            }
            free.borrow_mut().push(instance);
            // An invocation takes some time even when nothing is called.
            tokio::time::sleep(milliseconds(1 + dice.below(load.idle.saturating_add(1)))).await;
        }
    };
    join_all((0..SLOTS).map(|_| slot())).await;
    let mut moments = network.each(|sent| sent.at);
    moments.sort();
    moments
}

/// The most calls in any second, wherever it begins.
fn most_in_a_second(moments: &[Instant]) -> usize {
    let until = |begin: Instant| moments.partition_point(|at| *at < begin + Duration::from_secs(1));
    moments.iter().enumerate().map(|(index, begin)| until(*begin) - index).max().unwrap()
}

#[tokio::test(start_paused = true)]
async fn calls_of_a_fleet_never_pass_the_share_however_many_are_warm() {
    let busy = Load { answer: 0, idle: 0, throttled: 0 };
    for load in [busy, Load { answer: 400, ..busy }, Load { idle: 3_000, ..busy }, Load { answer: 400, idle: 300, throttled: 10 }] {
        let moments = run(load, 20_000).await;
        assert!(moments.len() >= 20_000);
        let most = most_in_a_second(&moments);
        assert!(most <= SHARE as usize, "{most} calls in a second with answers of {} ms", load.answer);
        assert!(load.answer > 0 || most == SHARE as usize, "the whole share can be used: {most}");
    }
}
