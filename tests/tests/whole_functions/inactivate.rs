//! The outcomes of certificates that inactivate is given.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::Runtime;

use crate::order_members::untruths;
use crate::setup::{
    ALIBABA_INSTANCE, alibaba, alibaba_certificates, function_with, invoke_within, pair, simulator,
    texts,
};

const READ: &str = "GetDeviceCertificate";
const WRITE: &str = "InactivateDeviceCertificate";
const LIST: &str = "ListDeviceCertificateByCaSn";
const CA: &str = "007269004887";

/// Most calls that the function makes at a time.
const MAX_CONCURRENT_CALLS: usize = 10;

fn request(certificates: &[(&str, &str)]) -> Value {
    let certificates: Vec<Value> = certificates
        .iter()
        .map(|(serial, ca)| json!({ "serial_number": serial, "ca_serial_number": ca }))
        .collect();
    json!({ "instance_id": ALIBABA_INSTANCE, "certificates": certificates })
}

/// The vendor's state of each certificate.
fn states(simulator: &Simulator) -> String {
    simulator.with_fleet(|fleet| {
        fleet.alibaba_mqtt[ALIBABA_INSTANCE]
            .certificates
            .iter()
            .map(|one| one.status.as_str())
            .collect()
    })
}

/// The certificates that were to be switched off, sorted; one as often as an order was sent for it.
fn written(simulator: &Simulator) -> Vec<String> {
    let calls = simulator
        .calls()
        .into_iter()
        .filter(|call| call.action == WRITE);
    let mut written: Vec<String> = calls
        .map(|call| call.parameters["DeviceSn"].as_str().unwrap().to_owned())
        .collect();
    written.sort_unstable();
    written
}

#[tokio::test]
async fn a_certificate_is_inactivated_once_and_then_already_inactive() {
    let (simulator, mut function) = pair("inactivate", alibaba(alibaba_certificates(2))).await;
    let request = request(&[("d00000000001", CA)]);
    let answer = function.invoke(request.clone()).await.json();
    let mut result = answer["results"][0].clone();
    assert!(result["provider_request_id"].is_string(), "{answer}");
    result["provider_request_id"] = Value::Null;
    assert_eq!(
        result,
        json!({
            "serial_number": "d00000000001", "provider_serial_number": "d00000000001", "serial_number_base": "hex",
            "ca_serial_number": "7269004887", "provider_ca_serial_number": CA, "fingerprint_sha256": null,
            "outcome": "inactivated", "status_before": "active", "status": "inactive", "verified": true,
            "provider_request_id": null, "sessions": null, "cut_off": null, "receipt": null, "error": null
        })
    );
    assert_eq!(states(&simulator), "10", "the other one stays on");

    let again = function.invoke(request).await.json();
    assert_eq!(
        again["results"],
        json!([{
            "serial_number": "d00000000001", "provider_serial_number": "d00000000001", "serial_number_base": "hex",
            "ca_serial_number": "7269004887", "provider_ca_serial_number": CA, "fingerprint_sha256": null,
            "outcome": "already_inactive", "status_before": "inactive", "status": "inactive", "verified": true,
            "provider_request_id": null, "sessions": null, "cut_off": null, "receipt": null, "error": null
        }])
    );
    assert_eq!(simulator.count(Vendor::AlibabaMqtt, WRITE), 1);
}

#[tokio::test]
async fn a_hundred_certificates_are_inactivated_once_each_with_results_in_the_order_of_the_request()
{
    // The vendor's list is full and may continue, so that it shows no certificate to be missing.
    let of_one_ca = alibaba_certificates(100);
    // Both lists have free places: they show everything before and after.
    let mut of_two_cas = alibaba_certificates(100);
    of_two_cas
        .iter_mut()
        .step_by(2)
        .for_each(|one| one.ca_sn = "00a5".to_owned());
    for (certificates, most_reads) in [(of_one_ca, 200), (of_two_cas, 0)] {
        let (simulator, mut function) = pair("inactivate", alibaba(certificates.clone())).await;
        let requested: Vec<(&str, &str)> = certificates
            .iter()
            .rev()
            .map(|one| (one.device_sn.as_str(), one.ca_sn.as_str()))
            .collect();
        let request = request(&requested);
        let answer = function.invoke(&request).await.json();
        assert_eq!(untruths(&request, &answer), [""; 0], "{answer}");
        let serials: Vec<&str> = requested.iter().map(|(serial, _)| *serial).collect();
        assert_eq!(texts(&answer["results"], "serial_number"), serials);
        assert!(
            answer["results"]
                .as_array()
                .unwrap()
                .iter()
                .all(|result| result["verified"] == true),
            "{answer}"
        );
        assert_eq!(answer["summary"]["inactivated"], 100);
        assert_eq!(states(&simulator), "0".repeat(100));
        assert_eq!(
            written(&simulator),
            certificates
                .iter()
                .map(|one| one.device_sn.clone())
                .collect::<Vec<_>>(),
            "one order for each"
        );
        let reads = simulator.count(Vendor::AlibabaMqtt, READ);
        let lists = simulator.count(Vendor::AlibabaMqtt, LIST);
        assert!(
            reads <= most_reads && lists <= 40,
            "{reads} reads and {lists} lists"
        );
        // The pool opens a connection while it waits for one to become idle, and keeps both.
        let connections = simulator.connections(Vendor::AlibabaMqtt);
        assert!(
            (1..=2 * MAX_CONCURRENT_CALLS).contains(&connections),
            "{connections} connections"
        );
    }
}

