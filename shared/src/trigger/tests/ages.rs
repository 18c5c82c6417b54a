//! Orders that are too old.

use super::*;
use crate::testing::network::{ok, parameter};

const QUARTER: i64 = 15 * 60 * 1000;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Makes an event that was sent at this moment of this request.
type Maker = fn(&str, i64) -> Value;

fn text(moment: i64) -> String {
    Timestamp::from_epoch_milliseconds(moment)
        .unwrap()
        .to_string()
}

fn queue(body: &str, sent: i64) -> Value {
    let mut batch = queue_batch([("1", body)]);
    batch["Records"][0]["attributes"]["SentTimestamp"] = json!(sent.to_string());
    batch
}

fn envelope(body: &str, sent: i64) -> String {
    json!({"Type": "Notification", "TopicArn": "arn", "Message": body, "Timestamp": text(sent)})
        .to_string()
}

fn of_bus(body: &str, sent: i64) -> Value {
    let mut event = bus(body);
    event["time"] = json!(text(sent));
    event
}

/// Everything that tells when it was sent, and how old it may be.
const MAKERS: [(&str, i64, Maker); 9] = [
    (
        "http 2.0",
        QUARTER,
        |body, sent| json!({"requestContext": {"http": {"method": "POST"}, "timeEpoch": sent}, "body": body}),
    ),
    (
        "http 1.0",
        QUARTER,
        |body, sent| json!({"requestContext": {"requestTimeEpoch": sent}, "httpMethod": "POST", "body": body}),
    ),
    ("queue", DAY, queue),
    ("pipe", DAY, |body, sent| {
        queue(body, sent)["Records"].take()
    }),
    ("topic", DAY, |body, sent| {
        let mut event = topic(&[body]);
        event["Records"][0]["Sns"]["Timestamp"] = json!(text(sent));
        event
    }),
    ("bus", DAY, of_bus),
    // The oldest moment is the first.
    ("topic in queue", DAY, |body, sent| {
        queue(&envelope(body, sent), NOW)
    }),
    ("bus in queue", DAY, |body, sent| {
        queue(&of_bus(body, sent).to_string(), NOW)
    }),
    ("bus in topic in queue", DAY, |body, sent| {
        queue(&envelope(&of_bus(body, sent).to_string(), NOW), NOW)
    }),
];

fn order(change: &[(&str, Value)]) -> String {
    let mut order = json!({
        "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-1",
        "certificates": [{"serial_number": "0A", "ca_serial_number": "0b"}]
    });
    for (member, value) in change {
        order[*member] = value.clone();
    }
    order.to_string()
}

/// A broker at which everything is off already.
fn broker() -> Network {
    Network::new(|request| {
        let member = |name| parameter(request, name).unwrap();
        ok(
            &json!({"Data": {"DeviceSn": member("DeviceSn"), "CaSn": member("CaSn"), "Status": "0"}, "RequestId": "id-1"}),
        )
    })
}

/// Whether the order was carried out; where it was not, it has to be refused as too old, without a
/// call, for good.
fn is_done(trigger: &str, event: &Value) -> bool {
    let network = broker();
    let result = send_over::<Inactivate>(&network, event);
    let answer_body = match result {
        Err(error) => serde_json::to_value(&error.0).unwrap(),
        Ok(answer) if trigger.starts_with("http") => http::problem(&answer),
        Ok(answer) if trigger.ends_with("queue") => {
            assert_eq!(ids(&answer), [""; 0], "{trigger}");
            return !network.sent().is_empty();
        }
        Ok(answer) => {
            if answer.is_array() {
                answer[0].clone()
            } else {
                answer
            }
        }
    };
    let is_done = answer_body["summary"]["already_inactive"] == 1;
    assert_eq!(
        network.sent().len(),
        usize::from(is_done),
        "{trigger} {answer_body}"
    );
    if !is_done {
        assert_eq!(
            (
                &answer_body["code"],
                &answer_body["field"],
                &answer_body["retryable"]
            ),
            (&json!("forbidden"), &json!("not_after"), &json!(false)),
            "{answer_body}"
        );
    }
    is_done
}

#[test]
fn an_order_is_refused_when_it_was_first_sent_too_long_ago() {
    for (trigger, limit, event) in MAKERS {
        for (age, expected) in [
            (0, true),
            (limit, true),
            (limit + 1, false),
            (10 * limit, false),
            (-DAY, true),
        ] {
            assert_eq!(
                is_done(trigger, &event(&order(&[]), NOW - age)),
                expected,
                "{trigger} {age}"
            );
        }
        assert!(
            !is_done(
                trigger,
                &event(&order(&[("dry_run", json!(true))]), NOW - limit - 1)
            ),
            "{trigger}: a dry run has the same answer"
        );
    }
}

