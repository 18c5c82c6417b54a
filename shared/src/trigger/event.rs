//! What kind of event it is. Events are told apart by shape, never by "does it parse": the official types accept each
//! other's events. Nothing here fails on a member's type, so that one odd member never hides the rest.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::HttpEvent;
use super::queue::Record;
use crate::error::Error;
use crate::object::Object;

/// An event with its requests still as text.
pub(super) enum Event<'a> {
    /// From API Gateway, a Function URL or a load balancer.
    Http(Box<HttpEvent>),
    /// A batch of a queue.
    Queue(Vec<Record<'a>>),
    /// The request itself.
    Direct(&'a str),
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

/// Tells events apart.
///
/// # Errors
/// `invalid_request` for an event of a kind that is known but not taken, or of no known kind.
pub(super) fn recognise(json: &str) -> Result<Event<'_>, Error> {
    if json.trim_start().starts_with('[') {
        return Err(not_taken("body", "a JSON array, as EventBridge Pipes sends it,"));
    }
    let marks: Marks<'_> = serde_json::from_str(json).map_err(|_| Error::invalid("body", "the event is not a JSON object"))?;
    if let Some(records) = marks.records {
        return batch(records);
    }
    if let Some(context) = marks.request_context {
        let context: RequestContext<'_> = serde_json::from_str(context.get()).unwrap_or_default();
        if context.elb.is_some() || context.http.is_some() || marks.http_method.is_some() {
            return Ok(Event::Http(Box::new(HttpEvent::read(json, context.elb.is_some(), context.http.is_some()))));
        }
        return Err(not_taken("requestContext", "an event with a requestContext of no known kind"));
    }
    match envelope(&marks) {
        Some(error) => Err(error),
        None => Ok(Event::Direct(json)),
    }
}

/// Whether the body of a queue's record can be a request.
///
/// # Errors
/// `invalid_request` for an envelope around a request, which is not taken yet.
pub(super) fn check_record_body(json: &str) -> Result<(), Error> {
    // What is no JSON object is the request parser's to explain.
    let marks: Marks<'_> = serde_json::from_str(json).map(|Object(marks)| marks).unwrap_or_default();
    envelope(&marks).map_or(Ok(()), Err)
}

fn envelope(marks: &Marks<'_>) -> Option<Error> {
    if marks.detail_type.is_some() {
        return Some(not_taken("detail-type", "an event of EventBridge"));
    }
    (marks.sns_type.is_some() && marks.topic_arn.is_some()).then(|| not_taken("Type", "a message of SNS"))
}

fn batch(records: &RawValue) -> Result<Event<'_>, Error> {
    let records: Vec<&RawValue> = serde_json::from_str(records.get()).map_err(|_| Error::invalid("Records", "Records is not a list"))?;
    let first = records.first().ok_or_else(|| Error::invalid("Records", "Records is empty"))?;
    let source: Source<'_> = serde_json::from_str(first.get()).unwrap_or_default();
    match source.event_source.map(RawValue::get) {
        Some("\"aws:sqs\"") => records.into_iter().map(Record::read).collect::<Result<_, _>>().map(Event::Queue),
        Some("\"aws:sns\"") => Err(not_taken("Records", "a notification of SNS")),
        _ => Err(not_taken("Records", "a batch that is not from SQS")),
    }
}

fn not_taken(field: &str, what: &str) -> Error {
    Error::invalid(field, format!("{what} is not taken by this version; send the request over HTTP, from SQS, or by direct invocation"))
}
