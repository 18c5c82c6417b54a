//! Answers of the device certificate actions as Alibaba Cloud writes them.

use serde::Deserialize;

use crate::model::{LifecycleStatus, ProviderRecord, Timestamp, Validity};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetDeviceCertificate {
    pub(super) request_id: Option<String>,
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub(super) data: Option<DeviceCertificate>,
}

/// The answer of both list actions.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListDeviceCertificate {
    pub(super) request_id: Option<String>,
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub(super) data: Option<DeviceCertificates>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeviceCertificates {
    #[serde(
        rename = "DeviceCertificateVOS",
        default,
        deserialize_with = "crate::object::optional_list"
    )]
    pub(super) device_certificate_vos: Option<Vec<DeviceCertificate>>,
    pub(super) total: Option<u64>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeviceCertificate {
    pub(super) device_sn: String,
    pub(super) ca_sn: String,
    status: String,
    device_name: Option<String>,
    device_content: Option<String>,
    /// Epoch milliseconds in decimal.
    valid_begin: Option<String>,
    valid_end: Option<String>,
}

impl From<DeviceCertificate> for ProviderRecord {
    fn from(certificate: DeviceCertificate) -> Self {
        Self {
            serial_number: Some(certificate.device_sn),
            serial_number_base_is_open: true,
            ca_serial_number: Some(certificate.ca_sn),
            name: certificate.device_name,
            status: lifecycle_status(&certificate.status),
            provider_status: Some(certificate.status),
            validity: Validity {
                not_before: moment(certificate.valid_begin),
                not_after: moment(certificate.valid_end),
            },
            pem: certificate.device_content,
            ..Self::default()
        }
    }
}

/// `"0"` is not active, `"1"` is active; nothing else is documented.
fn lifecycle_status(status: &str) -> LifecycleStatus {
    match status {
        "0" => LifecycleStatus::Inactive,
        "1" => LifecycleStatus::Active,
        _ => LifecycleStatus::Unknown,
    }
}

fn moment(text: Option<String>) -> Option<Timestamp> {
    let milliseconds = text?
        .parse()
        .ok()
        .filter(|milliseconds| *milliseconds > 0)?;
    Timestamp::from_epoch_milliseconds(milliseconds)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InactivateDeviceCertificate {
    /// A success without it has to be confirmed by a read.
    pub(super) request_id: String,
    pub(super) device_sn: String,
}
