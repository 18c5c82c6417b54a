//! The fixtures that the crate `aws_lambda_events` publishes: each event is recognised as its kind, or
//! refused as unsupported.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use super::super::direct::DirectEvent;
use super::super::event::{Event, recognise};
use super::super::http::HttpResponse;
use super::super::message::MessageSource;
use super::*;
use crate::request;

/// The fixtures of the kinds that a function takes, without `example-` and `.json`.
const TAKEN: [(&str, &[&str]); 6] = [
    (
        "payload 2.0",
        &[
            "apigw-sam-http-request",
            "apigw-v2-request-iam",
            "apigw-v2-request-jwt-authorizer",
            "apigw-v2-request-lambda-authorizer",
            "apigw-v2-request-multi-value-parameters",
            "apigw-v2-request-no-authorizer",
        ],
    ),
    (
        "payload 1.0",
        &[
            "apigw-console-request",
            "apigw-console-test-request",
            "apigw-request",
            "apigw-request-catch-all",
            "apigw-request-multi-value-parameters",
            "apigw-restapi-openapi-request",
            "apigw-sam-rest-request",
        ],
    ),
    (
        "load balancer",
        &[
            "alb-lambda-target-request-headers-only",
            "alb-lambda-target-request-multivalue-headers",
        ],
    ),
    ("queue", &["sqs-event", "sqs-event-obj"]),
    (
        "topic",
        &[
            "cloudwatch-alarm-sns-payload-multiple-metrics",
            "cloudwatch-alarm-sns-payload-single-metric",
            "sns-event",
            "sns-event-obj",
            "sns-event-pascal-case",
        ],
    ),
    (
        "bus",
        &[
            "autoscaling-event-launch-successful",
            "autoscaling-event-launch-unsuccessful",
            "autoscaling-event-lifecycle-action",
            "autoscaling-event-terminate-action",
            "autoscaling-event-terminate-successful",
            "autoscaling-event-terminate-unsuccessful",
            WITHOUT_DETAIL,
            "codebuild-phase-change",
            "codebuild-state-change",
            "codedeploy-deployment-event",
            "codedeploy-instance-event",
            "codepipeline-action-execution-stage-change-event",
            "codepipeline-execution-stage-change-event",
            "codepipeline-execution-state-change-event",
            "ecr-image-scan-event",
            "ecr-image-scan-event-with-missing-severities",
            "eventbridge-event-obj",
            "eventbridge-schedule",
        ],
    ),
];

/// An alarm's event in the form of EventBridge, which has its data in place of `detail`.
const WITHOUT_DETAIL: &str = "cloudwatch-alarm-composite-with-suppressor-alarm";

/// The fixtures by name, from the source that Cargo compiles.
fn fixtures() -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let crate_of_events = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| package["name"] == "aws_lambda_events")
        .unwrap();
    let manifest = PathBuf::from(crate_of_events["manifest_path"].as_str().unwrap());
    let files = std::fs::read_dir(manifest.with_file_name("src").join("fixtures")).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let name = name.strip_prefix("example-").unwrap_or(name).to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The kind by which a function takes this event; `None` for an event that it refuses.
fn kind(event: &str) -> Option<&'static str> {
    match recognise(event.as_bytes()) {
        Ok(Event::TooLongHttp(_)) => None,
        Ok(Event::Http(event)) => {
            let refused = Err(crate::error::Error::invalid("body", ""));
            Some(match event.answer::<Status>(&refused, None) {
                HttpResponse::PayloadTwo(_) => "payload 2.0",
                HttpResponse::PayloadOne(_) => "payload 1.0",
                HttpResponse::LoadBalancer(_) => "load balancer",
            })
        }
        Ok(Event::Messages(source, _)) => Some(source.as_str()),
        Ok(Event::Direct(DirectEvent::Plain(text))) => {
            let is_request = request::parse::<request::DescribeRequest>(text).is_ok()
                || request::parse::<request::InactivateRequest>(text).is_ok()
                || request::parse::<request::StatusRequest>(text).is_ok();
            is_request.then_some("direct")
        }
        Ok(Event::Direct(DirectEvent::Named(_) | DirectEvent::SignedOrder(_))) | Err(_) => None,
    }
}

#[test]
fn every_published_event_is_recognised_as_what_it_is_or_refused() {
    let fixtures = fixtures();
    let mut expected: BTreeMap<&str, Option<&str>> =
        fixtures.keys().map(|name| (name.as_str(), None)).collect();
    for (kind, names) in TAKEN {
        for name in names {
            let is_published = expected.insert(name, Some(kind)).is_some();
            assert!(is_published, "{name} is no fixture any more");
        }
    }
    let recognised: BTreeMap<&str, Option<&str>> = fixtures
        .iter()
        .map(|(name, event)| (name.as_str(), kind(event)))
        .collect();
    assert_eq!(recognised, expected);
}

#[test]
fn every_published_message_has_its_id_and_its_content() {
    let official = |source, event: &Value| -> Vec<(String, Value)> {
        let parts = |record: &Value, id: &str, content: &str| {
            let part = |pointer| record.pointer(pointer).unwrap().clone();
            (part(id).as_str().unwrap().to_owned(), part(content))
        };
        let records = || event["Records"].as_array().unwrap().iter();
        match source {
            MessageSource::Topic => records()
                .map(|record| parts(record, "/Sns/MessageId", "/Sns/Message"))
                .collect(),
            MessageSource::Bus => vec![parts(event, "/id", "/detail")],
            _ => records()
                .map(|record| parts(record, "/messageId", "/body"))
                .collect(),
        }
    };
    let mut count = 0;
    for (name, text) in fixtures() {
        let Ok(Event::Messages(source, messages)) = recognise(text.as_bytes()) else {
            continue;
        };
        if name == WITHOUT_DETAIL {
            let error = messages[0].request.as_ref().unwrap_err();
            assert_eq!(error.field.as_deref(), Some("detail"));
            continue;
        }
        let event: Value = serde_json::from_str(&text).unwrap();
        let read: Vec<(String, Value)> = messages
            .into_iter()
            .map(|message| {
                let content = message.request.unwrap();
                let content = match source {
                    MessageSource::Bus => serde_json::from_str(&content).unwrap(),
                    _ => Value::from(content),
                };
                (message.id.unwrap(), content)
            })
            .collect();
        assert_eq!(read, official(source, &event), "{name}");
        count += 1;
    }
    assert!(count > 20, "{count}");
}
