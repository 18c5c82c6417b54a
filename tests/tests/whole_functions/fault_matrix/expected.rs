//! The rows of the matrix: what goes wrong, and what is expected of each function.

use std::time::Duration;

use simulator::{Fault, Vendor};

use super::line::Break;

/// A function at its default provider, and the action of the vendor that the faults befall: a read,
/// or the write.
#[derive(Clone, Copy)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) vendor: Vendor,
    pub(crate) action: &'static str,
}

pub(crate) const WRITE: &str = "InactivateDeviceCertificate";

pub(crate) const FUNCTIONS: [Function; 3] = [
    Function {
        name: "describe",
        vendor: Vendor::TencentMqtt,
        action: "DescribeDeviceCertificates",
    },
    Function {
        name: "inactivate",
        vendor: Vendor::AlibabaMqtt,
        action: WRITE,
    },
    Function {
        name: "status",
        vendor: Vendor::AlibabaCas,
        action: "DescribeClientCertificateStatusForSerialNumber",
    },
];

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

/// What goes wrong.
#[derive(Clone)]
pub(crate) enum Trouble {
    Nothing,
    /// The vendor's answer to every call of the action, for each function.
    Always([Fault; 3]),
    /// The same for the first call only.
    Once([Fault; 3]),
    /// Every call of the action is sent elsewhere with this HTTP status.
    Redirect(u16),
    /// The way to the vendor.
    Line(Break),
}

/// How the functions are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// For two certificates; in a queue's batch behind a record that nobody can read.
    Plainly,
    /// Twice for the same.
    Twice,
    /// A day and an hour after the request was sent.
    Late,
    /// With another instance on the allow-list.
    OffTheList,
    /// After the process was frozen, and its connections were closed meanwhile.
    AfterAFreeze,
}

/// Enough for three attempts of a read, and for a second order with some of the reads that follow
/// it until the deadline.
const TIME: Duration = Duration::from_secs(6);

pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) trouble: Trouble,
    pub(crate) asked: Asked,
    /// How long each invocation may take.
    pub(crate) time: Duration,
    /// In the order of [`FUNCTIONS`].
    pub(crate) expected: [Expected; 3],
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, trouble: Trouble, expected: [Expected; 3]) -> Self {
        Self {
            name: name.into(),
            trouble,
            asked: Asked::Plainly,
            time: TIME,
            expected,
        }
    }

    pub(crate) fn asked(self, asked: Asked) -> Self {
        Self { asked, ..self }
    }

    pub(crate) fn within(self, seconds: u64) -> Self {
        Self {
            time: Duration::from_secs(seconds),
            ..self
        }
    }
}

/// The same fault at every vendor.
pub(crate) fn everywhere(fault: Fault) -> Trouble {
    Trouble::Always([fault.clone(), fault.clone(), fault])
}

/// A code of each vendor, with an HTTP status that plays no part at Tencent.
pub(crate) fn codes(tencent: &str, alibaba_mqtt: (&str, u16), alibaba_pca: (&str, u16)) -> Trouble {
    let of = |(code, status): (&str, u16)| Fault::code(code, status);
    Trouble::Always([of((tencent, 200)), of(alibaba_mqtt), of(alibaba_pca)])
}

/// What is expected of one function.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    /// The code of the error, or the state or outcome of each certificate. Where a function is
    /// asked twice, a stroke comes between.
    pub(crate) told: &'static str,
    /// Whether a queue delivers the request again.
    pub(crate) comes_back: bool,
    /// The calls in their order over HTTP and from a queue: `r` for a read, `w` for the write, `c`
    /// for a connection that broke before anything could be read from it. A plus stands for one to
    /// five of the letter before it. The calls for certificates that are switched off side by side
    /// interleave, so that there is one word for each certificate, in alphabetical order.
    pub(crate) calls: [&'static str; 2],
}

/// An error as the whole answer. It comes back if it may pass, and if it says nothing about the
/// request, like a refused key.
pub(crate) fn error(code: &'static str, calls: &'static str) -> Expected {
    let may_pass = CODES
        .iter()
        .any(|(name, _, retryable)| *name == code && *retryable);
    Expected {
        told: code,
        comes_back: may_pass || code == "provider_rejected",
        calls: [calls; 2],
    }
}

/// An answer that is final.
pub(crate) fn answer(told: &'static str, calls: &'static str) -> Expected {
    Expected {
        told,
        comes_back: false,
        calls: [calls; 2],
    }
}

/// An answer with a failure for which a queue delivers the request again.
pub(crate) fn failure(told: &'static str, calls: &'static str) -> Expected {
    Expected {
        comes_back: true,
        ..answer(told, calls)
    }
}

/// All goes well.
pub(crate) fn success() -> [Expected; 3] {
    [
        answer("active active", "r"),
        answer("inactivated inactivated", "rwr rwr"),
        answer("good good", "r"),
    ]
}

/// The vendor does nothing, and its answer leaves that open: after each order four reads show that
/// it may be given again, once. After the second order the reads go on until the deadline.
pub(crate) fn nothing_done(code: &'static str) -> [Expected; 3] {
    [
        error(code, "rrr"),
        error(code, "rwrrrrwr+ rwrrrrwr+"),
        error(code, "rrr"),
    ]
}

/// The work is done and the answer lost: for an order, a read is the evidence.
pub(crate) fn answer_lost(code: &'static str) -> [Expected; 3] {
    [
        error(code, "rrr"),
        answer("inactivated inactivated", "rwr rwr"),
        error(code, "rrr"),
    ]
}

/// Refused for who asks: once for all that is in flight.
pub(crate) fn rejected() -> [Expected; 3] {
    let read = error("provider_rejected", "r");
    [read, failure("refused refused", "rw rw"), read]
}

/// Nothing was done for sure, so that an order is repeated like a read.
pub(crate) fn throttled() -> [Expected; 3] {
    [
        error("throttled", "rrr"),
        error("throttled", "rwww rwww"),
        error("throttled", "rrr"),
    ]
}

/// The vendor asks to wait longer than anyone would.
pub(crate) fn throttled_for_long() -> [Expected; 3] {
    [
        error("throttled", "r"),
        error("throttled", "rw rw"),
        error("throttled", "r"),
    ]
}
