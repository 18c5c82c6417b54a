//! Answers that go to the results queue.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::*;
use crate::testing::network::{Answer, answer, ok, url};

const QUEUE: [(&str, &str); 4] = [
    (
        "RESULTS_QUEUE_URL",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/results",
    ),
    ("AWS_REGION", "eu-west-1"),
    ("DEFAULT_PROVIDER", "tencent-mqtt"),
    ("TENCENTCLOUD_REGION", "ap-guangzhou"),
];

/// The queue, and a broker whose list has this many certificates. An instance with the name `busy` is
/// throttled.
#[derive(Clone, Default)]
struct World {
    certificates: u64,
    pem: String,
    /// Whether the queue takes what is sent to it.
    refuses: Rc<Cell<bool>>,
    /// The bodies of the messages that it took.
    events: Rc<RefCell<Vec<Value>>>,
}

impl World {
    fn network(&self) -> Network {
        let world = self.clone();
        Network::new(move |request| {
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            if url(request).contains("sqs.") {
                world.take(&body)
            } else {
                world.list(&body)
            }
        })
    }

    fn take(&self, body: &Value) -> Answer {
        if self.refuses.get() {
            return answer(
                400,
                json!({"__type": "com.amazonaws.sqs#AccessDenied"}).to_string(),
            );
        }
        let entries = body["Entries"].as_array().unwrap();
        self.events.borrow_mut().extend(
            entries
                .iter()
                .map(|entry| serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap()),
        );
        ok(
            &json!({"Successful": entries.iter().map(|entry| json!({"Id": entry["Id"]})).collect::<Vec<_>>()}),
        )
    }

    fn list(&self, body: &Value) -> Answer {
        if body["InstanceId"] == "busy" {
            return ok(&json!({"Response": {"Error": {"Code": "RequestLimitExceeded"}}}));
        }
        if body["InstanceId"] == "lost" {
            return ok(&json!({"Response": {"Error": {"Code": "ResourceNotFound.Instance"}}}));
        }
        let (begin, size) = (
            body["Offset"].as_u64().unwrap(),
            body["Limit"].as_u64().unwrap(),
        );
        let item = |number| json!({"DeviceCertificateSn": format!("{:x}", number + 1), "Status": "ACTIVE", "DeviceCertificate": self.pem});
        let items: Vec<Value> = (begin..self.certificates.min(begin + size))
            .map(item)
            .collect();
        ok(&json!({"Response": {"TotalCount": self.certificates, "Data": items}}))
    }

    fn send(&self, event: &Value) -> Result<Value, FunctionError> {
        let Bench {
            config, transport, ..
        } = Bench::with(&self.network(), &QUEUE);
        give::<Describe>(&Function::new(config, transport), &event.to_string())
    }

    /// Id, type, and how many certificates or which code, of each event.
    fn summary(&self) -> Vec<String> {
        let event = |event: &Value| {
            let data = &event["data"];
            let what = data["certificates"]
                .as_array()
                .map_or_else(|| data["code"].to_string(), |list| list.len().to_string());
            format!(
                "{} {} {what}",
                event["id"].as_str().unwrap(),
                event["type"].as_str().unwrap().rsplit('.').next().unwrap()
            )
        };
        self.events.borrow().iter().map(event).collect()
    }
}

fn list(instance: &str) -> String {
    json!({"instance_id": instance}).to_string()
}

#[test]
fn each_message_that_needs_no_redelivery_has_its_event() {
    let world = World {
        certificates: 3,
        ..World::default()
    };
    let (good, busy, lost) = (list("mqtt-1"), list("busy"), list("lost"));
    let batch = queue_batch([
        ("m-1", good.as_str()),
        ("m-2", &busy),
        ("m-3", BAD),
        ("m-4", &lost),
        ("m-5", &good),
    ]);
    assert_eq!(ids(&world.send(&batch).unwrap()), ["m-2", "m-3"]);
    assert_eq!(
        world.summary(),
        ["m-1 answer 3", "m-5 answer 3", "m-4 error \"not_found\""]
    );
    let events = world.events.borrow();
    assert_eq!(
        (&events[0]["subject"], &events[0]["source"]),
        (&json!("tencent-mqtt/ap-guangzhou/mqtt-1"), &json!(ARN))
    );
    assert_eq!(events[0]["data"]["operation"], "describe");
}

