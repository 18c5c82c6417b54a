//! The queues that the function sends messages to: Amazon SQS, `SendMessageBatch`, in its JSON
//! protocol.
//!
//! A message may arrive twice, since sending is repeated whenever that may help. Consumers recognise
//! the second one by its id.

mod event;

pub(super) use event::CloudEvent;

use http::Method;
use serde::{Deserialize, Serialize};

use crate::config::{Config, ORDERS_QUEUE_URL, QueueUrl, RESULTS_QUEUE_URL};
use crate::credentials::Credentials;
use crate::error::{Error, ErrorCode};
use crate::model::{Cloud, Region, Timestamp};
use crate::object::Object;
use crate::signing::sigv4;
use crate::transport::{
    Deadline, HttpRequest, HttpResponse, Lane, Repeat, Transport, http_request,
};
use crate::vendor::aws;

/// Most messages in one call.
const MOST_MESSAGES: usize = 10;
/// Most bytes of one message, and of all messages of one call.
const MOST_BYTES: usize = 1_048_576;

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const TARGET: &str = "AmazonSQS.SendMessageBatch";

/// A queue that the function sends to.
pub(super) struct Queue<'a> {
    /// The environment variable that holds the queue's URL.
    variable: &'static str,
    url: &'a QueueUrl,
    region: &'a Region,
    credentials: &'a Credentials,
    transport: &'a Transport,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessageBatch<'a> {
    queue_url: &'a str,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    id: String,
    message_body: &'a str,
}

/// The result for each entry. An entry in neither list was not sent.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct BatchResult {
    successful: Vec<Sent>,
    failed: Vec<Unsent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Unsent {
    id: String,
    #[serde(default)]
    code: String,
}

impl<'a> Queue<'a> {
    /// The queue for results. `None` where results are only logged.
    pub(super) fn of_results(config: &'a Config, transport: &'a Transport) -> Option<Self> {
        Self::new(
            RESULTS_QUEUE_URL,
            config.results_queue.as_ref()?,
            config,
            transport,
        )
    }

    /// The function's own queue for orders. `None` where it has none.
    pub(super) fn of_orders(config: &'a Config, transport: &'a Transport) -> Option<Self> {
        Self::new(
            ORDERS_QUEUE_URL,
            config.orders_queue.as_ref()?,
            config,
            transport,
        )
    }

    fn new(
        variable: &'static str,
        url: &'a QueueUrl,
        config: &'a Config,
        transport: &'a Transport,
    ) -> Option<Self> {
        let aws = config.clouds.of(Cloud::Aws);
        let credentials = aws.credentials.as_ref()?.environment_key()?;
        Some(Self {
            variable,
            url,
            region: aws.region.as_ref()?,
            credentials,
            transport,
        })
    }

    /// Sends these messages, in as few calls as they allow. Returns for each, in their order, why it
    /// could not be sent.
    pub(super) async fn send(
        &self,
        deadline: Deadline,
        lane: &Lane,
        messages: &[String],
    ) -> Vec<Option<Error>> {
        let mut errors: Vec<Option<Error>> = Vec::with_capacity(messages.len());
        for batch in batches(messages) {
            match batch {
                Batch::TooLarge => errors.push(Some(too_large())),
                Batch::Sendable(messages) => {
                    errors.extend(self.send_batch(deadline, lane, messages).await)
                }
            }
        }
        errors
    }

    async fn send_batch(
        &self,
        deadline: Deadline,
        lane: &Lane,
        messages: &[String],
    ) -> Vec<Option<Error>> {
        let entries = messages.iter().enumerate().map(|(index, message)| Entry {
            id: index.to_string(),
            message_body: message,
        });
        let batch = SendMessageBatch {
            queue_url: self.url.as_str(),
            entries: entries.collect(),
        };
        let all_failed = |error: Error| messages.iter().map(|_| Some(error.clone())).collect();
        let body = match serde_json::to_vec(&batch) {
            Ok(body) => body,
            Err(error) => {
                return all_failed(Error::new(
                    ErrorCode::Internal,
                    format!("the messages cannot be written: {error}"),
                ));
            }
        };
        let sign = |now: Timestamp, _nonce| self.sign(&body, now);
        match self
            .transport
            .call(deadline, lane, Repeat::Always, sign, read)
            .await
        {
            Ok(result) => (0..messages.len())
                .map(|index| {
                    result
                        .error_of(&index.to_string())
                        .map(|error| self.unsent(error))
                })
                .collect(),
            Err(failure) => all_failed(self.unsent(failure.error)),
        }
    }

