//! Lists: pages of ids, each of which is then described, unless the caller wants no details.

use std::collections::HashSet;
use std::fmt;

use super::wire::{ListCertificates, Listed, lifecycle_status};
use super::{AwsIot, NAME, result};
use crate::error::Error;
use crate::model::{Action, Certificate, Fingerprint, LifecycleStatus, ProviderRecord};
use crate::provider::each::each;
use crate::provider::{Entry, ListAbilities, ListLength, ListQuery, Lister, Page, Scope, fact};
use crate::request::{Filter, SortOrder};
use crate::signing::percent_encode;
use crate::transport::{HttpResponse, LocalFuture};
use crate::vendor::aws;
use crate::vendor::codes::not_an_answer;

/// Most ids in one page where each of them is described, which takes a call for each.
const PAGE_SIZE: usize = 100;
/// Most ids that the vendor returns in one page.
const LARGEST_PAGE: usize = 250;

const ABILITIES: ListAbilities = ListAbilities {
    provider: NAME,
    filters: &[
        "serial_numbers",
        "common_names",
        "organizational_units",
        "fingerprints_sha256",
        "ca_fingerprints_sha256",
    ],
    filters_by_details: &[
        "serial_numbers",
        "common_names",
        "organizational_units",
        "not_after_from",
        "not_after_to",
        "expires_within_days",
    ],
    one_value_without_details: &["ca_fingerprints_sha256"],
    orders: &[SortOrder::CreatedDesc, SortOrder::CreatedAsc],
    statuses: &[
        LifecycleStatus::Active,
        LifecycleStatus::Inactive,
        LifecycleStatus::PendingActivation,
        LifecycleStatus::Revoked,
    ],
};

/// A place in the list: so many ids into the page behind a marker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Position {
    marker: Option<String>,
    skipped: usize,
}

impl Position {
    fn parse(text: &str) -> Result<Self, Error> {
        let read = || {
            let (skipped, marker) = text.split_once('.')?;
            Some(Self {
                marker: fact(Some(marker.to_owned())),
                skipped: skipped.parse().ok()?,
            })
        };
        read().ok_or_else(|| Error::invalid("cursor", "it is not a cursor of this provider"))
    }

    fn plus(&self, ids: usize) -> Self {
        Self {
            skipped: self.skipped.saturating_add(ids),
            ..self.clone()
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}",
            self.skipped,
            self.marker.as_deref().unwrap_or_default()
        )
    }
}

struct Ids {
    rows: Vec<Listed>,
    next_marker: Option<String>,
    request_id: Option<String>,
}

