//! Lists: all certificates of the account. The vendor neither filters nor orders them.

use std::fmt;

use super::wire::{ClientCertificate, ClientCertificates};
use super::{API, AlibabaPca};
use crate::error::Error;
use crate::model::{Action, LifecycleStatus, ProviderRecord, RequestId};
use crate::object::Members;
use crate::provider::alibaba::Call;
use crate::provider::{
    Entry, ListCapabilities, ListLength, ListQuery, Lister, Page, Scope, invalid_position,
    next_offsets,
};
use crate::transport::{LocalFuture, Repeat};
use crate::vendor::codes::{unexpected_answer, unusable_record};
use crate::vendor::request_id;
use http::Method;

/// The size of a page. The vendor's limit is not documented: if it is lower, its answer holds the
/// size, and the list continues with pages of that size.
const PAGE_SIZE: usize = 100;

pub(in crate::provider) const CAPABILITIES: ListCapabilities = ListCapabilities {
    provider: API.provider,
    filters: &[
        "serial_numbers",
        "common_names",
        "organizational_units",
        "fingerprints_sha256",
    ],
    filters_by_details: &[],
    one_value_without_details: &[],
    orders: &[],
    statuses: &[LifecycleStatus::Good, LifecycleStatus::Revoked],
};

/// A position in the list, which is read in pages of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    page_size: usize,
    /// The number of certificates before this position.
    offset: usize,
}

impl Position {
    fn parse(text: &str) -> Result<Self, Error> {
        let read = || {
            let (page_size, offset) = text.split_once('x')?;
            Some(Self {
                page_size: page_size.parse().ok().filter(|size| *size > 0)?,
                offset: offset.parse().ok()?,
            })
        };
        read().ok_or_else(invalid_position)
    }

    fn plus(self, certificates: usize) -> Self {
        Self {
            offset: self.offset.saturating_add(certificates),
            ..self
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.page_size, self.offset)
    }
}

struct Rows {
    items: Vec<ClientCertificate>,
    /// The size of a full page.
    page_size: usize,
    total: Option<u64>,
    request_id: Option<RequestId>,
}

impl AlibabaPca<'_> {
    async fn rows(&self, page: usize, page_size: usize) -> Result<Rows, Error> {
        let is_first = page == 1;
        let (page, size) = (page.to_string(), page_size.to_string());
        let call = Call {
            action: Action::ListClientCertificate,
            method: Method::POST,
            repeat: Repeat::Always,
            parameters: &[("CurrentPage", &page), ("ShowSize", &size)],
        };
        let accept = |answer: &Members<'_>| {
            let list = ClientCertificates::read(answer)
                .map_err(|problem| unexpected_answer(API.provider, 200, problem))?;
            let count = list.rows.len();
            let stated_size = list
                .show_size
                .and_then(|size| usize::try_from(size).ok())
                .filter(|size| *size > 0);
            // A first page that is shorter than its list is a full page, whatever size it states. So
            // may be one that is longer than its list is said to be.
            let is_all = |total: u64| u64::try_from(count).is_ok_and(|count| total == count);
            let is_cut =
                is_first && count > 0 && list.total_count.is_some_and(|total| !is_all(total));
            let page_size = if is_cut {
                count
            } else {
                stated_size.unwrap_or(page_size).min(page_size).max(count)
            };
            Ok(Rows {
                items: list.rows,
                page_size,
                total: list.total_count,
                request_id: request_id(answer),
            })
        };
        Ok(API.call(&self.connection, &call, accept).await?)
    }

    async fn page_at(&self, query: &ListQuery<'_>, mut position: Position) -> Result<Page, Error> {
        let page_of = |position: Position| {
            position
                .offset
                .checked_div(position.page_size)
                .unwrap_or_default()
                .saturating_add(1)
        };
        let mut rows = self.rows(page_of(position), position.page_size).await?;
        if rows.page_size != position.page_size {
            // Pages are smaller than requested: the page with this number is another one, unless it
            // is the first.
            let is_first = page_of(position) == 1;
            position.page_size = rows.page_size;
            if !is_first || position.offset >= rows.page_size {
                rows = self.rows(page_of(position), position.page_size).await?;
            }
        }
        let skipped = position
            .offset
            .checked_rem(position.page_size)
            .unwrap_or_default();
        let end = position.plus(rows.items.len().saturating_sub(skipped));
        // A page may be shorter than requested although more pages follow. Without a total, or with
        // one below the number of certificates read, a page that is not full is the last one. The
        // first page does not show how many are in a full one, because the largest size is not
        // documented: with such a total, only an empty page can end the list after it.
        let read = u64::try_from(end.offset).unwrap_or(u64::MAX);
        let total = rows.total.filter(|total| *total >= read);
        let list_length = match (rows.total, total) {
            (None, _) => ListLength::Unknown,
            // The list is longer than stated, or has become shorter than the part that was read.
            (Some(_), None) => ListLength::Contradicted,
            (_, Some(total)) => ListLength::Known(total),
        };
        let has_more = total.map_or(rows.items.len() >= position.page_size, |total| total > read);
        if has_more && end == position {
            return Err(unexpected_answer(
                API.provider,
                200,
                "a page is empty although more certificates follow",
            ));
        }
        let now = self.connection.context.now;
        let entry = |(offset, item): (usize, ClientCertificate)| Entry {
            offset,
            error: item
                .problem()
                .map(|problem| unusable_record(API.provider, problem)),
            certificate: ProviderRecord::from(item).into_certificate(now, query.include_pem),
        };
        Ok(Page {
            position: position.to_string(),
            certificates: (1..)
                .zip(rows.items.into_iter().skip(skipped))
                .map(entry)
                .collect(),
            next: has_more.then(|| end.to_string()),
            total_count: total.filter(|_| query.filter.is_empty()),
            list_length,
            request_ids: rows.request_id.into_iter().collect(),
        })
    }
}

impl Lister for AlibabaPca<'_> {
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
        _wanted: usize,
    ) -> LocalFuture<'a, Result<Page, Error>> {
        Box::pin(async move {
            let begin = Position {
                page_size: PAGE_SIZE,
                offset: 0,
            };
            self.page_at(query, position.map_or(Ok(begin), Position::parse)?)
                .await
        })
    }

    fn position_after(&self, position: &str, offset: usize) -> Result<String, Error> {
        Ok(Position::parse(position)?.plus(offset).to_string())
    }

    fn next_positions(&self, position: &str, list_length: u64, most: usize) -> Vec<String> {
        let Ok(position) = Position::parse(position) else {
            return Vec::new();
        };
        let offsets = next_offsets(position.offset, position.page_size, list_length, most);
        offsets
            .map(|offset| Position { offset, ..position }.to_string())
            .collect()
    }
}

#[cfg(test)]
mod tests;
