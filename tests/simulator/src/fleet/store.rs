//! The fleet as the listeners use it, with the orders of Tencent's lists kept ready.

use super::{Fleet, TencentCertificate, TencentInstance};
use std::collections::HashMap;

/// The orders that Tencent's `OrderBy` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ListOrder {
    CreatedDescending,
    CreatedAscending,
    UpdatedDescending,
    UpdatedAscending,
}

impl ListOrder {
    /// Positions of an instance's certificates in this order. Equal times keep the order of registration.
    fn positions(self, instance: &TencentInstance) -> Vec<usize> {
        let mut keyed: Vec<(i64, usize)> =
            instance.certificates.iter().enumerate().map(|(position, certificate)| (self.key(certificate), position)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, position)| position).collect()
    }

    fn key(self, certificate: &TencentCertificate) -> i64 {
        match self {
            Self::CreatedAscending => certificate.created_time,
            Self::CreatedDescending => certificate.created_time.saturating_neg(),
            Self::UpdatedAscending => certificate.update_time,
            Self::UpdatedDescending => certificate.update_time.saturating_neg(),
        }
    }
}

/// A fleet with its sorted views. A change throws the views away.
#[derive(Debug, Default)]
pub(crate) struct Store {
    fleet: Fleet,
    orders: HashMap<(String, ListOrder), Vec<usize>>,
}

impl Store {
    pub(crate) fn new(fleet: Fleet) -> Self {
        Self { fleet, orders: HashMap::new() }
    }

    pub(crate) fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    pub(crate) fn change(&mut self) -> &mut Fleet {
        self.orders.clear();
        &mut self.fleet
    }

    /// The certificates of a Tencent instance in that order; none when there is no such instance.
    pub(crate) fn ordered(&mut self, instance_id: &str, order: ListOrder) -> impl Iterator<Item = &TencentCertificate> {
        let (certificates, positions): (&[_], &[usize]) = match self.fleet.tencent_mqtt.get(instance_id) {
            Some(instance) => {
                let key = (instance_id.to_owned(), order);
                (&instance.certificates, self.orders.entry(key).or_insert_with(|| order.positions(instance)))
            }
            None => (&[], &[]),
        };
        positions.iter().filter_map(move |position| certificates.get(*position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        let certificate = |serial: &str, created_time, update_time| TencentCertificate {
            device_certificate_sn: serial.to_owned(),
            created_time,
            update_time,
            ..TencentCertificate::default()
        };
        Store::new(Fleet::of(
            [TencentInstance {
                instance_id: "mqtt-a".to_owned(),
                certificates: vec![certificate("a", 2, 9), certificate("b", 1, 8), certificate("c", 2, 7)],
                ..TencentInstance::default()
            }],
            [],
            [],
        ))
    }

    fn serials(store: &mut Store, order: ListOrder) -> String {
        store.ordered("mqtt-a", order).map(|certificate| certificate.device_certificate_sn.as_str()).collect()
    }

    #[test]
    fn every_order_sorts_by_its_time_and_keeps_equals_in_place() {
        let mut store = store();
        assert_eq!(serials(&mut store, ListOrder::CreatedDescending), "acb");
        assert_eq!(serials(&mut store, ListOrder::CreatedAscending), "bac");
        assert_eq!(serials(&mut store, ListOrder::UpdatedDescending), "abc");
        assert_eq!(serials(&mut store, ListOrder::UpdatedAscending), "cba");
        assert!(store.ordered("mqtt-b", ListOrder::CreatedAscending).next().is_none());
    }

    #[test]
    fn a_change_is_seen_by_the_next_list() {
        let mut store = store();
        assert_eq!(serials(&mut store, ListOrder::CreatedAscending), "bac");
        store.change().tencent_certificate("mqtt-a", "c").unwrap().created_time = 0;
        assert_eq!(serials(&mut store, ListOrder::CreatedAscending), "cba");
    }
}
