//! Alibaba Cloud MQTT under test.

use super::cloud::{ALIBABA, Cloud};
use super::{Inactivation, Provider};
use serde_json::{Value, json};
use simulator::{AlibabaInstance, AlibabaMqttCertificate, Fleet, IssuedCertificate, Vendor};

/// The instance under test.
pub const ALIBABA_INSTANCE: &str = "post-cn-7mz2d0000";
/// The CA's serial number as the provider spells it.
pub const ALIBABA_CA: &str = "007269004887";

/// The instance under test with these certificates.
pub fn alibaba_instance(certificates: Vec<AlibabaMqttCertificate>) -> AlibabaInstance {
    AlibabaInstance {
        instance_id: ALIBABA_INSTANCE.to_owned(),
        certificates,
    }
}

/// This many numbered certificates, all active.
pub fn alibaba_certificates(count: usize) -> Vec<AlibabaMqttCertificate> {
    (0..count)
        .map(|number| AlibabaMqttCertificate {
            device_sn: serial(number),
            ..AlibabaMqttCertificate::default()
        })
        .collect()
}

/// The serial number of an issued certificate as the provider spells it: in upper case behind a
/// zero octet.
pub fn alibaba_serial(issued: &IssuedCertificate) -> String {
    format!("00{}", issued.serial.to_uppercase())
}

fn serial(number: usize) -> String {
    format!("d{number:011x}")
}

fn key(issued: &IssuedCertificate) -> Value {
    json!({ "MqttInstanceId": ALIBABA_INSTANCE, "DeviceSn": alibaba_serial(issued), "CaSn": ALIBABA_CA })
}

fn names(issued: &IssuedCertificate) -> Value {
    json!({
        "provider_serial_number": alibaba_serial(issued), "ca_serial_number": "7269004887", "provider_ca_serial_number": ALIBABA_CA
    })
}

pub(super) struct AlibabaMqtt;

impl Provider for AlibabaMqtt {
    fn vendor(&self) -> Vendor {
        Vendor::AlibabaMqtt
    }

    fn name(&self) -> &'static str {
        "alibaba-mqtt"
    }

    fn cloud(&self) -> &'static Cloud {
        &ALIBABA
    }

    fn endpoint_variable(&self) -> &'static str {
        "ALIBABA_MQTT_ENDPOINT"
    }

    fn instance_id(&self) -> Option<&'static str> {
        Some(ALIBABA_INSTANCE)
    }

    fn inactivation(&self) -> Option<Inactivation> {
        Some(Inactivation {
            read: "GetDeviceCertificate",
            write: "InactivateDeviceCertificate",
            words: ("1", "0"),
            allowed: ALIBABA_INSTANCE,
            denial: ("PermissionCheckFailed", 400),
            not_found: ("FindDeviceBySnError", 500),
            read_parameters: key,
            write_parameters: || json!({}),
            result: names,
        })
    }

    fn with_numbered(&self, fleet: Fleet, count: usize) -> Fleet {
        fleet.with([alibaba_instance(alibaba_certificates(count))])
    }

    fn numbered_reference(&self, number: usize) -> Value {
        json!({ "serial_number": serial(number), "ca_serial_number": ALIBABA_CA })
    }

    /// The texts have backslashes in place of line feeds, as in the provider's documents.
    fn with_issued(&self, fleet: Fleet, issued: &[IssuedCertificate]) -> Fleet {
        let certificates = issued.iter().map(|one| AlibabaMqttCertificate {
            device_sn: alibaba_serial(one),
            device_content: one
                .pem
                .replace('\n', "\\n")
                .replace("CERTIFICATE-----", "DEVICECERTIFICATE-----"),
            ..AlibabaMqttCertificate::of(one)
        });
        fleet.with([alibaba_instance(certificates.collect())])
    }

    fn reference(&self, issued: &IssuedCertificate) -> Value {
        json!({ "serial_number": issued.serial, "ca_serial_number": ALIBABA_CA })
    }

    fn own_reference(&self, issued: &IssuedCertificate) -> Value {
        json!({ "serial_number": alibaba_serial(issued), "ca_serial_number": ALIBABA_CA })
    }

    fn identifiers(&self, fleet: &Fleet) -> Vec<String> {
        let instances = fleet.alibaba_mqtt.values();
        instances
            .flat_map(|instance| &instance.certificates)
            .map(|one| one.device_sn.clone())
            .collect()
    }

    fn statuses(&self, fleet: &Fleet) -> Vec<String> {
        let instances = fleet.alibaba_mqtt.values();
        instances
            .flat_map(|instance| &instance.certificates)
            .map(|one| one.status.clone())
            .collect()
    }

    fn status_mut<'a>(
        &self,
        fleet: &'a mut Fleet,
        issued: &IssuedCertificate,
    ) -> Option<&'a mut String> {
        let serial = alibaba_serial(issued);
        let found = fleet.alibaba_certificate(ALIBABA_INSTANCE, &serial, ALIBABA_CA)?;
        Some(&mut found.status)
    }

    fn described(&self, issued: &IssuedCertificate) -> Value {
        json!({
            "provider_serial_number": alibaba_serial(issued), "ca_serial_number": "7269004887",
            "provider_ca_serial_number": ALIBABA_CA, "name": issued.common_name, "provider_status": "1"
        })
    }

    fn status_result(&self, issued: &IssuedCertificate) -> Value {
        json!({
            "provider_serial_number": alibaba_serial(issued), "ca_serial_number": "7269004887",
            "provider_ca_serial_number": ALIBABA_CA,
            "provider_status": "1"
        })
    }

    /// A page that is not full is the whole list: its length needs no call of its own.
    fn list_calls(&self, _: &IssuedCertificate) -> Value {
        json!([["ListDeviceCertificate", { "MqttInstanceId": ALIBABA_INSTANCE, "PageNo": "1", "PageSize": "100" }]])
    }

    fn status_calls(&self, issued: &IssuedCertificate) -> Value {
        json!([["GetDeviceCertificate", key(issued)]])
    }

    fn second_page(&self) -> &'static str {
        "\"PageNo\":\"2\""
    }
}
