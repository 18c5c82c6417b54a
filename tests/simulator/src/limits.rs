//! The vendors' limits on calls in a second.

use crate::Vendor;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

/// Calls that may be made to one action in any second.
fn of_one_action(vendor: Vendor) -> usize {
    match vendor {
        Vendor::TencentMqtt => 20,
        Vendor::AlibabaMqtt => 500,
        Vendor::AlibabaCas => 10,
        // Not confirmed by the vendor's page; the commonly quoted default.
        Vendor::AwsIot => 10,
    }
}

/// Calls that may be made from one address to all actions together in any second.
fn of_one_address(vendor: Vendor) -> Option<usize> {
    match vendor {
        Vendor::AlibabaMqtt => Some(300),
        Vendor::TencentMqtt | Vendor::AlibabaCas | Vendor::AwsIot => None,
    }
}

/// The calls of the last second that were let through.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    recent: BTreeMap<(Vendor, String), VecDeque<SystemTime>>,
}

impl Limits {
    /// Whether one more call keeps the limits; if so it is counted.
    pub(crate) fn admit(&mut self, vendor: Vendor, action: &str, now: SystemTime) -> bool {
        for times in self.recent.values_mut() {
            times.retain(|at| now.duration_since(*at).unwrap_or_default() < Duration::from_secs(1));
        }
        let from_here: usize = self
            .recent
            .iter()
            .filter(|((of, _), _)| *of == vendor)
            .map(|(_, times)| times.len())
            .fold(0, usize::saturating_add);
        let of_action = self.recent.entry((vendor, action.to_owned())).or_default();
        let admitted = of_action.len() < of_one_action(vendor)
            && of_one_address(vendor).is_none_or(|limit| from_here < limit);
        if admitted {
            of_action.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn admitted(limits: &mut Limits, vendor: Vendor, action: &str, times: usize) -> usize {
        (0..times)
            .filter(|_| limits.admit(vendor, action, UNIX_EPOCH))
            .count()
    }

    #[test]
    fn each_action_has_its_own_limit() {
        let mut limits = Limits::default();
        assert_eq!(admitted(&mut limits, Vendor::TencentMqtt, "a", 25), 20);
        assert_eq!(admitted(&mut limits, Vendor::TencentMqtt, "b", 25), 20);
        assert_eq!(admitted(&mut limits, Vendor::AlibabaCas, "a", 25), 10);
    }

    #[test]
    fn the_calls_of_one_address_share_a_limit() {
        let mut limits = Limits::default();
        assert_eq!(admitted(&mut limits, Vendor::AlibabaMqtt, "a", 200), 200);
        assert_eq!(admitted(&mut limits, Vendor::AlibabaMqtt, "b", 200), 100);
    }

    #[test]
    fn a_second_later_there_is_room_again() {
        let mut limits = Limits::default();
        let start = UNIX_EPOCH;
        for _ in 0..10 {
            assert!(limits.admit(Vendor::AlibabaCas, "a", start));
        }
        assert!(!limits.admit(Vendor::AlibabaCas, "a", start + Duration::from_millis(999)));
        assert!(limits.admit(Vendor::AlibabaCas, "a", start + Duration::from_millis(1000)));
    }
}
