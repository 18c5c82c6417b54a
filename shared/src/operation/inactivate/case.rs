//! One certificate: what a look at it decides, and what is said of it in the end.

use super::answer::{InactivateResult, Outcome};
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{
    Certificate, Fingerprint, InstanceId, LifecycleStatus, SerialNumber, Timestamp,
};
use crate::operation::contradiction;
use crate::provider::{FoundCertificate, Scope};
use crate::request::CertificateReference;
use crate::telemetry::RECORD;

/// The part of an order that concerns all its certificates.
#[derive(Clone, Copy)]
pub(super) struct Command<'a> {
    pub(super) order_id: &'a str,
    pub(super) reason: Option<&'a str>,
    pub(super) caller: Option<&'a str>,
    pub(super) dry_run: bool,
    /// When the order was sent, if it has been delivered before.
    pub(super) redelivered_since: Option<Timestamp>,
}

/// One certificate of an order.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) scope: &'a Scope,
    pub(super) reference: &'a CertificateReference,
    pub(super) command: Command<'a>,
}

/// The decision that follows from looking a certificate up.
pub(super) enum Decision {
    /// Its result is known.
    Settled(Box<InactivateResult>),
    /// The provider does not know it under these spellings.
    NotFound,
    /// It is to be switched off.
    SwitchOff(Box<FoundCertificate>),
}

impl Case<'_> {
    pub(super) fn decide(&self, answer: Result<Option<FoundCertificate>, Error>) -> Decision {
        let settled = |result| Decision::Settled(Box::new(result));
        let failed = |outcome, error| {
            settled(InactivateResult {
                error: Some(error),
                ..self.result(outcome, None)
            })
        };
        match answer {
            Ok(None) => Decision::NotFound,
            Ok(Some(found)) => match self.refusal(&found.certificate) {
                Some(error) => settled(InactivateResult {
                    error: Some(error),
                    ..self.seen(Outcome::Refused, &found)
                }),
                None => self.by_status(found),
            },
            // The names do not say which certificate is meant.
            Err(error) if error.code == ErrorCode::InvalidRequest => {
                failed(Outcome::Refused, error)
            }
            Err(error) => failed(Outcome::Failed, error),
        }
    }

    /// Why the certificate that was found is not to be touched: it is not, or cannot be shown to
    /// be, the one that was named.
    fn refusal(&self, certificate: &Certificate) -> Option<Error> {
        let asked = self.reference.fingerprint_sha256.as_ref();
        contradiction(self.reference, certificate).or_else(|| {
            let unproven = asked.is_some() && certificate.fingerprint_sha256.is_none();
            let detail = "the provider does not show the certificate, so that its fingerprint cannot be compared; leave it out to go by the \
                          serial number alone";
            unproven.then(|| Error { concerns: Concerns::Parameters, ..Error::invalid("fingerprint_sha256", detail) })
        })
    }

    fn by_status(&self, found: FoundCertificate) -> Decision {
        match found.certificate.status {
            LifecycleStatus::Inactive => {
                Decision::Settled(Box::new(self.seen(Outcome::AlreadyInactive, &found)))
            }
            LifecycleStatus::Revoked => {
                let detail = "the certificate is revoked; that is final, and inactivating would only hide it";
                Decision::Settled(Box::new(self.refused(&found, detail.to_owned())))
            }
            status => match self
                .activated_since(&found.certificate)
                .filter(|_| status == LifecycleStatus::Active)
            {
                Some(at) => {
                    let detail = format!(
                        "the order has been delivered before, and the certificate was activated or changed at {at}, after the order was \
                         given; give it again if it is still meant"
                    );
                    Decision::Settled(Box::new(self.refused(&found, detail)))
                }
                None if self.command.dry_run => {
                    Decision::Settled(Box::new(self.seen(Outcome::WouldInactivate, &found)))
                }
                None => Decision::SwitchOff(Box::new(found)),
            },
        }
    }

    /// When somebody has switched the certificate on since the order was first delivered, as far as
    /// the provider tells: alibaba-mqtt does not.
    fn activated_since(&self, certificate: &Certificate) -> Option<Timestamp> {
        let sent = self.command.redelivered_since?;
        certificate
            .last_activated_at
            .or(certificate.updated_at)
            .filter(|at| *at > sent)
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

    pub(super) fn inactivated(
        &self,
        found: &FoundCertificate,
        request_id: Option<String>,
        verified: bool,
    ) -> InactivateResult {
        InactivateResult {
            status: Some(LifecycleStatus::Inactive),
            verified,
            provider_request_id: request_id,
            ..self.seen(Outcome::Inactivated, found)
        }
    }

    /// It was there before the order and is not any more: nothing is left to be switched off.
    pub(super) fn gone(&self, found: &FoundCertificate) -> InactivateResult {
        InactivateResult {
            status: None,
            ..self.seen(Outcome::NotFound, found)
        }
    }

    /// Nothing proves a state: reads fail, or contradict what the provider answered.
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

    /// A result whose state is the one that a read has shown.
    pub(super) fn seen(&self, outcome: Outcome, found: &FoundCertificate) -> InactivateResult {
        self.result(outcome, Some(found))
    }

    fn result(&self, outcome: Outcome, found: Option<&FoundCertificate>) -> InactivateResult {
        let reference = self.reference.clone();
        let certificate = found.map(|found| &found.certificate);
        InactivateResult {
            serial_number: certificate
                .and_then(|certificate| certificate.serial_number.clone())
                .or(reference.serial_number),
            provider_serial_number: certificate
                .and_then(|certificate| certificate.provider_serial_number.clone()),
            serial_number_base: certificate.and_then(|certificate| certificate.serial_number_base),
            ca_serial_number: certificate
                .and_then(|certificate| certificate.ca_serial_number.clone())
                .or(reference.ca_serial_number),
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

    /// The audit record: one line before and one after each certificate that is to be changed.
    pub(super) fn audit(
        &self,
        found: &FoundCertificate,
        message: &'static str,
        result: Option<&InactivateResult>,
    ) {
        let Self {
            scope,
            reference,
            command,
        } = self;
        let certificate = &found.certificate;
        tracing::info!(
            target: RECORD,
            order_id = command.order_id,
            provider = scope.provider.as_str(),
            region = scope.region.as_str(),
            instance_id = scope.instance_id.as_ref().map(InstanceId::as_str),
            serial_number = certificate.serial_number.as_ref().map(SerialNumber::as_str),
            provider_serial_number = certificate.provider_serial_number,
            ca_serial_number = certificate.ca_serial_number.as_ref().or(reference.ca_serial_number.as_ref()).map(SerialNumber::as_str),
            fingerprint_sha256 = certificate.fingerprint_sha256.as_ref().map(Fingerprint::as_str),
            status_before = certificate.status.as_str(),
            caller = command.caller,
            reason = command.reason,
            json.result = result.and_then(|result| serde_json::to_string(result).ok()),
            "{message}"
        );
    }
}
