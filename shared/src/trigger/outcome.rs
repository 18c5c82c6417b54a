//! What becomes of a message: its answer or its error, and whether it has to come back.

use std::cmp::Reverse;

use serde_json::value::RawValue;

use crate::error::{Error, ErrorCode};
use crate::operation::Answer;

/// What became of one message.
#[derive(Clone)]
pub(super) struct Outcome {
    /// The answer or the error, as it goes out.
    json: Box<RawValue>,
    /// The same without certificates themselves.
    pub(super) logged: Box<RawValue>,
    /// The place that was asked.
    subject: Option<String>,
    /// Where it tells of a part of an order: what the order is called, and the number of the part.
    part: Option<(String, usize)>,
    /// What failed as a whole.
    pub(super) error: Option<Error>,
    /// Why the message has to be delivered again.
    reason_to_come_back: Option<Error>,
}

impl Outcome {
    pub(super) fn of<A: Answer>(result: Result<A, Error>) -> Self {
        match result {
            Ok(answer) => {
                let reason_to_come_back =
                    answer.failures().find(|error| error.comes_back()).cloned();
                let subject = answer.subject();
                let part = answer
                    .part()
                    .map(|(order_id, part)| (order_id.to_owned(), part));
                let json = serde_json::value::to_raw_value(&answer);
                match json.and_then(|json| {
                    Ok((json, serde_json::value::to_raw_value(&answer.for_log())?))
                }) {
                    Ok((json, logged)) => Self {
                        json,
                        logged,
                        subject,
                        part,
                        error: None,
                        reason_to_come_back,
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
        let reason_to_come_back = Some(error.clone()).filter(Error::comes_back);
        Self {
            logged: json.clone(),
            json,
            subject: None,
            part: None,
            reason_to_come_back,
            error: Some(error),
        }
    }

    /// Not tried: the message has to come back.
    pub(super) fn kept_for(error: Error) -> Self {
        Self {
            reason_to_come_back: Some(error.clone()),
            ..Self::failed(error)
        }
    }

    /// Not tried, because one before it in its order has to come back.
    pub(super) fn behind_another() -> Self {
        let detail = "a message before this one in its order has to be delivered again; this one comes back behind it";
        Self::failed(Error::new(ErrorCode::Timeout, detail))
    }

    /// What is left to decide by.
    pub(super) fn without_texts(self) -> Self {
        Self {
            json: Box::default(),
            logged: Box::default(),
            ..self
        }
    }

    /// The answer or the error, as they go out.
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

    /// What is left of it goes on as a message of its own, so that this one need not come back.
    pub(super) fn goes_on(self) -> Self {
        Self {
            reason_to_come_back: None,
            ..self
        }
    }

    /// It is there, and yet the message has to come back.
    pub(super) fn keep_for(&mut self, error: Error) {
        self.reason_to_come_back = Some(error);
    }

    pub(super) fn comes_back(&self) -> bool {
        self.reason_to_come_back.is_some()
    }

    pub(super) fn reason_to_come_back(&self) -> Option<&Error> {
        self.reason_to_come_back.as_ref()
    }

    /// The answer or the error, as they go out in one list of at most so many bytes. Of a list that
    /// is too long, the longest are replaced: it would fail them all, again and again.
    pub(super) fn list(outcomes: Vec<Self>, bytes: usize) -> Vec<Box<RawValue>> {
        let length = |json: &RawValue| json.get().len().saturating_add(1);
        let mut list: Vec<Box<RawValue>> =
            outcomes.into_iter().map(|outcome| outcome.json).collect();
        let mut all: usize = list.iter().map(|json| length(json)).sum();
        if all > bytes {
            let detail = "the answer is too long to go out with the others of its batch; the log has it. Ask for less, or let fewer \
                          messages into a batch";
            let in_its_place = Self::failed(Error::new(ErrorCode::PayloadTooLarge, detail)).json;
            let mut longest_first: Vec<&mut Box<RawValue>> = list.iter_mut().collect();
            longest_first.sort_by_key(|json| Reverse(length(json)));
            for json in longest_first {
                if all > bytes && length(json) > length(&in_its_place) {
                    all = all
                        .saturating_sub(length(json))
                        .saturating_add(length(&in_its_place));
                    json.clone_from(&in_its_place);
                }
            }
        }
        list
    }

    /// The answer, unless it failed, or a part of it did that is worth another delivery.
    pub(super) fn into_answer(self) -> Result<Box<RawValue>, Error> {
        match self.error.or(self.reason_to_come_back) {
            Some(error) => Err(error),
            None => Ok(self.json),
        }
    }
}
