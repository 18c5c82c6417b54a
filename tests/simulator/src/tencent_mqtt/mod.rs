//! Tencent Cloud MQTT, version 2024-05-16: device certificates by instance.

mod gateway;
mod list;
mod parameters;
mod status;

pub(crate) use gateway::{Product, admit};
pub(crate) use parameters::read as parameters;

use crate::exchange::{Received, Refusal, Reply};
use crate::fault::Fault;
use crate::fleet::TencentInstance;
use crate::fleet::store::Store;
use crate::options::Rules;
use parameters::Members;
use serde_json::{Map, Value, json};

const LIST: &str = "DescribeDeviceCertificates";
const DESCRIBE: &str = "DescribeDeviceCertificate";
const ACTIVATE: &str = "ActivateDeviceCertificate";
const DEACTIVATE: &str = "DeactivateDeviceCertificate";

pub(crate) const PRODUCT: Product = Product {
    service: "mqtt",
    version: "2024-05-16",
    actions: &[LIST, DESCRIBE, ACTIVATE, DEACTIVATE],
    unsigned_actions: &[],
};

/// The regions that the vendor has, whether or not it sells this product there.
const REGIONS: [&str; 22] = [
    "ap-bangkok",
    "ap-beijing",
    "ap-chengdu",
    "ap-chongqing",
    "ap-guangzhou",
    "ap-guangzhou-open",
    "ap-hongkong",
    "ap-jakarta",
    "ap-mumbai",
    "ap-nanjing",
    "ap-seoul",
    "ap-shanghai",
    "ap-shanghai-fsi",
    "ap-shenzhen-fsi",
    "ap-singapore",
    "ap-tokyo",
    "eu-frankfurt",
    "eu-moscow",
    "na-ashburn",
    "na-siliconvalley",
    "na-toronto",
    "sa-saopaulo",
];

/// Does what an admitted call asks for. The answer is the content of `Response` without its
/// RequestId. A write without `effect` is answered as if it had been done.
pub(crate) fn perform(
    store: &mut Store,
    received: &Received,
    action: &str,
    parameters: &Value,
    effect: bool,
    rules: Rules,
) -> Result<Value, Refusal> {
    let region = region(received)?;
    let now = received.milliseconds();
    match action {
        LIST => list::describe_device_certificates(store, &region, parameters, rules.filter_values),
        ACTIVATE => status::set(store, &region, parameters, effect, |certificate| {
            status::activate(certificate, now)
        }),
        DEACTIVATE => status::set(store, &region, parameters, effect, |certificate| {
            status::deactivate(certificate, now)
        }),
        _ => describe_device_certificate(store, &region, parameters),
    }
}

fn region(received: &Received) -> Result<String, Refusal> {
    let region = received
        .header("x-tc-region")
        .filter(|region| !region.is_empty())
        .ok_or_else(|| missing("Region"))?;
    if REGIONS.contains(&region.as_str()) {
        Ok(region)
    } else {
        Err(refusal("UnsupportedRegion", "The region is not supported."))
    }
}

fn describe_device_certificate(
    store: &Store,
    region: &str,
    parameters: &Value,
) -> Result<Value, Refusal> {
    let (instance_id, serial) = key(parameters)?;
    let found = instance(store, region, instance_id)?
        .certificates
        .iter()
        .find(|certificate| certificate.device_certificate_sn == serial);
    found
        .map(|certificate| json!(certificate))
        .ok_or_else(certificate_not_found)
}

/// Instance id and serial number, which name one certificate.
fn key(parameters: &Value) -> Result<(&str, &str), Refusal> {
    let members = Members::of(parameters, "", &["InstanceId", "DeviceCertificateSn"])?;
    Ok((
        members.required_text("InstanceId")?,
        members.required_text("DeviceCertificateSn")?,
    ))
}

fn certificate_not_found() -> Refusal {
    refusal(
        "ResourceNotFound.Certificate",
        "The certificate does not exist.",
    )
}

/// The instance of that id in that region.
fn instance<'a>(
    store: &'a Store,
    region: &str,
    instance_id: &str,
) -> Result<&'a TencentInstance, Refusal> {
    store
        .fleet()
        .tencent_mqtt
        .get(instance_id)
        .filter(|instance| instance.region == region)
        .ok_or_else(|| refusal("ResourceNotFound.Instance", "The instance does not exist."))
}

/// The refusal that stands for a fault, or `None` when the fault is none of refusal.
pub(crate) fn refusal_of(fault: &Fault) -> Option<Refusal> {
    match fault {
        Fault::Throttle | Fault::ThrottleFor(_) => Some(throttled()),
        Fault::Internal => Some(refusal(
            "InternalError",
            "An internal error has occurred. Retry later.",
        )),
        Fault::Code { code, message, .. } => Some(refusal(code, message)),
        _ => None,
    }
}

/// The refusal of a call too many.
pub(crate) fn throttled() -> Refusal {
    refusal(
        "RequestLimitExceeded",
        "The number of requests exceeds the frequency limit.",
    )
}

/// Puts an answer or a refusal into the vendor's envelope. The HTTP status is 200 for both.
pub(crate) fn reply(result: Result<Value, Refusal>, request_id: &str) -> Reply {
    let mut response = match result {
        Ok(answer) => answer,
        Err(refusal) => json!({"Error": {"Code": refusal.code, "Message": refusal.message}}),
    };
    if let Some(members) = response.as_object_mut() {
        members.insert("RequestId".to_owned(), json!(request_id));
    }
    Reply::json(
        200,
        "application/json",
        &Value::Object(Map::from_iter([("Response".to_owned(), response)])),
    )
}

pub(crate) fn refusal(code: &str, message: &str) -> Refusal {
    Refusal::new(code, 200, message)
}

fn missing(name: &str) -> Refusal {
    refusal(
        "MissingParameter",
        &format!("The request is missing the parameter {name}."),
    )
}

#[cfg(test)]
mod tests;
