//! The state that all listeners share.

use crate::call_log::CallLog;
use crate::changes::{Change, Changes};
use crate::clients::Schedule;
use crate::fault::Faults;
use crate::fleet::store::Store;
use crate::identity::{Accounts, Cache, IdentityCall};
use crate::keys::Keys;
use crate::limits::Limits;
use crate::nonces::Nonces;
use crate::options::Rules;
use crate::signature::sha256_hex;
use crate::{Fleet, Options, Vendor};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The state that all listeners share.
pub(crate) struct Shared {
    pub(crate) enforce_rate_limits: bool,
    pub(crate) calls_of_one_action: Option<usize>,
    pub(crate) rules: Rules,
    /// The fleet to go back to on a reset.
    initial: Fleet,
    /// The times to go back to on a reset.
    round_trip: Duration,
    reads_lag: Duration,
    sessions_lag: Duration,
    deactivation_ends_sessions: BTreeMap<Vendor, Duration>,
    started: SystemTime,
    connections: AtomicU64,
    requests: AtomicU64,
    state: Mutex<State>,
}

/// The part that changes with the calls.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) store: Store,
    /// The time by which every answer of a vendor is delayed.
    pub(crate) round_trip: Duration,
    pub(crate) call_log: CallLog,
    pub(crate) limits: Limits,
    faults: BTreeMap<Vendor, Faults>,
    nonces: BTreeMap<Vendor, Nonces>,
    pub(crate) keys: Keys,
    pub(crate) accounts: Accounts,
    pub(crate) extension: Cache,
    pub(crate) identity_calls: Vec<IdentityCall>,
    /// The tokens of AWS that were given out.
    pub(crate) tokens: Vec<String>,
    changes: Changes,
}

impl State {
    pub(crate) fn faults(&mut self, vendor: Vendor) -> &mut Faults {
        self.faults.entry(vendor).or_default()
    }

    /// Removes the faults of every vendor.
    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
    }

    pub(crate) fn keys_and_nonces(&mut self, vendor: Vendor) -> (&Keys, &mut Nonces) {
        (&self.keys, self.nonces.entry(vendor).or_default())
    }

    pub(crate) fn change_after(
        &mut self,
        vendor: Vendor,
        action: &str,
        calls: usize,
        change: Change,
    ) {
        if calls == 0 {
            self.store.edit(Instant::now(), change);
        } else {
            self.changes.push(vendor, action, calls, change);
        }
    }

    /// Makes the changes that have waited for this call.
    pub(crate) fn succeeded(&mut self, vendor: Vendor, action: &str) {
        for change in self.changes.due(vendor, action) {
            self.store.edit(Instant::now(), change);
        }
    }
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        let shared = Self {
            enforce_rate_limits: options.enforce_rate_limits,
            calls_of_one_action: options.calls_of_one_action,
            rules: options.rules(),
            initial: options.fleet,
            round_trip: options.round_trip,
            reads_lag: options.reads_lag,
            sessions_lag: options.sessions_lag,
            started: SystemTime::now(),
            connections: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            deactivation_ends_sessions: options.deactivation_ends_sessions,
            state: Mutex::default(),
        };
        shared.reset();
        shared
    }

    /// The state, even when a holder of the lock has panicked: each change is done in one step.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes back to the first fleet, keys, accounts and times. Faults, changes to come and the log of
    /// calls are removed. Used nonces stay used.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        state.store = Store::new(self.initial.clone(), self.reads_lag);
        state.store.set_sessions_lag(self.sessions_lag);
        state.store.schedule = Schedule::new(self.deactivation_ends_sessions.clone());
        state.round_trip = self.round_trip;
        state.call_log.reset();
        state.faults.clear();
        state.changes.clear();
        state.keys = Keys::default();
        state.accounts = Accounts::default();
        state.extension = Cache::default();
        state.identity_calls.clear();
        state.tokens.clear();
        state.limits = Limits::default();
    }

    /// Counts a TCP connection; its number is from 1, over all vendors.
    pub(crate) fn connected(&self, vendor: Vendor) -> u64 {
        self.state().call_log.connected(vendor);
        self.connections
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1)
    }

    /// A new request id, a UUID in lower case.
    pub(crate) fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let digits = sha256_hex(format!("{:?} {number}", self.started).as_bytes());
        let mut digits = digits.chars();
        [8, 4, 4, 4, 12]
            .map(|length| digits.by_ref().take(length).collect::<String>())
            .join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_uuids_and_differ() {
        let shared = Shared::new(Options::of(Fleet::empty()));
        let (first, second) = (shared.request_id(), shared.request_id());
        assert_ne!(first, second);
        let lengths: Vec<usize> = first.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}
