//! The outcome of a message: its answer or its error, and whether it needs redelivery.

use std::cmp::Reverse;

use serde_json::value::RawValue;

use super::message::QueuedMessage;
use crate::error::{Error, ErrorCode};
use crate::operation::{Answer, AnswerFigures};
use crate::request::InactivationOrder;
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
    /// The id of an order and the number of the part, where the answer is one part of an order.
    part: Option<(String, usize)>,
    /// Why the request failed as a whole.
    pub(super) error: Option<Error>,
    /// Why the message needs redelivery.
    redelivery_reason: Option<Error>,
    /// Whether another message carries out the same part of an order, so that this one has no
    /// answer.
    is_elsewhere: bool,
}

impl Outcome {
    /// With `is_logged_whole`, the log gets the answer itself, without PEMs, in place of its figures.
    pub(super) fn of<A: Answer>(result: Result<A, Error>, is_logged_whole: bool) -> Self {
        match result {
            Ok(answer) => {
                let redelivery_reason = answer
                    .failures()
                    .find(|error| error.needs_redelivery())
                    .cloned();
                let subject = answer.subject();
                let part = answer
                    .part()
                    .map(|(order_id, part)| (order_id.to_owned(), part));
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
        let part = usize::try_from(order.part).unwrap_or(usize::MAX);
        Self {
            json: Box::default(),
            logged: Box::default(),
            subject: None,
            part: Some((order.id.clone(), part)),
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

    /// Writes the line about a message. The caller is that of the order which the message continues,
    /// or else the message's sender.
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
        if self.is_elsewhere {
            let (order_id, part) = self.part().unzip();
            tracing::info!(
                target: AUDIT,
                message_id,
                caller = caller.map(shortened_name).as_deref(),
                sender = sender.map(shortened_name).as_deref(),
                order_id,
                part,
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
            json.error = error,
            json.answer = answer,
            "answer"
        );
    }

    /// The answer or the error as JSON.
    pub(super) fn as_result(&self) -> Result<&RawValue, &RawValue> {
        if self.error.is_some() {
            Err(&self.json)
        } else {
            Ok(&self.json)
        }
    }

    pub(super) fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    pub(super) fn part(&self) -> Option<(&str, usize)> {
        self.part
            .as_ref()
            .map(|(order_id, part)| (order_id.as_str(), *part))
    }

    /// A message of its own continues the request, so that this one needs no redelivery.
    pub(super) fn continued(self) -> Self {
        Self {
            redelivery_reason: None,
            ..self
        }
    }

    /// The outcome stands, but the message needs redelivery all the same.
    pub(super) fn redeliver_because(&mut self, error: Error) {
        self.redelivery_reason = Some(error);
    }

    pub(super) fn needs_redelivery(&self) -> bool {
        self.redelivery_reason.is_some()
    }

    pub(super) fn redelivery_reason(&self) -> Option<&Error> {
        self.redelivery_reason.as_ref()
    }

    /// The answers or errors as one list of at most so many bytes. In a list that is too long, errors
    /// replace the longest answers: otherwise the invocation would fail for all, again and again.
    pub(super) fn into_list(outcomes: Vec<Self>, bytes: usize) -> Vec<Box<RawValue>> {
        let length = |json: &RawValue| json.get().len().saturating_add(1);
        let mut list: Vec<Box<RawValue>> =
            outcomes.into_iter().map(|outcome| outcome.json).collect();
        let mut all: usize = list.iter().map(|json| length(json)).sum();
        if all > bytes {
            let detail = "the answer is too long to go out with the others of its batch; ask for less, or let fewer messages into a \
                          batch";
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

    /// The answer, unless the request failed, or a part of it that a redelivery may mend.
    pub(super) fn into_answer(self) -> Result<Box<RawValue>, Error> {
        match self.error.or(self.redelivery_reason) {
            Some(error) => Err(error),
            None => Ok(self.json),
        }
    }
}
