//! One certificate is one and the same, whichever vendor holds it and however its serial number is
//! spelled.

use serde_json::{Value, json};
use simulator::{IssuedCertificate, Vendor};

use crate::cells::{
    ALIBABA_CA, BROKERS, device, everywhere, pair_everywhere, reference, request, without, words,
};
use crate::setup::{function, in_short, simulator};

/// What is the provider's own to say; everything else is the certificate's.
const PROVIDERS_OWN: [&str; 15] = [
    "provider_serial_number",
    "serial_number_base",
    "ca_serial_number",
    "name",
    "client_id",
    "status",
    "provider_status",
    "effective_status",
    "usable",
    "source",
    "created_at",
    "updated_at",
    "last_activated_at",
    "last_inactivated_at",
    "ca_fingerprint_sha256",
];

#[tokio::test]
async fn every_provider_gives_the_same_record_but_for_its_own_facts() {
    let issued = device(1);
    let (_simulator, mut function) =
        pair_everywhere("describe", std::slice::from_ref(&issued)).await;
    let certificate = json!({
        "serial_number": issued.serial, "subject": { "common_name": issued.common_name, "organizational_unit": "Werk München" },
        "not_before": "2025-01-01T00:00:00Z", "not_after": "2035-01-01T00:00:00Z", "revoked_at": null,
        "fingerprint_sha256": issued.fingerprint_sha256, "disagreements": [], "pem": issued.pem
    });
    for vendor in Vendor::ALL {
        let answer = function
            .invoke(request(vendor, &json!({ "include_pem": true })))
            .await
            .json();
        let record = answer["certificates"][0].clone();
        let seen = json!([
            record["status"],
            record["effective_status"],
            record["usable"]
        ]);
        let expected = if vendor == Vendor::AlibabaCas {
            json!(["good", "good", null])
        } else {
            json!(["active", "active", true])
        };
        assert_eq!(seen, expected, "{vendor:?}");
        assert_eq!(without(record, &PROVIDERS_OWN), certificate, "{vendor:?}");
    }
}

/// The serial number of [`device`]s in spellings that people and programs use.
fn spellings(issued: &IssuedCertificate) -> Vec<String> {
    let serial = &issued.serial;
    let upper = serial.to_uppercase();
    let pairs = |separator: &str| {
        let octets: Vec<&str> = upper
            .as_bytes()
            .chunks(2)
            .map(|octet| std::str::from_utf8(octet).unwrap())
            .collect();
        octets.join(separator)
    };
    let bare = serial.trim_start_matches('0').to_owned();
    vec![
        serial.clone(),
        bare.to_uppercase(),
        format!("0x{bare}"),
        bare,
        format!("0X{upper}"),
        format!("00{serial}"),
        format!("0000{upper}"),
        pairs(":"),
        pairs(" "),
        upper,
    ]
}

#[tokio::test]
async fn status_finds_it_in_every_spelling_at_every_provider() {
    let issued = device(1);
    let (_simulator, mut function) = pair_everywhere("status", &[issued.clone(), device(2)]).await;
    for vendor in [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AlibabaCas] {
        for spelling in spellings(&issued) {
            let mut named = reference(vendor, &issued);
            named["serial_number"] = json!(spelling);
            let answer = function
                .invoke(request(vendor, &json!({ "certificates": [named] })))
                .await
                .json();
            let result = &answer["results"][0];
            assert_eq!(
                (&result["found"], &result["serial_number"]),
                (&json!(true), &json!(issued.serial)),
                "{vendor:?} {spelling}"
            );
        }
    }
    let colons: Vec<&str> = issued
        .fingerprint_sha256
        .as_bytes()
        .chunks(2)
        .map(|octet| std::str::from_utf8(octet).unwrap())
        .collect();
    let fingerprint = &issued.fingerprint_sha256;
    for spelling in [
        fingerprint.clone(),
        fingerprint.to_uppercase(),
        colons.join(":"),
        format!("0x{fingerprint}"),
    ] {
        let certificates = json!([{ "fingerprint_sha256": spelling, "serial_number": issued.serial.to_uppercase() }]);
        let answer = function
            .invoke(request(
                Vendor::AwsIot,
                &json!({ "certificates": certificates }),
            ))
            .await
            .json();
        let result = &answer["results"][0];
        assert_eq!(
            (&result["found"], &result["serial_number"]),
            (&json!(true), &json!(issued.serial)),
            "{spelling}"
        );
    }
}

