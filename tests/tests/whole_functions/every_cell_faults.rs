//! Each function at each provider when the vendor fails or is silent: a typed error after three
//! attempts and before the deadline, and success as soon as the fault has ended.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, IssuedCertificate, Simulator, Vendor};
use whole_function_tests::events::{self, HttpRequest, HttpTrigger, message_id};
use whole_function_tests::{Answer, HttpAnswer, Runtime};

use crate::cells::{device, pair_everywhere, provider, request, with};
use crate::every_cell_inactivate::order;
use crate::setup::{at_once, function, in_short, invoke_within, problem};

/// Every cell of the table that is not refused.
fn cells() -> Vec<(&'static str, Vendor)> {
    let all = ["describe", "inactivate", "status"]
        .into_iter()
        .flat_map(|name| Vendor::ALL.map(|vendor| (name, vendor)));
    all.filter(|cell| *cell != ("inactivate", Vendor::AlibabaCas))
        .collect()
}

/// A request whose first call is a read, and which changes nothing.
fn reading_request(name: &str, vendor: Vendor, issued: &IssuedCertificate) -> Value {
    match name {
        "describe" => request(vendor, &json!({})),
        "inactivate" => with(order(vendor, &[issued]), &json!({ "dry_run": true })),
        _ => request(
            vendor,
            &json!({ "certificates": [provider(vendor).status_reference(issued)] }),
        ),
    }
}

async fn cell(name: &str, vendor: Vendor) -> (Simulator, Runtime, Value) {
    let issued = device(1);
    let (simulator, function) = pair_everywhere(name, std::slice::from_ref(&issued)).await;
    (simulator, function, reading_request(name, vendor, &issued))
}

pub(crate) fn json_body(body: &str) -> Fault {
    Fault::body(200, "application/json", body)
}

/// Fault of every vendor and the code that it means.
fn faults() -> Vec<(Fault, &'static str)> {
    let mut deep = "[".repeat(100_000);
    deep.push_str(&"]".repeat(100_000));
    vec![
        (Fault::Internal, "provider_unavailable"),
        (Fault::Unavailable, "provider_unavailable"),
        (Fault::CutBefore, "provider_unavailable"),
        (Fault::CutAfter, "provider_unavailable"),
        (Fault::Truncated, "provider_unavailable"),
        (
            Fault::body(
                502,
                "text/html",
                "<html><body>502 Bad Gateway</body></html>",
            ),
            "provider_unavailable",
        ),
        (
            Fault::body(500, "application/json", "{}"),
            "provider_unavailable",
        ),
        (json_body(""), "provider_invalid_response"),
        (json_body("null"), "provider_invalid_response"),
        (json_body("{}"), "provider_invalid_response"),
        (json_body("[]"), "provider_invalid_response"),
        (
            json_body("{\"RequestId\":\"1\""),
            "provider_invalid_response",
        ),
        (json_body(&deep), "provider_invalid_response"),
        (
            json_body(
                r#"{"Response":{},"Data":[],"CertificateStatus":{},"CertificateList":{},"certificates":{},"certificateDescription":[]}"#,
            ),
            "provider_invalid_response",
        ),
        (
            Fault::body(200, "application/json", vec![0x1f, 0x8b, 0x08, 0x00]),
            "provider_invalid_response",
        ),
        (
            Fault::body(200, "text/html", "<html><body>Sign in</body></html>"),
            "provider_invalid_response",
        ),
        (
            Fault::body(302, "text/html", "<a href=\"/\">moved</a>"),
            "provider_invalid_response",
        ),
        (
            Fault::body(200, "application/json", vec![b' '; 9 * 1024 * 1024]),
            "provider_invalid_response",
        ),
    ]
}

/// An order has an id of its own each time it is given.
fn without_ids(mut answer: Value) -> Value {
    for member in ["provider_request_ids", "order_id"] {
        answer.as_object_mut().unwrap().remove(member);
    }
    answer
}

