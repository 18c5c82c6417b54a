//! Batches of queues.

use super::*;

#[test]
fn a_panicking_message_is_a_batch_item_failure_and_the_others_are_carried_out() {
    let answer = send::<Status>(
        &queue_batch([
            ("panics", PANICS),
            ("unsupported", UNSUPPORTED),
            ("bad", BAD),
        ])
        .to_string(),
    )
    .unwrap();
    assert_eq!(
        answer,
        json!({"batchItemFailures": [{"itemIdentifier": "panics"}, {"itemIdentifier": "unsupported"}, {"itemIdentifier": "bad"}]})
    );
}

#[test]
fn a_final_decision_is_no_batch_item_failure() {
    let event = queue_batch([("1", FORBIDDEN)]);
    assert_eq!(
        send::<Inactivate>(&event.to_string()).unwrap(),
        json!({"batchItemFailures": []})
    );
}

#[test]
fn in_a_fifo_queue_a_failure_halts_its_message_group_and_no_other() {
    let bad_ones = |records: &[(Option<&str>, &str)]| {
        let record = |(index, (group, body)): (usize, &(Option<&str>, &str))| {
            json!({
                "messageId": index.to_string(), "body": body, "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:1:orders.fifo", "attributes": {"MessageGroupId": group}
            })
        };
        let records: Vec<Value> = records.iter().enumerate().map(record).collect();
        ids(&send::<Inactivate>(&json!({ "Records": records }).to_string()).unwrap()).join(" ")
    };
    let (a, b) = (Some("a"), Some("b"));
    for (records, expected) in [
        (&[(a, FORBIDDEN), (a, FORBIDDEN)][..], ""),
        (
            &[(a, FORBIDDEN), (a, BAD), (a, FORBIDDEN), (a, FORBIDDEN)],
            "1 2 3",
        ),
        (
            &[(a, BAD), (b, FORBIDDEN), (a, FORBIDDEN), (b, FORBIDDEN)],
            "0 2",
        ),
        (
            &[
                (a, FORBIDDEN),
                (b, BAD),
                (a, BAD),
                (b, FORBIDDEN),
                (a, FORBIDDEN),
                (b, FORBIDDEN),
            ],
            "1 2 3 4 5",
        ),
        // Messages of unknown groups count as one group.
        (&[(None, BAD), (None, FORBIDDEN), (a, FORBIDDEN)], "0 1"),
    ] {
        assert_eq!(bad_ones(records), expected, "{records:?}");
    }
}

#[test]
fn a_message_group_of_a_standard_queue_is_not_halted() {
    let mut batch = queue_batch([("1", BAD), ("2", FORBIDDEN)]);
    for record in batch["Records"].as_array_mut().unwrap() {
        record["attributes"]["MessageGroupId"] = json!("tenant");
        record["eventSourceARN"] = json!("arn:aws:sqs:eu-west-1:1:orders");
    }
    assert_eq!(ids(&send::<Inactivate>(&batch.to_string()).unwrap()), ["1"]);
}

#[test]
fn an_odd_record_fails_alone_and_halts_its_own_group_only() {
    let record = |id: usize, queue: &str, group: &str| {
        json!({
            "messageId": id.to_string(), "body": FORBIDDEN, "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:eu-west-1:1:{queue}"),
            "attributes": {"MessageGroupId": group}
        })
    };
    for (queue, expected) in [("orders", "1"), ("orders.fifo", "1 3")] {
        let mut records =
            [(0, "a"), (1, "b"), (2, "a"), (3, "b")].map(|(id, group)| record(id, queue, group));
        records[1]["attributes"]["SentTimestamp"] = json!([null]);
        let answer = send::<Inactivate>(&json!({ "Records": records }).to_string()).unwrap();
        assert_eq!(ids(&answer).join(" "), expected, "{queue}");
    }
}

#[test]
fn a_record_without_an_id_fails_the_batch() {
    for id in [Value::Null, json!(""), json!(7)] {
        let mut batch = queue_batch([("1", FORBIDDEN), ("2", FORBIDDEN)]);
        batch["Records"][1]["messageId"] = id;
        let error = send::<Inactivate>(&batch.to_string()).unwrap_err();
        assert_eq!(field_of(&error), "Records", "{batch}");
    }
}

#[test]
fn only_a_message_of_the_function_itself_continues_an_order_and_it_has_no_envelope() {
    let order = json!({
        "order": {"id": "1", "part": 2, "caller": "somebody else", "expires_at": null, "earlier_results": {}},
        "request": serde_json::from_str::<Value>(FORBIDDEN).unwrap()
    });
    let bare = order.to_string();
    let event = bus(&bare).to_string();
    let notification = topic(&[&bare])["Records"][0]["Sns"].to_string();
    let batch = queue_batch([
        ("bare", bare.as_str()),
        ("event", &event),
        ("notification", &notification),
    ]);
    let answer = send::<Inactivate>(&batch.to_string()).unwrap();
    assert_eq!(ids(&answer), ["event", "notification"]);
}
