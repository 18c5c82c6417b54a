//! Real certificates that every vendor holds, each in its own spelling, and the words to ask every
//! provider for them.

use serde_json::{Value, json};
use simulator::{
    AlibabaInstance, AlibabaMqttCertificate, AwsCertificate, CasCertificate, Fleet,
    IssuedCertificate, Simulator, TencentCertificate, TencentInstance, Vendor, issue,
};
use whole_function_tests::Runtime;

use crate::setup::{ALIBABA_INSTANCE, TENCENT_INSTANCE, function_with, simulator};

/// The CA's serial number as Alibaba's broker spells it.
pub(crate) const ALIBABA_CA: &str = "007269004887";

/// The vendors at which certificates can be switched off.
pub(crate) const BROKERS: [Vendor; 3] = [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AwsIot];

/// Secrets that no vendor knows.
pub(crate) const WRONG_SECRETS: [(&str, &str); 3] = [
    ("TENCENTCLOUD_SECRET_KEY", "wrong-secret-of-tencent-0001"),
    (
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "wrong-secret-of-alibaba-0001",
    ),
    (
        "AWS_SECRET_ACCESS_KEY",
        "wrong/secret+of+aws+00000000000000000001",
    ),
];

/// 2025-01-01T00:00:00Z
const BEGIN: i64 = 1_735_689_600_000;
/// 2035-01-01T00:00:00Z
const END: i64 = 2_051_222_400_000;

/// A certificate from 2025 to 2034, with another signature each time. Its serial number has a
/// leading zero digit, and letters.
pub(crate) fn device(number: u8) -> IssuedCertificate {
    with_serial(&format!("0a7e4419c2d85b60f3918e2d7c55aa{number:02x}"))
}

/// The same with this serial number.
pub(crate) fn with_serial(serial: &str) -> IssuedCertificate {
    issue(
        serial,
        &format!("gateway-{serial}"),
        Some("Werk München"),
        BEGIN,
        END,
    )
}

/// The certificates at all four vendors, in use and good. Tencent leaves out leading zeros,
/// Alibaba's broker writes upper case and puts a zero octet before, and its texts have backslashes
/// in place of line feeds, as in its documents.
pub(crate) fn everywhere(issued: &[IssuedCertificate]) -> Fleet {
    let tencent = issued.iter().map(|one| TencentCertificate {
        device_certificate_sn: one.serial.trim_start_matches('0').to_owned(),
        ..TencentCertificate::of(one)
    });
    let alibaba = issued.iter().map(|one| AlibabaMqttCertificate {
        device_sn: alibaba_serial(one),
        device_content: one
            .pem
            .replace('\n', "\\n")
            .replace("CERTIFICATE-----", "DEVICECERTIFICATE-----"),
        ..AlibabaMqttCertificate::of(one)
    });
    let tencent = TencentInstance {
        instance_id: TENCENT_INSTANCE.to_owned(),
        region: "ap-guangzhou".to_owned(),
        certificates: tencent.collect(),
    };
    let alibaba = AlibabaInstance {
        instance_id: ALIBABA_INSTANCE.to_owned(),
        certificates: alibaba.collect(),
    };
    Fleet::of([tencent])
        .with([alibaba])
        .with(issued.iter().map(CasCertificate::of))
        .with(issued.iter().map(AwsCertificate::of))
}

/// As Alibaba's broker spells it in [`everywhere`].
pub(crate) fn alibaba_serial(issued: &IssuedCertificate) -> String {
    format!("00{}", issued.serial.to_uppercase())
}

/// The simulator with [`everywhere`]'s fleet, and a function that calls it.
pub(crate) async fn pair_everywhere(
    name: &str,
    issued: &[IssuedCertificate],
) -> (Simulator, Runtime) {
    let simulator = simulator(everywhere(issued)).await;
    let function = function_with(name, &simulator, &[]).await;
    (simulator, function)
}

/// The name of the vendor in requests.
pub(crate) fn provider(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::TencentMqtt => "tencent-mqtt",
        Vendor::AlibabaMqtt => "alibaba-mqtt",
        Vendor::AlibabaCas => "alibaba-pca",
        Vendor::AwsIot => "aws-iot",
    }
}

/// The source of this vendor's certificates.
pub(crate) fn source(vendor: Vendor) -> Value {
    match vendor {
        Vendor::TencentMqtt => {
            json!({ "provider": "tencent-mqtt", "instance_id": TENCENT_INSTANCE })
        }
        Vendor::AlibabaMqtt => {
            json!({ "provider": "alibaba-mqtt", "instance_id": ALIBABA_INSTANCE })
        }
        other => json!({ "provider": provider(other) }),
    }
}

