//! Records as SQS, SNS and EventBridge send them, and odd ones.

use serde_json::{Value, json};

use super::*;

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).ok()
}

#[test]
fn an_odd_moment_of_sqs_is_none() {
    for (text, expected) in [
        ("1520621625029", moment("2018-03-09T18:53:45.029Z")),
        ("", None),
        ("0", None),
        ("-5", None),
        ("1.5e12", None),
        ("99999999999999999999", None),
    ] {
        assert_eq!(epoch_milliseconds(text), expected, "{text}");
    }
}

#[test]
fn a_record_of_sqs_that_is_not_of_the_official_type_still_knows_its_id_and_group() {
    let record = json!({
        "messageId": "m-1", "eventSource": "aws:sqs", "body": "{}",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:1:orders.fifo", "attributes": {"MessageGroupId": "a"}
    });
    for (member, odd, field) in [
        ("/body", json!({}), "body"),
        ("/body", json!(5), "body"),
        (
            "/attributes/SentTimestamp",
            json!(1_520_621_625_029_i64),
            "attributes.SentTimestamp",
        ),
        ("/messageAttributes", json!([]), "messageAttributes"),
        ("/awsRegion", json!({}), "awsRegion"),
    ] {
        let mut record = record.clone();
        let (parent, name) = member.rsplit_once('/').unwrap();
        record.pointer_mut(parent).unwrap()[name] = odd;
        let message = QueuedMessage::from_sqs(&raw(&record));
        assert_eq!(
            (message.id.as_deref(), message.message_group.as_deref()),
            (Some("m-1"), Some("a")),
            "{member}"
        );
        assert_eq!(
            message.request.unwrap_err().field.as_deref(),
            Some(field),
            "{member}"
        );
    }
}

#[test]
fn a_record_of_sqs_without_a_text_as_its_body_fails_alone() {
    for record in [
        r#"{"messageId":"1"}"#,
        r#"{"messageId":"1","body":null}"#,
        r#"{"messageId":"1","body":{}}"#,
        r#"{"messageId":"1","body":"\ud800"}"#,
    ] {
        let record: Box<RawValue> = serde_json::from_str(record).unwrap();
        let message = QueuedMessage::from_sqs(&record);
        assert_eq!(message.id.as_deref(), Some("1"));
        assert_eq!(
            message.request.unwrap_err().field.as_deref(),
            Some("body"),
            "{record}"
        );
    }
}

#[test]
fn a_record_of_sqs_without_an_id_has_none() {
    for record in [
        r#"{"body":"{}"}"#,
        r#"{"messageId":"","body":"{}"}"#,
        r#"{"messageId":null}"#,
        r#"{"messageId":7}"#,
        "[]",
        "null",
    ] {
        let record: Box<RawValue> = serde_json::from_str(record).unwrap();
        assert_eq!(QueuedMessage::from_sqs(&record).id, None, "{record}");
    }
}

#[test]
fn an_odd_record_of_sns_and_an_odd_event_still_know_their_ids_and_senders() {
    let record = json!({"EventSource": "aws:sns", "Sns": {"MessageId": "n-1", "TopicArn": "arn:t", "Message": 5}});
    let event =
        json!({"detail-type": "Request", "source": "own", "id": "e-1", "time": 5, "detail": {}});
    for (message, id, sender) in [
        (QueuedMessage::from_sns(&raw(&record)), "n-1", "arn:t"),
        (
            QueuedMessage::from_eventbridge(&event.to_string()),
            "e-1",
            "own",
        ),
    ] {
        assert_eq!(
            (message.id.as_deref(), message.sender.as_deref()),
            (Some(id), Some(sender))
        );
        assert!(message.request.is_err());
    }
}
