//! Answers of the device certificate actions as Alibaba Cloud writes them.

use serde::Deserialize;

use crate::model::LifecycleStatus;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetDeviceCertificate {
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub(super) data: Option<DeviceCertificate>,
}

/// The members that inactivate needs.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeviceCertificate {
    pub(super) device_sn: String,
    pub(super) ca_sn: String,
    status: String,
}

impl DeviceCertificate {
    /// `"0"` is not active, `"1"` is active; nothing else is documented.
    pub(super) fn lifecycle_status(&self) -> LifecycleStatus {
        match self.status.as_str() {
            "0" => LifecycleStatus::Inactive,
            "1" => LifecycleStatus::Active,
            _ => LifecycleStatus::Unknown,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InactivateDeviceCertificate {
    /// A success without it is an odd answer, which a read has to confirm.
    pub(super) request_id: String,
    pub(super) device_sn: String,
}
