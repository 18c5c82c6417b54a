//! Ends the live sessions of the devices whose certificates are verified inactive. The certificate is
//! inactivated first, because a device that is only disconnected connects again.

mod client;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use futures_util::stream::{self, StreamExt};
use tokio::sync::Mutex;

use self::client::{Audited, Client};
use super::answer::{InactivateResult, Outcome};
use super::certificate::{CertificateChange, Command};
use super::client_session::{ClientSession, SessionOutcome, Sessions};
use super::clients;
use crate::error::{Error, ErrorCode};
use crate::model::{ClientId, Fingerprint, InstanceId, SerialNumber, quoted};
use crate::provider::{CallContext, FoundCertificate, SessionEnder};
use crate::telemetry::AUDIT;
use crate::transport::MAX_CONCURRENT_CALLS;

/// The sessions of one run of an order.
pub(super) struct SessionSteps<'a> {
    context: &'a CallContext<'a>,
    sessions: &'a dyn SessionEnder,
    command: Command<'a>,
    /// The certificates that were found, by their indexes in the order.
    found: RefCell<HashMap<usize, FoundSubject<'a>>>,
    /// The error because of which no further session is read: every other call would repeat it. The
    /// certificates themselves are still changed.
    stopped: RefCell<Option<Error>>,
    /// One lock for each client, because two certificates may have the same client. Its session is
    /// ended once.
    turns: RefCell<HashMap<ClientId, Rc<Mutex<()>>>>,
}

struct FoundSubject<'a> {
    change: CertificateChange<'a>,
    certificate: FoundCertificate,
    /// The client ids that the provider ties to the certificate; `None` where it was not asked yet.
    tied: Option<Result<Vec<String>, Error>>,
}

impl<'a> SessionSteps<'a> {
    pub(super) fn new(
        context: &'a CallContext<'a>,
        sessions: &'a dyn SessionEnder,
        command: Command<'a>,
    ) -> Self {
        Self {
            context,
            sessions,
            command,
            found: RefCell::default(),
            stopped: RefCell::default(),
            turns: RefCell::default(),
        }
    }

    /// Keeps the certificates that were found. Reads the client ids of those whose reference names
    /// some, since they have to be compared before any write; with `asks_for_all`, those of every
    /// certificate, since they decide whether it may be changed.
    pub(super) async fn keep(
        &self,
        group: &[CertificateChange<'a>],
        answers: &[Result<Option<FoundCertificate>, Error>],
        asks_for_all: bool,
    ) {
        let mut named = Vec::new();
        for (change, answer) in group.iter().zip(answers) {
            let is_asked = asks_for_all || change.reference.client_ids.is_some();
            let Ok(Some(certificate)) = answer else {
                continue;
            };
            if !self.command.end_sessions && !is_asked {
                continue;
            }
            let subject = FoundSubject {
                change: *change,
                certificate: certificate.clone(),
                tied: None,
            };
            self.found.borrow_mut().insert(change.index, subject);
            if is_asked {
                named.push(change.index);
            }
        }
        self.ask(named).await;
    }

    /// The client ids that the provider ties to a certificate; `None` where it was not asked.
    pub(super) fn tied(&self, index: usize) -> Option<Result<Vec<String>, Error>> {
        self.found.borrow().get(&index)?.tied.clone()
    }

    /// The outcome and the error of a certificate that must not be changed because of the client ids
    /// of its reference.
    pub(super) fn contradiction(&self, index: usize) -> Option<(Outcome, Error)> {
        let found = self.found.borrow();
        let subject = found.get(&index)?;
        let client_ids = subject.change.reference.client_ids.as_ref()?;
        match subject.tied.as_ref()? {
            Ok(tied) => clients::contradiction(client_ids, tied, self.command.client_ids_are),
            Err(error) => Some((Outcome::Failed, error.clone())),
        }
    }

    /// Reads the client ids of these certificates, if their sessions are to be ended.
    pub(super) async fn ask_for_client_ids(&self, indexes: impl IntoIterator<Item = usize>) {
        if self.command.end_sessions {
            self.ask(indexes).await;
        }
    }

    async fn ask(&self, indexes: impl IntoIterator<Item = usize>) {
        let open: Vec<(usize, FoundCertificate)> = {
            let found = self.found.borrow();
            let is_open = |index| {
                let subject = found.get(&index).filter(|subject| subject.tied.is_none())?;
                Some((index, subject.certificate.clone()))
            };
            indexes.into_iter().filter_map(is_open).collect()
        };
        let asked = stream::iter(&open).map(|(index, certificate)| async move {
            let tied = match self.reason_to_stop() {
                Some(error) => Err(error),
                None => self.sessions.client_ids(certificate).await,
            };
            (*index, self.noted(tied))
        });
        let answers: Vec<_> = asked.buffer_unordered(MAX_CONCURRENT_CALLS).collect().await;
        let mut found = self.found.borrow_mut();
        for (index, tied) in answers {
            if let Some(subject) = found.get_mut(&index) {
                subject.tied = Some(tied);
            }
        }
    }

    fn reason_to_stop(&self) -> Option<Error> {
        self.stopped.borrow().clone()
    }

    /// Notes an error that every further call would repeat.
    fn noted<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &answer {
            self.note(error);
        }
        answer
    }

