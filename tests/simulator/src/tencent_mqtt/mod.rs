//! Tencent Cloud MQTT, version 2024-05-16: device certificates by instance.

mod believable;
mod certificate;
mod clients;
mod gateway;
mod instance;
mod list;
mod orders;
mod parameters;
mod status;

pub(crate) use certificate::Instances;
pub use certificate::{TencentCertificate, TencentInstance};
pub(crate) use gateway::Product;
pub(crate) use orders::Orders;
#[cfg(test)]
pub(crate) use orders::{ListOrder, ordered};

use crate::exchange::{Received, Refusal};
use crate::fleet::believable::client;
use crate::fleet::held_by;
use crate::fleet::random::Random;
use crate::fleet::store::Store;
use crate::limits::RateLimit;
use crate::vendor::{Gateway, Registration, Task, VendorApi};
use crate::{Fleet, Vendor};
use parameters::Members;
use serde_json::{Value, json};

const LIST: &str = "DescribeDeviceCertificates";
const DESCRIBE: &str = "DescribeDeviceCertificate";
const ACTIVATE: &str = "ActivateDeviceCertificate";
const DEACTIVATE: &str = "DeactivateDeviceCertificate";
const LIST_CLIENTS: &str = "DescribeClientList";
const KICK: &str = "KickOutClient";
const DESCRIBE_INSTANCE: &str = "DescribeInstance";

const PRODUCT: Product = Product {
    service: "mqtt",
    version: "2024-05-16",
    actions: &[
        LIST,
        DESCRIBE,
        ACTIVATE,
        DEACTIVATE,
        LIST_CLIENTS,
        KICK,
        DESCRIBE_INSTANCE,
    ],
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

/// The instance of the vendor's documents, which holds the certificates that every vendor has.
pub(crate) const INSTANCE: &str = "mqtt-qgzaawn9";

pub(crate) struct TencentMqtt;

impl VendorApi for TencentMqtt {
    fn gateway(&self) -> &'static dyn Gateway {
        &PRODUCT
    }

    fn rate_limit(&self, _: &str) -> RateLimit {
        RateLimit {
            of_one_action: 20,
            of_one_address: None,
        }
    }

    fn writes(&self) -> &'static [&'static str] {
        &[ACTIVATE, DEACTIVATE, KICK]
    }

    fn perform(&self, store: &mut Store, task: &Task<'_>) -> Result<Value, Refusal> {
        let region = region(task.received)?;
        let parameters = task.parameters;
        match task.action {
            LIST => {
                let several = task.rules.filter_values;
                list::describe_device_certificates(store, &region, parameters, several)
            }
            ACTIVATE => status::set(store, &region, task, status::activate),
            DEACTIVATE => status::set(store, &region, task, status::deactivate),
            LIST_CLIENTS => {
                let how = task.rules.client_id_match;
                clients::describe_client_list(store, &region, parameters, how)
            }
            KICK => clients::kick_out_client(store, &region, task),
            DESCRIBE_INSTANCE => instance::describe_instance(store, &region, parameters),
            _ => describe_device_certificate(store, &region, parameters),
        }
    }

    fn admits(&self, fleet: &Fleet, place: &str, certificate: &str) -> bool {
        fleet.tencent_mqtt.get(place).is_some_and(|instance| {
            instance.x509_mode != instance::ONE_CERTIFICATE_A_DEVICE
                || instance.certificates.iter().any(|known| {
                    known.device_certificate_sn == certificate && known.status == "ACTIVE"
                })
        })
    }

    fn certificates(&self, fleet: &Fleet) -> Vec<Value> {
        let instances = fleet.tencent_mqtt.values();
        instances
            .flat_map(|instance| {
                let certificates = instance.certificates.iter();
                certificates.map(|certificate| held_by(&instance.instance_id, certificate))
            })
            .collect()
    }

    fn populate(&self, fleet: &mut Fleet, now: i64, random: &mut Random) {
        for (instance_id, region, size) in [
            (INSTANCE, "ap-guangzhou", 2_800),
            ("mqtt-7vk3pd2x", "ap-shanghai", 199),
        ] {
            let mut certificates = believable::certificates(size, now, random);
            if instance_id == INSTANCE {
                // The certificate of the vendor's documents.
                certificates.push(TencentCertificate::default());
            }
            let clients = believable::clients(&certificates, now);
            *fleet = std::mem::take(fleet).with_clients(Vendor::TencentMqtt, instance_id, clients);
            let (instance_id, region) = (instance_id.to_owned(), region.to_owned());
            *fleet = std::mem::take(fleet).with([TencentInstance {
                instance_id,
                region,
                certificates,
                ..TencentInstance::default()
            }]);
        }
    }

    fn register(&self, fleet: &mut Fleet, registration: &Registration<'_>) {
        let &Registration {
            issued,
            registered,
            revoked,
            now,
        } = registration;
        let status = revoked.map_or("ACTIVE", |_| "REVOKED");
        if let Some(instance) = fleet.tencent_mqtt.get_mut(INSTANCE) {
            let serial = issued.serial.trim_start_matches('0');
            instance.certificates.push(TencentCertificate {
                device_certificate_sn: serial.to_owned(),
                status: status.to_owned(),
                last_activation_time: registered,
                created_time: registered,
                update_time: revoked.unwrap_or(registered),
                ..TencentCertificate::of(issued)
            });
            let client = client(0, &issued.common_name, serial, now);
            if revoked.is_none() {
                let (vendor, fleet_before) = (Vendor::TencentMqtt, std::mem::take(fleet));
                *fleet = fleet_before.with_clients(vendor, INSTANCE, [client]);
            }
        }
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
