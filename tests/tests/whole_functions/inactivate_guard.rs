//! Certificates that inactivate may not touch, and acts that it must not do.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{AlibabaInstance, Simulator, Vendor};
use whole_function_tests::events::{self, HttpRequest, HttpTrigger, aged};
use whole_function_tests::{Answer, HttpAnswer, Runtime};

use crate::setup::{
    ALIBABA_INSTANCE, alibaba, alibaba_certificates, function_with, pair, problem, simulator,
    texts, variables,
};

const WRITE: &str = "InactivateDeviceCertificate";
const OTHER_INSTANCE: &str = "post-cn-other";

fn request(instance: &str) -> Value {
    json!({ "instance_id": instance, "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }] })
}

/// Two instances that hold the same certificates.
async fn two_instances() -> Simulator {
    let mut fleet = alibaba(alibaba_certificates(1));
    let other = AlibabaInstance {
        instance_id: OTHER_INSTANCE.to_owned(),
        certificates: alibaba_certificates(1),
    };
    fleet.alibaba_mqtt.insert(other.instance_id.clone(), other);
    simulator(fleet).await
}

#[tokio::test]
async fn without_an_allow_list_nothing_is_touched_not_even_read() {
    let simulator = two_instances().await;
    let wired = variables("inactivate", &simulator);
    let all: Vec<(&str, &str)> = wired
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let unset: Vec<(&str, &str)> = all
        .iter()
        .copied()
        .filter(|(name, _)| *name != "INACTIVATE_ALLOWED_INSTANCES")
        .collect();
    let empty: Vec<(&str, &str)> = unset
        .iter()
        .copied()
        .chain([("INACTIVATE_ALLOWED_INSTANCES", "")])
        .collect();
    for variables in [unset, empty] {
        let mut function = Runtime::start("inactivate", &variables).await;
        for dry_run in [false, true] {
            let mut request = request(ALIBABA_INSTANCE);
            request["dry_run"] = json!(dry_run);
            let problem = problem(&function.invoke(request).await);
            assert_eq!(problem["code"], "forbidden", "{problem}");
            assert_eq!(
                (&problem["status"], &problem["retryable"]),
                (&json!(403), &json!(false))
            );
            let detail = problem["detail"].as_str().unwrap();
            assert!(
                detail.contains("INACTIVATE_ALLOWED_INSTANCES")
                    && detail.contains(ALIBABA_INSTANCE),
                "{detail}"
            );
        }
    }
    assert_eq!(simulator.calls(), []);
}

#[tokio::test]
async fn a_dry_run_reads_and_writes_nothing() {
    let mut certificates = alibaba_certificates(2);
    certificates[1].status = "0".to_owned();
    let (simulator, mut function) = pair("inactivate", alibaba(certificates)).await;
    let serials = ["d00000000000", "d00000000001", "0abc"];
    let certificates: Vec<Value> = serials
        .iter()
        .map(|serial| json!({ "serial_number": serial, "ca_serial_number": "007269004887" }))
        .collect();
    let request =
        json!({ "instance_id": ALIBABA_INSTANCE, "certificates": certificates, "dry_run": true });
    let answer = function.invoke(request).await.json();
    assert_eq!(answer["dry_run"], true);
    assert_eq!(
        texts(&answer["results"], "outcome"),
        ["would_inactivate", "already_inactive", "not_found"]
    );
    assert_eq!(
        answer["summary"],
        json!({
            "inactivated": 0, "already_inactive": 1, "would_inactivate": 1, "not_found": 1, "refused": 0,
            "failed": 0, "unknown": 0, "not_attempted": 0
        })
    );
    let first = &answer["results"][0];
    assert_eq!(
        (&first["status_before"], &first["status"], &first["error"]),
        (&json!("active"), &json!("active"), &Value::Null)
    );
    assert_eq!(simulator.count(Vendor::AlibabaMqtt, WRITE), 0);
    simulator.with_fleet(|fleet| {
        assert_eq!(
            fleet.alibaba_mqtt[ALIBABA_INSTANCE].certificates[0].status,
            "1"
        )
    });
}

#[tokio::test]
async fn a_get_never_inactivates() {
    let simulator = two_instances().await;
    let mut function = function_with("inactivate", &simulator, &[]).await;
    for trigger in HttpTrigger::ALL {
        let event = HttpRequest::get("/inactivate")
            .query("instance_id", ALIBABA_INSTANCE)
            .query("serial_number", "d00000000000")
            .event(trigger);
        let answer = HttpAnswer::read(trigger, &function.invoke(event).await);
        assert_eq!(
            (answer.status, answer.headers["allow"].as_str()),
            (405, "POST"),
            "{trigger:?}"
        );
    }
    assert_eq!(simulator.calls(), []);
}

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The order on each trigger that tells when it was sent, so long ago.
fn sent_ago(order: &Value, age: Duration) -> Vec<(&'static str, Value)> {
    let text = order.to_string();
    let envelope = aged(
        serde_json::from_str(&events::sns_envelope(&text)).unwrap(),
        age,
    )
    .to_string();
    let of_bus = aged(events::eventbridge_rule(order.clone()), age);
    vec![
        ("queue", aged(events::sqs(&[&text]), age)),
        (
            "ordered queue",
            aged(events::sqs_fifo(&[("a", &text)]), age),
        ),
        ("queue behind a topic", events::sqs(&[&envelope])),
        ("queue behind a bus", events::sqs(&[of_bus.to_string()])),
        ("pipe", aged(events::pipes(&[&text]), age)),
        ("topic", aged(events::sns(&[&text]), age)),
        ("rule", of_bus),
        (
            "schedule",
            aged(events::eventbridge_schedule(order.clone()), age),
        ),
    ]
}

/// The only outcome, or the error, where the trigger gets one.
fn outcome_of(trigger: &str, answer: &Answer) -> Option<Value> {
    if trigger.contains("queue") {
        assert_eq!(answer.batch_item_failures(), [""; 0], "{trigger}");
        return None;
    }
    Some(match answer {
        Answer::Error(_) => problem(answer),
        _ => match answer.json() {
            Value::Array(mut outcomes) => outcomes.remove(0),
            outcome => outcome,
        },
    })
}

#[tokio::test]
async fn an_order_that_was_sent_long_ago_is_refused_for_good_and_without_a_call() {
    let (simulator, mut function) = pair("inactivate", alibaba(alibaba_certificates(1))).await;
    for dry_run in [false, true] {
        let mut order = request(ALIBABA_INSTANCE);
        order["dry_run"] = json!(dry_run);
        for (trigger, event) in sent_ago(&order, 25 * HOUR) {
            if let Some(error) = outcome_of(trigger, &function.invoke(event).await) {
                assert_eq!(
                    (&error["code"], &error["field"]),
                    (&json!("forbidden"), &json!("not_after")),
                    "{trigger}: {error}"
                );
            }
        }
        for trigger in [
            HttpTrigger::HttpApi,
            HttpTrigger::FunctionUrl,
            HttpTrigger::RestApi,
        ] {
            let event = aged(
                HttpRequest::post("/inactivate", &order).event(trigger),
                HOUR / 4 + Duration::from_secs(5),
            );
            let answer = HttpAnswer::read(trigger, &function.invoke(event).await);
            assert_eq!(
                (answer.status, &answer.json()["field"]),
                (403, &json!("not_after")),
                "{trigger:?}"
            );
        }
    }
    assert_eq!(simulator.calls(), []);
}

#[tokio::test]
async fn an_order_of_today_or_with_an_end_of_its_own_that_is_not_over_is_carried_out() {
    let (simulator, mut function) = pair("inactivate", alibaba(alibaba_certificates(1))).await;
    for (age, not_after) in [
        (23 * HOUR, Value::Null),
        (300 * HOUR, json!("2999-01-01T00:00:00Z")),
    ] {
        let mut order = request(ALIBABA_INSTANCE);
        order["not_after"] = not_after;
        let mut events: Vec<(&str, Value)> = sent_ago(&order, age);
        events.push((
            "http",
            aged(
                HttpRequest::post("/", &order).event(HttpTrigger::LoadBalancer),
                age,
            ),
        ));
        if !order["not_after"].is_null() {
            events.push((
                "http",
                aged(
                    HttpRequest::post("/", &order).event(HttpTrigger::HttpApi),
                    age,
                ),
            ));
        }
        for (trigger, event) in events {
            simulator.reset();
            let outcome = outcome_of(trigger, &function.invoke(event).await);
            assert!(
                outcome.is_none_or(|outcome| outcome["code"].is_null()),
                "{trigger}"
            );
            assert_eq!(
                simulator.count(Vendor::AlibabaMqtt, WRITE),
                1,
                "{trigger} {age:?}"
            );
        }
    }
}
