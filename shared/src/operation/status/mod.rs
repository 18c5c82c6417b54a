//! Reads the status of certificates at one source, or at several side by side. The statuses can be
//! compared with those of a certificate authority.

mod answer;
mod cross_check;
mod fit;
mod lookup;
mod several;

pub use answer::{
    CrossChecked, Flag, OneStatusAnswer, SeveralStatusAnswer, SourceStatus, SourcedResult,
    StatusAnswer, StatusResult,
};

use super::{AnswerBudget, Operation, check_each, one_source, requested_sources, shared_error};
use crate::config::Config;
use crate::error::{Error, ErrorCode};
use crate::provider::{CallContext, status_reader};
use crate::request::ParameterKind::{Boolean, InEachObject, Objects, Text};
use crate::request::{CertificateReference, QueryParameter, StatusRequest};
use cross_check::Authority;
use fit::fit;
use lookup::{LookupResult, look_up};

/// The status function.
#[derive(Debug)]
pub struct Status;

impl Operation for Status {
    const NAME: &'static str = "status";
    const READS_ONLY: bool = true;
    const QUERY: Option<&'static [QueryParameter]> = Some(&[
        QueryParameter::new("provider", &["provider"], Text),
        QueryParameter::new("region", &["region"], Text),
        QueryParameter::new("instance_id", &["instance_id"], Text),
        QueryParameter::new("sources", &["sources"], Text),
        QueryParameter::new("serial_number", &["certificates"], Objects),
        QueryParameter::new("ca_serial_number", &["certificates"], InEachObject),
        QueryParameter::new("provider_serial_number", &["certificates"], Objects),
        QueryParameter::new("provider_ca_serial_number", &["certificates"], InEachObject),
        QueryParameter::new("fingerprint_sha256", &["certificates"], Objects),
        QueryParameter::new("include_clients", &["include_clients"], Boolean),
        QueryParameter::new("cross_check", &["cross_check", "provider"], Text),
    ]);
    type Request = StatusRequest;
    type Answer = StatusAnswer;

    async fn perform(
        context: &CallContext<'_>,
        request: StatusRequest,
        budget: AnswerBudget,
    ) -> Result<StatusAnswer, Error> {
        if let Some(sources) = &request.sources {
            let authority = authority(context, &request)?;
            let sources = requested_sources(sources, context.config)?;
            let answer = several::status(context, sources, &request, authority.as_ref()).await?;
            return fit(StatusAnswer::Several(answer), budget);
        }
        let mut answers = of_one_source(context, vec![request]).await?.into_iter();
        let answer = answers.next().unwrap_or_else(|| {
            Err(Error::new(
                ErrorCode::Internal,
                "a bug in this function: a request has no answer",
            ))
        });
        fit(answer?, budget)
    }

    /// Requests to the same source are answered by the same calls.
    fn groups(requests: &[&StatusRequest], config: &Config) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut first_of: Vec<&StatusRequest> = Vec::new();
        for (index, request) in requests.iter().enumerate() {
            let group = first_of
                .iter()
                .position(|first| first.queries_the_same_as(request, config.default_provider));
            match group.and_then(|group| groups.get_mut(group)) {
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
        // Only a request that is alone in its group may have several sources.
        let requests = match <[StatusRequest; 1]>::try_from(requests) {
            Ok([request]) => return vec![Self::perform(context, request, budget).await],
            Err(requests) => requests,
        };
        let count = requests.len();
        of_one_source(context, requests)
            .await
            .unwrap_or_else(|error| (0..count).map(|_| Err(error.clone())).collect())
            .into_iter()
            .map(|answer| fit(answer?, budget))
            .collect()
    }
}

/// The certificate authority of the request's cross check.
fn authority<'a>(
    context: &'a CallContext<'a>,
    request: &StatusRequest,
) -> Result<Option<Authority<'a>>, Error> {
    request
        .cross_check
        .as_ref()
        .map(|cross_check| Authority::new(context, cross_check))
        .transpose()
}

/// Answers several requests to the same source, which looks each certificate up once.
///
/// # Errors
/// An error that concerns all requests.
async fn of_one_source(
    context: &CallContext<'_>,
    requests: Vec<StatusRequest>,
) -> Result<Vec<Result<StatusAnswer, Error>>, Error> {
    let Some(first) = requests.first() else {
        return Ok(Vec::new());
    };
    let authority = authority(context, first)?;
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
    let LookupResult {
        results,
        request_ids,
    } = look_up(
        context,
        status_reader.as_ref(),
        &certificates,
        first.include_clients,
    )
    .await;
    let mut results = results.into_iter();
    let mut of_requests: Vec<Result<Vec<StatusResult>, Error>> = Vec::new();
    for certificates in checked {
        of_requests.push(certificates.and_then(|certificates| {
            let results: Vec<StatusResult> = results.by_ref().take(certificates.len()).collect();
            shared_error(results.iter().map(|result| result.error.as_ref()))
                .map_or(Ok(results), Err)
        }));
    }
    let authority_request_ids = match &authority {
        Some(authority) => {
            authority
                .check(of_requests.iter_mut().flatten().flatten().collect())
                .await
        }
        None => Vec::new(),
    };
    let provider_request_ids = [request_ids, authority_request_ids].concat();
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
    Ok(of_requests
        .into_iter()
        .map(|results| results.map(answer))
        .collect())
}

#[cfg(test)]
mod tests;
