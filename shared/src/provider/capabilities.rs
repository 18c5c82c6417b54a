//! The filters and orders that a provider's list supports. Where the provider does not support one
//! itself, the operation applies it to the records if that is exact; otherwise it is refused.

use crate::error::{Error, ErrorCode};
use crate::model::{LifecycleStatus, ProviderName};
use crate::request::{Filter, OrderBy, SortOrder};

/// The filters and orders of one provider; docs/reference.md shows them as a table.
#[derive(Debug)]
pub struct ListCapabilities {
    /// The provider.
    pub(super) provider: ProviderName,
    /// The lists of the filter that its records can be compared with.
    pub(super) filters: &'static [&'static str],
    /// The members of the filter that may need a call for each certificate.
    pub(super) filters_by_details: &'static [&'static str],
    /// The lists of the filter that the provider applies for one value; several values need a call
    /// for each certificate.
    pub(super) one_value_without_details: &'static [&'static str],
    /// The orders of its lists; empty where the provider has only an order of its own.
    pub(super) orders: &'static [SortOrder],
    /// The statuses that it documents. Every provider may use an undocumented status.
    pub(super) statuses: &'static [LifecycleStatus],
}

impl ListCapabilities {
    /// The order to list in.
    pub fn order(&self, requested: Option<OrderBy>) -> Option<SortOrder> {
        requested
            .and_then(OrderBy::listed)
            .or_else(|| self.orders.first().copied())
    }

    /// The first list of the filter that the records have nothing to compare with.
    pub(super) fn lacking(&self, filter: &Filter) -> Option<&'static str> {
        let mut lists = filter.lists_in_use().map(|(list, _)| list);
        lists.find(|list| *list != "statuses" && !self.filters.contains(list))
    }

    /// # Errors
    /// `unsupported` that names the member.
    pub(super) fn check(
        &self,
        filter: &Filter,
        order: Option<OrderBy>,
        details: bool,
    ) -> Result<(), Error> {
        let provider = self.provider;
        if let Some(list) = self.lacking(filter) {
            let able = self.filters.join(", ");
            let detail = format!(
                "the records of {provider} have nothing to compare with {list}; filter by {able}, statuses or dates"
            );
            return unsupported(format!("filter.{list}"), detail);
        }
        if !details {
            self.check_without_details(filter)?;
        }
        let is_possible = |status: &LifecycleStatus| {
            *status == LifecycleStatus::Unknown || self.statuses.contains(status)
        };
        if !filter.statuses.is_empty() && !filter.statuses.iter().any(is_possible) {
            let able = self
                .statuses
                .iter()
                .map(|status| status.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            return unsupported(
                "filter.statuses".to_owned(),
                format!("{provider} has none of these statuses; it has {able}"),
            );
        }
        order.map_or(Ok(()), |order| self.check_order(order, details))
    }

    /// # Errors
    /// `unsupported` when client ids are to be shown that take a call for each certificate.
    pub fn check_clients(&self, include_clients: bool, details: bool) -> Result<(), Error> {
        if include_clients && !details && self.filters_by_details.contains(&"client_ids") {
            let provider = self.provider;
            let detail = format!(
                "include_clients takes a call for each certificate at {provider}, which details: false rules out; leave details or include_clients out"
            );
            return unsupported("include_clients".to_owned(), detail);
        }
        Ok(())
    }

    fn check_order(&self, order: OrderBy, details: bool) -> Result<(), Error> {
        let provider = self.provider;
        let able = |order: &OrderBy| {
            order
                .listed()
                .is_none_or(|order| self.orders.contains(&order))
        };
        if !able(&order) {
            let able: Vec<_> = OrderBy::ALL
                .into_iter()
                .filter(able)
                .map(OrderBy::as_str)
                .collect();
            let able = able.join(", ");
            let detail = if self.orders.is_empty() {
                format!(
                    "{provider} shows no times of creation and change; order_by can be {able}, or left out to get its own order"
                )
            } else {
                format!("{provider} cannot list in this order; order_by can be {able}")
            };
            return unsupported("order_by".to_owned(), detail);
        }
        if !details && order.listed().is_none() && self.needs_details_for_ends() {
            let detail = format!(
                "the end of validity takes a call for each certificate at {provider}, which details: false rules out; leave details or order_by out"
            );
            return unsupported("order_by".to_owned(), detail);
        }
        Ok(())
    }

    fn needs_details_for_ends(&self) -> bool {
        self.filters_by_details.contains(&"not_after_to")
    }

    /// Refuses a filter that needs a call for each certificate.
    fn check_without_details(&self, filter: &Filter) -> Result<(), Error> {
        let provider = self.provider;
        let lists = filter.lists_in_use().map(|(list, _)| list);
        if let Some(member) = lists
            .chain(filter.dates_in_use())
            .find(|member| self.filters_by_details.contains(member))
        {
            let held = self
                .filters
                .iter()
                .filter(|list| !self.filters_by_details.contains(list))
                .copied();
            let dates = Some("dates").filter(|_| !self.needs_details_for_ends());
            let held = held
                .chain(["statuses"])
                .chain(dates)
                .collect::<Vec<_>>()
                .join(", ");
            let detail = format!(
                "{member} may take a call for each certificate at {provider}, which details: false rules out; leave details out, or \
                 filter by what the list itself holds: {held}"
            );
            return unsupported(format!("filter.{member}"), detail);
        }
        match filter
            .lists_in_use()
            .find(|(list, count)| *count > 1 && self.one_value_without_details.contains(list))
        {
            Some((list, count)) => {
                let detail = format!(
                    "with details: false {provider} takes one value of {list}, not {count}; leave details out, or name one"
                );
                unsupported(format!("filter.{list}"), detail)
            }
            None => Ok(()),
        }
    }
}

