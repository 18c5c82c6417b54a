//! Urgent orders over HTTP beside a queue full of orders, with the concurrency and the rate limits
//! of the template.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Options, Vendor};
use tokio::task::JoinSet;
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::{EventSource, HttpAnswer, Mapping, Runtime, Slots};

use crate::cells::request;
use crate::every_cell_inactivate::own_reference;
use crate::orders::Stage;
use crate::setup::at_once;

/// The default of `InactivateCallsPerSecond` in the template.
fn shares() -> String {
    let template = include_str!("../../../template.yaml");
    let (_, behind) = template.split_once("InactivateCallsPerSecond:\n").unwrap();
    let (_, behind) = behind.split_once('"').unwrap();
    let (text, _) = behind.split_once('"').unwrap();
    text.chars()
        .filter(|character| !character.is_whitespace() && *character != '\\')
        .collect()
}

/// An order for these devices.
fn order(stage: &Stage, numbers: impl IntoIterator<Item = usize>) -> Value {
    let certificates: Vec<Value> = numbers
        .into_iter()
        .map(|number| own_reference(stage.vendor, &stage.issued[number]))
        .collect();
    request(stage.vendor, &json!({ "certificates": certificates }))
}

const URGENT: usize = 10;
const IN_THE_BACKLOG: u8 = 40;

/// A warm sandbox, or a new one.
async fn instance(idle: &Mutex<Vec<Runtime>>, stage: &Stage, own: &[(&str, &str)]) -> Runtime {
    let warm = idle.lock().unwrap().pop();
    match warm {
        Some(instance) => instance,
        None => stage.function(own).await,
    }
}

#[tokio::test]
async fn every_urgent_order_finds_a_free_slot_beside_a_backlog() {
    // At AWS IoT an order takes two of the 1.8 reads a second, which allows less than one order a
    // second.
    let cases = [
        (Vendor::AlibabaMqtt, 1000, URGENT),
        (Vendor::TencentMqtt, 1000, URGENT),
        (Vendor::AwsIot, 3000, 4),
    ];
    at_once(cases, |(vendor, pause, count)| async move {
        let strict = |options| Options { enforce_rate_limits: true, ..options };
        let devices = IN_THE_BACKLOG + u8::try_from(count).unwrap();
        let stage = Arc::new(Stage::with(vendor, devices, Duration::from_secs(180), strict).await);
        let shares = shares();
        let own = [("CALLS_PER_SECOND", shares.as_str()), ("RESERVED_CONCURRENCY", "4"), ("QUEUE_CONCURRENCY", "2")];
        // A certificate that is off already still has to be looked up, so that the backlog lasts.
        for _ in 0..400 {
            stage.orders.send(order(&stage, count..stage.issued.len()).to_string());
        }
        let slots = Slots::new(4);
        let mapping = Mapping::new("inactivate", stage.variables(&own), &stage.orders);
        let source = EventSource::start(Mapping { batch_size: 1, slots: Some(slots.clone()), ..mapping }).await;
        let idle = Arc::new(Mutex::new(Vec::new()));
        let urgent = async {
            let mut running = JoinSet::new();
            for number in 0..count {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                let slot = slots.try_acquire().unwrap_or_else(|| panic!("{vendor:?}: no slot is free for urgent order {number}"));
                let (stage, idle) = (Arc::clone(&stage), Arc::clone(&idle));
                let mut function = instance(&idle, &stage, &own).await;
                running.spawn(async move {
                    let event = HttpRequest::post("/inactivate", order(&stage, [number])).event(HttpTrigger::HttpApi);
                    let answer = HttpAnswer::read(HttpTrigger::HttpApi, &function.invoke(event).await);
                    assert_eq!(answer.status, 200, "{vendor:?}: {}", answer.json());
                    assert_eq!(answer.json()["results"][0]["outcome"], "inactivated", "{vendor:?}: {}", answer.json());
                    assert!(function.idle().await);
                    drop(slot);
                    idle.lock().unwrap().push(function);
                });
            }
            while let Some(ended) = running.join_next().await {
                ended.unwrap();
            }
        };
        tokio::select! {
            () = urgent => {}
            tally = source.run(Duration::from_secs(60)) => panic!("{vendor:?}: the backlog has not lasted: {tally:?}"),
        }
        assert!((0..count).all(|number| stage.is_off(number)), "{vendor:?}");
        assert!(stage.simulator.calls().iter().all(|call| call.outcome == "ok"), "{vendor:?}: the vendor was called too often");
    })
    .await;
}
