//! The rows of the matrix: the injected fault, and the expected outcome of each function.

use std::time::Duration;

use simulator::{Fault, Vendor};

use super::line::Break;

/// A function under test, which calls its default provider.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Describe,
    Inactivate,
    Status,
}

pub(crate) const WRITE: &str = "InactivateDeviceCertificate";

impl Function {
    pub(crate) const ALL: [Self; 3] = [Self::Describe, Self::Inactivate, Self::Status];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Inactivate => "inactivate",
            Self::Status => "status",
        }
    }

    /// The vendor of its default provider.
    pub(crate) fn vendor(self) -> Vendor {
        match self {
            Self::Describe => Vendor::TencentMqtt,
            Self::Inactivate => Vendor::AlibabaMqtt,
            Self::Status => Vendor::AlibabaCas,
        }
    }

    /// The vendor's action that the faults concern: a read, or the write.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::Describe => "DescribeDeviceCertificates",
            Self::Inactivate => WRITE,
            Self::Status => "DescribeClientCertificateStatusForSerialNumber",
        }
    }

    /// This function's value among those of all functions.
    pub(crate) fn of<T>(self, [describe, inactivate, status]: &[T; 3]) -> &T {
        match self {
            Self::Describe => describe,
            Self::Inactivate => inactivate,
            Self::Status => status,
        }
    }
}

/// The contract's codes with their HTTP status and whether they are retryable.
pub(crate) const CODES: [(&str, u16, bool); 9] = [
    ("invalid_request", 400, false),
    ("forbidden", 403, false),
    ("not_found", 404, false),
    ("unsupported", 422, false),
    ("throttled", 429, true),
    ("provider_rejected", 502, false),
    ("provider_invalid_response", 502, true),
    ("provider_unavailable", 503, true),
    ("timeout", 504, true),
];

/// The fault that a row injects.
#[derive(Clone)]
pub(crate) enum Injected {
    NoFault,
    /// The vendor's answer to every call of the action, for each function.
    Always([Fault; 3]),
    /// The vendor's answer to the first call of the action, for each function.
    Once([Fault; 3]),
    /// Every call of the action is sent elsewhere with this HTTP status.
    Redirect(u16),
    /// The connection to the vendor breaks.
    Connection(Break),
}

/// The delivery of a request. The request names two certificates; in a queue's batch it follows an unreadable
/// record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Once.
    Once,
    /// Twice.
    Twice,
    /// A day and an hour after the request was sent.
    Late,
    /// While the allow-list names another instance.
    NotAllowed,
    /// After the process was frozen and its connections were closed meanwhile.
    AfterFreeze,
}

/// Enough for three attempts of a read, and for a second order with some of the reads that follow
/// it until the deadline.
const TIME: Duration = Duration::from_secs(6);

pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) injected: Injected,
    pub(crate) delivery: Delivery,
    /// The time that each invocation may take.
    pub(crate) time: Duration,
    /// In the order of [`Function::ALL`].
    pub(crate) expected: [Expected; 3],
}

impl Row {
    pub(crate) fn new(
        name: impl Into<String>,
        injected: Injected,
        expected: [Expected; 3],
    ) -> Self {
        Self {
            name: name.into(),
            injected,
            delivery: Delivery::Once,
            time: TIME,
            expected,
        }
    }

    pub(crate) fn delivered(self, delivery: Delivery) -> Self {
        Self { delivery, ..self }
    }

    pub(crate) fn within(self, seconds: u64) -> Self {
        Self {
            time: Duration::from_secs(seconds),
            ..self
        }
    }
}

/// The same fault at every vendor.
pub(crate) fn everywhere(fault: Fault) -> Injected {
    Injected::Always([fault.clone(), fault.clone(), fault])
}

/// A code of each vendor, with an HTTP status that plays no part at Tencent.
pub(crate) fn codes(
    tencent: &str,
    alibaba_mqtt: (&str, u16),
    alibaba_pca: (&str, u16),
) -> Injected {
    let of = |(code, status): (&str, u16)| Fault::code(code, status);
    Injected::Always([of((tencent, 200)), of(alibaba_mqtt), of(alibaba_pca)])
}

