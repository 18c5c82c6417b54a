//! Continues an order in further messages, so that each order has one chain of messages.
//!
//! If a function ends after it has sent the next message and before the received one is acknowledged,
//! the part is carried out again and another next message is sent. So the function notes a message in
//! the table of idempotency keys before it carries out the message's part, and drops every other message
//! for the same part.
//!
//! No part is lost: the noted message was received, and stays in a queue until its part is done and
//! the next message is sent. SQS gives a message another id when it is moved back from the dead-letter
//! queue; the identity in its body stays the same.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;

use super::MessageProcessor;
use crate::error::Error;
use crate::operation::Operation;
use crate::request::{InactivationOrder, MessageIdentity};
use crate::trigger::idempotency::{IdempotencyKeys, NotedMessage, digest};
use crate::trigger::message::MessageSource;
use crate::trigger::outcome::Outcome;
use crate::trigger::parsed::ParsedRequest;
use crate::trigger::publish::MOST_BYTES;

/// Maximum time for a note, because the certificates are more urgent.
const NOTE_TIME: Duration = Duration::from_secs(3);

impl MessageProcessor<'_> {
    /// Whether a new message may continue this one. A pipe takes the answer at once, and in a FIFO
    /// queue the messages behind this one would overtake the new one.
    pub(super) fn may_continue_later(&self, indexes: &[usize]) -> bool {
        let message = indexes.first().and_then(|index| self.messages.get(*index));
        self.source != MessageSource::Pipe
            && self.invocation.function.config.orders_queue.is_some()
            && message.is_some_and(|message| message.message_group.is_none())
    }

    /// Sends the message that continues an order, with the result of this part. If it cannot be
    /// sent, the whole order needs redelivery.
    ///
    /// The continuation carries the result because two messages could not both be sent for certain:
    /// stopped between them, this run would be repeated, and would publish another result under the
    /// same id. Where one message cannot hold both, the result is sent first, under an id of its own.
    pub(super) async fn continue_later<O: Operation>(
        &self,
        mut outcomes: Vec<(usize, Outcome)>,
        rest: &O::Request,
    ) -> Vec<(usize, Outcome)> {
        if let Err(error) = self.send_rest::<O>(&outcomes, rest).await {
            self.invocation.log_failure(&error);
            for (_, outcome) in &mut outcomes {
                outcome.redeliver_because(error.clone());
            }
        }
        outcomes
    }

    async fn send_rest<O: Operation>(
        &self,
        outcomes: &[(usize, Outcome)],
        rest: &O::Request,
    ) -> Result<(), Error> {
        let internal = || self.invocation.internal_error();
        let queue = self.invocation.orders_queue().ok_or_else(internal)?;
        let (index, outcome) = outcomes.first().ok_or_else(internal)?;
        let unsent_event = self
            .results
            .is_active()
            .then(|| self.results.event(*index, 1, outcome));
        let received = O::continued_order(rest).and_then(|order| order.message.as_ref());
        let identity = MessageIdentity {
            origin: match received {
                Some(identity) => identity.origin.clone(),
                None => self.origin(*index),
            },
            id: hex::encode((self.invocation.function.transport.random)()),
        };
        let mut message = O::continuation_message(rest, identity.clone(), unsent_event.clone());
        if let Some(event) = unsent_event
            && message.len() > MOST_BYTES
        {
            // If the message cannot be sent now, a second run of this part publishes its own event.
            let event = with_id_after(&event, &identity.id);
            self.results.publish_events(&[event]).await?;
            message = O::continuation_message(rest, identity, None);
        }
        self.invocation
            .send_all(&queue, &[message], self.invocation.deadline)
            .await
    }

    /// The origin of the order that this message begins: the same in each delivery of it, and another
    /// for each other message.
    fn origin(&self, index: usize) -> String {
        let message = self.messages.get(index);
        // An input transformer may write the same id into all events of EventBridge. Lambda retries an
        // asynchronous event under the same request id.
        let id = message
            .and_then(|message| message.id.clone())
            .filter(|_| self.source != MessageSource::Bus)
            .unwrap_or_else(|| format!("{}/{index}", self.invocation.request_id));
        let request = message.and_then(|message| message.request.as_ref().ok());
        // Handwritten events may have the same id and different requests.
        digest(&[
            id.as_bytes(),
            request.map(String::as_bytes).unwrap_or_default(),
        ])
    }

    /// The outcomes of a message whose part of an order another message carries out. `None` if this
    /// message is to be carried out.
    pub(super) async fn carried_out_elsewhere<O: Operation>(
        &self,
        members: &[ParsedRequest<O::Request>],
    ) -> Option<Vec<(usize, Outcome)>> {
        let [only] = members else { return None };
        let order = O::continued_order(&only.request)?;
        let outcome = |index: &usize| (*index, Outcome::carried_out_elsewhere(order));
        match self.note(O::NAME, order).await? {
            NotedMessage::This => None,
            NotedMessage::Another => Some(only.indexes.iter().map(outcome).collect()),
        }
    }

    /// The results events that these messages carry for their invocation to send.
    ///
    /// If another message carries out the part, the event is that of a second run of the part before,
    /// and nothing else has the receipts of that run. So it is sent as well, under an id of its own: two
    /// events with the same id would count as one.
    pub(super) fn unsent_events<O: Operation>(
        members: &[ParsedRequest<O::Request>],
        are_elsewhere: bool,
    ) -> Vec<String> {
        let orders = members
            .iter()
            .filter_map(|member| O::continued_order(&member.request));
        let event = |order: &InactivationOrder| {
            let event = order.unsent_event.as_deref()?;
            Some(match &order.message {
                Some(message) if are_elsewhere => with_id_after(event, &message.id),
                _ => event.to_owned(),
            })
        };
        orders.filter_map(event).collect()
    }

    /// Notes that this message carries out its part of an order. Returns the message that is noted;
    /// `None` if no message can be noted.
    ///
    /// The part is then carried out all the same: an order is more urgent than the table, redeliveries
    /// would move it to the dead-letter queue, and an inactive certificate is not written again. The
    /// next message that can be noted ends the other chain.
    async fn note(&self, operation: &str, order: &InactivationOrder) -> Option<NotedMessage> {
        let identity = order.message.as_ref()?;
        let invocation = self.invocation;
        let keys = IdempotencyKeys::new(
            &invocation.function.config,
            &invocation.function.transport,
            invocation.deadline.at_most(NOTE_TIME),
            invocation.limiter.unlimited(),
        )?;
        match keys.note(operation, identity, order.part).await {
            Ok(noted) => Some(noted),
            Err(error) => {
                tracing::warn!(
                    order_id = order.id,
                    part = order.part,
                    reason = error.detail,
                    "the order goes on, although a second message may carry out the same part"
                );
                None
            }
        }
    }
}

/// The event with this text appended to its id. A text that is no event stays unchanged.
fn with_id_after(event: &str, text: &str) -> String {
    let with_id = || {
        let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(event).ok()?;
        let id: String = serde_json::from_str(members.get("id")?.get()).ok()?;
        let id = serde_json::value::to_raw_value(&format!("{id}.{text}")).ok()?;
        members.insert("id".to_owned(), id);
        serde_json::to_string(&members).ok()
    };
    with_id().unwrap_or_else(|| event.to_owned())
}
