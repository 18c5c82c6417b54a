//! Alibaba Cloud ApsaraMQ for MQTT, version 2020-04-20: device certificates by instance.

use crate::alibaba::{Action, Method, Product};
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use crate::fleet::{AlibabaInstance, AlibabaMqttCertificate};
use crate::options::Rules;
use serde_json::{Value, json};
use std::time::Instant;

/// The longest text of a serial number, in bytes.
const LONGEST_SERIAL: usize = 128;

pub(crate) const PRODUCT: Product = Product {
    version: "2020-04-20",
    actions: &[
        Action {
            name: "GetDeviceCertificate",
            method: Method::Get,
        },
        Action {
            name: "InactivateDeviceCertificate",
            method: Method::GetOrPost,
        },
        Action {
            name: "ActiveDeviceCertificate",
            method: Method::GetOrPost,
        },
        Action {
            name: "ListDeviceCertificate",
            method: Method::Get,
        },
        Action {
            name: "ListDeviceCertificateByCaSn",
            method: Method::Get,
        },
    ],
};

/// Does what an admitted call asks for. A write without `effect` is answered as if it had been
/// done.
pub(crate) fn perform(
    store: &mut Store,
    action: &str,
    parameters: &Value,
    effect: bool,
    rules: Rules,
) -> Result<Value, Refusal> {
    match action {
        "InactivateDeviceCertificate" => set_status(store, parameters, "0", effect),
        "ActiveDeviceCertificate" => set_status(store, parameters, "1", effect),
        // The vendor describes Total as the greatest number of pages here, and as the number of
        // results below.
        "ListDeviceCertificate" => list(store, parameters, None, rules),
        "ListDeviceCertificateByCaSn" => {
            list(store, parameters, Some(serial(parameters, "CaSn")?), rules)
        }
        _ => get(store, parameters),
    }
}

/// The three texts that name one certificate.
struct Key<'a> {
    instance_id: &'a str,
    device_sn: &'a str,
    ca_sn: &'a str,
}

impl<'a> Key<'a> {
    fn read(parameters: &'a Value) -> Result<Self, Refusal> {
        Ok(Self {
            instance_id: text(parameters, "MqttInstanceId")?,
            device_sn: serial(parameters, "DeviceSn")?,
            ca_sn: serial(parameters, "CaSn")?,
        })
    }
}

fn get(store: &Store, parameters: &Value) -> Result<Value, Refusal> {
    let key = Key::read(parameters)?;
    let certificate = instance(store, key.instance_id)?
        .certificates
        .iter()
        .find(|certificate| {
            certificate.device_sn == key.device_sn && certificate.ca_sn == key.ca_sn
        })
        .ok_or_else(certificate_not_found)?;
    Ok(json!({"Data": certificate}))
}

fn set_status(
    store: &mut Store,
    parameters: &Value,
    status: &str,
    effect: bool,
) -> Result<Value, Refusal> {
    let key = Key::read(parameters)?;
    instance(store, key.instance_id)?;
    let certificate = store
        .change_alibaba(key.instance_id, key.device_sn, key.ca_sn, Instant::now())
        .ok_or_else(certificate_not_found)?;
    if effect {
        status.clone_into(&mut certificate.status);
    }
    Ok(json!({"DeviceSn": certificate.device_sn}))
}

/// A page of the certificates of an instance, of one CA if it is given; an unknown CA has none, or
/// is refused.
fn list(
    store: &Store,
    parameters: &Value,
    ca_sn: Option<&str>,
    rules: Rules,
) -> Result<Value, Refusal> {
    let instance_id = text(parameters, "MqttInstanceId")?;
    let page = number(parameters, "PageNo", usize::MAX)?;
    let size = number(parameters, "PageSize", 100)?;
    let certificates = &instance(store, instance_id)?.certificates;
    let wanted: Vec<&AlibabaMqttCertificate> = certificates
        .iter()
        .filter(|certificate| ca_sn.is_none_or(|ca_sn| certificate.ca_sn == ca_sn))
        .collect();
    // The code that the vendor's page of this action names; whether an unknown CA gets it is not
    // documented.
    if ca_sn.is_some() && wanted.is_empty() && rules.refuse_cas_without_certificates {
        return Err(certificate_not_found());
    }
    let rows: Vec<&AlibabaMqttCertificate> = wanted
        .iter()
        .copied()
        .skip(page.saturating_sub(1).saturating_mul(size))
        .take(size)
        .collect();
    let counts_results = rules.total_counts_results || ca_sn.is_some();
    let total = if counts_results {
        wanted.len()
    } else {
        wanted.len().div_ceil(size)
    };
    Ok(json!({
        "Data": {"DeviceCertificateVOS": rows, "PageNo": page, "PageSize": size, "Total": total}
    }))
}

fn instance<'a>(store: &'a Store, instance_id: &str) -> Result<&'a AlibabaInstance, Refusal> {
    store.fleet().alibaba_mqtt.get(instance_id).ok_or_else(|| {
        Refusal::new(
            "MqttInstanceNotFound",
            500,
            "Specified instance is not found",
        )
    })
}

/// A parameter that is there and not empty.
fn text<'a>(parameters: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    parameters
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(invalid_parameter)
}

/// A serial number, which is not too long.
fn serial<'a>(parameters: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    text(parameters, name).and_then(|serial| {
        if serial.len() <= LONGEST_SERIAL {
            Ok(serial)
        } else {
            Err(invalid_parameter())
        }
    })
}

/// A number from 1 to `most`, which the vendor takes as text.
fn number(parameters: &Value, name: &str, most: usize) -> Result<usize, Refusal> {
    text(parameters, name)?
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(invalid_parameter)
}

fn invalid_parameter() -> Refusal {
    Refusal::new(
        "ParameterFieldCheckFailed",
        400,
        "Failed to validate the parameters. The parameters may be missing or invalid.",
    )
}

fn certificate_not_found() -> Refusal {
    Refusal::new(
        "FindDeviceBySnError",
        500,
        "Failed to find the device certificate by the SN. Please check sn is valid",
    )
}

#[cfg(test)]
mod tests;
