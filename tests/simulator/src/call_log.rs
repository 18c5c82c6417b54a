//! The log of calls, with their number and their rate by action.

use crate::Vendor;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One call as it arrived and how it ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    /// The vendor whose listener it reached.
    pub vendor: Vendor,
    /// The action it named; empty when it named none.
    pub action: String,
    /// When it had arrived whole; in JSON epoch milliseconds.
    #[serde(serialize_with = "as_milliseconds")]
    pub at: SystemTime,
    /// Its parameters as far as they could be read: Tencent's body, Alibaba's query, AWS's path and
    /// query.
    pub parameters: Value,
    /// `ok`, the code that the vendor answered, or the name of the fault.
    pub outcome: String,
    /// Number of the TCP connection that carried it.
    pub connection: u64,
}

fn as_milliseconds<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    to.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The calls of one action, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ActionCounts {
    pub(crate) count: usize,
    pub(crate) most_in_any_second: usize,
}

/// Every call since the start or the last reset.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    calls: Vec<Call>,
    connections: BTreeMap<Vendor, usize>,
    /// The number of calls that resets have removed, so that tickets stay valid.
    forgotten: usize,
}

/// Identifies a call whose outcome is still to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(usize);

impl CallLog {
    pub(crate) fn connected(&mut self, vendor: Vendor) {
        let count = self.connections.entry(vendor).or_default();
        *count = count.saturating_add(1);
    }

    pub(crate) fn arrived(&mut self, call: Call) -> Ticket {
        self.calls.push(call);
        let number = self.forgotten.saturating_add(self.calls.len());
        Ticket(number.saturating_sub(1))
    }

    /// Notes how a call ended, unless a reset has forgotten it meanwhile.
    pub(crate) fn ended(&mut self, ticket: Ticket, outcome: &str) {
        let call = ticket
            .0
            .checked_sub(self.forgotten)
            .and_then(|position| self.calls.get_mut(position));
        if let Some(call) = call {
            outcome.clone_into(&mut call.outcome);
        }
    }

    pub(crate) fn reset(&mut self) {
        self.forgotten = self.forgotten.saturating_add(self.calls.len());
        self.calls.clear();
        self.connections.clear();
    }

    pub(crate) fn calls(&self) -> &[Call] {
        &self.calls
    }

    pub(crate) fn connections(&self, vendor: Vendor) -> usize {
        self.connections.get(&vendor).copied().unwrap_or_default()
    }

    pub(crate) fn of(&self, vendor: Vendor, action: &str) -> ActionCounts {
        let mut times: Vec<SystemTime> = self
            .calls
            .iter()
            .filter(|call| call.vendor == vendor && call.action == action)
            .map(|call| call.at)
            .collect();
        times.sort_unstable();
        ActionCounts {
            count: times.len(),
            most_in_any_second: most_in_any_second(&times),
        }
    }

    /// The numbers of every action that was called.
    pub(crate) fn by_action(&self) -> BTreeMap<Vendor, BTreeMap<String, ActionCounts>> {
        let mut numbers: BTreeMap<Vendor, BTreeMap<String, ActionCounts>> = BTreeMap::new();
        for call in &self.calls {
            numbers
                .entry(call.vendor)
                .or_default()
                .entry(call.action.clone())
                .or_default();
        }
        for (vendor, actions) in &mut numbers {
            for (action, of_action) in actions {
                *of_action = self.of(*vendor, action);
            }
        }
        numbers
    }
}

/// The most of `times`, which ascend, that lie less than a second apart.
fn most_in_any_second(times: &[SystemTime]) -> usize {
    let mut first = 0_usize;
    let mut most = 0_usize;
    for (last, end) in times.iter().enumerate() {
        while times.get(first).is_some_and(|start| {
            end.duration_since(*start).unwrap_or_default() >= Duration::from_secs(1)
        }) {
            first = first.saturating_add(1);
        }
        most = most.max(last.saturating_sub(first).saturating_add(1));
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(milliseconds)
    }

    fn call(action: &str, milliseconds: u64) -> Call {
        Call {
            vendor: Vendor::AlibabaCas,
            action: action.to_owned(),
            at: at(milliseconds),
            parameters: Value::Null,
            outcome: String::new(),
            connection: 1,
        }
    }

    #[test]
    fn a_second_holds_what_lies_less_than_a_second_apart() {
        let most = |times: &[u64]| {
            most_in_any_second(&times.iter().map(|time| at(*time)).collect::<Vec<_>>())
        };
        assert_eq!(most(&[]), 0);
        assert_eq!(most(&[5]), 1);
        assert_eq!(most(&[0, 500, 999]), 3);
        assert_eq!(most(&[0, 500, 1000]), 2);
        assert_eq!(most(&[0, 900, 1100, 1800, 1899, 2500]), 4);
    }

    #[test]
    fn numbers_are_kept_by_action_and_forgotten_by_a_reset() {
        let mut numbers = CallLog::default();
        numbers.connected(Vendor::AlibabaCas);
        let first = numbers.arrived(call("Status", 0));
        numbers.arrived(call("Status", 2000));
        numbers.arrived(call("Other", 2000));
        numbers.ended(first, "ok");
        assert_eq!(numbers.calls()[0].outcome, "ok");
        let status = numbers.of(Vendor::AlibabaCas, "Status");
        assert_eq!((status.count, status.most_in_any_second), (2, 1));
        assert_eq!(numbers.of(Vendor::AlibabaMqtt, "Status").count, 0);
        assert_eq!(numbers.by_action()[&Vendor::AlibabaCas].len(), 2);
        assert_eq!(numbers.connections(Vendor::AlibabaCas), 1);

        numbers.reset();
        let later = numbers.arrived(call("Status", 0));
        numbers.ended(first, "late");
        numbers.ended(later, "ok");
        assert_eq!(numbers.calls().len(), 1);
        assert_eq!(numbers.calls()[0].outcome, "ok");
        assert_eq!(numbers.connections(Vendor::AlibabaCas), 0);
    }
}
