//! Knowledge about the vendors that lasts as long as the sandbox.
//!
//! Positive knowledge stays: a vendor that has once shown a behavior keeps it. Negative knowledge can become wrong by what happens at the
//! vendor, so it is either not kept or expires after [`SHORT_LIFE`] by the session's clock.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use super::Scope;
use crate::model::Timestamp;

/// How long a fact is kept that may change at the vendor.
const SHORT_LIFE: Duration = Duration::from_secs(60);

/// Facts about all vendors. A new value knows nothing.
#[derive(Default)]
pub struct Learned {
    alternatives: RefCell<HashMap<String, Alternatives>>,
}

/// Whether Tencent takes several values of one filter as alternatives.
#[derive(Clone, Copy)]
enum Alternatives {
    Taken,
    NotTakenUntil(Timestamp),
}

/// Tencent's API is one deployment for each region, whichever instance is asked, and the sandbox has one endpoint for each region: the
/// region is the key.
impl Learned {
    /// Whether the vendor takes several values of one filter as alternatives, where this is known.
    pub(super) fn takes_alternatives(&self, scope: &Scope, now: Timestamp) -> Option<bool> {
        match self.alternatives.borrow().get(scope.region.as_str())? {
            Alternatives::Taken => Some(true),
            Alternatives::NotTakenUntil(end) => (now < *end).then_some(false),
        }
    }

    /// Keeps an answer that certificates have proven. A `false` may come from a certificate that was registered between two counts, and
    /// costs calls for as long as it is believed: it expires.
    pub(super) fn learn_alternatives(&self, scope: &Scope, takes: bool, now: Timestamp) {
        let alternatives = if takes { Alternatives::Taken } else { Alternatives::NotTakenUntil(now.plus(SHORT_LIFE)) };
        self.alternatives.borrow_mut().insert(scope.region.as_str().to_owned(), alternatives);
    }
}

#[cfg(test)]
mod tests;
