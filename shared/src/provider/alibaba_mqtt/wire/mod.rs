//! Answers of the device certificate actions as Alibaba Cloud writes them.

use crate::model::{LifecycleStatus, ProviderRecord, Timestamp, Validity};
use crate::object::Members;
use crate::vendor;
use crate::vendor::alibaba::optional_list;

/// The answer of both list actions. Each row is read for itself.
pub(super) struct DeviceCertificates {
    pub(super) rows: Vec<DeviceCertificate>,
    pub(super) total: Option<u64>,
}

impl DeviceCertificates {
    /// # Errors
    /// When the answer holds no list.
    pub(super) fn read(answer: &Members<'_>) -> Result<Self, &'static str> {
        let data = answer.object("Data").ok_or("it has no Data")?;
        // An empty list may be left out.
        let rows = optional_list(&data, "DeviceCertificateVOS")?.unwrap_or_default();
        let row = |json: &serde_json::value::RawValue| {
            Members::parse(json.get()).map_or_else(DeviceCertificate::default, |members| {
                DeviceCertificate::read(&members)
            })
        };
        Ok(Self {
            rows: rows.into_iter().map(row).collect(),
            total: data
                .integer("Total")
                .and_then(|total| u64::try_from(total).ok()),
        })
    }
}

/// A row of a list, or the `Data` of `GetDeviceCertificate`. A member that cannot be read is as if
/// nobody stated it.
#[derive(Clone, Debug, Default)]
pub(super) struct DeviceCertificate {
    pub(super) device_sn: Option<String>,
    pub(super) ca_sn: Option<String>,
    pub(super) status: Option<String>,
    device_name: Option<String>,
    device_content: Option<String>,
    valid_begin: Option<Timestamp>,
    valid_end: Option<Timestamp>,
}

impl DeviceCertificate {
    pub(super) fn read(members: &Members<'_>) -> Self {
        let text = |name| members.text(name).into_value();
        let number = |name| members.integer(name).map(|number| number.to_string());
        let time = |name| members.integer(name).and_then(vendor::epoch_milliseconds);
        Self {
            device_sn: text("DeviceSn"),
            ca_sn: text("CaSn"),
            status: text("Status").or_else(|| number("Status")),
            device_name: text("DeviceName"),
            device_content: text("DeviceContent"),
            valid_begin: time("ValidBegin"),
            valid_end: time("ValidEnd"),
        }
    }

    /// The serial numbers of the certificate and of its CA, without which no call can name it.
    ///
    /// # Errors
    /// Names what is missing.
    pub(super) fn names(&self) -> Result<(&str, &str), &'static str> {
        match (&self.device_sn, &self.ca_sn) {
            (Some(device_sn), Some(ca_sn)) => Ok((device_sn, ca_sn)),
            (None, Some(_)) => Err("it has no DeviceSn that can be read"),
            (Some(_), None) => Err("it has no CaSn that can be read"),
            (None, None) => Err("it has neither a DeviceSn nor a CaSn that can be read"),
        }
    }

    /// Fills the members that this record does not state from another record of the same certificate.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            device_sn: self.device_sn.or(other.device_sn),
            ca_sn: self.ca_sn.or(other.ca_sn),
            status: self.status.or(other.status),
            device_name: self.device_name.or(other.device_name),
            device_content: self.device_content.or(other.device_content),
            valid_begin: self.valid_begin.or(other.valid_begin),
            valid_end: self.valid_end.or(other.valid_end),
        }
    }
}

impl From<DeviceCertificate> for ProviderRecord {
    fn from(certificate: DeviceCertificate) -> Self {
        Self {
            serial_number: certificate.device_sn,
            serial_number_base_is_open: true,
            ca_serial_number: certificate.ca_sn,
            name: certificate.device_name,
            status: certificate
                .status
                .as_deref()
                .map_or(LifecycleStatus::Unknown, lifecycle_status),
            provider_status: certificate.status,
            validity: Validity {
                not_before: certificate.valid_begin,
                not_after: certificate.valid_end,
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

#[cfg(test)]
mod tests;
