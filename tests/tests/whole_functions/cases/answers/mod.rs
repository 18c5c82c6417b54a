//! Odd answers of vendors: every row and every member is read for itself.

mod odd_members;
mod same_meaning;
mod totals;
mod unusable_rows;

use serde_json::{Value, json};
use simulator::{AlibabaMqttCertificate, AwsCertificate, CasCertificate};
use simulator::{Fault, FaultRule, Fleet, Simulator, TencentCertificate, Vendor};

use crate::cells::ALIBABA_CA;
use crate::setup::{alibaba, simulator, tencent};

/// Stands in a row for a value that `serde_json` cannot hold.
const ODD: &str = "the odd value";

/// The name under which a vendor knows its certificate of this number.
fn name(vendor: Vendor, number: usize) -> String {
    match vendor {
        Vendor::AwsIot => format!("{number:064x}"),
        _ => format!("0a{number:02x}"),
    }
}

/// The reference to this certificate in an order.
fn reference(vendor: Vendor, number: usize) -> Value {
    let name = name(vendor, number);
    match vendor {
        Vendor::AwsIot => json!({ "fingerprint_sha256": name }),
        Vendor::AlibabaMqtt => json!({ "serial_number": name, "ca_serial_number": ALIBABA_CA }),
        _ => json!({ "serial_number": name }),
    }
}

/// The member of a record that holds the vendor's own name.
fn own_name(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::AwsIot => "fingerprint_sha256",
        _ => "provider_serial_number",
    }
}

/// This many certificates at every vendor, whose texts are empty.
fn fleet(count: usize) -> Fleet {
    let numbers = 0..count;
    let at_tencent = numbers.clone().map(|number| TencentCertificate {
        device_certificate_sn: name(Vendor::TencentMqtt, number),
        created_time: 1_742_983_115_198 - i64::try_from(number).unwrap(),
        ..TencentCertificate::default()
    });
    let at_alibaba = numbers.clone().map(|number| AlibabaMqttCertificate {
        device_sn: name(Vendor::AlibabaMqtt, number),
        ca_sn: ALIBABA_CA.to_owned(),
        ..AlibabaMqttCertificate::default()
    });
    let mut fleet = tencent(at_tencent.collect());
    fleet.alibaba_mqtt = alibaba(at_alibaba.collect()).alibaba_mqtt;
    fleet
        .with(numbers.clone().map(|number| AwsCertificate {
            certificate_id: name(Vendor::AwsIot, number),
            creation_date: 1_740_787_200_123 - i64::try_from(number).unwrap(),
            ..AwsCertificate::default()
        }))
        .with(numbers.map(|number| CasCertificate {
            serial_number: name(Vendor::AlibabaCas, number),
            ..CasCertificate::default()
        }))
}

/// A row of the vendor's list, with the members of what it says of one certificate.
fn row(vendor: Vendor, number: usize) -> Value {
    let name = name(vendor, number);
    match vendor {
        Vendor::TencentMqtt => json!(TencentCertificate {
            device_certificate_sn: name,
            ..TencentCertificate::default()
        }),
        Vendor::AlibabaMqtt => json!(AlibabaMqttCertificate {
            device_sn: name,
            ca_sn: ALIBABA_CA.to_owned(),
            ..AlibabaMqttCertificate::default()
        }),
        Vendor::AlibabaCas => json!({
            "SerialNumber": name, "Status": "ISSUE", "AliasName": "gateway", "CommonName": "device-1",
            "OrganizationUnit": "Security", "BeforeDate": 1_634_283_958_000_i64,
            "AfterDate": 1_665_819_958_000_i64, "Sha2": "ab".repeat(32)
        }),
        Vendor::AwsIot => json!({
            "certificateId": name, "status": "ACTIVE", "creationDate": 1_740_787_200.123,
            "lastModifiedDate": 1_740_790_000.0, "caCertificateId": "cd".repeat(32), "certificatePem": "",
            "validity": { "notBefore": 1_740_787_200.0, "notAfter": 1_898_467_200.0 }
        }),
    }
}

/// The row as JSON, with another value at this place.
fn with(mut row: Value, place: &str, json: &str) -> String {
    *row.pointer_mut(place)
        .unwrap_or_else(|| panic!("no {place}")) = json!(ODD);
    row.to_string().replace(&format!("\"{ODD}\""), json)
}

/// The action that lists, and the one that reads one certificate.
fn reads(vendor: Vendor) -> (&'static str, &'static str) {
    match vendor {
        Vendor::TencentMqtt => ("DescribeDeviceCertificates", "DescribeDeviceCertificate"),
        Vendor::AlibabaMqtt => ("ListDeviceCertificate", "GetDeviceCertificate"),
        Vendor::AlibabaCas => ("ListClientCertificate", ""),
        Vendor::AwsIot => ("ListCertificates", "DescribeCertificate"),
    }
}

/// A list of these rows with this total, both as JSON.
fn list(vendor: Vendor, rows: &[String], total: &str) -> Fault {
    let rows = rows.join(",");
    json_body(match vendor {
        Vendor::TencentMqtt => {
            format!(r#"{{"Response":{{"TotalCount":{total},"Data":[{rows}],"RequestId":"r"}}}}"#)
        }
        Vendor::AlibabaMqtt => format!(
            r#"{{"RequestId":"r","Data":{{"DeviceCertificateVOS":[{rows}],"Total":{total}}}}}"#
        ),
        Vendor::AlibabaCas => {
            format!(r#"{{"RequestId":"r","CertificateList":[{rows}],"TotalCount":{total}}}"#)
        }
        Vendor::AwsIot => format!(r#"{{"certificates":[{rows}]}}"#),
    })
}

/// The answer of the action that reads one certificate.
fn one(vendor: Vendor, row: &str) -> Fault {
    json_body(match vendor {
        Vendor::TencentMqtt => {
            format!(
                r#"{{"Response":{},"RequestId":"r"}}}}"#,
                row.strip_suffix('}').unwrap()
            )
        }
        Vendor::AwsIot => format!(r#"{{"certificateDescription":{row}}}"#),
        _ => format!(r#"{{"RequestId":"r","Data":{row}}}"#),
    })
}

fn json_body(body: String) -> Fault {
    Fault::body(200, "application/json", body)
}

/// The vendor answers with these rows, each of which is its certificate of that number, in its list
/// and alone.
fn answer_with(simulator: &Simulator, vendor: Vendor, rows: &[String]) {
    let (list_action, read_action) = reads(vendor);
    let total = rows.len().to_string();
    let listed = FaultRule::always(list(vendor, rows, &total)).on(list_action);
    simulator.fail(vendor, listed);
    for (number, row) in rows.iter().enumerate() {
        let read = FaultRule::always(one(vendor, row)).on(read_action);
        simulator.fail(vendor, read.containing(&name(vendor, number)));
    }
}

/// A simulator with two certificates at every vendor.
async fn two() -> Simulator {
    simulator(fleet(2)).await
}
