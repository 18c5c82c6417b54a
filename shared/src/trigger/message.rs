//! A message that carries a request: bare, in an envelope of SNS, or as the detail of an event of
//! EventBridge, in each other as topics, buses and queues pass them on.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::model::Timestamp;
use crate::object::Object;

/// A bus may feed a topic, and that a queue; nobody passes messages through more than this.
const MOST_ENVELOPES: usize = 3;

/// The request in a message, and when it was sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// As JSON.
    pub(super) request: String,
    /// As the first that passed it on says; `None` when nobody does.
    pub(super) sent_at: Option<Timestamp>,
}

/// The members by which envelopes are told apart.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow, rename = "Type")]
    sns_type: Option<&'a RawValue>,
    #[serde(borrow, rename = "TopicArn")]
    topic_arn: Option<&'a RawValue>,
    #[serde(borrow, rename = "Message")]
    message: Option<&'a RawValue>,
    #[serde(borrow, rename = "Timestamp")]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(borrow)]
    time: Option<&'a RawValue>,
}

impl Message {
    /// Takes the request out of its envelopes.
    ///
    /// # Errors
    /// `invalid_request` when an envelope holds none.
    pub(super) fn open(text: &str, sent_at: Option<Timestamp>) -> Result<Self, Error> {
        let mut message = Self {
            request: text.to_owned(),
            sent_at,
        };
        for _ in 0..=MOST_ENVELOPES {
            // What is no JSON object is the request parser's to explain.
            let envelope: Envelope<'_> = serde_json::from_str(&message.request)
                .map(|Object(envelope)| envelope)
                .unwrap_or_default();
            let (inner, sent_at) = match envelope {
                Envelope {
                    detail_type: Some(_),
                    detail,
                    time,
                    ..
                } => {
                    let detail = detail.ok_or_else(|| {
                        Error::invalid("detail", "the event of EventBridge has no detail")
                    })?;
                    (detail.get().to_owned(), time)
                }
                Envelope {
                    sns_type: Some(_),
                    topic_arn: Some(_),
                    message,
                    timestamp,
                    ..
                } => {
                    let text = message.and_then(text_of).ok_or_else(|| {
                        Error::invalid("Message", "the notification of SNS has no text")
                    })?;
                    (text, timestamp)
                }
                _ => return Ok(message),
            };
            let sent_at = sent_at.and_then(moment);
            message = Self {
                request: inner,
                sent_at: sent_at.into_iter().chain(message.sent_at).min(),
            };
        }
        Err(Error::invalid(
            "body",
            format!("the request is in more than {MOST_ENVELOPES} envelopes"),
        ))
    }
}

/// A JSON string's text.
pub(super) fn text_of(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// A moment as SNS and EventBridge write it.
pub(super) fn moment(value: &RawValue) -> Option<Timestamp> {
    Timestamp::parse(&text_of(value)?).ok()
}

/// A moment in epoch milliseconds, as a number or, from SQS, as text.
pub(super) fn epoch_milliseconds(value: &RawValue) -> Option<Timestamp> {
    number(value)
        .filter(|milliseconds| *milliseconds > 0)
        .and_then(Timestamp::from_epoch_milliseconds)
}

/// A whole number or, from SQS, its text.
pub(super) fn number(value: &RawValue) -> Option<i64> {
    text_of(value)
        .unwrap_or_else(|| value.get().to_owned())
        .parse()
        .ok()
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
            (sns(&bus(&request)), queue, moment("2026-01-01T00:00:00Z")),
            // A queue that is older than the message in it: the clocks differ, the earlier counts.
            (
                sns(&request),
                moment("2025-12-31T00:00:00Z"),
                moment("2025-12-31T00:00:00Z"),
            ),
        ] {
            let message = Message::open(&body, sent_at).unwrap();
            assert_eq!(
                (
                    serde_json::from_str::<Value>(&message.request).unwrap(),
                    message.sent_at
                ),
                (request.clone(), expected),
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_no_envelope_is_left_to_the_request_parser() {
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
            assert_eq!(Message::open(text, None).unwrap().request, text);
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
                Message::open(text, None).unwrap_err().field.as_deref(),
                Some(field),
                "{text}"
            );
        }
        let nested = sns(&json!(sns(&json!(sns(&json!(sns(&json!({}))))))));
        assert_eq!(
            Message::open(&nested, None).unwrap_err().field.as_deref(),
            Some("body")
        );
    }

    #[test]
    fn an_odd_moment_is_none() {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        for (text, expected) in [
            ("\"1520621625029\"", moment("2018-03-09T18:53:45.029Z")),
            ("1520621625029", moment("2018-03-09T18:53:45.029Z")),
            ("\"\"", None),
            ("0", None),
            ("-5", None),
            ("1.5e12", None),
            ("null", None),
            ("\"99999999999999999999\"", None),
        ] {
            assert_eq!(epoch_milliseconds(&raw(text)), expected, "{text}");
        }
    }
}
