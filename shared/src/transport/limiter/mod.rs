//! A rate limit for each action of a vendor, which holds over all sandboxes of a function although
//! they know nothing of each other.
//!
//! Vendors count the calls of an account, so each running sandbox gets its part of the function's
//! share. A part is used like a token bucket (the generic cell rate algorithm): a few calls may be
//! made at once, and each call takes its interval of the sandbox's time. The part of these
//! intervals that has not passed by then passes before the sandbox takes its next event. No tokens
//! are saved up in a sandbox, because many more sandboxes may be warm than run. See
//! [`Limiter::paid_at`].

use std::cell::Cell;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Deadline, Repeat};
use crate::model::{Action, ProviderName};

/// The number of calls of one request that run side by side where there is no rate limit: more
/// would only be throttled. With a rate limit it bounds the calls of one list or group.
pub const MAX_CONCURRENT_CALLS: usize = 10;

/// The receiver that waits for the answer to an event. It decides how fast the event's calls may be
/// made, and when they are paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// An HTTP client, or the direct invoker of the function. Calls are paid for after the answer.
    Caller,
    /// A queue. No more of these events run at once than the queue's maximum concurrency. Calls are
    /// paid for before the answer: Lambda does not document whether a message is acknowledged when
    /// its function is stopped between its answer and its next event.
    Queue,
    /// No receiver: events of topics, buses and pipes, as many of which may run at once as
    /// sandboxes are reserved. Calls are paid for before the answer, too.
    Nobody,
}

/// The rate at which one sandbox may call an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The action.
    pub action: Action,
    /// The sandbox's time that a call takes while it handles messages of a queue.
    pub queue_interval: Duration,
    /// The same for all other events.
    pub caller_interval: Duration,
    /// Calls that may be made at once.
    pub burst: u32,
}

/// The rate limits of one sandbox. An action without one is called without waiting.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RateLimits(Vec<RateLimit>);

impl RateLimits {
    /// The rate limits, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &RateLimit> {
        self.0.iter()
    }
}

