//! The rate limit of one sandbox for each action, from the limit of all sandboxes of the function.
//!
//! The function has R reserved sandboxes, of which at most Q handle messages of the queue at once,
//! and a share of q + c calls in a second (q for the queue, c for all other events). It must never
//! make more than 10 (q + c) calls in any ten seconds. Each sandbox has a token bucket and waits
//! for its calls before its next event, so in ten seconds it makes at most its burst b and the
//! calls that its interval allows. Hence, in calls in ten seconds:
//!
//! * the queue's interval is 10 s / floor(10 q / Q), so that Q sandboxes make no more than 10 q;
//! * the bursts of all sandboxes, R b, are taken from the callers' share, which leaves C = 10 c -
//!   R b;
//! * the callers' interval is the longer of 10 s (R - Q) / C, for the sandboxes that the queue does
//!   not use, and 10 s R / (10 q + C), for the time when the queue uses none.
//!
//! A function without a queue has Q = 0 and q = 0, and only the callers' interval.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use super::ConfigError;
use super::{Lookup, parsed, text};
use crate::model::Action;
use crate::transport::{RateLimit, RateLimits};

const CALLS: &str = "CALLS_PER_SECOND";
const RESERVED: &str = "RESERVED_CONCURRENCY";
const QUEUE: &str = "QUEUE_CONCURRENCY";

/// The longest useful wait for a call; with a longer one a sandbox would mostly wait.
const LONGEST_INTERVAL: Duration = Duration::from_secs(5);
/// The time over which shares are counted, so that they may have one decimal.
const WINDOW: Duration = Duration::from_secs(10);

/// The sandboxes of the function that may run at once.
#[derive(Clone, Copy)]
struct Sandboxes {
    reserved: u32,
    /// The sandboxes that may handle messages of its queue; 0 when it has none.
    queue: u32,
}

/// Calls in ten seconds, for the queue and for all other events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    queue: u32,
    callers: u32,
}

/// The rate limits, which need all three variables; without any of them there are none.
pub(super) fn rate_limits(lookup: Lookup<'_>) -> Result<RateLimits, ConfigError> {
    let set = [CALLS, RESERVED, QUEUE].map(|variable| text(lookup, variable).is_some());
    if set == [false; 3] {
        return Ok(RateLimits::default());
    }
    let sandboxes = Sandboxes {
        reserved: number::<NonZeroU32>(lookup, RESERVED, 1)?.get(),
        queue: number(lookup, QUEUE, 0)?,
    };
    if sandboxes.queue >= sandboxes.reserved {
        let reason = format!(
            "it must be less than {RESERVED}: {} of {} reserved sandboxes leave none for HTTP requests",
            sandboxes.queue, sandboxes.reserved
        );
        return Err(ConfigError {
            variable: QUEUE,
            reason,
        });
    }
    let failed = |reason| ConfigError {
        variable: CALLS,
        reason,
    };
    let list = text(lookup, CALLS).ok_or_else(|| {
        failed(format!(
            "it is not set; {CALLS}, {RESERVED} and {QUEUE} must be set together"
        ))
    })?;
    limits(&list, sandboxes).map_err(failed)
}

/// A whole number that is set, in a type that holds none below `least`.
fn number<T: FromStr>(
    lookup: Lookup<'_>,
    variable: &'static str,
    least: u32,
) -> Result<T, ConfigError> {
    let parse = |value: &str| {
        value
            .parse()
            .map_err(|_| format!("it must be a whole number, {least} or more"))
    };
    let missing = || ConfigError {
        variable,
        reason: format!("it is not set; {CALLS}, {RESERVED} and {QUEUE} must be set together"),
    };
    parsed(lookup, variable, parse)?.ok_or_else(missing)
}

/// From `tencent-mqtt:DescribeDeviceCertificates=2+6,aws-iot:UpdateCertificate=0.8+2`.
fn limits(list: &str, sandboxes: Sandboxes) -> Result<RateLimits, String> {
    let mut limits: Vec<RateLimit> = Vec::new();
    for item in list.split(',') {
        let form = || {
            format!(
                "it must be a list like {}=2+6",
                Action::DescribeDeviceCertificates
            )
        };
        let (name, share) = item.trim().split_once('=').ok_or_else(form)?;
        let action = Action::parse(name)?;
        if limits.iter().any(|limit| limit.action == action) {
            return Err(format!("it names {action} twice"));
        }
        let share = Share::parse(share, sandboxes).ok_or_else(|| {
            if sandboxes.queue == 0 {
                format!("the share of {action} must be like 0+6 or 0+1.5, because the function has no queue ({QUEUE} is 0)")
            } else {
                format!("the share of {action} must be like 2+6 or 0.5+1.5: calls in a second for the queue, and for all other events")
            }
        })?;
        limits.push(limit(action, share, sandboxes).ok_or_else(|| {
            let Sandboxes { reserved, queue } = sandboxes;
            format!(
                "the share of {action} is too small for {reserved} sandboxes, {queue} of them for the queue: each would have less than one call in \
                 5 s; raise the share or lower {RESERVED}"
            )
        })?);
    }
    Ok(limits.into_iter().collect())
}

impl Share {
    /// The queue has a share exactly where it has sandboxes.
    fn parse(text: &str, sandboxes: Sandboxes) -> Option<Self> {
        let (queue, callers) = text.split_once('+')?;
        let share = Self {
            queue: tenths(queue)?,
            callers: tenths(callers)?,
        };
        ((share.queue > 0) == (sandboxes.queue > 0) && share.callers > 0).then_some(share)
    }
}

/// A number with at most one decimal, in tenths.
fn tenths(text: &str) -> Option<u32> {
    let (whole, decimal) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(whole) && is_number(decimal) && decimal.len() == 1).then_some(())?;
    whole
        .parse::<u32>()
        .ok()?
        .checked_mul(10)?
        .checked_add(decimal.parse().ok()?)
}

/// The limit of one sandbox. `None` when the share is too small for these sandboxes.
fn limit(action: Action, share: Share, sandboxes: Sandboxes) -> Option<RateLimit> {
    let Sandboxes { reserved, queue } = sandboxes;
    // Bursts must not use more than half of the callers' share.
    let burst = share
        .callers
        .checked_div(reserved.checked_mul(2)?)?
        .clamp(1, action.burst());
    let callers = share.callers.checked_sub(reserved.checked_mul(burst)?)?;
    let beside_the_queue = interval(reserved.checked_sub(queue)?, callers)?;
    let without_the_queue = interval(reserved, share.queue.checked_add(callers)?)?;
    let caller_interval = beside_the_queue.max(without_the_queue);
    let queue_interval = match share.queue.checked_div(queue) {
        Some(calls) => interval(1, calls)?,
        None => caller_interval,
    };
    Some(RateLimit {
        action,
        queue_interval,
        caller_interval,
        burst,
    })
}

/// The interval of one of `sandboxes` sandboxes that share `calls` calls in ten seconds. It is rounded
/// up, so that they never make more.
fn interval(sandboxes: u32, calls: u32) -> Option<Duration> {
    let nanoseconds = WINDOW.as_nanos().checked_mul(u128::from(sandboxes))?;
    let each = Duration::from_nanos(
        u64::try_from(
            nanoseconds
                .checked_add(u128::from(calls))?
                .checked_sub(1)?
                .checked_div(u128::from(calls))?,
        )
        .ok()?,
    );
    (each <= LONGEST_INTERVAL).then_some(each)
}

#[cfg(test)]
mod tests;