    fn unsent(&self, error: Error) -> Error {
        let advice = match error.code {
            ErrorCode::ProviderRejected => "; the function's role needs sqs:SendMessage on it",
            _ => "",
        };
        let detail = format!(
            "nothing could be sent to the queue that {} names: {}{advice}",
            self.variable, error.detail
        );
        Error { detail, ..error }
    }

    fn sign(&self, body: &[u8], now: Timestamp) -> Result<HttpRequest, Error> {
        let url = self.url.endpoint().url("");
        let request = sigv4::Request {
            method: "POST",
            url: &url,
            region: self.region.as_str(),
            service: "sqs",
            timestamp: now.epoch_seconds(),
            headers: &[("content-type", CONTENT_TYPE), ("x-amz-target", TARGET)],
            body,
        };
        let Credentials { id, secret, token } = self.credentials;
        let headers = request.headers(id, secret, token.as_ref())?;
        http_request(Method::POST, &url, headers, body.to_vec())
    }
}

impl BatchResult {
    fn error_of(&self, id: &str) -> Option<Error> {
        if self.successful.iter().any(|sent| sent.id == id) {
            return None;
        }
        let failed = self.failed.iter().find(|unsent| unsent.id == id);
        let code = failed.map_or("the answer of SQS does not mention the message", |unsent| {
            unsent.code.as_str()
        });
        Some(Error::new(ErrorCode::ProviderUnavailable, code))
    }
}

/// The messages of one call.
enum Batch<'a> {
    Sendable(&'a [String]),
    /// A single message that is larger than SQS takes.
    TooLarge,
}

fn batches(mut messages: &[String]) -> Vec<Batch<'_>> {
    let mut batches = Vec::new();
    while !messages.is_empty() {
        let mut bytes = 0_usize;
        let fits = |message: &&String| {
            bytes = bytes.saturating_add(message.len());
            bytes <= MOST_BYTES
        };
        let count = messages.iter().take(MOST_MESSAGES).take_while(fits).count();
        let (batch, rest) = messages.split_at(count.max(1).min(messages.len()));
        batches.push(if count == 0 {
            Batch::TooLarge
        } else {
            Batch::Sendable(batch)
        });
        messages = rest;
    }
    batches
}

/// The type of a failure decides before the status, as in every JSON protocol of AWS.
fn read(response: &HttpResponse) -> Result<BatchResult, Error> {
    let status = response.status().as_u16();
    if status == 200 {
        let Object(result) = serde_json::from_slice(response.body()).map_err(|_| {
            Error::new(
                ErrorCode::ProviderInvalidResponse,
                "an answer of another form",
            )
        })?;
        return Ok(result);
    }
    let code = aws::failure(response).map_or_else(String::new, |failure| failure.code);
    let kind = match (code.as_str(), status) {
        ("ThrottlingException" | "RequestThrottled" | "Throttling", _) | (_, 429) => {
            ErrorCode::Throttled
        }
        (_, 500..) => ErrorCode::ProviderUnavailable,
        _ => ErrorCode::ProviderRejected,
    };
    let detail = if code.is_empty() {
        format!("HTTP {status}")
    } else {
        code
    };
    Err(Error::new(kind, detail))
}

fn too_large() -> Error {
    Error::new(
        ErrorCode::PayloadTooLarge,
        "the answer is larger than a message of a queue may be; the log has it. Ask for less",
    )
}

#[cfg(test)]
mod tests;
