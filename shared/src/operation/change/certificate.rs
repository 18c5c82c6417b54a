//! The change of one certificate: the decision that a read leads to, and the results that the
//! evidence leads to.

use super::answer::{InactivateResult, Outcome, SourcedInactivation};
use super::client_session::Sessions;
use super::clients::ClientIdsAre;
use super::comparison::not_shown_to_be_meant;
use super::receipt::Receipt;
use super::target::TargetRow;
use crate::config::ReceiptSecrets;
use crate::error::{Error, ErrorCode};
use crate::model::{
    Certificate, Fingerprint, InstanceId, ProviderText, RequestId, SerialNumber, Timestamp,
};
use crate::provider::{FoundCertificate, Scope, Target};
use crate::request::{CertificateReference, CertificateState};
use crate::telemetry::{AUDIT, shortened_name};

/// The part of an order that concerns all its certificates.
#[derive(Clone, Copy)]
pub(super) struct Command<'a> {
    pub(super) target: Target,
    pub(super) order_id: &'a str,
    pub(super) reason: Option<&'a str>,
    pub(super) caller: Option<&'a str>,
    pub(super) dry_run: bool,
    /// Whether to write although a read says that the certificate is in the target's status.
    pub(super) force: bool,
    /// Whether the sessions of the certificates' devices are ended, too.
    pub(super) end_sessions: bool,
    /// The reason for which references have client ids.
    pub(super) client_ids_are: ClientIdsAre,
    /// Issues the receipts; `None` where the function has no secrets for them.
    pub(super) receipts: Option<ReceiptIssuer<'a>>,
    /// Whether the log may have the provider's own messages, which can quote a certificate's names.
    pub(super) log_answers: bool,
    /// The moment at which the order was sent, if its message is a redelivery.
    pub(super) redelivered_since: Option<Timestamp>,
}

/// The parts that all receipts of an order share.
#[derive(Clone, Copy)]
pub(super) struct ReceiptIssuer<'a> {
    pub(super) secrets: &'a ReceiptSecrets,
    /// The moment for which the order holds.
    pub(super) at: Timestamp,
}

/// The change of one certificate of an order.
#[derive(Clone, Copy)]
pub(super) struct CertificateChange<'a> {
    /// The index of the certificate in the order.
    pub(super) index: usize,
    pub(super) scope: &'a Scope,
    pub(super) reference: &'a CertificateReference,
    /// The state in which the certificate has to be.
    pub(super) expected: Option<CertificateState>,
    /// Whether it is written to although a read says that it is in the target's status.
    pub(super) is_forced: bool,
    pub(super) command: Command<'a>,
}

/// The decision about a certificate after its lookup.
pub(super) enum Decision {
    /// Nothing is left to do; this is its result.
    Finished(Box<InactivateResult>),
    /// The provider does not know it under these spellings.
    NotFound,
    /// The certificate is to be changed.
    Change(Box<FoundCertificate>),
}

