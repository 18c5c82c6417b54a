//! Records of an SQS batch, and the answer that says which of them must come back.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::object::Object;

/// One record. Its body stays as it came until its turn, so that a bad one fails alone.
pub(super) struct Record<'a> {
    pub(super) message_id: String,
    body: Option<&'a RawValue>,
    /// Whether the records behind it must not overtake it.
    pub(super) is_ordered: bool,
}

#[derive(Deserialize)]
struct Identity<'a> {
    #[serde(rename = "messageId")]
    message_id: String,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
    #[serde(borrow, rename = "eventSourceARN", default)]
    event_source_arn: Option<&'a RawValue>,
}

impl<'a> Record<'a> {
    /// # Errors
    /// Without a message id the record could not be returned to its queue, and Lambda takes a batch answer that does not
    /// name it for its success. So the whole batch has to fail.
    pub(super) fn read(record: &'a RawValue) -> Result<Self, Error> {
        let Object(identity): Object<Identity<'a>> = serde_json::from_str(record.get())
            .map_err(|_| Error::invalid("Records", "a record has no messageId; the whole batch goes back to its queue"))?;
        if identity.message_id.is_empty() {
            return Err(Error::invalid("Records", "a record's messageId is empty; the whole batch goes back to its queue"));
        }
        let is_ordered = identity.event_source_arn.is_some_and(|arn| arn.get().ends_with(".fifo\""));
        Ok(Self { message_id: identity.message_id, body: identity.body, is_ordered })
    }

    /// The text of the record's body.
    ///
    /// # Errors
    /// `invalid_request` when there is none.
    pub(super) fn body(&self) -> Result<String, Error> {
        let no_text = || Error::invalid("body", "the record's body is not a text");
        serde_json::from_str(self.body.ok_or_else(no_text)?.get()).map_err(|_| no_text())
    }
}

/// What Lambda expects of a function with `ReportBatchItemFailures`. A wrong key or an empty identifier would fail, or
/// drop, the whole batch.
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

impl BatchAnswer {
    pub(super) fn returns(&mut self, message_id: String) {
        self.batch_item_failures.push(BatchItemFailure { item_identifier: message_id });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_spelt_as_lambda_wants_it() {
        let mut answer = BatchAnswer::default();
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"batchItemFailures":[]}"#);
        answer.returns("id-1".to_owned());
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"batchItemFailures":[{"itemIdentifier":"id-1"}]}"#);
    }

    #[test]
    fn a_record_without_an_id_fails_the_batch() {
        for record in [r#"{"body":"{}"}"#, r#"{"messageId":"","body":"{}"}"#, r#"{"messageId":null}"#, r#"{"messageId":7}"#, "[]", "null"] {
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
            assert_eq!(record.body().unwrap_err().field.as_deref(), Some("body"));
        }
    }
}
