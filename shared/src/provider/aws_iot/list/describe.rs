//! Describes the certificates of a page.

use super::super::wire::Listed;
use super::super::{AwsIot, NAME, Needs};
use super::Position;
use crate::error::Error;
use crate::model::{Fingerprint, ProviderRecord};
use crate::provider::details::{may_concern_one_certificate, settled};
use crate::provider::each::each;
use crate::provider::{Entry, ListLength, ListQuery, Page};
use crate::vendor::codes::unusable_record;

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
        let mut entries: Vec<Entry> = Vec::new();
        for (offset, answer) in offsets.into_iter().zip(settled(answers)) {
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
                Err(error) if may_concern_one_certificate(&error) => Some(error),
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
