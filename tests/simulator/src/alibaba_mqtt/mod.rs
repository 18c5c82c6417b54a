//! Alibaba Cloud ApsaraMQ for MQTT, version 2020-04-20: device certificates by instance.

mod believable;
mod certificate;
mod session;

pub(crate) use certificate::Instances;
pub use certificate::{AlibabaInstance, AlibabaMqttCertificate};

use crate::alibaba::{Action, Method, Product};
use crate::exchange::Refusal;
use crate::fleet::believable::client;
use crate::fleet::held_by;
use crate::fleet::random::Random;
use crate::fleet::store::Store;
use crate::limits::RateLimit;
use crate::options::Rules;
use crate::vendor::{Gateway, Registration, Task, VendorApi};
use crate::{Fleet, Vendor};
use serde_json::{Value, json};

/// The longest text of a serial number, in bytes.
const LONGEST_SERIAL: usize = 128;

const GET: &str = "GetDeviceCertificate";
const INACTIVATE: &str = "InactivateDeviceCertificate";
const ACTIVATE: &str = "ActiveDeviceCertificate";
const QUERY_SESSION: &str = "QuerySessionByClientId";
const CLOSE: &str = "CloseConnection";
const LIST: &str = "ListDeviceCertificate";
const LIST_OF_CA: &str = "ListDeviceCertificateByCaSn";

const PRODUCT: Product = Product {
    name: "OnsMqtt",
    version: "2020-04-20",
    actions: &[
        Action {
            name: GET,
            method: Method::Get,
        },
        Action {
            name: INACTIVATE,
            method: Method::GetOrPost,
        },
        Action {
            name: ACTIVATE,
            method: Method::GetOrPost,
        },
        Action {
            name: LIST,
            method: Method::Get,
        },
        Action {
            name: LIST_OF_CA,
            method: Method::Get,
        },
        Action {
            name: QUERY_SESSION,
            method: Method::GetOrPost,
        },
        Action {
            name: CLOSE,
            method: Method::Post,
        },
    ],
};

/// The instance of the vendor's documents, which holds the certificates that every vendor has.
const INSTANCE: &str = "post-cn-7mz2d0000";

pub(crate) struct AlibabaMqtt;

impl VendorApi for AlibabaMqtt {
    fn gateway(&self) -> &'static dyn Gateway {
        &PRODUCT
    }

    fn rate_limit(&self, _: &str) -> RateLimit {
        RateLimit {
            of_one_action: 500,
            of_one_address: Some(300),
        }
    }

    fn writes(&self) -> &'static [&'static str] {
        &[INACTIVATE, ACTIVATE, CLOSE]
    }

    fn perform(&self, store: &mut Store, task: &Task<'_>) -> Result<Value, Refusal> {
        let (parameters, rules) = (task.parameters, task.rules);
        match task.action {
            INACTIVATE => set_status(store, task, "0"),
            ACTIVATE => set_status(store, task, "1"),
            // The vendor describes Total as the greatest number of pages here, and as the number of
            // results below.
            LIST => list(store, parameters, None, rules),
            LIST_OF_CA => list(store, parameters, Some(serial(parameters, "CaSn")?), rules),
            QUERY_SESSION => session::query(store, parameters),
            CLOSE => session::close(store, task),
            _ => get(store, parameters),
        }
    }

    fn admits(&self, fleet: &Fleet, place: &str, certificate: &str) -> bool {
        fleet.alibaba_mqtt.get(place).is_some_and(|instance| {
            let mut certificates = instance.certificates.iter();
            certificates.any(|known| known.device_sn == certificate && known.status == "1")
        })
    }

    fn certificates(&self, fleet: &Fleet) -> Vec<Value> {
        let instances = fleet.alibaba_mqtt.values();
        instances
            .flat_map(|instance| {
                let certificates = instance.certificates.iter();
                certificates.map(|certificate| held_by(&instance.instance_id, certificate))
            })
            .collect()
    }

    fn populate(&self, fleet: &mut Fleet, now: i64, random: &mut Random) {
        for (instance_id, size) in [(INSTANCE, 420), ("mqtt-cn-sim0002", 79)] {
            let mut instance = believable::instance(instance_id, size, now, random);
            if instance_id == INSTANCE {
                // The certificate of the vendor's documents.
                instance.certificates.push(Default::default());
            }
            let clients = believable::clients(&instance, now);
            fleet.alibaba_mqtt.insert(instance_id.to_owned(), instance);
            *fleet = std::mem::take(fleet).with_clients(Vendor::AlibabaMqtt, instance_id, clients);
        }
    }

    /// The vendor knows nothing of a revocation.
    fn register(&self, fleet: &mut Fleet, registration: &Registration<'_>) {
        if let Some(instance) = fleet.alibaba_mqtt.get_mut(INSTANCE) {
            let device_sn = format!("00{}", registration.issued.serial.to_uppercase());
            instance.certificates.push(AlibabaMqttCertificate {
                device_sn: device_sn.clone(),
                ..AlibabaMqttCertificate::of(registration.issued)
            });
            let client = client(
                0,
                &registration.issued.common_name,
                &device_sn,
                registration.now,
            );
            let (vendor, fleet_before) = (Vendor::AlibabaMqtt, std::mem::take(fleet));
            *fleet = fleet_before.with_clients(vendor, INSTANCE, [client]);
        }
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

impl Key<'_> {
    fn name(&self) -> (String, String, String) {
        [self.instance_id, self.device_sn, self.ca_sn]
            .map(str::to_owned)
            .into()
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

fn set_status(store: &mut Store, task: &Task<'_>, status: &str) -> Result<Value, Refusal> {
    let key = Key::read(task.parameters)?;
    let now = task.received.moment();
    instance(store, key.instance_id)?;
    let certificate = store
        .change::<Instances>(&key.name(), now.instant)
        .ok_or_else(certificate_not_found)?;
    if task.has_effect {
        status.clone_into(&mut certificate.status);
        let (instance_id, device_sn) = (key.instance_id, key.device_sn);
        store.certificate_was_changed(Vendor::AlibabaMqtt, instance_id, device_sn, now);
    }
    Ok(json!({"DeviceSn": key.device_sn}))
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
