//! The product's own error codes (pages of the device certificate actions, and the page "Error
//! codes"). The vendor sends permanent faults with HTTP status 500, so the HTTP status does not
//! decide.

use crate::error::ErrorCode::{NotFound, ProviderRejected, ProviderUnavailable, Throttled};
use crate::vendor::codes::Row;

/// No device certificate has this serial number (HTTP 500).
pub(super) const DEVICE_NOT_FOUND: &str = "FindDeviceBySnError";
/// No CA certificate has this serial number (HTTP 500). Documented for the CA's actions, and
/// accepted here, too.
pub(super) const CA_NOT_FOUND: &str = "FindCaBySnError";

const INSTANCE: &str = "the provider does not know this instance; check instance_id and region";
const OWNER: &str = "the instance belongs to another account, or the credentials may not use it (mq:MqttInstanceAccess)";
const PERMISSION: &str = "the credentials lack the permission for this action; grant mq:GetDeviceCertificate, mq:MqttInstanceAccess, \
     to list mq:ListDeviceCertificate and mq:ListDeviceCertificateByCaSn, to inactivate mq:UnregisterDeviceCertificate, to \
     end sessions mq:CloseConnection, and to undo mq:ActiveDeviceCertificate in RAM";
const OVERLOAD: &str = "the provider is overloaded; try again later";

/// The instance's edition or region does not have the action (HTTP 404).
pub(super) const NOT_SUPPORTED: &str = "ApiNotSupport";

pub(super) const CODES: &[Row] = &[
    Row::new(
        DEVICE_NOT_FOUND,
        NotFound,
        "the provider does not know this device certificate",
    ),
    Row::new(
        CA_NOT_FOUND,
        NotFound,
        "the provider does not know this CA certificate",
    ),
    Row::new("MqttInstanceNotFound", NotFound, INSTANCE),
    Row::new("MqttOwnerCheckError", ProviderRejected, OWNER),
    Row::new("InstancePermissionCheckFailed", ProviderRejected, OWNER),
    Row::new("PermissionCheckFailed", ProviderRejected, PERMISSION),
    Row::credentials(
        "CheckAccountInfoFailed",
        "the provider could not read the account of the temporary credentials",
    ),
    Row::parameters("ParameterFieldCheckFailed"),
    Row::parameters("ParameterCheckFailed"),
    Row::new(
        NOT_SUPPORTED,
        ProviderRejected,
        "the instance's edition or region does not have this action; device certificates need the Platinum or Professional edition",
    ),
    Row::new("SystemOverFlow", ProviderUnavailable, OVERLOAD),
    Row::new("ApplyTokenOverFlow", Throttled, OVERLOAD),
];

#[cfg(test)]
mod tests;