impl AwsIot<'_> {
    async fn ids(
        &self,
        query: &ListQuery<'_>,
        marker: Option<&str>,
        page_size: usize,
    ) -> Result<Ids, Error> {
        let (action, path) = match only_ca(query.filter) {
            Some(ca) => (
                Action::ListCertificatesByCa,
                format!("/certificates-by-ca/{ca}"),
            ),
            None => (Action::ListCertificates, "/certificates".to_owned()),
        };
        let is_ascending = query.order == Some(SortOrder::CreatedAsc);
        let marker = marker
            .map(|marker| format!("&marker={}", percent_encode(marker)))
            .unwrap_or_default();
        let path_and_query =
            format!("{path}?isAscendingOrder={is_ascending}{marker}&pageSize={page_size}");
        let accept = |response: &HttpResponse| {
            let answer: ListCertificates = result(response)?;
            let rows = answer
                .certificates
                .ok_or_else(|| not_an_answer(NAME, 200, "it has no certificates"))?;
            Ok(Ids {
                rows,
                next_marker: fact(answer.next_marker),
                request_id: aws::request_id(response),
            })
        };
        Ok(self.call(action, &path_and_query, accept).await?)
    }

    async fn page_at(
        &self,
        query: &ListQuery<'_>,
        position: Position,
        wanted: usize,
    ) -> Result<Page, Error> {
        // The description of a certificate decides whether it is wanted. Without details there is
        // none, and the rows tell everything.
        let decided_by_descriptions = query.details
            && (query.filter.has_window()
                || query
                    .filter
                    .lists_in_use()
                    .any(|(list, _)| list != "statuses"));
        let decided_by_rows =
            !query.filter.statuses.is_empty() || !query.filter.fingerprints_sha256.is_empty();
        let most = if query.details {
            PAGE_SIZE
        } else {
            LARGEST_PAGE
        };
        // Without a filter no more ids are needed than certificates. The size of a page that is
        // read again does not change what stands behind its marker.
        let page_size = if decided_by_descriptions || decided_by_rows {
            most
        } else {
            wanted.saturating_add(position.skipped).clamp(1, most)
        };
        let mut ids = self
            .ids(query, position.marker.as_deref(), page_size)
            .await?;
        if holds_all(&ids.rows, &query.filter.fingerprints_sha256) {
            // The list has each id once, so that nothing behind this page is wanted.
            ids.next_marker = None;
        }
        let places = (1..).zip(ids.rows).skip(position.skipped);
        let mut places: Vec<(usize, Listed)> = places
            .filter(|(_, row)| may_match(row, query.filter))
            .collect();
        // Where the rows decide, each of them is wanted, and none beyond the number wanted is read.
        let left = if decided_by_descriptions {
            Vec::new()
        } else {
            places.split_off(places.len().min(wanted.max(1)))
        };
        let (certificates, broken_off) = self.certificates(query, places).await?;
        let broken_off =
            broken_off.or_else(|| left.first().map(|(place, _)| place.saturating_sub(1)));
        // A marker stands behind a certificate, a number of skipped ids does not: when one of them
        // was deleted, another moves up.
        let list_length = if position.skipped == 0 {
            ListLength::Irrelevant
        } else {
            ListLength::Untold
        };
        let begin = Position {
            skipped: 0,
            ..position
        };
        let next = match (broken_off, ids.next_marker) {
            (Some(place), _) => Some(begin.plus(place)),
            (None, Some(marker)) => Some(Position {
                marker: Some(marker),
                skipped: 0,
            }),
            (None, None) => None,
        };
        Ok(Page {
            position: begin.to_string(),
            certificates,
            next: next.map(|next| next.to_string()),
            total_count: None,
            list_length,
            request_ids: ids.request_id.into_iter().collect(),
        })
    }

    /// Describes each certificate, or takes its row alone where the caller wants no details. When
    /// that fails in the middle, the certificates until then are worth more than an error: the list
    /// goes on at the place that is told.
    async fn certificates(
        &self,
        query: &ListQuery<'_>,
        places: Vec<(usize, Listed)>,
    ) -> Result<(Vec<Entry>, Option<usize>), Error> {
        let (places, rows): (Vec<usize>, Vec<Listed>) = places.into_iter().unzip();
        let answers = if query.details {
            each(rows, async |row| {
                // One that is gone by now is not listed any more.
                Ok(self
                    .get(&id_of(&row)?, query.include_pem)
                    .await?
                    .map(|found| found.certificate))
            })
            .await
        } else {
            rows.into_iter()
                .map(|row| self.certificate_of(query, row).map(Some))
                .collect()
        };
        let mut entries: Vec<Entry> = Vec::new();
        for (place, answer) in places.into_iter().zip(answers) {
            match answer {
                Ok(certificate) => {
                    entries.extend(certificate.map(|certificate| Entry { place, certificate }))
                }
                Err(error) if entries.is_empty() => return Err(error),
                Err(_) => return Ok((entries, Some(place.saturating_sub(1)))),
            }
        }
        Ok((entries, None))
    }

    /// A row as a record. The list of one CA holds no certificate of another.
    fn certificate_of(&self, query: &ListQuery<'_>, row: Listed) -> Result<Certificate, Error> {
        let fingerprint_sha256 = Some(id_of(&row)?);
        let ca_fingerprint_sha256 = only_ca(query.filter).cloned();
        let record = ProviderRecord {
            fingerprint_sha256,
            ca_fingerprint_sha256,
            ..ProviderRecord::from(row)
        };
        Ok(record.into_certificate(self.connection.context.now, query.include_pem))
    }

    /// The certificates that are asked for by their ids, all in one page.
    async fn page_of(
        &self,
        query: &ListQuery<'_>,
        ids: &[Fingerprint],
        position: &Position,
    ) -> Result<Page, Error> {
        // One that is named twice is one certificate.
        let unique = ids
            .iter()
            .enumerate()
            .filter(|(index, id)| ids.iter().position(|earlier| earlier == *id) == Some(*index));
        let described = each(unique, async |(_, id): (usize, &Fingerprint)| {
            self.get(id, query.include_pem).await
        })
        .await;
        let described: Vec<_> = described.into_iter().collect::<Result<_, _>>()?;
        let mut certificates: Vec<Certificate> = described
            .into_iter()
            .flatten()
            .map(|found| found.certificate)
            .collect();
        certificates.sort_by(|one, other| query.order.unwrap_or_default().compare(one, other));
        Ok(Page {
            position: Position::default().to_string(),
            certificates: Entry::all(certificates).skip(position.skipped).collect(),
            next: None,
            total_count: None,
            list_length: ListLength::Irrelevant,
            request_ids: Vec::new(),
        })
    }
}

/// The CA whose list is read. Several would be several lists, which have no common order: then the
/// whole list is read.
fn only_ca(filter: &Filter) -> Option<&Fingerprint> {
    match filter.ca_fingerprints_sha256.as_slice() {
        [ca] => Some(ca),
        _ => None,
    }
}

fn id_of(row: &Listed) -> Result<Fingerprint, Error> {
    Fingerprint::parse(&row.certificate_id)
        .map_err(|_| not_an_answer(NAME, 200, "a certificateId is no SHA-256 in hex"))
}

/// Whether the certificate may be wanted, as far as its row tells.
fn may_match(row: &Listed, filter: &Filter) -> bool {
    let Filter {
        statuses,
        fingerprints_sha256: ids,
        ..
    } = filter;
    let in_status = statuses.is_empty()
        || row
            .status
            .as_deref()
            .is_none_or(|word| statuses.contains(&lifecycle_status(word)));
    in_status && (ids.is_empty() || id_of(row).map_or(true, |id| ids.contains(&id)))
}

/// Whether each id that is asked for is among these rows.
fn holds_all(rows: &[Listed], ids: &[Fingerprint]) -> bool {
    if ids.is_empty() {
        return false;
    }
    let listed: HashSet<Fingerprint> = rows.iter().filter_map(|row| id_of(row).ok()).collect();
    ids.iter().all(|id| listed.contains(id))
}

impl Lister for AwsIot<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn abilities(&self) -> &'static ListAbilities {
        &ABILITIES
    }

    fn page<'a>(
        &'a self,
        query: &'a ListQuery<'a>,
        position: Option<&'a str>,
        wanted: usize,
    ) -> LocalFuture<'a, Result<Page, Error>> {
        Box::pin(async move {
            let position = position.map_or(Ok(Position::default()), Position::parse)?;
            match query.filter.fingerprints_sha256.as_slice() {
                ids if query.details && !ids.is_empty() => {
                    self.page_of(query, ids, &position).await
                }
                _ => self.page_at(query, position, wanted).await,
            }
        })
    }

    fn position_after(&self, position: &str, places: usize) -> Result<String, Error> {
        Ok(Position::parse(position)?.plus(places).to_string())
    }

    fn positions_behind(&self, _: &str, _: u64, _: usize) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
