//! What becomes of certificates that inactivate is given.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{AlibabaMqttCertificate, Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::Runtime;

use crate::order_members::untruths;
use crate::setup::{
    ALIBABA_INSTANCE, alibaba, alibaba_certificates, at_once, function_with, invoke_within, pair,
    problem, simulator, texts,
};

const READ: &str = "GetDeviceCertificate";
const WRITE: &str = "InactivateDeviceCertificate";
const LIST: &str = "ListDeviceCertificateByCaSn";
const CA: &str = "007269004887";

/// Most calls that the function makes at a time.
const SIDE_BY_SIDE: usize = 10;

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
async fn a_certificate_is_switched_off_once_and_then_already_off() {
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
            "ca_serial_number": "7269004887", "fingerprint_sha256": null,
            "outcome": "inactivated", "status_before": "active", "status": "inactive", "verified": true,
            "provider_request_id": null, "error": null
        })
    );
    assert_eq!(states(&simulator), "10", "the other one stays on");

    let again = function.invoke(request).await.json();
    assert_eq!(
        again["results"],
        json!([{
            "serial_number": "d00000000001", "provider_serial_number": "d00000000001", "serial_number_base": "hex",
            "ca_serial_number": "7269004887", "fingerprint_sha256": null,
            "outcome": "already_inactive", "status_before": "inactive", "status": "inactive", "verified": true,
            "provider_request_id": null, "error": null
        }])
    );
    assert_eq!(simulator.count(Vendor::AlibabaMqtt, WRITE), 1);
}

/// The vendor's texts of both serial numbers, and those that the caller uses.
const SPELLINGS: &[(&str, &str, &str, &str)] = &[
    ("ABCDEF01", "007269004887", "ab:cd:ef:01", "7269004887"),
    ("abcdef01", "7269004887", "0xABCDEF01", "0x7269004887"),
    ("00abcdef01", "00F26900BA87", "ABCDEF01", "f26900ba87"),
    ("00ABCDEF01", "F26900BA87", "ab cd ef 01", "00f26900ba87"),
    ("abc", "CA", "0ABC", "00:ca"),
    ("0abc", "ca", "abc", "CA"),
    ("ABC", "0ca1", "0abc", "CA1"),
    ("aBcDeF01", "0000CaFe", "aB:cD:eF:01", "0000CaFe"),
];

#[tokio::test]
async fn a_certificate_is_found_under_every_spelling_and_written_under_the_vendors() {
    at_once(SPELLINGS, |&(device_sn, ca_sn, serial, ca)| async move {
        let certificate = AlibabaMqttCertificate {
            device_sn: device_sn.to_owned(),
            ca_sn: ca_sn.to_owned(),
            ..AlibabaMqttCertificate::default()
        };
        let (simulator, mut function) = pair("inactivate", alibaba(vec![certificate])).await;
        let answer = function.invoke(request(&[(serial, ca)])).await.json();
        let result = &answer["results"][0];
        assert_eq!(
            (&result["outcome"], &result["provider_serial_number"]),
            (&json!("inactivated"), &json!(device_sn)),
            "{answer}"
        );
        let calls = simulator.calls();
        let own_spelling: String = serial
            .trim_start_matches("0x")
            .chars()
            .filter(char::is_ascii_hexdigit)
            .collect();
        assert_eq!(
            calls[0].parameters["DeviceSn"], own_spelling,
            "the caller's own spelling is asked first"
        );
        let writes: Vec<&Value> = calls
            .iter()
            .filter(|call| call.action == WRITE)
            .map(|call| &call.parameters)
            .collect();
        assert_eq!(
            writes,
            [&json!({ "MqttInstanceId": ALIBABA_INSTANCE, "DeviceSn": device_sn, "CaSn": ca_sn })]
        );
    })
    .await;
}

