//! What status tells about certificates.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simulator::{CasCertificate, Options, RevokeTime, Simulator, Vendor};

use crate::setup::{at_once, cas, cas_certificates, function, options, pair, texts};

const ACTION: &str = "DescribeClientCertificateStatusForSerialNumber";

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

/// How many serial numbers each call asked for.
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
async fn every_certificate_has_its_result_in_the_order_asked_duplicates_included() {
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
            "fingerprint_sha256": null, "found": true, "status": "good", "provider_status": "good", "effective_status": "good",
            "usable": null, "revoked_at": null, "not_before": null, "not_after": null, "disagreements": [], "error": null
        })
    );
    assert_eq!(
        second,
        json!({
            "serial_number": "0a02", "provider_serial_number": "0a02", "serial_number_base": "hex", "ca_serial_number": null,
            "fingerprint_sha256": null, "found": true, "status": "revoked", "provider_status": "revoked",
            "effective_status": "revoked", "usable": false, "revoked_at": "2021-09-01T00:00:00Z",
            "not_before": null, "not_after": null, "disagreements": [], "error": null
        })
    );
    assert_eq!(
        third,
        json!({
            "serial_number": "ffff", "provider_serial_number": null, "serial_number_base": null, "ca_serial_number": null,
            "fingerprint_sha256": null, "found": false, "status": "unknown", "provider_status": null, "effective_status": "unknown",
            "usable": false, "revoked_at": null, "not_before": null, "not_after": null, "disagreements": [], "error": null
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
async fn a_revocation_time_is_read_in_every_form() {
    let cases = [
        (
            RevokeTime::Number(1_630_454_400_000),
            json!("2021-09-01T00:00:00Z"),
        ),
        (
            RevokeTime::Number(1_630_454_400_123),
            json!("2021-09-01T00:00:00.123Z"),
        ),
        (
            RevokeTime::Number(1_630_454_400),
            json!("2021-09-01T00:00:00Z"),
        ),
        (
            RevokeTime::Text("2021-01-01T00:00Z".to_owned()),
            json!("2021-01-01T00:00:00Z"),
        ),
        (
            RevokeTime::Text("2021-01-01T00:00".to_owned()),
            json!("2021-01-01T00:00:00Z"),
        ),
        (
            RevokeTime::Text("1630454400000".to_owned()),
            json!("2021-09-01T00:00:00Z"),
        ),
        (RevokeTime::Number(0), json!(null)),
        (RevokeTime::Number(-1), json!(null)),
        (RevokeTime::Number(i64::MAX), json!(null)),
        (RevokeTime::Text("yesterday".to_owned()), json!(null)),
        (RevokeTime::Text(String::new()), json!(null)),
        (RevokeTime::Absent, json!(null)),
    ];
    let serials: Vec<String> = (0..cases.len())
        .map(|number| format!("5{number:03x}"))
        .collect();
    let certificates = serials
        .iter()
        .zip(&cases)
        .map(|(serial, (time, _))| certificate(serial, "revoked", time.clone()));
    let (_simulator, mut function) = pair("status", cas(certificates.collect())).await;
    let answer = function.invoke(request(&serials)).await.json();
    for (result, (time, expected)) in answer["results"].as_array().unwrap().iter().zip(&cases) {
        assert_eq!(&result["revoked_at"], expected, "{time:?}");
        assert_eq!(
            (&result["status"], &result["usable"]),
            (&json!("revoked"), &json!(false)),
            "{time:?}"
        );
    }
}

#[tokio::test]
async fn a_word_that_no_page_lists_is_kept_and_never_good() {
    let words = ["unknown", "GOOD", "expired", ""];
    let serials: Vec<String> = (0..words.len())
        .map(|number| format!("5{number:03x}"))
        .collect();
    let certificates = serials
        .iter()
        .zip(words)
        .map(|(serial, word)| certificate(serial, word, RevokeTime::Number(1)));
    let (_simulator, mut function) = pair("status", cas(certificates.collect())).await;
    let answer = function.invoke(request(&serials)).await.json();
    for (result, word) in answer["results"].as_array().unwrap().iter().zip(words) {
        let told = json!([
            result["status"],
            result["effective_status"],
            result["usable"],
            result["revoked_at"]
        ]);
        assert_eq!(told, json!(["unknown", "unknown", false, null]), "{word}");
        // An absent fact is null, never an empty text.
        let kept = if word.is_empty() {
            Value::Null
        } else {
            json!(word)
        };
        assert_eq!(result["provider_status"], kept, "{word}");
    }
}

/// The vendor's text of a serial number, and that of the caller.
const SPELLINGS: &[(&str, &str)] = &[
    ("ABCDEF01", "ab:cd:ef:01"),
    ("abcdef01", "0xABCDEF01"),
    ("00abcdef01", "abcdef01"),
    ("00ABCDEF01", "AB CD EF 01"),
    ("abc", "0ABC"),
    ("0ABC", "abc"),
    ("aBcDeF", "aB:cD:eF"),
    ("0000abcd", "0000abcd"),
];

#[tokio::test]
async fn a_certificate_is_found_under_every_spelling() {
    at_once([false, true], |answer_unknown_serials| async move {
        for (stored, asked) in SPELLINGS {
            let fleet = cas(vec![certificate(stored, "revoked", RevokeTime::Absent)]);
            let simulator = Simulator::start(Options {
                answer_unknown_serials,
                ..options(fleet)
            })
            .await
            .unwrap();
            let mut function = function("status", &simulator).await;
            let answer = function.invoke(request(&[asked])).await.json();
            let result = &answer["results"][0];
            assert_eq!(
                (&result["status"], &result["provider_serial_number"]),
                (&json!("revoked"), &json!(stored)),
                "{asked}: {answer}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_vendor_that_answers_unknown_for_strangers_is_not_made_to_know_a_spelling() {
    let fleet = cas(vec![certificate("abcd", "unknown", RevokeTime::Absent)]);
    let simulator = Simulator::start(Options {
        answer_unknown_serials: true,
        ..options(fleet)
    })
    .await
    .unwrap();
    let mut function = function("status", &simulator).await;
    let answer = function.invoke(request(&["abcd"])).await.json();
    assert_eq!(answer["results"][0]["status"], "unknown");
    assert_eq!(
        answer["results"][0]["provider_serial_number"], "abcd",
        "the caller's own spelling, not the last that was tried"
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

#[tokio::test]
async fn a_lower_limit_of_the_vendor_still_answers_all() {
    let certificates = cas_certificates(450);
    for most_serials_a_call in [30, 1] {
        let count = if most_serials_a_call == 1 { 20 } else { 450 };
        let fleet = cas(certificates[..count].to_vec());
        let simulator = Simulator::start(Options {
            most_serials_a_call,
            ..options(fleet)
        })
        .await
        .unwrap();
        let mut function = function("status", &simulator).await;
        let serials: Vec<&str> = certificates[..count]
            .iter()
            .map(|one| one.serial_number.as_str())
            .collect();
        let answer = function.invoke(request(&serials)).await.json();
        assert!(
            answer["results"]
                .as_array()
                .unwrap()
                .iter()
                .all(|result| result["status"] == "good"),
            "at most {most_serials_a_call}"
        );
        let answered: usize = sizes(&simulator)
            .into_iter()
            .filter(|size| *size <= most_serials_a_call)
            .sum();
        assert_eq!(
            answered, count,
            "no serial number is asked twice for an answer"
        );
    }
}

#[tokio::test]
async fn long_serial_numbers_still_fit_into_the_query() {
    let serials: Vec<String> = (0..200)
        .map(|number| format!("{number:0>128x}").replacen("00", "5a", 1))
        .collect();
    let certificates = serials
        .iter()
        .map(|serial| certificate(serial, "good", RevokeTime::Absent))
        .collect();
    let (simulator, mut function) = pair("status", cas(certificates)).await;
    let answer = function.invoke(request(&serials)).await.json();
    assert!(
        answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result["status"] == "good")
    );
    let longest = simulator
        .calls()
        .iter()
        .map(|call| call.parameters["SerialNumber"].as_str().unwrap().len())
        .max();
    assert!(longest < Some(8_000), "{longest:?} characters");
    assert_eq!(
        simulator.count(Vendor::AlibabaCas, ACTION),
        simulator.calls().len()
    );
}

#[tokio::test]
async fn an_issuer_that_is_named_stays_with_its_certificate() {
    let (_simulator, mut function) = pair(
        "status",
        cas(vec![certificate("0a01", "good", RevokeTime::Absent)]),
    )
    .await;
    let asked = json!({ "certificates": [
        { "serial_number": "0a01", "ca_serial_number": "00:CA" }, { "serial_number": "0a01" }, { "serial_number": "0a01", "ca_serial_number": null }
    ] });
    let answer = function.invoke(asked).await.json();
    let told: Vec<Value> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["ca_serial_number"].clone())
        .collect();
    assert_eq!(told, [json!("ca"), Value::Null, Value::Null]);
    assert_eq!(
        texts(&answer["results"], "status")
            .iter()
            .collect::<BTreeSet<_>>()
            .len(),
        1
    );
}
