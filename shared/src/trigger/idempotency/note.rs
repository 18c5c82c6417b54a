//! Notes which message carries out which part of an order.

use super::table::{Conditional, Item};
use super::{IdempotencyKeys, digest};
use crate::error::Error;
use crate::request::MessageIdentity;

/// The time for which a note is kept, in milliseconds: 14 days, the maximum for which a queue keeps a
/// message.
const KEPT_MILLISECONDS: i64 = 14 * 24 * 60 * 60 * 1000;

/// The message that is noted for a part of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::trigger) enum NotedMessage {
    /// The message that was to be noted.
    This,
    /// A message that was noted before.
    Another,
}

impl IdempotencyKeys<'_> {
    /// Notes that this message carries out this part of its order, for this operation, unless another
    /// message was noted before. A message that was itself noted in an earlier delivery stays noted.
    ///
    /// # Errors
    /// When the table cannot be used.
    pub(in crate::trigger) async fn note(
        &self,
        operation: &str,
        message: &MessageIdentity,
        part: u32,
    ) -> Result<NotedMessage, Error> {
        let now = (self.transport.clock)().epoch_milliseconds();
        let until = now.saturating_add(KEPT_MILLISECONDS);
        let item = Item {
            id: digest(&[
                operation.as_bytes(),
                b"part of an order",
                message.origin.as_bytes(),
                &part.to_be_bytes(),
            ]),
            request: digest(&[message.id.as_bytes()]),
            claim: message.id.clone(),
            // No other message ever takes the part over.
            claimed_until: until,
            expires_at: until.div_euclid(1000),
            answer: None,
        };
        let noted = self
            .table
            .claim(&item, now, self.deadline, self.lane)
            .await?;
        Ok(match noted {
            Conditional::Failed(Some(found)) if found.claim != item.claim => NotedMessage::Another,
            // A message is dropped only on evidence of another one.
            Conditional::Done | Conditional::Failed(_) => NotedMessage::This,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Bench;
    use crate::testing::network::{Network, cause};
    use crate::testing::table::Items;
    use crate::transport::SendError;

    const TABLE: [(&str, &str); 2] = [("IDEMPOTENCY_TABLE", "keys"), ("AWS_REGION", "eu-west-1")];

    fn message(origin: &str, id: &str) -> MessageIdentity {
        MessageIdentity {
            origin: origin.to_owned(),
            id: id.to_owned(),
        }
    }

    async fn note(bench: &Bench, message: &MessageIdentity, part: u32) -> bool {
        let keys = IdempotencyKeys::new(
            &bench.config,
            &bench.transport,
            bench.deadline,
            bench.limiter.unlimited(),
        );
        let noted = keys.unwrap().note("inactivate", message, part).await;
        noted.unwrap() == NotedMessage::This
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_belongs_to_the_message_that_is_noted_first_for_fourteen_days() {
        let items = Items::default();
        let network = items.network();
        let bench = Bench::with(&network, &TABLE);
        let age_by = |seconds: i64| {
            items.change("expires_at", -seconds);
            items.change("claimed_until", -seconds * 1000);
        };
        let [first, second] = ["a", "b"].map(|id| message("origin", id));
        assert!(note(&bench, &first, 2).await);
        for age in [0, 14 * 24 * 60 * 60 - 60] {
            age_by(age);
            assert!(!note(&bench, &second, 2).await, "{age}");
            // It is delivered again.
            assert!(note(&bench, &first, 2).await, "{age}");
        }
        assert!(note(&bench, &second, 3).await);
        assert!(note(&bench, &message("other", "b"), 2).await);
        age_by(120);
        assert!(note(&bench, &second, 2).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_note_whose_answer_was_lost_is_recognised() {
        let items = Items::default();
        let mut is_first = true;
        let network = Network::new(move |request| {
            let decided = items.decide(request);
            if std::mem::take(&mut is_first) {
                return Err(SendError::NoAnswer(cause("reset")));
            }
            decided
        });
        let bench = Bench::with(&network, &TABLE);
        assert!(note(&bench, &message("origin", "a"), 2).await);
        assert_eq!(network.sent().len(), 2);
    }
}