/// An order for 40 certificates and its answer. These faults befall the first order for the first
/// certificate, and those for the others.
async fn forty(first: Fault, others: Fault, time: Duration) -> (Simulator, Runtime, Value) {
    let certificates = alibaba_certificates(40);
    let (simulator, mut function) = pair("inactivate", alibaba(certificates.clone())).await;
    simulator.fail(
        Vendor::AlibabaMqtt,
        FaultRule::once(first)
            .on(WRITE)
            .containing(&certificates[0].device_sn),
    );
    simulator.fail(Vendor::AlibabaMqtt, FaultRule::always(others).on(WRITE));
    let requested: Vec<(&str, &str)> = certificates
        .iter()
        .map(|one| (one.device_sn.as_str(), CA))
        .collect();
    let request = request(&requested);
    let answer = invoke_within(&mut function, time, &request).await.json();
    assert_eq!(untruths(&request, &answer), [""; 0], "{answer}");
    // One that was not attempted was given no order.
    let written = written(&simulator);
    for (result, (serial, _)) in answer["results"].as_array().unwrap().iter().zip(&requested) {
        assert_eq!(
            result["outcome"] == "not_attempted",
            !written.iter().any(|written| written == serial),
            "{result}"
        );
    }
    (simulator, function, answer)
}

#[tokio::test]
async fn after_throttling_no_further_certificate_is_begun() {
    let (simulator, mut function, answer) = forty(
        Fault::ThrottleFor(999_999_999),
        Fault::Delay(300),
        Duration::from_secs(30),
    )
    .await;
    let outcomes = texts(&answer["results"], "outcome");
    let count = |outcome: &str| outcomes.iter().filter(|actual| *actual == outcome).count();
    assert_eq!((outcomes[0].as_str(), count("failed")), ("failed", 1));
    assert_eq!(
        answer["results"][0]["error"]["provider_error"]["code"],
        "Throttling.User"
    );
    // The certificates in flight beside it have made their calls already.
    assert!(
        count("inactivated") < MAX_CONCURRENT_CALLS
            && count("inactivated") + count("not_attempted") == 39,
        "{outcomes:?}"
    );
    let is_throttled = |result: &&Value| {
        result["outcome"] != "not_attempted" || result["error"]["code"] == "throttled"
    };
    assert!(
        answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| is_throttled(&result)),
        "{answer}"
    );
    for (outcome, state) in outcomes.iter().zip(states(&simulator).chars()) {
        assert_eq!(outcome == "inactivated", state == '0', "{outcomes:?}");
    }
    // The rest is a request with exactly the certificates that are left.
    simulator.reset_numbers();
    let next = function.invoke(&answer["rest"]).await.json();
    assert_eq!(untruths(&answer["rest"], &next), [""; 0], "{next}");
    assert_eq!(
        (&next["last"], &next["summary"]["inactivated"]),
        (&json!(true), &json!(1 + count("not_attempted"))),
        "{next}"
    );
    assert_eq!(
        (states(&simulator), written(&simulator).len()),
        ("0".repeat(40), 1 + count("not_attempted"))
    );
}

#[tokio::test]
async fn certificates_without_time_before_the_deadline_are_not_attempted() {
    let time = Duration::from_secs(5);
    let begun = Instant::now();
    let (simulator, _, answer) = forty(Fault::Delay(1), Fault::Stall, time).await;
    assert!(
        begun.elapsed() < time + Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    let outcomes = texts(&answer["results"], "outcome");
    assert_eq!(outcomes[0], "inactivated");
    let count = |outcome: &str| outcomes.iter().filter(|actual| *actual == outcome).count();
    assert_eq!(
        count("unknown") + count("not_attempted"),
        39,
        "{outcomes:?}"
    );
    assert!(
        (1..=MAX_CONCURRENT_CALLS).contains(&count("unknown")),
        "{outcomes:?}"
    );
    for result in answer["results"].as_array().unwrap().iter().skip(1) {
        assert_eq!(
            (&result["error"]["code"], &result["error"]["retryable"]),
            (&json!("timeout"), &json!(true)),
            "{result}"
        );
        assert!(
            result["outcome"] == "not_attempted" || result["verified"] == false,
            "{result}"
        );
    }
    assert_eq!(states(&simulator), format!("0{}", "1".repeat(39)));
}

#[tokio::test]
async fn the_audit_record_holds_the_reason_on_one_line() {
    let simulator = simulator(alibaba(alibaba_certificates(1))).await;
    let reason = "stolen\n{\"level\":\"INFO\"}\r\n\u{1b}[31m\u{2028}\"quoted\" 盗まれた";
    let mut request = request(&[("d00000000000", CA)]);
    request["reason"] = json!(reason);
    let mut function = function_with(
        "inactivate",
        &simulator,
        &[("AWS_LAMBDA_LOG_FORMAT", "JSON")],
    )
    .await;
    function.invoke(request.clone()).await.json();
    let records: Vec<Value> = function
        .json_logs()
        .into_iter()
        .filter(|line| line["reason"] == reason)
        .collect();
    assert_eq!(
        records.len(),
        2,
        "one before and one after: {}",
        function.logs()
    );
    for record in &records {
        assert_eq!(
            (&record["instance_id"], &record["serial_number"]),
            (&json!(ALIBABA_INSTANCE), &json!("d00000000000"))
        );
    }
    assert_eq!(
        records[1]["result"]["outcome"], "inactivated",
        "{records:?}"
    );

    let mut as_text = function_with(
        "inactivate",
        &simulator,
        &[("AWS_LAMBDA_LOG_FORMAT", "Text")],
    )
    .await;
    simulator.reset();
    as_text.invoke(request).await.json();
    let lines = as_text
        .logs()
        .lines()
        .filter(|line| line.contains("stolen"))
        .count();
    assert_eq!(lines, 2, "{}", as_text.logs());
    assert!(!as_text.logs().contains('\u{1b}'), "a log is no terminal");
}
