//! Tells the status of certificates, one result for each that was asked, in the order asked: by one
//! source, or by several side by side. A certificate authority can be asked about the same
//! certificates.

mod answer;
mod cross_check;
mod several;

pub use answer::{
    CrossChecked, Flag, OneStatusAnswer, SeveralStatusAnswer, SourceStatus, SourcedResult,
    StatusAnswer, StatusResult,
};

use std::collections::HashMap;

use super::{
    AnswerBudget, Operation, check_each, contradiction, one_source, shared_error, sources,
};
use crate::config::Config;
use crate::error::{Error, ErrorCode};
use crate::model::Certificate;
use crate::provider::{CallContext, Lookups, StatusReader, status_reader};
use crate::request::{CertificateReference, Member, MemberKind, StatusRequest};
use cross_check::Authority;

/// The status function.
#[derive(Debug)]
pub struct Status;

impl Operation for Status {
    const NAME: &'static str = "status";
    const QUERY: Option<&'static [Member]> = Some(&[
        Member {
            parameter: "provider",
            path: &["provider"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "region",
            path: &["region"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "instance_id",
            path: &["instance_id"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "sources",
            path: &["sources"],
            kind: MemberKind::Text,
        },
        Member {
            parameter: "serial_number",
            path: &["certificates"],
            kind: MemberKind::Objects,
        },
        Member {
            parameter: "ca_serial_number",
            path: &["certificates"],
            kind: MemberKind::InEachObject,
        },
        Member {
            parameter: "fingerprint_sha256",
            path: &["certificates"],
            kind: MemberKind::Objects,
        },
        Member {
            parameter: "cross_check",
            path: &["cross_check", "provider"],
            kind: MemberKind::Text,
        },
    ]);
    type Request = StatusRequest;
    type Answer = StatusAnswer;

    async fn perform(
        context: &CallContext<'_>,
        request: StatusRequest,
        _: AnswerBudget,
    ) -> Result<StatusAnswer, Error> {
        if let Some(asked) = &request.sources {
            let authority = request
                .cross_check
                .as_ref()
                .map(|asked| Authority::new(context, asked))
                .transpose()?;
            let sources = sources(asked, context.config)?;
            let answer =
                several::tell(context, sources, &request.certificates, authority.as_ref()).await?;
            return Ok(StatusAnswer::Several(answer));
        }
        let mut answers = of_one_source(context, vec![request]).await?.into_iter();
        // One request, one answer.
        answers.next().unwrap_or_else(|| {
            Err(Error::new(
                ErrorCode::Internal,
                "a defect here: a request has no answer",
            ))
        })
    }

    /// Requests to the same source are one question to it.
    fn groups(requests: &[&StatusRequest], config: &Config) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut first_of: Vec<&StatusRequest> = Vec::new();
        for (index, request) in requests.iter().enumerate() {
            let same = first_of
                .iter()
                .position(|first| first.queries_the_same_as(request, config.default_provider));
            match same.and_then(|group| groups.get_mut(group)) {
                Some(group) => group.push(index),
                None => {
                    first_of.push(request);
                    groups.push(vec![index]);
                }
            }
        }
        groups
    }

    async fn perform_group(
        context: &CallContext<'_>,
        requests: Vec<StatusRequest>,
        budget: AnswerBudget,
    ) -> Vec<Result<StatusAnswer, Error>> {
        // One alone may have several sources.
        let requests = match <[StatusRequest; 1]>::try_from(requests) {
            Ok([request]) => return vec![Self::perform(context, request, budget).await],
            Err(requests) => requests,
        };
        let count = requests.len();
        of_one_source(context, requests)
            .await
            .unwrap_or_else(|error| (0..count).map(|_| Err(error.clone())).collect())
    }
}