fn unsupported(field: String, detail: String) -> Result<(), Error> {
    Err(Error::new(ErrorCode::Unsupported, detail).with_field(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fingerprint, SerialNumber, Timestamp};

    const CAPABILITIES: ListCapabilities = ListCapabilities {
        provider: ProviderName::AwsIot,
        filters: &[
            "serial_numbers",
            "fingerprints_sha256",
            "ca_fingerprints_sha256",
        ],
        filters_by_details: &["serial_numbers", "not_after_to"],
        one_value_without_details: &["ca_fingerprints_sha256"],
        orders: &[SortOrder::CreatedDesc, SortOrder::CreatedAsc],
        statuses: &[LifecycleStatus::Active, LifecycleStatus::Inactive],
    };

    fn refused(filter: &Filter, order: Option<OrderBy>) -> Option<String> {
        CAPABILITIES.check(filter, order, true).err().map(|error| {
            assert_eq!(error.code, ErrorCode::Unsupported);
            error.field.unwrap()
        })
    }

    #[test]
    fn an_inexact_filter_or_order_is_refused_by_its_name() {
        let serials = Filter {
            serial_numbers: vec![SerialNumber::parse("0a").unwrap()],
            ..Filter::default()
        };
        let client = Filter {
            client_ids: vec!["a".to_owned()],
            ..Filter::default()
        };
        let statuses = |statuses: &[LifecycleStatus]| Filter {
            statuses: statuses.to_vec(),
            ..Filter::default()
        };
        for (filter, order, expected) in [
            (Filter::default(), None, None),
            (serials, Some(OrderBy::CreatedAsc), None),
            (client, None, Some("filter.client_ids")),
            (
                statuses(&[LifecycleStatus::Good]),
                None,
                Some("filter.statuses"),
            ),
            (
                statuses(&[LifecycleStatus::Good, LifecycleStatus::Active]),
                None,
                None,
            ),
            (statuses(&[LifecycleStatus::Unknown]), None, None),
            (
                Filter::default(),
                Some(OrderBy::UpdatedAsc),
                Some("order_by"),
            ),
        ] {
            assert_eq!(
                refused(&filter, order).as_deref(),
                expected,
                "{filter:?} {order:?}"
            );
        }
    }

    #[test]
    fn a_filter_that_takes_details_is_refused_without_them_by_name() {
        let fingerprint = |digits: &str| Fingerprint::parse(&digits.repeat(32)).unwrap();
        let serials = Filter {
            serial_numbers: vec![SerialNumber::parse("0a").unwrap()],
            ..Filter::default()
        };
        let to = Filter {
            not_after_to: Timestamp::parse("2026-01-01T00:00:00Z").ok(),
            ..Filter::default()
        };
        let from = Filter {
            not_after_from: to.not_after_to,
            ..Filter::default()
        };
        let ids = Filter {
            fingerprints_sha256: vec![fingerprint("ab"), fingerprint("cd")],
            ..Filter::default()
        };
        let one_ca = Filter {
            ca_fingerprints_sha256: vec![fingerprint("ab")],
            ..Filter::default()
        };
        let two_cas = Filter {
            ca_fingerprints_sha256: vec![fingerprint("ab"), fingerprint("cd")],
            ..Filter::default()
        };
        let statuses = Filter {
            statuses: vec![LifecycleStatus::Active],
            ..Filter::default()
        };
        for (filter, expected) in [
            (serials, Some("filter.serial_numbers")),
            (to, Some("filter.not_after_to")),
            (two_cas, Some("filter.ca_fingerprints_sha256")),
            (from, None),
            (ids, None),
            (one_ca, None),
            (statuses, None),
            (Filter::default(), None),
        ] {
            CAPABILITIES.check(&filter, None, true).unwrap();
            let error = CAPABILITIES.check(&filter, None, false).err();
            assert_eq!(
                error.as_ref().and_then(|error| error.field.as_deref()),
                expected,
                "{filter:?}"
            );
            let Some(Error { code, detail, .. }) = error else {
                continue;
            };
            assert!(
                code == ErrorCode::Unsupported && detail.contains("leave details out"),
                "{detail}"
            );
        }
        let error = CAPABILITIES.check(
            &Filter {
                expires_within_days: Some(30),
                ..Filter::default()
            },
            None,
            false,
        );
        assert_eq!(error, Ok(()), "only the members that are named");
        let beyond = Filter {
            client_ids: vec!["a".to_owned()],
            ..Filter::default()
        };
        let error = CAPABILITIES.check(&beyond, None, false).unwrap_err();
        assert!(
            !error.detail.contains("details"),
            "with details it would be refused as well: {error}"
        );
    }

    #[test]
    fn client_ids_that_take_calls_are_not_shown_without_details() {
        let by_details = ListCapabilities {
            filters_by_details: &["client_ids"],
            ..CAPABILITIES
        };
        for (capabilities, include_clients, details, expected) in [
            (&by_details, true, false, Some("include_clients")),
            (&by_details, true, true, None),
            (&by_details, false, false, None),
            (&CAPABILITIES, true, false, None),
        ] {
            let error = capabilities.check_clients(include_clients, details).err();
            let refused = error.map(|error| (error.code, error.field.unwrap()));
            let expected = expected.map(|field| (ErrorCode::Unsupported, field.to_owned()));
            assert_eq!(refused, expected, "{include_clients} {details}");
        }
    }

    #[test]
    fn the_error_names_the_filters_that_need_no_calls() {
        let detail = |capabilities: &ListCapabilities| {
            let filter = Filter {
                common_names: vec!["a".to_owned()],
                ..Filter::default()
            };
            capabilities.check(&filter, None, false).unwrap_err().detail
        };
        let with_dates = ListCapabilities {
            filters: &["serial_numbers", "common_names"],
            filters_by_details: &["common_names"],
            one_value_without_details: &[],
            ..CAPABILITIES
        };
        assert!(
            detail(&with_dates).ends_with("holds: serial_numbers, statuses, dates"),
            "{}",
            detail(&with_dates)
        );
        let without_dates = ListCapabilities {
            filters_by_details: &["common_names", "not_after_to"],
            ..with_dates
        };
        assert!(
            detail(&without_dates).ends_with("holds: serial_numbers, statuses"),
            "{}",
            detail(&without_dates)
        );
    }

    #[test]
    fn the_first_order_is_the_default() {
        assert_eq!(CAPABILITIES.order(None), Some(SortOrder::CreatedDesc));
        assert_eq!(
            CAPABILITIES.order(Some(OrderBy::CreatedAsc)),
            Some(SortOrder::CreatedAsc)
        );
        assert_eq!(
            ListCapabilities {
                orders: &[],
                ..CAPABILITIES
            }
            .order(None),
            None
        );
    }
}
