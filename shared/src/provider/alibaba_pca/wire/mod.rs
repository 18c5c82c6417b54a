//! Answers of the client certificate actions as Alibaba Cloud writes them.

use serde::Deserialize;
use serde_json::Value;

use crate::model::{
    Fact, Fingerprint, LifecycleStatus, ProviderRecord, Subject, Timestamp, Validity,
};

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
    /// The documents contradict each other on its form, see [`moment`].
    #[serde(default)]
    revoke_time: Value,
}

impl From<CertificateStatus> for ProviderRecord {
    fn from(row: CertificateStatus) -> Self {
        let status = match row.status.as_str() {
            "good" => LifecycleStatus::Good,
            "revoked" => LifecycleStatus::Revoked,
            _ => LifecycleStatus::Unknown,
        };
        Self {
            serial_number: Some(row.serial_number),
            status,
            provider_status: Some(row.status),
            // The published example has 0 for good certificates.
            revoked_at: if status == LifecycleStatus::Revoked {
                moment(&row.revoke_time)
            } else {
                None
            },
            ..Self::default()
        }
    }
}

/// The answer of `ListClientCertificate`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListClientCertificate {
    pub(super) request_id: Option<String>,
    #[serde(default, deserialize_with = "crate::object::optional_list")]
    pub(super) certificate_list: Option<Vec<ClientCertificate>>,
    pub(super) show_size: Option<u64>,
    pub(super) total_count: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ClientCertificate {
    serial_number: String,
    /// `ISSUE` or `REVOKE`.
    status: String,
    alias_name: Option<String>,
    common_name: Option<String>,
    /// The vendor spells it without "al".
    organization_unit: Option<String>,
    sha2: Option<String>,
    x509_certificate: Option<String>,
    /// Epoch milliseconds; the same product writes them as text elsewhere.
    #[serde(default)]
    before_date: Value,
    #[serde(default)]
    after_date: Value,
}

impl From<ClientCertificate> for ProviderRecord {
    fn from(certificate: ClientCertificate) -> Self {
        let text = |text: Option<String>| text.map_or(Fact::Unknown, Fact::from_text);
        Self {
            serial_number: Some(certificate.serial_number),
            name: certificate.alias_name,
            subject: Subject {
                common_name: text(certificate.common_name),
                organizational_unit: text(certificate.organization_unit),
            },
            status: match certificate.status.as_str() {
                "ISSUE" => LifecycleStatus::Good,
                "REVOKE" => LifecycleStatus::Revoked,
                _ => LifecycleStatus::Unknown,
            },
            provider_status: Some(certificate.status),
            validity: Validity {
                not_before: moment(&certificate.before_date),
                not_after: moment(&certificate.after_date),
            },
            fingerprint_sha256: certificate
                .sha2
                .and_then(|text| Fingerprint::parse(&text).ok()),
            pem: certificate.x509_certificate,
            ..Self::default()
        }
    }
}

/// The newest SDK documents epoch milliseconds, the page names no unit, and the examples show text.
/// No live answer has confirmed one, so each form is read: numbers below 10^11 are seconds (as
/// milliseconds they would lie before March 1973), 0 means none, and a text without a zone is UTC.
fn moment(value: &Value) -> Option<Timestamp> {
    const FIRST_MILLISECONDS: i64 = 100_000_000_000;
    let number = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => match text.parse() {
            Ok(number) => number,
            Err(_) => return parse_text(text),
        },
        _ => return None,
    };
    let milliseconds = if number < FIRST_MILLISECONDS {
        number.checked_mul(1000)?
    } else {
        number
    };
    (milliseconds > 0).then(|| Timestamp::from_epoch_milliseconds(milliseconds))?
}

/// `2021-01-01T00:00Z`, with or without seconds and zone.
fn parse_text(text: &str) -> Option<Timestamp> {
    let (local, zone) = match text.strip_suffix('Z') {
        Some(local) => (local, "Z"),
        None => match text
            .rfind(['+', '-'])
            .filter(|at| *at > "2021-01-01T".len())
        {
            Some(at) => text.split_at_checked(at)?,
            None => (text, "Z"),
        },
    };
    let seconds = if local.matches(':').count() == 1 {
        ":00"
    } else {
        ""
    };
    Timestamp::parse(&format!("{local}{seconds}{zone}")).ok()
}

#[cfg(test)]
mod tests;
