//! The change of one certificate: the decision that a read leads to, and the results that the
//! evidence leads to.

use super::answer::{InactivateResult, Outcome};
use super::comparison::not_shown_to_be_meant;
use super::target::TargetRow;
use crate::error::{Error, ErrorCode};
use crate::model::{
    Certificate, Fingerprint, InstanceId, LifecycleStatus, ProviderText, RequestId, SerialNumber,
    Timestamp,
};
use crate::provider::{FoundCertificate, Scope, Target};
use crate::request::CertificateReference;
use crate::telemetry::{AUDIT, beginning};

/// The part of an order that concerns all its certificates.
#[derive(Clone, Copy)]
pub(super) struct Command<'a> {
    pub(super) target: Target,
    pub(super) order_id: &'a str,
    pub(super) reason: Option<&'a str>,
    pub(super) caller: Option<&'a str>,
    pub(super) dry_run: bool,
    /// Whether the log may have the provider's own messages, which can quote a certificate's names.
    pub(super) log_answers: bool,
    /// The moment at which the order was sent, if its message is a redelivery.
    pub(super) redelivered_since: Option<Timestamp>,
}

/// The change of one certificate of an order.
#[derive(Clone, Copy)]
pub(super) struct CertificateChange<'a> {
    /// The index of the certificate in the order.
    pub(super) index: usize,
    pub(super) scope: &'a Scope,
    pub(super) reference: &'a CertificateReference,
    pub(super) command: Command<'a>,
}

/// The decision that follows from looking a certificate up.
pub(super) enum Decision {
    /// Its result is known.
    Finished(Box<InactivateResult>),
    /// The provider does not know it under these spellings.
    NotFound,
    /// It is to be changed.
    Change(Box<FoundCertificate>),
}

impl CertificateChange<'_> {
    pub(super) const fn target(&self) -> &'static TargetRow {
        self.command.target.row()
    }

    pub(super) fn decide(&self, answer: Result<Option<FoundCertificate>, Error>) -> Decision {
        let finished = |result| Decision::Finished(Box::new(result));
        let failed = |outcome, error| {
            finished(InactivateResult {
                error: Some(error),
                ..self.result(outcome, None)
            })
        };
        match answer {
            Ok(None) => Decision::NotFound,
            Ok(Some(found)) => match not_shown_to_be_meant(self.reference, &found) {
                Some(error) => finished(InactivateResult {
                    error: Some(error),
                    ..self.seen(Outcome::Refused, &found)
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
        if status == target.status {
            return finished(self.seen(target.already, &found));
        }
        if status == LifecycleStatus::Revoked {
            return finished(self.refused(&found, target.revoked.to_owned()));
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

    fn refused(&self, found: &FoundCertificate, detail: String) -> InactivateResult {
        InactivateResult {
            error: Some(Error::new(ErrorCode::Forbidden, detail)),
            ..self.seen(Outcome::Refused, found)
        }
    }

    pub(super) fn not_found(&self) -> InactivateResult {
        self.result(Outcome::NotFound, None)
    }

    /// The order as a whole is not carried out.
    pub(super) fn forbidden(&self, error: Error) -> InactivateResult {
        let outcome = if error.code == ErrorCode::Forbidden {
            Outcome::Refused
        } else {
            Outcome::Failed
        };
        InactivateResult {
            error: Some(error),
            ..self.result(outcome, None)
        }
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
        let reference = self.reference.clone();
        let certificate = found.map(|found| &found.certificate);
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
            verified: found.is_some(),
            provider_request_id: None,
            error: None,
        }
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
            caller = command.caller.map(beginning).as_deref(),
            reason = command.reason,
            json.result = result.and_then(|result| serde_json::to_string(&result).ok()),
            "{message}"
        );
    }
}
