//! Batches of queues: which records are redelivered, and that no record harms another.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::Runtime;
use whole_function_tests::events::{self, message_id};

use crate::setup::{ALIBABA_INSTANCE, alibaba, alibaba_certificates, pair};

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

/// Number of orders for each certificate that the vendor has not refused.
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
async fn of_ten_records_only_the_three_bad_and_the_throttled_one_are_redelivered() {
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
async fn a_redelivered_record_writes_nothing_again() {
    let (simulator, mut function) = ten_devices().await;
    // The second of three fails, so the whole record is redelivered.
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
async fn in_a_fifo_queue_a_failure_holds_up_its_own_group_and_no_other() {
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
