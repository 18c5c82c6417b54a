//! What becomes of certificates that inactivate is given.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{AlibabaMqttCertificate, Fault, FaultRule, Simulator, Vendor};

use crate::setup::{
    ALIBABA_INSTANCE, alibaba, alibaba_certificates, at_once, function_with, invoke_within, pair, problem, simulator, texts,
};

const READ: &str = "GetDeviceCertificate";
const WRITE: &str = "InactivateDeviceCertificate";
const CA: &str = "007269004887";

fn request(certificates: &[(&str, &str)]) -> Value {
    let certificates: Vec<Value> =
        certificates.iter().map(|(serial, ca)| json!({ "serial_number": serial, "ca_serial_number": ca })).collect();
    json!({ "instance_id": ALIBABA_INSTANCE, "certificates": certificates })
}

/// The vendor's state of each certificate.
fn states(simulator: &Simulator) -> String {
    simulator.with_fleet(|fleet| fleet.alibaba_mqtt[ALIBABA_INSTANCE].certificates.iter().map(|one| one.status.as_str()).collect())
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
        let certificate =
            AlibabaMqttCertificate { device_sn: device_sn.to_owned(), ca_sn: ca_sn.to_owned(), ..AlibabaMqttCertificate::default() };
        let (simulator, mut function) = pair("inactivate", alibaba(vec![certificate])).await;
        let answer = function.invoke(request(&[(serial, ca)])).await.json();
        let result = &answer["results"][0];
        assert_eq!((&result["outcome"], &result["provider_serial_number"]), (&json!("inactivated"), &json!(device_sn)), "{answer}");
        let calls = simulator.calls();
        let own_spelling: String = serial.trim_start_matches("0x").chars().filter(char::is_ascii_hexdigit).collect();
        assert_eq!(calls[0].parameters["DeviceSn"], own_spelling, "the caller's own spelling is asked first");
        let writes: Vec<&Value> = calls.iter().filter(|call| call.action == WRITE).map(|call| &call.parameters).collect();
        assert_eq!(writes, [&json!({ "MqttInstanceId": ALIBABA_INSTANCE, "DeviceSn": device_sn, "CaSn": ca_sn })]);
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
        let calls = simulator.calls().into_iter().filter(|call| call.action == action);
        calls.map(|call| format!("{}/{}", call.parameters["DeviceSn"], call.parameters["CaSn"]).replace('"', "")).collect()
    };
    // The list of a CA that has one shows its certificates in whatever spelling.
    assert_eq!(asked("ListDeviceCertificateByCaSn"), ["CA", "ca", "00ca", "202", "00CA"].map(|ca_sn| format!("null/{ca_sn}")));
    assert_eq!(asked(READ), ["0abc/CA"]);
    assert_eq!(simulator.count(Vendor::AlibabaMqtt, WRITE), 0);
}

#[tokio::test]
async fn a_hundred_certificates_are_switched_off_in_the_order_asked() {
    let certificates = alibaba_certificates(100);
    let (simulator, mut function) = pair("inactivate", alibaba(certificates.clone())).await;
    let asked: Vec<(&str, &str)> = certificates.iter().rev().map(|one| (one.device_sn.as_str(), CA)).collect();
    let answer = function.invoke(request(&asked)).await.json();
    let serials: Vec<&str> = asked.iter().map(|(serial, _)| *serial).collect();
    assert_eq!(texts(&answer["results"], "serial_number"), serials);
    assert_eq!(answer["summary"]["inactivated"], 100);
    assert_eq!(states(&simulator), "0".repeat(100));
    assert_eq!((simulator.count(Vendor::AlibabaMqtt, WRITE), simulator.count(Vendor::AlibabaMqtt, READ)), (100, 200));
    assert_eq!(simulator.connections(Vendor::AlibabaMqtt), 1);
}

#[tokio::test]
async fn certificates_fail_alone() {
    let mut certificates = alibaba_certificates(5);
    certificates[1].status = "0".to_owned();
    let (simulator, mut function) = pair("inactivate", alibaba(certificates)).await;
    let refuse = |fault, serial: &str| simulator.fail(Vendor::AlibabaMqtt, FaultRule::always(fault).on(WRITE).containing(serial));
    refuse(Fault::Internal, "d00000000002");
    refuse(Fault::SucceedWithoutEffect, "d00000000003");
    let serials = ["d00000000000", "d00000000001", "d00000000002", "d00000000003", "d00000000004", "0abc", "d00000000000"];
    let answer = function.invoke(request(&serials.map(|serial| (serial, CA)))).await.json();
    assert_eq!(
        texts(&answer["results"], "outcome"),
        ["inactivated", "already_inactive", "failed", "failed", "inactivated", "not_found", "already_inactive"]
    );
    assert_eq!(
        answer["summary"],
        json!({
            "inactivated": 2, "already_inactive": 2, "would_inactivate": 0, "not_found": 1, "refused": 0,
            "failed": 2, "unknown": 0, "not_attempted": 0
        })
    );
    let failed = &answer["results"][2];
    assert_eq!(failed["error"]["code"], "provider_unavailable");
    assert_eq!(failed["error"]["provider_error"]["code"], "InternalError");
    assert_eq!((&failed["status_before"], &failed["status"]), (&json!("active"), &json!("active")));
    assert_eq!(states(&simulator), "00110");
}

