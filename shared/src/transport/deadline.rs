//! The time that is left for an invocation, and whether it suffices for another call.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::Repeat;

/// The time that is kept free to write the answer and to hand it over.
const ANSWER_RESERVE: Duration = Duration::from_millis(500);
/// An attempt with less time than this is not begun: it would more likely be cut off than answered.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);
/// The time that is kept free after a write, in addition: its effect may have to be read.
const READ_BACK_RESERVE: Duration = Duration::from_millis(1250);
/// An attempt gets no more than this, so that a silent vendor leaves time for another one.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(8);
/// The budget when the deadline is not known: local emulators send one in 1970.
const UNKNOWN_DEADLINE_BUDGET: Duration = Duration::from_secs(25);

/// The moment at which the invocation ends.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// From Lambda's deadline. One that has already passed is not believed.
    pub fn new(deadline: SystemTime, now: SystemTime) -> Self {
        let left = match deadline.duration_since(now) {
            Ok(left) if !left.is_zero() => left,
            _ => UNKNOWN_DEADLINE_BUDGET,
        };
        Self::after(left)
    }

    /// The deadline that is `left` from now.
    pub fn after(left: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(left).unwrap_or(now))
    }

    /// This deadline, moved forward by this time.
    #[must_use]
    pub fn sooner(self, by: Duration) -> Self {
        Self(self.0.checked_sub(by).unwrap_or(self.0))
    }

    /// This deadline, or `left` from now when that is earlier.
    #[must_use]
    pub fn at_most(self, left: Duration) -> Self {
        Self(self.0.min(Self::after(left).0))
    }

    /// The time limit of an attempt that is begun after `wait`; `None` when too little time would be
    /// left for it. After a write, the read of its effect waits for its own `turn`.
    pub(super) fn attempt_after(
        self,
        wait: Duration,
        repeat: Repeat,
        turn: Duration,
    ) -> Option<Duration> {
        let reserve = match repeat {
            Repeat::Always => ANSWER_RESERVE,
            Repeat::OnlyIfNotDone => ANSWER_RESERVE
                .saturating_add(READ_BACK_RESERVE)
                .saturating_add(turn),
        };
        let usable = self.remaining().checked_sub(wait)?.checked_sub(reserve)?;
        (usable >= SHORTEST_ATTEMPT).then_some(usable.min(LONGEST_ATTEMPT))
    }

    /// Whether there is time for one more read after this wait.
    pub fn leaves_time_to_read_after(self, wait: Duration) -> bool {
        self.attempt_after(wait, Repeat::Always, Duration::ZERO)
            .is_some()
    }

    /// Whether work that ends `left` from now leaves time to answer.
    pub(super) fn leaves_time_to_answer_after(self, left: Duration) -> bool {
        self.remaining()
            .checked_sub(left)
            .is_some_and(|rest| rest >= ANSWER_RESERVE)
    }

    /// The time that is left.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Deadline {
        fn attempt(self, repeat: Repeat) -> Option<Duration> {
            self.attempt_after(Duration::ZERO, repeat, Duration::ZERO)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_end_in_time_to_answer() {
        for (left, attempt) in [
            (Duration::from_secs(60), Some(LONGEST_ATTEMPT)),
            (Duration::from_secs(3), Some(Duration::from_millis(2500))),
            (Duration::from_millis(1500), Some(Duration::from_secs(1))),
            (Duration::from_millis(1499), None),
            (Duration::ZERO, None),
        ] {
            assert_eq!(
                Deadline::after(left).attempt(Repeat::Always),
                attempt,
                "{left:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_leaves_time_to_read_its_effect() {
        let deadline = Deadline::after(Duration::from_secs(5));
        let attempt = deadline.attempt(Repeat::OnlyIfNotDone).unwrap();
        tokio::time::sleep(attempt).await;
        assert!(deadline.attempt(Repeat::Always).is_some());
        assert_eq!(
            Deadline::after(Duration::from_millis(2749)).attempt(Repeat::OnlyIfNotDone),
            None
        );
        let turn = Duration::from_secs(2);
        assert_eq!(
            Deadline::after(Duration::from_millis(4749)).attempt_after(
                Duration::ZERO,
                Repeat::OnlyIfNotDone,
                turn
            ),
            None
        );
        assert!(
            Deadline::after(Duration::from_millis(4750))
                .attempt_after(Duration::ZERO, Repeat::OnlyIfNotDone, turn)
                .is_some()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_in_the_past_is_not_believed() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_763_800_000);
        for deadline in [SystemTime::UNIX_EPOCH + Duration::from_secs(600), now] {
            assert_eq!(
                Deadline::new(deadline, now).remaining(),
                UNKNOWN_DEADLINE_BUDGET
            );
        }
        assert_eq!(
            Deadline::new(now + Duration::from_secs(7), now).remaining(),
            Duration::from_secs(7)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_leaves_room_for_an_attempt() {
        let deadline = Deadline::after(Duration::from_secs(3));
        let after = |wait| deadline.attempt_after(wait, Repeat::Always, Duration::ZERO);
        assert!(after(Duration::from_millis(1500)).is_some());
        assert_eq!(after(Duration::from_millis(1501)), None);
        assert_eq!(after(Duration::MAX), None);
    }
}
