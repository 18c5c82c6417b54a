//! The pages of a list, some of which are prefetched where calls are rate-limited.

use std::collections::VecDeque;

use futures_util::stream::{FuturesOrdered, StreamExt};

use crate::error::Error;
use crate::provider::{ListQuery, Lister, Page};
use crate::transport::{LocalFuture, SIDE_BY_SIDE};

/// The pages of one list.
pub(super) struct Pages<'a> {
    lister: &'a dyn Lister,
    query: &'a ListQuery<'a>,
    /// Pages are prefetched only where calls are rate-limited (elsewhere that would only cause
    /// throttling), and not once a page's `next` was another position than the predicted one (each
    /// wrong guess costs a call).
    may_ask_ahead: bool,
    asked: FuturesOrdered<LocalFuture<'a, Result<Page, Error>>>,
    /// Where each of those begins.
    positions: VecDeque<String>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(lister: &'a dyn Lister, query: &'a ListQuery<'a>, is_limited: bool) -> Self {
        Self {
            lister,
            query,
            may_ask_ahead: is_limited,
            asked: FuturesOrdered::new(),
            positions: VecDeque::new(),
        }
    }

    /// The page at this position.
    pub(super) async fn page(
        &mut self,
        position: Option<&str>,
        wanted: usize,
    ) -> Result<Page, Error> {
        if self.positions.front().map(String::as_str) == position {
            self.positions.pop_front();
            if let Some(page) = self.asked.next().await {
                return page;
            }
        }
        self.lister.page(self.query, position, wanted).await
    }

    /// Asks for so many pages from this position on, where the provider can tell where they begin.
    pub(super) fn ask_ahead(
        &mut self,
        position: &str,
        list_length: u64,
        pages: usize,
        wanted: usize,
    ) {
        if self
            .positions
            .front()
            .is_some_and(|expected| expected != position)
        {
            self.give_up();
        }
        if !self.may_ask_ahead || pages < 2 {
            return;
        }
        if self.positions.is_empty() {
            self.ask(position.to_owned(), wanted);
        }
        let missing = SIDE_BY_SIDE.min(pages).saturating_sub(self.positions.len());
        let last = self.positions.back().map_or(position, String::as_str);
        for position in self.lister.next_positions(last, list_length, missing) {
            self.ask(position, wanted);
        }
    }

    fn ask(&mut self, position: String, wanted: usize) {
        let Self { lister, query, .. } = *self;
        self.positions.push_back(position.clone());
        self.asked.push_back(Box::pin(async move {
            lister.page(query, Some(&position), wanted).await
        }));
    }

    fn give_up(&mut self) {
        self.may_ask_ahead = false;
        self.positions.clear();
        self.asked = FuturesOrdered::new();
    }
}