    fn note(&self, error: &Error) {
        if error.ends_the_request() {
            self.stopped
                .borrow_mut()
                .get_or_insert_with(|| error.clone());
        }
    }

    /// Ends the sessions of the certificates of these results that are verified inactive, side by
    /// side, and completes the results.
    pub(super) async fn end(&self, results: &mut [(usize, InactivateResult)]) {
        if !self.command.end_sessions {
            return;
        }
        let ending = results.iter().filter(|(_, result)| self.may_end(result));
        let ending: Vec<usize> = ending.map(|(index, _)| *index).collect();
        self.ask(ending.iter().copied()).await;
        let clients: Vec<(usize, CertificateChange<'a>, FoundCertificate, ClientId)> = {
            let found = self.found.borrow();
            let subjects = ending
                .iter()
                .filter_map(|index| Some((*index, found.get(index)?)));
            subjects
                .flat_map(|(index, subject)| {
                    let clients = subject.client_ids().into_iter();
                    clients
                        .filter_map(|client| ClientId::parse(&client).ok())
                        .map(move |client| {
                            (index, subject.change, subject.certificate.clone(), client)
                        })
                })
                .collect()
        };
        let ended = stream::iter(clients).map(|(index, change, certificate, client)| async move {
            let session = self.end_one(&change, &certificate, &client).await;
            ((index, client.as_str().to_owned()), session)
        });
        let mut ended: HashMap<(usize, String), ClientSession> =
            ended.buffer_unordered(MAX_CONCURRENT_CALLS).collect().await;
        let found = self.found.borrow();
        for (index, result) in results {
            let Some(subject) = found.get(index) else {
                continue;
            };
            let may_end = self.may_end(result);
            let session = |client: String| {
                let session = ended.remove(&(*index, client.clone()));
                session.unwrap_or_else(|| untouched(client, may_end))
            };
            let clients: Vec<ClientSession> =
                subject.client_ids().into_iter().map(session).collect();
            complete(result, clients, subject.tied.as_ref(), may_end);
        }
    }

    /// Whether the certificate of a result is verified inactive, so that its sessions may be ended.
    /// For a dry run, which ends nothing, also whether the certificate would be inactivated.
    fn may_end(&self, result: &InactivateResult) -> bool {
        let row = self.command.target.row();
        // An inactive certificate that was refused, because it is not the one that the order names,
        // does not belong to this order.
        let is_of_order = result.outcome == row.changed || result.outcome == row.already;
        let is_verified = is_of_order && result.verified && result.status == Some(row.status);
        is_verified || (self.command.dry_run && result.outcome == row.would_change)
    }

    async fn end_one(
        &self,
        change: &CertificateChange<'a>,
        certificate: &FoundCertificate,
        client_id: &ClientId,
    ) -> ClientSession {
        let turn = self
            .turns
            .borrow_mut()
            .entry(client_id.clone())
            .or_default()
            .clone();
        let _turn = turn.lock().await;
        if let Some(error) = self.reason_to_stop() {
            return ClientSession {
                error: Some(error),
                ..untouched(client_id.as_str().to_owned(), false)
            };
        }
        let audit = |client_id: &ClientId, audited: Audited<'_>| {
            audit(change, certificate, client_id, &audited);
        };
        let client = Client {
            sessions: self.sessions,
            deadline: self.context.deadline,
            dry_run: self.command.dry_run,
            client_id,
            audit: &audit,
        };
        let session = client.end().await;
        if let Some(error) = &session.error {
            self.note(error);
        }
        session
    }
}

