//! HTTP events as long as a request may make them, and longer.

use serde_json::json;
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::{HttpAnswer, Runtime};

use crate::cells::actions;
use crate::setup::{
    TENCENT_INSTANCE, function_with, pair, simulator, tencent, tencent_certificates,
};

async fn answered(function: &mut Runtime, trigger: HttpTrigger, event: &str) -> HttpAnswer {
    HttpAnswer::read(trigger, &function.invoke(event).await)
}

/// Maximum size of a request, in bytes.
const LARGEST_REQUEST: usize = 1_048_576;

#[tokio::test]
async fn the_largest_request_is_carried_out_through_every_gateway() {
    let (_simulator, mut function) = pair("describe", tencent(tencent_certificates(2))).await;
    let request = json!({ "instance_id": TENCENT_INSTANCE }).to_string();
    // JSON writes each line break as two characters.
    let breaks = "\n".repeat(LARGEST_REQUEST - request.len());
    let body = format!("{request}{breaks}");
    for trigger in HttpTrigger::ALL {
        for post in [
            HttpRequest::post("/describe", &body),
            HttpRequest::post("/describe", "").base64_body(body.as_bytes()),
        ] {
            let event = post.event(trigger).to_string();
            let answer = answered(&mut function, trigger, &event).await;
            assert_eq!(
                (
                    answer.status,
                    answer.json()["certificates"].as_array().map(Vec::len)
                ),
                (200, Some(2)),
                "{trigger:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_forged_webhook_that_is_longer_than_any_request_is_refused_by_its_length() {
    let simulator = simulator(tencent(tencent_certificates(1))).await;
    let variables = [
        ("WEBHOOK_SECRETS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ];
    let mut function = function_with("describe", &simulator, &variables).await;
    for trigger in HttpTrigger::ALL {
        for length in [2_900_000, 6_000_000] {
            let forged = HttpRequest::post("/webhooks/describe", "a".repeat(length))
                .header("webhook-id", "requestContext")
                .header("webhook-timestamp", "1")
                .header("webhook-signature", "v1,")
                .event(trigger)
                .to_string();
            let answer = answered(&mut function, trigger, &forged).await;
            assert_eq!(
                (answer.status, &answer.json()["code"]),
                (413, &json!("payload_too_large")),
                "{trigger:?} {length}"
            );
            assert_eq!(answer.headers["content-type"], "application/problem+json");
        }
    }
    assert_eq!(actions(&simulator), [""; 0]);
    let lines = function.json_logs();
    let ends = lines.iter().filter(|line| line["message"] == "event");
    let figures: Vec<_> = ends
        .map(|line| (&line["trigger"], &line["errors"]))
        .collect();
    let expected = (&json!("http"), &json!(1));
    assert_eq!(figures, vec![expected; 2 * HttpTrigger::ALL.len()]);
}