#[tokio::test]
async fn who_is_throttled_stops_asking() {
    let (simulator, mut function) = pair("inactivate", alibaba(alibaba_certificates(4))).await;
    simulator.fail(Vendor::AlibabaMqtt, FaultRule::always(Fault::ThrottleFor(1)).on(WRITE).containing("d00000000001"));
    let serials = ["d00000000000", "d00000000001", "d00000000002", "d00000000003"];
    let answer = function.invoke(request(&serials.map(|serial| (serial, CA)))).await.json();
    assert_eq!(texts(&answer["results"], "outcome"), ["inactivated", "failed", "not_attempted", "not_attempted"]);
    assert!((1..4).all(|position| answer["results"][position]["error"]["code"] == "throttled"), "{answer}");
    assert_eq!(answer["results"][1]["error"]["provider_error"]["code"], "Throttling.User");
    assert_eq!(states(&simulator), "0111");
    assert_eq!(simulator.count(Vendor::AlibabaMqtt, WRITE), 4);
}

#[tokio::test]
async fn an_unknown_instance_is_an_error_after_one_call() {
    let simulator = simulator(alibaba(alibaba_certificates(2))).await;
    let mut function = function_with("inactivate", &simulator, &[("INACTIVATE_ALLOWED_INSTANCES", "*")]).await;
    let mut request = request(&[("d00000000000", CA), ("d00000000001", CA)]);
    request["instance_id"] = json!("post-cn-nowhere");
    let problem = problem(&function.invoke(request).await);
    assert_eq!((&problem["code"], &problem["provider_error"]["code"]), (&json!("not_found"), &json!("MqttInstanceNotFound")));
    assert_eq!(simulator.calls().len(), 1);
}

#[tokio::test]
async fn what_the_deadline_leaves_undone_is_not_attempted() {
    let (simulator, mut function) = pair("inactivate", alibaba(alibaba_certificates(3))).await;
    simulator.fail(Vendor::AlibabaMqtt, FaultRule::always(Fault::Stall).on(READ).containing("d00000000001"));
    let serials = ["d00000000000", "d00000000001", "d00000000002"];
    let answer = invoke_within(&mut function, Duration::from_secs(3), request(&serials.map(|serial| (serial, CA)))).await.json();
    assert_eq!(texts(&answer["results"], "outcome"), ["inactivated", "failed", "not_attempted"]);
    assert_eq!(answer["results"][1]["error"]["code"], "timeout");
    assert_eq!(answer["results"][2]["error"]["code"], "timeout");
    assert_eq!(states(&simulator), "011");
}

#[tokio::test]
async fn the_audit_record_holds_the_reason_on_one_line() {
    let simulator = simulator(alibaba(alibaba_certificates(1))).await;
    let reason = "stolen\n{\"level\":\"INFO\"}\r\n\u{1b}[31m\u{2028}\"quoted\" 盗まれた";
    let mut request = request(&[("d00000000000", CA)]);
    request["reason"] = json!(reason);
    let mut function = function_with("inactivate", &simulator, &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
    function.invoke(request.clone()).await.json();
    let records: Vec<Value> = function.json_logs().into_iter().filter(|line| line["reason"] == reason).collect();
    assert_eq!(records.len(), 2, "one before and one after: {}", function.logs());
    for record in &records {
        assert_eq!((&record["instance_id"], &record["serial_number"]), (&json!(ALIBABA_INSTANCE), &json!("d00000000000")));
    }
    assert_eq!(records[1]["result"]["outcome"], "inactivated", "{records:?}");

    let mut as_text = function_with("inactivate", &simulator, &[("AWS_LAMBDA_LOG_FORMAT", "Text")]).await;
    simulator.reset();
    as_text.invoke(request).await.json();
    let lines = as_text.logs().lines().filter(|line| line.contains("stolen")).count();
    assert_eq!(lines, 2, "{}", as_text.logs());
    assert!(!as_text.logs().contains('\u{1b}'), "a log is no terminal");
}
