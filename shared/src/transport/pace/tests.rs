//! Turns of one invocation, and of a fleet of instances.

mod fleet;

use futures_util::future::join_all;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// When the turns came, counted from the beginning.
async fn turns(lane: &Lane, count: usize, deadline: Deadline) -> Vec<Option<Duration>> {
    let begun = Instant::now();
    let turn = async || lane.turn(deadline, Safety::Read).await.map(|_| begun.elapsed());
    join_all((0..count).map(|_| turn())).await
}

#[tokio::test(start_paused = true)]
async fn every_turn_is_preceded_by_an_interval_the_first_one_too() {
    let lane = Lane::begin(milliseconds(250));
    let expected = [250, 500, 750, 1000].map(|at| Some(milliseconds(at)));
    assert_eq!(turns(&lane, 4, Deadline::after(HOUR)).await, expected, "side by side, in the order of asking");
    tokio::time::sleep(milliseconds(600)).await;
    let late = turns(&lane, 2, Deadline::after(HOUR)).await;
    assert_eq!(late, [0, 250].map(|at| Some(milliseconds(at))), "time that passes unused brings one turn, not three");
}

#[tokio::test(start_paused = true)]
async fn without_a_pace_no_turn_is_waited_for() {
    assert_eq!(turns(&Lane::begin(Duration::ZERO), 3, Deadline::after(HOUR)).await, [Some(Duration::ZERO); 3]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_has_turns_of_its_own() {
    let intervals = [(ProviderName::TencentMqtt, milliseconds(500)), (ProviderName::AlibabaPca, milliseconds(1_000))].into_iter().collect();
    let pace = Pace::begin(&intervals);
    for (provider, first) in [(ProviderName::AlibabaPca, 1000), (ProviderName::TencentMqtt, 0), (ProviderName::AwsIot, 0)] {
        let turns = turns(pace.lane(provider), 1, Deadline::after(HOUR)).await;
        assert_eq!(turns, [Some(milliseconds(first))], "{provider}, counted from the last one");
    }
}

#[tokio::test(start_paused = true)]
async fn turns_that_come_too_late_are_given_up_at_once() {
    let lane = Lane::begin(milliseconds(250));
    let begun = Instant::now();
    let turns = turns(&lane, 10, Deadline::after(milliseconds(2_000))).await;
    assert_eq!(turns.iter().flatten().count(), 2, "an attempt takes a second and the answer half of one: {turns:?}");
    assert_eq!(begun.elapsed(), milliseconds(500));
}

#[tokio::test(start_paused = true)]
async fn a_write_leaves_time_for_the_turn_of_the_read_behind_it() {
    let lane = Lane::begin(milliseconds(1_000));
    let deadline = Deadline::after(milliseconds(4_750));
    let attempt = lane.turn(deadline, Safety::Write).await.unwrap();
    tokio::time::sleep(attempt).await;
    assert!(lane.turn(deadline, Safety::Read).await.is_some());
    let lane = Lane::begin(milliseconds(1_000));
    assert_eq!(lane.turn(Deadline::after(milliseconds(4_749)), Safety::Write).await, None);
}
