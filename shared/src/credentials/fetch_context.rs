//! The network, the time limit and the rate limit of a fetch of credentials.

use std::time::Duration;

use super::cache::{ClockAndRandom, Refresh};
use crate::model::ProviderName;
use crate::transport::{Deadline, Lane, Transport};

/// The longest fetch while the cached credentials are still usable.
pub(super) const LONGEST_AHEAD: Duration = Duration::from_secs(4);

/// Everything that a fetch of credentials works with.
#[derive(Clone, Copy)]
pub struct FetchContext<'a> {
    /// The provider that they are for, for error messages.
    pub provider: ProviderName,
    /// Sends the calls.
    pub transport: &'a Transport,
    /// The rate limit of these calls, which the provider does not count.
    pub lane: &'a Lane,
    /// The moment by which the answer is due.
    pub deadline: Deadline,
}

impl FetchContext<'_> {
    pub(super) const fn clock_and_random(&self) -> ClockAndRandom {
        ClockAndRandom {
            clock: self.transport.clock,
            random: self.transport.random,
        }
    }

    pub(super) fn for_refresh(self, refresh: Refresh) -> Self {
        match refresh {
            Refresh::Urgent => self,
            Refresh::Ahead => Self {
                deadline: self.deadline.at_most(LONGEST_AHEAD),
                ..self
            },
        }
    }
}
