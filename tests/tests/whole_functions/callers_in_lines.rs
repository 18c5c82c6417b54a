//! The line at the end of each event names the caller, whatever became of the request, and however
//! it came.

use serde_json::{Value, json};
use simulator::Simulator;
use whole_function_tests::events::{self, HttpRequest, HttpTrigger};
use whole_function_tests::{Event, Runtime};

use crate::setup::{ALIBABA_INSTANCE, TENCENT_INSTANCE, at_once, full, function_with, simulator};
use crate::webhooks::{ID, NEW_SECRET, open, signed_to};

const ARN: &str = "arn:aws:sts::123456789012:assumed-role/operators/anna";
const SUBJECT: &str = "person-7";
const SENDER: &str = "AIDAIENQZJOLO23YVJ4VO";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:orders";
const SOURCE: &str = "org.example.fleet";

/// A way on which a request comes to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Over HTTP, with a signature that the gateway has verified.
    Iam(HttpTrigger),
    /// Over HTTP, with a token that the gateway has verified.
    Jwt(HttpTrigger),
    Webhook(HttpTrigger),
    Queue,
    FifoQueue,
    Pipe,
    Topic,
    Bus,
    Direct,
}

fn ways() -> Vec<Way> {
    let mut ways = vec![
        Way::Iam(HttpTrigger::HttpApi),
        Way::Iam(HttpTrigger::FunctionUrl),
        Way::Iam(HttpTrigger::RestApi),
        Way::Jwt(HttpTrigger::HttpApi),
        Way::Jwt(HttpTrigger::RestApi),
        Way::Queue,
        Way::FifoQueue,
        Way::Pipe,
        Way::Topic,
        Way::Bus,
        Way::Direct,
    ];
    ways.extend(HttpTrigger::ALL.map(Way::Webhook));
    ways
}

/// The event of an HTTP request whose caller the gateway has verified so.
fn authorized(request: &Value, trigger: HttpTrigger, member: &str, value: Value) -> Value {
    let mut event = open(&HttpRequest::post("/", request), trigger);
    event["requestContext"][member] = value;
    event
}

impl Way {
    fn event(self, request: &Value) -> Event {
        let text = request.to_string();
        let event = match self {
            Self::Iam(HttpTrigger::RestApi) => {
                let identity = json!({ "userArn": ARN, "sourceIp": "192.0.2.1" });
                authorized(request, HttpTrigger::RestApi, "identity", identity)
            }
            Self::Iam(trigger) => authorized(
                request,
                trigger,
                "authorizer",
                json!({ "iam": { "userArn": ARN } }),
            ),
            Self::Jwt(HttpTrigger::RestApi) => {
                let claims = json!({ "claims": { "sub": SUBJECT } });
                authorized(request, HttpTrigger::RestApi, "authorizer", claims)
            }
            Self::Jwt(trigger) => {
                let token = json!({ "jwt": { "claims": { "sub": SUBJECT }, "scopes": null } });
                authorized(request, trigger, "authorizer", token)
            }
            Self::Webhook(trigger) => open(&signed_to("/", NEW_SECRET, &text), trigger),
            Self::Queue | Self::FifoQueue => {
                let mut event = match self {
                    Self::Queue => events::sqs(&[&text]),
                    _ => events::sqs_fifo(&[("group", &text)]),
                };
                event["Records"][0]["attributes"]["SenderId"] = json!(SENDER);
                event
            }
            Self::Pipe => {
                let mut event = events::pipes(&[&text]);
                event[0]["attributes"]["SenderId"] = json!(SENDER);
                event
            }
            Self::Topic => {
                let mut event = events::sns(&[&text]);
                event["Records"][0]["Sns"]["TopicArn"] = json!(TOPIC);
                event
            }
            Self::Bus => {
                let mut event = events::eventbridge_rule(request.clone());
                event["source"] = json!(SOURCE);
                event
            }
            Self::Direct => request.clone(),
        };
        event.into()
    }

    /// The members `trigger`, `caller` and `caller_verified` of the line.
    fn named(self) -> Value {
        let webhook = format!("webhook {ID}");
        let (trigger, caller, is_verified) = match self {
            Self::Iam(_) => ("http", ARN, true),
            Self::Jwt(_) => ("http", SUBJECT, true),
            Self::Webhook(_) => ("http", webhook.as_str(), true),
            Self::Queue | Self::FifoQueue => ("queue", SENDER, true),
            Self::Pipe => ("pipe", SENDER, true),
            Self::Topic => ("topic", TOPIC, true),
            Self::Bus => ("bus", SOURCE, false),
            Self::Direct => ("direct", "unverified direct invocation", false),
        };
        json!([trigger, caller, is_verified])
    }
}

/// A function with webhooks that calls this simulator. Its log is JSON.
async fn logging(name: &str, simulator: &Simulator) -> Runtime {
    let variables = [
        ("WEBHOOK_SECRETS", NEW_SECRET),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ];
    function_with(name, simulator, &variables).await
}

/// The last line at the end of an event.
fn end(function: &Runtime) -> Value {
    let lines = function.json_logs().into_iter().rev();
    let mut ends = lines.filter(|line| line["message"] == "event");
    ends.next().unwrap()
}

fn order(serial_number: &str) -> Value {
    json!({
        "instance_id": ALIBABA_INSTANCE, "reason": "stolen",
        "certificates": [{ "serial_number": serial_number, "ca_serial_number": "007269004887" }]
    })
}

fn with(mut request: Value, member: &str, value: Value) -> Value {
    request[member] = value;
    request
}