impl CertificateChange<'_> {
    pub(super) const fn target(&self) -> &'static TargetRow {
        self.command.target.row()
    }

    /// Decides what a lookup leads to. `contradiction` is the outcome and the error of a certificate
    /// that must not be changed, because of the client ids that its reference names or because it is
    /// protected.
    pub(super) fn decide(
        &self,
        answer: Result<Option<FoundCertificate>, Error>,
        contradiction: Option<(Outcome, Error)>,
    ) -> Decision {
        let finished = |result| Decision::Finished(Box::new(result));
        let failed = |outcome, error| {
            finished(InactivateResult {
                error: Some(error),
                ..self.result(outcome, None)
            })
        };
        match answer {
            Ok(None) => Decision::NotFound,
            Ok(Some(found)) => match not_shown_to_be_meant(self.reference, &found)
                .map(|error| (Outcome::Refused, error))
                .or(contradiction)
            {
                Some((outcome, error)) => finished(InactivateResult {
                    error: Some(error),
                    ..self.seen(outcome, &found)
                }),
                None => self.decide_by_status(found),
            },
            // The reference is ambiguous.
            Err(error) if error.code == ErrorCode::InvalidRequest => {
                failed(Outcome::Refused, error)
            }
            Err(error) => failed(Outcome::Failed, error),
        }
    }

    fn decide_by_status(&self, found: FoundCertificate) -> Decision {
        let finished = |result| Decision::Finished(Box::new(result));
        let target = self.target();
        let status = found.certificate.status;
        if status == target.status && !self.is_forced {
            return finished(self.seen(target.already, &found));
        }
        if let Some(reason) = (target.forbidden)(&found.certificate) {
            return finished(self.refused(&found, reason.to_owned()));
        }
        if let Some(error) = self.changed_since(&found.certificate) {
            return finished(InactivateResult {
                error: Some(error),
                ..self.seen(target.changed_since, &found)
            });
        }
        if let Some(at) = self.opposite_since(&found.certificate) {
            let opposite = target.opposite;
            let detail = format!(
                "the order was redelivered, and the certificate was {opposite} at {at}, after the order had been given; give the order \
                 again if it still holds"
            );
            return finished(self.refused(&found, detail));
        }
        if self.command.dry_run {
            return finished(self.seen(target.would_change, &found));
        }
        Decision::Change(Box::new(found))
    }

    /// The moment at which somebody has done the opposite after a redelivered order was sent.
    fn opposite_since(&self, certificate: &Certificate) -> Option<Timestamp> {
        let sent = self.command.redelivered_since?;
        (self.target().opposite_at)(certificate).filter(|at| *at > sent)
    }

    /// The error where the certificate is not in the state that the order expects.
    fn changed_since(&self, certificate: &Certificate) -> Option<Error> {
        let expected = self.expected?;
        let state = CertificateState::of(certificate);
        // A forced write to a certificate that already has the target's status undoes no change.
        let needs_no_time = expected.changed_at.is_none()
            && [expected.status, state.status] == [self.target().status; 2];
        (state != expected && !needs_no_time).then(|| {
            let at = |moment: Timestamp| format!(", changed at {moment}");
            let now = state.changed_at.map(at).unwrap_or_default();
            let (was, is) = (expected.status.as_str(), state.status.as_str());
            let detail = if was == is && expected.changed_at.is_none() {
                format!(
                    "the certificate is {is} as before{now}, but it is not known when it was changed before, so nothing shows that \
                     nobody has changed it since"
                )
            } else {
                format!(
                    "somebody has changed the certificate since: it was {was} and is {is} now{now}"
                )
            };
            Error::new(ErrorCode::Conflict, detail)
        })
    }

    fn refused(&self, found: &FoundCertificate, detail: String) -> InactivateResult {
        InactivateResult {
            error: Some(Error::new(ErrorCode::Forbidden, detail)),
            ..self.seen(Outcome::Refused, found)
        }
    }

    pub(super) fn not_found(&self) -> InactivateResult {
        self.result(Outcome::NotFound, None)
    }

    pub(super) fn not_attempted(
        &self,
        error: Error,
        found: Option<&FoundCertificate>,
    ) -> InactivateResult {
        InactivateResult {
            error: Some(error),
            ..self.result(Outcome::NotAttempted, found)
        }
    }

    pub(super) fn changed(
        &self,
        found: &FoundCertificate,
        request_id: Option<RequestId>,
        verified: bool,
    ) -> InactivateResult {
        InactivateResult {
            status: Some(self.target().status),
            verified,
            provider_request_id: request_id,
            ..self.seen(self.target().changed, found)
        }
    }

    /// The certificate was there before the write and is not there any more: nothing is left to
    /// change.
    pub(super) fn gone(&self, found: &FoundCertificate) -> InactivateResult {
        InactivateResult {
            status: None,
            ..self.seen(Outcome::NotFound, found)
        }
    }

    /// Nothing proves a status: reads fail, or contradict the provider's answer.
    pub(super) fn unproven(
        &self,
        outcome: Outcome,
        found: &FoundCertificate,
        error: Error,
    ) -> InactivateResult {
        InactivateResult {
            status: None,
            verified: false,
            error: Some(error),
            ..self.seen(outcome, found)
        }
    }

    /// A result with the status that a read has shown.
    pub(super) fn seen(&self, outcome: Outcome, found: &FoundCertificate) -> InactivateResult {
        self.result(outcome, Some(found))
    }

    fn result(&self, outcome: Outcome, found: Option<&FoundCertificate>) -> InactivateResult {
        InactivateResult {
            sessions: self.command.end_sessions.then(Sessions::default),
            ..result(
                self.reference,
                outcome,
                found.map(|found| &found.certificate),
            )
        }
    }

    /// The receipt of a change, after which a read has shown this certificate. Without such a read,
    /// nothing shows the provider's mark of the change.
    pub(super) fn receipt(
        &self,
        outcome: Outcome,
        found: &FoundCertificate,
        read: Option<&FoundCertificate>,
    ) -> Option<String> {
        let ReceiptIssuer { secrets, at } = self.command.receipts?;
        // A forced write to a certificate that was inactive before leaves nothing to undo.
        if outcome != Outcome::Inactivated || found.certificate.status == self.target().status {
            return None;
        }
        let receipt = Receipt {
            source: self.scope.into(),
            certificate: CertificateReference::by_provider_names(&found.certificate)?,
            state: CertificateState {
                status: self.target().status,
                changed_at: read
                    .and_then(|read| CertificateState::of(&read.certificate).changed_at),
            },
            at,
        };
        receipt.encode(secrets)
    }

    /// The audit line before the write.
    pub(super) fn audit_begin(&self, found: &FoundCertificate) {
        self.audit(found, self.target().audit_begin, None);
    }

    /// The audit line after the write.
    pub(super) fn audit_end(&self, found: &FoundCertificate, result: &InactivateResult) {
        self.audit(found, self.target().audit_end, Some(result));
    }

    fn audit(
        &self,
        found: &FoundCertificate,
        message: &'static str,
        result: Option<&InactivateResult>,
    ) {
        let Self {
            scope,
            reference,
            command,
            ..
        } = self;
        let certificate = &found.certificate;
        let result = result.map(|result| InactivateResult {
            error: result
                .error
                .as_ref()
                .map(|error| error.for_log(command.log_answers)),
            ..result.clone()
        });
        tracing::info!(
            target: AUDIT,
            order_id = command.order_id,
            provider = scope.provider.as_str(),
            region = scope.region.as_str(),
            instance_id = scope.instance_id.as_ref().map(InstanceId::as_str),
            serial_number = certificate.serial_number.as_ref().map(SerialNumber::as_str),
            provider_serial_number = certificate.provider_serial_number,
            ca_serial_number = certificate.ca_serial_number.as_ref().or(reference.ca_serial_number.as_ref()).map(SerialNumber::as_str),
            provider_ca_serial_number = certificate.provider_ca_serial_number,
            fingerprint_sha256 = certificate.fingerprint_sha256.as_ref().map(Fingerprint::as_str),
            status_before = certificate.status.as_str(),
            caller = command.caller.map(shortened_name).as_deref(),
            reason = command.reason,
            json.result = result.and_then(|result| serde_json::to_string(&result).ok()),
            "{message}"
        );
    }
}

