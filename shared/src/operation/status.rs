//! Tells the status of certificates, one result for each that was asked, in the order asked.

use std::collections::HashMap;

use serde::Serialize;

use super::{Answer, AnswerBudget, Operation, provider, shared_error};
use crate::error::Error;
use crate::model::{
    EffectiveStatus, InstanceId, LifecycleStatus, ProviderName, Region, SerialNumber, Timestamp, Validity, effective_status, usable,
};
use crate::provider::{Session, StatusRecord, Target, status_teller};
use crate::request::{CertificateReference, Member, MemberKind, StatusRequest};

/// The status function.
#[derive(Debug)]
pub struct Status;

/// What status answers.
#[derive(Debug, Serialize)]
pub struct StatusAnswer {
    /// `status`.
    pub operation: &'static str,
    /// Who was asked.
    pub provider: ProviderName,
    /// Where.
    pub region: Region,
    /// The broker.
    pub instance_id: Option<InstanceId>,
    /// One for each certificate asked, in the order asked.
    pub results: Vec<StatusResult>,
    /// The provider's id of each call, to quote in a support case.
    pub provider_request_ids: Vec<String>,
}

/// The status of one certificate.
#[derive(Clone, Debug, Serialize)]
pub struct StatusResult {
    /// Canonical serial number.
    pub serial_number: SerialNumber,
    /// The spelling that the provider knows; `null` when it was not found.
    pub provider_serial_number: Option<String>,
    /// Serial number of the issuing CA's certificate, where it was given.
    pub ca_serial_number: Option<SerialNumber>,
    /// Whether the provider's answer speaks of this certificate.
    pub found: bool,
    /// What the provider says; `unknown` when it was not found or could not be asked.
    pub status: LifecycleStatus,
    /// The provider's own word for it.
    pub provider_status: Option<String>,
    /// `status` combined with the dates and the clock.
    pub effective_status: EffectiveStatus,
    /// Would a connection be accepted now? Unknown is never usable.
    pub usable: Option<bool>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Last moment of validity.
    pub not_after: Option<Timestamp>,
    /// Why it could not be asked.
    pub error: Option<Error>,
}

impl StatusResult {
    fn new(reference: &CertificateReference, told: Result<Option<StatusRecord>, Error>, now: Timestamp) -> Self {
        let (record, error) = match told {
            Ok(record) => (record, None),
            Err(error) => (None, Some(error)),
        };
        let status = record.as_ref().map_or(LifecycleStatus::Unknown, |record| record.status);
        let validity =
            record.as_ref().map_or(Validity::default(), |record| Validity { not_before: record.not_before, not_after: record.not_after });
        Self {
            serial_number: reference.serial_number.clone(),
            ca_serial_number: reference.ca_serial_number.clone(),
            found: record.is_some(),
            status,
            effective_status: effective_status(status, validity, now),
            usable: usable(status, validity, now),
            revoked_at: record.as_ref().and_then(|record| record.revoked_at),
            not_after: validity.not_after,
            provider_serial_number: record.as_ref().map(|record| record.provider_serial_number.clone()),
            provider_status: record.and_then(|record| record.provider_status),
            error,
        }
    }
}

impl Answer for StatusAnswer {
    fn failures(&self) -> impl Iterator<Item = &Error> {
        self.results.iter().filter_map(|result| result.error.as_ref())
    }

    fn for_log(self) -> Self {
        self
    }
}

impl Operation for Status {
    const NAME: &'static str = "status";
    const QUERY: Option<&'static [Member]> = Some(&[
        Member { parameter: "provider", path: &["provider"], kind: MemberKind::Text },
        Member { parameter: "region", path: &["region"], kind: MemberKind::Text },
        Member { parameter: "instance_id", path: &["instance_id"], kind: MemberKind::Text },
        Member { parameter: "serial_number", path: &["certificates"], kind: MemberKind::Objects },
    ]);
    type Request = StatusRequest;
    type Answer = StatusAnswer;

    async fn perform(session: &Session<'_>, request: StatusRequest, _: AnswerBudget) -> Result<StatusAnswer, Error> {
        let target =
            Target { provider: provider(request.provider, session.config)?, region: request.region, instance_id: request.instance_id };
        let teller = status_teller(session, target)?;
        let asked = without_duplicates(&request.certificates);
        let told = teller.look_up(&asked).await;

        let results: Vec<StatusResult> =
            asked.iter().zip(told.records).map(|(reference, record)| StatusResult::new(reference, record, session.now)).collect();
        if let Some(error) = shared_error(results.iter().map(|result| result.error.as_ref())) {
            return Err(error);
        }
        let by_key: HashMap<Key<'_>, &StatusResult> = asked.iter().map(key).zip(&results).collect();
        let scope = teller.scope();
        Ok(StatusAnswer {
            operation: Self::NAME,
            provider: scope.provider,
            region: scope.region.clone(),
            instance_id: scope.instance_id.clone(),
            results: request.certificates.iter().filter_map(|reference| by_key.get(&key(reference)).copied().cloned()).collect(),
            provider_request_ids: told.request_ids,
        })
    }
}

type Key<'a> = (&'a SerialNumber, Option<&'a SerialNumber>);

fn key(reference: &CertificateReference) -> Key<'_> {
    (&reference.serial_number, reference.ca_serial_number.as_ref())
}

/// Each certificate once, at its first place.
fn without_duplicates(certificates: &[CertificateReference]) -> Vec<CertificateReference> {
    let mut seen = std::collections::HashSet::new();
    certificates.iter().filter(|reference| seen.insert(key(reference))).cloned().collect()
}

#[cfg(test)]
mod tests;
