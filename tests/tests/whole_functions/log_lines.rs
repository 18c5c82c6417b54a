//! The log names the caller of each change, and has a line with the figures of each event.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::Event;
use whole_function_tests::events::{self, HttpRequest, HttpTrigger};

use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, alibaba, alibaba_certificates, cas, cas_certificates, full,
    function_with, pair, simulator,
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

/// The log's lines about messages with these requests, from a function with this value of
/// `LOG_ANSWERS`.
async fn answer_lines(
    name: &str,
    simulator: &Simulator,
    log_answers: &str,
    requests: &[Value],
) -> Vec<Value> {
    let variables = [
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("LOG_ANSWERS", log_answers),
    ];
    let mut function = function_with(name, simulator, &variables).await;
    let requests: Vec<String> = requests.iter().map(Value::to_string).collect();
    function.invoke(events::sqs(&requests)).await;
    let lines = function.json_logs().into_iter();
    lines.filter(|line| line["message"] == "answer").collect()
}

#[tokio::test]
async fn the_log_has_figures_of_answers_and_no_certificate_in_them() {
    let simulator = simulator(full(3)).await;
    let list = json!({ "instance_id": TENCENT_INSTANCE, "limit": 2, "include_pem": true });
    let counts = json!({ "instance_id": TENCENT_INSTANCE, "limit": 0, "summary": true });
    let described = answer_lines("describe", &simulator, "", &[list.clone(), counts]).await;
    let source = format!("tencent-mqtt/ap-guangzhou/{TENCENT_INSTANCE}");
    assert_eq!(
        described[0]["answer"],
        json!({ "source": source, "certificates": 2, "has_more": true, "errors": {} })
    );
    assert_eq!(
        (
            &described[1]["answer"]["certificates"],
            &described[1]["answer"]["status_active"],
            &described[1]["answer"]["has_more"]
        ),
        (&json!(0), &json!(3), &json!(false))
    );
    let asked = json!({ "certificates": [
        { "serial_number": "50000000000000000000000000000000" }, { "serial_number": "ff" }
    ] });
    let [status] = &answer_lines("status", &simulator, "no", &[asked]).await[..] else {
        panic!("one message has one line")
    };
    let figures = json!({
        "source": "alibaba-pca/cn-hangzhou", "certificates": 2, "has_more": false,
        "status_good": 1, "status_unknown": 1, "errors": {}
    });
    assert_eq!(status["answer"], figures);
    let inactivated = answer_lines("inactivate", &simulator, "no", &[order()]).await;
    let figures = &inactivated[0]["answer"];
    assert_eq!(
        (
            &figures["order_id"],
            &figures["part"],
            &figures["certificates"],
            &figures["outcome_inactivated"]
        ),
        (
            &json!(events::message_id(0)),
            &json!(1),
            &json!(1),
            &json!(1)
        )
    );
    let whole = answer_lines("describe", &simulator, "yes", &[list]).await;
    let answer = whole[0]["answer"].to_string();
    assert!(
        answer.contains("truck-2") && !answer.contains("BEGIN"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_providers_own_message_may_quote_names_and_is_logged_only_on_request() {
    let message = "the device truck-7 is locked";
    for (log_answers, expected) in [("no", Value::Null), ("yes", json!(message))] {
        let simulator = simulator(full(1)).await;
        for action in ["InactivateDeviceCertificate", "DescribeDeviceCertificates"] {
            let fault = Fault::Code {
                code: "NoPermission".to_owned(),
                status: 403,
                message: message.to_owned(),
            };
            for vendor in [Vendor::AlibabaMqtt, Vendor::TencentMqtt] {
                simulator.fail(vendor, FaultRule::always(fault.clone()).on(action));
            }
        }
        let list = json!({ "instance_id": TENCENT_INSTANCE });
        let described = answer_lines("describe", &simulator, log_answers, &[list]).await;
        let error = &described[0]["error"];
        assert_eq!(
            (
                &error["provider_error"]["code"],
                &error["provider_error"]["message"]
            ),
            (&json!("NoPermission"), &expected)
        );
        let variables = [("LOG_ANSWERS", log_answers)];
        let mut function = function_with("inactivate", &simulator, &variables).await;
        function.invoke(order()).await;
        let logs = function.logs();
        let line = logs.lines().find(|line| line.contains("tried to"));
        let line: Value = serde_json::from_str(line.unwrap()).unwrap();
        let error = &line["result"]["error"]["provider_error"];
        assert_eq!(
            (&error["code"], &error["message"]),
            (&json!("NoPermission"), &expected)
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
