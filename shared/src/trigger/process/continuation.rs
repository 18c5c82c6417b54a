//! The messages that continue an order: one chain of them for each order.
//!
//! A function that ends after it has sent the next message, and before the received one is
//! acknowledged, carries the part out again and sends another next message. So a message is noted in
//! the table of idempotency keys before its part is carried out, and another message for the same
//! part is dropped.
//!
//! Nothing is lost: the noted message was received, and stays in a queue until its part is done and
//! the rest is sent. SQS gives it another id when it is moved back from the dead-letter queue; the
//! identity in its body stays the same.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;

use super::MessageProcessor;
use crate::error::Error;
use crate::operation::Operation;
use crate::request::{InactivationOrder, MessageIdentity};
use crate::trigger::idempotency::{IdempotencyKeys, digest};
use crate::trigger::message::MessageSource;
use crate::trigger::outcome::Outcome;
use crate::trigger::parsed::ParsedMessage;
use crate::trigger::publish::MOST_BYTES;

/// The time for a note. The certificates are more urgent.
const NOTE_TIME: Duration = Duration::from_secs(3);

impl MessageProcessor<'_> {
    /// Whether a message of its own may continue this one. A pipe takes its answer now, and in a
    /// FIFO queue the messages behind this one would overtake the new one.
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
        let mut message = O::message(rest, identity.clone(), unsent_event.clone());
        if let Some(event) = unsent_event
            && message.len() > MOST_BYTES
        {
            // A second run of this part, should the rest not be sent now, has an event of its own.
            let event = with_id_after(&event, &identity.id);
            self.results.publish_events(&[event]).await?;
            message = O::message(rest, identity, None);
        }
        self.invocation
            .send_all(&queue, &[message], self.invocation.deadline)
            .await
    }

    /// The origin of the order that this message begins: the same in each delivery of it, and another
    /// for each other message.
    fn origin(&self, index: usize) -> String {
        let message = self.messages.get(index);
        // Input transformers write the id of an event of EventBridge, be it the same for all events.
        // Lambda repeats an event of its own under the same request id.
        let id = message
            .and_then(|message| message.id.clone())
            .filter(|_| self.source != MessageSource::Bus)
            .unwrap_or_else(|| format!("{}/{index}", self.invocation.request_id));
        let request = message.and_then(|message| message.request.as_ref().ok());
        // Events that people write by hand may have the same id, for other certificates.
        digest(&[
            id.as_bytes(),
            request.map(String::as_bytes).unwrap_or_default(),
        ])
    }

    /// The outcomes of a message whose part of an order another message carries out. `None` where
    /// this one is to be carried out.
    pub(super) async fn carried_out_elsewhere<O: Operation>(
        &self,
        members: &[ParsedMessage<O::Request>],
    ) -> Option<Vec<(usize, Outcome)>> {
        let [only] = members else { return None };
        let order = O::continued_order(&only.request)?;
        let is_first = self.note(O::NAME, order).await?;
        let outcome = |index: &usize| (*index, Outcome::carried_out_elsewhere(order));
        (!is_first).then(|| only.indexes.iter().map(outcome).collect())
    }

    /// The results events that these messages carry for their invocation to send.
    ///
    /// The event of a message whose part another one carries out tells of a second run of the part
    /// before, and nothing else has the receipts of that run. So it is sent too, under an id of its
    /// own: under that of the other run one of them would be taken for a repetition.
    pub(super) fn unsent_events<O: Operation>(
        members: &[ParsedMessage<O::Request>],
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

    /// Notes that this message carries out its part of an order. `Some(false)` when another one does.
    ///
    /// Without the table the part is carried out all the same: an order is more urgent than the
    /// table, redeliveries would move it to the dead-letter queue, and a certificate that is off is
    /// not written again. The next message that can be noted ends the other chain.
    async fn note(&self, operation: &str, order: &InactivationOrder) -> Option<bool> {
        let identity = order.message.as_ref()?;
        let invocation = self.invocation;
        let keys = IdempotencyKeys::new(
            &invocation.function.config,
            &invocation.function.transport,
            invocation.deadline.at_most(NOTE_TIME),
            invocation.limiter.unlimited(),
        )?;
        match keys.note(operation, identity, order.part).await {
            Ok(is_first) => Some(is_first),
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

/// The event with this text after its id. A text that is no event stays as it is.
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
