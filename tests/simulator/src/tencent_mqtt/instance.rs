//! DescribeInstance.

use super::instance;
use super::parameters::Members;
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use serde_json::{Value, json};

/// The mode in which the status of a device certificate decides who may connect.
pub(super) const ONE_CERTIFICATE_A_DEVICE: &str = "BYOC";

/// The members that matter to a reader of certificates, in the vendor's words.
pub(super) fn describe_instance(
    store: &Store,
    region: &str,
    parameters: &Value,
) -> Result<Value, Refusal> {
    let members = Members::of(parameters, "", &["InstanceId"])?;
    let found = instance(store, region, members.required_text("InstanceId")?)?;
    Ok(json!({
        "InstanceType": "PLATINUM",
        "InstanceId": found.instance_id,
        "InstanceName": "fleet",
        "InstanceStatus": "RUNNING",
        "SkuCode": "platinum_10k_ha",
        "CreatedTime": 1_742_000_000,
        "Remark": "",
        "ClientNumLimit": 10_000,
        "MaxCaNum": 32,
        "DeviceCertificateProvisionType": "API",
        "AutomaticActivation": false,
        "X509Mode": found.x509_mode,
    }))
}
