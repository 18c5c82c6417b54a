//! Prefetches pages of a list where calls are rate-limited.

use std::cell::Cell;
use std::collections::VecDeque;
use std::mem::size_of;
use std::rc::Rc;

use futures_util::stream::{FuturesOrdered, StreamExt};

use crate::error::Error;
use crate::operation::size;
use crate::provider::{Entry, ListQuery, Lister, Page};
use crate::transport::{LocalFuture, MAX_CONCURRENT_CALLS};

/// Maximum size of all prefetched pages that wait for their turn. Nine pages of 100 certificates
/// with their PEMs take about 3 MB.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The memory for prefetched pages. A page that does not fit is dropped, and fetched again when its
/// turn comes.
#[derive(Clone, Default)]
pub(in crate::operation::describe) struct PrefetchRoom(Rc<Cell<usize>>);

/// The part of the room that one page takes, until this is dropped.
struct Taken {
    bytes: usize,
    room: PrefetchRoom,
}

impl PrefetchRoom {
    fn take(&self, page: &Page) -> Option<Taken> {
        let bytes_of =
            |entry: &Entry| size::of(&entry.certificate, false).saturating_add(size_of::<Entry>());
        let bytes = page.certificates.iter().map(bytes_of).sum();
        let all = self.0.get().saturating_add(bytes);
        (all <= MOST_BYTES).then(|| {
            self.0.set(all);
            Taken {
                bytes,
                room: self.clone(),
            }
        })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Self { bytes, room } = self;
        room.0.set(room.0.get().saturating_sub(*bytes));
    }
}

/// A prefetched page; `None` where there was no room for it.
type Prefetched = Option<(Result<Page, Error>, Option<Taken>)>;

/// Fetches the pages of one list.
pub(super) struct Prefetcher<'a> {
    lister: &'a dyn Lister,
    query: &'a ListQuery<'a>,
    /// Prefetch only when calls are rate-limited (otherwise it would only cause throttling), and
    /// stop once a page's `next` differs from the predicted position, or a page was too large (each
    /// such page costs a call).
    is_enabled: bool,
    room: PrefetchRoom,
    fetching: FuturesOrdered<LocalFuture<'a, Prefetched>>,
    /// Positions of the pages that are being fetched.
    positions: VecDeque<String>,
}

impl<'a> Prefetcher<'a> {
    pub(super) fn new(
        lister: &'a dyn Lister,
        query: &'a ListQuery<'a>,
        is_rate_limited: bool,
        room: PrefetchRoom,
    ) -> Self {
        Self {
            lister,
            query,
            is_enabled: is_rate_limited,
            room,
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
            match self.fetching.next().await {
                Some(Some((page, _))) => return page,
                Some(None) => self.disable(),
                None => {}
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
        let missing = MAX_CONCURRENT_CALLS
            .min(pages)
            .saturating_sub(self.positions.len());
        let last = self.positions.back().map_or(position, String::as_str);
        for position in self.lister.next_positions(last, list_length, missing) {
            self.fetch(position, wanted);
        }
    }

    fn fetch(&mut self, position: String, wanted: usize) {
        let Self { lister, query, .. } = *self;
        let room = self.room.clone();
        self.positions.push_back(position.clone());
        self.fetching.push_back(Box::pin(async move {
            match lister.page(query, Some(&position), wanted).await {
                Ok(page) => {
                    let taken = room.take(&page)?;
                    Some((Ok(page), Some(taken)))
                }
                error => Some((error, None)),
            }
        }));
    }

    fn disable(&mut self) {
        self.is_enabled = false;
        self.positions.clear();
        self.fetching = FuturesOrdered::new();
    }
}
