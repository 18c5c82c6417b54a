//! What the log says of each event: who had a certificate switched off, and a line at the end with
//! its figures.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Vendor};
use whole_function_tests::Event;
use whole_function_tests::events::{self, HttpRequest, HttpTrigger};

use crate::setup::{
    ALIBABA_INSTANCE, alibaba, alibaba_certificates, cas, cas_certificates, function_with, pair,
    simulator,
};

fn order() -> Value {
    json!({
        "instance_id": ALIBABA_INSTANCE, "reason": "stolen",
        "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }]
    })
}

fn over_http(trigger: HttpTrigger, pointer: &str, actual: Value) -> Value {
    let mut event = HttpRequest::post("/inactivate", order()).event(trigger);
    event["requestContext"][pointer] = actual;
    event
}

#[tokio::test]
async fn the_audit_names_the_caller_the_status_before_and_the_outcome() {
    const USER: &str = "arn:aws:iam::123456789012:user/operator";
    let mut queue = events::sqs(&[order().to_string()]);
    queue["Records"][0]["attributes"]["SenderId"] = json!("AIDAIENQZJOLO23YVJ4VO");
    let mut topic = events::sns(&[&order().to_string()]);
    topic["Records"][0]["Sns"]["TopicArn"] = json!("arn:aws:sns:eu-west-1:123456789012:orders");
    let bus = json!({ "detail-type": "Stolen", "source": "org.example.fleet", "id": "e-1", "detail": order() });
    let cases: [(Value, Value); 7] = [
        (
            over_http(
                HttpTrigger::HttpApi,
                "authorizer",
                json!({ "iam": { "userArn": USER } }),
            ),
            json!(USER),
        ),
        (
            over_http(
                HttpTrigger::HttpApi,
                "authorizer",
                json!({ "jwt": { "claims": { "sub": "person-7" } } }),
            ),
            json!("person-7"),
        ),
        (
            over_http(HttpTrigger::RestApi, "identity", json!({ "userArn": USER })),
            json!(USER),
        ),
        (queue, json!("AIDAIENQZJOLO23YVJ4VO")),
        (topic, json!("arn:aws:sns:eu-west-1:123456789012:orders")),
        (bus, json!("org.example.fleet")),
        (order(), json!("unverified direct invocation")),
    ];
    for (event, caller) in cases {
        let (_simulator, mut function) = pair("inactivate", alibaba(alibaba_certificates(1))).await;
        function.invoke(Event::from(&event)).await;
        let audit: Vec<Value> = function
            .json_logs()
            .into_iter()
            .filter(|line| line["reason"] == "stolen")
            .collect();
        assert_eq!(audit.len(), 2, "one before and one after: {event}");
        for line in &audit {
            assert_eq!(
                (&line["caller"], &line["status_before"]),
                (&caller, &json!("active")),
                "{event}"
            );
            assert!(line["function_request_id"].is_string(), "{line}");
        }
        assert_eq!(
            (&audit[0]["result"], &audit[1]["result"]["outcome"]),
            (&Value::Null, &json!("inactivated"))
        );
    }
}

/// The lines at the ends of events.
fn ends(lines: Vec<Value>) -> Vec<Value> {
    lines
        .into_iter()
        .filter(|line| line["message"] == "event")
        .collect()
}

#[tokio::test]
async fn each_event_leaves_one_line_with_its_figures() {
    let simulator = simulator(cas(cas_certificates(3))).await;
    let mut function =
        function_with("status", &simulator, &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]).await;
    let requested = json!({ "certificates": [{ "serial_number": "50000000000000000000000000000000" }, { "serial_number": "ff" }] });
    simulator.fail(Vendor::AlibabaCas, FaultRule::once(Fault::ThrottleFor(1)));
    function.invoke(&requested).await;
    function
        .invoke(HttpRequest::post("/status", &requested).event(HttpTrigger::HttpApi))
        .await;
    function
        .invoke(events::sqs(&[
            requested.to_string(),
            "not JSON".to_owned(),
            requested.to_string(),
        ]))
        .await;
    function.invoke(json!({ "Records": [] })).await;
    let ends = ends(function.json_logs());
    let actual = |line: &Value| {
        let names = [
            "provider_calls",
            "provider_retries",
            "provider_throttles",
            "messages",
            "messages_needing_redelivery",
            "errors",
        ];
        (
            line["trigger"].as_str().unwrap().to_owned(),
            names.map(|name| line[name].as_u64().unwrap()),
        )
    };
    // An unknown number is asked for in each of its spellings.
    let calls = simulator.calls().len() as u64;
    let each = (calls - 1) / 3;
    let expected = [
        ("direct", [each + 1, 1, 1, 0, 0, 0]),
        ("http", [each, 0, 0, 0, 0, 0]),
        ("queue", [each, 0, 0, 3, 1, 1]),
        ("unknown", [0, 0, 0, 0, 0, 1]),
    ];
    assert_eq!(
        ends.iter().map(actual).collect::<Vec<_>>(),
        expected.map(|(trigger, counts)| (trigger.to_owned(), counts))
    );
    assert_eq!(
        (&ends[0]["status_good"], &ends[0]["status_unknown"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        ends.iter()
            .map(|line| line["cold_start"].as_bool().unwrap())
            .collect::<Vec<_>>(),
        [true, false, false, false]
    );
    assert!(ends.iter().all(|line| line["service"] == "status"
        && line["_aws"]["CloudWatchMetrics"][0]["Metrics"].is_array()));
    assert!(
        !ends[1]["provider_request_ids"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}
