//! Status when the vendor falters for some certificates, or for all.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::{HttpAnswer, Runtime};

use crate::setup::{cas, cas_certificates, invoke_within, pair};

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
async fn certificates_without_time_before_the_deadline_have_an_error() {
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
