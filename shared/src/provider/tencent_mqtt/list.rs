//! Lists: the vendor narrows and orders them.

use std::fmt::{self, Write as _};

use super::filter::{narrowing, order_by};
use super::wire::{DescribeDeviceCertificates, Filter, STATUS_WORDS};
use super::{NAME, TencentMqtt};
use crate::error::Error;
use crate::model::{LifecycleStatus, ProviderRecord};
use crate::provider::codes::not_an_answer;
use crate::provider::{Describe, Entry, ListAbilities, ListLength, ListQuery, Page, Scope, fact};
use crate::request::Order;
use crate::transport::LocalFuture;

/// Most certificates that one call returns.
pub(super) const LARGEST_PAGE: u64 = 100;

const ABILITIES: ListAbilities = ListAbilities {
    provider: NAME,
    filters: &["client_ids", "serial_numbers", "ca_serial_numbers", "common_names", "organizational_units", "fingerprints_sha256"],
    orders: &Order::ALL,
    statuses: &[LifecycleStatus::Active, LifecycleStatus::Inactive, LifecycleStatus::PendingActivation, LifecycleStatus::Revoked],
};

impl TencentMqtt<'_> {
    async fn list_page(&self, query: &ListQuery<'_>, position: Position, wanted: usize) -> Result<Page, Error> {
        let narrowing = narrowing(query.filter, position.several_values);
        let Position { offset, .. } = position;
        let wanted = u64::try_from(wanted).unwrap_or(LARGEST_PAGE);
        let request = DescribeDeviceCertificates {
            instance_id: self.instance(),
            filters: &narrowing.filters,
            limit: if narrowing.complete { wanted.clamp(1, LARGEST_PAGE) } else { LARGEST_PAGE },
            offset,
            order_by: order_by(query.order.unwrap_or_default()),
        };
        let now = self.connection.session.now;
        self.list(&request, |response| {
            let (total, items) = match (response.total_count, response.data) {
                (Some(total), Some(items)) => (total, items),
                (Some(0), None) => (0, Vec::new()),
                _ => return Err(not_an_answer(NAME, 200, "Response has no TotalCount or no Data")),
            };
            let end = offset.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
            if items.is_empty() && offset < total {
                return Err(not_an_answer(NAME, 200, "a page is empty although more certificates match"));
            }
            let certificates = items.into_iter().map(|item| ProviderRecord::from(item).into_certificate(now, query.include_pem));
            Ok(Page {
                position: position.to_string(),
                certificates: Entry::all(certificates).collect(),
                next: (end < total).then(|| Position { offset: end, ..position }.to_string()),
                // Whether texts match as a whole is not documented: what the vendor counts may not match here. A list that was
                // read to its end from its beginning is counted by what it holds.
                total_count: (narrowing.complete && (narrowing.is_sure || (offset == 0 && end >= total))).then_some(total),
                list_length: ListLength::Known(total),
                request_ids: fact(response.request_id).into_iter().collect(),
            })
        })
        .await
    }

    /// Whether the vendor takes several values of one filter as alternatives. No certificate has two statuses, so asking
    /// for all statuses at once finds everything or nothing. Asked only when a filter of several values found nothing,
    /// which is what the other reading would always do.
    pub(super) async fn takes_values_as_alternatives(&self) -> Result<bool, Error> {
        if let Some(known) = self.takes_alternatives.get() {
            return Ok(known);
        }
        let every_status = [Filter { name: "Status", values: STATUS_WORDS.map(str::to_owned).to_vec() }];
        let answer = self.count(&every_status).await? > 0 || self.count(&[]).await? == 0;
        self.takes_alternatives.set(Some(answer));
        Ok(answer)
    }

    async fn count(&self, filters: &[Filter]) -> Result<u64, Error> {
        let order_by = order_by(crate::request::Order::default());
        let request = DescribeDeviceCertificates { instance_id: self.instance(), filters, limit: 1, offset: 0, order_by };
        let missing = || not_an_answer(NAME, 200, "Response has no TotalCount");
        self.list(&request, |response| response.total_count.ok_or_else(missing)).await
    }
}

impl Describe for TencentMqtt<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn abilities(&self) -> &'static ListAbilities {
        &ABILITIES
    }

    fn page<'a>(&'a self, query: &'a ListQuery<'a>, position: Option<&'a str>, wanted: usize) -> LocalFuture<'a, Result<Page, Error>> {
        Box::pin(async move {
            if let Some(position) = position {
                return self.list_page(query, Position::parse(position)?, wanted).await;
            }
            let page = self.list_page(query, Position { several_values: true, offset: 0 }, wanted).await;
            // How many values one filter may have is not documented either: what is refused is filtered here.
            let doubtful = match &page {
                Ok(page) => page.certificates.is_empty(),
                Err(error) => error.concerns_parameters,
            };
            let has_several = |filters: &[Filter]| filters.iter().any(|filter| filter.values.len() > 1);
            if !doubtful || !has_several(&narrowing(query.filter, true).filters) {
                return page;
            }
            if page.is_ok() && self.takes_values_as_alternatives().await? {
                return page;
            }
            self.list_page(query, Position { several_values: false, offset: 0 }, wanted).await
        })
    }

    fn position_after(&self, position: &str, places: usize) -> Result<String, Error> {
        let position = Position::parse(position)?;
        let places = u64::try_from(places).unwrap_or(u64::MAX);
        Ok(Position { offset: position.offset.saturating_add(places), ..position }.to_string())
    }
}

/// A place in one of two lists: the one that the vendor narrows by every filter, or the longer one without the filters of
/// several values. Offsets count entries, not pages.
#[derive(Clone, Copy)]
struct Position {
    several_values: bool,
    offset: u64,
}

/// Begins the positions of the longer list.
const LONGER_LIST: char = '~';

impl Position {
    fn parse(text: &str) -> Result<Self, Error> {
        let (several_values, digits) = text.strip_prefix(LONGER_LIST).map_or((true, text), |digits| (false, digits));
        let offset = digits.parse().map_err(|_| Error::invalid("cursor", "it is not a cursor of this provider"))?;
        Ok(Self { several_values, offset })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.several_values {
            f.write_char(LONGER_LIST)?;
        }
        write!(f, "{}", self.offset)
    }
}

#[cfg(test)]
mod tests;
