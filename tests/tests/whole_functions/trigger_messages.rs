//! Requests from topics, buses and pipes, and in each other's envelopes in queues; and batches that
//! are asked as one.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Vendor};
use whole_function_tests::Runtime;
use whole_function_tests::events::{self, message_id};

use crate::setup::{at_once, cas, cas_certificates, function, function_with, pair, problem, texts};
use crate::trigger_http::{assert_order_id, comparable, requests, vendors};

/// The log is JSON and has whole answers.
const JSON_LOG: [(&str, &str); 2] = [("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("LOG_ANSWERS", "yes")];

#[tokio::test]
async fn every_trigger_gives_the_direct_answer() {
    at_once(requests(), |(name, request, _)| async move {
        let simulator = vendors().await;
        let mut function = function(name, &simulator).await;
        let direct = comparable(function.invoke(&request).await.json());
        let text = request.to_string();
        for (trigger, event, place) in [
            ("topic", events::sns(&[&text]), "/0"),
            (
                "topic behind a bus",
                events::sns(&[events::eventbridge_rule(request.clone()).to_string()]),
                "/0",
            ),
            ("rule", events::eventbridge_rule(request.clone()), ""),
            (
                "schedule",
                events::eventbridge_schedule(request.clone()),
                "",
            ),
            ("pipe", events::pipes(&[&text]), "/0"),
            (
                "pipe behind a topic",
                events::pipes(&[events::sns_envelope(&text)]),
                "/0",
            ),
        ] {
            simulator.reset();
            let id = event["id"]
                .as_str()
                .map_or_else(|| message_id(0), str::to_owned);
            let answer = function.invoke(event).await.json();
            if place == "/0" {
                assert_eq!(
                    answer.as_array().map(Vec::len),
                    Some(1),
                    "{name}, {trigger}: {answer}"
                );
            }
            assert_order_id(answer.pointer(place).unwrap(), &id);
            assert_eq!(
                comparable(answer.pointer(place).unwrap().clone()),
                direct,
                "{name}, {trigger}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_queue_takes_requests_bare_and_in_the_envelopes_of_topics_and_buses() {
    at_once(requests(), |(name, request, _)| async move {
        let simulator = vendors().await;
        let mut function = function_with(name, &simulator, &JSON_LOG).await;
        let direct = comparable(function.invoke(&request).await.json());
        let (text, event) = (
            request.to_string(),
            events::eventbridge_rule(request.clone()).to_string(),
        );
        let bodies = [
            text.clone(),
            events::sns_envelope(&text),
            event.clone(),
            events::eventbridge_schedule(request.clone()).to_string(),
            events::sns_envelope(&event),
            events::sns_envelope(&events::sns_envelope(&events::sns_envelope(&text))),
        ];
        for (number, body) in bodies.iter().enumerate() {
            simulator.reset();
            assert_eq!(
                function
                    .invoke(events::sqs(&[body]))
                    .await
                    .batch_item_failures(),
                [""; 0],
                "{name}: {body}"
            );
            let lines = answer_lines(&function);
            assert_eq!(lines.len(), number + 1, "{name}");
            assert_order_id(&lines[number]["answer"], &message_id(0));
            assert_eq!(
                comparable(lines[number]["answer"].clone()),
                direct,
                "{name}: {body}"
            );
        }
    })
    .await;
}

/// The log lines with the outcomes of messages.
fn answer_lines(function: &Runtime) -> Vec<Value> {
    function
        .json_logs()
        .into_iter()
        .filter(|line| line["message"] == "answer")
        .collect()
}

fn status_of(serials: &[&str]) -> String {
    let certificates: Vec<Value> = serials
        .iter()
        .map(|serial| json!({ "serial_number": serial }))
        .collect();
    json!({ "certificates": certificates }).to_string()
}

#[tokio::test]
async fn a_topic_fails_when_redelivery_may_help_and_a_bus_with_any_failure() {
    let (simulator, mut function) = pair("status", cas(cas_certificates(2))).await;
    let good = status_of(&["50000000000000000000000000000000"]);
    let answer = function.invoke(events::sns(&[&good, &good])).await.json();
    assert_eq!(
        answer
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["results"][0]["status"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["good", "good"]
    );
    for (request, code) in [("not JSON", "invalid_request"), ("{}", "invalid_request")] {
        assert_eq!(
            problem(
                &function
                    .invoke(events::sns(&[good.as_str(), request]))
                    .await
            )["code"],
            code
        );
    }
    assert_eq!(
        problem(
            &function
                .invoke(events::eventbridge_schedule(json!({})))
                .await
        )["field"],
        "certificates"
    );
    simulator.fail(Vendor::AlibabaCas, FaultRule::always(Fault::Throttle));
    let request: Value = serde_json::from_str(&good).unwrap();
    for event in [events::sns(&[&good]), events::eventbridge_rule(request)] {
        assert_eq!(problem(&function.invoke(event).await)["code"], "throttled");
    }
    let answer = function
        .invoke(events::pipes(&[good.as_str(), "not JSON"]))
        .await
        .json();
    assert_eq!(texts(&answer, "code"), ["throttled", "invalid_request"]);
}