#[tokio::test]
async fn six_calls_are_made_before_a_certificate_of_an_unknown_ca_is_not_found() {
    let (simulator, mut function) = pair("inactivate", alibaba(alibaba_certificates(1))).await;
    let answer = function.invoke(request(&[("0a:bc", "CA")])).await.json();
    assert_eq!(
        answer["results"],
        json!([{
            "serial_number": "0abc", "provider_serial_number": null, "serial_number_base": null, "ca_serial_number": "ca",
            "fingerprint_sha256": null, "outcome": "not_found",
            "status_before": null, "status": null, "verified": false, "provider_request_id": null, "error": null
        }])
    );
    let asked = |action: &str| -> Vec<String> {
        let calls = simulator
            .calls()
            .into_iter()
            .filter(|call| call.action == action);
        calls
            .map(|call| {
                format!(
                    "{}/{}",
                    call.parameters["DeviceSn"], call.parameters["CaSn"]
                )
                .replace('"', "")
            })
            .collect()
    };
    // The list of a CA that has one shows its certificates in whatever spelling.
    assert_eq!(
        asked("ListDeviceCertificateByCaSn"),
        ["CA", "ca", "00ca", "202", "00CA"].map(|ca_sn| format!("null/{ca_sn}"))
    );
    assert_eq!(asked(READ), ["0abc/CA"]);
    assert_eq!(simulator.count(Vendor::AlibabaMqtt, WRITE), 0);
}

#[tokio::test]
async fn a_hundred_certificates_are_switched_off_once_each_and_told_in_the_order_asked() {
    // The vendor's list is full and may go on, so that it shows no certificate to be missing.
    let of_one_ca = alibaba_certificates(100);
    // Both lists have free places: they show everything before and after.
    let mut of_two_cas = alibaba_certificates(100);
    of_two_cas
        .iter_mut()
        .step_by(2)
        .for_each(|one| one.ca_sn = "00a5".to_owned());
    for (certificates, most_reads) in [(of_one_ca, 200), (of_two_cas, 0)] {
        let (simulator, mut function) = pair("inactivate", alibaba(certificates.clone())).await;
        let asked: Vec<(&str, &str)> = certificates
            .iter()
            .rev()
            .map(|one| (one.device_sn.as_str(), one.ca_sn.as_str()))
            .collect();
        let request = request(&asked);
        let answer = function.invoke(&request).await.json();
        assert_eq!(untruths(&request, &answer), [""; 0], "{answer}");
        let serials: Vec<&str> = asked.iter().map(|(serial, _)| *serial).collect();
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
            reads <= most_reads && lists <= 20,
            "{reads} reads and {lists} lists"
        );
        let connections = simulator.connections(Vendor::AlibabaMqtt);
        assert!(
            (1..=SIDE_BY_SIDE).contains(&connections),
            "{connections} connections"
        );
    }
}

