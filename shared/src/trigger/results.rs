//! Publishes the outcomes of messages to the results queue, as events.

use super::invocation::Invocation;
use super::message::{MessageSource, QueuedMessage};
use super::outcome::Outcome;
use super::publish::{CloudEvent, Queue};
use crate::error::Error;

/// Publishes the outcomes of one event's messages, where the function has a queue for results.
pub(super) struct ResultsPublisher<'a> {
    invocation: &'a Invocation<'a>,
    messages: &'a [QueuedMessage],
    operation: &'static str,
    queue: Option<Queue<'a>>,
}

impl<'a> ResultsPublisher<'a> {
    pub(super) fn new(
        invocation: &'a Invocation<'a>,
        source: MessageSource,
        messages: &'a [QueuedMessage],
        operation: &'static str,
    ) -> Self {
        let function = invocation.function;
        // A pipe takes the answers itself.
        let queue = Queue::of_results(&function.config, &function.transport)
            .filter(|_| source != MessageSource::Pipe);
        Self {
            invocation,
            messages,
            operation,
            queue,
        }
    }

    /// Whether the function has a queue for results, so that outcomes are published.
    pub(super) const fn is_active(&self) -> bool {
        self.queue.is_some()
    }

    /// Publishes the outcomes that need no redelivery. A message whose result cannot be sent needs
    /// redelivery.
    pub(super) async fn publish(
        &self,
        page: usize,
        mut outcomes: Vec<(usize, Outcome)>,
    ) -> Vec<(usize, Outcome)> {
        let Some(queue) = &self.queue else {
            return outcomes;
        };
        let mut finals: Vec<&mut (usize, Outcome)> = outcomes
            .iter_mut()
            .filter(|(_, outcome)| !outcome.needs_redelivery())
            .collect();
        let events: Vec<String> = finals
            .iter()
            .map(|(index, outcome)| self.event(*index, page, outcome))
            .collect();
        let errors = self
            .invocation
            .send(queue, &events, self.invocation.deadline)
            .await;
        for ((_, outcome), error) in finals.iter_mut().zip(errors) {
            if let Some(error) = error {
                self.invocation.log_failure(&error);
                outcome.redeliver_because(error);
            }
        }
        outcomes
    }

    /// Publishes events that an earlier run wrote.
    pub(super) async fn publish_events(&self, events: &[String]) -> Result<(), Error> {
        match &self.queue {
            Some(queue) => {
                self.invocation
                    .send_all(queue, events, self.invocation.deadline)
                    .await
            }
            None => Ok(()),
        }
    }

    /// The event that reports an outcome. Pages are counted from 1.
    pub(super) fn event(&self, index: usize, page: usize, outcome: &Outcome) -> String {
        let Invocation {
            function,
            function_arn,
            request_id,
            ..
        } = self.invocation;
        let message = self.messages.get(index);
        let message_id = message
            .and_then(|message| message.id.clone())
            .unwrap_or_else(|| format!("{request_id}/{index}"));
        // Several messages carry the parts of an order; the results number them as parts of the
        // message that was sent first.
        let id = match outcome.part() {
            Some(part) => (
                part.event_id.as_str(),
                usize::try_from(part.number).unwrap_or(usize::MAX),
            ),
            None => (message_id.as_str(), page),
        };
        let event = CloudEvent::new(
            self.operation,
            id,
            function_arn,
            outcome.subject(),
            (function.transport.clock)(),
            outcome.as_result(),
        );
        // Plain data always serializes; otherwise the queue would refuse the empty message.
        serde_json::to_string(&event).unwrap_or_default()
    }
}