/// The members of an answer that say who was asked.
pub(crate) fn place(vendor: Vendor) -> Value {
    let region = match vendor {
        Vendor::TencentMqtt => "ap-guangzhou",
        Vendor::AwsIot => "eu-west-1",
        Vendor::AlibabaMqtt | Vendor::AlibabaCas => "cn-hangzhou",
    };
    json!({ "provider": provider(vendor), "region": region, "instance_id": source(vendor)["instance_id"] })
}

/// How a request names this certificate for this vendor.
pub(crate) fn reference(vendor: Vendor, issued: &IssuedCertificate) -> Value {
    match vendor {
        Vendor::AwsIot => json!({ "fingerprint_sha256": issued.fingerprint_sha256 }),
        Vendor::AlibabaMqtt => {
            json!({ "serial_number": issued.serial, "ca_serial_number": ALIBABA_CA })
        }
        _ => json!({ "serial_number": issued.serial }),
    }
}

/// A request for this vendor with the members of another object, which win.
pub(crate) fn request(vendor: Vendor, own: &Value) -> Value {
    with(source(vendor), own)
}

/// The members of both objects; those of the second win.
pub(crate) fn with(mut object: Value, own: &Value) -> Value {
    let members = own
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    object.as_object_mut().unwrap().extend(members);
    object
}

/// An object without these members, each of which must be there.
#[track_caller]
pub(crate) fn without(mut object: Value, members: &[&str]) -> Value {
    for member in members {
        assert!(
            object.as_object_mut().unwrap().remove(*member).is_some(),
            "no {member} in {object}"
        );
    }
    object
}

/// Every call so far as action and parameters; then they are forgotten.
pub(crate) fn calls(simulator: &Simulator) -> Value {
    let calls: Vec<Value> = simulator
        .calls()
        .into_iter()
        .map(|call| json!([call.action, call.parameters]))
        .collect();
    simulator.reset_numbers();
    json!(calls)
}

/// The actions of every call so far.
pub(crate) fn actions(simulator: &Simulator) -> Vec<String> {
    simulator
        .calls()
        .into_iter()
        .map(|call| call.action)
        .collect()
}

/// The status of each certificate in the vendor's own words, in the vendor's order.
pub(crate) fn words(simulator: &Simulator, vendor: Vendor) -> Vec<String> {
    simulator.with_fleet(|fleet| match vendor {
        Vendor::TencentMqtt => fleet.tencent_mqtt[TENCENT_INSTANCE]
            .certificates
            .iter()
            .map(|one| one.status.clone())
            .collect(),
        Vendor::AlibabaMqtt => fleet.alibaba_mqtt[ALIBABA_INSTANCE]
            .certificates
            .iter()
            .map(|one| one.status.clone())
            .collect(),
        Vendor::AlibabaCas => fleet
            .alibaba_cas
            .values()
            .map(|one| one.status.clone())
            .collect(),
        Vendor::AwsIot => fleet
            .aws_iot
            .values()
            .map(|one| one.status.clone())
            .collect(),
    })
}

/// Sets the vendor's word for the status of one certificate.
pub(crate) fn set_word(
    simulator: &Simulator,
    vendor: Vendor,
    issued: &IssuedCertificate,
    word: &str,
) {
    simulator.with_fleet(|fleet| {
        let status = match vendor {
            Vendor::TencentMqtt => {
                let serial = issued.serial.trim_start_matches('0');
                &mut fleet
                    .tencent_certificate(TENCENT_INSTANCE, serial)
                    .unwrap()
                    .status
            }
            Vendor::AlibabaMqtt => {
                &mut fleet
                    .alibaba_certificate(ALIBABA_INSTANCE, &alibaba_serial(issued), ALIBABA_CA)
                    .unwrap()
                    .status
            }
            Vendor::AlibabaCas => &mut fleet.alibaba_cas.get_mut(&issued.serial).unwrap().status,
            Vendor::AwsIot => {
                &mut fleet
                    .aws_iot
                    .get_mut(&issued.fingerprint_sha256)
                    .unwrap()
                    .status
            }
        };
        word.clone_into(status);
    });
}

/// The broker's words for active and inactive.
pub(crate) fn on_and_off(vendor: Vendor) -> (&'static str, &'static str) {
    if vendor == Vendor::AlibabaMqtt {
        ("1", "0")
    } else {
        ("ACTIVE", "INACTIVE")
    }
}

/// What the vendor answers to a caller whose key is wrong.
pub(crate) fn refusal_of_a_wrong_key(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::TencentMqtt => "AuthFailure.SignatureFailure",
        Vendor::AlibabaMqtt | Vendor::AlibabaCas => "SignatureDoesNotMatch",
        Vendor::AwsIot => "InvalidSignatureException",
    }
}

/// The vendor's code for too many calls.
pub(crate) fn throttling(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::TencentMqtt => "RequestLimitExceeded",
        Vendor::AlibabaMqtt | Vendor::AlibabaCas => "Throttling.User",
        Vendor::AwsIot => "ThrottlingException",
    }
}
