//! Reads the status of certificates at several sources side by side.

use futures_util::future::join_all;

use super::Status;
use super::answer::{SeveralStatusAnswer, SourceStatus, SourcedResult, StatusResult};
use super::cross_check::Authority;
use super::lookup::{LookupResult, look_up};
use crate::error::Error;
use crate::model::Source;
use crate::operation::{Operation, check_distinct, shared_error};
use crate::provider::{CallContext, Scope, StatusReader, status_reader};
use crate::request::StatusRequest;

/// Answers a request that queries several sources.
///
/// # Errors
/// `invalid_request` for two equal sources, and the error that all sources share.
pub(super) async fn status(
    context: &CallContext<'_>,
    sources: &[Source],
    request: &StatusRequest,
    authority: Option<&Authority<'_>>,
) -> Result<SeveralStatusAnswer, Error> {
    let status_readers: Vec<Result<Box<dyn StatusReader + '_>, Error>> = sources
        .iter()
        .map(|source| status_reader(context, source.clone()))
        .collect();
    check_distinct(status_readers.iter().map(|status_reader| {
        status_reader
            .as_ref()
            .ok()
            .map(|status_reader| status_reader.scope().into())
    }))?;
    let reads = sources
        .iter()
        .zip(status_readers)
        .map(|(source, reader)| SourceReply::read(context, source, reader, request));
    let replies: Vec<SourceReply<'_>> = join_all(reads).await;
    if let Some(error) = shared_error(replies.iter().map(SourceReply::failure)) {
        return Err(error);
    }
    let mut results: Vec<SourcedResult> = (0..request.certificates.len())
        .flat_map(|index| results_of(&replies, index))
        .collect();
    let provider_request_ids = match authority {
        Some(authority) => {
            authority
                .check(
                    results
                        .iter_mut()
                        .map(|sourced| &mut sourced.result)
                        .collect(),
                )
                .await
        }
        None => Vec::new(),
    };
    Ok(SeveralStatusAnswer {
        operation: Status::NAME,
        sources: replies
            .into_iter()
            .map(|reply| reply.into_answer(request.certificates.len()))
            .collect(),
        results,
        provider_request_ids,
    })
}

/// The reply of one source.
struct SourceReply<'a> {
    source: &'a Source,
    lookup: Result<(Scope, LookupResult), Error>,
}

impl<'a> SourceReply<'a> {
    async fn read(
        context: &CallContext<'_>,
        source: &'a Source,
        status_reader: Result<Box<dyn StatusReader + '_>, Error>,
        request: &StatusRequest,
    ) -> Self {
        let lookup = match status_reader {
            Ok(status_reader) => Ok((
                status_reader.scope().clone(),
                look_up(
                    context,
                    status_reader.as_ref(),
                    &request.certificates,
                    request.include_clients,
                )
                .await,
            )),
            Err(error) => Err(error),
        };
        Self { source, lookup }
    }

    fn results(&self) -> &[StatusResult] {
        self.lookup
            .as_ref()
            .map_or(&[], |(_, lookup)| &lookup.results)
    }

    /// The error of the source, when it answers for none of the certificates.
    fn failure(&self) -> Option<&Error> {
        match &self.lookup {
            Ok((_, lookup)) if lookup.results.iter().all(|result| result.error.is_some()) => {
                self.first_error()
            }
            Ok(_) => None,
            Err(error) => Some(error),
        }
    }

    /// The first retryable error, otherwise the first.
    fn first_error(&self) -> Option<&Error> {
        let errors = || {
            self.results()
                .iter()
                .filter_map(|result| result.error.as_ref())
        };
        errors()
            .find(|error| error.code.retryable())
            .or_else(|| errors().next())
    }

    fn into_answer(self, requested: usize) -> SourceStatus {
        let count = |test: fn(&StatusResult) -> bool| {
            self.results().iter().filter(|result| test(result)).count()
        };
        let found = count(|result| result.found);
        let failed = if self.lookup.is_ok() {
            count(|result| result.error.is_some())
        } else {
            requested
        };
        let error = self
            .lookup
            .as_ref()
            .err()
            .or_else(|| self.first_error())
            .cloned();
        let (region, provider_request_ids) = match self.lookup {
            Ok((scope, lookup)) => (Some(scope.region), lookup.request_ids),
            Err(_) => (self.source.region.clone(), Vec::new()),
        };
        SourceStatus {
            provider: self.source.provider,
            region,
            instance_id: self.source.instance_id.clone(),
            found,
            failed,
            provider_request_ids,
            error,
        }
    }
}

/// The results for the certificate with this index: one from every source that knows it. When no
/// source knows it, the result has the error of a source that failed, which may know it.
fn results_of(replies: &[SourceReply<'_>], index: usize) -> Vec<SourcedResult> {
    let results = || {
        replies
            .iter()
            .filter_map(|reply| Some((reply, reply.results().get(index)?)))
    };
    let found: Vec<SourcedResult> = results()
        .filter(|(_, result)| result.found)
        .map(|(reply, result)| SourcedResult {
            provider: Some(reply.source.provider),
            region: reply
                .lookup
                .as_ref()
                .ok()
                .map(|(scope, _)| scope.region.clone()),
            instance_id: reply.source.instance_id.clone(),
            result: result.clone(),
        })
        .collect();
    if !found.is_empty() {
        return found;
    }
    let of_sources = replies
        .iter()
        .filter_map(|reply| reply.lookup.as_ref().err());
    let of_results = results().filter_map(|(_, result)| result.error.as_ref());
    let errors: Vec<&Error> = of_sources.chain(of_results).collect();
    let retryable = errors.iter().find(|error| error.code.retryable());
    let error = retryable.or(errors.first()).map(|error| (*error).clone());
    let Some((_, result)) = results().next() else {
        return Vec::new();
    };
    let result = StatusResult {
        error,
        ..result.clone()
    };
    vec![SourcedResult {
        provider: None,
        region: None,
        instance_id: None,
        result,
    }]
}