#[tokio::test]
async fn every_fault_of_a_read_is_a_typed_error_after_three_attempts_and_success_when_it_ends_before()
 {
    at_once(cells(), |(name, vendor)| async move {
        let (simulator, _, request) = cell(name, vendor).await;
        assert_typed(name, vendor, &simulator, &request, faults()).await;
    })
    .await;
}

/// Checks that each of these faults becomes its typed error when it lasts for three attempts, and that
/// the request succeeds when it ends before.
pub(crate) async fn assert_typed(
    name: &str,
    vendor: Vendor,
    simulator: &Simulator,
    request: &Value,
    faults: Vec<(Fault, &str)>,
) {
    let good = function(name, simulator).await.invoke(request).await.json();
    let good = without_ids(good);
    let calls_of_success = simulator.calls().len();
    let mut wrong = Vec::new();
    for (fault, code) in faults {
        // A new process, because one that meets many faults would use up its retry quota.
        let mut function = function(name, simulator).await;
        for times in [2, 3] {
            simulator.reset();
            simulator.fail(vendor, FaultRule::times(fault.clone(), times));
            let answer = function.invoke(request).await;
            let expected_calls = if times == 2 { 2 + calls_of_success } else { 3 };
            let is_right = match &answer {
                Answer::Response(_) => times == 2 && without_ids(answer.json()) == good,
                Answer::Error(_) => {
                    let problem = problem(&answer);
                    let detail = problem["detail"].as_str().unwrap();
                    let is_fit_to_show = detail.len() < 500 && !detail.contains("127.0.0.1");
                    times == 3
                        && in_short(&problem).0 == code
                        && in_short(&problem).1
                        && is_fit_to_show
                }
                _ => false,
            };
            let calls = simulator.calls().len();
            if !is_right || calls != expected_calls {
                let shown = shown(&fault);
                wrong.push(format!("{times} times {shown}: {calls} calls, expected {code}, {expected_calls} calls: {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{name} {vendor:?}:\n{}", wrong.join("\n"));
}

fn shown(fault: &Fault) -> String {
    match fault {
        Fault::Body { status, bytes, .. } => format!(
            "{status} {:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(150)])
        ),
        fault => format!("{fault:?}"),
    }
}

#[tokio::test]
async fn with_a_silent_vendor_the_answer_comes_before_the_deadline_and_a_record_is_redelivered() {
    at_once(cells(), |(name, vendor)| async move {
        let (simulator, mut function, request) = cell(name, vendor).await;
        simulator.fail(vendor, FaultRule::always(Fault::Stall));
        let begun = Instant::now();
        let event = HttpRequest::post("/", &request).event(HttpTrigger::HttpApi);
        let answer = HttpAnswer::read(
            HttpTrigger::HttpApi,
            &invoke_within(&mut function, Duration::from_secs(3), event).await,
        );
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "{name} {vendor:?} took {:?}",
            begun.elapsed()
        );
        assert_eq!(
            (answer.status, in_short(&answer.json()).0),
            (504, "timeout"),
            "{name} {vendor:?}"
        );
        let batch = events::sqs(&[request.to_string()]);
        let answer = invoke_within(&mut function, Duration::from_secs(3), batch).await;
        assert_eq!(
            answer.batch_item_failures(),
            [message_id(0)],
            "{name} {vendor:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_throttled_cell_is_429_with_a_time_to_wait_on_every_front() {
    at_once(cells(), |(name, vendor)| async move {
        let (simulator, mut function, request) = cell(name, vendor).await;
        simulator.fail(
            vendor,
            FaultRule::always(Fault::body(429, "text/plain", "slow down")),
        );
        let event = HttpRequest::post("/", &request).event(HttpTrigger::RestApi);
        let answer = HttpAnswer::read(HttpTrigger::RestApi, &function.invoke(event).await);
        assert_eq!(
            (answer.status, in_short(&answer.json()).0),
            (429, "throttled"),
            "{name} {vendor:?}"
        );
        assert!(
            answer.headers["retry-after"].parse::<u64>().unwrap() >= 1,
            "{name} {vendor:?}"
        );
    })
    .await;
}
