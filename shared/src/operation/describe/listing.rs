//! Reads one source's list over as many pages as are needed and fit.

use std::io::{self, Write};

use super::counts::Counts;
use super::drift::{Drift, identity, mark};
use super::pages::Pages;
use crate::error::{Error, ErrorCode};
use crate::model::{Certificate, Timestamp};
use crate::operation::AnswerBudget;
use crate::operation::cursor::Place;
use crate::provider::{CallContext, Entry, ListQuery, Lister};

/// One source's list as it is to be read.
pub(super) struct Listing<'a> {
    pub(super) lister: &'a dyn Lister,
    pub(super) query: ListQuery<'a>,
    pub(super) context: &'a CallContext<'a>,
    /// How many certificates to keep; `None` keeps none and counts all that can be read in time.
    pub(super) limit: Option<usize>,
    /// For the certificates.
    pub(super) budget: AnswerBudget,
    /// What each takes in the answer beside its own members.
    pub(super) bytes_beside: usize,
    /// How many of the provider's ids of the calls are told; those after them are left out.
    pub(super) most_request_ids: usize,
}

/// What was read.
#[derive(Default)]
pub(super) struct Collected {
    kept: Vec<Kept>,
    /// The positions of the pages.
    pages: Vec<String>,
    bytes: usize,
    /// Of those that were not kept.
    counts: Counts,
    /// The last of them.
    last_counted: Option<String>,
    pub(super) total_count: Option<u64>,
    next: Option<String>,
    drift: Drift,
    pub(super) request_ids: Vec<String>,
}

/// A certificate and where it stood.
struct Kept {
    certificate: Certificate,
    page: usize,
    place: usize,
}

