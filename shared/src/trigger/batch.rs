//! Messages that are delivered together: as few calls to the providers as they allow, and each with an outcome of its own.

use std::collections::{HashMap, HashSet};
use std::iter::once;

use super::invocation::{Invocation, contained};
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
    /// Each comes back by itself; answers go to the log only.
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
    message: Result<Message, Error>,
    /// In an ordered queue, the group whose messages must not overtake one another.
    ordered_group: Option<String>,
}

impl From<Record<'_>> for Delivery {
    fn from(record: Record<'_>) -> Self {
        let message = record.message();
        Self { message_id: Some(record.message_id).filter(|id| !id.is_empty()), message, ordered_group: record.ordered_group }
    }
}

impl From<Result<Message, Error>> for Delivery {
    fn from(message: Result<Message, Error>) -> Self {
        Self { message_id: None, message, ordered_group: None }
    }
}

/// Messages to be carried out together.
#[derive(Clone, Copy)]
struct Batch<'a> {
    carrier: Carrier,
    deliveries: &'a [Delivery],
    budget: AnswerBudget,
}

/// A message's request, read.
struct Parsed<R> {
    request: R,
    expires_at: Option<Timestamp>,
    text: String,
}

impl Invocation<'_> {
    /// One outcome for each message, in their order; each is logged as an answer as soon as it is there. `bytes` is the room for each.
    pub(super) async fn deliver<O: Operation>(&self, carrier: Carrier, deliveries: Vec<Delivery>, bytes: usize) -> Vec<Outcome> {
        let batch = Batch { carrier, deliveries: &deliveries, budget: AnswerBudget { bytes, escaped: false } };
        if carrier == Carrier::Queue && deliveries.iter().any(|delivery| delivery.ordered_group.is_some()) {
            self.in_order::<O>(batch).await
        } else {
            self.together::<O>(batch).await
        }
    }

    /// Of an ordered group nothing is done behind a message that comes back. Other groups go on.
    async fn in_order<O: Operation>(&self, batch: Batch<'_>) -> Vec<Outcome> {
        let mut halted: HashSet<&Option<String>> = HashSet::new();
        let mut outcomes = Vec::new();
        for delivery in batch.deliveries {
            let outcome = if halted.contains(&delivery.ordered_group) {
                self.settled(batch.carrier, delivery, Outcome::behind_another())
            } else {
                let alone = Batch { deliveries: std::slice::from_ref(delivery), ..batch };
                self.together::<O>(alone).await.pop().unwrap_or_else(|| Outcome::failed(self.defect()))
            };
            if outcome.comes_back() {
                halted.insert(&delivery.ordered_group);
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    /// What the operation can carry out as one is carried out as one; a question that is asked twice is asked once.
    async fn together<O: Operation>(&self, Batch { carrier, deliveries, budget }: Batch<'_>) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = deliveries.iter().map(|_| None).collect();
        let mut settle = |place: usize, outcome: Outcome| {
            if let (Some(delivery), Some(slot)) = (deliveries.get(place), outcomes.get_mut(place)) {
                *slot = Some(self.settled(carrier, delivery, outcome));
            }
        };
        let mut first_with: HashMap<String, usize> = HashMap::new();
        let mut same_as: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut places: Vec<usize> = Vec::new();
        let mut parsed: Vec<Parsed<O::Request>> = Vec::new();
        for (place, delivery) in deliveries.iter().enumerate() {
            match self.parse::<O>(delivery) {
                Ok(request) => match first_with.get(&request.text) {
                    // Reading twice in a moment tells nothing new; an order given twice is for the operation to judge.
                    Some(first) if O::QUERY.is_some() => same_as.entry(*first).or_default().push(place),
                    _ => {
                        first_with.insert(request.text.clone(), place);
                        places.push(place);
                        parsed.push(request);
                    }
                },
                Err(error) => settle(place, Outcome::failed(error)),
            }
        }
        let groups = O::groups(&parsed.iter().map(|parsed| &parsed.request).collect::<Vec<_>>(), &self.function.config);
        let mut waiting: Vec<Option<Parsed<O::Request>>> = parsed.into_iter().map(Some).collect();
        for group in groups {
            let members: Vec<(usize, Parsed<O::Request>)> =
                group.iter().filter_map(|index| Some((*places.get(*index)?, waiting.get_mut(*index)?.take()?))).collect();
            for (place, outcome) in self.group::<O>(members, budget).await {
                for place in once(place).chain(same_as.remove(&place).unwrap_or_default()) {
                    settle(place, outcome.clone());
                }
            }
        }
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| Outcome::failed(self.defect()))).collect()
    }

    fn parse<O: Operation>(&self, delivery: &Delivery) -> Result<Parsed<O::Request>, Error> {
        let message = delivery.message.as_ref().map_err(Clone::clone)?;
        if message.request.len() > request::LARGEST_REQUEST {
            let detail = format!("the request is larger than {} bytes", request::LARGEST_REQUEST);
            return Err(Error::new(ErrorCode::PayloadTooLarge, detail));
        }
        let expires_at = message.sent_at.map(|moment| moment.plus(self.function.config.inactivate_message_max_age));
        Ok(Parsed { request: request::parse(&message.request)?, expires_at, text: message.request.clone() })
    }

    /// A defect that one request meets is its own: the others are tried without it.
    async fn group<O: Operation>(&self, members: Vec<(usize, Parsed<O::Request>)>, budget: AnswerBudget) -> Vec<(usize, Outcome)> {
        let places: Vec<usize> = members.iter().map(|(place, _)| *place).collect();
        let expires_at = members.iter().filter_map(|(_, parsed)| parsed.expires_at).min();
        let texts: Vec<String> = members.iter().map(|(_, parsed)| parsed.text.clone()).collect();
        let requests: Vec<O::Request> = members.into_iter().map(|(_, parsed)| parsed.request).collect();
        let session = self.session(expires_at);
        if let Some(answers) = contained(O::perform_group(&session, requests, budget)).await {
            return places.into_iter().zip(answers.into_iter().map(Outcome::of)).collect();
        }
        let mut outcomes = Vec::new();
        for (place, text) in places.iter().zip(&texts) {
            let outcome = match request::parse::<O::Request>(text) {
                Ok(request) if texts.len() > 1 => match contained(O::perform(&session, request, budget)).await {
                    Some(answer) => Outcome::of(answer),
                    None => Outcome::failed(self.defect()),
                },
                _ => Outcome::failed(self.defect()),
            };
            outcomes.push((*place, outcome));
        }
        outcomes
    }

    /// The outcome once it is logged. A queue gets no answers, so theirs are not kept: those of a batch could fill the memory.
    fn settled(&self, carrier: Carrier, delivery: &Delivery, outcome: Outcome) -> Outcome {
        self.log(carrier, delivery, &outcome);
        if carrier == Carrier::Queue { outcome.without_texts() } else { outcome }
    }

    fn log(&self, carrier: Carrier, delivery: &Delivery, outcome: &Outcome) {
        let (function_request_id, message_id) = (self.request_id, delivery.message_id.as_deref());
        let comes_back = carrier != Carrier::Pipe && outcome.comes_back();
        match &outcome.error {
            Some(error) => {
                self.log_failure(error);
                let error = outcome.logged.get();
                tracing::info!(target: RECORD, function_request_id, message_id, comes_back, json.error = error, "answer");
            }
            None => {
                let answer = outcome.logged.get();
                tracing::info!(target: RECORD, function_request_id, message_id, comes_back, json.answer = answer, "answer");
            }
        }
    }
}
