//! An order is carried out only on a certificate that is shown to have all the names of the order;
//! a certificate can be named by the provider's own text.

use serde_json::{Value, json};
use simulator::{
    AlibabaMqttCertificate, AwsCertificate, Fleet, IssuedCertificate, Simulator,
    TencentCertificate, Vendor,
};

use crate::cells::{ALIBABA_CA, device, inactivation, on_and_off, request, words};
use crate::setup::{alibaba, function, pair, tencent};

/// PEM that holds no certificate.
const UNREADABLE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

/// Gives an order for one certificate, which must be refused because of this member and change
/// nothing; and then one without this member, which must be carried out.
async fn is_refused_for(vendor: Vendor, fleet: Fleet, reference: Value, member: &str) {
    let (simulator, mut function) = pair("inactivate", fleet).await;
    let answer = function
        .invoke(request(vendor, &json!({ "certificates": [reference] })))
        .await
        .json();
    let result = &answer["results"][0];
    assert_eq!(
        (&result["outcome"], &result["error"]["field"]),
        (&json!("refused"), &json!(member)),
        "{answer}"
    );
    let detail = result["error"]["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("leave {member} out")), "{detail}");
    let (on, off) = on_and_off(vendor);
    assert_eq!(words(&simulator, vendor), [on]);
    assert_eq!(simulator.count(vendor, inactivation(vendor).write), 0);

    let mut without = reference;
    without.as_object_mut().unwrap().remove(member);
    let answer = function
        .invoke(request(vendor, &json!({ "certificates": [without] })))
        .await
        .json();
    assert_eq!(answer["results"][0]["outcome"], "inactivated", "{answer}");
    assert_eq!(words(&simulator, vendor), [off]);
}

#[tokio::test]
async fn aws_iot_shows_no_serial_number_of_a_ca() {
    let issued = device(1);
    let reference = json!({
        "fingerprint_sha256": issued.fingerprint_sha256, "serial_number": issued.serial, "ca_serial_number": "0b"
    });
    let fleet = Fleet::of([AwsCertificate::of(&issued)]);
    is_refused_for(Vendor::AwsIot, fleet, reference, "ca_serial_number").await;
}

#[tokio::test]
async fn aws_iot_shows_no_serial_number_of_a_certificate_that_cannot_be_read() {
    // SHA-256 of the three octets that are encoded there.
    let id = "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c";
    let certificate = AwsCertificate {
        certificate_id: id.to_owned(),
        certificate_pem: UNREADABLE.to_owned(),
        ..AwsCertificate::default()
    };
    let reference = json!({ "fingerprint_sha256": id, "serial_number": "0a" });
    is_refused_for(
        Vendor::AwsIot,
        Fleet::of([certificate]),
        reference,
        "serial_number",
    )
    .await;
}

#[tokio::test]
async fn a_ca_that_tencent_mqtt_leaves_empty_is_not_the_one_that_was_named() {
    let issued = device(1);
    for (member, value) in [
        ("ca_serial_number", "0b"),
        ("provider_ca_serial_number", "0b"),
    ] {
        let certificate = TencentCertificate {
            ca_sn: String::new(),
            ..TencentCertificate::of(&issued)
        };
        let mut reference = json!({ "serial_number": issued.serial });
        reference[member] = json!(value);
        is_refused_for(
            Vendor::TencentMqtt,
            tencent(vec![certificate]),
            reference,
            member,
        )
        .await;
    }
}

/// Gives an order to this vendor, whose only certificate must stay as it is.
async fn is_left_alone(simulator: &Simulator, vendor: Vendor, reference: Value, member: &str) {
    let mut function = function("inactivate", simulator).await;
    let answer = function
        .invoke(request(vendor, &json!({ "certificates": [reference] })))
        .await
        .json();
    let result = &answer["results"][0];
    assert_eq!(
        (&result["outcome"], &result["error"]["field"]),
        (&json!("refused"), &json!(member)),
        "{answer}"
    );
    assert_eq!(words(simulator, vendor), [on_and_off(vendor).0]);
}

#[tokio::test]
async fn a_record_that_holds_another_certificate_is_not_changed() {
    let (issued, other): (IssuedCertificate, _) = (device(1), device(2));
    let simulator = crate::setup::simulator(
        tencent(vec![TencentCertificate {
            device_certificate: other.pem.clone(),
            ..TencentCertificate::of(&issued)
        }])
        .with([AwsCertificate {
            certificate_pem: other.pem.clone(),
            ..AwsCertificate::of(&issued)
        }]),
    )
    .await;
    is_left_alone(
        &simulator,
        Vendor::TencentMqtt,
        json!({ "serial_number": issued.serial }),
        "serial_number",
    )
    .await;
    is_left_alone(
        &simulator,
        Vendor::AwsIot,
        json!({ "fingerprint_sha256": issued.fingerprint_sha256, "serial_number": issued.serial }),
        "serial_number",
    )
    .await;
}

#[tokio::test]
async fn digits_of_an_unknown_base_are_not_the_number_that_was_marked_as_hex() {
    let (simulator, _) = pair(
        "inactivate",
        alibaba(vec![AlibabaMqttCertificate::default()]),
    )
    .await;
    let digits = AlibabaMqttCertificate::default().device_sn;
    let reference =
        json!({ "serial_number": format!("0x{digits}"), "ca_serial_number": ALIBABA_CA });
    is_left_alone(&simulator, Vendor::AlibabaMqtt, reference, "serial_number").await;
}

/// No number in any base.
const TEXT: &str = "device-7/\u{fc}";

/// Reads and inactivates the certificate that this names; both answers show the vendor's texts.
async fn is_carried_out(vendor: Vendor, fleet: Fleet, reference: Value) {
    let (simulator, mut inactivate) = pair("inactivate", fleet).await;
    let mut status = function("status", &simulator).await;
    let order = request(vendor, &json!({ "certificates": [reference] }));
    let answer = status.invoke(&order).await.json();
    let result = &answer["results"][0];
    assert_eq!(
        (&result["found"], &result["provider_serial_number"]),
        (&json!(true), &json!(TEXT)),
        "{answer}"
    );
    let answer = inactivate.invoke(&order).await.json();
    let result = &answer["results"][0];
    assert_eq!(
        (
            &result["outcome"],
            &result["verified"],
            &result["provider_serial_number"]
        ),
        (&json!("inactivated"), &json!(true), &json!(TEXT)),
        "{answer}"
    );
    assert_eq!(words(&simulator, vendor), [on_and_off(vendor).1]);

    let unknown = "another text";
    let mut other = reference;
    other["provider_serial_number"] = json!(unknown);
    let answer = inactivate
        .invoke(request(vendor, &json!({ "certificates": [other] })))
        .await
        .json();
    let result = &answer["results"][0];
    assert_eq!(
        (&result["outcome"], &result["provider_serial_number"]),
        (&json!("not_found"), &json!(unknown)),
        "{answer}"
    );
}

#[tokio::test]
async fn a_text_that_is_no_number_names_a_certificate_at_tencent_mqtt() {
    let certificate = TencentCertificate {
        device_certificate_sn: TEXT.to_owned(),
        ..TencentCertificate::default()
    };
    is_carried_out(
        Vendor::TencentMqtt,
        tencent(vec![certificate]),
        json!({ "provider_serial_number": TEXT }),
    )
    .await;
}

#[tokio::test]
async fn texts_that_are_no_numbers_name_a_certificate_at_alibaba_mqtt() {
    let ca = "ca of the plant";
    for (ca_sn, reference) in [
        (
            ca,
            json!({ "provider_serial_number": TEXT, "provider_ca_serial_number": ca }),
        ),
        (
            ALIBABA_CA,
            json!({ "provider_serial_number": TEXT, "ca_serial_number": ALIBABA_CA }),
        ),
    ] {
        let certificate = AlibabaMqttCertificate {
            device_sn: TEXT.to_owned(),
            ca_sn: ca_sn.to_owned(),
            ..AlibabaMqttCertificate::default()
        };
        is_carried_out(Vendor::AlibabaMqtt, alibaba(vec![certificate]), reference).await;
    }
}
