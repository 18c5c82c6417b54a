//! Recognises the kind of an event. Events are distinguished by their shape, never by which type
//! accepts them: the official types accept each other's events. Only then are the records read as
//! their official types, each alone, so that one unusual record never hides the others.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::http::{HttpEvent, PayloadFormat, RawHttpEvent};
use super::message::{MessageSource, QueuedMessage};
use crate::error::Error;
use crate::object::Object;
use crate::transport::Waiting;

/// An event with its requests still as text.
pub(super) enum Event<'a> {
    /// From API Gateway, a Function URL or a load balancer.
    Http(Box<HttpEvent>),
    /// One or more messages.
    Messages(MessageSource, Vec<QueuedMessage>),
    /// The request itself, from a direct invocation.
    Direct(&'a str),
}

impl Event<'_> {
    /// Whether a caller or a queue waits for the answer.
    pub(super) const fn waiting(&self) -> Waiting {
        match self {
            Self::Http(_) | Self::Direct(_) => Waiting::Caller,
            Self::Messages(MessageSource::Queue, _) => Waiting::Queue,
            Self::Messages(_, _) => Waiting::Nobody,
        }
    }

    /// The name of its kind in the log.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Messages(source, _) => source.as_str(),
            Self::Direct(_) => "direct",
        }
    }
}

/// The members by which events are distinguished, and those of an HTTP event, so that it is read
/// once.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct EventShape<'a> {
    #[serde(borrow, rename = "Records")]
    records: Option<&'a RawValue>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<&'a RawValue>,
    #[serde(borrow, rename = "Type")]
    sns_type: Option<&'a RawValue>,
    #[serde(borrow, rename = "TopicArn")]
    topic_arn: Option<&'a RawValue>,
    #[serde(borrow)]
    method_arn: Option<&'a RawValue>,
    #[serde(borrow)]
    route_arn: Option<&'a RawValue>,
    #[serde(borrow)]
    request_context: Option<&'a RawValue>,
    #[serde(borrow)]
    http_method: Option<&'a RawValue>,
    #[serde(borrow)]
    raw_query_string: Option<&'a RawValue>,
    #[serde(borrow)]
    query_string_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    multi_value_query_string_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    headers: Option<&'a RawValue>,
    #[serde(borrow)]
    multi_value_headers: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    is_base64_encoded: Option<&'a RawValue>,
}

/// The member of a record that names its source.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RecordShape<'a> {
    #[serde(borrow, rename = "eventSource", alias = "EventSource")]
    event_source: Option<&'a RawValue>,
}

/// Tells events apart.
///
/// # Errors
/// `invalid_request` for an event of no known kind.
pub(super) fn recognise(json: &str) -> Result<Event<'_>, Error> {
    if json.trim_start().starts_with('[') {
        return pipe(json);
    }
    let shape: EventShape<'_> = serde_json::from_str(json)
        .map_err(|_| Error::invalid("body", "the event is not a JSON object"))?;
    if let Some(records) = shape.records {
        return batch(records);
    }
    if shape.request_context.is_some() {
        return http(&shape);
    }
    if shape.detail_type.is_some() {
        let message = QueuedMessage::from_eventbridge(json);
        return Ok(Event::Messages(MessageSource::Bus, vec![message]));
    }
    if shape.sns_type.is_some() && shape.topic_arn.is_some() {
        return Err(not_taken(
            "Type",
            "a notification of SNS without the record that Lambda gets it in",
        ));
    }
    Ok(Event::Direct(json))
}

/// A batch of a queue or a topic.
///
/// # Errors
/// Also when a message of a queue has no id: it could not be named as a batch item failure, and
/// Lambda deletes every message that is not named. So the whole batch has to fail.
fn batch(records: &RawValue) -> Result<Event<'_>, Error> {
    let records: Vec<&RawValue> = serde_json::from_str(records.get())
        .map_err(|_| Error::invalid("Records", "Records is not a list"))?;
    match source_of(&records) {
        Some("\"aws:sqs\"") => {
            let messages: Vec<_> = records.into_iter().map(QueuedMessage::from_sqs).collect();
            if messages.iter().any(|message| message.id.is_none()) {
                return Err(Error::invalid(
                    "Records",
                    "a record has no messageId; the whole batch is returned to its queue",
                ));
            }
            Ok(Event::Messages(MessageSource::Queue, messages))
        }
        Some("\"aws:sns\"") => {
            let messages = records.into_iter().map(QueuedMessage::from_sns).collect();
            Ok(Event::Messages(MessageSource::Topic, messages))
        }
        Some(_) => Err(not_taken(
            "Records",
            "a batch that is neither from SQS nor from SNS",
        )),
        None => Err(Error::invalid(
            "Records",
            "Records is empty, or its records do not name the same source",
        )),
    }
}

/// EventBridge Pipes sends the records of a queue as an array, even a single record.
fn pipe(json: &str) -> Result<Event<'_>, Error> {
    let records: Vec<&RawValue> =
        serde_json::from_str(json).map_err(|_| Error::invalid("body", "the event is not JSON"))?;
    match source_of(&records) {
        Some("\"aws:sqs\"") => {
            let messages = records.into_iter().map(QueuedMessage::from_sqs).collect();
            Ok(Event::Messages(MessageSource::Pipe, messages))
        }
        _ => Err(not_taken(
            "body",
            "a JSON array that does not hold records of SQS, as EventBridge Pipes sends them,",
        )),
    }
}

/// The source that all of these records name, as JSON.
fn source_of<'a>(records: &[&'a RawValue]) -> Option<&'a str> {
    let source = |record: &&'a RawValue| {
        let Object(RecordShape { event_source }) = serde_json::from_str(record.get()).ok()?;
        event_source.map(RawValue::get)
    };
    let first = source(records.first()?)?;
    records
        .iter()
        .all(|record| source(record) == Some(first))
        .then_some(first)
}

fn http<'a>(shape: &EventShape<'_>) -> Result<Event<'a>, Error> {
    if shape.method_arn.is_some() || shape.route_arn.is_some() {
        return Err(not_taken("type", "the request of a Lambda authorizer"));
    }
    let request_context = value(shape.request_context);
    let has = |member: &str| {
        request_context
            .get(member)
            .is_some_and(|value| !value.is_null())
    };
    if has("connectionId") {
        return Err(not_taken("requestContext", "an event of a WebSocket API"));
    }
    let multi_value_headers = value(shape.multi_value_headers);
    let format = if has("elb") {
        PayloadFormat::LoadBalancer {
            multi_value: multi_value_headers.is_object(),
        }
    } else if has("http") {
        PayloadFormat::Two
    } else if shape.http_method.is_some() {
        PayloadFormat::One
    } else {
        return Err(not_taken(
            "requestContext",
            "an event with a requestContext of no known kind",
        ));
    };
    let event = RawHttpEvent {
        request_context,
        http_method: value(shape.http_method),
        raw_query_string: value(shape.raw_query_string),
        query_string_parameters: value(shape.query_string_parameters),
        multi_value_query_string_parameters: value(shape.multi_value_query_string_parameters),
        headers: value(shape.headers),
        multi_value_headers,
        body: value(shape.body),
        is_base64_encoded: value(shape.is_base64_encoded),
    };
    Ok(Event::Http(Box::new(HttpEvent::new(format, event))))
}

/// A member of any type; `null` where it is missing or cannot be read.
fn value(member: Option<&RawValue>) -> Value {
    member
        .and_then(|member| serde_json::from_str(member.get()).ok())
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
