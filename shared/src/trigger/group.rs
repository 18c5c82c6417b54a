//! The outcomes of messages that were carried out together, and the work that is left.

use super::outcome::Outcome;
use super::parsed::ParsedRequest;
use crate::error::Error;

/// The outcomes of a group, each with the index of its message.
pub(super) struct GroupResult<R> {
    pub(super) outcomes: Vec<(usize, Outcome)>,
    /// The unfinished part of the group's only request; `None` for a group of several.
    pub(super) remainder: Option<Remainder<R>>,
}

/// The unfinished part of a request.
pub(super) enum Remainder<R> {
    /// The answer was full: the next page follows in this run.
    Page(ParsedRequest<R>),
    /// The time is up: another run continues, which a new message starts.
    Message(R),
}

impl<R> GroupResult<R> {
    pub(super) fn first_error(&self) -> Option<&Error> {
        self.outcomes
            .iter()
            .find_map(|(_, outcome)| outcome.error.as_ref().or(outcome.redelivery_reason()))
    }
}
