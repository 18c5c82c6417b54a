//! What a provider's list can be narrowed and ordered by. What the provider itself cannot do is done here where that is exact, and
//! refused where it is not.

use crate::error::{Error, ErrorCode};
use crate::model::{LifecycleStatus, ProviderName};
use crate::request::{Filter, Order};

/// A row for each provider; the README shows them as a table.
#[derive(Debug)]
pub struct ListAbilities {
    /// Whose.
    pub(super) provider: ProviderName,
    /// The lists of the filter whose facts its records hold.
    pub(super) filters: &'static [&'static str],
    /// The orders of its lists; none when they have an order of their own.
    pub(super) orders: &'static [Order],
    /// The statuses that it has words for. Every provider may say a word that is not documented.
    pub(super) statuses: &'static [LifecycleStatus],
}

impl ListAbilities {
    /// The order to ask for.
    pub fn order(&self, asked: Option<Order>) -> Option<Order> {
        asked.or_else(|| self.orders.first().copied())
    }

    /// # Errors
    /// `unsupported` that names the member.
    pub fn check(&self, filter: &Filter, order: Option<Order>) -> Result<(), Error> {
        let provider = self.provider;
        let unsupported = |field: String, detail: String| Err(Error::new(ErrorCode::Unsupported, detail).with_field(field));
        if let Some((list, _)) = filter.lists_in_use().find(|(list, _)| *list != "statuses" && !self.filters.contains(list)) {
            let able = self.filters.join(", ");
            let detail =
                format!("the records of {provider} do not hold what {list} asks for; they can be narrowed by {able}, statuses and dates");
            return unsupported(format!("filter.{list}"), detail);
        }
        let is_said = |status: &LifecycleStatus| *status == LifecycleStatus::Unknown || self.statuses.contains(status);
        if !filter.statuses.is_empty() && !filter.statuses.iter().any(is_said) {
            let able = self.statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(", ");
            return unsupported("filter.statuses".to_owned(), format!("{provider} says none of these; it says {able}"));
        }
        match order {
            Some(order) if !self.orders.contains(&order) => {
                let detail = if self.orders.is_empty() {
                    format!("{provider} tells no times to order by; leave order_by out to get its own order")
                } else {
                    let able = self.orders.iter().map(|order| order.as_str()).collect::<Vec<_>>().join(", ");
                    format!("{provider} cannot order its whole list like this; it has {able}")
                };
                unsupported("order_by".to_owned(), detail)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SerialNumber;

    const ABILITIES: ListAbilities = ListAbilities {
        provider: ProviderName::AwsIot,
        filters: &["serial_numbers"],
        orders: &[Order::CreatedDesc, Order::CreatedAsc],
        statuses: &[LifecycleStatus::Active, LifecycleStatus::Inactive],
    };

    fn refused(filter: &Filter, order: Option<Order>) -> Option<String> {
        ABILITIES.check(filter, order).err().map(|error| {
            assert_eq!(error.code, ErrorCode::Unsupported);
            error.field.unwrap()
        })
    }

    #[test]
    fn what_cannot_be_done_exactly_is_refused_by_name() {
        let serials = Filter { serial_numbers: vec![SerialNumber::parse("0a").unwrap()], ..Filter::default() };
        let client = Filter { client_ids: vec!["a".to_owned()], ..Filter::default() };
        let statuses = |statuses: &[LifecycleStatus]| Filter { statuses: statuses.to_vec(), ..Filter::default() };
        for (filter, order, expected) in [
            (Filter::default(), None, None),
            (serials, Some(Order::CreatedAsc), None),
            (client, None, Some("filter.client_ids")),
            (statuses(&[LifecycleStatus::Good]), None, Some("filter.statuses")),
            (statuses(&[LifecycleStatus::Good, LifecycleStatus::Active]), None, None),
            (statuses(&[LifecycleStatus::Unknown]), None, None),
            (Filter::default(), Some(Order::UpdatedAsc), Some("order_by")),
        ] {
            assert_eq!(refused(&filter, order).as_deref(), expected, "{filter:?} {order:?}");
        }
    }

    #[test]
    fn the_first_order_is_the_default() {
        assert_eq!(ABILITIES.order(None), Some(Order::CreatedDesc));
        assert_eq!(ABILITIES.order(Some(Order::CreatedAsc)), Some(Order::CreatedAsc));
        assert_eq!(ListAbilities { orders: &[], ..ABILITIES }.order(None), None);
    }
}