/// The outcome of each request, its function, the request, and the member of the line that proves the
/// outcome.
fn kinds() -> [(&'static str, &'static str, Value, &'static str); 9] {
    let good = || order("d00000000000");
    let statuses =
        json!({ "certificates": [{ "serial_number": "50000000000000000000000000000000" }] });
    [
        (
            "refused by the allow-list",
            "inactivate",
            with(good(), "instance_id", json!("post-cn-of-others")),
            "errors",
        ),
        (
            "dry run",
            "inactivate",
            with(good(), "dry_run", json!(true)),
            "outcome_would_inactivate",
        ),
        (
            "old",
            "inactivate",
            with(good(), "not_after", json!("2026-01-01T00:00:00Z")),
            "errors",
        ),
        (
            "unknown certificate",
            "inactivate",
            order("d0ffff"),
            "outcome_not_found",
        ),
        ("written", "inactivate", good(), "outcome_inactivated"),
        (
            "already off",
            "inactivate",
            good(),
            "outcome_already_inactive",
        ),
        ("read", "status", statuses, "status_good"),
        (
            "listed",
            "describe",
            json!({ "instance_id": TENCENT_INSTANCE, "limit": 1 }),
            "provider_calls",
        ),
        (
            "invalid",
            "inactivate",
            json!({ "colour": "red" }),
            "errors",
        ),
    ]
}

#[tokio::test]
async fn every_event_names_its_caller_whatever_came_of_it() {
    for some in ways().chunks(4) {
        at_once(some.to_vec(), |way| async move {
            let simulator = simulator(full(2)).await;
            let mut functions = Vec::new();
            for name in ["describe", "inactivate", "status"] {
                functions.push((name, logging(name, &simulator).await));
            }
            for (kind, name, request, figure) in kinds() {
                let (_, function) = functions.iter_mut().find(|(of, _)| *of == name).unwrap();
                function.invoke(way.event(&request)).await;
                let line = end(function);
                assert_eq!(line[figure], 1, "{kind}, {way:?}: {line}");
                let named =
                    ["trigger", "caller", "caller_verified"].map(|member| line[member].clone());
                assert_eq!(json!(named), way.named(), "{kind}, {way:?}");
                assert_eq!(line["caller_count"], 1, "{kind}, {way:?}");
                assert!(line["callers"].is_null(), "{kind}, {way:?}: {line}");
            }
            // The lines about the change and about the message say the same.
            for (_, function) in &functions {
                let others = function.json_logs().into_iter().filter(|line| {
                    line["message"] == "answer" || line["status_before"].is_string()
                });
                for line in others {
                    assert_eq!(line["caller"], way.named()[1], "{way:?}: {line}");
                }
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_caller_whom_nobody_has_verified_is_not_named() {
    let simulator = simulator(full(1)).await;
    let mut function = logging("inactivate", &simulator).await;
    let order = order("d00000000000").to_string();
    let forged = signed_to("/", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &order);
    let no_caller = json!({ "iam": null });
    let nobody = authorized(
        &order.parse().unwrap(),
        HttpTrigger::HttpApi,
        "authorizer",
        no_caller,
    );
    let events: [Value; 4] = [
        open(&forged, HttpTrigger::HttpApi),
        nobody,
        json!({ "Records": [] }),
        open(
            &HttpRequest::get("/").header("user-agent", "ELB-HealthChecker/2.0"),
            HttpTrigger::LoadBalancer,
        ),
    ];
    for event in events {
        function.invoke(&event).await;
        let line = end(&function);
        let named = ["caller", "callers", "caller_count", "caller_verified"];
        assert_eq!(
            json!(named.map(|member| line[member].clone())),
            json!([null, null, 0, false]),
            "{event}"
        );
    }
    let claims: Vec<Value> = function
        .json_logs()
        .into_iter()
        .filter(|line| line["message"] == "the caller is not authenticated")
        .map(|line| line["unverified_webhook_id"].clone())
        .collect();
    assert_eq!(claims, [json!(ID), Value::Null]);
}

#[tokio::test]
async fn a_batch_names_each_caller_and_an_order_that_continues_names_its_own() {
    let simulator = simulator(full(1)).await;
    let mut function = logging("inactivate", &simulator).await;
    let continued = json!({
        "order": {
            "id": "e-1", "part": 2, "caller": "webhook msg_1\n\u{202e}", "expires_at": null,
            "earlier_results": { "inactivated": 1 }
        },
        "request": with(order("d00000000000"), "provider", json!("alibaba-mqtt"))
    });
    let mut event = events::sqs(&[
        order("d0ffff").to_string(),
        continued.to_string(),
        "not JSON".to_owned(),
    ]);
    for (record, sender) in [(0, "AIDA-1"), (1, "AROA-1:inactivate"), (2, "AIDA-2")] {
        event["Records"][record]["attributes"]["SenderId"] = json!(sender);
    }
    function.invoke(&event).await;
    let line = end(&function);
    assert_eq!(
        (&line["caller"], &line["callers"], &line["caller_verified"]),
        (
            &Value::Null,
            &json!(["AIDA-1", "AIDA-2", "webhook msg_1\n\u{202e}"]),
            &json!(false)
        ),
        "whoever may send to the queue can claim to be any caller of an order that goes on"
    );
    assert!(
        !function.logs().contains('\u{202e}') && function.logs().contains(r"\u202e"),
        "{}",
        function.logs()
    );
    let mut answers: Vec<Value> = function
        .json_logs()
        .into_iter()
        .filter(|line| line["message"] == "answer")
        .map(|line| json!([line["caller"], line["sender"]]))
        .collect();
    answers.sort_by_key(Value::to_string);
    assert_eq!(
        answers,
        [
            json!(["AIDA-1", null]),
            json!(["AIDA-2", null]),
            json!(["webhook msg_1\n\u{202e}", "AROA-1:inactivate"])
        ]
    );
}
