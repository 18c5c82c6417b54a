//! The queues that the function sends messages to: Amazon SQS, `SendMessageBatch`, in its JSON
//! protocol.
//!
//! A message may arrive twice, because sending is retried. Consumers recognise the second one by its
//! id.

mod event;

pub(super) use event::CloudEvent;

use serde::{Deserialize, Serialize};

use super::aws_service::{AwsService, failure, unexpected_answer};
use crate::config::{Config, ORDERS_QUEUE_URL, QueueUrl, RESULTS_QUEUE_URL};
use crate::error::{Error, ErrorCode};
use crate::object::Object;
use crate::transport::{Deadline, HttpResponse, Lane, Transport};

/// Maximum number of messages in one call.
const MOST_MESSAGES: usize = 10;
/// Maximum size of one message, and of all messages of one call, in bytes.
pub(super) const MOST_BYTES: usize = 1_048_576;

const TARGET: &str = "AmazonSQS.SendMessageBatch";

/// A queue that the function sends to.
pub(super) struct Queue<'a> {
    /// The environment variable that holds the queue's URL.
    variable: &'static str,
    url: &'a QueueUrl,
    service: AwsService<'a>,
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
        let service = AwsService::new("sqs", url.endpoint().clone(), config, transport)?;
        Some(Self {
            variable,
            url,
            service,
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
        let sent = self
            .service
            .call(TARGET, &batch, deadline, lane, read)
            .await;
        match sent {
            Ok(result) => (0..messages.len())
                .map(|index| {
                    result
                        .error_of(&index.to_string())
                        .map(|error| self.unsent(error))
                })
                .collect(),
            Err(error) => {
                let unsent = self.unsent(error);
                messages.iter().map(|_| Some(unsent.clone())).collect()
            }
        }
    }

    fn unsent(&self, error: Error) -> Error {
        let advice = match error.code {
            ErrorCode::ProviderRejected => "; the function's role needs sqs:SendMessage on it",
            _ => "",
        };
        let detail = format!(
            "the message could not be sent to the queue that {} names: {}{advice}",
            self.variable, error.detail
        );
        Error { detail, ..error }
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
    /// A single message that is larger than SQS accepts.
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

fn read(response: &HttpResponse) -> Result<BatchResult, Error> {
    if response.status() != 200 {
        return Err(failure(response));
    }
    serde_json::from_slice(response.body())
        .map(|Object(result)| result)
        .map_err(|_| unexpected_answer())
}

fn too_large() -> Error {
    Error::new(
        ErrorCode::PayloadTooLarge,
        "the message is larger than 1 MiB, the maximum of SQS; request fewer certificates",
    )
}

#[cfg(test)]
mod tests;
