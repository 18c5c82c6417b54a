//! A group of requests is carried out, and its answers go where they are wanted: to the results queue, in as many pages as it takes.

use super::batch::{Batch, Carrier, Parsed};
use super::invocation::{Invocation, contained};
use super::outcome::Outcome;
use crate::operation::Operation;
use crate::provider::Session;
use crate::request;
use crate::results::{CloudEvent, ResultsQueue};

/// What became of a group.
struct Told<R> {
    /// With the places of their messages.
    outcomes: Vec<(usize, Outcome)>,
    /// What is left to ask of the only request, where its answer could not hold it all.
    rest: Option<Parsed<R>>,
}

impl Invocation<'_> {
    /// Carries one group out and hands its answers on. What an answer cannot hold follows in further ones, as long as there is time; the
    /// cursor of the last one tells the rest.
    pub(super) async fn carried_out<O: Operation>(&self, batch: Batch<'_>, members: Vec<Parsed<O::Request>>) -> Vec<(usize, Outcome)> {
        let mut told = self.group::<O>(batch, members).await;
        let mut page = 1_usize;
        loop {
            let outcomes = self.handed_on::<O>(batch, page, told.outcomes).await;
            let comes_back = outcomes.iter().any(|(_, outcome)| outcome.comes_back());
            let Some(rest) = told.rest.filter(|_| !comes_back) else { return outcomes };
            let next = self.group::<O>(batch, vec![rest]).await;
            if let Some(error) = next.outcomes.iter().find_map(|(_, outcome)| outcome.error.as_ref().or(outcome.reason_to_come_back())) {
                self.log_failure(error);
                return outcomes;
            }
            outcomes.iter().for_each(|(place, outcome)| self.log(batch, *place, outcome));
            told = next;
            page = page.saturating_add(1);
        }
    }

    /// Sends those of these outcomes that are final to the results queue. One that cannot be sent makes its message come back.
    pub(super) async fn handed_on<O: Operation>(
        &self,
        batch: Batch<'_>,
        page: usize,
        mut outcomes: Vec<(usize, Outcome)>,
    ) -> Vec<(usize, Outcome)> {
        let Some(queue) = self.results_queue(batch.carrier) else { return outcomes };
        let now = (self.function.transport.clock)();
        let event = |place: usize, outcome: &Outcome| {
            let id = batch.message_id(place).map_or_else(|| format!("{}/{place}", self.request_id), str::to_owned);
            let event = CloudEvent::new(O::NAME, (&id, page), self.function_arn, outcome.subject(), now, outcome.as_result());
            // It holds nothing that cannot be written; were there such a thing, an empty message would be refused.
            serde_json::to_string(&event).unwrap_or_default()
        };
        let is_final = |outcome: &Outcome| !outcome.comes_back();
        let messages: Vec<String> =
            outcomes.iter().filter(|(_, outcome)| is_final(outcome)).map(|(place, outcome)| event(*place, outcome)).collect();
        let errors = queue.send(self.deadline, self.limiter.unlimited(), &messages).await;
        for ((_, outcome), error) in outcomes.iter_mut().filter(|(_, outcome)| is_final(outcome)).zip(errors) {
            if let Some(error) = error {
                self.log_failure(&error);
                outcome.keep_for(error);
            }
        }
        outcomes
    }

    /// Where answers to what this brings go, beside the log. A pipe takes its answers itself.
    pub(super) fn results_queue(&self, carrier: Carrier) -> Option<ResultsQueue<'_>> {
        let is_answered = carrier == Carrier::Pipe;
        ResultsQueue::new(&self.function.config, &self.function.transport).filter(|_| !is_answered)
    }

    /// A defect that one request meets is its own: the others are tried without it.
    async fn group<O: Operation>(&self, batch: Batch<'_>, members: Vec<Parsed<O::Request>>) -> Told<O::Request> {
        let expires_at = members.iter().filter_map(|parsed| parsed.expires_at).min();
        let hands_on = self.results_queue(batch.carrier).is_some();
        let caller = members.iter().find_map(|parsed| parsed.sender.clone());
        let session = self.session(expires_at, caller.as_deref(), hands_on);
        let (mut requests, mut asked) = (Vec::new(), Vec::new());
        let only = if members.len() == 1 { members.first().map(|parsed| parsed.request.clone()) } else { None };
        for Parsed { request, places, text, .. } in members {
            requests.push(request);
            asked.push((places, text));
        }
        let Some(answers) = contained(O::perform_group(&session, requests, batch.budget)).await else {
            return Told { outcomes: self.one_by_one::<O>(batch, &session, asked).await, rest: None };
        };
        self.count(answers.iter().flatten());
        let left = match (only, answers.first()) {
            (Some(request), Some(Ok(answer))) if hands_on => O::rest(request, answer),
            _ => None,
        };
        let rest = left.zip(asked.first()).map(|(request, (places, text))| Parsed {
            request,
            expires_at,
            sender: caller.clone(),
            text: text.clone(),
            places: places.clone(),
        });
        let outcomes = asked.into_iter().zip(answers.into_iter().map(Outcome::of));
        let outcomes = outcomes.flat_map(|((places, _), outcome)| places.into_iter().map(move |place| (place, outcome.clone())));
        Told { outcomes: outcomes.collect(), rest }
    }

    /// After a panic: each request alone, so that it meets its own outcome. One that was alone before is not tried again.
    async fn one_by_one<O: Operation>(
        &self,
        batch: Batch<'_>,
        session: &Session<'_>,
        asked: Vec<(Vec<usize>, String)>,
    ) -> Vec<(usize, Outcome)> {
        let was_alone = asked.len() == 1;
        let mut outcomes = Vec::new();
        for (places, text) in asked {
            let outcome = match request::parse::<O::Request>(&text) {
                Ok(request) if !was_alone => match contained(O::perform(session, request, batch.budget)).await {
                    Some(answer) => {
                        self.count(answer.iter());
                        Outcome::of(answer)
                    }
                    None => Outcome::failed(self.defect()),
                },
                _ => Outcome::failed(self.defect()),
            };
            outcomes.extend(places.into_iter().map(|place| (place, outcome.clone())));
        }
        outcomes
    }
}
