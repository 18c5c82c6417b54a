//! Turns of one invocation, and of a fleet of sandboxes.

mod fleet;

use futures_util::future::join_all;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn lane(interval: u64, burst: u32) -> Lane {
    Lane::begin(
        milliseconds(interval),
        burst,
        milliseconds(interval),
        Instant::now(),
    )
}

/// When the turns came, counted from the beginning.
async fn turns(lane: &Lane, count: usize, deadline: Deadline) -> Vec<Option<Duration>> {
    let begun = Instant::now();
    let turn = async || {
        lane.turn(deadline, Repeat::Always)
            .await
            .map(|_| begun.elapsed())
    };
    join_all((0..count).map(|_| turn())).await
}

#[tokio::test(start_paused = true)]
async fn a_burst_goes_at_once_and_every_later_call_waits_for_an_interval() {
    for (burst, expected) in [(1, [0, 250, 500, 750]), (2, [0, 0, 250, 500]), (4, [0; 4])] {
        let lane = lane(250, burst);
        let turns = turns(&lane, 4, Deadline::after(HOUR)).await;
        assert_eq!(
            turns,
            expected.map(|at| Some(milliseconds(at))),
            "side by side, in the order of asking"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn time_that_passes_unused_brings_one_burst_and_no_more() {
    let lane = lane(250, 2);
    tokio::time::sleep(HOUR).await;
    assert_eq!(
        turns(&lane, 4, Deadline::after(HOUR)).await,
        [0, 0, 250, 500].map(|at| Some(milliseconds(at)))
    );
}

#[tokio::test(start_paused = true)]
async fn each_call_takes_an_interval_of_the_sandboxs_time() {
    let limit = |action, interval| RateLimit {
        action,
        queue_interval: milliseconds(interval),
        caller_interval: milliseconds(2 * interval),
        burst: 2,
    };
    let limits = [
        limit(Action::DescribeCertificate, 500),
        limit(Action::UpdateCertificate, 800),
    ]
    .into_iter()
    .collect();
    for (waiting, reads, writes, paid_after) in [
        (Waiting::Queue, 0, 0, 0),
        (Waiting::Queue, 2, 1, 1_000),
        (Waiting::Caller, 2, 1, 2_000),
        (Waiting::Nobody, 2, 2, 3_200),
    ] {
        let begun = Instant::now();
        let limiter = Limiter::begin(&limits, waiting);
        turns(
            limiter.lane(Action::DescribeCertificate),
            reads,
            Deadline::after(HOUR),
        )
        .await;
        turns(
            limiter.lane(Action::UpdateCertificate),
            writes,
            Deadline::after(HOUR),
        )
        .await;
        assert_eq!(begun.elapsed(), Duration::ZERO, "a burst");
        assert_eq!(
            limiter.paid_at().map_or(Duration::ZERO, |at| at - begun),
            milliseconds(paid_after),
            "{waiting:?} {reads} {writes}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_no_turn_is_waited_for_and_nothing_is_to_be_paid() {
    let limiter = Limiter::default();
    assert_eq!(
        turns(
            limiter.lane(Action::GetDeviceCertificate),
            3,
            Deadline::after(HOUR)
        )
        .await,
        [Some(Duration::ZERO); 3]
    );
    assert_eq!(limiter.paid_at(), None);
}

#[tokio::test(start_paused = true)]
async fn each_action_has_turns_of_its_own() {
    let limit = |action, interval| RateLimit {
        action,
        queue_interval: milliseconds(interval),
        caller_interval: milliseconds(interval),
        burst: 1,
    };
    let limits = [
        limit(Action::DescribeDeviceCertificate, 500),
        limit(Action::ListClientCertificate, 1_000),
    ]
    .into_iter()
    .collect();
    let limiter = Limiter::begin(&limits, Waiting::Caller);
    for (action, second) in [
        (Action::ListClientCertificate, 1000),
        (Action::DescribeDeviceCertificate, 500),
        (Action::DeactivateDeviceCertificate, 0),
    ] {
        let turns = turns(limiter.lane(action), 2, Deadline::after(HOUR)).await;
        assert_eq!(turns[1], Some(milliseconds(second)), "{action}");
    }
    let limited: Vec<ProviderName> = ProviderName::ALL
        .into_iter()
        .filter(|provider| limiter.limits(*provider))
        .collect();
    assert_eq!(
        limited,
        [ProviderName::TencentMqtt, ProviderName::AlibabaPca]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_is_worth_as_many_of_another_action_as_take_its_time() {
    use Action::{GetDeviceCertificate, ListDeviceCertificateByCaSn};
    let limit = |action, interval| RateLimit {
        action,
        queue_interval: milliseconds(interval),
        caller_interval: milliseconds(interval),
        burst: 1,
    };
    let limits = [
        limit(ListDeviceCertificateByCaSn, 200),
        limit(GetDeviceCertificate, 30),
    ]
    .into_iter()
    .collect();
    let limiter = Limiter::begin(&limits, Waiting::Queue);
    assert_eq!(
        limiter.worth(ListDeviceCertificateByCaSn, GetDeviceCertificate),
        6
    );
    assert_eq!(
        limiter.worth(GetDeviceCertificate, ListDeviceCertificateByCaSn),
        1
    );
    assert_eq!(
        Limiter::default().worth(ListDeviceCertificateByCaSn, GetDeviceCertificate),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn turns_that_come_too_late_are_given_up_at_once() {
    let begun = Instant::now();
    let turns = turns(&lane(250, 1), 10, Deadline::after(milliseconds(2_000))).await;
    assert_eq!(
        turns.iter().flatten().count(),
        3,
        "an attempt takes a second and the answer half of one: {turns:?}"
    );
    assert_eq!(begun.elapsed(), milliseconds(500));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_could_not_be_paid_for_before_the_deadline_is_not_made() {
    let lane = lane(1_000, 4);
    let deadline = Deadline::after(milliseconds(3_500));
    let turns = turns(&lane, 4, deadline).await;
    assert_eq!(
        turns.iter().flatten().count(),
        3,
        "three seconds and the time to answer"
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_leaves_time_for_the_turn_of_the_read_behind_it() {
    let one = lane(1_000, 1);
    let deadline = Deadline::after(milliseconds(4_750));
    let attempt = one.turn(deadline, Repeat::OnlyIfNotDone).await.unwrap();
    tokio::time::sleep(attempt).await;
    assert!(one.turn(deadline, Repeat::Always).await.is_some());
    assert_eq!(
        lane(1_000, 1)
            .turn(Deadline::after(milliseconds(3_749)), Repeat::OnlyIfNotDone)
            .await,
        None
    );
}
