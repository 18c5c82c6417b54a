//! What kind of event it is. Events are told apart by shape, never by "does it parse": the official
//! types accept each other's events. Nothing here fails on a member's type, so that one odd member
//! never hides the rest.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::HttpEvent;
use super::message::{Message, moment, text_of};
use super::queue::Record;
use crate::error::Error;
use crate::object::Object;
use crate::transport::Waiting;

/// An event with its requests still as text.
pub(super) enum Event<'a> {
    /// From API Gateway, a Function URL or a load balancer.
    Http(Box<HttpEvent>),
    /// A batch of a queue.
    Queue(Vec<Record<'a>>),
    /// A batch of a queue on its way through EventBridge Pipes, which wants an answer for each.
    Pipe(Vec<Record<'a>>),
    /// Notifications of a topic.
    Notifications(Vec<Notice>),
    /// An event of a bus or a schedule.
    Bus(Notice),
    /// The request itself.
    Direct(&'a str),
}

impl Event<'_> {
    /// Who waits for its answer.
    pub(super) const fn waiting(&self) -> Waiting {
        match self {
            Self::Http(_) | Self::Direct(_) => Waiting::Caller,
            Self::Queue(_) => Waiting::Queue,
            Self::Pipe(_) | Self::Notifications(_) | Self::Bus(_) => Waiting::Nobody,
        }
    }

    /// What it is, for the log.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Queue(_) => "queue",
            Self::Pipe(_) => "pipe",
            Self::Notifications(_) => "topic",
            Self::Bus(_) => "bus",
            Self::Direct(_) => "direct",
        }
    }
}

/// A message from what does not take single ones back.
pub(super) struct Notice {
    /// By the word of what brings it.
    pub(super) id: Option<String>,
    /// Where it is from.
    pub(super) source: Option<String>,
    pub(super) message: Result<Message, Error>,
}

impl Notice {
    fn new(
        id: Option<&RawValue>,
        source: Option<&RawValue>,
        message: Result<Message, Error>,
    ) -> Self {
        let text =
            |value: Option<&RawValue>| value.and_then(text_of).filter(|text| !text.is_empty());
        Self {
            id: text(id),
            source: text(source),
            message,
        }
    }
}

/// The members by which events are told apart.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks<'a> {
    #[serde(borrow, rename = "Records")]
    records: Option<&'a RawValue>,
    #[serde(borrow, rename = "requestContext")]
    request_context: Option<&'a RawValue>,
    #[serde(borrow, rename = "httpMethod")]
    http_method: Option<&'a RawValue>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow, rename = "Type")]
    sns_type: Option<&'a RawValue>,
    #[serde(borrow, rename = "TopicArn")]
    topic_arn: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RequestContext<'a> {
    #[serde(borrow)]
    elb: Option<&'a RawValue>,
    #[serde(borrow)]
    http: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow, rename = "eventSource", alias = "EventSource")]
    event_source: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NotificationRecord<'a> {
    #[serde(borrow, rename = "Sns")]
    sns: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Notification<'a> {
    #[serde(borrow, rename = "MessageId")]
    message_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "TopicArn")]
    topic_arn: Option<&'a RawValue>,
    #[serde(borrow, rename = "Message")]
    message: Option<&'a RawValue>,
    #[serde(borrow, rename = "Timestamp")]
    timestamp: Option<&'a RawValue>,
}

/// Tells events apart.
///
/// # Errors
/// `invalid_request` for an event of no known kind.
pub(super) fn recognise(json: &str) -> Result<Event<'_>, Error> {
    if json.trim_start().starts_with('[') {
        return pipe(json);
    }
    let marks: Marks<'_> = serde_json::from_str(json)
        .map_err(|_| Error::invalid("body", "the event is not a JSON object"))?;
    if let Some(records) = marks.records {
        return batch(records);
    }
    if let Some(context) = marks.request_context {
        let context: RequestContext<'_> = members(context);
        if context.elb.is_some() || context.http.is_some() || marks.http_method.is_some() {
            return Ok(Event::Http(Box::new(HttpEvent::read(
                json,
                context.elb.is_some(),
                context.http.is_some(),
            ))));
        }
        return Err(not_taken(
            "requestContext",
            "an event with a requestContext of no known kind",
        ));
    }
    if marks.detail_type.is_some() {
        return Ok(Event::Bus(Notice::new(
            marks.id,
            marks.source,
            Message::open(json, None),
        )));
    }
    if marks.sns_type.is_some() && marks.topic_arn.is_some() {
        return Err(not_taken(
            "Type",
            "a notification of SNS without the record that Lambda gets it in",
        ));
    }
    Ok(Event::Direct(json))
}

fn batch(records: &RawValue) -> Result<Event<'_>, Error> {
    let records: Vec<&RawValue> = serde_json::from_str(records.get())
        .map_err(|_| Error::invalid("Records", "Records is not a list"))?;
    match source_of(&records) {
        Some("\"aws:sqs\"") => records
            .into_iter()
            .map(Record::read)
            .collect::<Result<_, _>>()
            .map(Event::Queue),
        Some("\"aws:sns\"") => Ok(Event::Notifications(
            records.into_iter().map(notification).collect(),
        )),
        Some(_) => Err(not_taken(
            "Records",
            "a batch that is neither from SQS nor from SNS",
        )),
        None => Err(Error::invalid(
            "Records",
            "Records is empty, or its records do not say the same source",
        )),
    }
}

/// EventBridge Pipes sends the records of a queue as an array, one record alone as well.
fn pipe(json: &str) -> Result<Event<'_>, Error> {
    let records: Vec<&RawValue> =
        serde_json::from_str(json).map_err(|_| Error::invalid("body", "the event is not JSON"))?;
    match source_of(&records) {
        Some("\"aws:sqs\"") => Ok(Event::Pipe(
            records.into_iter().map(Record::read_anonymous).collect(),
        )),
        _ => Err(not_taken(
            "body",
            "a JSON array that does not hold records of SQS, as EventBridge Pipes sends them,",
        )),
    }
}

/// What all of them say where they are from.
fn source_of<'a>(records: &[&'a RawValue]) -> Option<&'a str> {
    let source = |record: &&'a RawValue| {
        members::<Source<'a>>(record)
            .event_source
            .map(RawValue::get)
    };
    let first = source(records.first()?)?;
    records
        .iter()
        .all(|record| source(record) == Some(first))
        .then_some(first)
}

fn notification(record: &RawValue) -> Notice {
    let Some(sns) = members::<NotificationRecord<'_>>(record).sns else {
        return Notice::new(
            None,
            None,
            Err(Error::invalid(
                "Records",
                "a record of SNS has no notification",
            )),
        );
    };
    let Notification {
        message_id,
        topic_arn,
        message,
        timestamp,
    } = members(sns);
    let text = message
        .and_then(text_of)
        .ok_or_else(|| Error::invalid("Message", "the notification of SNS has no text"));
    Notice::new(
        message_id,
        topic_arn,
        text.and_then(|text| Message::open(&text, timestamp.and_then(moment))),
    )
}

/// The members of an object, none where it is no object.
fn members<'a, T: Default + Deserialize<'a>>(value: &'a RawValue) -> T {
    serde_json::from_str(value.get())
        .map(|Object(members)| members)
        .unwrap_or_default()
}

fn not_taken(field: &str, what: &str) -> Error {
    Error::invalid(
        field,
        format!(
            "{what} is not taken; send the request over HTTP, SQS, SNS, EventBridge, or by direct invocation"
        ),
    )
}
