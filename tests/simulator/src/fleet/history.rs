//! Certificates as they were before their last changes, for reads that lag behind the writes.

use crate::Fleet;
use crate::vendor::Histories;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::mem::swap;
use std::time::Instant;

/// The certificates that one vendor holds.
pub(crate) trait Holdings: 'static {
    /// The name of a certificate at this vendor.
    type Name: Clone + fmt::Debug + Ord;
    /// The certificate's record.
    type Record: Clone + fmt::Debug + PartialEq;

    fn records(&self) -> impl Iterator<Item = (Self::Name, &Self::Record)>;

    fn find(&mut self, name: &Self::Name) -> Option<&mut Self::Record>;
}

/// A vendor's certificates and the history of their changes.
pub(crate) trait InFleet: Holdings + Sized {
    fn of(fleet: &mut Fleet) -> &mut Self;

    fn history(histories: &mut Histories) -> &mut History<Self>;
}

/// The changes of one certificate: the time of each with the record before it, in the order of
/// time.
type Changes<R> = VecDeque<(Instant, R)>;

/// The last changes of every certificate of one vendor.
#[derive(Debug)]
pub(crate) struct History<H: Holdings>(BTreeMap<H::Name, Changes<H::Record>>);

impl<H: Holdings> Default for History<H> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<H: Holdings> History<H> {
    /// Remembers the record that a certificate has before a change at `now`.
    pub(crate) fn remember(&mut self, name: H::Name, before: H::Record, now: Instant) {
        self.0.entry(name).or_default().push_back((now, before));
    }

    /// Remembers every certificate that differs between the two as it was before. Certificates
    /// that came or went are not remembered.
    pub(crate) fn compare(&mut self, before: &H, after: &H, now: Instant) {
        let after: BTreeMap<_, _> = after.records().collect();
        for (name, record) in before.records() {
            if after.get(&name).is_some_and(|new| *new != record) {
                self.remember(name, record.clone(), now);
            }
        }
    }

    /// Forgets the changes up to this time.
    pub(crate) fn forget_until(&mut self, time: Instant) {
        self.0.retain(|_, changes| {
            changes.retain(|(at, _)| *at > time);
            !changes.is_empty()
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts the records of this time in place of those of now. Doing it once more puts those of
    /// now back.
    pub(crate) fn exchange(&mut self, time: Instant, holdings: &mut H) {
        for (name, changes) in &mut self.0 {
            let before = changes.iter_mut().find(|(at, _)| *at > time);
            if let (Some((_, before)), Some(record)) = (before, holdings.find(name)) {
                swap(before, record);
            }
        }
    }
}
