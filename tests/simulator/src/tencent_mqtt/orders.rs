//! The orders of DescribeDeviceCertificates, kept ready: a fleet of ten thousand is listed in a
//! hundred pages.

use super::{TencentCertificate, TencentInstance};
use crate::fleet::store::Store;
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
    /// Positions of an instance's certificates in this order. Equal times keep the order of
    /// registration.
    fn positions(self, instance: &TencentInstance) -> Vec<usize> {
        let mut keyed: Vec<(i64, usize)> = instance
            .certificates
            .iter()
            .enumerate()
            .map(|(position, certificate)| (self.key(certificate), position))
            .collect();
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

/// The positions of each instance's certificates in the orders that were requested so far.
#[derive(Debug, Default)]
pub(crate) struct Orders(HashMap<(String, ListOrder), Vec<usize>>);

/// The certificates of an instance in that order; none when there is no such instance.
pub(crate) fn ordered<'a>(
    store: &'a mut Store,
    instance_id: &str,
    order: ListOrder,
) -> impl Iterator<Item = &'a TencentCertificate> {
    let (fleet, orders) = store.fleet_and_orders();
    let (certificates, positions): (&[_], &[usize]) = match fleet.tencent_mqtt.get(instance_id) {
        Some(instance) => (
            &instance.certificates,
            orders
                .0
                .entry((instance_id.to_owned(), order))
                .or_insert_with(|| order.positions(instance)),
        ),
        None => (&[], &[]),
    };
    positions
        .iter()
        .filter_map(move |position| certificates.get(*position))
}
