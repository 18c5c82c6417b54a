//! Lists: pages of ids, each of which is then described.

use std::fmt;

use super::wire::{ListCertificates, Listed, lifecycle_status};
use super::{AwsIot, NAME, result};
use crate::error::Error;
use crate::model::{Action, Certificate, Fingerprint, LifecycleStatus};
use crate::provider::codes::not_an_answer;
use crate::provider::each::each;
use crate::provider::{Describe, Entry, ListAbilities, ListLength, ListQuery, Page, Scope, fact};
use crate::request::Order;
use crate::signing::acs3::percent_encode;
use crate::transport::{HttpResponse, LocalFuture};

/// Ids in one page: each costs a call more.
const PAGE_SIZE: usize = 100;

const ABILITIES: ListAbilities = ListAbilities {
    provider: NAME,
    filters: &["serial_numbers", "common_names", "organizational_units", "fingerprints_sha256", "ca_fingerprints_sha256"],
    orders: &[Order::CreatedDesc, Order::CreatedAsc],
    statuses: &[LifecycleStatus::Active, LifecycleStatus::Inactive, LifecycleStatus::PendingActivation, LifecycleStatus::Revoked],
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
            Some(Self { marker: fact(Some(marker.to_owned())), skipped: skipped.parse().ok()? })
        };
        read().ok_or_else(|| Error::invalid("cursor", "it is not a cursor of this provider"))
    }

    fn plus(&self, ids: usize) -> Self {
        Self { skipped: self.skipped.saturating_add(ids), ..self.clone() }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.skipped, self.marker.as_deref().unwrap_or_default())
    }
}

struct Ids {
    rows: Vec<Listed>,
    next_marker: Option<String>,
    request_id: Option<String>,
}

impl AwsIot<'_> {
    async fn ids(&self, query: &ListQuery<'_>, marker: Option<&str>, page_size: usize) -> Result<Ids, Error> {
        let (action, path) = match query.filter.ca_fingerprints_sha256.as_slice() {
            // Several would be several lists, which have no common order: then the whole list is read.
            [ca] => (Action::ListCertificatesByCa, format!("/certificates-by-ca/{ca}")),
            _ => (Action::ListCertificates, "/certificates".to_owned()),
        };
        let is_ascending = query.order == Some(Order::CreatedAsc);
        let marker = marker.map(|marker| format!("&marker={}", percent_encode(marker))).unwrap_or_default();
        let path_and_query = format!("{path}?isAscendingOrder={is_ascending}{marker}&pageSize={page_size}");
        let accept = |response: &HttpResponse| {
            let answer: ListCertificates = result(response)?;
            let rows = answer.certificates.ok_or_else(|| not_an_answer(NAME, 200, "it has no certificates"))?;
            Ok(Ids { rows, next_marker: fact(answer.next_marker), request_id: response.request_id.clone() })
        };
        Ok(self.call(action, &path_and_query, accept).await?)
    }

    async fn page_at(&self, query: &ListQuery<'_>, position: Position, wanted: usize) -> Result<Page, Error> {
        // Without a filter no more ids are needed than certificates. The size of a page that is read again does not change what stands
        // behind its marker.
        let narrows = query.filter.has_window() || query.filter.lists_in_use().any(|(list, _)| list != "statuses");
        let page_size = if narrows || !query.filter.statuses.is_empty() {
            PAGE_SIZE
        } else {
            wanted.saturating_add(position.skipped).clamp(1, PAGE_SIZE)
        };
        let ids = self.ids(query, position.marker.as_deref(), page_size).await?;
        let statuses = &query.filter.statuses;
        let may_match =
            |row: &Listed| statuses.is_empty() || row.status.as_deref().is_none_or(|word| statuses.contains(&lifecycle_status(word)));
        let places = (1..).zip(ids.rows).skip(position.skipped).filter(|(_, row)| may_match(row));
        let mut places: Vec<(usize, String)> = places.map(|(place, row)| (place, row.certificate_id)).collect();
        // Where the status is all that was asked for, each of them is wanted, and none beyond the number wanted is read.
        let left = if narrows { Vec::new() } else { places.split_off(places.len().min(wanted.max(1))) };
        let (certificates, broken_off) = self.describe(query, places).await?;
        let broken_off = broken_off.or_else(|| left.first().map(|(place, _)| place.saturating_sub(1)));
        // A marker stands behind a certificate, a number of skipped ids does not: when one of them was deleted, another moves up.
        let list_length = if position.skipped == 0 { ListLength::Irrelevant } else { ListLength::Untold };
        let begin = Position { skipped: 0, ..position };
        let next = match (broken_off, ids.next_marker) {
            (Some(place), _) => Some(begin.plus(place)),
            (None, Some(marker)) => Some(Position { marker: Some(marker), skipped: 0 }),
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

    /// Reads each certificate. When that fails in the middle, what was read until then is worth more than an error: the list goes on
    /// at the place that is told.
    async fn describe(&self, query: &ListQuery<'_>, places: Vec<(usize, String)>) -> Result<(Vec<Entry>, Option<usize>), Error> {
        let answers = each(places.iter(), async |(_, id)| {
            let id = Fingerprint::parse(id).map_err(|_| not_an_answer(NAME, 200, "a certificateId is no SHA-256 in hex"))?;
            // One that is gone by now is not listed any more.
            Ok(self.get(&id, query.include_pem).await?.map(|found| found.certificate))
        })
        .await;
        let mut entries: Vec<Entry> = Vec::new();
        for ((place, _), answer) in places.iter().zip(answers) {
            match answer {
                Ok(certificate) => entries.extend(certificate.map(|certificate| Entry { place: *place, certificate })),
                Err(error) if entries.is_empty() => return Err(error),
                Err(_) => return Ok((entries, Some(place.saturating_sub(1)))),
            }
        }
        Ok((entries, None))
    }

    /// The certificates that are asked for by their ids, all in one page.
    async fn page_of(&self, query: &ListQuery<'_>, ids: &[Fingerprint], position: &Position) -> Result<Page, Error> {
        // One that is named twice is one certificate.
        let unique = ids.iter().enumerate().filter(|(index, id)| ids.iter().position(|earlier| earlier == *id) == Some(*index));
        let described = each(unique, async |(_, id): (usize, &Fingerprint)| self.get(id, query.include_pem).await).await;
        let described: Vec<_> = described.into_iter().collect::<Result<_, _>>()?;
        let mut certificates: Vec<Certificate> = described.into_iter().flatten().map(|found| found.certificate).collect();
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

impl Describe for AwsIot<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn abilities(&self) -> &'static ListAbilities {
        &ABILITIES
    }

    fn page<'a>(&'a self, query: &'a ListQuery<'a>, position: Option<&'a str>, wanted: usize) -> LocalFuture<'a, Result<Page, Error>> {
        Box::pin(async move {
            let position = position.map_or(Ok(Position::default()), Position::parse)?;
            match query.filter.fingerprints_sha256.as_slice() {
                [] => self.page_at(query, position, wanted).await,
                ids => self.page_of(query, ids, &position).await,
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
