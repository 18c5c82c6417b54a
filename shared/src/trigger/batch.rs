//! Messages that are delivered together: as few calls to the providers as they allow, and each with
//! an outcome of its own.

use std::collections::{HashMap, HashSet};

use super::event::Notice;
use super::invocation::Invocation;
use super::message::Message;
use super::outcome::Outcome;
use super::queue::Record;
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::operation::{AnswerBudget, Operation};
use crate::request;
use crate::telemetry::RECORD;

/// What brings messages. It decides what becomes of their outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// Each comes back by itself.
    Queue,
    /// Each is answered and none comes back, so that none has to wait for another.
    Pipe,
    /// All are answered, or all come back.
    Topic,
    /// It brings one, which is answered or comes back.
    Bus,
}

/// One message, from whatever brought it.
pub(super) struct Delivery {
    message_id: Option<String>,
    /// Who sent it, as far as what brought it says.
    sender: Option<String>,
    message: Result<Message, Error>,
    /// Whether it was delivered before.
    is_redelivered: bool,
    /// In an ordered queue, the group whose messages must not overtake one another.
    ordered_group: Option<String>,
}

impl From<Record<'_>> for Delivery {
    fn from(record: Record<'_>) -> Self {
        let message = record.message();
        let message_id = Some(record.message_id).filter(|id| !id.is_empty());
        Self {
            message_id,
            sender: record.sender_id,
            message,
            is_redelivered: record.is_redelivered,
            ordered_group: record.ordered_group,
        }
    }
}

impl From<Notice> for Delivery {
    fn from(notice: Notice) -> Self {
        Self {
            message_id: notice.id,
            sender: notice.source,
            message: notice.message,
            is_redelivered: false,
            ordered_group: None,
        }
    }
}

/// Messages to be carried out together.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub(super) carrier: Carrier,
    deliveries: &'a [Delivery],
    pub(super) budget: AnswerBudget,
}

impl Batch<'_> {
    /// The message at this place by the word of what brought it.
    pub(super) fn message_id(&self, place: usize) -> Option<&str> {
        self.deliveries.get(place)?.message_id.as_deref()
    }

    /// Whether what one run cannot finish of the message at this place may go on as a message of
    /// its own. A pipe wants its answer now, and in an ordered queue a message behind this one
    /// would overtake it.
    pub(super) fn may_go_on(&self, place: usize) -> bool {
        self.carrier != Carrier::Pipe
            && self
                .deliveries
                .get(place)
                .is_some_and(|delivery| delivery.ordered_group.is_none())
    }
}

/// A request, read.
pub(super) struct Parsed<R> {
    pub(super) request: R,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) sender: Option<String>,
    pub(super) redelivered_since: Option<Timestamp>,
    pub(super) text: String,
    /// The places of the messages that ask it.
    pub(super) places: Vec<usize>,
}

