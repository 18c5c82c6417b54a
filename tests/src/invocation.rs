//! One invocation of a function: the event and the headers that Lambda sends with it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// The time that a function has if the test sets none, and if its deadline lies in the past.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(30);

/// The bytes that a function is given; they need not be JSON.
#[derive(Clone)]
pub struct Event(pub Vec<u8>);

impl From<Value> for Event {
    fn from(event: Value) -> Self {
        Self::from(&event)
    }
}

impl From<&Value> for Event {
    fn from(event: &Value) -> Self {
        Self(event.to_string().into_bytes())
    }
}

impl From<&str> for Event {
    fn from(event: &str) -> Self {
        Self(event.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Event {
    fn from(event: &[u8]) -> Self {
        Self(event.to_vec())
    }
}

impl From<Vec<u8>> for Event {
    fn from(event: Vec<u8>) -> Self {
        Self(event)
    }
}

/// The deadline of the invocation, as Lambda states it to the function.
#[derive(Clone, Copy, Debug)]
pub enum Deadline {
    /// This long after the function has taken the event. It is killed then, as on Lambda.
    In(Duration),
    /// 1970-01-01T00:10:00Z, as cargo-lambda's emulator says. The function is given 30 seconds.
    Past,
}

impl Deadline {
    /// The value of `lambda-runtime-deadline-ms`: milliseconds since 1970.
    pub(crate) fn milliseconds(self) -> u128 {
        match self {
            Self::In(time) => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .saturating_add(time)
                .as_millis(),
            Self::Past => 600_000,
        }
    }

    /// The time for which the stand-in waits for the answer.
    pub(crate) fn time_limit(self) -> Duration {
        match self {
            Self::In(time) => time,
            Self::Past => DEFAULT_TIME_LIMIT,
        }
    }
}

/// One invocation; [`Invocation::new`] fills in what Lambda usually sends.
#[derive(Clone)]
pub struct Invocation {
    /// The event that the function is given.
    pub event: Event,
    /// The deadline of the answer; 30 seconds by default.
    pub deadline: Deadline,
    /// The AWS request id: a UUID of its own by default.
    pub request_id: String,
    /// The X-Ray trace header, `None` where tracing is off.
    pub trace_id: Option<String>,
}

impl Invocation {
    /// An invocation with this event and everything else as usual.
    pub fn new(event: impl Into<Event>) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            event: event.into(),
            deadline: Deadline::In(DEFAULT_TIME_LIMIT),
            request_id: format!("8476a536-e9f4-11e8-9739-{number:012x}"),
            trace_id: Some(
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
                    .to_owned(),
            ),
        }
    }
}
