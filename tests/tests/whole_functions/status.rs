//! Answers of status about certificates.

use serde_json::{Value, json};
use simulator::{CasCertificate, RevokeTime, Simulator, Vendor};

use crate::setup::{cas, cas_certificates, pair, texts};

fn request(serials: &[impl AsRef<str>]) -> Value {
    let certificates: Vec<Value> = serials
        .iter()
        .map(|serial| json!({ "serial_number": serial.as_ref() }))
        .collect();
    json!({ "certificates": certificates })
}

fn certificate(serial: &str, status: &str, revoke_time: RevokeTime) -> CasCertificate {
    CasCertificate {
        serial_number: serial.to_owned(),
        status: status.to_owned(),
        revoke_time,
        ..CasCertificate::default()
    }
}

/// Number of serial numbers in each call.
fn sizes(simulator: &Simulator) -> Vec<usize> {
    simulator
        .calls()
        .iter()
        .map(|call| {
            call.parameters["SerialNumber"]
                .as_str()
                .unwrap()
                .split(',')
                .count()
        })
        .collect()
}

#[tokio::test]
async fn every_certificate_has_its_result_in_the_order_of_the_request_duplicates_included() {
    let fleet = cas(vec![
        certificate("0a01", "good", RevokeTime::Number(0)),
        certificate("0a02", "revoked", RevokeTime::Number(1_630_454_400_000)),
        certificate("0a03", "good", RevokeTime::Absent),
    ]);
    let (simulator, mut function) = pair("status", fleet).await;
    let answer = function
        .invoke(request(&[
            "0a03", "0a02", "ffff", "0a03", "0A:01", "a02", "0xFFFF",
        ]))
        .await
        .json();
    assert_eq!(
        texts(&answer["results"], "serial_number"),
        ["0a03", "0a02", "ffff", "0a03", "0a01", "0a02", "ffff"]
    );
    assert_eq!(
        texts(&answer["results"], "status"),
        [
            "good", "revoked", "unknown", "good", "good", "revoked", "unknown"
        ]
    );
    let [first, second, third] = [0, 1, 2].map(|index| answer["results"][index].clone());
    assert_eq!(
        first,
        json!({
            "serial_number": "0a03", "provider_serial_number": "0a03", "serial_number_base": "hex", "ca_serial_number": null,
            "provider_ca_serial_number": null, "fingerprint_sha256": null, "client_ids": null, "found": true, "status": "good", "provider_status": "good", "effective_status": "good",
            "usable": null, "revoked_at": null, "not_before": null, "not_after": null, "disagreements": [], "error": null
        })
    );
    assert_eq!(
        second,
        json!({
            "serial_number": "0a02", "provider_serial_number": "0a02", "serial_number_base": "hex", "ca_serial_number": null,
            "provider_ca_serial_number": null, "fingerprint_sha256": null, "client_ids": null, "found": true, "status": "revoked", "provider_status": "revoked",
            "effective_status": "revoked", "usable": false, "revoked_at": "2021-09-01T00:00:00Z",
            "not_before": null, "not_after": null, "disagreements": [], "error": null
        })
    );
    assert_eq!(
        third,
        json!({
            "serial_number": "ffff", "provider_serial_number": null, "serial_number_base": null, "ca_serial_number": null,
            "provider_ca_serial_number": null, "fingerprint_sha256": null, "client_ids": null, "found": false, "status": "unknown", "provider_status": null, "effective_status": "unknown",
            "usable": null, "revoked_at": null, "not_before": null, "not_after": null, "disagreements": [], "error": null
        })
    );
    assert_eq!(
        answer["provider_request_ids"].as_array().unwrap().len(),
        simulator.calls().len()
    );
    assert_eq!(
        simulator.calls()[0].parameters["SerialNumber"],
        "0a03,0a02,ffff,0A01",
        "each number once, as it was spelled"
    );
}

#[tokio::test]
async fn a_thousand_certificates_take_five_calls_on_one_connection() {
    let certificates = cas_certificates(1_000);
    let (simulator, mut function) = pair("status", cas(certificates.clone())).await;
    let serials: Vec<&str> = certificates
        .iter()
        .rev()
        .map(|one| one.serial_number.as_str())
        .collect();
    let answer = function.invoke(request(&serials)).await.json();
    assert_eq!(texts(&answer["results"], "serial_number"), serials);
    assert!(
        answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result["status"] == "good")
    );
    assert_eq!(sizes(&simulator), [200; 5]);
    assert_eq!(simulator.connections(Vendor::AlibabaCas), 1);
    assert_eq!(answer["provider_request_ids"].as_array().unwrap().len(), 5);
}
