//! One certificate is one and the same, whichever vendor holds it and however its serial number is
//! spelled.

use serde_json::json;
use simulator::{IssuedCertificate, Vendor};

use crate::cells::{device, pair_everywhere, reference, request, without, words};

/// The members that are the provider's own to state; all others are the certificate's.
const PROVIDERS_OWN: [&str; 16] = [
    "provider_serial_number",
    "serial_number_base",
    "ca_serial_number",
    "provider_ca_serial_number",
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
        "fingerprint_sha256": issued.fingerprint_sha256, "client_ids": null, "disagreements": [], "pem": issued.pem, "error": null
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
