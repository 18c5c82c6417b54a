//! Prefetches pages of a list where calls are rate-limited.

use std::collections::VecDeque;

use futures_util::stream::{FuturesOrdered, StreamExt};

use crate::error::Error;
use crate::provider::{ListQuery, Lister, Page};
use crate::transport::{LocalFuture, SIDE_BY_SIDE};

/// Fetches the pages of one list.
pub(super) struct Prefetcher<'a> {
    lister: &'a dyn Lister,
    query: &'a ListQuery<'a>,
    /// Prefetch only when calls are rate-limited (otherwise it would only cause throttling), and
    /// stop once a page's `next` differs from the predicted position (each wrong guess costs a
    /// call).
    is_enabled: bool,
    fetching: FuturesOrdered<LocalFuture<'a, Result<Page, Error>>>,
    /// Positions of the pages that are being fetched.
    positions: VecDeque<String>,
}

impl<'a> Prefetcher<'a> {
    pub(super) fn new(
        lister: &'a dyn Lister,
        query: &'a ListQuery<'a>,
        is_rate_limited: bool,
    ) -> Self {
        Self {
            lister,
            query,
            is_enabled: is_rate_limited,
            fetching: FuturesOrdered::new(),
            positions: VecDeque::new(),
        }
    }

    /// The page at this position, which may have been prefetched.
    pub(super) async fn page(
        &mut self,
        position: Option<&str>,
        wanted: usize,
    ) -> Result<Page, Error> {
        if self.positions.front().map(String::as_str) == position {
            self.positions.pop_front();
            if let Some(page) = self.fetching.next().await {
                return page;
            }
        }
        self.lister.page(self.query, position, wanted).await
    }

    /// Begins to fetch up to `pages` pages from this position on, where the provider's positions
    /// are predictable.
    pub(super) fn prefetch(
        &mut self,
        position: &str,
        list_length: u64,
        pages: usize,
        wanted: usize,
    ) {
        if self
            .positions
            .front()
            .is_some_and(|predicted| predicted != position)
        {
            self.disable();
        }
        if !self.is_enabled || pages < 2 {
            return;
        }
        if self.positions.is_empty() {
            self.fetch(position.to_owned(), wanted);
        }
        let missing = SIDE_BY_SIDE.min(pages).saturating_sub(self.positions.len());
        let last = self.positions.back().map_or(position, String::as_str);
        for position in self.lister.next_positions(last, list_length, missing) {
            self.fetch(position, wanted);
        }
    }

    fn fetch(&mut self, position: String, wanted: usize) {
        let Self { lister, query, .. } = *self;
        self.positions.push_back(position.clone());
        self.fetching.push_back(Box::pin(async move {
            lister.page(query, Some(&position), wanted).await
        }));
    }

    fn disable(&mut self) {
        self.is_enabled = false;
        self.positions.clear();
        self.fetching = FuturesOrdered::new();
    }
}
