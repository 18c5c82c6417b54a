//! Reads the pages of a list in sequence, and detects a list that has no end.

use super::prefetch::Prefetcher;
use crate::error::{Error, ErrorCode};
use crate::provider::Page;

/// The pages of one list, in sequence.
pub(super) struct Pages<'a> {
    prefetcher: Prefetcher<'a>,
    /// Position of the page to read next; `None` at the beginning of the list.
    next: Option<String>,
    /// Positions of the pages that were read.
    positions: Vec<String>,
    /// Number of pages in a row that had no new certificate.
    stale: usize,
}

impl<'a> Pages<'a> {
    pub(super) const fn new(prefetcher: Prefetcher<'a>, begin: Option<String>) -> Self {
        Self {
            prefetcher,
            next: begin,
            positions: Vec::new(),
            stale: 0,
        }
    }

    /// Reads the next page.
    pub(super) async fn read(&mut self, wanted: usize) -> Result<Page, Error> {
        self.prefetcher.page(self.next.as_deref(), wanted).await
    }

    /// Adds a page to those that were read, and returns its index.
    ///
    /// # Errors
    /// `provider_invalid_response` when it leads back to a page that was read.
    pub(super) fn add(&mut self, page: &Page) -> Result<usize, Error> {
        let has_been_read =
            |next: &String| Some(next) == self.next.as_ref() || self.positions.contains(next);
        if page.next.as_ref().is_some_and(has_been_read) {
            return Err(no_end());
        }
        let index = self.positions.len();
        self.positions.push(page.position.clone());
        Ok(index)
    }

    /// Notes whether a page had a new certificate, or none at all.
    ///
    /// # Errors
    /// `provider_invalid_response` when the pages repeat themselves: a list that grows at its
    /// beginning may repeat one page, but hardly two in a row.
    pub(super) fn note(&mut self, has_news: bool, has_next: bool) -> Result<(), Error> {
        self.stale = if has_news {
            0
        } else {
            self.stale.saturating_add(1)
        };
        if self.stale > 1 && has_next {
            return Err(no_end());
        }
        Ok(())
    }

    /// Goes on to the page at this position, and prefetches up to `pages` pages from there on when
    /// the list's length is known.
    pub(super) fn advance(
        &mut self,
        next: String,
        list_length: Option<u64>,
        pages: usize,
        wanted: usize,
    ) {
        if let Some(list_length) = list_length {
            self.prefetcher.prefetch(&next, list_length, pages, wanted);
        }
        self.next = Some(next);
    }

    /// Position of the page to read next.
    pub(super) fn next(&self) -> Option<String> {
        self.next.clone()
    }

    pub(super) const fn is_at_first_page(&self) -> bool {
        self.positions.is_empty()
    }

    pub(super) fn into_positions(self) -> Vec<String> {
        self.positions
    }
}

fn no_end() -> Error {
    Error::new(
        ErrorCode::ProviderInvalidResponse,
        "the provider's list has no end: a page leads back to one that was read",
    )
}
