//! Orders that select their certificates: a fleet by its CA, with a plan and through the queue, and
//! one device's name at several places.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Simulator, Thing, Vendor};
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::queue::{Queue, QueueSettings, Queues};
use whole_function_tests::{Runtime, events};

use crate::cells::{request, source};
use crate::setup::{
    TENCENT_INSTANCE, aws_certificates, full, function_with, in_short, invoke_within, problem,
    simulator, tencent, tencent_certificates,
};

const FLEET: usize = 800;
const RUN: Duration = Duration::from_secs(60);
const TRIGGER: HttpTrigger = HttpTrigger::HttpApi;
const WRITE: &str = "DeactivateDeviceCertificate";

/// A fleet of one CA, the function with both queues, and what it has sent.
struct Stage {
    simulator: Simulator,
    function: Runtime,
    orders: Queue,
    results: Queue,
    _queues: Queues,
}

impl Stage {
    async fn new() -> Self {
        let simulator = simulator(tencent(tencent_certificates(FLEET))).await;
        let queues = Queues::start().await;
        let orders = queues.create("orders", QueueSettings::default());
        let results = queues.create("results", QueueSettings::default());
        let own = [
            ("ORDERS_QUEUE_URL", orders.url()),
            ("RESULTS_QUEUE_URL", results.url()),
            ("RECEIPT_SECRETS", "0123456789abcdef0123456789abcdef"),
        ];
        let function = function_with("inactivate", &simulator, &own).await;
        Self {
            simulator,
            function,
            orders,
            results,
            _queues: queues,
        }
    }

    async fn posted(&mut self, own: &Value, later: bool) -> (u64, Value) {
        let mut body = request(Vendor::TencentMqtt, own);
        body["select"] = json!({ "ca_serial_numbers": [self.ca()] });
        let request = HttpRequest::post("/inactivate", &body);
        let request = if later {
            request.header("prefer", "respond-async")
        } else {
            request
        };
        let event = request.event(TRIGGER);
        let answer = invoke_within(&mut self.function, RUN, event).await.json();
        let body = answer["body"].as_str().unwrap();
        (
            answer["statusCode"].as_u64().unwrap(),
            serde_json::from_str(body).unwrap(),
        )
    }

    fn ca(&self) -> String {
        self.simulator.with_fleet(|fleet| {
            let instance = &fleet.tencent_mqtt[TENCENT_INSTANCE];
            instance.certificates[0].ca_sn.clone()
        })
    }

    /// Gives the function every message of its own queue, and returns the results of the parts.
    async fn run_queue(&mut self) -> Vec<Value> {
        let before = self.results.bodies().len();
        loop {
            let messages = self.orders.receive(1);
            let Some(message) = messages.first() else {
                break;
            };
            let event = events::sqs_messages(&self.orders.arn(), &messages);
            let answer = invoke_within(&mut self.function, RUN, event).await;
            assert!(answer.batch_item_failures().is_empty());
            assert!(self.function.idle().await && self.orders.delete(message));
        }
        let bodies = self.results.bodies();
        let sent = bodies.iter().skip(before);
        sent.map(|body| serde_json::from_str(body).unwrap())
            .collect()
    }

    fn writes(&self) -> usize {
        let calls = self.simulator.calls();
        calls.iter().filter(|call| call.action == WRITE).count()
    }

    fn switch_off(&self, number: usize) {
        self.simulator.with_fleet(|fleet| {
            let instance = fleet.tencent_mqtt.get_mut(TENCENT_INSTANCE).unwrap();
            instance.certificates[number].status = "INACTIVE".to_owned();
        });
    }

    fn in_use(&self) -> usize {
        self.simulator.with_fleet(|fleet| {
            let certificates = &fleet.tencent_mqtt[TENCENT_INSTANCE].certificates;
            certificates
                .iter()
                .filter(|one| one.status == "ACTIVE")
                .count()
        })
    }
}

