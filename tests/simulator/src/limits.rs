//! The vendors' limits on calls in a second.

use crate::Vendor;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

/// The calls that a vendor accepts in any second.
pub(crate) struct RateLimit {
    /// To one action.
    pub(crate) of_one_action: usize,
    /// From one address to all actions together.
    pub(crate) of_one_address: Option<usize>,
}

/// The calls of the last second that were let through.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    recent: BTreeMap<(Vendor, String), VecDeque<SystemTime>>,
}

impl Limits {
    /// Whether one more call keeps the limits; if so it is counted. `of_one_action` stands in place
    /// of the vendor's limits on one action.
    pub(crate) fn admit(
        &mut self,
        vendor: Vendor,
        action: &str,
        of_one_action: Option<usize>,
        now: SystemTime,
    ) -> bool {
        for times in self.recent.values_mut() {
            times.retain(|at| now.duration_since(*at).unwrap_or_default() < Duration::from_secs(1));
        }
        let limit = vendor.api().rate_limit(action);
        let from_here: usize = self
            .recent
            .iter()
            .filter(|((of, _), _)| *of == vendor)
            .map(|(_, times)| times.len())
            .fold(0, usize::saturating_add);
        let of_action = self.recent.entry((vendor, action.to_owned())).or_default();
        let admitted = of_action.len() < of_one_action.unwrap_or(limit.of_one_action)
            && limit
                .of_one_address
                .is_none_or(|of_one_address| from_here < of_one_address);
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
            .filter(|_| limits.admit(vendor, action, None, UNIX_EPOCH))
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
    fn another_limit_on_one_action_stands_in_place_of_the_vendors() {
        let mut limits = Limits::default();
        let admitted = (0..300)
            .filter(|_| limits.admit(Vendor::TencentMqtt, "a", Some(250), UNIX_EPOCH))
            .count();
        assert_eq!(admitted, 250);
    }

    #[test]
    fn a_second_later_there_is_room_again() {
        let mut limits = Limits::default();
        let start = UNIX_EPOCH;
        for _ in 0..10 {
            assert!(limits.admit(Vendor::AlibabaCas, "a", None, start));
        }
        assert!(!limits.admit(
            Vendor::AlibabaCas,
            "a",
            None,
            start + Duration::from_millis(999)
        ));
        assert!(limits.admit(
            Vendor::AlibabaCas,
            "a",
            None,
            start + Duration::from_millis(1000)
        ));
    }
}
