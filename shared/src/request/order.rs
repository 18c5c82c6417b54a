//! What an order to inactivate is called, and how far it has got when it goes on as another
//! message.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// An order on its way: one request to inactivate, which may take several runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InactivationOrder {
    /// The webhook's id, the message's, or that of the invocation that took it.
    pub id: String,
    /// Which part of the order this run carries out, counted from 1.
    pub part: u32,
    /// Who gave it, as far as its event says.
    pub caller: Option<String>,
    /// Until when it is good where the request does not say it itself.
    pub expires_at: Option<Timestamp>,
    /// What the parts before this one have settled.
    pub settled: Summary,
    /// The event that tells what became of the part before this one, for the run of this part to
    /// send. One message carries both, so that an order goes on and its results are told, or
    /// neither.
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
    /// Both together.
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