#[test]
fn until_when_an_order_says_that_it_is_good_alone_decides() {
    for (trigger, limit, event) in MAKERS {
        for (not_after, age, expected) in [
            (NOW + 1000, 0, true),
            (NOW, 0, true),
            (NOW - 1, 0, false),
            (NOW + 1000, 100 * limit, true),
            (NOW - 1, 100 * limit, false),
        ] {
            for dry_run in [false, true] {
                let order = order(&[
                    ("not_after", json!(text(not_after))),
                    ("dry_run", json!(dry_run)),
                ]);
                assert_eq!(
                    is_done(trigger, &event(&order, NOW - age)),
                    expected,
                    "{trigger} {not_after} {age}"
                );
            }
        }
    }
}

#[test]
fn a_request_without_a_time_of_sending_is_not_too_old() {
    let old = order(&[("not_after", json!(text(NOW - 1)))]);
    let makers: [(&str, Maker); 7] = [
        ("direct", |body, _| serde_json::from_str(body).unwrap()),
        (
            "http load balancer",
            |body, _| json!({"requestContext": {"elb": {}}, "httpMethod": "POST", "body": body}),
        ),
        (
            "http 2.0",
            |body, _| json!({"requestContext": {"http": {"method": "POST"}, "timeEpoch": 0}, "body": body}),
        ),
        (
            "http 2.0",
            |body, _| json!({"requestContext": {"http": {"method": "POST"}, "timeEpoch": "x"}, "body": body}),
        ),
        // Cargo Lambda's emulator tells seconds.
        (
            "http 2.0",
            |body, _| json!({"requestContext": {"http": {"method": "POST"}, "timeEpoch": NOW / 1000}, "body": body}),
        ),
        ("queue", |body, _| queue_batch([("1", body)])),
        ("bus", |body, _| bus(body)),
    ];
    for (trigger, event) in makers {
        assert!(is_done(trigger, &event(&order(&[]), 0)), "{trigger}");
        assert!(
            !is_done(trigger, &event(&old, 0)),
            "{trigger}: not_after decides here, too"
        );
    }
}

#[test]
fn reading_is_never_too_late() {
    for (trigger, limit, event) in MAKERS {
        let network = Network::new(|_| {
            ok(&json!({"Response": {"TotalCount": 0, "Data": [], "RequestId": "id-1"}}))
        });
        let request =
            json!({"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "a"})
                .to_string();
        send_over::<Describe>(&network, &event(&request, NOW - 100 * limit)).unwrap();
        assert_eq!(network.sent().len(), 1, "{trigger}");
    }
}

#[test]
fn a_request_in_too_many_envelopes_is_refused_before_any_call() {
    let wrapped = |times: usize| (0..times).fold(order(&[]), |body, _| envelope(&body, NOW));
    for (times, expected) in [(0, true), (1, true), (3, true), (4, false), (6, false)] {
        let network = broker();
        let answer = send_over::<Inactivate>(&network, &queue(&wrapped(times), NOW)).unwrap();
        assert_eq!(
            (ids(&answer).is_empty(), network.sent().is_empty()),
            (expected, !expected),
            "{times}"
        );
    }
}

#[test]
fn each_order_of_a_batch_has_its_own_age_and_the_limit_is_configured() {
    let batch = || {
        let records: Vec<Value> = [0, 61_001, 30_000, 2 * DAY]
            .into_iter()
            .enumerate()
            .map(|(id, age)| {
                let mut record = queue(&order(&[]), NOW - age)["Records"][0].take();
                record["messageId"] = json!(id.to_string());
                record
            })
            .collect();
        json!({ "Records": records })
    };
    for (variables, calls) in [
        (&[][..], 3),
        (&[("INACTIVATE_MESSAGE_MAX_AGE_SECONDS", "60")][..], 2),
    ] {
        let network = broker();
        let Bench {
            config, transport, ..
        } = Bench::with(&network, variables);
        let answer =
            give::<Inactivate>(&Function::new(config, transport), &batch().to_string()).unwrap();
        assert_eq!(
            (ids(&answer), network.sent().len()),
            (vec![], calls),
            "{variables:?}"
        );
    }
}
