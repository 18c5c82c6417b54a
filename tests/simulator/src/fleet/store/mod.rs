//! The fleet as the listeners use it.

use super::history::{History, InFleet};
use crate::clients::{ClientName, Clients, Schedule};
use crate::tencent_mqtt::Orders;
use crate::vendor::Histories;
use crate::{Client, Fleet};
use std::time::{Duration, Instant};

/// A fleet with the changes that lagging reads do not see yet.
#[derive(Debug, Default)]
pub(crate) struct Store {
    fleet: Fleet,
    /// The sorted views of Tencent's lists. A change discards them.
    orders: Orders,
    /// The time by which the reads lag behind the changes.
    reads_lag: Duration,
    /// Empty while there is no lag.
    histories: Histories,
    /// The time by which the reads of sessions lag behind.
    sessions_lag: Duration,
    /// Empty while there is no lag.
    sessions: History<Clients>,
    pub(crate) schedule: Schedule,
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

    pub(crate) fn fleet_and_orders(&mut self) -> (&Fleet, &mut Orders) {
        (&self.fleet, &mut self.orders)
    }

    /// Changes that came before are seen at once from now on.
    pub(crate) fn set_reads_lag(&mut self, reads_lag: Duration) {
        self.reads_lag = reads_lag;
        if reads_lag.is_zero() {
            self.histories = Histories::default();
        }
    }

    /// As [`set_reads_lag`](Self::set_reads_lag), for sessions.
    pub(crate) fn set_sessions_lag(&mut self, sessions_lag: Duration) {
        self.sessions_lag = sessions_lag;
        if sessions_lag.is_zero() {
            self.sessions = History::default();
        }
    }

    /// Reads the fleet with every certificate and session as it was one lag before `now`.
    /// Certificates and clients come and go without a lag.
    pub(crate) fn read<R>(&mut self, now: Instant, work: impl FnOnce(&mut Self) -> R) -> R {
        self.settle(now);
        self.exchange(now);
        let result = work(self);
        self.exchange(now);
        result
    }

    fn exchange(&mut self, now: Instant) {
        if let Some(seen) = now.checked_sub(self.sessions_lag) {
            self.sessions.exchange(seen, &mut self.fleet.clients);
        }
        if let Some(seen) = now.checked_sub(self.reads_lag)
            && !self.histories.is_empty()
        {
            self.histories.exchange(seen, &mut self.fleet);
            self.orders = Orders::default();
        }
    }

    /// Changes the fleet in any way; a changed certificate is remembered as it was.
    pub(crate) fn edit<R>(&mut self, now: Instant, work: impl FnOnce(&mut Fleet) -> R) -> R {
        self.settle(now);
        self.orders = Orders::default();
        if self.reads_lag.is_zero() && self.sessions_lag.is_zero() {
            return work(&mut self.fleet);
        }
        let before = self.fleet.clone();
        let result = work(&mut self.fleet);
        if !self.reads_lag.is_zero() {
            self.histories.compare(&before, &self.fleet, now);
        }
        if !self.sessions_lag.is_zero() {
            let (before, after) = (&before.clients, &self.fleet.clients);
            self.sessions.compare(before, after, now);
        }
        result
    }

    /// A client to change at `now`. It is remembered as it is.
    pub(crate) fn change_client(&mut self, name: &ClientName, now: Instant) -> Option<&mut Client> {
        let client = self.fleet.clients.get_mut(name)?;
        if !self.sessions_lag.is_zero() {
            if let Some(oldest) = now.checked_sub(self.sessions_lag) {
                self.sessions.forget_until(oldest);
            }
            self.sessions.remember(name.clone(), client.clone(), now);
        }
        Some(client)
    }

    /// A certificate of one vendor to change at `now`. It is remembered as it is.
    pub(crate) fn change<H: InFleet>(
        &mut self,
        name: &H::Name,
        now: Instant,
    ) -> Option<&mut H::Record> {
        self.orders = Orders::default();
        let record = H::of(&mut self.fleet).find(name)?;
        if !self.reads_lag.is_zero() {
            if let Some(oldest) = now.checked_sub(self.reads_lag) {
                self.histories.forget_until(oldest);
            }
            H::history(&mut self.histories).remember(name.clone(), record.clone(), now);
        }
        Some(record)
    }
}

#[cfg(test)]
mod tests;