/// One answer for each request, all to the same source, which is asked for each certificate once.
///
/// # Errors
/// What concerns all of them.
async fn of_one_source(
    context: &CallContext<'_>,
    requests: Vec<StatusRequest>,
) -> Result<Vec<Result<StatusAnswer, Error>>, Error> {
    let Some(first) = requests.first() else {
        return Ok(Vec::new());
    };
    let authority = first
        .cross_check
        .as_ref()
        .map(|asked| Authority::new(context, asked))
        .transpose()?;
    let source = one_source(
        first.provider,
        first.region.clone(),
        first.instance_id.clone(),
        context.config,
    )?;
    let status_reader = status_reader(context, source)?;
    let check = |certificates| {
        check_each(certificates, |reference| status_reader.check(reference)).map(|()| certificates)
    };
    let checked: Vec<Result<&[CertificateReference], Error>> = requests
        .iter()
        .map(|request| check(request.certificates.as_slice()))
        .collect();
    let certificates: Vec<CertificateReference> = checked
        .iter()
        .flatten()
        .flat_map(|certificates| certificates.iter().cloned())
        .collect();
    let Told {
        results,
        request_ids,
    } = tell(context, status_reader.as_ref(), &certificates).await;
    let mut results = results.into_iter();
    let mut told: Vec<Result<Vec<StatusResult>, Error>> = Vec::new();
    for certificates in checked {
        told.push(certificates.and_then(|certificates| {
            let results: Vec<StatusResult> = results.by_ref().take(certificates.len()).collect();
            shared_error(results.iter().map(|result| result.error.as_ref()))
                .map_or(Ok(results), Err)
        }));
    }
    let checks = match &authority {
        Some(authority) => {
            authority
                .check(told.iter_mut().flatten().flatten().collect())
                .await
        }
        None => Vec::new(),
    };
    let provider_request_ids = [request_ids, checks].concat();
    let scope = status_reader.scope();
    let answer = |results| {
        StatusAnswer::One(OneStatusAnswer {
            operation: Status::NAME,
            provider: scope.provider,
            region: scope.region.clone(),
            instance_id: scope.instance_id.clone(),
            results,
            provider_request_ids: provider_request_ids.clone(),
        })
    };
    Ok(told
        .into_iter()
        .map(|results| results.map(answer))
        .collect())
}

/// What one source tells.
struct Told {
    /// One for each certificate asked, in the order asked.
    results: Vec<StatusResult>,
    request_ids: Vec<String>,
}

async fn tell(
    context: &CallContext<'_>,
    status_reader: &dyn StatusReader,
    certificates: &[CertificateReference],
) -> Told {
    let askable: Vec<CertificateReference> = certificates
        .iter()
        .filter(|reference| status_reader.check(reference).is_ok())
        .cloned()
        .collect();
    let (asked, which) = without_duplicates(&askable);
    let Lookups {
        records,
        request_ids,
    } = if asked.is_empty() {
        Lookups::default()
    } else {
        status_reader.look_up(&asked).await
    };
    let told: Vec<Result<Option<Certificate>, Error>> = asked
        .iter()
        .zip(records)
        .map(|(reference, record)| {
            record.and_then(|record| {
                match record
                    .as_ref()
                    .and_then(|record| contradiction(reference, record))
                {
                    Some(error) => Err(error),
                    None => Ok(record),
                }
            })
        })
        .collect();
    let mut which = which.into_iter();
    let mut result = |reference: &CertificateReference| {
        let record = status_reader.check(reference).and_then(|()| {
            match which.next().and_then(|place| told.get(place)) {
                Some(record) => record.clone(),
                None => Ok(None),
            }
        });
        StatusResult::new(reference, record, context.now)
    };
    Told {
        results: certificates.iter().map(&mut result).collect(),
        request_ids,
    }
}

/// Each certificate once, in the order of their first places, and for each place which of them it
/// is.
fn without_duplicates(
    certificates: &[CertificateReference],
) -> (Vec<CertificateReference>, Vec<usize>) {
    let mut unique: Vec<CertificateReference> = Vec::new();
    // Those of one name differ in their spelling at most.
    let mut of_name: HashMap<_, Vec<usize>> = HashMap::new();
    let mut which = Vec::with_capacity(certificates.len());
    for reference in certificates {
        let CertificateReference {
            serial_number,
            ca_serial_number,
            fingerprint_sha256,
        } = reference;
        let namesakes = of_name
            .entry((serial_number, ca_serial_number, fingerprint_sha256))
            .or_default();
        let covers = |place: &&usize| {
            unique
                .get(**place)
                .is_some_and(|earlier| earlier.covers(reference))
        };
        let place = namesakes
            .iter()
            .find(covers)
            .copied()
            .unwrap_or(unique.len());
        if place == unique.len() {
            namesakes.push(place);
            unique.push(reference.clone());
        }
        which.push(place);
    }
    (unique, which)
}

#[cfg(test)]
mod tests;
