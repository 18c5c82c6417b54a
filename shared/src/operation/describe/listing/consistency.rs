//! Detects that a list changed while its pages were read: by its length, and by certificates that
//! are listed twice.

use std::collections::HashSet;

use crate::model::{Certificate, Fingerprint, SerialNumber};
use crate::operation::cursor::Resume;
use crate::provider::ListLength;
use crate::signing::sha256_hex;

/// Most pages in a row without a certificate that can be distinguished from others, in a list that
/// is paged by number. More of them may be one page that is repeated for ever.
const MOST_NAMELESS_PAGES: u32 = 100;

/// The evidence of the pages so far about changes of the provider's list.
#[derive(Default)]
pub(super) struct Consistency {
    /// Digests of the identities of the certificates on the pages, which are shorter.
    seen: HashSet<[u8; 16]>,
    /// Digest of the last certificate before the first page.
    pub(super) last: Option<String>,
    pub(super) list_length: Option<u64>,
    /// Number of times that a length was reported, including the one in the cursor.
    lengths: u32,
    /// Number of pages, including those before the cursor as one.
    pages: u32,
    /// Whether the provider pages by number, so that the list's length matters.
    length_matters: bool,
    /// Number of pages by number since the last new certificate that has an identity.
    nameless_pages: u32,
    has_changed: bool,
}

impl Consistency {
    /// Continues from a cursor.
    pub(super) fn since(begin: Option<&Resume>) -> Self {
        let list_length = begin.and_then(|resume| resume.list_length);
        let last = begin.and_then(|resume| resume.last.clone());
        Self {
            last,
            list_length,
            lengths: u32::from(list_length.is_some()),
            pages: u32::from(begin.is_some()),
            ..Self::default()
        }
    }

    /// Takes the length that a page reports.
    pub(super) fn add_page(&mut self, length: ListLength) {
        self.pages = self.pages.saturating_add(1);
        self.length_matters |= length != ListLength::Irrelevant;
        if length != ListLength::Irrelevant {
            self.nameless_pages = self.nameless_pages.saturating_add(1);
        }
        match length {
            ListLength::Known(length) => {
                self.has_changed |= self.list_length.is_some_and(|before| before != length);
                self.list_length = Some(length);
                self.lengths = self.lengths.saturating_add(1);
            }
            ListLength::Contradicted => {
                self.has_changed = true;
                self.list_length = None;
            }
            ListLength::Unknown | ListLength::Irrelevant => {}
        }
    }

    /// Whether this certificate was not listed before. A certificate without an identity counts as
    /// new, because nothing distinguishes it from others, but not in a list that has shown nothing
    /// else for long.
    pub(super) fn is_new(&mut self, certificate: &Certificate) -> bool {
        let Some(identity) = identity(certificate) else {
            let is_new = self.nameless_pages <= MOST_NAMELESS_PAGES;
            self.has_changed |= !is_new;
            return is_new;
        };
        let digest = digest(&identity);
        let is_new =
            self.last.as_ref() != Some(&digest) && self.seen.insert(short(digest.as_bytes()));
        if is_new {
            self.nameless_pages = 0;
        }
        self.has_changed |= !is_new;
        is_new
    }

    /// Whether the list stayed the same. A single page cannot contradict itself; several pages of a
    /// list that is paged by number can be compared only when its length was reported twice.
    pub(super) const fn consistent(&self) -> Option<bool> {
        if self.has_changed {
            Some(false)
        } else if !self.length_matters || self.pages <= 1 || self.lengths > 1 {
            Some(true)
        } else {
            None
        }
    }
}

/// The name by which the provider knows a certificate. Where the provider does not report the CA,
/// only the fingerprint distinguishes two certificates with the same serial number.
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

fn short(digest: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short
        .iter_mut()
        .zip(digest)
        .for_each(|(to, from)| *to = *from);
    short
}

/// A short digest of an identity, for cursors.
pub(super) fn digest(identity: &str) -> String {
    const LENGTH: usize = 16;
    sha256_hex(identity.as_bytes())
        .chars()
        .take(LENGTH)
        .collect()
}
