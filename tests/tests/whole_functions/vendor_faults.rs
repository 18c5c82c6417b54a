//! Vendors that fail, cut connections or answer nonsense: a typed error after at most three attempts, and success as soon as
//! the fault has ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Fleet, Simulator, Vendor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use whole_function_tests::Runtime;

use crate::every_cell_faults::{assert_typed, json_body};
use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, alibaba_certificates, at_once, cas_certificates, function, function_with, problem, tencent,
    tencent_certificates, texts,
};

const FUNCTIONS: [(&str, Vendor, &str); 3] = [
    ("describe", Vendor::TencentMqtt, "TENCENT_MQTT_ENDPOINT"),
    ("inactivate", Vendor::AlibabaMqtt, "ALIBABA_MQTT_ENDPOINT"),
    ("status", Vendor::AlibabaCas, "ALIBABA_CAS_ENDPOINT"),
];

/// A request whose first call is a read.
fn request(function: &str) -> Value {
    match function {
        "describe" => json!({ "instance_id": TENCENT_INSTANCE }),
        "inactivate" => json!({
            "instance_id": ALIBABA_INSTANCE, "dry_run": true,
            "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }]
        }),
        _ => json!({ "certificates": [{ "serial_number": "50000000000000000000000000000000" }] }),
    }
}

async fn pair(name: &str) -> (Simulator, Runtime) {
    let mut fleet = tencent(tencent_certificates(1));
    fleet.alibaba_mqtt = crate::setup::alibaba(alibaba_certificates(1)).alibaba_mqtt;
    let Fleet { alibaba_cas, .. } = crate::setup::cas(cas_certificates(1));
    fleet.alibaba_cas = alibaba_cas;
    let simulator = crate::setup::simulator(fleet).await;
    let function = function(name, &simulator).await;
    (simulator, function)
}

