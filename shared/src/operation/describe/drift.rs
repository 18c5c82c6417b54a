//! Whether a list stays the same while its pages are read: by its length, and by certificates that
//! come twice.

use std::collections::HashSet;

use crate::model::{Certificate, Fingerprint, SerialNumber};
use crate::operation::cursor::Place;
use crate::provider::ListLength;
use crate::signing::sha256_hex;

/// Whether the provider's list stays the same while its pages are read.
#[derive(Default)]
pub(super) struct Drift {
    seen: HashSet<String>,
    /// The mark of the last certificate before the first page.
    pub(super) last: Option<String>,
    pub(super) list_length: Option<u64>,
    /// How often the length was told, the cursor's word included.
    told: u32,
    pages: u32,
    /// Whether it is a list whose length matters.
    counts: bool,
    has_changed: bool,
}

impl Drift {
    pub(super) fn since(begin: Option<&Place>) -> Self {
        let list_length = begin.and_then(|place| place.list_length);
        let last = begin.and_then(|place| place.last.clone());
        Self {
            last,
            list_length,
            told: u32::from(list_length.is_some()),
            pages: u32::from(begin.is_some()),
            ..Self::default()
        }
    }

    pub(super) fn page(&mut self, length: ListLength) {
        self.pages = self.pages.saturating_add(1);
        self.counts |= length != ListLength::Irrelevant;
        if let ListLength::Known(length) = length {
            self.has_changed |= self.list_length.is_some_and(|before| before != length);
            self.list_length = Some(length);
            self.told = self.told.saturating_add(1);
        }
    }

    /// A certificate without a name of its own cannot be told from others, and is not left out.
    pub(super) fn is_new(&mut self, certificate: &Certificate) -> bool {
        let Some(identity) = identity(certificate) else {
            return true;
        };
        let is_new = self
            .last
            .as_ref()
            .is_none_or(|last| *last != mark(&identity))
            && self.seen.insert(identity);
        self.has_changed |= !is_new;
        is_new
    }

    /// One page alone cannot contradict itself; more of them can only be compared where their
    /// list's length was told twice.
    pub(super) const fn consistent(&self) -> Option<bool> {
        if self.has_changed {
            Some(false)
        } else if !self.counts || self.pages <= 1 || self.told > 1 {
            Some(true)
        } else {
            None
        }
    }
}

/// What a provider knows a certificate by. Where it tells no CA, only the fingerprint tells two of
/// one number apart.
pub(super) fn identity(certificate: &Certificate) -> Option<String> {
    let fingerprint = certificate
        .fingerprint_sha256
        .as_ref()
        .map(Fingerprint::as_str);
    let own = certificate
        .provider_serial_number
        .as_deref()
        .or(fingerprint)?;
    let ca = certificate
        .ca_serial_number
        .as_ref()
        .map_or("", SerialNumber::as_str);
    Some(format!("{own}/{ca}/{}", fingerprint.unwrap_or_default()))
}

/// A short mark of it, for cursors.
pub(super) fn mark(identity: &str) -> String {
    const LENGTH: usize = 16;
    sha256_hex(identity.as_bytes())
        .chars()
        .take(LENGTH)
        .collect()
}
