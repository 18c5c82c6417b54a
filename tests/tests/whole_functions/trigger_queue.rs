//! Batches of queues: who comes back, and that nobody harms another.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::Runtime;
use whole_function_tests::events::{self, message_id};

use crate::setup::{
    ALIBABA_INSTANCE, alibaba, alibaba_certificates, cas, cas_certificates, function_with, pair,
    problem, simulator,
};

const WRITE: &str = "InactivateDeviceCertificate";

fn body(serials: &[&str]) -> String {
    let certificates: Vec<Value> = serials
        .iter()
        .map(|serial| json!({ "serial_number": serial, "ca_serial_number": "007269004887" }))
        .collect();
    json!({ "instance_id": ALIBABA_INSTANCE, "certificates": certificates }).to_string()
}

async fn ten_devices() -> (Simulator, Runtime) {
    pair("inactivate", alibaba(alibaba_certificates(10))).await
}

/// How many orders each certificate was given that the vendor has not refused to take.
fn orders(simulator: &Simulator) -> BTreeMap<String, usize> {
    let mut orders = BTreeMap::new();
    for call in simulator
        .calls()
        .iter()
        .filter(|call| call.action == WRITE && call.outcome == "ok")
    {
        *orders
            .entry(call.parameters["DeviceSn"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    orders
}

fn states(simulator: &Simulator) -> String {
    simulator.with_fleet(|fleet| {
        fleet.alibaba_mqtt[ALIBABA_INSTANCE]
            .certificates
            .iter()
            .map(|one| one.status.as_str())
            .collect()
    })
}

#[tokio::test]
async fn of_ten_records_the_three_bad_and_the_throttled_one_come_back_and_the_others_are_done_once()
{
    let (simulator, mut function) = ten_devices().await;
    simulator.fail(
        Vendor::AlibabaMqtt,
        FaultRule::always(Fault::Throttle).containing("d00000000004"),
    );
    let mut bodies: Vec<String> = (0..10)
        .map(|number| body(&[&format!("d0000000000{number}")]))
        .collect();
    bodies[1] = "not JSON".to_owned();
    bodies[6] = bodies[6].replace("instance_id", "instance");
    bodies[9] = body(&[]);
    let answer = function.invoke(events::sqs(&bodies)).await;
    assert_eq!(answer.batch_item_failures(), [1, 4, 6, 9].map(message_id));
    let done: BTreeMap<String, usize> = [0, 2, 3, 5, 7, 8]
        .map(|number| (format!("d0000000000{number}"), 1))
        .into();
    assert_eq!(orders(&simulator), done);
    assert_eq!(states(&simulator), "0100101001");
}

#[tokio::test]
async fn a_record_that_comes_again_is_done_already() {
    let (simulator, mut function) = ten_devices().await;
    // The second of three fails, so the record comes back whole.
    simulator.fail(
        Vendor::AlibabaMqtt,
        FaultRule::times(Fault::Throttle, 3).containing("d00000000001"),
    );
    let batch = events::sqs(&[body(&["d00000000000", "d00000000001", "d00000000002"])]);
    assert_eq!(
        function.invoke(&batch).await.batch_item_failures(),
        [message_id(0)]
    );
    assert_eq!(function.invoke(&batch).await.batch_item_failures(), [""; 0]);
    let done: BTreeMap<String, usize> = [0, 1, 2]
        .map(|number| (format!("d0000000000{number}"), 1))
        .into();
    assert_eq!(orders(&simulator), done);
    assert_eq!(states(&simulator), "0001111111");
}

#[tokio::test]
async fn final_outcomes_do_not_come_back() {
    let simulator = simulator(alibaba(alibaba_certificates(1))).await;
    let mut function = function_with(
        "inactivate",
        &simulator,
        &[(
            "INACTIVATE_ALLOWED_INSTANCES",
            "post-cn-7mz2d0000,post-cn-nowhere",
        )],
    )
    .await;
    let bodies = [
        body(&["0abc"]),
        body(&["d00000000000", "d00000000000"]),
        body(&["d00000000000"]).replace(ALIBABA_INSTANCE, "post-cn-forbidden"),
        body(&["d00000000000"]).replace(ALIBABA_INSTANCE, "post-cn-nowhere"),
    ];
    assert_eq!(
        function
            .invoke(events::sqs(&bodies))
            .await
            .batch_item_failures(),
        [""; 0]
    );
}

#[tokio::test]
async fn requests_that_this_function_cannot_use_come_back_alone() {
    let (simulator, mut function) = ten_devices().await;
    let request: Value = serde_json::from_str(&body(&["d00000000000"])).unwrap();
    let deep = format!(
        "{{\"certificates\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let unusable = [
        String::new(),
        " ".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "\"{}\"".to_owned(),
        "{}".to_owned(),
        deep,
        body(&["d00000000000"]) + "}",
        body(&["d00000000000"]).replace("007269004887", "\\u0000"),
        body(&["xyz"]),
        body(&["d00000000000"]).replace(ALIBABA_INSTANCE, "post-cn\\r\\nx"),
        body(&["d00000000000"]).replace(
            "{\"certificates",
            "{\"provider\":\"alibaba-pca\",\"certificates",
        ),
        body(&["d00000000000"])
            .replace("{\"certificates", "{\"provider\":\"azure\",\"certificates"),
        // Envelopes without a request that can be used.
        events::sns_envelope("not JSON"),
        events::sns_envelope(&request.to_string()).replace("\"Message\"", "\"message\""),
        events::eventbridge_rule(json!([request])).to_string(),
        events::eventbridge_schedule(json!({})).to_string(),
        (0..4).fold(request.to_string(), |message, _| {
            events::sns_envelope(&message)
        }),
        events::sqs(&[body(&["d00000000000"])]).to_string(),
    ];
    for (number, bad) in unusable.iter().enumerate() {
        simulator.reset();
        let answer = function
            .invoke(events::sqs(&[
                body(&["d00000000001"]),
                bad.clone(),
                body(&["d00000000002"]),
            ]))
            .await;
        let shown: String = bad.chars().take(200).collect();
        assert_eq!(
            answer.batch_item_failures(),
            [message_id(1)],
            "{number}: {shown}"
        );
        assert_eq!(states(&simulator), "1001111111", "{number}: {shown}");
    }
}

#[tokio::test]
async fn odd_records_fail_alone() {
    let (simulator, mut function) = ten_devices().await;
    // As attributes, `null` counts as left out.
    for (odd, failed, expected) in [
        (json!(null), &[1, 2][..], "1001111111"),
        (json!(7), &[0, 1, 2], "1101111111"),
        (json!({}), &[0, 1, 2], "1101111111"),
        (json!(["{}"]), &[0, 1, 2], "1101111111"),
    ] {
        simulator.reset();
        let devices = ["d00000000001", "", "", "d00000000002"];
        let mut batch = events::sqs(&devices.map(|device| body(&[device])));
        batch["Records"][0]["attributes"] = odd.clone();
        batch["Records"][0]["messageAttributes"] = odd.clone();
        batch["Records"][0]["eventSourceARN"] = odd.clone();
        batch["Records"][1]["body"] = odd.clone();
        batch["Records"][2].as_object_mut().unwrap().remove("body");
        assert_eq!(
            function.invoke(batch).await.batch_item_failures(),
            failed.iter().copied().map(message_id).collect::<Vec<_>>(),
            "{odd}"
        );
        assert_eq!(states(&simulator), expected, "{odd}");
    }
}

#[tokio::test]
async fn a_batch_that_could_not_be_answered_by_record_fails_whole_and_before_anything_is_done() {
    let (simulator, mut function) = ten_devices().await;
    let good = events::sqs(&[body(&["d00000000000"]), body(&["d00000000001"])]);
    let without = |change: fn(&mut Value)| {
        let mut batch = good.clone();
        change(&mut batch["Records"]);
        batch
    };
    for (what, batch) in [
        ("no record", without(|records| *records = json!([]))),
        ("no list", without(|records| *records = json!({}))),
        ("null", without(|records| *records = json!(null))),
        (
            "no message id",
            without(|records| drop(records[1].as_object_mut().unwrap().remove("messageId"))),
        ),
        (
            "an empty message id",
            without(|records| records[1]["messageId"] = json!("")),
        ),
        (
            "a message id that is no text",
            without(|records| records[1]["messageId"] = json!(7)),
        ),
        (
            "a record that is no object",
            without(|records| records[1] = json!("record")),
        ),
    ] {
        let problem = problem(&function.invoke(batch).await);
        assert_eq!(problem["code"], "invalid_request", "{what}: {problem}");
        assert_eq!(simulator.calls(), [], "{what}");
    }
    assert_eq!(function.invoke(good).await.batch_item_failures(), [""; 0]);
}

#[tokio::test]
async fn in_an_ordered_queue_a_failure_holds_up_its_own_group_and_no_other() {
    let (simulator, mut function) = ten_devices().await;
    let bodies: Vec<String> = (0..5)
        .map(|number| body(&[&format!("d0000000000{number}")]))
        .collect();
    let groups = ["a", "b", "a", "b", "a"];
    let throttled = FaultRule::always(Fault::ThrottleFor(1)).containing("d00000000001");
    simulator.fail(Vendor::AlibabaMqtt, throttled);
    let messages: Vec<(&str, &str)> = groups
        .into_iter()
        .zip(bodies.iter().map(String::as_str))
        .collect();
    let answer = function.invoke(events::sqs_fifo(&messages)).await;
    assert_eq!(answer.batch_item_failures(), [1, 3].map(message_id));
    assert_eq!(states(&simulator), "0101011111");
    let behind = simulator
        .calls()
        .iter()
        .filter(|call| call.parameters["DeviceSn"].as_str() == Some("d00000000003"))
        .count();
    assert_eq!(behind, 0, "what comes behind is not even read");

    simulator.reset();
    let mut messages = messages;
    messages[2].1 = "not JSON";
    let answer = function.invoke(events::sqs_fifo(&messages)).await;
    assert_eq!(answer.batch_item_failures(), [2, 4].map(message_id));
    assert_eq!(states(&simulator), "0010111111");

    simulator.reset();
    messages[2].1 = r#"{"instance_id":"post-cn-forbidden","certificates":[{"serial_number":"0a","ca_serial_number":"0b"}]}"#;
    let answer = function.invoke(events::sqs_fifo(&messages)).await;
    assert_eq!(
        answer.batch_item_failures(),
        [""; 0],
        "an outcome is no failure"
    );
    assert_eq!(states(&simulator), "0010011111");
}

#[tokio::test]
async fn every_answer_of_a_batch_is_one_json_line_of_the_log() {
    let simulator = simulator(cas(cas_certificates(2))).await;
    let mut function =
        function_with("status", &simulator, &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
    let good = json!({ "certificates": [{ "serial_number": "50000000000000000000000000000001" }] })
        .to_string();
    function
        .invoke(events::sqs(&[good.as_str(), "not\nJSON\r\n{}"]))
        .await
        .json();
    let lines = function.json_logs();
    let of = |index: usize| {
        lines
            .iter()
            .filter(|line| line["message_id"] == message_id(index))
            .collect::<Vec<_>>()
    };
    let (answered, refused) = (of(0), of(1));
    assert_eq!((answered.len(), refused.len()), (1, 1), "{lines:?}");
    assert_eq!(answered[0]["answer"]["results"][0]["status"], "good");
    assert_eq!(refused[0]["error"]["code"], "invalid_request");
    assert_eq!(
        (
            &answered[0]["needs_redelivery"],
            &refused[0]["needs_redelivery"]
        ),
        (&json!(false), &json!(true))
    );
}
