//! Processes messages, from top to bottom: a batch is parsed and divided into groups; each group is
//! carried out and its results are published; each message's outcome is logged.

mod continuation;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::group::{GroupResult, Remainder};
use super::invocation::{Invocation, catch_panic};
use super::limits::OWN_CALL_RESERVE;
use super::message::{MessageSource, QueuedMessage};
use super::outcome::Outcome;
use super::parsed::{ParsedRequest, parse, parse_all};
use super::results::ResultsPublisher;
use crate::error::Error;
use crate::operation::{Answer, AnswerBudget, Operation};
use crate::provider::{CallContext, RequestContext};

/// Carries out the messages of one event.
pub(super) struct MessageProcessor<'a> {
    invocation: &'a Invocation<'a>,
    source: MessageSource,
    messages: &'a [QueuedMessage],
    results: ResultsPublisher<'a>,
    /// The callers of the orders that messages continue, by the indexes of the messages.
    callers: RefCell<HashMap<usize, String>>,
    /// Maximum size of the answer to one message.
    budget: AnswerBudget,
}

impl<'a> MessageProcessor<'a> {
    pub(super) fn new<O: Operation>(
        invocation: &'a Invocation<'a>,
        source: MessageSource,
        messages: &'a [QueuedMessage],
    ) -> Self {
        Self {
            invocation,
            source,
            messages,
            callers: RefCell::default(),
            results: ResultsPublisher::new(invocation, source, messages, O::NAME),
            budget: AnswerBudget {
                bytes: source.answer_bytes(messages.len()),
                escaped: false,
            },
        }
    }

    /// Processes all messages. Returns one outcome for each, in their order; each is logged as soon as
    /// it is known.
    pub(super) async fn process<O: Operation>(&self) -> Vec<Outcome> {
        let is_grouped = |message: &QueuedMessage| message.message_group.is_some();
        let is_fifo = self.source == MessageSource::Queue && self.messages.iter().any(is_grouped);
        let outcomes = if is_fifo {
            self.process_in_order::<O>().await
        } else {
            let all: Vec<usize> = (0..self.messages.len()).collect();
            self.process_batch::<O>(&all).await
        };
        let redeliveries = outcomes
            .iter()
            .filter(|outcome| self.is_to_be_redelivered(outcome))
            .count();
        let mut metrics = self.invocation.metrics.borrow_mut();
        metrics.count_messages(outcomes.len(), redeliveries);
        outcomes
    }

