//! A group of requests is carried out, and its answers go where they are wanted: to the results
//! queue, in as many pages as it takes. What one run cannot finish of an order goes on as a message
//! of its own.

use super::batch::{Batch, Carrier, Parsed};
use super::invocation::{Invocation, contained};
use super::outcome::Outcome;
use crate::error::Error;
use crate::operation::{Answer, Operation};
use crate::provider::{CallContext, RequestContext};
use crate::request;
use crate::trigger::publish::{CloudEvent, Queue};

/// What became of a group.
struct Told<R> {
    /// With the places of their messages.
    outcomes: Vec<(usize, Outcome)>,
    /// How the work of the only request goes on, where it is not done.
    goes_on: GoesOn<R>,
}

enum GoesOn<R> {
    Not,
    /// In this run: its answer could not hold everything that was asked.
    Here(Parsed<R>),
    /// In another: this is left for a message of its own.
    As(R),
}

impl Invocation<'_> {
    /// Carries one group out and hands its answers on. What an answer cannot hold follows in
    /// further ones, as long as there is time; the cursor of the last one tells the rest.
    pub(super) async fn carried_out<O: Operation>(
        &self,
        batch: Batch<'_>,
        members: Vec<Parsed<O::Request>>,
    ) -> Vec<(usize, Outcome)> {
        if let Err(error) = self.tell_of_the_part_before::<O>(batch, &members).await {
            let places = members.iter().flat_map(|parsed| &parsed.places);
            return places
                .map(|place| (*place, Outcome::kept_for(error.clone())))
                .collect();
        }
        let mut told = self.group::<O>(batch, members).await;
        let mut page = 1_usize;
        loop {
            if let GoesOn::As(rest) = told.goes_on {
                // Waiting later would leave the time between the sending of what is left and the
                // end of this message.
                self.limiter.pay().await;
                return self.go_on::<O>(batch, told.outcomes, &rest).await;
            }
            let outcomes = self.handed_on::<O>(batch, page, told.outcomes).await;
            let comes_back = outcomes.iter().any(|(_, outcome)| outcome.comes_back());
            let rest = match told.goes_on {
                GoesOn::Here(rest) if !comes_back => rest,
                _ => return outcomes,
            };
            let next = self.group::<O>(batch, vec![rest]).await;
            if let Some(error) = next
                .outcomes
                .iter()
                .find_map(|(_, outcome)| outcome.error.as_ref().or(outcome.reason_to_come_back()))
            {
                self.log_failure(error);
                return outcomes;
            }
            outcomes
                .iter()
                .for_each(|(place, outcome)| self.log(batch, *place, outcome));
            told = next;
            page = page.saturating_add(1);
        }
    }

    /// Sends the message that goes on with an order and with what this part of it came to. One that
    /// cannot be sent makes the whole order come back.
    ///
    /// Two messages could not both be sent for certain: stopped between them, this run would be
    /// repeated, and would tell something else under the same id.
    async fn go_on<O: Operation>(
        &self,
        batch: Batch<'_>,
        mut outcomes: Vec<(usize, Outcome)>,
        rest: &O::Request,
    ) -> Vec<(usize, Outcome)> {
        let is_told = self.results_queue(batch.carrier).is_some();
        let unsent_event = outcomes
            .first()
            .filter(|_| is_told)
            .map(|(place, outcome)| self.event::<O>(batch, *place, 1, outcome));
        let error = match Queue::of_orders(&self.function.config, &self.function.transport) {
            Some(queue) => {
                let message = O::message(rest, unsent_event);
                queue
                    .send(self.deadline, self.limiter.unlimited(), &[message])
                    .await
                    .into_iter()
                    .flatten()
                    .next()
            }
            None => Some(self.defect()),
        };
        if let Some(error) = error {
            self.log_failure(&error);
            outcomes
                .iter_mut()
                .for_each(|(_, outcome)| outcome.keep_for(error.clone()));
        }
        outcomes
    }

    /// Sends the results that these messages have brought along from the part before.
    async fn tell_of_the_part_before<O: Operation>(
        &self,
        batch: Batch<'_>,
        members: &[Parsed<O::Request>],
    ) -> Result<(), Error> {
        let unsent_events: Vec<String> = members
            .iter()
            .filter_map(|parsed| O::unsent_event(&parsed.request))
            .map(str::to_owned)
            .collect();
        let Some(queue) = self
            .results_queue(batch.carrier)
            .filter(|_| !unsent_events.is_empty())
        else {
            return Ok(());
        };
        queue
            .send(self.deadline, self.limiter.unlimited(), &unsent_events)
            .await
            .into_iter()
            .flatten()
            .next()
            .map_or(Ok(()), Err)
    }

    /// The message that tells of an outcome.
    fn event<O: Operation>(
        &self,
        batch: Batch<'_>,
        place: usize,
        page: usize,
        outcome: &Outcome,
    ) -> String {
        let message_id = batch
            .message_id(place)
            .map_or_else(|| format!("{}/{place}", self.request_id), str::to_owned);
        // The parts of an order come by messages of their own; in the results they are parts of the
        // one that was sent first.
        let id = outcome.part().unwrap_or((&message_id, page));
        let now = (self.function.transport.clock)();
        let event = CloudEvent::new(
            O::NAME,
            id,
            self.function_arn,
            outcome.subject(),
            now,
            outcome.as_result(),
        );
        // It holds nothing that cannot be written; were there such a thing, an empty message would
        // be refused.
        serde_json::to_string(&event).unwrap_or_default()
    }

    /// Sends those of these outcomes that are final to the results queue. One that cannot be sent
    /// makes its message come back.
    pub(super) async fn handed_on<O: Operation>(
        &self,
        batch: Batch<'_>,
        page: usize,
        mut outcomes: Vec<(usize, Outcome)>,
    ) -> Vec<(usize, Outcome)> {
        let Some(queue) = self.results_queue(batch.carrier) else {
            return outcomes;
        };
        let is_final = |outcome: &Outcome| !outcome.comes_back();
        let messages: Vec<String> = outcomes
            .iter()
            .filter(|(_, outcome)| is_final(outcome))
            .map(|(place, outcome)| self.event::<O>(batch, *place, page, outcome))
            .collect();
        let errors = queue
            .send(self.deadline, self.limiter.unlimited(), &messages)
            .await;
        for ((_, outcome), error) in outcomes
            .iter_mut()
            .filter(|(_, outcome)| is_final(outcome))
            .zip(errors)
        {
            if let Some(error) = error {
                self.log_failure(&error);
                outcome.keep_for(error);
            }
        }
        outcomes
    }

    /// Where answers to what this brings go, beside the log. A pipe takes its answers itself.
    pub(super) fn results_queue(&self, carrier: Carrier) -> Option<Queue<'_>> {
        let is_answered = carrier == Carrier::Pipe;
        Queue::of_results(&self.function.config, &self.function.transport).filter(|_| !is_answered)
    }

    /// A defect that one request meets is its own: the others are tried without it.
    async fn group<O: Operation>(
        &self,
        batch: Batch<'_>,
        members: Vec<Parsed<O::Request>>,
    ) -> Told<O::Request> {
        let first_place = members
            .first()
            .and_then(|parsed| parsed.places.first())
            .copied()
            .unwrap_or_default();
        let caller = members.iter().find_map(|parsed| parsed.sender.clone());
        let context = RequestContext {
            id: batch.message_id(first_place).unwrap_or(self.request_id),
            caller: caller.as_deref(),
            expires_at: members.iter().filter_map(|parsed| parsed.expires_at).min(),
            redelivered_since: members
                .iter()
                .filter_map(|parsed| parsed.redelivered_since)
                .min(),
        };
        let hands_on = self.results_queue(batch.carrier).is_some();
        let session = self.session(
            context,
            hands_on || self.function.config.orders_queue.is_some(),
        );
        let (mut requests, mut asked) = (Vec::new(), Vec::new());
        let only = if members.len() == 1 {
            members.first().map(|parsed| parsed.request.clone())
        } else {
            None
        };
        for Parsed {
            request,
            places,
            text,
            ..
        } in members
        {
            requests.push(request);
            asked.push((places, text));
        }
        let Some(mut answers) = contained(O::perform_group(&session, requests, batch.budget)).await
        else {
            return Told {
                outcomes: self.one_by_one::<O>(batch, &session, asked).await,
                goes_on: GoesOn::Not,
            };
        };
        self.count(answers.iter().flatten());
        let can_go_on = self.function.config.orders_queue.is_some() && batch.may_go_on(first_place);
        let goes_on = match (&only, answers.first_mut(), asked.first()) {
            (Some(request), Some(Ok(answer)), Some((places, text))) => {
                match O::continuation(request, answer, &context).filter(|_| can_go_on) {
                    Some(rest) => {
                        answer.goes_on();
                        GoesOn::As(rest)
                    }
                    None => match O::rest(request.clone(), answer).filter(|_| hands_on) {
                        Some(request) => GoesOn::Here(Parsed {
                            request,
                            expires_at: context.expires_at,
                            sender: caller.clone(),
                            redelivered_since: context.redelivered_since,
                            text: text.clone(),
                            places: places.clone(),
                        }),
                        None => GoesOn::Not,
                    },
                }
            }
            _ => GoesOn::Not,
        };
        let is_left_to_another = matches!(goes_on, GoesOn::As(_));
        let outcome = |answer: Result<O::Answer, Error>| match Outcome::of(answer) {
            outcome if is_left_to_another => outcome.goes_on(),
            outcome => outcome,
        };
        let outcomes = asked.into_iter().zip(answers.into_iter().map(outcome));
        let outcomes = outcomes.flat_map(|((places, _), outcome)| {
            places
                .into_iter()
                .map(move |place| (place, outcome.clone()))
        });
        Told {
            outcomes: outcomes.collect(),
            goes_on,
        }
    }

    /// After a panic: each request alone, so that it meets its own outcome. One that was alone
    /// before is not tried again.
    async fn one_by_one<O: Operation>(
        &self,
        batch: Batch<'_>,
        session: &CallContext<'_>,
        asked: Vec<(Vec<usize>, String)>,
    ) -> Vec<(usize, Outcome)> {
        let was_alone = asked.len() == 1;
        let mut outcomes = Vec::new();
        for (places, text) in asked {
            let outcome = match request::parse::<O::Request>(&text) {
                Ok(request) if !was_alone => {
                    match contained(O::perform(session, request, batch.budget)).await {
                        Some(answer) => {
                            self.count(answer.iter());
                            Outcome::of(answer)
                        }
                        None => Outcome::failed(self.defect()),
                    }
                }
                _ => Outcome::failed(self.defect()),
            };
            outcomes.extend(places.into_iter().map(|place| (place, outcome.clone())));
        }
        outcomes
    }
}
