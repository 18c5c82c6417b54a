//! The envelopes around a request: a notification of SNS, or an event of EventBridge, in each other
//! as topics, buses and queues pass them on.

use serde_json::value::RawValue;

use crate::error::Error;
use crate::model::Timestamp;
use crate::object::Members;
use crate::request::without_byte_order_mark;

/// A bus may feed a topic, and the topic a queue; no common setup has more envelopes.
const MOST_ENVELOPES: usize = 3;

/// A request outside its envelopes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// The request as JSON.
    pub(super) request: String,
    /// The earliest moment at which it was sent, among those of the envelopes and of the message.
    pub(super) sent_at: Option<Timestamp>,
    /// Whether it was in no envelope.
    pub(super) is_bare: bool,
}

/// Takes the request out of its envelopes. `sent_at`: when its message was sent.
///
/// # Errors
/// `invalid_request` when an envelope holds no request, or a time that cannot be read.
pub(super) fn open(mut text: String, mut sent_at: Option<Timestamp>) -> Result<Opened, Error> {
    for envelopes in 0..=MOST_ENVELOPES {
        // The request parser explains a text that is not a JSON object.
        let envelope = Members::parse(without_byte_order_mark(&text)).unwrap_or_default();
        let (inner, member) = if envelope.is_stated("detail-type") {
            let detail = envelope.get("detail").map(RawValue::get);
            let detail = detail.filter(|detail| *detail != "null").ok_or_else(|| {
                Error::invalid("detail", "the event of EventBridge has no detail")
            })?;
            (detail.to_owned(), "time")
        } else if envelope.is_stated("Type") && envelope.is_stated("TopicArn") {
            let text = envelope
                .get("Message")
                .and_then(text_of)
                .ok_or_else(|| Error::invalid("Message", "the notification of SNS has no text"))?;
            (text, "Timestamp")
        } else {
            drop(envelope);
            return Ok(Opened {
                request: text,
                sent_at,
                is_bare: envelopes == 0,
            });
        };
        // Without a readable time, the age of the request would be unknown.
        let moment = envelope
            .is_stated(member)
            .then(|| {
                envelope
                    .get(member)
                    .and_then(text_of)
                    .and_then(|text| Timestamp::parse(&text).ok())
                    .ok_or_else(|| {
                        let detail = format!("{member} must be a date and time of RFC 3339");
                        Error::invalid(member, detail)
                    })
            })
            .transpose()?;
        sent_at = sent_at.into_iter().chain(moment).min();
        text = inner;
    }
    Err(Error::invalid(
        "body",
        format!("the request is in more than {MOST_ENVELOPES} envelopes"),
    ))
}

/// The text of a member that is one.
pub(super) fn text_of(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn sns(message: &Value) -> String {
        let text = message
            .as_str()
            .map_or_else(|| message.to_string(), str::to_owned);
        json!({"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": text, "Timestamp": "2026-01-02T00:00:00.000Z"})
            .to_string()
    }

    fn bus(detail: &Value) -> Value {
        json!({"detail-type": "Request", "source": "own", "detail": detail, "time": "2026-01-01T00:00:00Z"})
    }

    fn moment(text: &str) -> Option<Timestamp> {
        Timestamp::parse(text).ok()
    }

    #[test]
    fn a_request_is_taken_out_of_every_envelope_with_the_moment_it_was_first_sent() {
        let request = json!({"limit": 1});
        let queue = moment("2026-01-03T00:00:00Z");
        for (body, sent_at, expected) in [
            (request.to_string(), queue, queue),
            (request.to_string(), None, None),
            (sns(&request), queue, moment("2026-01-02T00:00:00Z")),
            (sns(&request), None, moment("2026-01-02T00:00:00Z")),
            (
                bus(&request).to_string(),
                queue,
                moment("2026-01-01T00:00:00Z"),
            ),
            (
                format!("\u{feff}{}", bus(&request)),
                queue,
                moment("2026-01-01T00:00:00Z"),
            ),
            (
                bus(&request).to_string().replacen(
                    '{',
                    r#"{"odd": "\ud83d", "\udc00": 1e400, "#,
                    1,
                ),
                queue,
                moment("2026-01-01T00:00:00Z"),
            ),
            (sns(&bus(&request)), queue, moment("2026-01-01T00:00:00Z")),
            // A queue that is older than the message in it: the clocks differ, the earlier counts.
            (
                sns(&request),
                moment("2025-12-31T00:00:00Z"),
                moment("2025-12-31T00:00:00Z"),
            ),
        ] {
            let opened = open(body.clone(), sent_at).unwrap();
            assert_eq!(
                (
                    serde_json::from_str::<Value>(&opened.request).unwrap(),
                    opened.sent_at
                ),
                (request.clone(), expected),
                "{body}"
            );
            assert_eq!(opened.is_bare, opened.request == body, "{body}");
        }
    }

    #[test]
    fn a_text_that_is_no_envelope_is_the_request_itself() {
        for text in [
            "",
            "{",
            "null",
            "[1]",
            "17",
            "\"text\"",
            r#"{"Type": "Notification"}"#,
            r#"{"detail": {}}"#,
        ] {
            assert_eq!(open(text.to_owned(), None).unwrap().request, text);
        }
    }

    #[test]
    fn an_envelope_without_a_request_is_refused_by_name() {
        for (text, field) in [
            (r#"{"detail-type": "x"}"#, "detail"),
            (r#"{"Type": "Notification", "TopicArn": "arn"}"#, "Message"),
            (
                r#"{"Type": "Notification", "TopicArn": "arn", "Message": {}}"#,
                "Message",
            ),
        ] {
            assert_eq!(
                open(text.to_owned(), None).unwrap_err().field.as_deref(),
                Some(field),
                "{text}"
            );
        }
        let nested = sns(&json!(sns(&json!(sns(&json!(sns(&json!({}))))))));
        assert_eq!(
            open(nested, None).unwrap_err().field.as_deref(),
            Some("body")
        );
    }
}
