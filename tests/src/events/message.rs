//! Events that carry messages: from queues, topics, buses and pipes.

use serde_json::{Value, json};

use super::moment::fresh;
use super::{put, recorded};
use crate::queue::Message;

/// The message id that the builders give to the record at this index, counted from 0.
pub fn message_id(index: usize) -> String {
    format!("MessageID_{}", index.saturating_add(1))
}

/// A batch of a standard queue, one record for each body. `md5OfBody` is left as recorded.
pub fn sqs(bodies: &[impl AsRef<str>]) -> Value {
    fresh(json!({ "Records": sqs_records(include_str!("../../events/sqs.json"), bodies) }))
}

/// A batch of the queue with this ARN: these messages as they were received. `md5OfBody` is left as
/// recorded.
pub fn sqs_messages(queue_arn: &str, messages: &[Message]) -> Value {
    let bodies: Vec<_> = messages.iter().map(|message| &message.body).collect();
    let mut records = sqs_records(include_str!("../../events/sqs.json"), &bodies);
    let region = queue_arn.split(':').nth(3).unwrap_or_default();
    for (record, message) in records.iter_mut().zip(messages) {
        put(record, "", "messageId", message.id.as_str());
        put(record, "", "receiptHandle", message.receipt_handle());
        put(record, "", "eventSourceARN", queue_arn);
        put(record, "", "awsRegion", region);
        put(record, "", "messageAttributes", json!({}));
        put(
            record,
            "/attributes",
            "ApproximateReceiveCount",
            message.receive_count.to_string(),
        );
        put(
            record,
            "/attributes",
            "SentTimestamp",
            message.sent_at.to_string(),
        );
        put(
            record,
            "/attributes",
            "ApproximateFirstReceiveTimestamp",
            message.first_received_at.to_string(),
        );
    }
    json!({ "Records": records })
}

/// A batch of a FIFO queue, one record for each message group id and body.
pub fn sqs_fifo(messages: &[(&str, &str)]) -> Value {
    let bodies: Vec<_> = messages.iter().map(|(_, body)| body).collect();
    let mut records = sqs_records(include_str!("../../events/sqs-fifo.json"), &bodies);
    for (index, (record, (group, _))) in records.iter_mut().zip(messages).enumerate() {
        put(record, "/attributes", "MessageGroupId", *group);
        put(
            record,
            "/attributes",
            "MessageDeduplicationId",
            message_id(index),
        );
        put(
            record,
            "/attributes",
            "SequenceNumber",
            format!("188494964604676961{index:02}"),
        );
    }
    fresh(json!({ "Records": records }))
}

/// The event that EventBridge Pipes sends a function for enrichment: an array of a queue's records.
pub fn pipes(bodies: &[impl AsRef<str>]) -> Value {
    fresh(sqs_records(include_str!("../../events/sqs.json"), bodies).into())
}

fn sqs_records(event: &str, bodies: &[impl AsRef<str>]) -> Vec<Value> {
    let fill = |(index, body): (usize, &_)| {
        let mut record = first_record(event);
        put(&mut record, "", "messageId", message_id(index));
        put(
            &mut record,
            "",
            "receiptHandle",
            format!("MessageReceiptHandle_{}", index.saturating_add(1)),
        );
        put(&mut record, "", "body", AsRef::as_ref(body));
        record
    };
    bodies.iter().enumerate().map(fill).collect()
}

/// An event of a topic, one record for each message.
pub fn sns(messages: &[impl AsRef<str>]) -> Value {
    let fill = |(index, message): (usize, &_)| {
        let mut record = first_record(include_str!("../../events/sns.json"));
        put(&mut record, "/Sns", "MessageId", message_id(index));
        put(&mut record, "/Sns", "Message", AsRef::as_ref(message));
        record
    };
    let records: Vec<_> = messages.iter().enumerate().map(fill).collect();
    fresh(json!({ "Records": records }))
}

/// The body of a queue's record where a topic feeds the queue without raw message delivery. It
/// differs from what the topic gives a function in the case of two names.
pub fn sns_envelope(message: &str) -> String {
    let mut record = first_record(include_str!("../../events/sns.json"));
    put(&mut record, "/Sns", "Message", message);
    fresh(record.get_mut("Sns").map(Value::take).unwrap_or_default()).to_string()
}

