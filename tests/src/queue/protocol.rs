//! The JSON protocol of Amazon SQS: the two actions that send.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
//!
//! Signatures are not verified; a call without one for this service is refused.

use std::collections::HashSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::messages::{Hold, Messages};
use super::{SendFailure, Shared, url};

const JSON: &str = "application/x-amz-json-1.0";

/// Most bytes of one message, and of all messages of one call.
const MOST_BYTES: usize = 1_048_576;
/// Most bytes of a call: JSON may write a byte as six.
const MOST_OF_CALL: usize = 8 * MOST_BYTES;
const MOST_ENTRIES: usize = 10;
const LONGEST_DELAY: u64 = 900;

pub(super) async fn serve(listener: TcpListener, address: SocketAddr, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| respond(request, address, &shared));
            // A failure means that the function has hung up; its test shows the reason.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn respond(
    request: Request<Incoming>,
    address: SocketAddr,
    shared: &Shared,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let answer = match Limited::new(body, MOST_OF_CALL).collect().await {
        Ok(body) => answer(&head, &body.to_bytes(), address, shared),
        Err(_) => Err(batch_too_long()),
    };
    let (status, answer) = match answer {
        Ok((answer, hold)) => {
            if let Some(Hold { sent, released }) = hold {
                // The caller that asked for it may be gone; then nothing is held back.
                let _ = sent.send(());
                let _ = released.await;
            }
            (StatusCode::OK, answer)
        }
        Err(refusal) => (
            refusal.status,
            json!({ "__type": refusal.error_type, "message": refusal.message }),
        ),
    };
    let mut response = Response::new(Full::from(answer.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response.headers_mut().insert(
        "x-amzn-requestid",
        HeaderValue::from_static("b25f48e8-84fd-11e6-80d9-574e0c4664cb"),
    );
    Ok(response)
}

/// A refusal of the whole call.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    error_type: &'static str,
    message: &'static str,
}

impl Refusal {
    const fn of_sender(error_type: &'static str, message: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error_type,
            message,
        }
    }

    const fn missing(message: &'static str) -> Self {
        Self::of_sender(
            "com.amazon.coral.service#MissingRequiredParameterException",
            message,
        )
    }
}

const fn batch_too_long() -> Refusal {
    Refusal::of_sender(
        "com.amazonaws.sqs#BatchRequestTooLong",
        "Batch requests cannot be longer than 1048576 bytes.",
    )
}

