//! How often one instance may call each action, from what all instances of the function may.
//!
//! The bound to keep, for R instances reserved of which at most Q handle messages of the queue at
//! once, and a share of q + c calls in a second (q for the queue, c for all other events): never
//! more than 10 (q + c) calls in any ten seconds. Each instance has a token bucket whose calls are
//! paid for before its next event, so in ten seconds it makes at most its burst b and what its
//! interval allows. Hence, in calls in ten seconds:
//!
//! * the queue's interval is 10 s / floor(10 q / Q), so that Q instances make no more than 10 q;
//! * the bursts of all instances, R b, are taken from what the callers have, which leaves C = 10 c
//!   - R b;
//! * the callers' interval is the longer one of 10 s (R - Q) / C, for the instances that the queue
//!   leaves, and 10 s R / (10 q + C), for the moments when it uses none.

use std::num::NonZeroU32;
use std::time::Duration;

use super::ConfigError;
use super::{Lookup, parsed, text};
use crate::model::Action;
use crate::transport::{RateLimit, RateLimits};

const CALLS: &str = "CALLS_PER_SECOND";
const RESERVED: &str = "RESERVED_CONCURRENCY";
const QUEUE: &str = "QUEUE_CONCURRENCY";

/// An instance that has to wait longer for each call would spend its time on waiting.
const LONGEST_INTERVAL: Duration = Duration::from_secs(5);
/// Shares are counted over this time, which is why they may have one decimal.
const WINDOW: Duration = Duration::from_secs(10);

/// How many instances of the function may run at once.
#[derive(Clone, Copy)]
struct Instances {
    reserved: u32,
    /// Those of them that may handle messages of its queue.
    queue: u32,
}

/// Calls in ten seconds, for the queue and for all other events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    queue: u32,
    callers: u32,
}

/// The three variables come together, or none of them is set.
pub(super) fn rate_limits(lookup: Lookup<'_>) -> Result<RateLimits, ConfigError> {
    let set = [CALLS, RESERVED, QUEUE].map(|variable| text(lookup, variable).is_some());
    if set == [false; 3] {
        return Ok(RateLimits::default());
    }
    let number = |variable| {
        let parse = |value: &str| {
            value
                .parse()
                .map_err(|_| "it is not a whole number from 1".to_owned())
        };
        let missing = || ConfigError {
            variable,
            reason: format!("it is not set; {CALLS}, {RESERVED} and {QUEUE} come together"),
        };
        parsed::<NonZeroU32>(lookup, variable, parse)?.ok_or_else(missing)
    };
    let instances = Instances {
        reserved: number(RESERVED)?.get(),
        queue: number(QUEUE)?.get(),
    };
    if instances.queue >= instances.reserved {
        let reason = format!(
            "{} of {} reserved instances leave none for HTTP requests; set it below {RESERVED}",
            instances.queue, instances.reserved
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
            "it is not set; {CALLS}, {RESERVED} and {QUEUE} come together"
        ))
    })?;
    limits(&list, instances).map_err(failed)
}

/// From `tencent-mqtt:DescribeDeviceCertificates=2+6,aws-iot:UpdateCertificate=0.8+2`.
fn limits(list: &str, instances: Instances) -> Result<RateLimits, String> {
    let mut limits: Vec<RateLimit> = Vec::new();
    for item in list.split(',') {
        let form = || {
            format!(
                "it is not a list like {}=2+6",
                Action::DescribeDeviceCertificates
            )
        };
        let (name, share) = item.trim().split_once('=').ok_or_else(form)?;
        let action = Action::parse(name)?;
        if limits.iter().any(|limit| limit.action == action) {
            return Err(format!("it names {action} twice"));
        }
        let share = Share::parse(share).ok_or_else(|| {
            format!("what it gives to {action} is not like 2+6 or 0.5+1.5: calls in a second for the queue, and for all other events")
        })?;
        limits.push(limit(action, share, instances).ok_or_else(|| {
            let Instances { reserved, queue } = instances;
            format!(
                "{reserved} instances, {queue} of them for the queue, share too few calls to {action}: each would have less than one in 5 s; \
                 raise them or lower {RESERVED}"
            )
        })?);
    }
    Ok(limits.into_iter().collect())
}

impl Share {
    fn parse(text: &str) -> Option<Self> {
        let (queue, callers) = text.split_once('+')?;
        Some(Self {
            queue: tenths(queue)?,
            callers: tenths(callers)?,
        })
    }
}

/// A positive number with at most one decimal, in tenths.
fn tenths(text: &str) -> Option<u32> {
    let (whole, decimal) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(whole) && is_number(decimal) && decimal.len() == 1).then_some(())?;
    whole
        .parse::<u32>()
        .ok()?
        .checked_mul(10)?
        .checked_add(decimal.parse().ok()?)
        .filter(|tenths| *tenths > 0)
}

/// `None` when the share is too small for so many instances.
fn limit(action: Action, share: Share, instances: Instances) -> Option<RateLimit> {
    let Instances { reserved, queue } = instances;
    // A burst must not use up more than half of what the callers have.
    let burst = share
        .callers
        .checked_div(reserved.checked_mul(2)?)?
        .clamp(1, action.burst());
    let callers = share.callers.checked_sub(reserved.checked_mul(burst)?)?;
    let queue_interval = interval(1, share.queue.checked_div(queue)?)?;
    let beside_the_queue = interval(reserved.checked_sub(queue)?, callers)?;
    let without_the_queue = interval(reserved, share.queue.checked_add(callers)?)?;
    Some(RateLimit {
        action,
        queue_interval,
        caller_interval: beside_the_queue.max(without_the_queue),
        burst,
    })
}

/// The time of one call when so many instances share so many calls in ten seconds; rounded up, so
/// that they never make more.
fn interval(instances: u32, calls: u32) -> Option<Duration> {
    let nanoseconds = WINDOW.as_nanos().checked_mul(u128::from(instances))?;
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
