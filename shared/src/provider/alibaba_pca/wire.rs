//! The answer of `DescribeClientCertificateStatusForSerialNumber` as Alibaba Cloud writes it.

use serde::Deserialize;
use serde_json::Value;

use crate::model::{LifecycleStatus, SerialNumber, Timestamp};
use crate::provider::{StatusRecord, fact};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeStatus {
    pub(super) request_id: Option<String>,
    #[serde(default, deserialize_with = "crate::object::optional_list")]
    pub(super) certificate_status: Option<Vec<CertificateStatus>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CertificateStatus {
    serial_number: String,
    status: String,
    /// The sources contradict each other on its form, see [`revoked_at`].
    #[serde(default)]
    revoke_time: Value,
}

impl CertificateStatus {
    /// The row's number, and what it says.
    pub(super) fn into_record(self) -> (Option<SerialNumber>, StatusRecord) {
        let status = match self.status.as_str() {
            "good" => LifecycleStatus::Good,
            "revoked" => LifecycleStatus::Revoked,
            _ => LifecycleStatus::Unknown,
        };
        let record = StatusRecord {
            status,
            provider_status: fact(Some(self.status)),
            // Present with 0 for good ones, according to the published example.
            revoked_at: if status == LifecycleStatus::Revoked { revoked_at(&self.revoke_time) } else { None },
            not_before: None,
            not_after: None,
            provider_serial_number: self.serial_number,
        };
        (SerialNumber::parse(&record.provider_serial_number).ok(), record)
    }
}

/// The newest SDK says epoch milliseconds, the page names no unit, the examples show text. Not confirmed by a live answer,
/// so each form is read: numbers below 10^11 are seconds (as milliseconds they would lie before March 1973), 0 means none,
/// and a text without a zone is taken as UTC.
fn revoked_at(value: &Value) -> Option<Timestamp> {
    const FIRST_MILLISECONDS: i64 = 100_000_000_000;
    let number = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => match text.parse() {
            Ok(number) => number,
            Err(_) => return parse_text(text),
        },
        _ => return None,
    };
    let milliseconds = if number < FIRST_MILLISECONDS { number.checked_mul(1000)? } else { number };
    (milliseconds > 0).then(|| Timestamp::from_epoch_milliseconds(milliseconds))?
}

/// `2021-01-01T00:00Z`, with or without seconds and zone.
fn parse_text(text: &str) -> Option<Timestamp> {
    let (local, zone) = match text.strip_suffix('Z') {
        Some(local) => (local, "Z"),
        None => match text.rfind(['+', '-']).filter(|at| *at > "2021-01-01T".len()) {
            Some(at) => text.split_at_checked(at)?,
            None => (text, "Z"),
        },
    };
    let seconds = if local.matches(':').count() == 1 { ":00" } else { "" };
    Timestamp::parse(&format!("{local}{seconds}{zone}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn revoke_time_in_every_form() {
        for (value, expected) in [
            (json!(1_630_454_400_000_i64), Some("2021-09-01T00:00:00Z")),
            (json!(1_630_454_400), Some("2021-09-01T00:00:00Z")),
            (json!("1630454400000"), Some("2021-09-01T00:00:00Z")),
            (json!("2021-01-01T00:00Z"), Some("2021-01-01T00:00:00Z")),
            (json!("2021-01-01T00:00"), Some("2021-01-01T00:00:00Z")),
            (json!("2021-01-01T00:00:30Z"), Some("2021-01-01T00:00:30Z")),
            (json!("2021-01-01T08:00+08:00"), Some("2021-01-01T00:00:00Z")),
            (json!(0), None),
            (json!("0"), None),
            (json!(null), None),
            (json!(""), None),
            (json!("soon"), None),
            (json!(-5), None),
            (json!(i64::MAX), None),
            (json!(1.5), None),
            (json!({"a": 1}), None),
        ] {
            assert_eq!(revoked_at(&value).map(|moment| moment.to_string()).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn an_unknown_word_is_kept_and_never_good() {
        let row: CertificateStatus = serde_json::from_value(json!({"SerialNumber": "0A", "Status": "GOOD"})).unwrap();
        let (serial, record) = row.into_record();
        assert_eq!(serial.unwrap().as_str(), "0a");
        assert_eq!((record.status, record.provider_status.as_deref()), (LifecycleStatus::Unknown, Some("GOOD")));
    }
}
