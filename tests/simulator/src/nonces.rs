//! The nonces that were used lately.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, SystemTime};

/// The time for which a nonce is remembered: that for which a date that runs ahead of the clock can
/// be within the window.
const MEMORY: Duration = Duration::from_secs(2 * 15 * 60);

/// Nonces by the key that signed with them.
#[derive(Debug, Default)]
pub(crate) struct Nonces {
    used: HashSet<(String, String)>,
    by_age: VecDeque<(SystemTime, (String, String))>,
}

impl Nonces {
    pub(crate) fn was_used(&self, key_id: &str, nonce: &str) -> bool {
        self.used.contains(&(key_id.to_owned(), nonce.to_owned()))
    }

    pub(crate) fn remember(&mut self, key_id: &str, nonce: &str, now: SystemTime) {
        while let Some((at, _)) = self.by_age.front() {
            if now.duration_since(*at).unwrap_or_default() <= MEMORY {
                break;
            }
            if let Some((_, forgotten)) = self.by_age.pop_front() {
                self.used.remove(&forgotten);
            }
        }
        let entry = (key_id.to_owned(), nonce.to_owned());
        if self.used.insert(entry.clone()) {
            self.by_age.push_back((now, entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn a_nonce_is_remembered_for_its_key_until_it_is_old() {
        let mut nonces = Nonces::default();
        nonces.remember("a", "1", UNIX_EPOCH);
        assert!(nonces.was_used("a", "1"));
        assert!(!nonces.was_used("b", "1"));
        nonces.remember("a", "2", UNIX_EPOCH + MEMORY);
        assert!(nonces.was_used("a", "1"));
        nonces.remember("a", "3", UNIX_EPOCH + MEMORY + Duration::from_secs(1));
        assert!(!nonces.was_used("a", "1"));
        assert!(nonces.was_used("a", "2"));
    }
}
