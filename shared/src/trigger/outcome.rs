//! The outcome of a message: its answer or its error, and whether it needs redelivery.

use std::borrow::Cow;
use std::cmp::Reverse;

use serde::Serialize;
use serde_json::value::RawValue;

use super::message::QueuedMessage;
use crate::error::{Error, ErrorCode};
use crate::operation::{Answer, AnswerFigures};
use crate::request::{InactivationOrder, OrderPart};
use crate::telemetry::{AUDIT, shortened_name};

/// The outcome of one message.
#[derive(Clone)]
pub(super) struct Outcome {
    /// The answer or the error.
    json: Box<RawValue>,
    /// The answer as the log takes it.
    logged: Box<RawValue>,
    /// The provider, region and instance that were called.
    subject: Option<String>,
    /// The part of an order that was carried out, or refused.
    part: Option<OrderPart>,
    /// Why the request failed as a whole.
    pub(super) error: Option<Error>,
    /// Why the message needs redelivery.
    redelivery_reason: Option<Error>,
    /// Whether another message carries out the same part of an order, so that this one has no
    /// answer.
    is_elsewhere: bool,
}

/// The error of an order.
#[derive(Serialize)]
struct OrderError<'a> {
    #[serde(flatten)]
    error: &'a Error,
    order_id: &'a str,
}

impl Outcome {
    /// The outcome of a request that was carried out. With `is_logged_whole`, the log gets the answer
    /// itself, without PEMs, in place of its figures.
    pub(super) fn of<A: Answer>(result: Result<A, Error>, is_logged_whole: bool) -> Self {
        match result {
            Ok(answer) => {
                let redelivery_reason = answer
                    .failures()
                    .find(|error| error.needs_redelivery())
                    .cloned();
                let subject = answer.subject();
                let part = answer.part();
                let json = serde_json::value::to_raw_value(&answer);
                let logged = || match is_logged_whole {
                    true => serde_json::value::to_raw_value(&answer.for_log()),
                    false => serde_json::value::to_raw_value(&AnswerFigures::of(&answer)),
                };
                match json.and_then(|json| Ok((json, logged()?))) {
                    Ok((json, logged)) => Self {
                        json,
                        logged,
                        subject,
                        part,
                        error: None,
                        redelivery_reason,
                        is_elsewhere: false,
                    },
                    Err(error) => Self::failed(Error::new(
                        ErrorCode::Internal,
                        format!("the answer cannot be written: {error}"),
                    )),
                }
            }
            Err(error) => Self::failed(error),
        }
    }

    pub(super) fn failed(error: Error) -> Self {
        // An error always serializes.
        let json = serde_json::value::to_raw_value(&error).unwrap_or_default();
        let redelivery_reason = Some(error.clone()).filter(Error::needs_redelivery);
        Self {
            json,
            logged: Box::default(),
            subject: None,
            part: None,
            redelivery_reason,
            error: Some(error),
            is_elsewhere: false,
        }
    }

    /// Not attempted: the message needs redelivery.
    pub(super) fn not_attempted(error: Error) -> Self {
        Self {
            redelivery_reason: Some(error.clone()),
            ..Self::failed(error)
        }
    }

    /// Not attempted, because a message before it in its message group needs redelivery.
    pub(super) fn behind_redelivered() -> Self {
        let detail = "a message before this one in its message group needs redelivery; this one is redelivered after it";
        Self::failed(Error::new(ErrorCode::Timeout, detail))
    }

    /// Another message carries out this part of the order.
    pub(super) fn carried_out_elsewhere(order: &InactivationOrder) -> Self {
        Self {
            json: Box::default(),
            logged: Box::default(),
            subject: None,
            part: Some(order.order_part()),
            error: None,
            redelivery_reason: None,
            is_elsewhere: true,
        }
    }

    /// Drops the JSON; afterwards only the redelivery decision is needed.
    pub(super) fn without_json(self) -> Self {
        Self {
            json: Box::default(),
            logged: Box::default(),
            ..self
        }
    }

