//! The sessions of a certificate's devices in an answer.

use serde::Serialize;

use crate::error::Error;

/// Live sessions of a certificate's devices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sessions {
    /// Whether any client id of the certificate is known.
    pub known: bool,
    /// One entry for each known client id.
    pub clients: Vec<ClientSession>,
}

/// Outcome for the session of one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClientSession {
    /// MQTT client id.
    pub client_id: String,
    /// Whether the client was connected when the order first looked; `null` when nothing shows it.
    pub was_connected: Option<bool>,
    /// Outcome for this client.
    pub outcome: SessionOutcome,
    /// Whether reads confirm that the client is not connected now.
    pub verified: bool,
    /// Reason why the session was not ended, or why nothing confirms it.
    pub error: Option<Error>,
}

/// Outcome for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionOutcome {
    /// The client was connected, and a read shows that it no longer is.
    Ended,
    /// The client was not connected.
    NotConnected,
    /// The client is connected and would be disconnected; this was a dry run.
    WouldEnd,
    /// The client is still connected, or is connected again.
    Failed,
    /// Nothing shows whether the client is connected.
    Unknown,
}

/// Number of sessions by outcome.
#[derive(Debug, Default, Serialize)]
struct Counts {
    ended: usize,
    not_connected: usize,
    would_end: usize,
    failed: usize,
    unknown: usize,
}

/// The numbers of these sessions for the metrics, by the names of their outcomes.
pub(super) fn counts<'a>(sessions: impl Iterator<Item = &'a Sessions>) -> impl Serialize {
    let mut counts = Counts::default();
    for client in sessions.flat_map(|sessions| &sessions.clients) {
        let count = match client.outcome {
            SessionOutcome::Ended => &mut counts.ended,
            SessionOutcome::NotConnected => &mut counts.not_connected,
            SessionOutcome::WouldEnd => &mut counts.would_end,
            SessionOutcome::Failed => &mut counts.failed,
            SessionOutcome::Unknown => &mut counts.unknown,
        };
        *count = count.saturating_add(1);
    }
    counts
}
