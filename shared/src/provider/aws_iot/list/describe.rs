//! Describes the certificates of a page.

use super::super::wire::Listed;
use super::super::{AwsIot, NAME, Needs};
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{Fingerprint, ProviderRecord};
use crate::provider::each::each;
use crate::provider::{Entry, ListLength, ListQuery, Page};
use crate::vendor::codes::unusable_record;

use super::Position;

impl AwsIot<'_> {
    /// Describes each certificate, or uses its row alone where the caller wants no details. After
    /// an error, returns the certificates before it, and the offset at which the list continues.
    pub(super) async fn certificates(
        &self,
        query: &ListQuery<'_>,
        rows: Vec<(usize, Listed)>,
    ) -> Result<(Vec<Entry>, Option<usize>), Error> {
        let offsets: Vec<usize> = rows.iter().map(|(offset, _)| *offset).collect();
        let answers = each(rows, async |(offset, row)| {
            self.entry(query, offset, row).await
        })
        .await;
        let answers = settled(answers);
        let mut entries: Vec<Entry> = Vec::new();
        for (offset, answer) in offsets.into_iter().zip(answers) {
            match answer {
                Ok(entry) => entries.extend(entry),
                Err(error) if entries.is_empty() => return Err(error),
                Err(_) => return Ok((entries, Some(offset.saturating_sub(1)))),
            }
        }
        Ok((entries, None))
    }

    /// The certificate of a row. A certificate that is gone by now is left out. One that cannot be
    /// described, for a reason of its own, is shown as far as its row goes.
    async fn entry(
        &self,
        query: &ListQuery<'_>,
        offset: usize,
        row: Listed,
    ) -> Result<Option<Entry>, Error> {
        let error = match &row.id {
            Err(problem) => Some(unusable_record(NAME, problem)),
            Ok(_) if !query.details => None,
            Ok(id) => match self.get(id, Needs::Nothing, query.include_pem).await {
                Ok(found) => {
                    return Ok(found.map(|found| Entry {
                        offset,
                        certificate: found.certificate,
                        error: None,
                    }));
                }
                Err(error) if may_concern_one(&error) => Some(error),
                Err(error) => return Err(error),
            },
        };
        let record = ProviderRecord {
            fingerprint_sha256: row.id.ok(),
            ..row.record
        };
        let now = self.connection.context.now;
        Ok(Some(Entry {
            offset,
            certificate: record.into_certificate(now, query.include_pem),
            error,
        }))
    }

    /// The certificates of a filter by ids, all in one page.
    pub(super) async fn page_of(
        &self,
        query: &ListQuery<'_>,
        ids: &[Fingerprint],
        position: &Position,
    ) -> Result<Page, Error> {
        // The filter may name an id twice.
        let unique = ids
            .iter()
            .enumerate()
            .filter(|(index, id)| ids.iter().position(|earlier| earlier == *id) == Some(*index));
        let described = each(unique, async |(_, id): (usize, &Fingerprint)| {
            let row = Listed {
                id: Ok(id.clone()),
                record: ProviderRecord::default(),
            };
            self.entry(query, 0, row).await
        })
        .await;
        let mut entries: Vec<Entry> = settled(described)
            .into_iter()
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()?;
        let order = query.order.unwrap_or_default();
        entries.sort_by(|one, other| order.compare(&one.certificate, &other.certificate));
        let numbered = (1..)
            .zip(entries)
            .map(|(offset, entry)| Entry { offset, ..entry });
        Ok(Page {
            position: Position::default().to_string(),
            certificates: numbered.skip(position.skipped).collect(),
            next: None,
            total_count: None,
            list_length: ListLength::Irrelevant,
            request_ids: Vec::new(),
        })
    }
}

/// Whether an error may concern one certificate: the same call for another one may succeed.
fn may_concern_one(error: &Error) -> bool {
    error.code == ErrorCode::ProviderInvalidResponse
        || is_the_services(error)
        || matches!(
            error.concerns,
            Concerns::Parameters | Concerns::CertificateState
        )
}

/// Whether AWS has answered that it failed itself, which it may do for one certificate for ever.
fn is_the_services(error: &Error) -> bool {
    error.code == ErrorCode::ProviderUnavailable && error.provider_error.is_some()
}

/// Decides about the failures of the service itself: they concern their certificates where another
/// certificate was described, and all of them where none was.
fn settled(answers: Vec<Result<Option<Entry>, Error>>) -> Vec<Result<Option<Entry>, Error>> {
    let is_described = |answer: &Result<Option<Entry>, Error>| matches!(answer, Ok(Some(entry)) if entry.error.is_none());
    if answers.iter().any(is_described) {
        return answers;
    }
    let settle = |answer: Result<Option<Entry>, Error>| match answer? {
        Some(Entry {
            error: Some(error), ..
        }) if is_the_services(&error) => Err(error),
        entry => Ok(entry),
    };
    answers.into_iter().map(settle).collect()
}
