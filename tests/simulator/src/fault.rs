//! Faults on command, and the rules that say which calls they befall.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// Faults of a call that passed the vendor's checks of signature, action and version.
///
/// As JSON a word or an object of one member: `"stall"`, `{"delay": 250}`, `{"code": {"code":
/// "SystemOverFlow", "status": 500}}`, `{"body": {"status": 200, "content_type": "text/html",
/// "bytes": "…"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Refused with the vendor's own code for too many calls.
    Throttle,
    /// As [`Throttle`](Self::Throttle); Alibaba's answer names this wait, in milliseconds, in
    /// `x-acs-retry-after`.
    ThrottleFor(u64),
    /// Refused with a code.
    Code {
        /// The vendor's code, or any text.
        code: String,
        /// HTTP status. Tencent answers 200 whatever is given.
        #[serde(default = "bad_request")]
        status: u16,
        /// The vendor's message.
        #[serde(default)]
        message: String,
    },
    /// The vendor's own internal error.
    Internal,
    /// HTTP 503: Alibaba's `ServiceUnavailable`, AWS's `ServiceUnavailableException`, or the HTML
    /// page of a gateway in front of Tencent.
    Unavailable,
    /// Never answered; the connection stays open.
    Stall,
    /// Answered properly after this many milliseconds.
    Delay(u64),
    /// The connection is closed without an answer; nothing was done.
    CutBefore,
    /// The work is done, then the connection is closed without an answer.
    CutAfter,
    /// The work is done; the answer breaks off half way, short of its `content-length`.
    Truncated,
    /// Any answer at all; nothing was done.
    Body {
        /// HTTP status.
        status: u16,
        /// Value of the `content-type` header.
        content_type: String,
        /// Further headers by name.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body as it is sent; in JSON a text.
        #[serde(deserialize_with = "text_as_bytes")]
        bytes: Vec<u8>,
    },
    /// A write is answered with success but changes nothing. No effect on reads.
    SucceedWithoutEffect,
}

impl Fault {
    /// A code with an HTTP status (which Tencent does not use) and a message of its own.
    pub fn code(code: &str, status: u16) -> Self {
        Self::Code {
            code: code.to_owned(),
            status,
            message: format!("The simulator was configured to answer {code}."),
        }
    }

    /// A body with its HTTP status and content type.
    pub fn body(status: u16, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self::body_with_headers(status, content_type, BTreeMap::new(), bytes)
    }

    /// As [`body`](Self::body), with further headers by name.
    pub fn body_with_headers(
        status: u16,
        content_type: &str,
        headers: BTreeMap<String, String>,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        Self::Body {
            status,
            content_type: content_type.to_owned(),
            headers,
            bytes: bytes.into(),
        }
    }

    /// The word under which a call with this fault is counted, unless a vendor code was answered.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Throttle | Self::ThrottleFor(_) => "throttle",
            Self::Code { .. } => "code",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
            Self::Stall => "stall",
            Self::Delay(_) => "delay",
            Self::CutBefore => "cut_before",
            Self::CutAfter => "cut_after",
            Self::Truncated => "truncated",
            Self::Body { .. } => "body",
            Self::SucceedWithoutEffect => "succeed_without_effect",
        }
    }
}

fn bad_request() -> u16 {
    400
}

fn text_as_bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    String::deserialize(from).map(String::into_bytes)
}

/// A fault and the calls that it befalls: the next `times` calls to which it applies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Only calls of this action.
    #[serde(default)]
    pub action: Option<String>,
    /// Only calls whose parameters hold this text when written as JSON.
    #[serde(default)]
    pub containing: Option<String>,
    /// The number of calls.
    #[serde(default = "once")]
    pub times: u32,
    /// The fault itself.
    pub fault: Fault,
}

fn once() -> u32 {
    1
}

impl FaultRule {
    /// The next call, whichever it is.
    pub fn once(fault: Fault) -> Self {
        Self::times(fault, 1)
    }