impl Listing<'_> {
    /// Reads pages until there is no more, or no more fits: by `limit`, by size, or by time.
    pub(super) async fn collect(&self, begin: Option<Place>) -> Result<Collected, Error> {
        let mut collected = Collected {
            drift: Drift::since(begin.as_ref()),
            ..Collected::default()
        };
        let mut pages = Pages::new(
            self.lister,
            &self.query,
            self.context.limiter.limits(self.lister.scope().provider),
        );
        let mut position = begin.map(|place| place.position);
        let mut exact = true;
        let mut largest_page = 0_usize;
        let mut stale_pages = 0_usize;
        loop {
            let wanted = self.limit.map_or(usize::MAX, |limit| {
                limit.saturating_sub(collected.kept.len())
            });
            let page = match pages.page(position.as_deref(), wanted).await {
                Ok(page) => page,
                // Something that may pass, in the middle: what was read is worth more than an
                // error, and the cursor tells the rest.
                Err(error) if error.code.retryable() && !collected.pages.is_empty() => {
                    collected.next = position;
                    return Ok(collected);
                }
                Err(error) => return Err(error),
            };
            let has_been_read =
                |next: &String| Some(next) == position.as_ref() || collected.pages.contains(next);
            if page.next.as_ref().is_some_and(has_been_read) {
                return Err(in_circles());
            }
            let told = self
                .most_request_ids
                .saturating_sub(collected.request_ids.len());
            collected
                .request_ids
                .extend(page.request_ids.into_iter().take(told));
            collected.total_count = page.total_count.filter(|_| exact);
            collected.drift.page(page.list_length);
            collected.pages.push(page.position);
            let (bytes_before, kept_before) = (collected.bytes, collected.kept.len());
            let mut brings_something = page.certificates.is_empty();
            for Entry {
                offset: place,
                certificate,
            } in page.certificates
            {
                if !collected.drift.is_new(&certificate) {
                    continue;
                }
                brings_something = true;
                if !self.query.filter.matches(&certificate, self.context.now) {
                    exact = false;
                    collected.total_count = None;
                    continue;
                }
                if !self.keep(&mut collected, place, certificate)? {
                    return Ok(collected);
                }
            }
            // A list that grows at its beginning may repeat a page, but hardly two on end.
            stale_pages = if brings_something {
                0
            } else {
                stale_pages.saturating_add(1)
            };
            if stale_pages > 1 && page.next.is_some() {
                return Err(in_circles());
            }
            largest_page = largest_page.max(collected.bytes.saturating_sub(bytes_before));
            let Some(next) = page.next else {
                return Ok(collected);
            };
            // The next page is not begun when it would most likely not fit: a page that is cut is
            // read twice.
            let would_overflow = collected.bytes.saturating_add(largest_page) > self.budget.bytes;
            if self
                .limit
                .is_some_and(|limit| collected.kept.len() >= limit)
                || would_overflow
            {
                collected.next = Some(next);
                return Ok(collected);
            }
            if let Some(list_length) = collected.drift.list_length {
                let wanted = self.limit.map_or(usize::MAX, |limit| {
                    limit.saturating_sub(collected.kept.len())
                });
                let as_the_last =
                    wanted.div_ceil(collected.kept.len().saturating_sub(kept_before).max(1));
                let that_fit = self
                    .budget
                    .bytes
                    .saturating_sub(collected.bytes)
                    .checked_div(largest_page)
                    .unwrap_or(usize::MAX);
                pages.ask_ahead(&next, list_length, as_the_last.min(that_fit), wanted);
            }
            position = Some(next);
        }
    }

    /// Whether there was room. If not, the list goes on at this certificate.
    fn keep(
        &self,
        collected: &mut Collected,
        place: usize,
        certificate: Certificate,
    ) -> Result<bool, Error> {
        let Some(limit) = self.limit else {
            collected.counts.count(&certificate, self.context.now);
            collected.last_counted = identity(&certificate);
            return Ok(true);
        };
        let bytes = self.size(&certificate);
        let is_full = collected.kept.len() >= limit
            || collected.bytes.saturating_add(bytes) > self.budget.bytes;
        let page = collected.pages.len().saturating_sub(1);
        let kept = Kept {
            certificate,
            page,
            place,
        };
        if is_full && !collected.kept.is_empty() {
            collected.next = Some(self.position_of(collected, &kept)?);
            return Ok(false);
        }
        collected.bytes = collected.bytes.saturating_add(bytes);
        collected.kept.push(kept);
        Ok(true)
    }

    /// Where a list begins that has this certificate as its first.
    fn position_of(&self, collected: &Collected, kept: &Kept) -> Result<String, Error> {
        let page = collected
            .pages
            .get(kept.page)
            .map(String::as_str)
            .unwrap_or_default();
        match kept.place.saturating_sub(1) {
            0 => Ok(page.to_owned()),
            places => self.lister.position_after(page, places),
        }
    }

    /// Where the list goes on when only the first so many certificates are shown.
    pub(super) fn rest(&self, collected: &Collected, shown: usize) -> Result<Option<Place>, Error> {
        let position = match collected.kept.get(shown) {
            Some(first_of_rest) => Some(self.position_of(collected, first_of_rest)?),
            None => collected.next.clone(),
        };
        let Some(position) = position else {
            return Ok(None);
        };
        let last = match shown
            .checked_sub(1)
            .and_then(|index| collected.kept.get(index))
        {
            Some(kept) => identity(&kept.certificate).as_deref().map(mark),
            None => collected
                .last_counted
                .as_deref()
                .map(mark)
                .or_else(|| collected.drift.last.clone()),
        };
        Ok(Some(Place {
            position,
            list_length: collected.drift.list_length,
            last,
        }))
    }

    /// Bytes that a certificate takes in the answer, with the comma after it.
    pub(super) fn size(&self, certificate: &Certificate) -> usize {
        let mut counter = Counter {
            bytes: self.bytes_beside.saturating_add(1),
            escaped: self.budget.escaped,
        };
        match serde_json::to_writer(&mut counter, certificate) {
            Ok(()) => counter.bytes,
            Err(_) => usize::MAX,
        }
    }
}

impl Collected {
    pub(super) fn consistent(&self) -> Option<bool> {
        self.drift.consistent()
    }

    /// Counts the first so many of those that were kept, and all that were not.
    pub(super) fn counted(&self, shown: usize, now: Timestamp) -> Counts {
        let mut counts = self.counts;
        self.kept
            .iter()
            .take(shown)
            .for_each(|kept| counts.count(&kept.certificate, now));
        counts
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Certificate> {
        self.kept.get(index).map(|kept| &kept.certificate)
    }

    pub(super) fn into_certificates(self) -> impl Iterator<Item = Certificate> + use<> {
        self.kept.into_iter().map(|kept| kept.certificate)
    }
}

fn in_circles() -> Error {
    Error::new(
        ErrorCode::ProviderInvalidResponse,
        "the provider's list goes in circles: it comes back to what was read",
    )
}

struct Counter {
    bytes: usize,
    escaped: bool,
}

impl Write for Counter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let doubled = if self.escaped {
            buffer
                .iter()
                .filter(|byte| matches!(byte, b'"' | b'\\'))
                .count()
        } else {
            0
        };
        self.bytes = self
            .bytes
            .saturating_add(buffer.len())
            .saturating_add(doubled);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
