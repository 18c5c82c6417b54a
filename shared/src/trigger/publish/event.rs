//! A result as a `CloudEvent`.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::model::Timestamp;

/// An answer, or the error in its place, as a
/// [CloudEvent](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md) of version
/// 1.0, in the structured form of its JSON format.
#[derive(Serialize)]
pub(in crate::trigger) struct CloudEvent<'a> {
    specversion: &'static str,
    id: String,
    source: &'a str,
    r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Cow<'a, RawValue>,
}

impl<'a> CloudEvent<'a> {
    /// `message_id` and `page`, counted from 1, stay the same when the message is redelivered;
    /// `source` is the function's ARN, `subject` the provider, region and instance.
    pub(in crate::trigger) fn new(
        operation: &str,
        (message_id, page): (&str, usize),
        source: &'a str,
        subject: Option<&'a str>,
        time: Timestamp,
        data: Result<Cow<'a, RawValue>, Cow<'a, RawValue>>,
    ) -> Self {
        let (kind, data) = match data {
            Ok(answer) => ("answer", answer),
            Err(error) => ("error", error),
        };
        Self {
            specversion: "1.0",
            id: if page > 1 {
                format!("{message_id}.{page}")
            } else {
                message_id.to_owned()
            },
            source,
            r#type: format!("device-certificates.{operation}.{kind}"),
            subject,
            time,
            datacontenttype: "application/json",
            data,
        }
    }
}