fn answer(
    head: &Parts,
    body: &[u8],
    address: SocketAddr,
    shared: &Shared,
) -> Result<(Value, Option<Hold>), Refusal> {
    let header = |name: &str| {
        head.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let is_batch = match (
        &head.method,
        header("x-amz-target"),
        header(CONTENT_TYPE.as_str()),
    ) {
        (&Method::POST, "AmazonSQS.SendMessage", JSON) => false,
        (&Method::POST, "AmazonSQS.SendMessageBatch", JSON) => true,
        _ => {
            return Err(Refusal::of_sender(
                "com.amazon.coral.service#UnknownOperationException",
                "The operation is not known here.",
            ));
        }
    };
    let authorization = header(AUTHORIZATION.as_str());
    if !authorization.starts_with("AWS4-HMAC-SHA256 ")
        || !authorization.contains("/sqs/aws4_request")
    {
        return Err(Refusal {
            status: StatusCode::FORBIDDEN,
            error_type: "com.amazon.coral.service#MissingAuthenticationTokenException",
            message: "Request is missing Authentication Token",
        });
    }
    let Ok(Value::Object(parameters)) = serde_json::from_slice(body) else {
        return Err(Refusal::of_sender(
            "com.amazon.coral.service#SerializationException",
            "The body is not a JSON object.",
        ));
    };
    let queue = named_queue(&parameters, address, shared)?;
    let failure = shared
        .state()
        .queues
        .get_mut(&queue)
        .and_then(Messages::called);
    let answer = match failure {
        Some(SendFailure::InternalError) => Err(Refusal {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error_type: "com.amazon.coral.service#InternalFailure",
            message: "The request processing has failed because of an unknown error, exception or failure.",
        }),
        Some(SendFailure::AccessDenied) => Err(Refusal {
            status: StatusCode::FORBIDDEN,
            error_type: "com.amazon.coral.service#AccessDeniedException",
            message: "The caller is not authorized to perform: sqs:sendmessage on this resource.",
        }),
        None if is_batch => send_batch(&parameters, &queue, shared),
        None => send_one(&parameters, &queue, shared),
    }?;
    let hold = shared
        .state()
        .queues
        .get_mut(&queue)
        .and_then(Messages::held);
    Ok((answer, hold))
}

/// The name of the queue that `QueueUrl` names.
fn named_queue(
    parameters: &Map<String, Value>,
    address: SocketAddr,
    shared: &Shared,
) -> Result<String, Refusal> {
    let requested = parameters.get("QueueUrl").and_then(Value::as_str);
    let requested = requested.ok_or(Refusal::missing(
        "The request must contain the parameter QueueUrl.",
    ))?;
    let name = requested.rsplit('/').next().unwrap_or_default();
    if url(address, name) == requested && shared.state().queues.contains_key(name) {
        Ok(name.to_owned())
    } else {
        Err(Refusal::of_sender(
            "com.amazonaws.sqs#QueueDoesNotExist",
            "The specified queue does not exist.",
        ))
    }
}

fn send_one(
    parameters: &Map<String, Value>,
    queue: &str,
    shared: &Shared,
) -> Result<Value, Refusal> {
    let message = Outgoing::read(parameters).map_err(|wrong| match wrong {
        Wrong::NoBody => Refusal::missing("The request must contain the parameter MessageBody."),
        Wrong::TooLong => Refusal::of_sender(
            "com.amazon.coral.service#InvalidParameterValueException",
            "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
        ),
        Wrong::Characters => {
            Refusal::of_sender("com.amazonaws.sqs#InvalidMessageContents", "The message contains characters outside the allowed set.")
        }
        Wrong::Delay => Refusal::of_sender(
            "com.amazon.coral.service#InvalidParameterValueException",
            "Value for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
        ),
    })?;
    Ok(json!({ "MessageId": message.send(queue, shared) }))
}

/// An entry that cannot be sent fails alone.
fn send_batch(
    parameters: &Map<String, Value>,
    queue: &str,
    shared: &Shared,
) -> Result<Value, Refusal> {
    let entries = parameters
        .get("Entries")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    match entries.len() {
        0 => {
            return Err(Refusal::of_sender(
                "com.amazonaws.sqs#EmptyBatchRequest",
                "There should be at least one entry in the request.",
            ));
        }
        1..=MOST_ENTRIES => {}
        _ => {
            return Err(Refusal::of_sender(
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
                "Maximum number of entries per request are 10.",
            ));
        }
    }
    let mut seen = HashSet::new();
    for entry in entries {
        let id = id(entry);
        if !(1..=80).contains(&id.len())
            || !id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            return Err(Refusal::of_sender(
                "com.amazonaws.sqs#InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric \
                characters, hyphens and underscores. It can be at most 80 letters long.",
            ));
        }
        if !seen.insert(id) {
            return Err(Refusal::of_sender(
                "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
                "Two or more batch entries have the same Id.",
            ));
        }
    }
    let bytes = entries
        .iter()
        .filter_map(|entry| entry.get("MessageBody")?.as_str())
        .map(str::len);
    if bytes.fold(0, usize::saturating_add) > MOST_BYTES {
        return Err(batch_too_long());
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        let empty = Map::new();
        match Outgoing::read(entry.as_object().unwrap_or(&empty)) {
            Ok(message) => successful
                .push(json!({ "Id": id(entry), "MessageId": message.send(queue, shared) })),
            Err(wrong) => {
                let code = match wrong {
                    Wrong::NoBody => "MissingParameter",
                    Wrong::Characters => "InvalidMessageContents",
                    Wrong::TooLong | Wrong::Delay => "InvalidParameterValue",
                };
                failed.push(json!({ "Id": id(entry), "Code": code, "Message": "The entry cannot be sent.", "SenderFault": true }));
            }
        }
    }
    Ok(json!({ "Successful": successful, "Failed": failed }))
}

fn id(entry: &Value) -> &str {
    entry.get("Id").and_then(Value::as_str).unwrap_or_default()
}

/// A message that can be sent.
struct Outgoing {
    body: String,
    delay: Duration,
}

/// The reason why a message cannot be sent.
enum Wrong {
    NoBody,
    TooLong,
    Characters,
    Delay,
}

impl Outgoing {
    fn read(members: &Map<String, Value>) -> Result<Self, Wrong> {
        let body = members
            .get("MessageBody")
            .and_then(Value::as_str)
            .filter(|body| !body.is_empty())
            .ok_or(Wrong::NoBody)?;
        if body.len() > MOST_BYTES {
            return Err(Wrong::TooLong);
        }
        if !body.chars().all(is_allowed) {
            return Err(Wrong::Characters);
        }
        let delay = match members.get("DelaySeconds") {
            None | Some(Value::Null) => 0,
            Some(seconds) => seconds
                .as_u64()
                .filter(|seconds| *seconds <= LONGEST_DELAY)
                .ok_or(Wrong::Delay)?,
        };
        Ok(Self {
            body: body.to_owned(),
            delay: Duration::from_secs(delay),
        })
    }

    fn send(self, queue: &str, shared: &Shared) -> Option<String> {
        shared
            .state()
            .send(queue, self.body, self.delay, Instant::now())
    }
}

/// The characters of XML 1.0, which messages are made of.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
