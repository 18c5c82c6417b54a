//! Parses the requests in messages.

use std::collections::HashMap;

use super::limits::check_request_size;
use super::message::{MessageSource, QueuedMessage};
use crate::error::Error;
use crate::operation::Operation;
use crate::request;

/// A request with the indexes of the messages that hold it.
pub(super) struct ParsedRequest<R> {
    pub(super) request: R,
    pub(super) indexes: Vec<usize>,
}

/// The requests of a batch.
pub(super) struct ParsedBatch<R> {
    pub(super) requests: Vec<ParsedRequest<R>>,
    /// The indexes of messages without a usable request, with the reason.
    pub(super) unusable: Vec<(usize, Error)>,
}

/// Parses these messages.
pub(super) fn parse_all<O: Operation>(
    source: MessageSource,
    messages: &[QueuedMessage],
    indexes: &[usize],
) -> ParsedBatch<O::Request> {
    let mut parsed: Vec<ParsedRequest<O::Request>> = Vec::new();
    let mut unusable = Vec::new();
    let mut first_with: HashMap<&str, usize> = HashMap::new();
    for &index in indexes {
        let Some(message) = messages.get(index) else {
            continue;
        };
        match parse::<O>(source, message) {
            Ok((text, request)) => {
                // Equal requests that only read share one answer. For equal orders, the operation
                // decides.
                let first = first_with
                    .get(text)
                    .and_then(|first| parsed.get_mut(*first));
                match first.filter(|_| O::READS_ONLY) {
                    Some(first) => first.indexes.push(index),
                    None => {
                        first_with.insert(text, parsed.len());
                        let indexes = vec![index];
                        parsed.push(ParsedRequest { request, indexes });
                    }
                }
            }
            Err(error) => unusable.push((index, error)),
        }
    }
    ParsedBatch {
        requests: parsed,
        unusable,
    }
}

/// The request of a message, as text and parsed.
pub(super) fn parse<O: Operation>(
    source: MessageSource,
    message: &QueuedMessage,
) -> Result<(&str, O::Request), Error> {
    let text = message.request.as_ref().map_err(Clone::clone)?;
    check_request_size(text.len())?;
    let request = match source {
        // IAM guards who sends to the queue, and not who publishes to the topics and buses that do.
        MessageSource::Queue if message.is_bare => O::from_message(text)?,
        _ => request::parse(text)?,
    };
    Ok((text, request))
}
