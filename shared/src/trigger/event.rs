//! Recognises the kind of an event. Events are distinguished by their shape, never by which type
//! accepts them: the official types accept each other's events. Only then are the records read as
//! their official types, each alone, so that one unusual record never hides the others.

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::direct::DirectEvent;
use super::http::{HttpEvent, PayloadFormat};
use super::limits::LONGEST_HTTP_EVENT;
use super::message::{MessageSource, QueuedMessage};
use crate::error::Error;
use crate::object::{Members, Object};
use crate::request::without_byte_order_mark;
use crate::transport::Waiting;

/// An event with its requests still as text.
pub(super) enum Event<'a> {
    /// From API Gateway, a Function URL or a load balancer.
    Http(Box<HttpEvent<'a>>),
    /// From the same sources, and too long to be read.
    TooLongHttp(PayloadFormat),
    /// One or more messages.
    Messages(MessageSource, Vec<QueuedMessage>),
    /// From a direct invocation.
    Direct(DirectEvent<'a>),
}

impl Event<'_> {
    /// The side that waits for the answer.
    pub(super) const fn waiting(&self) -> Waiting {
        match self {
            Self::Http(_) | Self::TooLongHttp(_) | Self::Direct(_) => Waiting::Caller,
            Self::Messages(MessageSource::Queue, _) => Waiting::Queue,
            Self::Messages(_, _) => Waiting::Nobody,
        }
    }

    /// The name of its kind in the log.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Http(_) | Self::TooLongHttp(_) => "http",
            Self::Messages(source, _) => source.as_str(),
            Self::Direct(_) => "direct",
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The member of a record that names its source.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RecordShape<'a> {
    #[serde(borrow, rename = "eventSource", alias = "EventSource")]
    event_source: Option<&'a RawValue>,
}

/// Recognises the kind of an event.
///
/// # Errors
/// `invalid_request` for an event of no known kind.
pub(super) fn recognise(event: &[u8]) -> Result<Event<'_>, Error> {
    if event.len() > LONGEST_HTTP_EVENT
        && let Some(format) = http_format_by_bytes(event)
    {
        return Ok(Event::TooLongHttp(format));
    }
    let json =
        std::str::from_utf8(event).map_err(|_| Error::invalid("body", "the event is not UTF-8"))?;
    let json = without_byte_order_mark(json);
    if json.trim_start().starts_with('[') {
        return pipe(json);
    }
    let event = Members::parse(json)
        .ok_or_else(|| Error::invalid("body", "the event is not a JSON object"))?;
    let has = |member| event.is_stated(member);
    if has("Records") {
        return batch(event.list("Records"));
    }
    if has("requestContext") {
        return http(&event);
    }
    if has("detail-type") {
        let message = QueuedMessage::from_eventbridge(json);
        return Ok(Event::Messages(MessageSource::Bus, vec![message]));
    }
    if has("Type") && has("TopicArn") {
        return Err(unsupported_event(
            "Type",
            "a notification of SNS without the record that Lambda gets it in",
        ));
    }
    Ok(Event::Direct(if has("order") {
        DirectEvent::SignedOrder(json)
    } else if has("caller") || has("request") {
        DirectEvent::Named(json)
    } else {
        DirectEvent::Plain(json)
    }))
}

/// The payload format of an HTTP event, found by a few bytes. Anybody can send a long event, and
/// reading it as JSON would take many times as long.
fn http_format_by_bytes(event: &[u8]) -> Option<PayloadFormat> {
    let begins = inside(event.strip_prefix(BYTE_ORDER_MARK).unwrap_or(event), b'{')?;
    // Batches of queues may be longer than a request. AWS writes this member first.
    if begins.starts_with(br#""Records""#) {
        return None;
    }
    let context = object_named(event, br#""requestContext""#)?;
    Some(if context.starts_with(br#""elb""#) {
        PayloadFormat::LoadBalancer {
            multi_value: object_named(event, br#""multiValueHeaders""#).is_some(),
        }
    } else if object_named(event, br#""http""#).is_some() {
        PayloadFormat::Two
    } else {
        PayloadFormat::One
    })
}

/// The inside of the first object with this name. Only the gateway can have written it: it escapes the
/// client's quotes, and writes the values of the client's headers as strings.
fn object_named<'a>(event: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    memmem::find_iter(event, name).find_map(|at| {
        let behind = event.get(at.checked_add(name.len())?..)?;
        inside(inside(behind, b':')?, b'{')
    })
}

/// The bytes after this opening byte, without the blanks around it.
fn inside(bytes: &[u8], opening: u8) -> Option<&[u8]> {
    let inside = bytes.trim_ascii_start().strip_prefix(&[opening])?;
    Some(inside.trim_ascii_start())
}

/// A batch of a queue or a topic.
///
/// # Errors
/// Also when a message of a queue has no id: it could not be named as a batch item failure, and
/// Lambda deletes every message that is not named. So the whole batch has to fail.
fn batch(records: Option<Vec<&RawValue>>) -> Result<Event<'_>, Error> {
    let records = records.ok_or_else(|| Error::invalid("Records", "Records is not a list"))?;
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
        Some(_) => Err(unsupported_event(
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
        _ => Err(unsupported_event(
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

fn http<'a>(event: &Members<'a>) -> Result<Event<'a>, Error> {
    if event.is_stated("methodArn") || event.is_stated("routeArn") {
        return Err(unsupported_event(
            "type",
            "the request of a Lambda authorizer",
        ));
    }
    let request_context = event.object("requestContext");
    let has = |member| {
        request_context
            .as_ref()
            .is_some_and(|context| context.is_stated(member))
    };
    if has("connectionId") {
        return Err(unsupported_event(
            "requestContext",
            "an event of a WebSocket API",
        ));
    }
    let format = if has("elb") {
        PayloadFormat::LoadBalancer {
            multi_value: event.object("multiValueHeaders").is_some(),
        }
    } else if has("http") || (request_context.is_none() && event.is_stated("rawPath")) {
        PayloadFormat::Two
    } else if event.is_stated("httpMethod") {
        PayloadFormat::One
    } else {
        return Err(unsupported_event(
            "requestContext",
            "an event with a requestContext of no known kind",
        ));
    };
    let event = HttpEvent::new(format, event, request_context.as_ref());
    Ok(Event::Http(Box::new(event)))
}

fn unsupported_event(field: &str, event: &str) -> Error {
    Error::invalid(
        field,
        format!(
            "{event} is not supported; send the request over HTTP, SQS, SNS, EventBridge, or by direct invocation"
        ),
    )
}
