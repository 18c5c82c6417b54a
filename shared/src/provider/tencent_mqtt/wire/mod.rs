//! Requests and answers of the device certificate actions as Tencent Cloud writes them.

use serde::{Deserialize, Serialize};

use crate::model::{Fact, LifecycleStatus, ProviderRecord, Subject, Timestamp, Validity};

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

/// The actions on one certificate share their parameters.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneDeviceCertificate<'a> {
    pub(super) instance_id: &'a str,
    pub(super) device_certificate_sn: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) values: Vec<String>,
}

/// The documentation also shows `Error` and `RequestId` beside `Response`, with `null`; they are
/// not read there.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound = "T: Deserialize<'de>")]
pub(super) struct Envelope<T> {
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub(super) response: Option<T>,
}

/// The members that the answer of every action has.
pub(super) trait Response {
    fn error(&self) -> Option<&ApiError>;
    fn request_id(&self) -> Option<&str>;
}

macro_rules! response {
    ($type:ty) => {
        impl Response for $type {
            fn error(&self) -> Option<&ApiError> {
                self.error.as_ref()
            }
            fn request_id(&self) -> Option<&str> {
                self.request_id.as_deref()
            }
        }
    };
}

/// The answer of `DescribeDeviceCertificates`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    #[serde(default, deserialize_with = "crate::object::optional")]
    error: Option<ApiError>,
    pub(super) request_id: Option<String>,
    pub(super) total_count: Option<u64>,
    #[serde(default, deserialize_with = "crate::object::optional_list")]
    pub(super) data: Option<Vec<Item>>,
}
response!(List);

/// The answer of `DescribeDeviceCertificate`. The documents require no member of the certificate;
/// without a serial number and a status there is none.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct One {
    #[serde(default, deserialize_with = "crate::object::optional")]
    error: Option<ApiError>,
    pub(super) request_id: Option<String>,
    #[serde(flatten)]
    pub(super) item: Option<Item>,
}
response!(One);

/// The answer of `DeactivateDeviceCertificate`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ConfirmedWrite {
    #[serde(default, deserialize_with = "crate::object::optional")]
    error: Option<ApiError>,
    pub(super) request_id: Option<String>,
}
response!(ConfirmedWrite);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ApiError {
    pub(super) code: String,
    pub(super) message: Option<String>,
}

/// A `DeviceCertificateItem`. Times are epoch milliseconds, 0 means never.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Item {
    pub(super) device_certificate_sn: String,
    status: String,
    client_id: Option<String>,
    device_certificate_cn: Option<String>,
    organizational_unit: Option<String>,
    ca_sn: Option<String>,
    certificate_source: Option<String>,
    device_certificate: Option<String>,
    not_before_time: Option<i64>,
    not_after_time: Option<i64>,
    created_time: Option<i64>,
    update_time: Option<i64>,
    last_activation_time: Option<i64>,
    last_inactivation_time: Option<i64>,
}

impl From<Item> for ProviderRecord {
    fn from(item: Item) -> Self {
        Self {
            serial_number: Some(item.device_certificate_sn),
            ca_serial_number: item.ca_sn,
            client_id: text(item.client_id),
            subject: Subject {
                common_name: text(item.device_certificate_cn),
                organizational_unit: text(item.organizational_unit),
            },
            status: lifecycle_status(&item.status),
            provider_status: Some(item.status),
            source: item.certificate_source,
            validity: Validity {
                not_before: moment(item.not_before_time),
                not_after: moment(item.not_after_time),
            },
            created_at: moment(item.created_time),
            updated_at: moment(item.update_time),
            last_activated_at: moment(item.last_activation_time),
            last_inactivated_at: moment(item.last_inactivation_time),
            pem: item.device_certificate,
            ..Self::default()
        }
    }
}

/// `null` means that no valid value could be obtained.
fn text(text: Option<String>) -> Fact<String> {
    text.map_or(Fact::Unknown, Fact::from_text)
}

fn moment(milliseconds: Option<i64>) -> Option<Timestamp> {
    milliseconds
        .filter(|milliseconds| *milliseconds > 0)
        .and_then(Timestamp::from_epoch_milliseconds)
}

/// The vendor's names of all documented statuses.
pub(super) const STATUS_NAMES: [&str; 4] = ["ACTIVE", "INACTIVE", "REVOKED", "PENDING_ACTIVATION"];

fn lifecycle_status(word: &str) -> LifecycleStatus {
    match word {
        "ACTIVE" => LifecycleStatus::Active,
        "INACTIVE" => LifecycleStatus::Inactive,
        "PENDING_ACTIVATION" => LifecycleStatus::PendingActivation,
        "REVOKED" => LifecycleStatus::Revoked,
        _ => LifecycleStatus::Unknown,
    }
}

/// The vendor's name of a status; `None` where it has none.
pub(super) const fn status_name(status: LifecycleStatus) -> Option<&'static str> {
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
