//! The state that a sandbox keeps between events.

use std::cell::Cell;

use bytes::Bytes;
use tokio::time::Instant;

use crate::config::Config;
use crate::credentials::CredentialCaches;
use crate::provider::Learned;
use crate::transport::Transport;

/// The state that lives as long as the sandbox.
pub struct Function {
    /// The configuration.
    pub config: Config,
    /// Sends the calls to the vendors.
    pub transport: Transport,
    /// The credentials that calls are signed with.
    pub credential_caches: CredentialCaches,
    /// Facts about the vendors that earlier calls have shown.
    pub learned: Learned,
    /// The moment at which the calls of the last event are paid for; see
    /// [`Limiter`](crate::transport::Limiter).
    pub next_event_at: Cell<Option<Instant>>,
    /// The current event on its way to [`handle`](super::handle), past the runtime.
    pub(super) event: Cell<Bytes>,
}

impl Function {
    /// The state of a new sandbox.
    pub fn new(config: Config, transport: Transport) -> Self {
        Self {
            config,
            transport,
            credential_caches: CredentialCaches::default(),
            learned: Learned::default(),
            next_event_at: Cell::default(),
            event: Cell::default(),
        }
    }

    /// Waits until the calls of the last event are paid for. Lambda has returned the answer by then, so
    /// the wait occupies the sandbox but delays no caller.
    pub(super) async fn pay_for_calls(&self) {
        if let Some(at) = self.next_event_at.take() {
            tokio::time::sleep_until(at).await;
        }
    }
}
