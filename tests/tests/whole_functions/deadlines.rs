//! Functions answer before Lambda ends them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Fleet, Simulator, Vendor};
use whole_function_tests::events::{self, HttpRequest, HttpTrigger, message_id};
use whole_function_tests::{Answer, HttpAnswer, Runtime};

use crate::setup::{ALIBABA_INSTANCE, TENCENT_INSTANCE, at_once, invoke_within, pair, problem};

const FUNCTIONS: [(&str, Vendor); 3] = [
    ("describe", Vendor::TencentMqtt),
    ("inactivate", Vendor::AlibabaMqtt),
    ("status", Vendor::AlibabaCas),
];

fn request(function: &str) -> Value {
    match function {
        "describe" => json!({ "instance_id": TENCENT_INSTANCE }),
        "inactivate" => {
            json!({ "instance_id": ALIBABA_INSTANCE, "certificates": [{ "serial_number": "0a", "ca_serial_number": "0b" }] })
        }
        _ => json!({ "certificates": [{ "serial_number": "0a" }] }),
    }
}

async fn stalled(name: &str, vendor: Vendor) -> (Simulator, Runtime) {
    let (simulator, function) = pair(name, Fleet::empty()).await;
    simulator.fail(vendor, FaultRule::always(Fault::Stall));
    (simulator, function)
}

#[tokio::test]
async fn with_a_silent_vendor_the_answer_comes_before_the_deadline() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let (_simulator, mut function) = stalled(name, vendor).await;
        for (event, is_http) in [
            (request(name), false),
            (
                HttpRequest::post("/", request(name)).event(HttpTrigger::HttpApi),
                true,
            ),
        ] {
            let begun = Instant::now();
            let answer = invoke_within(&mut function, Duration::from_secs(3), event).await;
            assert!(
                begun.elapsed() < Duration::from_secs(3),
                "{name} took {:?}",
                begun.elapsed()
            );
            let problem = if is_http {
                HttpAnswer::read(HttpTrigger::HttpApi, &answer).json()
            } else {
                problem(&answer)
            };
            assert_eq!(
                (&problem["code"], &problem["status"]),
                (&json!("timeout"), &json!(504)),
                "{name}: {problem}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn too_little_time_is_said_at_once_and_without_a_call() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let (simulator, mut function) = stalled(name, vendor).await;
        // The first answer of a process takes longer than the later ones.
        function.invoke(json!({})).await;
        let answer = invoke_within(&mut function, Duration::from_millis(400), request(name)).await;
        assert_eq!(problem(&answer)["code"], "timeout", "{name}: {answer}");
        assert_eq!(simulator.calls(), [], "{name}");
    })
    .await;
}

#[tokio::test]
async fn a_vendor_that_asks_to_wait_longer_than_there_is_time_is_not_waited_for() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let (simulator, mut function) = pair(name, Fleet::empty()).await;
        simulator.fail(vendor, FaultRule::always(Fault::ThrottleFor(60_000)));
        let begun = Instant::now();
        let answer = invoke_within(&mut function, Duration::from_secs(4), request(name)).await;
        assert!(begun.elapsed() < Duration::from_secs(4), "{name}");
        assert_eq!(problem(&answer)["code"], "throttled", "{name}: {answer}");
    })
    .await;
}

#[tokio::test]
async fn records_without_time_before_the_deadline_are_redelivered() {
    at_once(FUNCTIONS, |(name, vendor)| async move {
        let (simulator, mut function) = stalled(name, vendor).await;
        let batch = events::sqs(&[(); 4].map(|()| request(name).to_string()));
        let answer = invoke_within(&mut function, Duration::from_secs(3), batch).await;
        assert!(matches!(answer, Answer::Response(_)), "{name}: {answer}");
        assert_eq!(
            answer.batch_item_failures(),
            [0, 1, 2, 3].map(message_id),
            "{name}"
        );
        assert_eq!(simulator.calls().len(), 1, "{name}");
    })
    .await;
}