    /// The next this many calls.
    pub fn times(fault: Fault, times: u32) -> Self {
        Self {
            action: None,
            containing: None,
            times,
            fault,
        }
    }

    /// Every call from now on.
    pub fn always(fault: Fault) -> Self {
        Self::times(fault, u32::MAX)
    }

    /// Restricts the rule to calls of one action.
    #[must_use]
    pub fn on(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }

    /// Restricts the rule to calls whose parameters, as JSON, hold a text, for example a serial
    /// number.
    #[must_use]
    pub fn containing(mut self, text: &str) -> Self {
        self.containing = Some(text.to_owned());
        self
    }

    fn applies(&self, action: &str, parameters: &Value) -> bool {
        self.action.as_deref().is_none_or(|wanted| wanted == action)
            && self
                .containing
                .as_deref()
                .is_none_or(|text| parameters.to_string().contains(text))
    }
}

impl From<Fault> for FaultRule {
    fn from(fault: Fault) -> Self {
        Self::once(fault)
    }
}

/// The rules of one vendor that still wait for a call, first come, first used.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FaultRule>);

impl Faults {
    pub(crate) fn push(&mut self, rule: FaultRule) {
        if rule.times > 0 {
            self.0.push(rule);
        }
    }

    /// Takes the fault of the first rule that applies to a call, and counts it as used.
    pub(crate) fn take(&mut self, action: &str, parameters: &Value) -> Option<Fault> {
        let position = self
            .0
            .iter()
            .position(|rule| rule.applies(action, parameters))?;
        let rule = self.0.get_mut(position)?;
        let fault = rule.fault.clone();
        rule.times = rule.times.saturating_sub(1);
        if rule.times == 0 {
            self.0.remove(position);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_are_used_up_in_order_by_the_calls_they_apply_to() {
        let mut faults = Faults::default();
        faults.push(FaultRule::times(Fault::Throttle, 2).on("List"));
        faults.push(FaultRule::once(Fault::Stall).containing("7269"));
        faults.push(Fault::Internal.into());
        let (plain, special) = (json!({"Sn": "1"}), json!({"Sn": "007269"}));
        assert_eq!(faults.take("Get", &special), Some(Fault::Stall));
        assert_eq!(faults.take("List", &special), Some(Fault::Throttle));
        assert_eq!(faults.take("Get", &plain), Some(Fault::Internal));
        assert_eq!(faults.take("Get", &plain), None);
        assert_eq!(faults.take("List", &plain), Some(Fault::Throttle));
        assert_eq!(faults.take("List", &plain), None);
    }

    #[test]
    fn rules_are_read_from_short_json() {
        let read = |text: &str| serde_json::from_str::<FaultRule>(text).unwrap();
        assert_eq!(read(r#"{"fault": "stall"}"#), FaultRule::once(Fault::Stall));
        assert_eq!(
            read(r#"{"action": "Get", "containing": "7", "times": 3, "fault": {"delay": 250}}"#),
            FaultRule::times(Fault::Delay(250), 3)
                .on("Get")
                .containing("7")
        );
        assert_eq!(
            read(r#"{"fault": {"code": {"code": "SystemOverFlow", "status": 500}}}"#).fault,
            Fault::Code {
                code: "SystemOverFlow".to_owned(),
                status: 500,
                message: String::new()
            }
        );
        assert_eq!(
            read(r#"{"fault": {"body": {"status": 200, "content_type": "text/html", "bytes": "<p>"}}}"#).fault,
            Fault::body(200, "text/html", "<p>")
        );
        let headers = BTreeMap::from([(
            "x-amzn-ErrorType".to_owned(),
            "ThrottlingException:".to_owned(),
        )]);
        let fault = r#"{"body": {"status": 400, "content_type": "a/b", "headers": {"x-amzn-ErrorType": "ThrottlingException:"}, "bytes": ""}}"#;
        assert_eq!(
            read(&format!(r#"{{"fault": {fault}}}"#)).fault,
            Fault::body_with_headers(400, "a/b", headers, "")
        );
    }
}
