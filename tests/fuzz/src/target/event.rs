//! Events of Lambda.

use certificate_provider::error::ErrorCode;
use certificate_provider::operation::{Describe, Inactivate, Operation, Status};
use serde_json::{Value, json};

use crate::vendors::Answers;
use crate::world::{Callers, perform};

/// The bytes are an event, for each of the three functions.
///
/// # Panics
/// When a function panics inside, or its answer is not of the form that the event's source expects.
pub fn event(data: &[u8]) {
    let event = String::from_utf8_lossy(data);
    // In one of eight runs the vendors do not answer.
    let answers = if data.len().is_multiple_of(8) {
        Answers::None
    } else {
        Answers::Sound
    };
    for callers in [Callers::All, Callers::Known] {
        // Only HTTP events have callers to authenticate.
        if callers == Callers::All || event.contains("requestContext") {
            check::<Describe>(callers, &event, &answers);
            check::<Inactivate>(callers, &event, &answers);
            check::<Status>(callers, &event, &answers);
        }
    }
}

fn check<O: Operation>(callers: Callers, event: &str, answers: &Answers) {
    let Ok(answer) = perform::<O>(callers, event, answers.clone()) else {
        return;
    };
    let answer: Value = serde_json::from_str(&answer).expect("an answer is JSON");
    // A text that this reader refuses may still be an event, with a number in it that is too large,
    // say.
    let Ok(event) = serde_json::from_str::<Value>(event) else {
        return;
    };
    let records = event.get("Records").and_then(Value::as_array);
    let source = records
        .and_then(|records| records.first())
        .and_then(|record| record.get("eventSource").or(record.get("EventSource")));
    if let Some(records) = event.as_array() {
        assert_eq!(
            answer.as_array().map(Vec::len),
            Some(records.len()),
            "a pipe gets an answer for each record"
        );
    } else if let (Some(records), Some(source)) = (records, source) {
        if source == "aws:sqs" {
            check_batch(records, &answer);
        } else {
            assert_eq!(
                answer.as_array().map(Vec::len),
                Some(records.len()),
                "a topic gets an answer for each message"
            );
        }
    } else if event
        .get("requestContext")
        .is_some_and(|context| !context.is_null())
    {
        check_http::<O>(&answer);
        assert!(
            callers == Callers::All
                || answer["statusCode"] == 401
                || answer["body"].as_str() == Some(&healthy().to_string())
                || says_who_calls(&event),
            "a caller whom nobody knows: {answer}"
        );
    } else {
        assert_eq!(answer["operation"], O::NAME);
    }
}

/// The records to redeliver are records of the batch, in their order, and none of them is more
/// than once there.
fn check_batch(records: &[Value], answer: &Value) {
    let failures = answer["batchItemFailures"]
        .as_array()
        .expect("a queue gets a list of failures");
    assert_eq!(answer.as_object().map(|members| members.len()), Some(1));
    let mut sent = records.iter().map(|record| &record["messageId"]);
    for failure in failures {
        let id = &failure["itemIdentifier"];
        assert!(
            id.as_str().is_some_and(|id| !id.is_empty()),
            "an empty identifier fails the batch: {answer}"
        );
        assert!(
            sent.any(|sent| sent == id),
            "no such record in the batch, or not in this order: {answer}"
        );
    }
}

fn check_http<O: Operation>(answer: &Value) {
    let body: Value = answer["body"]
        .as_str()
        .and_then(|body| serde_json::from_str(body).ok())
        .expect("a body is JSON");
    let status = &answer["statusCode"];
    if body == healthy() {
        assert_eq!(status, 200);
    } else if status == 200 {
        assert_eq!(body["operation"], O::NAME);
    } else {
        assert_eq!(&body["status"], status);
        assert!(
            ErrorCode::ALL
                .iter()
                .any(|code| body["code"] == code.as_str() && *status == code.http_status()),
            "{body}"
        );
    }
    assert_eq!(answer["isBase64Encoded"], false);
}

/// The answer to a health check.
fn healthy() -> Value {
    json!({ "status": "ok" })
}

/// Whether an event has anything by which its caller could be known.
fn says_who_calls(event: &Value) -> bool {
    let context = &event["requestContext"];
    let headers = ["headers", "multiValueHeaders"]
        .into_iter()
        .filter_map(|member| event[member].as_object());
    let mut names = headers.flat_map(|headers| headers.keys());
    !context["authorizer"].is_null()
        || !context["identity"]["userArn"].is_null()
        || names.any(|name| name.eq_ignore_ascii_case("webhook-signature"))
}