#[tokio::test]
async fn describe_finds_it_in_every_spelling_at_every_provider() {
    let issued = device(1);
    let (_simulator, mut function) =
        pair_everywhere("describe", &[issued.clone(), device(2)]).await;
    for vendor in Vendor::ALL {
        for spelling in spellings(&issued) {
            let filter = json!({ "filter": { "serial_numbers": [spelling] } });
            let answer = function.invoke(request(vendor, &filter)).await.json();
            let serials: Vec<&Value> = answer["certificates"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| &one["serial_number"])
                .collect();
            assert_eq!(serials, [&issued.serial], "{vendor:?} {spelling}");
        }
    }
}

#[tokio::test]
async fn inactivate_finds_it_in_every_spelling_at_every_broker() {
    let issued = device(1);
    let (simulator, mut function) =
        pair_everywhere("inactivate", &[issued.clone(), device(2)]).await;
    for vendor in [Vendor::TencentMqtt, Vendor::AlibabaMqtt] {
        for spelling in spellings(&issued) {
            let mut named = reference(vendor, &issued);
            named["serial_number"] = json!(spelling);
            let answer = function
                .invoke(request(vendor, &json!({ "certificates": [named] })))
                .await
                .json();
            let result = &answer["results"][0];
            assert_eq!(
                (&result["outcome"], &result["serial_number"]),
                (&json!("inactivated"), &json!(issued.serial)),
                "{vendor:?} {spelling}"
            );
            let off = words(&simulator, vendor)
                .iter()
                .filter(|word| ["0", "INACTIVE"].contains(&word.as_str()))
                .count();
            assert_eq!(off, 1, "{vendor:?} {spelling}");
            simulator.reset();
        }
    }
}

#[tokio::test]
async fn a_fingerprint_and_a_serial_number_that_contradict_each_other_are_refused() {
    let [one, two] = [1, 2].map(device);
    let simulator = simulator(everywhere(&[one.clone(), two.clone()])).await;
    let mut status = function("status", &simulator).await;
    let mut inactivate = function("inactivate", &simulator).await;
    for vendor in BROKERS {
        let mut contradictory = reference(vendor, &one);
        // AWS goes by the fingerprint, the others by the serial number; the other name belongs to
        // another certificate.
        let field = if vendor == Vendor::AwsIot {
            contradictory["serial_number"] = json!(two.serial);
            "serial_number"
        } else {
            contradictory["fingerprint_sha256"] = json!(two.fingerprint_sha256);
            "fingerprint_sha256"
        };
        let certificates = json!([contradictory, reference(vendor, &two)]);
        let told = status
            .invoke(request(vendor, &json!({ "certificates": certificates })))
            .await
            .json();
        let results = &told["results"];
        assert_eq!(
            (&results[0]["found"], &results[0]["status"]),
            (&json!(false), &json!("unknown")),
            "{vendor:?}: {told}"
        );
        assert_eq!(
            (
                in_short(&results[0]["error"]).0,
                &results[0]["error"]["field"]
            ),
            ("invalid_request", &json!(field)),
            "{vendor:?}"
        );
        assert_eq!(
            (&results[1]["found"], &results[1]["error"]),
            (&json!(true), &Value::Null),
            "{vendor:?}"
        );

        let before = words(&simulator, vendor);
        let told = inactivate
            .invoke(request(vendor, &json!({ "certificates": [contradictory] })))
            .await
            .json();
        let result = &told["results"][0];
        assert_eq!(
            (&result["outcome"], &result["error"]["field"]),
            (&json!("refused"), &json!(field)),
            "{vendor:?}: {told}"
        );
        assert_eq!(words(&simulator, vendor), before, "{vendor:?}");

        let mut both = reference(vendor, &one);
        both["serial_number"] = json!(one.serial.to_uppercase());
        both["fingerprint_sha256"] = json!(one.fingerprint_sha256.to_uppercase());
        let told = inactivate
            .invoke(request(
                vendor,
                &json!({ "certificates": [both], "dry_run": true }),
            ))
            .await
            .json();
        assert_eq!(
            told["results"][0]["outcome"], "would_inactivate",
            "{vendor:?}: both names are the certificate's"
        );
    }
}

#[tokio::test]
async fn a_ca_that_is_not_the_certificates_is_refused() {
    let issued = device(1);
    let simulator = simulator(everywhere(std::slice::from_ref(&issued))).await;
    let mut inactivate = function("inactivate", &simulator).await;
    let certificates = json!([{ "serial_number": issued.serial, "ca_serial_number": ALIBABA_CA }]);
    let told = inactivate
        .invoke(request(
            Vendor::TencentMqtt,
            &json!({ "certificates": certificates }),
        ))
        .await
        .json();
    let result = &told["results"][0];
    assert_eq!(
        (&result["outcome"], &result["error"]["field"]),
        (&json!("refused"), &json!("ca_serial_number")),
        "{told}"
    );
    assert_eq!(words(&simulator, Vendor::TencentMqtt), ["ACTIVE"]);
}
