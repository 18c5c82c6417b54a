//! Notes of the messages that continue orders: which message carries out which part.

use super::table::{Conditional, Item};
use super::{IdempotencyKeys, digest};
use crate::error::Error;
use crate::request::MessageIdentity;

/// How long a note is kept, in milliseconds: 14 days, for which a queue keeps a message at most.
const KEPT_MILLISECONDS: i64 = 14 * 24 * 60 * 60 * 1000;

impl IdempotencyKeys<'_> {
    /// Notes that this message carries out this part of its order, for this operation. Whether it
    /// does: another message may have been noted before. A message that was itself noted before, in
    /// an earlier delivery, does.
    ///
    /// # Errors
    /// When the table cannot be used.
    pub(in crate::trigger) async fn note(
        &self,
        operation: &str,
        message: &MessageIdentity,
        part: u32,
    ) -> Result<bool, Error> {
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
            Conditional::Failed(Some(found)) => found.claim == item.claim,
            // A message is dropped only on evidence of another one.
            Conditional::Done | Conditional::Failed(None) => true,
        })
    }
}
