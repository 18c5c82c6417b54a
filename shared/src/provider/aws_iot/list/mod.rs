//! Lists: pages of ids, or the ids of a filter. Each id is then described, unless the caller wants no
//! details.

mod describe;

use std::collections::HashSet;
use std::fmt;

use super::wire::{ListCertificates, ListedCertificate};
use super::{AwsIot, NAME, read};
use crate::error::Error;
use crate::model::{Action, ClientIds, Fact, Fingerprint, LifecycleStatus, RequestId};
use crate::provider::{
    ListCapabilities, ListLength, ListQuery, Lister, Page, Scope, invalid_position, non_empty,
};
use crate::request::{Filter, SortOrder};
use crate::signing::percent_encode;
use crate::transport::{HttpResponse, LocalFuture};
use crate::vendor::aws;

/// Most ids in one page where each is described by a call of its own.
const PAGE_SIZE: usize = 100;
/// The vendor's largest page.
const LARGEST_PAGE: usize = 250;

pub(in crate::provider) const CAPABILITIES: ListCapabilities = ListCapabilities {
    provider: NAME,
    filters: &[
        "client_ids",
        "serial_numbers",
        "common_names",
        "organizational_units",
        "fingerprints_sha256",
        "ca_fingerprints_sha256",
    ],
    filters_by_details: &[
        "client_ids",
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

/// A position in the list: a number of ids into the page after a marker.
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
                marker: non_empty(Some(marker.to_owned())),
                skipped: skipped.parse().ok()?,
            })
        };
        read().ok_or_else(invalid_position)
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
    rows: Vec<ListedCertificate>,
    next_marker: Option<String>,
    request_id: Option<RequestId>,
}

impl AwsIot<'_> {
    async fn ids(
        &self,
        query: &ListQuery<'_>,
        marker: Option<&str>,
        page_size: usize,
    ) -> Result<Ids, Error> {
        let ca = only_ca(query.filter);
        let (action, path) = match ca {
            Some(ca) => (
                Action::ListCertificatesByCA,
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
            let ListCertificates {
                mut certificates,
                next_marker,
            } = read(response, ListCertificates::read)?;
            // The list of one CA holds no certificate of another.
            for row in &mut certificates {
                row.record.ca_fingerprint_sha256 = ca.cloned().map_or(Fact::Unknown, Fact::Known);
            }
            Ok(Ids {
                rows: certificates,
                next_marker,
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
        let mut ids = self
            .ids(
                query,
                position.marker.as_deref(),
                page_size(query, &position, wanted),
            )
            .await?;
        if holds_all(&ids.rows, &query.filter.fingerprints_sha256) {
            // The list has each id once, so that no later page has one that is wanted.
            ids.next_marker = None;
        }
        let mut rows: Vec<(usize, ListedCertificate)> = (1..)
            .zip(ids.rows)
            .skip(position.skipped)
            .filter(|(_, row)| may_match(row, query.filter))
            .collect();
        // Where the rows decide, each row that is left is wanted, and no more than the wanted
        // number is read.
        let left = if needs_descriptions(query) {
            Vec::new()
        } else {
            rows.split_off(rows.len().min(wanted.max(1)))
        };
        let (certificates, end) = self.certificates(query, rows).await?;
        let end = end.or_else(|| left.first().map(|(offset, _)| offset.saturating_sub(1)));
        // A marker is after a certificate. A number of skipped ids is not: when one of them is
        // deleted, the next one moves up.
        let list_length = if position.skipped == 0 {
            ListLength::Irrelevant
        } else {
            ListLength::Unknown
        };
        let begin = Position {
            skipped: 0,
            ..position
        };
        let next = match (end, ids.next_marker) {
            (Some(offset), _) => Some(begin.plus(offset)),
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
}

/// Whether only the description of a certificate shows whether it matches. Without details there
/// are no descriptions, and the rows decide.
fn needs_descriptions(query: &ListQuery<'_>) -> bool {
    query.details
        && (query.filter.has_window()
            || query
                .filter
                .lists_in_use()
                .any(|(list, _)| list != "statuses"))
}

/// The size of the vendor's page. Without a filter no more ids are needed than certificates. A page
/// that is read again with another size still begins after the same marker.
fn page_size(query: &ListQuery<'_>, position: &Position, wanted: usize) -> usize {
    let most = if query.details {
        PAGE_SIZE
    } else {
        LARGEST_PAGE
    };
    let has_filter = needs_descriptions(query)
        || !query.filter.statuses.is_empty()
        || !query.filter.fingerprints_sha256.is_empty();
    if has_filter {
        most
    } else {
        wanted.saturating_add(position.skipped).clamp(1, most)
    }
}

/// The CA whose list is read. Several CAs have several lists without a common order: then the list
/// of all certificates is read.
fn only_ca(filter: &Filter) -> Option<&Fingerprint> {
    match filter.ca_fingerprints_sha256.as_slice() {
        [ca] => Some(ca),
        _ => None,
    }
}

/// Whether the certificate may match the filter, as far as its row shows.
fn may_match(row: &ListedCertificate, filter: &Filter) -> bool {
    let Filter {
        statuses,
        fingerprints_sha256: ids,
        ..
    } = filter;
    let in_status = statuses.is_empty()
        || row.record.provider_status.is_none()
        || statuses.contains(&row.record.status);
    in_status && (ids.is_empty() || row.id.as_ref().map_or(true, |id| ids.contains(id)))
}

/// Whether each id of the filter is among these rows.
fn holds_all(rows: &[ListedCertificate], ids: &[Fingerprint]) -> bool {
    if ids.is_empty() {
        return false;
    }
    let listed: HashSet<&Fingerprint> =
        rows.iter().filter_map(|row| row.id.as_ref().ok()).collect();
    ids.iter().all(|id| listed.contains(id))
}

impl Lister for AwsIot<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn capabilities(&self) -> &'static ListCapabilities {
        &CAPABILITIES
    }

    fn page<'a>(
        &'a self,
        query: &'a ListQuery<'a>,
        position: Option<&'a str>,
        wanted: usize,
    ) -> LocalFuture<'a, Result<Page, Error>> {
        Box::pin(async move {
            let position = position.map_or(Ok(Position::default()), Position::parse)?;
            let Filter {
                client_ids,
                fingerprints_sha256: ids,
                ..
            } = query.filter;
            if !client_ids.is_empty() {
                self.page_of_things(query, &position).await
            } else if query.details && !ids.is_empty() {
                let rows = ids.iter().map(|id| (id.clone(), ClientIds::Unknown));
                self.page_of(query, rows.collect(), &position).await
            } else {
                self.page_at(query, position, wanted).await
            }
        })
    }

    fn position_after(&self, position: &str, offset: usize) -> Result<String, Error> {
        Ok(Position::parse(position)?.plus(offset).to_string())
    }

    fn next_positions(&self, _: &str, _: u64, _: usize) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
