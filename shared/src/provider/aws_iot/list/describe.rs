//! Describes the certificates of a page.

use super::super::wire::ListedCertificate;
use super::super::{AwsIot, NAME, Purpose};
use super::Position;
use crate::error::Error;
use crate::model::{Certificate, ClientIds, Fingerprint, ProviderRecord};
use crate::provider::details::{may_concern_one_certificate, settle_service_failures};
use crate::provider::each::each;
use crate::provider::{Entry, ListLength, ListQuery, Page};
use crate::request::{Filter, Verdict};
use crate::vendor::codes::unusable_record;

impl AwsIot<'_> {
    /// Describes each certificate, or uses its row alone where the caller wants no details. After
    /// an error, returns the certificates before it, and the offset at which the list continues.
    pub(super) async fn certificates(
        &self,
        query: &ListQuery<'_>,
        rows: Vec<(usize, ListedCertificate)>,
    ) -> Result<(Vec<Entry>, Option<usize>), Error> {
        let offsets: Vec<usize> = rows.iter().map(|(offset, _)| *offset).collect();
        let answers = each(rows, async |(offset, row)| {
            self.entry(query, offset, row).await
        })
        .await;
        let mut entries: Vec<Entry> = Vec::new();
        for (offset, answer) in offsets.into_iter().zip(settle_service_failures(answers)) {
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
        row: ListedCertificate,
    ) -> Result<Option<Entry>, Error> {
        let error = match &row.id {
            Err(problem) => Some(unusable_record(NAME, problem)),
            Ok(_) if !query.details => None,
            Ok(id) => match self.get(id, Purpose::Show, query.include_pem).await {
                Ok(None) => return Ok(None),
                Ok(Some(found)) => {
                    let certificate = Certificate {
                        client_ids: row.record.client_ids,
                        ..found.certificate
                    };
                    return self.described(query, offset, certificate).await.map(Some);
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

    /// A certificate that was described, with its things where they are wanted. The things of one
    /// that the filter excludes are not.
    async fn described(
        &self,
        query: &ListQuery<'_>,
        offset: usize,
        mut certificate: Certificate,
    ) -> Result<Entry, Error> {
        let now = self.connection.context.now;
        let mut error = None;
        if query.include_clients && query.filter.judge(&certificate, now) != Verdict::Excluded {
            match self.things_of(&certificate).await {
                Ok(things) => certificate.client_ids = ClientIds::All(things),
                Err(failed) if may_concern_one_certificate(&failed) => error = Some(failed),
                Err(failed) => return Err(failed),
            }
        }
        Ok(Entry {
            offset,
            certificate,
            error,
        })
    }

    /// The certificates of a filter by client ids, all in one page: those of the things of these
    /// names.
    pub(super) async fn page_of_things(
        &self,
        query: &ListQuery<'_>,
        position: &Position,
    ) -> Result<Page, Error> {
        let Filter {
            client_ids,
            fingerprints_sha256: wanted,
            ..
        } = query.filter;
        let mut things_of = self.certificates_of(client_ids).await?;
        // Devices may have been attached or detached since the page before.
        let length = u64::try_from(things_of.len()).unwrap_or(u64::MAX);
        things_of.retain(|id, _| wanted.is_empty() || wanted.contains(id));
        let rows = things_of
            .into_iter()
            .map(|(id, things)| (id, ClientIds::AtLeast(things)));
        Ok(Page {
            list_length: ListLength::Known(length),
            ..self.page_of(query, rows.collect(), position).await?
        })
    }

    /// The certificates with these ids and client ids, all in one page.
    pub(super) async fn page_of(
        &self,
        query: &ListQuery<'_>,
        rows: Vec<(Fingerprint, ClientIds)>,
        position: &Position,
    ) -> Result<Page, Error> {
        // The filter may name an id twice.
        let unique = rows.iter().enumerate().filter(|(index, (id, _))| {
            rows.iter().position(|(earlier, _)| earlier == id) == Some(*index)
        });
        let described = each(
            unique,
            async |(_, (id, client_ids)): (usize, &(Fingerprint, ClientIds))| {
                let row = ListedCertificate {
                    id: Ok(id.clone()),
                    record: ProviderRecord {
                        client_ids: client_ids.clone(),
                        ..ProviderRecord::default()
                    },
                };
                self.entry(query, 0, row).await
            },
        )
        .await;
        let mut entries: Vec<Entry> = settle_service_failures(described)
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
