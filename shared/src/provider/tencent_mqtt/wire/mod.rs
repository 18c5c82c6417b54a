//! Requests and answers of the device certificate actions as Tencent Cloud writes them.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::NAME;
use crate::error::Error;
use crate::model::{LifecycleStatus, ProviderRecord, RequestId, Subject, Validity};
use crate::object::Members;
use crate::provider::ConfirmedWrite;
use crate::vendor;
use crate::vendor::codes::unexpected_answer;

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

/// The most clients that `DescribeClientList` lists. It says neither how many match nor that it has
/// left some out.
pub(super) const MOST_CLIENTS: u16 = 1024;

/// The parameters of the international host; the mainland's has more.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeClientList<'a> {
    pub(super) instance_id: &'a str,
    pub(super) client_id: &'a str,
    /// The vendor wants the number as a text.
    #[serde(serialize_with = "as_text")]
    pub(super) number: u16,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneInstance<'a> {
    pub(super) instance_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneClient<'a> {
    pub(super) instance_id: &'a str,
    pub(super) client_id: &'a str,
}

fn as_text<S: Serializer>(number: &u16, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) values: Vec<String>,
}

/// The `Response` of an answer. The documentation also shows `Error` and `RequestId` beside it,
/// with `null`; they are not read there.
pub(super) fn response(body: &str) -> Option<Members<'_>> {
    Members::parse(body)?.object("Response")
}

/// Whether an answer is a success.
pub(super) enum Outcome {
    Success,
    Failure(ApiError),
    /// The answer has an `Error` without a readable code. It is neither.
    Unreadable,
}

/// The error that an answer holds in place of a result.
pub(super) struct ApiError {
    pub(super) code: String,
    pub(super) message: Option<String>,
}

/// The answer of every action may have an `Error`. `null` is none.
pub(super) fn outcome(response: &Members<'_>) -> Outcome {
    if !response.is_stated("Error") {
        return Outcome::Success;
    }
    let read = || {
        let error = response.object("Error")?;
        Some(ApiError {
            code: error.string("Code")?,
            message: error.string("Message"),
        })
    };
    read().map_or(Outcome::Unreadable, Outcome::Failure)
}

/// The success of a write, which has a request id and nothing else. Without one the call may have
/// had its effect, and a read has to show it.
pub(super) fn confirmed(response: &Members<'_>) -> Result<ConfirmedWrite, Error> {
    match response
        .string("RequestId")
        .as_deref()
        .and_then(RequestId::read)
    {
        Some(request_id) => Ok(ConfirmedWrite {
            request_id: Some(request_id),
        }),
        None => Err(unexpected_answer(NAME, 200, "it has no RequestId")),
    }
}

/// A row of `Clients`. A member that cannot be read is `None`.
#[derive(Default)]
pub(super) struct Client {
    pub(super) client_id: Option<String>,
    pub(super) is_connected: Option<bool>,
}

pub(super) fn client(row: &str) -> Client {
    let Some(members) = Members::parse(row) else {
        return Client::default();
    };
    let is_connected = match members.string("ConnectionStatus").as_deref() {
        Some("CONNECTED") => Some(true),
        Some("DISCONNECTED") => Some(false),
        _ => None,
    };
    Client {
        client_id: members.text("ClientId").into_value(),
        is_connected,
    }
}

/// The answer of `DescribeDeviceCertificates`.
pub(super) struct List {
    /// `None` where it cannot be read.
    pub(super) total_count: Option<u64>,
    pub(super) data: Data,
}

/// The rows of a list.
pub(super) enum Data {
    Rows(Vec<Item>),
    /// Missing or `null`, as some serializers write a list without rows.
    LeftOut,
    Unreadable,
}

impl List {
    pub(super) fn read(response: &Members<'_>) -> Self {
        let data = match response.rows("Data") {
            _ if !response.is_stated("Data") => Data::LeftOut,
            Some(rows) => Data::Rows(rows.into_iter().map(Item::read).collect()),
            None => Data::Unreadable,
        };
        Self {
            total_count: response
                .integer("TotalCount")
                .and_then(|total| total.try_into().ok()),
            data,
        }
    }
}

/// A row of a list: a `DeviceCertificateItem`.
pub(super) struct Item {
    /// The serial number is `None` in a row that cannot be used.
    pub(super) record: ProviderRecord,
    /// Why the row cannot be used.
    pub(super) problem: Option<&'static str>,
}

impl Item {
    fn read(row: &RawValue) -> Self {
        let Some(members) = Members::parse(row.get()) else {
            return Self {
                record: ProviderRecord::default(),
                problem: Some("it is no JSON object"),
            };
        };
        let record = record(&members);
        let problem = record
            .serial_number
            .is_none()
            .then_some("it has no readable DeviceCertificateSn");
        Self { record, problem }
    }
}

/// The members of a `DeviceCertificateItem`, which the answer of `DescribeDeviceCertificate` has
/// beside its request id. Times are epoch milliseconds, 0 means never.
pub(super) fn record(item: &Members<'_>) -> ProviderRecord {
    let text = |name| item.text(name).into_value();
    let time = |name| item.integer(name).and_then(vendor::epoch_milliseconds);
    // A status is a word; a number stands for none.
    let provider_status = item.string("Status").filter(|word| !word.is_empty());
    ProviderRecord {
        serial_number: text("DeviceCertificateSn"),
        ca_serial_number: text("CaSn"),
        client_id: item.text("ClientId"),
        subject: Subject {
            common_name: item.text("DeviceCertificateCn"),
            organizational_unit: item.text("OrganizationalUnit"),
        },
        status: provider_status
            .as_deref()
            .map(lifecycle_status)
            .unwrap_or_default(),
        provider_status,
        source: text("CertificateSource"),
        validity: Validity {
            not_before: time("NotBeforeTime"),
            not_after: time("NotAfterTime"),
        },
        created_at: time("CreatedTime"),
        updated_at: time("UpdateTime"),
        last_activated_at: time("LastActivationTime"),
        last_inactivated_at: time("LastInactivationTime"),
        pem: item.string("DeviceCertificate"),
        ..ProviderRecord::default()
    }
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
