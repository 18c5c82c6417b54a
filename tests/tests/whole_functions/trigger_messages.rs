//! Requests from topics, buses and pipes, and in each other's envelopes in queues; and batches that
//! are asked as one.

use serde_json::{Value, json};
use simulator::{CasCertificate, Fault, FaultRule, Vendor};
use whole_function_tests::Runtime;
use whole_function_tests::events::{self, message_id};

use crate::setup::{
    alibaba, alibaba_certificates, at_once, cas, cas_certificates, function, function_with, pair,
    problem, simulator, texts,
};
use crate::trigger_http::{assert_order_id, comparable, requests, vendors};

const JSON_LOG: [(&str, &str); 1] = [("AWS_LAMBDA_LOG_FORMAT", "JSON")];

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

/// The log's lines with what became of messages.
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
async fn a_topic_fails_when_another_delivery_may_help_and_a_bus_with_any_failure() {
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

#[tokio::test]
async fn a_decided_order_of_a_topic_is_answered_and_of_a_bus_an_error() {
    let (simulator, mut function) = pair("inactivate", alibaba(alibaba_certificates(1))).await;
    let order = json!({ "instance_id": "post-cn-forbidden", "certificates": [{ "serial_number": "0a", "ca_serial_number": "0b" }] });
    let answer = function
        .invoke(events::sns(&[order.to_string()]))
        .await
        .json();
    assert_eq!(texts(&answer, "code"), ["forbidden"]);
    assert_eq!(
        problem(&function.invoke(events::eventbridge_rule(order)).await)["code"],
        "forbidden"
    );
    assert_eq!(simulator.calls(), []);
}

/// The serial numbers of the record with this index.
fn ten_of(record: usize) -> Vec<String> {
    (0..10)
        .map(|number| format!("5{:031x}", record * 10 + number))
        .collect()
}

/// A hundred requests for ten numbers each.
fn hundred() -> Vec<String> {
    (0..100)
        .map(|record| {
            status_of(
                &ten_of(record)
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>(),
            )
        })
        .collect()
}

/// A thousand certificates, of which every seventh is revoked.
fn thousand() -> Vec<CasCertificate> {
    let mut certificates = cas_certificates(1000);
    for certificate in certificates.iter_mut().step_by(7) {
        certificate.status = "revoked".to_owned();
    }
    certificates
}

fn states(record: usize) -> Vec<&'static str> {
    (0..10)
        .map(|number| {
            if (record * 10 + number).is_multiple_of(7) {
                "revoked"
            } else {
                "good"
            }
        })
        .collect()
}

#[tokio::test]
async fn a_hundred_records_of_ten_numbers_are_five_calls_and_have_each_their_own_outcome() {
    let simulator = simulator(cas(thousand())).await;
    let mut function = function_with("status", &simulator, &JSON_LOG).await;
    let mut bodies = hundred();
    bodies[17] = "not JSON".to_owned();
    // Asked already, in other words.
    bodies[42] = events::sns_envelope(&bodies[41]);
    bodies[43] = bodies[41].clone();
    bodies[44] = json!({ "certificates": [{ "serial_number": ten_of(44)[0] }, { "fingerprint_sha256": "ab".repeat(32) }] }).to_string();
    let answer = function.invoke(events::sqs(&bodies)).await;
    assert_eq!(answer.batch_item_failures(), [17, 44].map(message_id));
    assert_eq!(simulator.calls().len(), 5);
    let lines = answer_lines(&function);
    assert_eq!(lines.len(), 100);
    for record in 0..100 {
        let of: Vec<&Value> = lines
            .iter()
            .filter(|line| line["message_id"] == message_id(record))
            .collect();
        assert_eq!(of.len(), 1, "{record}");
        let asked = if [42, 43].contains(&record) {
            41
        } else {
            record
        };
        if [17, 44].contains(&record) {
            assert_eq!(
                (&of[0]["error"]["code"], &of[0]["needs_redelivery"]),
                (&json!("invalid_request"), &json!(true)),
                "{record}"
            );
        } else {
            let results = &of[0]["answer"]["results"];
            assert_eq!(
                (texts(results, "serial_number"), texts(results, "status")),
                (
                    ten_of(asked),
                    states(asked).into_iter().map(str::to_owned).collect()
                ),
                "{record}"
            );
        }
    }
}

#[tokio::test]
async fn of_a_batch_that_is_asked_as_one_those_come_back_whose_numbers_could_not_be_asked() {
    let simulator = simulator(cas(thousand())).await;
    let mut function = function_with("status", &simulator, &JSON_LOG).await;
    // The third of the calls that carry two hundred numbers each.
    simulator.fail(
        Vendor::AlibabaCas,
        FaultRule::always(Fault::code("InternalError", 500)).containing(&ten_of(50)[0]),
    );
    let failed = function
        .invoke(events::sqs(&hundred()))
        .await
        .batch_item_failures();
    assert_eq!(failed, (40..60).map(message_id).collect::<Vec<_>>());
    assert_eq!(
        answer_lines(&function)
            .iter()
            .filter(|line| line["answer"]["results"][9]["error"].is_null()
                && line["answer"].is_object())
            .count(),
        80
    );
}

#[tokio::test]
async fn a_pipe_gets_as_many_outcomes_as_it_has_records() {
    let (simulator, mut function) = pair("status", cas(thousand())).await;
    let mut bodies = hundred();
    bodies[3] = "not JSON".to_owned();
    let answer = function.invoke(events::pipes(&bodies)).await.json();
    let outcomes = answer.as_array().unwrap();
    assert_eq!((outcomes.len(), simulator.calls().len()), (100, 5));
    for (record, outcome) in outcomes.iter().enumerate() {
        match record {
            3 => assert_eq!(outcome["code"], "invalid_request"),
            _ => assert_eq!(texts(&outcome["results"], "serial_number"), ten_of(record)),
        }
    }
}

#[tokio::test]
async fn a_list_that_two_records_ask_for_is_read_once() {
    let [(name, request, _), ..] = requests();
    let simulator = vendors().await;
    let mut function = function(name, &simulator).await;
    // The first request also learns how the vendor reads filters, which the sandbox keeps.
    function.invoke(&request).await.json();
    simulator.reset_numbers();
    function.invoke(&request).await.json();
    let calls = simulator.calls().len();
    simulator.reset_numbers();
    let answers = function
        .invoke(events::sns(&[request.to_string(), request.to_string()]))
        .await
        .json();
    assert_eq!(
        (answers.as_array().unwrap().len(), simulator.calls().len()),
        (2, calls)
    );
    assert_eq!(answers[0], answers[1]);
}