#[test]
fn a_message_whose_result_cannot_be_sent_needs_redelivery() {
    let world = World {
        certificates: 3,
        ..World::default()
    };
    world.refuses.set(true);
    let good = list("mqtt-1");
    assert_eq!(
        ids(&world
            .send(&queue_batch([("m-1", good.as_str()), ("m-2", &good)]))
            .unwrap()),
        ["m-1", "m-2"]
    );
    for event in [topic(&[&good]), bus(&good)] {
        let error = world.send(&event).unwrap_err().0;
        assert_eq!(error.code.as_str(), "provider_rejected");
        assert!(error.detail.contains("RESULTS_QUEUE_URL"), "{error}");
    }
    assert!(world.events.borrow().is_empty());
}

#[test]
fn results_of_topics_and_buses_have_the_ids_of_their_messages_or_else_of_the_invocation() {
    let world = World {
        certificates: 1,
        ..World::default()
    };
    let good = list("mqtt-1");
    let notifications = topic(&[&good, &good]);
    assert_eq!(
        world
            .send(&notifications)
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let mut scheduled = bus(&good);
    scheduled["id"] = json!("e-1");
    for event in [scheduled, bus(&good)] {
        assert_eq!(world.send(&event).unwrap()["operation"], "describe");
    }
    assert_eq!(
        world.summary(),
        [
            "n-0 answer 1",
            "n-1 answer 1",
            "e-1 answer 1",
            "invocation-1/0 answer 1"
        ]
    );
}

#[test]
fn a_direct_answer_is_not_published() {
    let world = World {
        certificates: 1,
        ..World::default()
    };
    let good = list("mqtt-1");
    world.send(&serde_json::from_str(&good).unwrap()).unwrap();
    world
        .send(&json!(queue_records([("1", good.as_str())])))
        .unwrap();
    assert_eq!(world.summary(), [""; 0]);
}

#[test]
fn an_answer_that_is_larger_than_a_message_becomes_several() {
    let world = World {
        certificates: 1_000,
        pem: format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            "x".repeat(4_000)
        ),
        ..World::default()
    };
    let list = |limit: u64| {
        json!({"instance_id": "mqtt-1", "limit": limit, "include_pem": true}).to_string()
    };
    let (all, some) = (list(10_000), list(500));
    assert_eq!(
        ids(&world
            .send(&queue_batch([("m-1", all.as_str()), ("m-2", &some)]))
            .unwrap()),
        [""; 0]
    );
    let events = world.events.borrow();
    let of = |message: &str| -> Vec<&Value> {
        events
            .iter()
            .filter(|event| event["id"].as_str().unwrap().starts_with(message))
            .collect()
    };
    for (message, count, is_whole) in [("m-1", 1_000, true), ("m-2", 500, false)] {
        let pages = of(message);
        let ids: Vec<String> = pages
            .iter()
            .map(|page| page["id"].as_str().unwrap().to_owned())
            .collect();
        let expected: Vec<String> = (1..=pages.len())
            .map(|page| {
                if page == 1 {
                    message.to_owned()
                } else {
                    format!("{message}.{page}")
                }
            })
            .collect();
        assert_eq!(ids, expected);
        assert!(pages.len() > 2 && pages.iter().all(|page| page.to_string().len() < 1_048_576));
        let serials: std::collections::HashSet<String> = pages
            .iter()
            .flat_map(|page| page["data"]["certificates"].as_array().unwrap())
            .map(|certificate| certificate["serial_number"].to_string())
            .collect();
        assert_eq!(serials.len(), count, "none is missing and none comes twice");
        assert_eq!(
            pages.last().unwrap()["data"]["next_cursor"].is_null(),
            is_whole
        );
    }
}

#[test]
fn behind_a_message_whose_result_cannot_be_sent_its_message_group_needs_redelivery() {
    let world = World {
        certificates: 1,
        ..World::default()
    };
    world.refuses.set(true);
    let good = list("mqtt-1");
    let mut batch = queue_batch([("m-1", good.as_str()), ("m-2", &good)]);
    for record in batch["Records"].as_array_mut().unwrap() {
        record["eventSourceARN"] = json!("arn:aws:sqs:eu-west-1:1:orders.fifo");
        record["attributes"]["MessageGroupId"] = json!("a");
    }
    assert_eq!(ids(&world.send(&batch).unwrap()), ["m-1", "m-2"]);
}