/// The result of a certificate of an order that is not carried out at all.
pub(super) fn not_carried_out(reference: &CertificateReference, error: Error) -> InactivateResult {
    let outcome = if error.code == ErrorCode::Forbidden {
        Outcome::Refused
    } else {
        Outcome::Failed
    };
    InactivateResult {
        error: Some(error),
        ..result(reference, outcome, None)
    }
}

/// The result of a receipt that is refused.
pub(super) fn refused_receipt(error: Error) -> SourcedInactivation {
    SourcedInactivation {
        provider: None,
        region: None,
        instance_id: None,
        result: InactivateResult {
            error: Some(error),
            ..result(&CertificateReference::default(), Outcome::Refused, None)
        },
    }
}

/// A result with the facts that a read has shown, and else those of the reference.
pub(super) fn result(
    reference: &CertificateReference,
    outcome: Outcome,
    certificate: Option<&Certificate>,
) -> InactivateResult {
    let reference = reference.clone();
    let text = |named: Option<ProviderText>| named.map(|named| named.as_str().to_owned());
    InactivateResult {
        serial_number: certificate
            .and_then(|certificate| certificate.serial_number.clone())
            .or(reference.serial_number),
        provider_serial_number: certificate
            .and_then(|certificate| certificate.provider_serial_number.clone())
            .or_else(|| text(reference.provider_serial_number)),
        serial_number_base: certificate.and_then(|certificate| certificate.serial_number_base),
        ca_serial_number: certificate
            .and_then(|certificate| certificate.ca_serial_number.clone())
            .or(reference.ca_serial_number),
        provider_ca_serial_number: certificate
            .and_then(|certificate| certificate.provider_ca_serial_number.clone())
            .or_else(|| text(reference.provider_ca_serial_number)),
        fingerprint_sha256: certificate
            .and_then(|certificate| certificate.fingerprint_sha256.clone())
            .or(reference.fingerprint_sha256),
        outcome,
        status_before: certificate.map(|certificate| certificate.status),
        status: certificate.map(|certificate| certificate.status),
        verified: certificate.is_some(),
        provider_request_id: None,
        sessions: None,
        cut_off: None,
        receipt: None,
        error: None,
        changed_at_before: certificate
            .and_then(|certificate| CertificateState::of(certificate).changed_at),
    }
}