    /// Carries out the messages of a FIFO queue one by one. Behind a message that needs redelivery,
    /// the rest of its message group is left for redelivery, too; other groups proceed.
    async fn process_in_order<O: Operation>(&self) -> Vec<Outcome> {
        let mut halted: HashSet<&Option<String>> = HashSet::new();
        let mut outcomes = Vec::new();
        for (index, message) in self.messages.iter().enumerate() {
            let outcome = if halted.contains(&message.message_group) {
                self.finish(index, Outcome::behind_redelivered())
            } else {
                let outcome = self.process_batch::<O>(&[index]).await.pop();
                outcome.unwrap_or_else(|| Outcome::failed(self.invocation.internal_error()))
            };
            if outcome.needs_redelivery() {
                halted.insert(&message.message_group);
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Carries out these messages in as few calls as they allow. Returns their outcomes in the
    /// order of the indexes.
    async fn process_batch<O: Operation>(&self, indexes: &[usize]) -> Vec<Outcome> {
        let batch = parse_all::<O>(self.source, self.messages, indexes);
        for parsed in &batch.requests {
            let caller = O::caller_of_order(&parsed.request).map(str::to_owned);
            let callers = parsed.indexes.iter().copied().zip(caller);
            self.callers.borrow_mut().extend(callers);
        }
        let unusable = batch
            .unusable
            .into_iter()
            .map(|(index, error)| (index, Outcome::failed(error)))
            .collect();
        let mut outcomes: HashMap<usize, Outcome> = HashMap::new();
        let mut finish = |group: Vec<(usize, Outcome)>| {
            for (index, outcome) in group {
                outcomes.insert(index, self.finish(index, outcome));
            }
        };
        finish(self.results.publish(1, unusable).await);
        let requests: Vec<&O::Request> = batch
            .requests
            .iter()
            .map(|parsed| &parsed.request)
            .collect();
        let groups = O::groups(&requests, &self.invocation.function.config);
        let mut waiting: Vec<Option<_>> = batch.requests.into_iter().map(Some).collect();
        for group in groups {
            let members = group
                .into_iter()
                .filter_map(|member| waiting.get_mut(member)?.take())
                .collect();
            finish(self.run_group::<O>(members).await);
        }
        let outcome = |index| {
            let outcome = outcomes.remove(index);
            outcome.unwrap_or_else(|| Outcome::failed(self.invocation.internal_error()))
        };
        indexes.iter().map(outcome).collect()
    }

    /// Carries out one group and publishes its results, in as many pages as they take while there
    /// is time. The cursor of the last page leads to the rest.
    async fn run_group<O: Operation>(
        &self,
        members: Vec<ParsedRequest<O::Request>>,
    ) -> Vec<(usize, Outcome)> {
        let elsewhere = self.carried_out_elsewhere::<O>(&members).await;
        // The results of the runs before, which these messages carry.
        let unsent_events = Self::unsent_events::<O>(&members, elsewhere.is_some());
        if let Err(error) = self.results.publish_events(&unsent_events).await {
            return members
                .iter()
                .flat_map(|member| &member.indexes)
                .map(|index| (*index, Outcome::not_attempted(error.clone())))
                .collect();
        }
        if let Some(outcomes) = elsewhere {
            return outcomes;
        }
        let mut result = self.perform_group::<O>(members).await;
        let mut page = 1_usize;
        loop {
            let next = match result.remainder {
                Some(Remainder::Message(rest)) => {
                    // Waiting after the message is sent would leave time for a crash, after which
                    // this part would be carried out again.
                    self.invocation.limiter.pay().await;
                    return self.continue_later::<O>(result.outcomes, &rest).await;
                }
                Some(Remainder::Page(next)) => Some(next),
                None => None,
            };
            let outcomes = self.results.publish(page, result.outcomes).await;
            let is_published = !outcomes
                .iter()
                .any(|(_, outcome)| outcome.needs_redelivery());
            let Some(next) = next.filter(|_| is_published) else {
                return outcomes;
            };
            result = self.perform_group::<O>(vec![next]).await;
            if let Some(error) = result.first_error() {
                // The published pages are good, and the last one's cursor leads to this one.
                self.invocation.log_failure(error);
                return outcomes;
            }
            for (index, outcome) in &outcomes {
                self.log(*index, outcome);
            }
            page = page.saturating_add(1);
        }
    }

    /// Carries out one group. A panic fails only the message that caused it: the others are then
    /// carried out without it.
    async fn perform_group<O: Operation>(
        &self,
        members: Vec<ParsedRequest<O::Request>>,
    ) -> GroupResult<O::Request> {
        let context = self.context(&members);
        let single = match members.as_slice() {
            [single] => Some(single.request.clone()),
            _ => None,
        };
        let part = single
            .as_ref()
            .and_then(|request| O::order_part(request, &context.request));
        let (requests, indexes): (Vec<O::Request>, Vec<Vec<usize>>) = members
            .into_iter()
            .map(|member| (member.request, member.indexes))
            .unzip();
        let performed = catch_panic(O::perform_group(&context, requests, self.budget)).await;
        let Some(mut answers) = performed else {
            let outcomes = self.perform_separately::<O>(&context, indexes).await;
            let of_part =
                |(index, outcome): (usize, Outcome)| (index, outcome.of_part(part.clone()));
            return GroupResult {
                outcomes: outcomes.into_iter().map(of_part).collect(),
                remainder: None,
            };
        };
        self.invocation.count(answers.iter().flatten());
        let remainder = match (single, answers.as_mut_slice(), indexes.as_slice()) {
            (Some(request), [Ok(answer)], [indexes]) => {
                self.remainder::<O>(&context, request, answer, indexes)
            }
            _ => None,
        };
        let is_continued = matches!(remainder, Some(Remainder::Message(_)));
        let mut outcomes = Vec::new();
        for (indexes, answer) in indexes.into_iter().zip(answers) {
            let outcome = match self.outcome_of(answer).of_part(part.clone()) {
                outcome if is_continued => outcome.continued(),
                outcome => outcome,
            };
            outcomes.extend(indexes.into_iter().map(|index| (index, outcome.clone())));
        }
        GroupResult {
            outcomes,
            remainder,
        }
    }

    /// Carries out each request of a group alone, after a panic in the group. The only request of a
    /// group is not repeated.
    async fn perform_separately<O: Operation>(
        &self,
        context: &CallContext<'_>,
        group: Vec<Vec<usize>>,
    ) -> Vec<(usize, Outcome)> {
        let was_alone = group.len() == 1;
        let mut outcomes = Vec::new();
        for indexes in group {
            let message = indexes.first().and_then(|index| self.messages.get(*index));
            let performed = match message.map(|message| parse::<O>(self.source, message)) {
                Some(Ok((_, request))) if !was_alone => {
                    catch_panic(O::perform(context, request, self.budget)).await
                }
                _ => None,
            };
            let outcome = match performed {
                Some(answer) => {
                    self.invocation.count(&answer);
                    self.outcome_of(answer)
                }
                None => Outcome::failed(self.invocation.internal_error()),
            };
            outcomes.extend(indexes.into_iter().map(|index| (index, outcome.clone())));
        }
        outcomes
    }

    /// The context of a group. Its messages share the earliest limits among them.
    fn context<R>(&self, members: &[ParsedRequest<R>]) -> CallContext<'_> {
        let config = &self.invocation.function.config;
        let messages = || {
            members
                .iter()
                .filter_map(|member| self.messages.get(*member.indexes.first()?))
        };
        let id = messages()
            .next()
            .and_then(|message| message.id.as_deref())
            .unwrap_or(self.invocation.request_id);
        let request = RequestContext {
            id,
            event_id: id,
            caller: messages().find_map(|message| message.sender.as_deref()),
            expires_at: messages()
                .filter_map(|message| message.sent_at)
                .map(|sent_at| sent_at.plus(config.inactivate_message_max_age))
                .min(),
            redelivered_since: messages()
                .filter(|message| message.is_redelivered)
                .filter_map(|message| message.sent_at)
                .min(),
            continues: matches!(members, [single] if self.may_continue_later(&single.indexes)),
        };
        let deadline = match self.results.is_active() || config.orders_queue.is_some() {
            true => self.invocation.deadline.sooner(OWN_CALL_RESERVE),
            false => self.invocation.deadline,
        };
        self.invocation.context(request, deadline)
    }

    /// The unfinished part of the only request of a group, where it can be continued.
    fn remainder<O: Operation>(
        &self,
        context: &CallContext<'_>,
        request: O::Request,
        answer: &mut O::Answer,
        indexes: &[usize],
    ) -> Option<Remainder<O::Request>> {
        if self.may_continue_later(indexes)
            && let Some(rest) = O::continuation(&request, answer, &context.request)
        {
            answer.note_continuation();
            return Some(Remainder::Message(rest));
        }
        if !self.results.is_active() {
            return None;
        }
        let indexes = indexes.to_vec();
        O::next_page(request, answer)
            .map(|request| Remainder::Page(ParsedRequest { request, indexes }))
    }

    fn outcome_of<A: Answer>(&self, answer: Result<A, Error>) -> Outcome {
        Outcome::of(answer, self.invocation.function.config.log_answers)
    }

    /// Logs the outcome of a message, once for each. A queue takes no answers, so those are dropped:
    /// the answers of a whole batch could fill the memory.
    fn finish(&self, index: usize, outcome: Outcome) -> Outcome {
        self.log(index, &outcome);
        self.add_caller(index);
        if self.source == MessageSource::Queue {
            outcome.without_json()
        } else {
            outcome
        }
    }

    /// Adds the caller to those in the event's line. Two kinds of callers are unverified: the source of
    /// an event on a bus, which its sender chooses, and the caller in a message that continues an order,
    /// because others may send a message of that form.
    fn add_caller(&self, index: usize) {
        let callers = self.callers.borrow();
        let sender = self.sender(index).filter(|_| !callers.contains_key(&index));
        let is_verified = sender.is_some() && self.source != MessageSource::Bus;
        let caller = callers.get(&index).map(String::as_str).or(sender);
        self.invocation.add_caller(caller, is_verified);
    }

    fn sender(&self, index: usize) -> Option<&str> {
        self.messages.get(index)?.sender.as_deref()
    }

    fn log(&self, index: usize, outcome: &Outcome) {
        if let Some(error) = &outcome.error {
            self.invocation.log_failure(error);
        }
        outcome.log(
            self.messages.get(index),
            self.callers.borrow().get(&index).map(String::as_str),
            self.is_to_be_redelivered(outcome),
            self.invocation.function.config.log_answers,
        );
    }

    fn is_to_be_redelivered(&self, outcome: &Outcome) -> bool {
        self.source != MessageSource::Pipe && outcome.needs_redelivery()
    }
}
