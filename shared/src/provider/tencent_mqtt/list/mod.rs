//! Lists, which the vendor filters and orders.

use std::fmt::{self, Write as _};

use super::filter::{narrowing, order_by};
use super::wire::{DescribeDeviceCertificates, Item};
use super::{ListPage, NAME, TencentMqtt};
use crate::error::{Concerns, Error};
use crate::model::LifecycleStatus;
use crate::provider::{
    Entry, ListCapabilities, ListLength, ListQuery, Lister, Page, Scope, invalid_position,
};
use crate::request::SortOrder;
use crate::transport::LocalFuture;
use crate::vendor::codes::unusable_record;

/// Most certificates that one call returns.
pub(super) const LARGEST_PAGE: u64 = 100;

pub(in crate::provider) const CAPABILITIES: ListCapabilities = ListCapabilities {
    provider: NAME,
    filters: &[
        "client_ids",
        "serial_numbers",
        "ca_serial_numbers",
        "common_names",
        "organizational_units",
        "fingerprints_sha256",
    ],
    filters_by_details: &[],
    one_value_without_details: &[],
    orders: &SortOrder::ALL,
    statuses: &[
        LifecycleStatus::Active,
        LifecycleStatus::Inactive,
        LifecycleStatus::PendingActivation,
        LifecycleStatus::Revoked,
    ],
};

impl TencentMqtt<'_> {
    async fn list_page(
        &self,
        query: &ListQuery<'_>,
        position: Position,
        wanted: usize,
    ) -> Result<Page, Error> {
        let narrowing = narrowing(query.filter, position.several_values);
        let Position { offset, .. } = position;
        let wanted = u64::try_from(wanted).unwrap_or(LARGEST_PAGE);
        let request = DescribeDeviceCertificates {
            instance_id: self.scope.instance(),
            filters: &narrowing.filters,
            limit: if narrowing.is_complete {
                wanted.clamp(1, LARGEST_PAGE)
            } else {
                LARGEST_PAGE
            },
            offset,
            order_by: order_by(query.order.unwrap_or_default()),
        };
        let now = self.connection.context.now;
        let ListPage {
            items,
            length,
            next,
            request_id,
        } = self.list(&request).await?;
        let entry = |(offset, item): (usize, Item)| Entry {
            offset,
            certificate: item.record.into_certificate(now, query.include_pem),
            error: item.problem.map(|problem| unusable_record(NAME, problem)),
        };
        let total = match length {
            ListLength::Known(total) => Some(total),
            _ => None,
        };
        let is_complete = offset == 0 && next.is_none();
        Ok(Page {
            position: position.to_string(),
            certificates: (1..).zip(items).map(entry).collect(),
            next: next.map(|offset| Position { offset, ..position }.to_string()),
            // The documents do not say whether the vendor matches whole texts: its total may count
            // certificates that do not match here. A list that was read completely needs no total.
            total_count: total
                .filter(|_| narrowing.is_complete && (narrowing.is_exact || is_complete)),
            list_length: length,
            request_ids: request_id.into_iter().collect(),
        })
    }
}

impl Lister for TencentMqtt<'_> {
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
            if let Some(position) = position {
                return self
                    .list_page(query, Position::parse(position)?, wanted)
                    .await;
            }
            let begin = |several_values| Position {
                several_values,
                offset: 0,
            };
            let has_several = narrowing(query.filter, true)
                .filters
                .iter()
                .any(|filter| filter.values.len() > 1);
            if has_several && !self.takes_values_as_alternatives().await? {
                return self.list_page(query, begin(false), wanted).await;
            }
            match self.list_page(query, begin(true), wanted).await {
                // Nor do the documents say how many values one filter may have: a filter that is
                // refused is applied here.
                Err(error) if has_several && error.concerns == Concerns::Parameters => {
                    self.list_page(query, begin(false), wanted).await
                }
                page => page,
            }
        })
    }

    fn position_after(&self, position: &str, offset: usize) -> Result<String, Error> {
        let position = Position::parse(position)?;
        let certificates = u64::try_from(offset).unwrap_or(u64::MAX);
        Ok(Position {
            offset: position.offset.saturating_add(certificates),
            ..position
        }
        .to_string())
    }

    fn next_positions(&self, position: &str, list_length: u64, most: usize) -> Vec<String> {
        let Ok(position) = Position::parse(position) else {
            return Vec::new();
        };
        let next = (1..).take(most).map(|pages: u64| {
            position
                .offset
                .saturating_add(pages.saturating_mul(LARGEST_PAGE))
        });
        let next = next.take_while(|offset| *offset < list_length);
        next.map(|offset| Position { offset, ..position }.to_string())
            .collect()
    }
}

/// A position in one of two lists: the one to which the vendor applies every filter, or the longer
/// one without the filters of several values. Offsets count certificates, not pages.
#[derive(Clone, Copy)]
struct Position {
    several_values: bool,
    offset: u64,
}

/// The first character of positions in the longer list.
const LONGER_LIST: char = '~';

impl Position {
    fn parse(text: &str) -> Result<Self, Error> {
        let (several_values, digits) = text
            .strip_prefix(LONGER_LIST)
            .map_or((true, text), |digits| (false, digits));
        let offset = digits.parse().map_err(|_| invalid_position())?;
        Ok(Self {
            several_values,
            offset,
        })
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
