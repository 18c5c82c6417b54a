//! Knowledge about the vendors that lasts as long as the sandbox.
//!
//! Positive knowledge stays: a vendor that has once shown a behavior keeps it. Negative knowledge
//! can become wrong through events at the vendor, so it is either not kept or expires after
//! [`SHORT_LIFE`].

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use super::Scope;
use crate::model::{SerialNumber, Timestamp};

/// The life of knowledge that may become wrong.
const SHORT_LIFE: Duration = Duration::from_secs(60);

/// Maximum number of entries in each of the maps. One more clears the map: that costs a few calls,
/// and needs no order of use.
const MOST_ENTRIES: usize = 1_000;

/// Knowledge about all vendors. A new value holds none.
#[derive(Default)]
pub struct Learned {
    alternatives: RefCell<HashMap<String, Alternatives>>,
    ca_texts: RefCell<HashMap<(ScopeKey, SerialNumber), String>>,
    long_lists: RefCell<HashMap<(ScopeKey, String), LongList>>,
    x509_modes: RefCell<HashMap<ScopeKey, (String, Timestamp)>>,
}

/// Whether several values of one of Tencent's filters are alternatives.
#[derive(Clone, Copy)]
enum Alternatives {
    Taken,
    NotTakenUntil(Timestamp),
}

/// Tencent's API is one deployment for each region, whatever the instance, and the sandbox has one
/// endpoint for each region: the region is the key.
impl Learned {
    /// Whether several values of one filter are alternatives, where this is known.
    pub(super) fn takes_alternatives(&self, scope: &Scope, now: Timestamp) -> Option<bool> {
        match self.alternatives.borrow().get(scope.region.as_str())? {
            Alternatives::Taken => Some(true),
            Alternatives::NotTakenUntil(end) => (now < *end).then_some(false),
        }
    }

    /// Keeps an answer that certificates have proven. A `false` expires: a certificate that was
    /// registered between two counts may have caused it, and it costs calls.
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

/// The mode in which an instance of Tencent's checks certificates. Somebody may change it.
impl Learned {
    pub(super) fn x509_mode(&self, scope: &Scope, now: Timestamp) -> Option<String> {
        let modes = self.x509_modes.borrow();
        let (mode, until) = modes.get(&scope_key(scope))?;
        (now < *until).then(|| mode.clone())
    }

    pub(super) fn learn_x509_mode(&self, scope: &Scope, mode: String, now: Timestamp) {
        keep(
            &self.x509_modes,
            scope_key(scope),
            (mode, now.plus(SHORT_LIFE)),
        );
    }
}

/// Region and instance: a CA is registered with an instance.
type ScopeKey = (String, String);

fn scope_key(scope: &Scope) -> ScopeKey {
    (
        scope.region.as_str().to_owned(),
        scope.instance().to_owned(),
    )
}

/// A list that does not fit on one page.
#[derive(Clone, Copy)]
pub(super) struct LongList {
    /// The vendor's total of the list: an estimate.
    pub(super) total: Option<u64>,
    /// Certificates may be deleted, so that the list fits on one page again.
    until: Timestamp,
}

/// Alibaba's texts of CAs' serial numbers. The key of a text is the number that it spells in hex,
/// which does not depend on a caller's base. An empty list and a list that cannot be read are not
/// kept: a CA may be registered later.
impl Learned {
    /// The text under which the vendor has listed or shown certificates of this CA.
    pub(super) fn ca_text(&self, scope: &Scope, ca: &SerialNumber) -> Option<String> {
        self.ca_texts
            .borrow()
            .get(&(scope_key(scope), ca.clone()))
            .cloned()
    }

    /// Keeps that the vendor has shown a certificate of a CA under this text.
    pub(super) fn learn_ca(&self, scope: &Scope, text: &str) {
        if let Ok(ca) = SerialNumber::parse(text) {
            keep(&self.ca_texts, (scope_key(scope), ca), text.to_owned());
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
            .get(&(scope_key(scope), ca_text.to_owned()))
            .copied()
            .filter(|list| now < list.until)
    }

    /// Keeps that the first page of this CA's list is full.
    pub(super) fn learn_long_list(
        &self,
        scope: &Scope,
        ca_text: &str,
        total: Option<u64>,
        now: Timestamp,
    ) {
        keep(
            &self.long_lists,
            (scope_key(scope), ca_text.to_owned()),
            LongList {
                total,
                until: now.plus(SHORT_LIFE),
            },
        );
    }
}

fn keep<K: Eq + Hash, V>(kept: &RefCell<HashMap<K, V>>, key: K, value: V) {
    let mut kept = kept.borrow_mut();
    if kept.len() >= MOST_ENTRIES && !kept.contains_key(&key) {
        kept.clear();
    }
    kept.insert(key, value);
}

#[cfg(test)]
mod tests;