impl FoundSubject<'_> {
    /// The ids of the certificate's clients, each once: those that the provider ties to it, else
    /// those that the caller names.
    fn client_ids(&self) -> Vec<String> {
        let tied = match &self.tied {
            Some(Ok(tied)) => tied.as_slice(),
            Some(Err(_)) | None => &[],
        };
        let named = self.change.reference.client_ids.as_deref();
        let named = named
            .unwrap_or_default()
            .iter()
            .map(|client| client.as_str().to_owned());
        let mut seen = HashSet::new();
        let clients: Vec<String> = if tied.is_empty() {
            named.collect()
        } else {
            tied.to_vec()
        };
        clients
            .into_iter()
            .filter(|client| seen.insert(client.clone()))
            .collect()
    }
}

/// A session for which no call was made. If its certificate allows ending it, the client id is at
/// fault: it may stand for several clients.
fn untouched(client_id: String, may_end: bool) -> ClientSession {
    let error = may_end.then(|| {
        let detail = format!(
            "the provider ties the client id {} to the certificate, which may stand for several clients, so no session is ended by it; \
             disconnect the device at the provider",
            quoted(&client_id)
        );
        Error::new(ErrorCode::Forbidden, detail)
    });
    ClientSession {
        client_id,
        was_connected: None,
        outcome: if may_end {
            SessionOutcome::Failed
        } else {
            SessionOutcome::Unknown
        },
        verified: false,
        error,
    }
}

/// Adds the sessions to a result. A session that was not ended is an error of the result, so that the
/// order continues with this certificate; the next run finds it inactive and ends the session.
fn complete(
    result: &mut InactivateResult,
    clients: Vec<ClientSession>,
    tied: Option<&Result<Vec<String>, Error>>,
    may_end: bool,
) {
    let known = !clients.is_empty();
    let is_gone = clients.iter().all(|client| client.verified);
    let is_inactive = may_end && !matches!(result.outcome, Outcome::WouldInactivate);
    result.cut_off = known.then_some(is_inactive && is_gone);
    let error = if may_end {
        let unread = tied.and_then(|tied| tied.as_ref().err());
        let mut errors = clients.iter().filter_map(|client| client.error.as_ref());
        let error = errors
            .clone()
            .find(|error| error.needs_redelivery())
            .or_else(|| errors.next())
            .or(unread);
        error.map(|error| Error {
            detail: format!(
                "the certificate's sessions are not all shown to have ended: {}",
                error.detail
            ),
            ..error.clone()
        })
    } else if matches!(result.outcome, Outcome::Inactivated) {
        let detail = "no read confirms that the certificate is inactive, so its sessions were not ended; repeat the order";
        Some(Error::new(ErrorCode::ProviderInvalidResponse, detail))
    } else {
        None
    };
    result.error = result.error.take().or(error);
    result.sessions = Some(Sessions { known, clients });
}

/// Writes the audit line of a disconnection, which names the client.
fn audit(
    change: &CertificateChange<'_>,
    found: &FoundCertificate,
    client_id: &ClientId,
    audited: &Audited<'_>,
) {
    let CertificateChange { scope, command, .. } = change;
    let certificate = &found.certificate;
    let (message, result, request_id) = match audited {
        Audited::Begins => ("ending a session", None, None),
        Audited::Ends(result, request_id) => ("tried to end a session", Some(*result), *request_id),
    };
    tracing::info!(
        target: AUDIT,
        order_id = command.order_id,
        provider = scope.provider.as_str(),
        region = scope.region.as_str(),
        instance_id = scope.instance_id.as_ref().map(InstanceId::as_str),
        client_id = client_id.as_str(),
        serial_number = certificate.serial_number.as_ref().map(SerialNumber::as_str),
        fingerprint_sha256 = certificate.fingerprint_sha256.as_ref().map(Fingerprint::as_str),
        caller = command.caller,
        reason = command.reason,
        provider_request_id = request_id,
        json.result = result.and_then(|result| serde_json::to_string(result).ok()),
        "{message}"
    );
}

#[cfg(test)]
mod tests;