impl FromIterator<RateLimit> for RateLimits {
    fn from_iter<I: IntoIterator<Item = RateLimit>>(limits: I) -> Self {
        Self(limits.into_iter().collect())
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

/// The rate limits during one invocation.
#[derive(Debug)]
pub struct Limiter {
    lanes: [(Action, Lane); Action::ALL.len()],
    /// For calls that no provider counts.
    unlimited: Lane,
}

impl Limiter {
    /// Begins with the invocation.
    pub fn begin(limits: &RateLimits, waiting: Waiting) -> Self {
        let of = |action| limits.iter().find(|limit| limit.action == action);
        let interval = |action| {
            of(action).map_or(Duration::ZERO, |limit| match waiting {
                Waiting::Queue => limit.queue_interval,
                Waiting::Caller | Waiting::Nobody => limit.caller_interval,
            })
        };
        // The provider decides which action reads the effect of a write. The slowest one leaves time
        // for any of them.
        let slowest = |provider| {
            let of_provider = limits
                .iter()
                .map(|limit| limit.action)
                .filter(|action| action.provider() == provider);
            of_provider.map(interval).max().unwrap_or_default()
        };
        let now = Instant::now();
        let lane = |action: Action| {
            Lane::begin(
                interval(action),
                of(action).map_or(1, |limit| limit.burst),
                slowest(action.provider()),
                now,
            )
        };
        Self {
            lanes: Action::ALL.map(|action| (action, lane(action))),
            unlimited: Lane::begin(Duration::ZERO, 1, Duration::ZERO, now),
        }
    }

    /// The calls to all providers so far.
    pub fn counts(&self) -> CallCounts {
        self.lanes.iter().map(|(_, lane)| lane.counts.get()).fold(
            CallCounts::default(),
            |sum, counts| CallCounts {
                calls: sum.calls.saturating_add(counts.calls),
                retries: sum.retries.saturating_add(counts.retries),
                throttles: sum.throttles.saturating_add(counts.throttles),
            },
        )
    }

    /// Whether any action of this provider has a rate limit.
    pub fn limits(&self, provider: ProviderName) -> bool {
        self.lanes
            .iter()
            .any(|(action, lane)| action.provider() == provider && !lane.interval.is_zero())
    }

    fn of(&self, provider: ProviderName) -> impl Iterator<Item = &Lane> {
        self.lanes
            .iter()
            .filter(move |(action, _)| action.provider() == provider)
            .map(|(_, lane)| lane)
    }

    /// How often the slowest action of this provider may be called in a second; `None` where none
    /// has a rate limit.
    pub fn calls_in_a_second(&self, provider: ProviderName) -> Option<usize> {
        let slowest = self
            .of(provider)
            .map(|lane| lane.interval)
            .max()
            .filter(|interval| !interval.is_zero())?;
        usize::try_from(
            Duration::from_secs(1)
                .as_nanos()
                .checked_div(slowest.as_nanos())?,
        )
        .ok()
    }

    /// How many calls of the other action take as much of the sandbox's time as one of this
    /// action; 1 where neither has a rate limit.
    pub fn worth(&self, action: Action, other: Action) -> usize {
        let [this, other] = [action, other].map(|action| self.lane(action).interval.as_nanos());
        this.checked_div(other)
            .and_then(|calls| usize::try_from(calls).ok())
            .unwrap_or(1)
            .max(1)
    }

    /// Whether a certificate of this provider can still be looked up, changed and read again before
    /// the deadline.
    pub fn leaves_time(&self, provider: ProviderName, deadline: Deadline) -> bool {
        let longest_wait = self.of(provider).map(Lane::wait).max().unwrap_or_default();
        let slowest = self
            .of(provider)
            .map(|lane| lane.interval)
            .max()
            .unwrap_or_default();
        deadline
            .attempt_after(
                longest_wait.saturating_add(slowest),
                Repeat::OnlyIfNotDone,
                slowest,
            )
            .is_some()
    }

    /// For calls that no provider counts.
    pub const fn unlimited(&self) -> &Lane {
        &self.unlimited
    }

    /// The turns to call this action.
    pub fn lane(&self, action: Action) -> &Lane {
        self.lanes
            .iter()
            .find(|(of, _)| *of == action)
            .map_or(&self.unlimited, |(_, lane)| lane)
    }

    /// The moment at which all calls are paid for; before it, the sandbox must not take another event.
    /// It is always before the deadline of the calls. `None`: nothing is left to pay.
    pub fn paid_at(&self) -> Option<Instant> {
        self.lanes
            .iter()
            .map(|(_, lane)| lane.paid_at.get())
            .max()
            .filter(|at| *at > Instant::now())
    }

    /// Waits until all calls are paid for. A timer without anything to wait for would still take a
    /// millisecond.
    pub async fn pay(&self) {
        if let Some(at) = self.paid_at() {
            tokio::time::sleep_until(at).await;
        }
    }
}

#[cfg(test)]
impl Default for Limiter {
    /// Every call is made at once.
    fn default() -> Self {
        Self::begin(&RateLimits::default(), Waiting::Caller)
    }
}

/// The turns to call one action.
#[derive(Debug)]
pub struct Lane {
    interval: Duration,
    /// The time that calls may be ahead of what is paid for: one interval less than the calls of a
    /// burst take.
    ahead: Duration,
    /// The time that a write keeps free for the turn of the read that shows its effect.
    read_back: Duration,
    /// When all calls are paid for.
    paid_at: Cell<Instant>,
    /// Waiting calls get their turns in the order in which they came.
    queue: Mutex<()>,
    counts: Cell<CallCounts>,
}

impl Lane {
    fn begin(interval: Duration, burst: u32, read_back: Duration, now: Instant) -> Self {
        Self {
            interval,
            ahead: interval.saturating_mul(burst.saturating_sub(1)),
            read_back,
            paid_at: Cell::new(now),
            queue: Mutex::default(),
            counts: Cell::default(),
        }
    }

    /// The wait of the next call, if it is the first in the queue.
    fn wait(&self) -> Duration {
        self.paid_at
            .get()
            .saturating_duration_since(Instant::now())
            .saturating_sub(self.ahead)
    }

    /// Waits for the next turn and takes it. Returns the time limit of the attempt; `None`, without a
    /// wait, when the attempt would not end in time, or could not be paid for in time.
    pub(super) async fn turn(&self, deadline: Deadline, repeat: Repeat) -> Option<Duration> {
        let _turn = self.queue.lock().await;
        let wait = self.wait();
        deadline.attempt_after(wait, repeat, self.read_back)?;
        let left = self
            .paid_at
            .get()
            .saturating_duration_since(Instant::now())
            .saturating_add(self.interval);
        deadline.leaves_time_to_answer_after(left).then_some(())?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let attempt = deadline.attempt_after(Duration::ZERO, repeat, self.read_back)?;
        let now = Instant::now();
        // Counted from now at the earliest: time that passed unused is not saved up beyond a burst.
        self.paid_at.set(
            self.paid_at
                .get()
                .max(now)
                .checked_add(self.interval)
                .unwrap_or(now),
        );
        self.count(|counts| &mut counts.calls);
        Some(attempt)
    }

    pub(super) fn count(&self, which: impl FnOnce(&mut CallCounts) -> &mut u64) {
        let mut counts = self.counts.get();
        let number = which(&mut counts);
        *number = number.saturating_add(1);
        self.counts.set(counts);
    }

    /// Whether there is time for one more attempt after this wait, which begins now.
    pub(super) fn leaves_time(&self, wait: Duration, deadline: Deadline, repeat: Repeat) -> bool {
        deadline
            .attempt_after(wait.max(self.wait()), repeat, self.read_back)
            .is_some()
    }
}

#[cfg(test)]
mod tests;