    /// Writes the log line of a message. Its caller is the caller of the order that the message
    /// continues, or else the message's sender.
    pub(super) fn log(
        &self,
        message: Option<&QueuedMessage>,
        caller_of_order: Option<&str>,
        needs_redelivery: bool,
        is_logged_whole: bool,
    ) {
        let message_id = message.and_then(|message| message.id.as_deref());
        let sender = message.and_then(|message| message.sender.as_deref());
        let (caller, sender) = match caller_of_order {
            Some(caller) => (Some(caller), sender),
            None => (sender, None),
        };
        let order_id = self.part().map(|part| part.order_id.as_str());
        if self.is_elsewhere {
            tracing::info!(
                target: AUDIT,
                message_id,
                caller = caller.map(shortened_name).as_deref(),
                sender = sender.map(shortened_name).as_deref(),
                order_id,
                part = self.part().map(|part| part.number),
                "another message carries out this part of the order"
            );
            return;
        }
        let error = self.error.as_ref().map(|error| {
            // An error always serializes.
            serde_json::to_string(&error.for_log(is_logged_whole)).unwrap_or_default()
        });
        let answer = Some(self.logged.get()).filter(|_| error.is_none());
        tracing::info!(
            target: AUDIT,
            message_id,
            caller = caller.map(shortened_name).as_deref(),
            sender = sender.map(shortened_name).as_deref(),
            needs_redelivery,
            // The figures of an answer have it, too.
            order_id = order_id.filter(|_| error.is_some()),
            json.error = error,
            json.answer = answer,
            "answer"
        );
    }

    /// The answer or the error as JSON. The error of an order has the order's id, like the answer.
    pub(super) fn as_result(&self) -> Result<Cow<'_, RawValue>, Cow<'_, RawValue>> {
        match (&self.error, &self.part) {
            (None, _) => Ok(Cow::Borrowed(&self.json)),
            (Some(_), None) => Err(Cow::Borrowed(&self.json)),
            (Some(error), Some(part)) => {
                let error = OrderError {
                    error,
                    order_id: &part.order_id,
                };
                // An error always serializes.
                let json = serde_json::value::to_raw_value(&error).unwrap_or_default();
                Err(Cow::Owned(json))
            }
        }
    }

    pub(super) fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    pub(super) const fn part(&self) -> Option<&OrderPart> {
        self.part.as_ref()
    }

    /// The outcome of this part of an order. An answer has its part already.
    pub(super) fn of_part(self, part: Option<OrderPart>) -> Self {
        Self {
            part: self.part.or(part),
            ..self
        }
    }

    /// The outcome of a message that a new message continues, so that it needs no redelivery.
    pub(super) fn continued(self) -> Self {
        Self {
            redelivery_reason: None,
            ..self
        }
    }

    /// Marks the message for redelivery, although the outcome itself stays.
    pub(super) fn redeliver_because(&mut self, error: Error) {
        self.redelivery_reason = Some(error);
    }

    pub(super) fn needs_redelivery(&self) -> bool {
        self.redelivery_reason.is_some()
    }

    pub(super) fn redelivery_reason(&self) -> Option<&Error> {
        self.redelivery_reason.as_ref()
    }

    /// The answers and errors as one list of at most this many bytes. If the list is too long, errors
    /// replace the longest answers: otherwise the invocation would fail for all messages each time.
    pub(super) fn into_list(outcomes: Vec<Self>, bytes: usize) -> Vec<Box<RawValue>> {
        let length = |json: &RawValue| json.get().len().saturating_add(1);
        let mut list: Vec<Box<RawValue>> =
            outcomes.into_iter().map(|outcome| outcome.json).collect();
        let mut all: usize = list.iter().map(|json| length(json)).sum();
        if all > bytes {
            let detail = "the answer is too long to be sent with the others of its batch; request fewer certificates, or reduce the \
                          batch size";
            let replacement = Self::failed(Error::new(ErrorCode::PayloadTooLarge, detail)).json;
            let mut longest_first: Vec<&mut Box<RawValue>> = list.iter_mut().collect();
            longest_first.sort_by_key(|json| Reverse(length(json)));
            for json in longest_first {
                if all > bytes && length(json) > length(&replacement) {
                    all = all
                        .saturating_sub(length(json))
                        .saturating_add(length(&replacement));
                    json.clone_from(&replacement);
                }
            }
        }
        list
    }

    /// The answer.
    ///
    /// # Errors
    /// The error of the request, or the error of a part of it that needs redelivery.
    pub(super) fn into_answer(self) -> Result<Box<RawValue>, Error> {
        match self.error.or(self.redelivery_reason) {
            Some(error) => Err(error),
            None => Ok(self.json),
        }
    }
}
