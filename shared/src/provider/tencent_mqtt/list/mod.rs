//! Lists: the vendor narrows and orders them.

use std::fmt::{self, Write as _};

use super::filter::{narrowing, order_by};
use super::wire::{DescribeDeviceCertificates, Filter, STATUS_WORDS};
use super::{NAME, Rows, TencentMqtt};
use crate::error::{Concerns, Error};
use crate::model::{LifecycleStatus, ProviderRecord};
use crate::provider::{Entry, ListAbilities, ListLength, ListQuery, Lister, Page, Scope};
use crate::request::SortOrder;
use crate::transport::LocalFuture;

/// Most certificates that one call returns.
pub(super) const LARGEST_PAGE: u64 = 100;

const ABILITIES: ListAbilities = ListAbilities {
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
            instance_id: self.instance(),
            filters: &narrowing.filters,
            limit: if narrowing.complete {
                wanted.clamp(1, LARGEST_PAGE)
            } else {
                LARGEST_PAGE
            },
            offset,
            order_by: order_by(query.order.unwrap_or_default()),
        };
        let now = self.connection.context.now;
        let Rows {
            items,
            total,
            end,
            request_id,
        } = self.list(&request).await?;
        let certificates = items
            .into_iter()
            .map(|item| ProviderRecord::from(item).into_certificate(now, query.include_pem));
        Ok(Page {
            position: position.to_string(),
            certificates: Entry::all(certificates).collect(),
            next: (end < total).then(|| {
                Position {
                    offset: end,
                    ..position
                }
                .to_string()
            }),
            // Whether texts match as a whole is not documented: what the vendor counts may not
            // match here. A list that was read to its end from its beginning is counted by what it
            // holds.
            total_count: (narrowing.complete
                && (narrowing.is_sure || (offset == 0 && end >= total)))
                .then_some(total),
            list_length: ListLength::Known(total),
            request_ids: request_id.into_iter().collect(),
        })
    }

    /// What is known by now of whether the vendor takes several values of one filter as
    /// alternatives.
    pub(super) fn knows_alternatives(&self) -> Option<bool> {
        let context = self.connection.context;
        self.takes_alternatives
            .get()
            .copied()
            .or_else(|| context.learned.takes_alternatives(&self.scope, context.now))
    }

    /// Whether the vendor takes several values of one filter as alternatives. Asked before several
    /// values are relied on.
    pub(super) async fn takes_values_as_alternatives(&self) -> Result<bool, Error> {
        let find_out = async || {
            let context = self.connection.context;
            if let Some(known) = context.learned.takes_alternatives(&self.scope, context.now) {
                return Ok(known);
            }
            let proven = match self.finds_every_status().await {
                // So many values are not taken at all.
                Err(error) if error.concerns == Concerns::Parameters => Some(false),
                proven => proven?,
            };
            // An instance without certificates has none to miss, and proves nothing about the next
            // request.
            let Some(proven) = proven else {
                return Ok(true);
            };
            context
                .learned
                .learn_alternatives(&self.scope, proven, context.now);
            Ok(proven)
        };
        self.takes_alternatives
            .get_or_try_init(find_out)
            .await
            .copied()
    }

    /// The vendor has shown that it takes several values as alternatives.
    pub(super) fn takes_alternatives_for_certain(&self) {
        // An answer that this request has already stays.
        drop(self.takes_alternatives.set(true));
        let context = self.connection.context;
        context
            .learned
            .learn_alternatives(&self.scope, true, context.now);
    }

    /// Asks for all statuses at once, in two opposite orders. No certificate has two statuses, so
    /// that
    /// * alternatives find the same both times, and everything;
    /// * conditions that must all hold find nothing;
    /// * a vendor that uses only one value, the first or the last, finds the certificates of one
    ///   status and then those of another. The numbers differ, unless there are as many of both,
    ///   which is then not everything.
    ///
    /// A certificate may have a status that is not documented; then alternatives do not find
    /// everything either, and what is left to rule out is that it is as many as have the last
    /// status alone.
    ///
    /// `None` where the instance has no certificates.
    async fn finds_every_status(&self) -> Result<Option<bool>, Error> {
        let mut backwards = STATUS_WORDS;
        backwards.reverse();
        let [last, ..] = backwards;
        let found = self.count_statuses(&STATUS_WORDS).await?;
        if found == 0 {
            return Ok((self.count(&[]).await? > 0).then_some(false));
        }
        if self.count_statuses(&backwards).await? != found {
            return Ok(Some(false));
        }
        Ok(Some(
            self.count(&[]).await? == found || self.count_statuses(&[last]).await? != found,
        ))
    }

    async fn count_statuses(&self, words: &[&str]) -> Result<u64, Error> {
        self.count(&[Filter {
            name: "Status",
            values: words.iter().map(|word| (*word).to_owned()).collect(),
        }])
        .await
    }

    async fn count(&self, filters: &[Filter]) -> Result<u64, Error> {
        let order_by = order_by(SortOrder::default());
        let request = DescribeDeviceCertificates {
            instance_id: self.instance(),
            filters,
            limit: 1,
            offset: 0,
            order_by,
        };
        Ok(self.list(&request).await?.total)
    }
}

impl Lister for TencentMqtt<'_> {
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
                // How many values one filter may have is not documented either: what is refused is
                // filtered here.
                Err(error) if has_several && error.concerns == Concerns::Parameters => {
                    self.list_page(query, begin(false), wanted).await
                }
                page => page,
            }
        })
    }

    fn position_after(&self, position: &str, places: usize) -> Result<String, Error> {
        let position = Position::parse(position)?;
        let places = u64::try_from(places).unwrap_or(u64::MAX);
        Ok(Position {
            offset: position.offset.saturating_add(places),
            ..position
        }
        .to_string())
    }

    fn positions_behind(&self, position: &str, list_length: u64, most: usize) -> Vec<String> {
        let Ok(position) = Position::parse(position) else {
            return Vec::new();
        };
        let behind = (1..).take(most).map(|pages: u64| {
            position
                .offset
                .saturating_add(pages.saturating_mul(LARGEST_PAGE))
        });
        let behind = behind.take_while(|offset| *offset < list_length);
        behind
            .map(|offset| Position { offset, ..position }.to_string())
            .collect()
    }
}

/// A place in one of two lists: the one that the vendor narrows by every filter, or the longer one
/// without the filters of several values. Offsets count entries, not pages.
#[derive(Clone, Copy)]
struct Position {
    several_values: bool,
    offset: u64,
}

/// Begins the positions of the longer list.
const LONGER_LIST: char = '~';

impl Position {
    fn parse(text: &str) -> Result<Self, Error> {
        let (several_values, digits) = text
            .strip_prefix(LONGER_LIST)
            .map_or((true, text), |digits| (false, digits));
        let offset = digits
            .parse()
            .map_err(|_| Error::invalid("cursor", "it is not a cursor of this provider"))?;
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