impl Invocation<'_> {
    /// One outcome for each message, in their order; each is logged as an answer as soon as it is
    /// there. `bytes` is the room for each.
    pub(super) async fn deliver<O: Operation>(
        &self,
        carrier: Carrier,
        deliveries: Vec<Delivery>,
        bytes: usize,
    ) -> Vec<Outcome> {
        let batch = Batch {
            carrier,
            deliveries: &deliveries,
            budget: AnswerBudget {
                bytes,
                escaped: false,
            },
        };
        let outcomes = if carrier == Carrier::Queue
            && deliveries
                .iter()
                .any(|delivery| delivery.ordered_group.is_some())
        {
            self.in_order::<O>(batch).await
        } else {
            self.together::<O>(batch).await
        };
        let mut record = self.record.borrow_mut();
        for outcome in &outcomes {
            record.messages = record.messages.saturating_add(1);
            record.messages_coming_back = record
                .messages_coming_back
                .saturating_add(u64::from(carrier != Carrier::Pipe && outcome.comes_back()));
        }
        drop(record);
        outcomes
    }

    /// Of an ordered group nothing is done behind a message that comes back. Other groups go on.
    async fn in_order<O: Operation>(&self, batch: Batch<'_>) -> Vec<Outcome> {
        let mut halted: HashSet<&Option<String>> = HashSet::new();
        let mut outcomes = Vec::new();
        for delivery in batch.deliveries {
            let alone = Batch {
                deliveries: std::slice::from_ref(delivery),
                ..batch
            };
            let outcome = if halted.contains(&delivery.ordered_group) {
                self.settled(alone, 0, Outcome::behind_another())
            } else {
                self.together::<O>(alone)
                    .await
                    .pop()
                    .unwrap_or_else(|| Outcome::failed(self.defect()))
            };
            if outcome.comes_back() {
                halted.insert(&delivery.ordered_group);
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    /// What the operation can carry out as one is carried out as one; a question that is asked
    /// twice is asked once.
    async fn together<O: Operation>(&self, batch: Batch<'_>) -> Vec<Outcome> {
        let mut unusable: Vec<(usize, Outcome)> = Vec::new();
        let mut first_with: HashMap<String, usize> = HashMap::new();
        let mut parsed: Vec<Parsed<O::Request>> = Vec::new();
        for (place, delivery) in batch.deliveries.iter().enumerate() {
            match self.parse::<O>(batch.carrier, delivery, place) {
                Ok(request) => match first_with
                    .get(&request.text)
                    .and_then(|first| parsed.get_mut(*first))
                {
                    // Reading twice in a moment tells nothing new; an order given twice is for the
                    // operation to judge.
                    Some(first) if O::QUERY.is_some() => first.places.push(place),
                    _ => {
                        first_with.insert(request.text.clone(), parsed.len());
                        parsed.push(request);
                    }
                },
                Err(error) => unusable.push((place, Outcome::failed(error))),
            }
        }
        let mut outcomes: Vec<Option<Outcome>> = batch.deliveries.iter().map(|_| None).collect();
        let mut settle = |settled: Vec<(usize, Outcome)>| {
            for (place, outcome) in settled {
                if let Some(slot) = outcomes.get_mut(place) {
                    *slot = Some(self.settled(batch, place, outcome));
                }
            }
        };
        settle(self.handed_on::<O>(batch, 1, unusable).await);
        let groups = O::groups(
            &parsed
                .iter()
                .map(|parsed| &parsed.request)
                .collect::<Vec<_>>(),
            &self.function.config,
        );
        let mut waiting: Vec<Option<Parsed<O::Request>>> = parsed.into_iter().map(Some).collect();
        for group in groups {
            let members = group
                .iter()
                .filter_map(|index| waiting.get_mut(*index)?.take())
                .collect();
            settle(self.carried_out::<O>(batch, members).await);
        }
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(|| Outcome::failed(self.defect())))
            .collect()
    }

    fn parse<O: Operation>(
        &self,
        carrier: Carrier,
        delivery: &Delivery,
        place: usize,
    ) -> Result<Parsed<O::Request>, Error> {
        let message = delivery.message.as_ref().map_err(Clone::clone)?;
        if message.request.len() > request::LARGEST_REQUEST {
            let detail = format!(
                "the request is larger than {} bytes",
                request::LARGEST_REQUEST
            );
            return Err(Error::new(ErrorCode::PayloadTooLarge, detail));
        }
        let expires_at = message
            .sent_at
            .map(|moment| moment.plus(self.function.config.inactivate_message_max_age));
        let request = if carrier == Carrier::Queue {
            O::from_message(&message.request)?
        } else {
            request::parse(&message.request)?
        };
        let redelivered_since = message.sent_at.filter(|_| delivery.is_redelivered);
        let (sender, text) = (delivery.sender.clone(), message.request.clone());
        Ok(Parsed {
            request,
            expires_at,
            sender,
            redelivered_since,
            text,
            places: vec![place],
        })
    }

    /// The outcome once it is logged. A queue gets no answers, so theirs are not kept: those of a
    /// batch could fill the memory.
    fn settled(&self, batch: Batch<'_>, place: usize, outcome: Outcome) -> Outcome {
        self.log(batch, place, &outcome);
        if batch.carrier == Carrier::Queue {
            outcome.without_texts()
        } else {
            outcome
        }
    }

    pub(super) fn log(&self, batch: Batch<'_>, place: usize, outcome: &Outcome) {
        let message_id = batch.message_id(place);
        let comes_back = batch.carrier != Carrier::Pipe && outcome.comes_back();
        match &outcome.error {
            Some(error) => {
                self.log_failure(error);
                let error = outcome.logged.get();
                tracing::info!(target: RECORD, message_id, comes_back, json.error = error, "answer");
            }
            None => {
                let answer = outcome.logged.get();
                tracing::info!(target: RECORD, message_id, comes_back, json.answer = answer, "answer");
            }
        }
    }
}