/// An event that a rule of EventBridge passes on, with this `detail`.
pub fn eventbridge_rule(detail: Value) -> Value {
    let mut event = recorded(include_str!("../../events/eventbridge-rule.json"));
    put(&mut event, "", "source", "com.example.devices");
    put(&mut event, "", "detail-type", "Device Certificate Request");
    put(&mut event, "", "resources", json!([]));
    put(&mut event, "", "detail", detail);
    fresh(event)
}

/// An event of a schedule of EventBridge, with this `detail`.
pub fn eventbridge_schedule(detail: Value) -> Value {
    let mut event = recorded(include_str!("../../events/eventbridge-schedule.json"));
    put(&mut event, "", "detail", detail);
    fresh(event)
}

fn first_record(event: &str) -> Value {
    match recorded(event).pointer_mut("/Records/0") {
        Some(record) => record.take(),
        None => panic!("the recorded event has no record"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::{QueueSettings, Queues};

    #[test]
    fn a_batch_holds_each_body_under_an_id_of_its_own() {
        let event = sqs(&["{}", "not JSON"]);
        let records = event["Records"].as_array().unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[1]["body"], "not JSON");
        assert_eq!(records[1]["messageId"], message_id(1));
        assert_ne!(records[0]["messageId"], records[1]["messageId"]);
        assert_eq!(records[1]["eventSource"], "aws:sqs");
    }

    #[test]
    fn a_fifo_batch_names_its_groups_and_queue() {
        let event = sqs_fifo(&[("a", "1"), ("b", "2")]);
        assert_eq!(event["Records"][1]["attributes"]["MessageGroupId"], "b");
        assert!(
            event["Records"][1]["eventSourceARN"]
                .as_str()
                .unwrap()
                .ends_with(".fifo")
        );
    }

    #[tokio::test]
    async fn received_messages_keep_their_ids_counts_and_times() {
        let queues = Queues::start().await;
        let queue = queues.create("orders", QueueSettings::default());
        let id = queue.send("{}");
        let first = queue.receive(1);
        queue.release(&first[0]);
        let received = queue.receive(1);
        let record = sqs_messages(&queue.arn(), &received)["Records"][0].take();
        assert_eq!(
            (&record["messageId"], &record["body"]),
            (&json!(id), &json!("{}"))
        );
        assert_eq!(
            record["eventSourceARN"],
            "arn:aws:sqs:eu-west-1:123456789012:orders"
        );
        assert_eq!(record["awsRegion"], "eu-west-1");
        let attributes = &record["attributes"];
        assert_eq!(attributes["ApproximateReceiveCount"], "2");
        assert_eq!(attributes["SentTimestamp"], received[0].sent_at.to_string());
        assert_eq!(
            attributes["ApproximateFirstReceiveTimestamp"],
            first[0].first_received_at.to_string()
        );
        assert!(attributes["SenderId"].is_string());
        assert_ne!(record["receiptHandle"], first[0].receipt_handle());
    }

    #[test]
    fn a_pipe_gives_the_records_as_an_array() {
        // Each was sent just now, but not in the same millisecond.
        let [mut from_pipe, mut from_queue] =
            [pipes(&["1", "2"]), sqs(&["1", "2"])["Records"].take()];
        for records in [&mut from_pipe, &mut from_queue] {
            for index in ["/0/attributes", "/1/attributes"] {
                put(records, index, "SentTimestamp", "0");
                put(records, index, "ApproximateFirstReceiveTimestamp", "0");
            }
        }
        assert_eq!(from_pipe, from_queue);
    }

    #[test]
    fn a_message_of_a_topic_reaches_the_function_and_the_queue() {
        assert_eq!(sns(&["{}"])["Records"][0]["Sns"]["Message"], "{}");
        let envelope: Value = serde_json::from_str(&sns_envelope("{\"limit\":1}")).unwrap();
        assert_eq!(envelope["Type"], "Notification");
        assert_eq!(envelope["Message"], "{\"limit\":1}");
    }

    #[test]
    fn a_bus_carries_the_request_as_detail() {
        for event in [
            eventbridge_rule(json!({ "limit": 1 })),
            eventbridge_schedule(json!({ "limit": 1 })),
        ] {
            assert_eq!(event["detail"]["limit"], 1);
            assert!(event["detail-type"].is_string());
        }
    }
}
