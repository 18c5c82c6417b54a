//! How fast one instance calls. The vendors count the calls of the whole account, and instances do not know of each other: each has
//! its share, and together they never pass the limit.
//!
//! A call is preceded by its share of time in the invocation itself. Turns that an instance kept between invocations would be no
//! bound: more instances are kept warm than run at once, and each of them would bring the turns that it has saved.

use std::cell::Cell;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Deadline, Safety};
use crate::model::ProviderName;

/// How many calls to one provider wait for their answers at once. More would only be throttled where they are not paced, and with a pace
/// they are enough for a vendor that takes its time.
pub const SIDE_BY_SIDE: usize = 8;

/// The time between two calls of one instance, for each provider that has a pace. To the others it calls as soon as it likes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CallIntervals(Vec<(ProviderName, Duration)>);

impl CallIntervals {
    /// Each provider that has one.
    pub fn iter(&self) -> impl Iterator<Item = (ProviderName, Duration)> {
        self.0.iter().copied()
    }
}

impl FromIterator<(ProviderName, Duration)> for CallIntervals {
    fn from_iter<I: IntoIterator<Item = (ProviderName, Duration)>>(intervals: I) -> Self {
        Self(intervals.into_iter().collect())
    }
}

/// The calls of one invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Attempts, the repeated ones included.
    pub calls: u64,
    /// Attempts that repeat another.
    pub retries: u64,
    /// Attempts that the vendor answered by asking to slow down.
    pub throttles: u64,
}

/// The turns of one invocation, for each provider its own.
#[derive(Debug)]
pub struct Pace {
    lanes: [(ProviderName, Lane); ProviderName::ALL.len()],
    /// For calls that no provider counts.
    own: Lane,
}

impl Pace {
    /// Begins with the invocation.
    pub fn begin(intervals: &CallIntervals) -> Self {
        let interval = |provider| intervals.iter().find(|(of, _)| *of == provider).map_or(Duration::ZERO, |(_, interval)| interval);
        let lanes = ProviderName::ALL.map(|provider| (provider, Lane::begin(interval(provider))));
        Self { lanes, own: Lane::begin(Duration::ZERO) }
    }

    /// The calls to all providers so far.
    pub fn counts(&self) -> CallCounts {
        self.lanes.iter().map(|(_, lane)| lane.counts.get()).fold(CallCounts::default(), |sum, counts| CallCounts {
            calls: sum.calls.saturating_add(counts.calls),
            retries: sum.retries.saturating_add(counts.retries),
            throttles: sum.throttles.saturating_add(counts.throttles),
        })
    }

    /// Whether calls to this provider wait for turns.
    pub fn is_paced(&self, provider: ProviderName) -> bool {
        !self.lane(provider).interval.is_zero()
    }

    /// For calls that no provider counts.
    pub const fn own(&self) -> &Lane {
        &self.own
    }

    /// The turns of this provider.
    pub fn lane(&self, provider: ProviderName) -> &Lane {
        self.lanes.iter().find(|(of, _)| *of == provider).map_or(&self.own, |(_, lane)| lane)
    }
}

#[cfg(test)]
impl Default for Pace {
    /// Every call is made at once.
    fn default() -> Self {
        Self::begin(&CallIntervals::default())
    }
}

/// One provider's turns: no two calls begin within an interval, nor the first one within an interval of the beginning.
#[derive(Debug)]
pub struct Lane {
    interval: Duration,
    /// Those who wait get it in the order in which they came.
    next: Mutex<Instant>,
    counts: Cell<CallCounts>,
}

impl Lane {
    fn begin(interval: Duration) -> Self {
        Self { interval, next: Mutex::new(after(interval)), counts: Cell::default() }
    }

    /// Waits for the next turn and takes it. Tells how long the attempt may then take; `None`, at once, when it would not end in time.
    pub(super) async fn turn(&self, deadline: Deadline, safety: Safety) -> Option<Duration> {
        let mut next = self.next.lock().await;
        deadline.attempt_after(next.saturating_duration_since(Instant::now()), safety, self.interval)?;
        if *next > Instant::now() {
            tokio::time::sleep_until(*next).await;
        }
        let attempt = deadline.attempt_after(Duration::ZERO, safety, self.interval)?;
        // Counted from now: a timer that is late must not bring two calls together.
        *next = after(self.interval);
        self.count(|counts| &mut counts.calls);
        Some(attempt)
    }

    pub(super) fn count(&self, which: impl FnOnce(&mut CallCounts) -> &mut u64) {
        let mut counts = self.counts.get();
        let number = which(&mut counts);
        *number = number.saturating_add(1);
        self.counts.set(counts);
    }

    /// Whether there is time for one more attempt behind this wait, which begins now.
    pub(super) fn leaves_time(&self, wait: Duration, deadline: Deadline, safety: Safety) -> bool {
        deadline.attempt_after(wait.saturating_add(self.interval), safety, self.interval).is_some()
    }
}

fn after(interval: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(interval).unwrap_or(now)
}

#[cfg(test)]
mod tests;
