//! Records of an SQS batch, and the answer that says which of them must come back.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::message::{Message, epoch_milliseconds, number, text_of};
use crate::error::Error;
use crate::model::Timestamp;
use crate::object::Object;

/// One record. Its body stays as it came until its turn, so that a bad one fails alone.
pub(super) struct Record<'a> {
    /// Empty only where nothing has to be returned by it.
    pub(super) message_id: String,
    body: Option<&'a RawValue>,
    sent_at: Option<Timestamp>,
    /// Whether it was delivered before.
    pub(super) is_redelivered: bool,
    /// The AWS identity that sent it.
    pub(super) sender_id: Option<String>,
    /// In an ordered queue, the group whose records must not overtake one another.
    pub(super) ordered_group: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Members<'a> {
    #[serde(borrow, rename = "messageId")]
    message_id: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow, rename = "eventSourceARN")]
    event_source_arn: Option<&'a RawValue>,
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes<'a> {
    #[serde(borrow, rename = "SentTimestamp")]
    sent_timestamp: Option<&'a RawValue>,
    #[serde(borrow, rename = "ApproximateReceiveCount")]
    approximate_receive_count: Option<&'a RawValue>,
    #[serde(borrow, rename = "SenderId")]
    sender_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "MessageGroupId")]
    message_group_id: Option<&'a RawValue>,
}

impl<'a> Record<'a> {
    /// # Errors
    /// Without a message id the record could not be returned to its queue, and Lambda takes a batch
    /// answer that does not name it for its success. So the whole batch has to fail.
    pub(super) fn read(record: &'a RawValue) -> Result<Self, Error> {
        let record = Self::read_anonymous(record);
        if record.message_id.is_empty() {
            return Err(Error::invalid(
                "Records",
                "a record has no messageId; the whole batch goes back to its queue",
            ));
        }
        Ok(record)
    }

    /// For a batch that is answered in its order.
    pub(super) fn read_anonymous(record: &'a RawValue) -> Self {
        let members: Members<'a> = serde_json::from_str(record.get())
            .map(|Object(members)| members)
            .unwrap_or_default();
        let attributes: Attributes<'_> = members
            .attributes
            .and_then(|attributes| serde_json::from_str(attributes.get()).ok())
            .map(|Object(attributes)| attributes)
            .unwrap_or_default();
        let is_ordered = members
            .event_source_arn
            .is_some_and(|arn| arn.get().ends_with(".fifo\""));
        let group = attributes
            .message_group_id
            .and_then(text_of)
            .unwrap_or_default();
        Self {
            message_id: members.message_id.and_then(text_of).unwrap_or_default(),
            body: members.body,
            sent_at: attributes.sent_timestamp.and_then(epoch_milliseconds),
            is_redelivered: attributes
                .approximate_receive_count
                .and_then(number)
                .is_some_and(|count| count > 1),
            sender_id: attributes.sender_id.and_then(text_of),
            ordered_group: is_ordered.then_some(group),
        }
    }

    /// The request in the record's body.
    ///
    /// # Errors
    /// `invalid_request` when there is none.
    pub(super) fn message(&self) -> Result<Message, Error> {
        let body = self
            .body
            .and_then(text_of)
            .ok_or_else(|| Error::invalid("body", "the record's body is not a text"))?;
        Message::open(&body, self.sent_at)
    }
}

/// What Lambda expects of a function with `ReportBatchItemFailures`. A wrong key or an empty
/// identifier would fail, or drop, the whole batch.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchAnswer {
    pub(super) batch_item_failures: Vec<BatchItemFailure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchItemFailure {
    item_identifier: String,
}

impl FromIterator<String> for BatchAnswer {
    fn from_iter<I: IntoIterator<Item = String>>(message_ids: I) -> Self {
        let failures = message_ids.into_iter().map(|message_id| BatchItemFailure {
            item_identifier: message_id,
        });
        Self {
            batch_item_failures: failures.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_spelt_as_lambda_wants_it() {
        assert_eq!(
            serde_json::to_string(&BatchAnswer::default()).unwrap(),
            r#"{"batchItemFailures":[]}"#
        );
        let answer: BatchAnswer = ["id-1".to_owned()].into_iter().collect();
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"batchItemFailures":[{"itemIdentifier":"id-1"}]}"#
        );
    }

    #[test]
    fn a_record_without_an_id_fails_the_batch() {
        for record in [
            r#"{"body":"{}"}"#,
            r#"{"messageId":"","body":"{}"}"#,
            r#"{"messageId":null}"#,
            r#"{"messageId":7}"#,
            "[]",
            "null",
        ] {
            let record: Box<RawValue> = serde_json::from_str(record).unwrap();
            assert!(Record::read(&record).is_err(), "{record}");
        }
    }

    #[test]
    fn a_bad_body_is_the_records_own_affair() {
        for record in [
            r#"{"messageId":"1"}"#,
            r#"{"messageId":"1","body":null}"#,
            r#"{"messageId":"1","body":{}}"#,
            r#"{"messageId":"1","body":"\ud800"}"#,
        ] {
            let record: Box<RawValue> = serde_json::from_str(record).unwrap();
            let record = Record::read(&record).unwrap();
            assert_eq!(record.message().unwrap_err().field.as_deref(), Some("body"));
        }
    }
}
