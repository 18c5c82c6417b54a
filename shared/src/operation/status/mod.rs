//! Tells the status of certificates, one result for each that was asked, in the order asked: by one source, or by several side by
//! side. A certificate authority can be asked about the same certificates.

mod answer;
mod cross_check;
mod several;

pub use answer::{CrossChecked, Flag, OneStatusAnswer, SeveralStatusAnswer, SourceStatus, SourcedResult, StatusAnswer, StatusResult};

use std::collections::HashMap;

use super::{AnswerBudget, Operation, contradiction, one_source, shared_error, sources};
use crate::error::Error;
use crate::provider::{LookUp, Session, Status as Teller, status_teller};
use crate::request::{CertificateReference, Member, MemberKind, StatusRequest};
use cross_check::Authority;

/// The status function.
#[derive(Debug)]
pub struct Status;

impl Operation for Status {
    const NAME: &'static str = "status";
    const QUERY: Option<&'static [Member]> = Some(&[
        Member { parameter: "provider", path: &["provider"], kind: MemberKind::Text },
        Member { parameter: "region", path: &["region"], kind: MemberKind::Text },
        Member { parameter: "instance_id", path: &["instance_id"], kind: MemberKind::Text },
        Member { parameter: "sources", path: &["sources"], kind: MemberKind::Text },
        Member { parameter: "serial_number", path: &["certificates"], kind: MemberKind::Objects },
        Member { parameter: "ca_serial_number", path: &["certificates"], kind: MemberKind::InEachObject },
        Member { parameter: "fingerprint_sha256", path: &["certificates"], kind: MemberKind::Objects },
        Member { parameter: "cross_check", path: &["cross_check", "provider"], kind: MemberKind::Text },
    ]);
    type Request = StatusRequest;
    type Answer = StatusAnswer;

    async fn perform(session: &Session<'_>, request: StatusRequest, _: AnswerBudget) -> Result<StatusAnswer, Error> {
        let authority = request.cross_check.as_ref().map(|asked| Authority::new(session, asked)).transpose()?;
        if let Some(asked) = &request.sources {
            let sources = sources(asked, session.config)?;
            let answer = several::tell(session, sources, &request.certificates, authority.as_ref()).await?;
            return Ok(StatusAnswer::Several(answer));
        }
        let source = one_source(request.provider, request.region, request.instance_id, session.config)?;
        let teller = status_teller(session, source)?;
        for (index, reference) in request.certificates.iter().enumerate() {
            teller.check(reference).map_err(|error| {
                let field = format!("certificates[{index}].{}", error.field.as_deref().unwrap_or_default());
                error.with_field(field)
            })?;
        }
        let told = tell(session, teller.as_ref(), &request.certificates).await;
        if let Some(error) = shared_error(told.results.iter().map(|result| result.error.as_ref())) {
            return Err(error);
        }
        let mut results = told.results;
        let mut request_ids = told.request_ids;
        if let Some(authority) = &authority {
            request_ids.extend(authority.check(results.iter_mut().collect()).await);
        }
        let scope = teller.scope();
        Ok(StatusAnswer::One(OneStatusAnswer {
            operation: Self::NAME,
            provider: scope.provider,
            region: scope.region.clone(),
            instance_id: scope.instance_id.clone(),
            results,
            provider_request_ids: request_ids,
        }))
    }
}

/// What one source tells.
struct Told {
    /// One for each certificate asked, in the order asked.
    results: Vec<StatusResult>,
    request_ids: Vec<String>,
}

async fn tell(session: &Session<'_>, teller: &dyn Teller, certificates: &[CertificateReference]) -> Told {
    let askable: Vec<CertificateReference> = certificates.iter().filter(|reference| teller.check(reference).is_ok()).cloned().collect();
    let asked = without_duplicates(&askable);
    let LookUp { records, request_ids } = if asked.is_empty() { LookUp::default() } else { teller.look_up(&asked).await };
    let results: HashMap<&CertificateReference, StatusResult> = asked
        .iter()
        .zip(records)
        .map(|(reference, record)| {
            let record = record.and_then(|record| match record.as_ref().and_then(|record| contradiction(reference, record)) {
                Some(error) => Err(error),
                None => Ok(record),
            });
            (reference, StatusResult::new(reference, record, session.now))
        })
        .collect();
    let result = |reference: &CertificateReference| match (results.get(reference), teller.check(reference)) {
        (Some(result), _) => result.clone(),
        (None, checked) => StatusResult::new(reference, checked.map(|()| None), session.now),
    };
    Told { results: certificates.iter().map(result).collect(), request_ids }
}

/// Each certificate once, at its first place.
fn without_duplicates(certificates: &[CertificateReference]) -> Vec<CertificateReference> {
    let mut seen = std::collections::HashSet::new();
    certificates.iter().filter(|reference| seen.insert(*reference)).cloned().collect()
}

#[cfg(test)]
mod tests;
