//! An order to inactivate that continues in another message: its identity and its results so far.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// An order: one request to inactivate, which may take several invocations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InactivationOrder {
    /// Id of the webhook, of the queue message, or of the invocation that received the order.
    pub id: String,
    /// Number of the part that this message continues with, counted from 1.
    pub part: u32,
    /// Caller, as far as the event names one.
    pub caller: Option<String>,
    /// Time after which the order is refused, unless the request has its own `not_after`.
    pub expires_at: Option<Timestamp>,
    /// Results of the parts before this one.
    pub earlier_results: Summary,
    /// Event with the results of the part before this one, which the invocation of this part
    /// sends. One message carries both, so that either the order continues and its results are
    /// sent, or neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent_event: Option<String>,
}

/// Number of results by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
#[expect(missing_docs, reason = "each member is the outcome of the same name")]
pub struct Summary {
    pub inactivated: usize,
    pub already_inactive: usize,
    pub would_inactivate: usize,
    pub not_found: usize,
    pub refused: usize,
    pub failed: usize,
    pub unknown: usize,
    pub not_attempted: usize,
}

impl Summary {
    /// Adds two summaries.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            inactivated: self.inactivated.saturating_add(other.inactivated),
            already_inactive: self.already_inactive.saturating_add(other.already_inactive),
            would_inactivate: self.would_inactivate.saturating_add(other.would_inactivate),
            not_found: self.not_found.saturating_add(other.not_found),
            refused: self.refused.saturating_add(other.refused),
            failed: self.failed.saturating_add(other.failed),
            unknown: self.unknown.saturating_add(other.unknown),
            not_attempted: self.not_attempted.saturating_add(other.not_attempted),
        }
    }
}
