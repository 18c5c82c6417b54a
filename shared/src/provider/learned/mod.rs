//! Knowledge about the vendors that lasts as long as the sandbox.
//!
//! Positive knowledge stays: a vendor that has once shown a behavior keeps it. Negative knowledge
//! can become wrong by what happens at the vendor, so it is either not kept or expires after
//! [`SHORT_LIFE`] by the session's clock.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use super::Scope;
use crate::model::{SerialNumber, Timestamp};

/// How long a fact is kept that may change at the vendor.
const SHORT_LIFE: Duration = Duration::from_secs(60);

/// Most CAs that are remembered. All are forgotten when there is one more: that costs a few calls,
/// and needs no order of use.
const MOST_CAS: usize = 1_000;

/// Facts about all vendors. A new value knows nothing.
#[derive(Default)]
pub struct Learned {
    alternatives: RefCell<HashMap<String, Alternatives>>,
    ca_texts: RefCell<HashMap<(Place, SerialNumber), String>>,
    long_lists: RefCell<HashMap<(Place, String), LongList>>,
}

/// Whether Tencent takes several values of one filter as alternatives.
#[derive(Clone, Copy)]
enum Alternatives {
    Taken,
    NotTakenUntil(Timestamp),
}

/// Tencent's API is one deployment for each region, whichever instance is asked, and the sandbox
/// has one endpoint for each region: the region is the key.
impl Learned {
    /// Whether the vendor takes several values of one filter as alternatives, where this is known.
    pub(super) fn takes_alternatives(&self, scope: &Scope, now: Timestamp) -> Option<bool> {
        match self.alternatives.borrow().get(scope.region.as_str())? {
            Alternatives::Taken => Some(true),
            Alternatives::NotTakenUntil(end) => (now < *end).then_some(false),
        }
    }

    /// Keeps an answer that certificates have proven. A `false` may come from a certificate that
    /// was registered between two counts, and costs calls for as long as it is believed: it
    /// expires.
    pub(super) fn learn_alternatives(&self, scope: &Scope, takes: bool, now: Timestamp) {
        let alternatives = if takes {
            Alternatives::Taken
        } else {
            Alternatives::NotTakenUntil(now.plus(SHORT_LIFE))
        };
        self.alternatives
            .borrow_mut()
            .insert(scope.region.as_str().to_owned(), alternatives);
    }
}

/// Region and instance: a CA is registered with an instance.
type Place = (String, String);

fn place(scope: &Scope) -> Place {
    (
        scope.region.as_str().to_owned(),
        scope
            .instance_id
            .as_ref()
            .map(|id| id.as_str().to_owned())
            .unwrap_or_default(),
    )
}

/// A list that does not fit on one page.
#[derive(Clone, Copy)]
pub(super) struct LongList {
    /// The vendor's count of the list: an estimate.
    pub(super) total: Option<u64>,
    /// Certificates may be deleted, so that the list fits on one page again.
    until: Timestamp,
}

/// Alibaba's texts of CAs' serial numbers. A text is kept under the number that it spells in hex,
/// which no caller's base changes. That the vendor lists nothing under a text, or that a list
/// cannot be read, is not kept: a CA may be registered later.
impl Learned {
    /// The text under which the vendor has listed or shown certificates of this CA.
    pub(super) fn ca_text(&self, scope: &Scope, ca: &SerialNumber) -> Option<String> {
        self.ca_texts
            .borrow()
            .get(&(place(scope), ca.clone()))
            .cloned()
    }

    /// The vendor has shown a certificate of a CA under this text.
    pub(super) fn learn_ca(&self, scope: &Scope, text: &str) {
        if let Ok(ca) = SerialNumber::parse(text) {
            keep(&self.ca_texts, (place(scope), ca), text.to_owned());
        }
    }

    /// The list of the CA with this text, where it is known not to fit on one page.
    pub(super) fn long_list(
        &self,
        scope: &Scope,
        ca_text: &str,
        now: Timestamp,
    ) -> Option<LongList> {
        self.long_lists
            .borrow()
            .get(&(place(scope), ca_text.to_owned()))
            .copied()
            .filter(|list| now < list.until)
    }

    /// The first page of this CA's list is full.
    pub(super) fn learn_long_list(
        &self,
        scope: &Scope,
        ca_text: &str,
        total: Option<u64>,
        now: Timestamp,
    ) {
        keep(
            &self.long_lists,
            (place(scope), ca_text.to_owned()),
            LongList {
                total,
                until: now.plus(SHORT_LIFE),
            },
        );
    }
}

fn keep<K: Eq + Hash, V>(kept: &RefCell<HashMap<K, V>>, key: K, value: V) {
    let mut kept = kept.borrow_mut();
    if kept.len() >= MOST_CAS && !kept.contains_key(&key) {
        kept.clear();
    }
    kept.insert(key, value);
}

#[cfg(test)]
mod tests;