#[tokio::test]
async fn certificates_fail_alone() {
    let mut certificates = alibaba_certificates(5);
    certificates[1].status = "0".to_owned();
    let (simulator, mut function) = pair("inactivate", alibaba(certificates)).await;
    let refuse = |fault, serial: &str| {
        simulator.fail(
            Vendor::AlibabaMqtt,
            FaultRule::always(fault).on(WRITE).containing(serial),
        )
    };
    refuse(Fault::Internal, "d00000000002");
    refuse(Fault::SucceedWithoutEffect, "d00000000003");
    let serials = [
        "d00000000000",
        "d00000000001",
        "d00000000002",
        "d00000000003",
        "d00000000004",
        "0abc",
        "d00000000000",
    ];
    let request = request(&serials.map(|serial| (serial, CA)));
    let answer = invoke_within(&mut function, Duration::from_secs(6), &request)
        .await
        .json();
    assert_eq!(untruths(&request, &answer), [""; 0], "{answer}");
    assert_eq!(
        texts(&answer["results"], "outcome"),
        [
            "inactivated",
            "already_inactive",
            "unknown",
            "unknown",
            "inactivated",
            "not_found",
            "already_inactive"
        ]
    );
    assert_eq!(
        answer["summary"],
        json!({
            "inactivated": 2, "already_inactive": 2, "would_inactivate": 0, "not_found": 1, "refused": 0,
            "failed": 0, "unknown": 2, "not_attempted": 0
        })
    );
    // The last reads have shown it on, but an order that was not answered may still have its
    // effect.
    let unanswered = &answer["results"][2];
    assert_eq!(unanswered["error"]["code"], "provider_unavailable");
    assert_eq!(
        unanswered["error"]["provider_error"]["code"],
        "InternalError"
    );
    let told = json!([
        unanswered["status_before"],
        unanswered["status"],
        unanswered["verified"]
    ]);
    assert_eq!(told, json!(["active", "active", false]), "{answer}");
    let without_effect = &answer["results"][3];
    let told = json!([
        without_effect["status_before"],
        without_effect["status"],
        without_effect["verified"]
    ]);
    assert_eq!(told, json!(["active", null, false]), "{answer}");
    assert_eq!(without_effect["error"]["code"], "provider_invalid_response");
    assert_eq!(states(&simulator), "00110");
    let orders = |serial: &str| {
        written(&simulator)
            .iter()
            .filter(|written| *written == serial)
            .count()
    };
    assert_eq!(
        serials.map(orders),
        [1, 0, 2, 1, 1, 0, 1],
        "only an order that reads have shown to have no effect is repeated"
    );
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
    let asked: Vec<(&str, &str)> = certificates
        .iter()
        .map(|one| (one.device_sn.as_str(), CA))
        .collect();
    let request = request(&asked);
    let answer = invoke_within(&mut function, time, &request).await.json();
    assert_eq!(untruths(&request, &answer), [""; 0], "{answer}");
    // One that was not attempted was given no order.
    let written = written(&simulator);
    for (result, (serial, _)) in answer["results"].as_array().unwrap().iter().zip(&asked) {
        assert_eq!(
            result["outcome"] == "not_attempted",
            !written.iter().any(|written| written == serial),
            "{result}"
        );
    }
    (simulator, function, answer)
}

#[tokio::test]
async fn who_is_throttled_begins_nothing_more() {
    let (simulator, mut function, answer) = forty(
        Fault::ThrottleFor(999_999_999),
        Fault::Delay(300),
        Duration::from_secs(30),
    )
    .await;
    let outcomes = texts(&answer["results"], "outcome");
    let count = |outcome: &str| outcomes.iter().filter(|told| *told == outcome).count();
    assert_eq!((outcomes[0].as_str(), count("failed")), ("failed", 1));
    assert_eq!(
        answer["results"][0]["error"]["provider_error"]["code"],
        "Throttling.User"
    );
    // What was in flight beside it has made its call already.
    assert!(
        count("inactivated") < SIDE_BY_SIDE && count("inactivated") + count("not_attempted") == 39,
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
    // The rest is a request that goes on with exactly what is left.
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
async fn an_unknown_instance_is_an_error_after_the_calls_that_are_made_at_a_time() {
    let simulator = simulator(alibaba(alibaba_certificates(3))).await;
    let mut function = function_with(
        "inactivate",
        &simulator,
        &[("INACTIVATE_ALLOWED_INSTANCES", "*")],
    )
    .await;
    let all = [
        ("d00000000000", CA),
        ("d00000000001", CA),
        ("d00000000002", CA),
    ];
    // Two certificates are read side by side, three by the list of their CA.
    for (asked, calls) in [(&all[..1], 1), (&all[..2], 2), (&all[..], 1)] {
        let mut request = request(asked);
        request["instance_id"] = json!("post-cn-nowhere");
        simulator.reset();
        let problem = problem(&function.invoke(request).await);
        assert_eq!(
            (&problem["code"], &problem["provider_error"]["code"]),
            (&json!("not_found"), &json!("MqttInstanceNotFound"))
        );
        assert_eq!(simulator.calls().len(), calls);
    }
}

#[tokio::test]
async fn what_the_deadline_leaves_undone_is_not_attempted() {
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
    let count = |outcome: &str| outcomes.iter().filter(|told| *told == outcome).count();
    assert_eq!(
        count("unknown") + count("not_attempted"),
        39,
        "{outcomes:?}"
    );
    assert!(
        (1..=SIDE_BY_SIDE).contains(&count("unknown")),
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
