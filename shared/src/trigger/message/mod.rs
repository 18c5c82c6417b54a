//! A message that holds a request, from a queue, a pipe, a topic or a bus.
//!
//! Each record of SQS and SNS is read as its official type. A record that this type does not accept
//! fails alone, under the id that is then read from its JSON.

mod envelope;

use aws_lambda_events::event::sns::SnsRecord;
use aws_lambda_events::event::sqs::SqsMessage;
use serde_json::value::RawValue;

use self::envelope::{Opened, text_of};
use super::limits::{MESSAGE_BYTES, SYNCHRONOUS_BYTES};
use crate::error::Error;
use crate::model::Timestamp;
use crate::object::Members;
use crate::request;

/// The source of messages, which decides how their outcomes are returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageSource {
    /// A queue. Failed messages are redelivered one by one, as batch item failures.
    Queue,
    /// A queue's messages through EventBridge Pipes, which takes an answer to each. Nothing is
    /// redelivered, so no message waits for another.
    Pipe,
    /// A topic. One failure fails the invocation, and Lambda retries the whole event.
    Topic,
    /// A bus or a schedule, whose event carries one message.
    Bus,
}

impl MessageSource {
    /// Its name in the log.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Pipe => "pipe",
            Self::Topic => "topic",
            Self::Bus => "bus",
        }
    }

    /// Maximum size of each answer in an event of this many messages, in bytes.
    pub(super) fn answer_bytes(self, messages: usize) -> usize {
        let each_of = |bytes: usize| bytes.checked_div(messages).unwrap_or_default();
        match self {
            Self::Queue | Self::Bus => MESSAGE_BYTES,
            Self::Pipe => each_of(SYNCHRONOUS_BYTES),
            Self::Topic => each_of(MESSAGE_BYTES),
        }
    }
}

/// One message.
#[derive(Debug)]
pub(super) struct QueuedMessage {
    /// The id that the source gave to the message.
    pub(super) id: Option<String>,
    /// The sender, as far as the source names one: an AWS identity, a topic, or an application.
    pub(super) sender: Option<String>,
    /// The request as JSON, taken out of its envelopes.
    pub(super) request: Result<String, Error>,
    /// Whether the request was in no envelope, as the function itself sends it.
    pub(super) is_bare: bool,
    /// When it was first sent; `None` when the event does not say so.
    pub(super) sent_at: Option<Timestamp>,
    /// Whether the message was delivered before.
    pub(super) is_redelivered: bool,
    /// The message group in a FIFO queue. Messages of one group must not overtake one another.
    pub(super) message_group: Option<String>,
}

impl QueuedMessage {
    /// From a record of SQS.
    pub(super) fn from_sqs(record: &RawValue) -> Self {
        let message: SqsMessage = match request::read(record.get()) {
            Ok(message) => message,
            Err(error) => {
                let queue_arn = text_at(record, &["eventSourceARN"]);
                let group = text_at(record, &["attributes", "MessageGroupId"]);
                return Self {
                    message_group: fifo_group(queue_arn.as_deref(), group),
                    ..Self::unreadable(text_at(record, &["messageId"]), None, error)
                };
            }
        };
        let mut attributes = message.attributes;
        let sent_at = attributes
            .get("SentTimestamp")
            .and_then(|text| epoch_milliseconds(text));
        let request = message
            .body
            .ok_or_else(|| Error::invalid("body", "the record has no body"));
        let group = attributes.remove("MessageGroupId");
        Self {
            is_redelivered: attributes
                .get("ApproximateReceiveCount")
                .and_then(|count| count.parse::<u64>().ok())
                .is_some_and(|count| count > 1),
            message_group: fifo_group(message.event_source_arn.as_deref(), group),
            ..Self::new(
                message.message_id,
                attributes.remove("SenderId"),
                request.and_then(|body| envelope::open(body, sent_at)),
            )
        }
    }

    /// From a record of SNS.
    pub(super) fn from_sns(record: &RawValue) -> Self {
        let SnsRecord { sns, .. } = match request::read(record.get()) {
            Ok(record) => record,
            Err(error) => {
                let id = text_at(record, &["Sns", "MessageId"]);
                let topic = text_at(record, &["Sns", "TopicArn"]);
                return Self::unreadable(id, topic, error);
            }
        };
        let sent_at = Timestamp::from_epoch_milliseconds(sns.timestamp.timestamp_millis());
        Self::new(
            Some(sns.message_id),
            Some(sns.topic_arn),
            envelope::open(sns.message, sent_at),
        )
    }

    /// From an event of EventBridge, whose detail is the request. Schedules and input transformers
    /// write the event as people configured them, often with `detail-type` and `detail` alone. So
    /// no other member is required, as the official type would.
    pub(super) fn from_eventbridge(event: &str) -> Self {
        let members = Members::parse(event).unwrap_or_default();
        let text = |member: &str| text_of(members.get(member)?);
        Self::new(
            text("id"),
            text("source"),
            envelope::open(event.to_owned(), None),
        )
    }

    fn new(id: Option<String>, sender: Option<String>, opened: Result<Opened, Error>) -> Self {
        let (request, sent_at, is_bare) = match opened {
            Ok(Opened {
                request,
                sent_at,
                is_bare,
            }) => (Ok(request), sent_at, is_bare),
            Err(error) => (Err(error), None, false),
        };
        Self {
            id: id.filter(|id| !id.is_empty()),
            sender: sender.filter(|sender| !sender.is_empty()),
            request,
            is_bare,
            sent_at,
            is_redelivered: false,
            message_group: None,
        }
    }

    /// A record that is not of its official type.
    fn unreadable(id: Option<String>, sender: Option<String>, error: Error) -> Self {
        Self::new(id, sender, Err(error))
    }
}

/// The message group, where the queue is a FIFO queue. Messages of unknown groups share one.
fn fifo_group(queue_arn: Option<&str>, group: Option<String>) -> Option<String> {
    queue_arn
        .is_some_and(|arn| arn.ends_with(".fifo"))
        .then(|| group.unwrap_or_default())
}

/// The text at this path of a record that its official type does not accept.
fn text_at(record: &RawValue, path: &[&str]) -> Option<String> {
    let mut value = record;
    for member in path {
        value = Members::parse(value.get())?.get(member)?;
    }
    text_of(value)
}

/// SQS writes moments as texts of epoch milliseconds.
fn epoch_milliseconds(text: &str) -> Option<Timestamp> {
    text.parse()
        .ok()
        .filter(|milliseconds| *milliseconds > 0)
        .and_then(Timestamp::from_epoch_milliseconds)
}

#[cfg(test)]
mod tests;