#[tokio::test]
async fn a_fleet_is_inactivated_by_its_ca_only_as_it_was_planned() {
    let mut stage = Stage::new().await;
    for own in [json!({}), json!({ "max_certificates": 10 })] {
        let (status, error) = stage.posted(&own, false).await;
        assert_eq!(
            (status, &error["code"]),
            (422, &json!("selection_too_large"))
        );
        assert!(error["detail"].as_str().unwrap().contains("800"), "{error}");
    }

    let (status, answer) = stage.posted(&json!({ "dry_run": true }), false).await;
    assert_eq!(
        (status, &answer["plan"]["certificates"]),
        (200, &json!(FLEET))
    );
    assert_eq!(answer["summary"]["would_inactivate"], 100);
    let real = json!({ "plan_id": answer["plan"]["id"], "reason": "recall" });
    let (status, error) = stage.posted(&real, false).await;
    assert_eq!(
        (status, &error["code"]),
        (422, &json!("selection_too_large"))
    );

    stage.switch_off(7);
    let (status, _) = stage.posted(&real, true).await;
    assert_eq!(status, 202);
    let events = stage.run_queue().await;
    let [event] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(event["data"]["code"], "conflict", "{event}");
    let detail = event["data"]["detail"].as_str().unwrap();
    assert!(detail.contains("800") && detail.contains("799"), "{detail}");
    assert_eq!((stage.writes(), stage.in_use()), (0, FLEET - 1));

    let (_, answer) = stage.posted(&json!({ "dry_run": true }), false).await;
    assert_eq!(answer["plan"]["certificates"], FLEET - 1);
    let real = json!({ "plan_id": answer["plan"]["id"], "reason": "recall" });
    assert_eq!(stage.posted(&real, true).await.0, 202);
    let events = stage.run_queue().await;
    let parts: Vec<(&Value, &Value)> = events
        .iter()
        .map(|event| {
            (
                &event["data"]["part"],
                &event["data"]["summary"]["inactivated"],
            )
        })
        .collect();
    assert_eq!(parts.len(), 8, "{parts:?}");
    assert_eq!(parts[0], (&json!(1), &json!(100)));
    let summary = &events.last().unwrap()["data"]["order_summary"];
    assert_eq!(
        (&summary["inactivated"], &summary["already_inactive"]),
        (&json!(FLEET - 1), &json!(1))
    );
    assert_eq!((stage.writes(), stage.in_use()), (FLEET - 1, 0));
}

#[tokio::test]
async fn a_device_is_found_by_its_name_at_all_sources() {
    let at_aws = aws_certificates(3);
    let thing = Thing::of("truck-1", &at_aws[1..2]);
    let fleet = full(3).with([thing]);
    let simulator = simulator(fleet).await;
    let sources = json!([
        source(Vendor::TencentMqtt),
        source(Vendor::AlibabaMqtt),
        source(Vendor::AwsIot)
    ]);
    let own = [("SOURCES", &*sources.to_string())];
    let mut function = function_with("inactivate", &simulator, &own).await;
    let order = |client_id: &str| json!({ "sources": "all", "select": { "client_ids": [client_id] }, "max_certificates": 2 });
    // Over EventBridge.
    let event = events::eventbridge_rule(order("truck-1"));
    let answer = invoke_within(&mut function, RUN, event).await.json();
    let results: Vec<(&Value, &Value)> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| (&result["provider"], &result["outcome"]))
        .collect();
    let off = json!("inactivated");
    assert_eq!(
        results,
        [(&json!("tencent-mqtt"), &off), (&json!("aws-iot"), &off)]
    );
    // At Alibaba, nobody tells which certificate a client has.
    let errors: Vec<&Value> = answer["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| &source["error"]["code"])
        .collect();
    assert_eq!(errors, [&Value::Null, &json!("unsupported"), &Value::Null]);
    assert_eq!(answer["last"], true);
    let is_off = simulator.with_fleet(|fleet| {
        let tencent = &fleet.tencent_mqtt[TENCENT_INSTANCE].certificates;
        let tencent = tencent.iter().map(|one| one.status == "INACTIVE");
        let aws = at_aws.iter().map(|one| &fleet.aws_iot[&one.certificate_id]);
        let aws = aws.map(|one| one.status == "INACTIVE");
        (tencent.collect::<Vec<_>>(), aws.collect::<Vec<_>>())
    });
    assert_eq!(is_off, (vec![false, true, false], vec![false, true, false]));
    let answer = invoke_within(&mut function, RUN, order("nobody")).await;
    assert_eq!(in_short(&problem(&answer)), ("not_found", false, None));
}
