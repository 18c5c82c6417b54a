//! Several sources side by side.

use futures_util::future::join_all;

use super::answer::{SeveralStatusAnswer, SourceStatus, SourcedResult, StatusResult};
use super::cross_check::Authority;
use super::{Status, Told, tell as tell_one};
use crate::error::Error;
use crate::model::Source;
use crate::operation::{Operation, none_twice, shared_error};
use crate::provider::{CallContext, Scope, StatusReader, status_reader};
use crate::request::CertificateReference;

pub(super) async fn tell(
    context: &CallContext<'_>,
    sources: &[Source],
    certificates: &[CertificateReference],
    authority: Option<&Authority<'_>>,
) -> Result<SeveralStatusAnswer, Error> {
    let status_readers: Vec<Result<Box<dyn StatusReader + '_>, Error>> = sources
        .iter()
        .map(|source| status_reader(context, source.clone()))
        .collect();
    none_twice(status_readers.iter().map(|status_reader| {
        status_reader
            .as_ref()
            .ok()
            .map(|status_reader| status_reader.scope().into())
    }))?;
    let asked = sources.iter().zip(status_readers);
    let told: Vec<Word<'_>> = join_all(
        asked.map(|(source, status_reader)| Word::of(context, source, status_reader, certificates)),
    )
    .await;
    if let Some(error) = shared_error(told.iter().map(Word::failure)) {
        return Err(error);
    }
    let merged = (0..certificates.len()).flat_map(|index| merged(&told, index));
    let mut results: Vec<SourcedResult> = merged.collect();
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
        sources: told
            .into_iter()
            .map(|word| word.into_answer(certificates.len()))
            .collect(),
        results,
        provider_request_ids,
    })
}

/// What one source says.
struct Word<'a> {
    source: &'a Source,
    told: Result<(Scope, Told), Error>,
}

impl<'a> Word<'a> {
    async fn of(
        context: &CallContext<'_>,
        source: &'a Source,
        status_reader: Result<Box<dyn StatusReader + '_>, Error>,
        certificates: &[CertificateReference],
    ) -> Self {
        let told = match status_reader {
            Ok(status_reader) => Ok((
                status_reader.scope().clone(),
                tell_one(context, status_reader.as_ref(), certificates).await,
            )),
            Err(error) => Err(error),
        };
        Self { source, told }
    }

    fn results(&self) -> &[StatusResult] {
        self.told.as_ref().map_or(&[], |(_, told)| &told.results)
    }

    /// Why nothing could be learnt here.
    fn failure(&self) -> Option<&Error> {
        match &self.told {
            Ok((_, told)) if told.results.iter().all(|result| result.error.is_some()) => {
                self.first_error()
            }
            Ok(_) => None,
            Err(error) => Some(error),
        }
    }

    /// The first that may pass, or else the first.
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

    fn into_answer(self, asked: usize) -> SourceStatus {
        let count = |test: fn(&StatusResult) -> bool| {
            self.results().iter().filter(|result| test(result)).count()
        };
        let found = count(|result| result.found);
        let failed = if self.told.is_ok() {
            count(|result| result.error.is_some())
        } else {
            asked
        };
        let error = self
            .told
            .as_ref()
            .err()
            .or_else(|| self.first_error())
            .cloned();
        let (region, provider_request_ids) = match self.told {
            Ok((scope, told)) => (Some(scope.region), told.request_ids),
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

/// What is known of the certificate with this index: by every source that knows it. Where none
/// does, one that failed keeps it from being called not found.
fn merged(words: &[Word<'_>], index: usize) -> Vec<SourcedResult> {
    let results = || {
        words
            .iter()
            .filter_map(|word| Some((word, word.results().get(index)?)))
    };
    let found: Vec<SourcedResult> = results()
        .filter(|(_, result)| result.found)
        .map(|(word, result)| SourcedResult {
            provider: Some(word.source.provider),
            region: word
                .told
                .as_ref()
                .ok()
                .map(|(scope, _)| scope.region.clone()),
            instance_id: word.source.instance_id.clone(),
            result: result.clone(),
        })
        .collect();
    if !found.is_empty() {
        return found;
    }
    let of_sources = words.iter().filter_map(|word| word.told.as_ref().err());
    let of_results = results().filter_map(|(_, result)| result.error.as_ref());
    let errors: Vec<&Error> = of_sources.chain(of_results).collect();
    let passing = errors.iter().find(|error| error.code.retryable());
    let error = passing.or(errors.first()).map(|error| (*error).clone());
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
