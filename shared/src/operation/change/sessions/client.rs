//! Ends the session of one client: reads it, disconnects the client, and reads again until the client
//! is gone and stays away.

use std::time::Duration;

use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{ClientId, RequestId};
use crate::operation::change::client_session::{ClientSession, SessionOutcome};
use crate::provider::{ConfirmedWrite, SessionEnder};
use crate::transport::{Deadline, Failure, out_of_time};

/// The wait before the second read after a disconnection. Each later wait is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Number of reads that show the client as connected before the disconnection counts as without
/// effect. They take 1.4 seconds, in which a list of clients that lags behind has caught up.
const READS_BEFORE_REPEATING: u32 = 4;
/// Maximum number of disconnections of a client that stays connected, or connects again.
const MOST_DISCONNECTIONS: u32 = 3;

/// The provider's answer to a disconnection. It proves nothing about the connection.
enum Answer {
    Confirmed(Option<RequestId>),
    /// The provider has not answered: the disconnection may have had its effect.
    Uncertain(Error),
    /// The provider knows no such connection, although a read has just shown it.
    NotFound,
    /// The disconnection had no effect.
    Refused(Error),
}

impl Answer {
    fn of(answer: Result<Option<ConfirmedWrite>, Failure>) -> Self {
        match answer {
            Ok(Some(confirmed)) => Self::Confirmed(confirmed.request_id),
            Ok(None) => Self::NotFound,
            Err(failure) if failure.may_have_acted => Self::Uncertain(failure.error),
            Err(failure) => Self::Refused(failure.error),
        }
    }

    fn request_id(&self) -> Option<&str> {
        match self {
            Self::Confirmed(request_id) => request_id.as_deref(),
            Self::Uncertain(_) | Self::NotFound | Self::Refused(_) => None,
        }
    }

    /// The error of a disconnection after which the client is still connected.
    fn without_effect(&self) -> Error {
        let contradiction = |detail: &str| Error::new(ErrorCode::ProviderInvalidResponse, detail);
        match self {
            Self::Confirmed(_) => contradiction(
                "the provider answered that it has disconnected the client, but the client is still connected",
            ),
            Self::NotFound => contradiction(
                "the provider shows the client as connected, but does not find its connection when it is to be ended",
            ),
            Self::Uncertain(error) => Error {
                detail: format!(
                    "the disconnection was sent and not answered, and the client is still connected ({})",
                    error.detail
                ),
                ..error.clone()
            },
            Self::Refused(error) => error.clone(),
        }
    }
}

/// The end of one disconnection.
enum Step {
    Finish(ClientSession),
    /// Reads have shown that the client is connected. This is the error if it stays connected.
    DisconnectAgain(Error),
}

/// The beginning or the end of a disconnection, for the audit log.
pub(super) enum Audited<'a> {
    Begins,
    /// Its session was read again. The text is the provider's id of the call.
    Ends(&'a ClientSession, Option<&'a str>),
}

/// Ends the session of one client whose certificate is verified inactive.
pub(super) struct Client<'a> {
    pub(super) sessions: &'a dyn SessionEnder,
    pub(super) deadline: Deadline,
    pub(super) dry_run: bool,
    pub(super) client_id: &'a ClientId,
    pub(super) audit: &'a dyn Fn(&ClientId, Audited<'_>),
}

impl Client<'_> {
    pub(super) async fn end(&self) -> ClientSession {
        match self.is_connected().await {
            Err(error) => ClientSession {
                was_connected: None,
                ..self.unproven(SessionOutcome::Unknown, error)
            },
            Ok(false) => ClientSession {
                was_connected: Some(false),
                outcome: SessionOutcome::NotConnected,
                ..self.gone()
            },
            Ok(true) if self.dry_run => ClientSession {
                outcome: SessionOutcome::WouldEnd,
                verified: false,
                ..self.gone()
            },
            Ok(true) => self.disconnect().await,
        }
    }

    async fn is_connected(&self) -> Result<bool, Error> {
        self.sessions.is_connected(self.client_id).await
    }

    async fn disconnect(&self) -> ClientSession {
        let mut disconnections = 0_u32;
        loop {
            (self.audit)(self.client_id, Audited::Begins);
            let answer = Answer::of(self.sessions.disconnect(self.client_id).await);
            let step = self.step(&answer).await;
            let (result, is_last) = match step {
                Step::Finish(result) => (result, true),
                Step::DisconnectAgain(error) => {
                    disconnections = disconnections.saturating_add(1);
                    let result = self.unproven(SessionOutcome::Failed, error);
                    (result, disconnections >= MOST_DISCONNECTIONS)
                }
            };
            (self.audit)(self.client_id, Audited::Ends(&result, answer.request_id()));
            if is_last {
                return result;
            }
        }
    }

    /// The evidence for the effect of a disconnection.
    async fn step(&self, answer: &Answer) -> Step {
        if let Answer::Refused(error) = answer {
            // No provider documents its answer for a client that has just gone by itself.
            let is_gone = matches!(
                error.concerns,
                Concerns::Parameters | Concerns::CertificateState
            ) && self.is_connected().await == Ok(false);
            return if is_gone {
                self.after_it_is_gone().await
            } else {
                Step::Finish(self.unproven(SessionOutcome::Failed, error.clone()))
            };
        }
        let mut wait = FIRST_WAIT;
        let mut reads = 0_u32;
        loop {
            let read = self.is_connected().await;
            reads = reads.saturating_add(1);
            if read == Ok(false) {
                return self.after_it_is_gone().await;
            }
            let has_waited_long = reads >= READS_BEFORE_REPEATING;
            if has_waited_long || !self.deadline.leaves_time_to_read_after(wait) {
                return match read {
                    Ok(_) if has_waited_long => Step::DisconnectAgain(answer.without_effect()),
                    // The read may show the connection from before the disconnection.
                    Ok(_) => Step::Finish(self.unproven(SessionOutcome::Unknown, out_of_time())),
                    Err(error) => Step::Finish(self.unproven(SessionOutcome::Unknown, error)),
                };
            }
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2);
        }
    }

    /// Reads once more, to see whether the client has connected again. Its certificate is inactive, so
    /// only a broker that lags behind accepts it. There is no wait before this read: the time of the
    /// call is enough for a client that connects again at once.
    async fn after_it_is_gone(&self) -> Step {
        if !self.deadline.leaves_time_to_read_after(Duration::ZERO) {
            return Step::Finish(self.unproven(SessionOutcome::Ended, out_of_time()));
        }
        match self.is_connected().await {
            Ok(false) => Step::Finish(self.gone()),
            Ok(true) => Step::DisconnectAgain(Error::new(
                ErrorCode::ProviderInvalidResponse,
                "the client was disconnected and is connected again, although its certificate is inactive",
            )),
            Err(error) => Step::Finish(self.unproven(SessionOutcome::Ended, error)),
        }
    }

    /// The client was connected and is not any more.
    fn gone(&self) -> ClientSession {
        ClientSession {
            client_id: self.client_id.as_str().to_owned(),
            was_connected: Some(true),
            outcome: SessionOutcome::Ended,
            verified: true,
            error: None,
        }
    }

    fn unproven(&self, outcome: SessionOutcome, error: Error) -> ClientSession {
        ClientSession {
            outcome,
            verified: false,
            error: Some(error),
            ..self.gone()
        }
    }
}