/// The expected outcome of one function.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    /// The code of the error, or the status or outcome of each certificate. A slash divides the
    /// answers to a request that is delivered twice.
    pub(crate) outcome: &'static str,
    /// Whether the queue's message is redelivered.
    pub(crate) is_redelivered: bool,
    /// The number of calls over HTTP and from a queue. Their order is checked by rules that hold in
    /// every cell.
    pub(crate) calls: [Calls; 2],
}

/// The number of calls for all certificates of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calls {
    /// At least, and at most.
    pub(crate) reads: (usize, usize),
    pub(crate) writes: usize,
    /// Connections that broke before anything could be read from them.
    pub(crate) connections: usize,
}

pub(crate) const NO_CALLS: Calls = Calls {
    reads: (0, 0),
    writes: 0,
    connections: 0,
};

impl Calls {
    pub(crate) const fn and_writes(self, writes: usize) -> Self {
        Self { writes, ..self }
    }
}

pub(crate) const fn reads(count: usize) -> Calls {
    reads_between(count, count)
}

/// Reads that are repeated until the deadline.
pub(crate) const fn reads_between(least: usize, most: usize) -> Calls {
    Calls {
        reads: (least, most),
        ..NO_CALLS
    }
}

pub(crate) const fn connections(connections: usize) -> Calls {
    Calls {
        connections,
        ..NO_CALLS
    }
}

/// An error as the whole answer. The message is redelivered if the error is retryable, or if it does
/// not concern the request, like a refused key.
pub(crate) fn error(code: &'static str, calls: Calls) -> Expected {
    let may_pass = CODES
        .iter()
        .any(|(name, _, retryable)| *name == code && *retryable);
    Expected {
        outcome: code,
        is_redelivered: may_pass || code == "provider_rejected",
        calls: [calls; 2],
    }
}

/// An answer that is final.
pub(crate) fn answer(outcome: &'static str, calls: Calls) -> Expected {
    Expected {
        outcome,
        is_redelivered: false,
        calls: [calls; 2],
    }
}

/// An answer with a failure for which a queue delivers the request again.
pub(crate) fn failure(outcome: &'static str, calls: Calls) -> Expected {
    Expected {
        is_redelivered: true,
        ..answer(outcome, calls)
    }
}

/// Every request succeeds.
pub(crate) fn success() -> [Expected; 3] {
    [
        answer("active active", reads(1)),
        answer("inactivated inactivated", reads(4).and_writes(2)),
        answer("good good", reads(1)),
    ]
}

/// The vendor does nothing, and its answer leaves that open. After each write four reads show that it
/// may be repeated, once. After the second write the reads continue until the deadline.
pub(crate) fn nothing_done(code: &'static str) -> [Expected; 3] {
    [
        error(code, reads(3)),
        error(code, reads_between(12, 20).and_writes(4)),
        error(code, reads(3)),
    ]
}

/// The work is done and the answer lost: for an order, a read is the evidence.
pub(crate) fn answer_lost(code: &'static str) -> [Expected; 3] {
    [
        error(code, reads(3)),
        answer("inactivated inactivated", reads(4).and_writes(2)),
        error(code, reads(3)),
    ]
}

/// The vendor refuses the caller: one call for each request that is in flight.
pub(crate) fn rejected() -> [Expected; 3] {
    let read = error("provider_rejected", reads(1));
    [
        read,
        failure("refused refused", reads(2).and_writes(2)),
        read,
    ]
}

/// Nothing was certainly done, so an order is retried like a read.
pub(crate) fn throttled() -> [Expected; 3] {
    [
        error("throttled", reads(3)),
        error("throttled", reads(2).and_writes(6)),
        error("throttled", reads(3)),
    ]
}

/// The vendor asks to wait longer than anyone would.
pub(crate) fn throttled_for_long() -> [Expected; 3] {
    [
        error("throttled", reads(1)),
        error("throttled", reads(2).and_writes(2)),
        error("throttled", reads(1)),
    ]
}
