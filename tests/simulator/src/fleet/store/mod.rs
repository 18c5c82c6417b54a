//! The fleet as the listeners use it, with the orders of Tencent's lists kept ready.

use super::history::{self, History, Name, State};
use super::{AlibabaMqttCertificate, AwsCertificate, Fleet, TencentCertificate, TencentInstance};
use std::collections::HashMap;
use std::time::{Duration, Instant};

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

    fn is_of_updates(self) -> bool {
        matches!(self, Self::UpdatedAscending | Self::UpdatedDescending)
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
    /// How far the reads are behind the changes.
    reads_lag: Duration,
    /// Empty while there is no lag.
    history: History,
}

impl Store {
    pub(crate) fn new(fleet: Fleet, reads_lag: Duration) -> Self {
        Self {
            fleet,
            reads_lag,
            ..Self::default()
        }
    }

    /// The fleet as it is; during [`read`](Self::read) as that call sees it.
    pub(crate) fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Changes that came before are seen at once from now on.
    pub(crate) fn set_reads_lag(&mut self, reads_lag: Duration) {
        self.reads_lag = reads_lag;
        if reads_lag.is_zero() {
            self.history = History::default();
        }
    }

    /// Reads the fleet with the statuses that it had one lag before `now`. Certificates come and go
    /// without a lag.
    pub(crate) fn read<R>(&mut self, now: Instant, work: impl FnOnce(&mut Self) -> R) -> R {
        let seen = now
            .checked_sub(self.reads_lag)
            .filter(|_| !self.history.is_empty());
        let Some(seen) = seen else { return work(self) };
        self.exchange(seen);
        let result = work(self);
        self.exchange(seen);
        result
    }

    fn exchange(&mut self, seen: Instant) {
        self.history.exchange(seen, &mut self.fleet);
        self.orders.retain(|(_, order), _| !order.is_of_updates());
    }

    /// Changes the fleet in any way; a changed status is remembered.
    pub(crate) fn edit<R>(&mut self, now: Instant, work: impl FnOnce(&mut Fleet) -> R) -> R {
        self.orders.clear();
        if self.reads_lag.is_zero() {
            return work(&mut self.fleet);
        }
        let before = history::states(&self.fleet);
        let result = work(&mut self.fleet);
        let after = history::states(&self.fleet);
        for (name, (position, state)) in before {
            if after.get(&name).is_some_and(|(_, new)| *new != state) {
                self.remember(name, position, state, now);
            }
        }
        result
    }

    fn remember(&mut self, name: Name, position: usize, before: State, now: Instant) {
        if let Some(oldest) = now.checked_sub(self.reads_lag) {
            self.history.forget_until(oldest);
        }
        self.history.remember(name, position, before, now);
    }

    /// A Tencent certificate to change at `now`. Its state is remembered as it is.
    pub(crate) fn change_tencent(
        &mut self,
        instance_id: &str,
        serial: &str,
        now: Instant,
    ) -> Option<&mut TencentCertificate> {
        self.orders.clear();
        let all = &self.fleet.tencent_mqtt.get(instance_id)?.certificates;
        let position = all
            .iter()
            .position(|certificate| certificate.device_certificate_sn == serial)?;
        if !self.reads_lag.is_zero() {
            let name = Name::Tencent {
                instance_id: instance_id.to_owned(),
                serial: serial.to_owned(),
            };
            self.remember(name, position, State::of_tencent(all.get(position)?), now);
        }
        self.fleet
            .tencent_mqtt
            .get_mut(instance_id)?
            .certificates
            .get_mut(position)
    }

    /// A certificate of Alibaba MQTT to change at `now`. Its state is remembered as it is.
    pub(crate) fn change_alibaba(
        &mut self,
        instance_id: &str,
        device_sn: &str,
        ca_sn: &str,
        now: Instant,
    ) -> Option<&mut AlibabaMqttCertificate> {
        let all = &self.fleet.alibaba_mqtt.get(instance_id)?.certificates;
        let position = all.iter().position(|certificate| {
            certificate.device_sn == device_sn && certificate.ca_sn == ca_sn
        })?;
        if !self.reads_lag.is_zero() {
            let name = Name::Alibaba {
                instance_id: instance_id.to_owned(),
                device_sn: device_sn.to_owned(),
                ca_sn: ca_sn.to_owned(),
            };
            self.remember(name, position, State::of_alibaba(all.get(position)?), now);
        }
        self.fleet
            .alibaba_mqtt
            .get_mut(instance_id)?
            .certificates
            .get_mut(position)
    }

    /// A certificate of AWS IoT to change at `now`. Its state is remembered as it is.
    pub(crate) fn change_aws(&mut self, id: &str, now: Instant) -> Option<&mut AwsCertificate> {
        if !self.reads_lag.is_zero() {
            let before = State::of_aws(self.fleet.aws_iot.get(id)?);
            self.remember(Name::Aws(id.to_owned()), 0, before, now);
        }
        self.fleet.aws_iot.get_mut(id)
    }

    /// The certificates of a Tencent instance in that order; none when there is no such instance.
    pub(crate) fn ordered(
        &mut self,
        instance_id: &str,
        order: ListOrder,
    ) -> impl Iterator<Item = &TencentCertificate> {
        let (certificates, positions): (&[_], &[usize]) =
            match self.fleet.tencent_mqtt.get(instance_id) {
                Some(instance) => {
                    let key = (instance_id.to_owned(), order);
                    (
                        &instance.certificates,
                        self.orders
                            .entry(key)
                            .or_insert_with(|| order.positions(instance)),
                    )
                }
                None => (&[], &[]),
            };
        positions
            .iter()
            .filter_map(move |position| certificates.get(*position))
    }
}

#[cfg(test)]
mod tests;
