//! Tencent Cloud MQTT under test.

use super::cloud::{Cloud, TENCENT};
use super::{Inactivation, Provider};
use serde_json::{Value, json};
use simulator::{Fleet, IssuedCertificate, TencentCertificate, TencentInstance, Vendor};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The instance under test.
pub const TENCENT_INSTANCE: &str = "mqtt-qgzaawn9";
const CA: &str = "1b1e3bf3702110125887a3a721a7e66f05522513";
/// The time at which the first numbered certificate was registered.
const CREATED: i64 = 1_742_983_115_198;

/// The instance under test with these certificates.
pub fn tencent_instance(certificates: Vec<TencentCertificate>) -> TencentInstance {
    TencentInstance {
        instance_id: TENCENT_INSTANCE.to_owned(),
        region: TENCENT.region.1.to_owned(),
        certificates,
        ..TencentInstance::default()
    }
}

/// This many numbered certificates, the first one registered first, all of them in use.
pub fn tencent_certificates(count: usize) -> Vec<TencentCertificate> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let end = now
        .unwrap_or_default()
        .saturating_add(Duration::from_secs(400 * 24 * 60 * 60));
    let not_after = i64::try_from(end.as_millis()).ok();
    (CREATED..)
        .take(count)
        .enumerate()
        .map(|(number, created_time)| TencentCertificate {
            client_id: format!("truck-{number}"),
            device_certificate_sn: serial(number),
            device_certificate_cn: format!("truck-{number}.example.test"),
            created_time,
            not_after_time: not_after,
            ..TencentCertificate::default()
        })
        .collect()
}

fn serial(number: usize) -> String {
    format!("5{number:039x}")
}

/// The provider leaves out leading zeros.
fn spelled(issued: &IssuedCertificate) -> &str {
    issued.serial.trim_start_matches('0')
}

fn names(issued: &IssuedCertificate) -> Value {
    json!({ "provider_serial_number": spelled(issued), "ca_serial_number": CA, "provider_ca_serial_number": CA })
}

pub(super) struct TencentMqtt;

impl Provider for TencentMqtt {
    fn vendor(&self) -> Vendor {
        Vendor::TencentMqtt
    }

    fn name(&self) -> &'static str {
        "tencent-mqtt"
    }

    fn cloud(&self) -> &'static Cloud {
        &TENCENT
    }

    fn endpoint_variable(&self) -> &'static str {
        "TENCENT_MQTT_ENDPOINT"
    }

    fn instance_id(&self) -> Option<&'static str> {
        Some(TENCENT_INSTANCE)
    }

    fn inactivation(&self) -> Option<Inactivation> {
        Some(Inactivation {
            read: "DescribeDeviceCertificate",
            write: "DeactivateDeviceCertificate",
            words: ("ACTIVE", "INACTIVE"),
            allowed: TENCENT_INSTANCE,
            denial: ("OperationDenied", 200),
            not_found: ("ResourceNotFound.Certificate", 200),
            read_parameters: |issued| json!({ "InstanceId": TENCENT_INSTANCE, "DeviceCertificateSn": spelled(issued) }),
            write_parameters: || json!({}),
            result: names,
        })
    }

    fn with_numbered(&self, fleet: Fleet, count: usize) -> Fleet {
        fleet.with([tencent_instance(tencent_certificates(count))])
    }

    fn numbered_reference(&self, number: usize) -> Value {
        json!({ "serial_number": serial(number) })
    }

    fn with_issued(&self, fleet: Fleet, issued: &[IssuedCertificate]) -> Fleet {
        let certificates = issued.iter().map(|one| TencentCertificate {
            device_certificate_sn: spelled(one).to_owned(),
            ..TencentCertificate::of(one)
        });
        fleet.with([tencent_instance(certificates.collect())])
    }

    fn own_reference(&self, issued: &IssuedCertificate) -> Value {
        json!({ "serial_number": spelled(issued) })
    }

    /// One call asks for all spellings.
    fn status_reference(&self, issued: &IssuedCertificate) -> Value {
        self.reference(issued)
    }

    fn identifiers(&self, fleet: &Fleet) -> Vec<String> {
        let instances = fleet.tencent_mqtt.values();
        instances
            .flat_map(|instance| &instance.certificates)
            .map(|one| one.device_certificate_sn.clone())
            .collect()
    }

    fn statuses(&self, fleet: &Fleet) -> Vec<String> {
        let instances = fleet.tencent_mqtt.values();
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
        let found = fleet.tencent_certificate(TENCENT_INSTANCE, spelled(issued))?;
        Some(&mut found.status)
    }

    fn described(&self, issued: &IssuedCertificate) -> Value {
        json!({
            "provider_serial_number": spelled(issued), "ca_serial_number": CA, "provider_ca_serial_number": CA,
            "client_id": issued.common_name, "source": "API",
            "created_at": "2025-03-26T09:58:35.198Z", "updated_at": "2025-03-26T09:58:35.198Z",
            "last_activated_at": "2025-03-26T09:58:19.435Z"
        })
    }

    fn status_result(&self, issued: &IssuedCertificate) -> Value {
        names(issued)
    }

    fn list_calls(&self, _: &IssuedCertificate) -> Value {
        json!([[
            "DescribeDeviceCertificates",
            { "InstanceId": TENCENT_INSTANCE, "Limit": 100, "Offset": 0, "OrderBy": "CREATE_TIME_DESC" }
        ]])
    }

    /// All spellings of the serial number at once.
    fn status_calls(&self, issued: &IssuedCertificate) -> Value {
        let (serial, bare) = (&issued.serial, spelled(issued));
        let upper = serial.to_uppercase();
        let values = json!([
            serial,
            upper,
            bare,
            bare.to_uppercase(),
            format!("00{serial}"),
            format!("00{upper}")
        ]);
        let filters = json!([{ "Name": "DeviceCertificateSn", "Values": values }]);
        json!([["DescribeDeviceCertificates", {
            "InstanceId": TENCENT_INSTANCE, "Filters": filters, "Limit": 100, "Offset": 0, "OrderBy": "CREATE_TIME_ASC"
        }]])
    }

    fn second_page(&self) -> &'static str {
        "\"Offset\":100"
    }
}
