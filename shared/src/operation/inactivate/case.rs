//! One certificate: look it up, guard, act, read back.

use std::time::Duration;

use super::answer::{InactivateResult, Outcome};
use crate::error::{Error, ErrorCode};
use crate::model::{Certificate, Fingerprint, InstanceId, LifecycleStatus, SerialNumber};
use crate::operation::contradiction;
use crate::provider::{Found, Inactivate as Inactivator, Spellings};
use crate::request::CertificateReference;
use crate::telemetry::RECORD;

/// One certificate on its way through the steps.
pub(super) struct Case<'a> {
    pub(super) inactivator: &'a dyn Inactivator,
    pub(super) reference: &'a CertificateReference,
    pub(super) reason: Option<&'a str>,
    pub(super) caller: Option<&'a str>,
}

/// The provider may need a moment until a read shows a change.
const BEFORE_SECOND_LOOK: Duration = Duration::from_millis(200);

impl Case<'_> {
    /// `None`: the provider does not know it under these spellings.
    pub(super) async fn run(&self, spellings: Spellings, dry_run: bool) -> Option<InactivateResult> {
        match self.inactivator.find(self.reference, spellings).await {
            Ok(found) => {
                let found = found?;
                Some(match self.refusal(&found.certificate) {
                    Some(error) => InactivateResult { error: Some(error), ..self.seen(Outcome::Refused, &found) },
                    None => self.handle(&found, dry_run).await,
                })
            }
            // The names do not say which certificate is meant.
            Err(error) if error.code == ErrorCode::InvalidRequest => {
                Some(InactivateResult { error: Some(error), ..self.result(Outcome::Refused, None) })
            }
            Err(error) => Some(InactivateResult { error: Some(error), ..self.result(Outcome::Failed, None) }),
        }
    }

    /// Why the certificate that was found is not to be touched: it is not, or cannot be shown to be, the one that was named.
    fn refusal(&self, certificate: &Certificate) -> Option<Error> {
        let asked = self.reference.fingerprint_sha256.as_ref();
        contradiction(self.reference, certificate).or_else(|| {
            let unproven = asked.is_some() && certificate.fingerprint_sha256.is_none();
            let detail = "the provider does not show the certificate, so that its fingerprint cannot be compared; leave it out to go by the \
                          serial number alone";
            unproven.then(|| Error::invalid("fingerprint_sha256", detail))
        })
    }

    async fn handle(&self, found: &Found, dry_run: bool) -> InactivateResult {
        match found.certificate.status {
            LifecycleStatus::Inactive => self.seen(Outcome::AlreadyInactive, found),
            LifecycleStatus::Revoked => {
                let error =
                    Error::new(ErrorCode::Forbidden, "the certificate is revoked; that is final, and inactivating would only hide it");
                InactivateResult { error: Some(error), ..self.seen(Outcome::Refused, found) }
            }
            _ if dry_run => self.seen(Outcome::WouldInactivate, found),
            _ => {
                self.audit(found, "inactivating a certificate", None);
                let result = self.switch_off(found).await;
                self.audit(found, "tried to inactivate a certificate", Some(&result));
                result
            }
        }
    }

    pub(super) fn not_found(&self) -> InactivateResult {
        self.result(Outcome::NotFound, None)
    }

    /// The audit record: one line before and one after each certificate that is to be changed.
    fn audit(&self, found: &Found, message: &'static str, result: Option<&InactivateResult>) {
        let scope = self.inactivator.scope();
        tracing::info!(
            target: RECORD,
            provider = scope.provider.as_str(),
            region = scope.region.as_str(),
            instance_id = scope.instance_id.as_ref().map(InstanceId::as_str),
            serial_number = found.certificate.serial_number.as_ref().map(SerialNumber::as_str),
            provider_serial_number = found.certificate.provider_serial_number,
            ca_serial_number = found.certificate.ca_serial_number.as_ref().or(self.reference.ca_serial_number.as_ref()).map(SerialNumber::as_str),
            fingerprint_sha256 = found.certificate.fingerprint_sha256.as_ref().map(Fingerprint::as_str),
            status_before = found.certificate.status.as_str(),
            caller = self.caller,
            reason = self.reason,
            json.result = result.and_then(|result| serde_json::to_string(result).ok()),
            "{message}"
        );
    }

    /// Acts, and repeats only after a read has shown that the first order had no effect.
    async fn switch_off(&self, found: &Found) -> InactivateResult {
        let first = self.order(found).await;
        match first {
            Ordered::Settled(result) => result,
            Ordered::Open { seen: Some(LifecycleStatus::Active | LifecycleStatus::PendingActivation), .. } => match self.order(found).await
            {
                // The first order had its effect after all, and it shows only now.
                Ordered::Settled(result) if result.outcome == Outcome::AlreadyInactive => self.inactivated(found, None, true),
                Ordered::Settled(result) => result,
                Ordered::Open { seen, error } => self.unsettled(found, seen, error),
            },
            Ordered::Open { seen, error } => self.unsettled(found, seen, error),
        }
    }

    async fn order(&self, found: &Found) -> Ordered {
        match self.inactivator.inactivate(found).await {
            Ok(Some(written)) => self.confirm(found, written.request_id).await,
            Ok(None) => Ordered::Settled(self.unfound(found).await),
            Err(failure) if failure.may_have_acted => match self.look(found).await {
                Look::Off => Ordered::Settled(self.inactivated(found, None, true)),
                Look::Gone => Ordered::Settled(self.gone(found)),
                Look::On(status) => Ordered::Open { seen: Some(status), error: failure.error },
                Look::Unreadable => Ordered::Open { seen: None, error: failure.error },
            },
            // What a provider answers for a certificate that is off already is not documented: another may have been faster.
            Err(failure) if failure.error.concerns_state && matches!(self.look(found).await, Look::Off) => {
                let status = Some(LifecycleStatus::Inactive);
                Ordered::Settled(InactivateResult { status, ..self.seen(Outcome::AlreadyInactive, found) })
            }
            Err(failure) => {
                let outcome = if failure.error.code == ErrorCode::ProviderRejected { Outcome::Refused } else { Outcome::Failed };
                let result = InactivateResult { error: Some(failure.error), verified: false, ..self.seen(outcome, found) };
                Ordered::Settled(result)
            }
        }
    }

    /// The provider said yes; a read says whether it is so. A read that contradicts is given a second chance, since the
    /// change may take a moment to show. A read that fails leaves the provider's word as the evidence.
    async fn confirm(&self, found: &Found, request_id: Option<String>) -> Ordered {
        let mut look = self.look(found).await;
        if matches!(look, Look::On(_) | Look::Gone) {
            tokio::time::sleep(BEFORE_SECOND_LOOK).await;
            look = match self.look(found).await {
                Look::Unreadable => look,
                second => second,
            };
        }
        Ordered::Settled(match look {
            Look::Off => self.inactivated(found, request_id, true),
            Look::Unreadable => self.inactivated(found, request_id, false),
            Look::Gone => InactivateResult { provider_request_id: request_id, ..self.gone(found) },
            Look::On(status) => {
                let error = Error::new(
                    ErrorCode::ProviderInvalidResponse,
                    "the provider answered that the certificate is inactive, but reading it afterwards shows that it is not",
                );
                InactivateResult {
                    status: Some(status),
                    verified: true,
                    provider_request_id: request_id,
                    error: Some(error),
                    ..self.seen(Outcome::Failed, found)
                }
            }
        })
    }

    /// The order was answered by "not found", although a read has just found the certificate: another read decides.
    async fn unfound(&self, found: &Found) -> InactivateResult {
        let status = match self.look(found).await {
            Look::Gone => return self.gone(found),
            Look::Off => return self.inactivated(found, None, true),
            Look::On(status) => Some(status),
            Look::Unreadable => None,
        };
        let error = Error::new(
            ErrorCode::ProviderInvalidResponse,
            "the provider shows the certificate, but does not find it when it is to be inactivated",
        );
        InactivateResult { status, verified: status.is_some(), error: Some(error), ..self.seen(Outcome::Failed, found) }
    }

    async fn look(&self, found: &Found) -> Look {
        match self.inactivator.read(found).await {
            Ok(Some(found)) => match found.certificate.status {
                LifecycleStatus::Inactive => Look::Off,
                // A word that is not documented says neither.
                LifecycleStatus::Unknown => Look::Unreadable,
                status => Look::On(status),
            },
            Ok(None) => Look::Gone,
            Err(_) => Look::Unreadable,
        }
    }

    fn unsettled(&self, found: &Found, seen: Option<LifecycleStatus>, error: Error) -> InactivateResult {
        match seen {
            Some(_) => InactivateResult { error: Some(error), status: seen, ..self.seen(Outcome::Failed, found) },
            None => {
                let detail =
                    format!("the order was sent, but neither its answer nor the state afterwards could be read ({})", error.detail);
                let error = Error { detail, ..error };
                InactivateResult { error: Some(error), status: None, verified: false, ..self.seen(Outcome::Unknown, found) }
            }
        }
    }

    fn inactivated(&self, found: &Found, request_id: Option<String>, verified: bool) -> InactivateResult {
        InactivateResult {
            status: Some(LifecycleStatus::Inactive),
            verified,
            provider_request_id: request_id,
            ..self.seen(Outcome::Inactivated, found)
        }
    }

    /// It was there before the order and is not any more: nothing is left to be switched off.
    fn gone(&self, found: &Found) -> InactivateResult {
        InactivateResult { status: None, ..self.seen(Outcome::NotFound, found) }
    }

    pub(super) fn not_attempted(&self, error: Error) -> InactivateResult {
        InactivateResult { error: Some(error), ..self.result(Outcome::NotAttempted, None) }
    }

    /// A result whose state is the one that a read has shown.
    fn seen(&self, outcome: Outcome, found: &Found) -> InactivateResult {
        self.result(outcome, Some(found))
    }

    fn result(&self, outcome: Outcome, found: Option<&Found>) -> InactivateResult {
        let reference = self.reference.clone();
        let certificate = found.map(|found| &found.certificate);
        InactivateResult {
            serial_number: certificate.and_then(|certificate| certificate.serial_number.clone()).or(reference.serial_number),
            provider_serial_number: certificate.and_then(|certificate| certificate.provider_serial_number.clone()),
            serial_number_base: certificate.and_then(|certificate| certificate.serial_number_base),
            ca_serial_number: certificate.and_then(|certificate| certificate.ca_serial_number.clone()).or(reference.ca_serial_number),
            fingerprint_sha256: certificate.and_then(|certificate| certificate.fingerprint_sha256.clone()).or(reference.fingerprint_sha256),
            outcome,
            status_before: certificate.map(|certificate| certificate.status),
            status: certificate.map(|certificate| certificate.status),
            verified: found.is_some(),
            provider_request_id: None,
            error: None,
        }
    }
}

/// What became of one order.
enum Ordered {
    /// It is known.
    Settled(InactivateResult),
    /// It may have had its effect; this is what a read has shown since, if one could be made.
    Open { seen: Option<LifecycleStatus>, error: Error },
}

enum Look {
    Off,
    On(LifecycleStatus),
    Gone,
    Unreadable,
}

#[cfg(test)]
mod tests;
