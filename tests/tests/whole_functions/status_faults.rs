//! Status when the vendor falters for some certificates, or for all.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::{HttpAnswer, Runtime};

use crate::setup::{cas, cas_certificates, invoke_within, pair, problem, texts};

async fn six_hundred() -> (Simulator, Runtime, Vec<String>) {
    let certificates = cas_certificates(600);
    let serials = certificates
        .iter()
        .map(|one| one.serial_number.clone())
        .collect();
    let (simulator, function) = pair("status", cas(certificates)).await;
    (simulator, function, serials)
}

fn request(serials: &[String]) -> Value {
    let certificates: Vec<Value> = serials
        .iter()
        .map(|serial| json!({ "serial_number": serial }))
        .collect();
    json!({ "certificates": certificates })
}

/// Positions of the results that have an error.
fn failed(answer: &Value) -> Vec<usize> {
    let results = answer["results"].as_array().unwrap().iter().enumerate();
    results
        .filter(|(_, result)| !result["error"].is_null())
        .map(|(position, _)| position)
        .collect()
}

#[tokio::test]
async fn one_serial_number_that_the_vendor_refuses_fails_alone() {
    let (simulator, mut function, serials) = six_hundred().await;
    for code in [
        "InvalidParameter",
        "InvalidParameter.SerialNumber",
        "InvalidSerialNumber",
    ] {
        simulator.reset();
        simulator.fail(
            Vendor::AlibabaCas,
            FaultRule::always(Fault::code(code, 400)).containing(&serials[237]),
        );
        let answer = function.invoke(request(&serials)).await.json();
        assert_eq!(failed(&answer), [237], "{code}");
        let result = &answer["results"][237];
        assert_eq!(
            (&result["found"], &result["status"], &result["usable"]),
            (&json!(false), &json!("unknown"), &json!(false))
        );
        assert_eq!(result["error"]["code"], "provider_rejected");
        assert_eq!(result["error"]["provider_error"]["code"], code);
        let calls = simulator.calls().len();
        assert!(
            calls <= 3 + 2 * 8,
            "{calls} calls to single one out of two hundred"
        );
    }
}

#[tokio::test]
async fn who_is_throttled_stops_asking_and_tells_what_is_known() {
    let (simulator, mut function, serials) = six_hundred().await;
    simulator.fail(
        Vendor::AlibabaCas,
        FaultRule::always(Fault::ThrottleFor(1)).containing(&serials[237]),
    );
    let answer = function.invoke(request(&serials)).await.json();
    assert_eq!(failed(&answer), (200..600).collect::<Vec<_>>());
    assert!((200..600).all(|position| answer["results"][position]["error"]["code"] == "throttled"));
    let good = texts(&answer["results"], "status")
        .iter()
        .filter(|status| *status == "good")
        .count();
    assert_eq!(good, 200);
    assert_eq!(simulator.calls().len(), 4);
}

#[tokio::test]
async fn throttled_throughout_the_error_itself_is_the_answer() {
    let (simulator, mut function, serials) = six_hundred().await;
    simulator.fail(Vendor::AlibabaCas, FaultRule::always(Fault::ThrottleFor(1)));
    let problem = problem(&function.invoke(request(&serials)).await);
    assert_eq!(
        (&problem["code"], &problem["status"], &problem["retryable"]),
        (&json!("throttled"), &json!(429), &json!(true))
    );
    let event = HttpRequest::post("/status", request(&serials[..1])).event(HttpTrigger::HttpApi);
    let answer = HttpAnswer::read(HttpTrigger::HttpApi, &function.invoke(event).await);
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (429, Some("throttled"))
    );
    assert!(answer.headers["retry-after"].parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn retry_after_is_no_shorter_than_the_vendors_hint() {
    let (simulator, mut function, serials) = six_hundred().await;
    simulator.fail(
        Vendor::AlibabaCas,
        FaultRule::always(Fault::ThrottleFor(1_200)),
    );
    let event = HttpRequest::post("/status", request(&serials[..1])).event(HttpTrigger::HttpApi);
    let answer = HttpAnswer::read(HttpTrigger::HttpApi, &function.invoke(event).await);
    assert_eq!(
        (answer.status, answer.headers["retry-after"].as_str()),
        (429, "2")
    );
    let at: Vec<_> = simulator.calls().iter().map(|call| call.at).collect();
    for pair in at.windows(2) {
        let wait = pair[1].duration_since(pair[0]).unwrap();
        assert!(
            wait >= Duration::from_millis(1_200),
            "the function itself waited only {wait:?}"
        );
    }
}

#[tokio::test]
async fn refused_credentials_are_refused_once_for_all() {
    let (simulator, mut function, serials) = six_hundred().await;
    simulator.fail(
        Vendor::AlibabaCas,
        FaultRule::always(Fault::code("InvalidAccessKeyId.Inactive", 403)),
    );
    let problem = problem(&function.invoke(request(&serials)).await);
    assert_eq!(
        (&problem["code"], &problem["status"]),
        (&json!("provider_rejected"), &json!(502))
    );
    assert_eq!(simulator.calls().len(), 1);
}

#[tokio::test]
async fn what_the_deadline_leaves_unasked_says_so() {
    let (simulator, mut function, serials) = six_hundred().await;
    simulator.fail(
        Vendor::AlibabaCas,
        FaultRule::always(Fault::Stall).containing(&serials[237]),
    );
    let answer = invoke_within(&mut function, Duration::from_secs(3), request(&serials))
        .await
        .json();
    assert_eq!(failed(&answer), (200..600).collect::<Vec<_>>());
    assert!((200..600).all(|position| answer["results"][position]["error"]["code"] == "timeout"));
    assert_eq!(answer["results"][199]["status"], "good");
}

#[tokio::test]
async fn two_rows_for_one_certificate_are_never_read_as_the_better_one() {
    let (simulator, mut function, _) = six_hundred().await;
    let row = |status: &str| json!({ "SerialNumber": "0a01", "Status": status });
    for rows in [["good", "revoked"], ["revoked", "good"]] {
        let body = json!({ "RequestId": "1", "CertificateStatus": rows.map(row) });
        simulator.fail(
            Vendor::AlibabaCas,
            Fault::body(200, "application/json", body.to_string()),
        );
        let answer = function.invoke(request(&["0a01".to_owned()])).await.json();
        assert_eq!(answer["results"][0]["status"], "revoked");
    }
}
