//! Requests and answers of `DescribeDeviceCertificates` as Tencent Cloud writes them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::{Certificate, LifecycleStatus, SerialNumber, Subject, Timestamp, Validity, effective_status, usable};
use crate::provider::fact;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeDeviceCertificates<'a> {
    pub(super) instance_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) filters: &'a [Filter],
    pub(super) limit: u64,
    pub(super) offset: u64,
    pub(super) order_by: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) values: Vec<String>,
}

/// The documentation prints `Error` and `RequestId` beside `Response`, too, with `null`. Nobody reads them there.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "crate::object::optional")]
    pub(super) response: Option<Response<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response<'a> {
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub(super) error: Option<ApiError>,
    pub(super) request_id: Option<String>,
    pub(super) total_count: Option<u64>,
    #[serde(borrow, default, deserialize_with = "crate::object::optional_list")]
    pub(super) data: Option<Vec<Item<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ApiError {
    pub(super) code: String,
    pub(super) message: Option<String>,
}

/// A `DeviceCertificateItem`. Times are epoch milliseconds, 0 means never.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Item<'a> {
    device_certificate_sn: String,
    status: String,
    client_id: Option<String>,
    device_certificate_cn: Option<String>,
    organizational_unit: Option<String>,
    ca_sn: Option<String>,
    certificate_source: Option<String>,
    /// The PEM stays unread unless it is asked for.
    #[serde(borrow)]
    device_certificate: Option<&'a RawValue>,
    not_before_time: Option<i64>,
    not_after_time: Option<i64>,
    created_time: Option<i64>,
    update_time: Option<i64>,
    last_activation_time: Option<i64>,
    last_inactivation_time: Option<i64>,
}

impl Item<'_> {
    pub(super) fn into_certificate(self, now: Timestamp, include_pem: bool) -> Certificate {
        let status = lifecycle_status(&self.status);
        let validity = Validity { not_before: moment(self.not_before_time), not_after: moment(self.not_after_time) };
        Certificate {
            serial_number: SerialNumber::parse(&self.device_certificate_sn).ok(),
            provider_serial_number: fact(Some(self.device_certificate_sn)),
            ca_serial_number: self.ca_sn.and_then(|text| SerialNumber::parse(&text).ok()),
            client_id: fact(self.client_id),
            subject: Subject { common_name: fact(self.device_certificate_cn), organizational_unit: fact(self.organizational_unit) },
            status,
            provider_status: fact(Some(self.status)),
            effective_status: effective_status(status, validity, now),
            usable: usable(status, validity, now),
            source: fact(self.certificate_source),
            not_before: validity.not_before,
            not_after: validity.not_after,
            created_at: moment(self.created_time),
            updated_at: moment(self.update_time),
            last_activated_at: moment(self.last_activation_time),
            last_inactivated_at: moment(self.last_inactivation_time),
            fingerprint_sha256: None,
            pem: if include_pem { self.device_certificate.and_then(pem) } else { None },
        }
    }
}

/// The documented example has the two marker lines with nothing between them: that is no certificate.
fn pem(raw: &RawValue) -> Option<String> {
    let text: String = serde_json::from_str(raw.get()).ok()?;
    let has_content = text.lines().any(|line| !line.is_empty() && !line.starts_with("-----"));
    has_content.then_some(text)
}

fn moment(milliseconds: Option<i64>) -> Option<Timestamp> {
    milliseconds.filter(|milliseconds| *milliseconds > 0).and_then(Timestamp::from_epoch_milliseconds)
}

/// Every documented status.
pub(super) const STATUS_WORDS: [&str; 4] = ["ACTIVE", "INACTIVE", "REVOKED", "PENDING_ACTIVATION"];

fn lifecycle_status(word: &str) -> LifecycleStatus {
    match word {
        "ACTIVE" => LifecycleStatus::Active,
        "INACTIVE" => LifecycleStatus::Inactive,
        "PENDING_ACTIVATION" => LifecycleStatus::PendingActivation,
        "REVOKED" => LifecycleStatus::Revoked,
        _ => LifecycleStatus::Unknown,
    }
}

/// The vendor's word for a status; `None` for those that it has no word for.
pub(super) const fn status_word(status: LifecycleStatus) -> Option<&'static str> {
    match status {
        LifecycleStatus::Active => Some("ACTIVE"),
        LifecycleStatus::Inactive => Some("INACTIVE"),
        LifecycleStatus::PendingActivation => Some("PENDING_ACTIVATION"),
        LifecycleStatus::Revoked => Some("REVOKED"),
        LifecycleStatus::Good | LifecycleStatus::Unknown => None,
    }
}

#[cfg(test)]
mod tests;