/// More faults than every cell meets, made for the vendors of [`FUNCTIONS`], and the code that each means.
fn faults() -> Vec<(Fault, &'static str)> {
    let mut deep = "[".repeat(100_000);
    deep.push_str(&"]".repeat(100_000));
    vec![
        (Fault::ThrottleFor(1), "throttled"),
        (Fault::body(504, "text/plain", ""), "provider_unavailable"),
        (Fault::body(429, "text/plain", "slow down"), "throttled"),
        (json_body(" "), "provider_invalid_response"),
        (json_body("\"ok\""), "provider_invalid_response"),
        (json_body("\u{feff}{}"), "provider_invalid_response"),
        (json_body(&format!("{{\"Response\":{deep},\"Data\":{deep},\"CertificateStatus\":{deep}}}")), "provider_invalid_response"),
        (Fault::body(200, "application/json", vec![0xff, 0xfe, 0x00]), "provider_invalid_response"),
        (Fault::body(204, "text/plain", ""), "provider_invalid_response"),
        (json_body(r#"{"Response":null,"Data":null,"CertificateStatus":null}"#), "provider_invalid_response"),
        (json_body(r#"{"Response":[],"Data":[],"CertificateStatus":{}}"#), "provider_invalid_response"),
        (json_body(r#"{"Response":{"Error":null},"Data":{},"CertificateStatus":[{}]}"#), "provider_invalid_response"),
        (
            json_body(r#"{"Response":{"TotalCount":"1","Data":[]},"Data":{"DeviceSn":5,"CaSn":7,"Status":1},"CertificateStatus":[7]}"#),
            "provider_invalid_response",
        ),
        (
            json_body(
                r#"{"Response":{"TotalCount":1,"Data":{}},"Data":{"DeviceSn":"d00000000000"},"CertificateStatus":[{"SerialNumber":"50000000000000000000000000000000"}]}"#,
            ),
            "provider_invalid_response",
        ),
        (
            json_body(
                r#"{"Response":{"TotalCount":1,"Data":[null]},"Data":"x","CertificateStatus":[{"SerialNumber":null,"Status":"good"}]}"#,
            ),
            "provider_invalid_response",
        ),
        (
            // More is announced than comes; another certificate than the one asked for; no serial number.
            json_body(
                r#"{"Response":{"TotalCount":5,"Data":[]},"Data":{"DeviceSn":"0b","CaSn":"0c","Status":"0"},"CertificateStatus":[{"Status":"good"}]}"#,
            ),
            "provider_invalid_response",
        ),
        (json_body(r#"{"Response":{"Error":{}},"Code":null}"#), "provider_invalid_response"),
        (json_body(r#"{"Response":{"Error":{"Code":7}},"Code":7}"#), "provider_invalid_response"),
    ]
}

#[tokio::test]
async fn whatever_else_a_vendor_of_a_default_answers_is_a_typed_error_as_well() {
    at_once(FUNCTIONS, |(name, vendor, _)| async move {
        let (simulator, _) = pair(name).await;
        assert_typed(name, vendor, &simulator, &request(name), faults()).await;
    })
    .await;
}

#[tokio::test]
async fn odd_facts_in_a_sound_answer_are_kept_or_null() {
    let (simulator, mut function) = pair("describe").await;
    let row = json!({
        "DeviceCertificateSn": "not hex", "Status": "QUARANTINED", "ClientId": null, "CaSn": "-", "OrganizationalUnit": "",
        "NotBeforeTime": 0, "NotAfterTime": -5, "CreatedTime": i64::MAX, "UpdateTime": null, "CertificateSource": "", "Colour": { "a": [1] }
    });
    let body = json!({ "Error": null, "Response": { "Error": null, "TotalCount": 1, "Data": [row], "RequestId": null } });
    simulator.fail(Vendor::TencentMqtt, FaultRule::once(json_body(&body.to_string())));
    let answer = function.invoke(request("describe")).await.json();
    let mut expected = json!({
        "serial_number": null, "provider_serial_number": "not hex", "disagreements": [], "status": "unknown", "provider_status": "QUARANTINED",
        "effective_status": "unknown", "usable": false, "subject": { "common_name": null, "organizational_unit": null }
    });
    for member in [
        "serial_number_base",
        "ca_serial_number",
        "name",
        "client_id",
        "source",
        "not_before",
        "not_after",
        "created_at",
        "updated_at",
        "last_activated_at",
        "last_inactivated_at",
        "revoked_at",
        "fingerprint_sha256",
        "ca_fingerprint_sha256",
        "pem",
    ] {
        expected[member] = Value::Null;
    }
    assert_eq!(answer["certificates"], json!([expected]));
    assert_eq!(answer["provider_request_ids"], json!([]));
}

/// Answers every connection with these bytes once a request head has come, and counts the connections.
async fn listener(answer: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut head = vec![0; 64 * 1024];
            // One read takes the few hundred bytes of these requests.
            drop(stream.read(&mut head).await);
            drop(stream.write_all(&answer).await);
            drop(stream.shutdown().await);
        }
    });
    (url, connections)
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        at_once(FUNCTIONS, move |(name, _, endpoint)| async move {
            let (elsewhere, visits) = listener(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
            let moved = format!("HTTP/1.1 {status}\r\nlocation: {elsewhere}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let (vendor, calls) = listener(moved.into_bytes()).await;
            let (simulator, _) = pair(name).await;
            let mut function = function_with(name, &simulator, &[(endpoint, &vendor)]).await;
            let problem = problem(&function.invoke(request(name)).await);
            assert_eq!(problem["code"], "provider_invalid_response", "{name}, {status}: {problem}");
            assert_eq!((calls.load(Ordering::SeqCst), visits.load(Ordering::SeqCst)), (3, 0), "{name}, {status}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_no_http_at_all_is_a_failed_connection() {
    let endless_head = format!("HTTP/1.1 200 OK\r\n{}", "x-header: y\r\n".repeat(20_000));
    let bytes: [&[u8]; 6] = [
        b"",
        b"\x16\x03\x01\x00\x05hello",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        endless_head.as_bytes(),
    ];
    for bytes in bytes {
        let (vendor, calls) = listener(bytes.to_vec()).await;
        let (simulator, _) = pair("status").await;
        let mut function = function_with("status", &simulator, &[("ALIBABA_CAS_ENDPOINT", &vendor)]).await;
        let problem = problem(&function.invoke(request("status")).await);
        assert_eq!(problem["code"], "provider_unavailable", "{:?}: {problem}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
        assert_eq!(calls.load(Ordering::SeqCst), 3);
    }
}

#[tokio::test]
async fn a_vendor_that_is_not_there_is_unavailable() {
    // Bound and given up again, so that nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = format!("http://127.0.0.1:{port}");
    at_once(FUNCTIONS, move |(name, _, endpoint)| {
        let nowhere = nowhere.clone();
        async move {
            let (simulator, _) = pair(name).await;
            let mut function = function_with(name, &simulator, &[(endpoint, &nowhere)]).await;
            let problem = problem(&function.invoke(request(name)).await);
            assert_eq!((&problem["code"], &problem["status"]), (&json!("provider_unavailable"), &json!(503)), "{name}: {problem}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_fault_on_a_later_page_loses_nothing() {
    let certificates = tencent_certificates(300);
    let simulator = crate::setup::simulator(tencent(certificates.clone())).await;
    let mut function = function("describe", &simulator).await;
    for fault in [Fault::CutBefore, Fault::Internal, Fault::Truncated, Fault::ThrottleFor(1)] {
        simulator.fail(Vendor::TencentMqtt, FaultRule::times(fault.clone(), 2).containing("\"Offset\":100"));
        let request = json!({ "instance_id": TENCENT_INSTANCE, "limit": 300, "order_by": "created_asc" });
        let answer = function.invoke(request).await.json();
        let stored: Vec<&str> = certificates.iter().map(|one| one.device_certificate_sn.as_str()).collect();
        assert_eq!(texts(&answer["certificates"], "provider_serial_number"), stored, "{fault:?}");
    }
}
