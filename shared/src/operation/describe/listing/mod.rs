//! Reads one source's list, over as many pages as are needed and fit into the answer.

mod consistency;
mod pages;
mod prefetch;

use std::io::{self, Write};

use self::consistency::{Consistency, digest, identity};
use self::pages::{News, Pages};
use self::prefetch::Prefetcher;
use super::answer::DescribedCertificate;
use super::counts::Counts;
use crate::error::Error;
use crate::model::{Certificate, Timestamp};
use crate::operation::AnswerBudget;
use crate::operation::cursor::Resume;
use crate::provider::{CallContext, Entry, ListQuery, Lister};

/// One source's list and the limits of its part of the answer.
pub(super) struct Listing<'a> {
    pub(super) lister: &'a dyn Lister,
    pub(super) query: ListQuery<'a>,
    pub(super) context: &'a CallContext<'a>,
    /// Maximum number of certificates to keep. `None` keeps none, and counts all that can be read
    /// in time.
    pub(super) limit: Option<usize>,
    /// Maximum size of the certificates.
    pub(super) budget: AnswerBudget,
    /// Bytes that each certificate takes in the answer beside its own members.
    pub(super) bytes_beside: usize,
    /// Maximum number of the provider's request ids to keep; later ones are left out.
    pub(super) most_request_ids: usize,
}

/// The part of a list that was read.
#[derive(Default)]
pub(super) struct Collected {
    kept: Vec<Kept>,
    /// Positions of the pages that were read.
    pages: Vec<String>,
    /// Size of the kept certificates in the answer.
    bytes: usize,
    /// Counts of the certificates that were not kept.
    counts: Counts,
    /// Identity of the last certificate that was not kept.
    last_counted: Option<String>,
    pub(super) total_count: Option<u64>,
    /// Whether the filter excluded a certificate, so that the provider's total is not exact.
    has_excluded: bool,
    /// Position where the list continues; `None` at its end.
    next: Option<String>,
    consistency: Consistency,
    pub(super) request_ids: Vec<String>,
}

/// A certificate and its position in the provider's list.
struct Kept {
    described: DescribedCertificate,
    /// Index of its page.
    page: usize,
    /// Offset from the page's position to just after this certificate.
    offset: usize,
}

/// The result of adding a page's certificates.
enum Added {
    /// All were added.
    All {
        /// Whether one of them was new, or the page was empty.
        news: News,
    },
    /// The answer is full. The list continues at this position.
    Full(String),
}

impl Listing<'_> {
    /// Reads pages until the list ends or no more fits: by `limit`, by size or by time.
    pub(super) async fn collect(&self, begin: Option<Resume>) -> Result<Collected, Error> {
        let mut collected = Collected {
            consistency: Consistency::since(begin.as_ref()),
            ..Collected::default()
        };
        let is_rate_limited = self.context.limiter.limits(self.lister.scope().provider);
        let prefetcher = Prefetcher::new(self.lister, &self.query, is_rate_limited);
        let mut pages = Pages::new(prefetcher, begin.map(|resume| resume.position));
        collected.next = self.read(&mut pages, &mut collected).await?;
        collected.pages = pages.into_positions();
        Ok(collected)
    }

    /// Returns the position where the list continues.
    async fn read(
        &self,
        pages: &mut Pages<'_>,
        collected: &mut Collected,
    ) -> Result<Option<String>, Error> {
        let mut largest_page = 0_usize;
        loop {
            let page = match pages.read(self.wanted(collected)).await {
                Ok(page) => page,
                // After the first page, a retryable error ends the answer early: the certificates
                // read so far are worth more than the error, and the cursor continues the list.
                Err(error) if error.code.retryable() && !pages.is_at_first_page() => {
                    return Ok(pages.next());
                }
                Err(error) => return Err(error),
            };
            let index = pages.add(&page)?;
            let free_request_ids = self
                .most_request_ids
                .saturating_sub(collected.request_ids.len());
            collected
                .request_ids
                .extend(page.request_ids.into_iter().take(free_request_ids));
            collected.total_count = page.total_count.filter(|_| !collected.has_excluded);
            collected.consistency.add_page(page.list_length);
            let (bytes_before, kept_before) = (collected.bytes, collected.kept.len());
            match self.add(collected, &page.position, index, page.certificates)? {
                Added::All { news } => pages.note(news, page.next.is_some())?,
                Added::Full(position) => return Ok(Some(position)),
            }
            let Some(next) = page.next else {
                return Ok(None);
            };
            largest_page = largest_page.max(collected.bytes.saturating_sub(bytes_before));
            if self.is_full(collected, largest_page) {
                return Ok(Some(next));
            }
            let kept = collected.kept.len().saturating_sub(kept_before);
            pages.advance(
                next,
                collected.consistency.list_length,
                self.pages_that_fit(collected, largest_page, kept),
                self.wanted(collected),
            );
        }
    }

    /// Number of certificates that are still wanted.
    fn wanted(&self, collected: &Collected) -> usize {
        self.limit.map_or(usize::MAX, |limit| {
            limit.saturating_sub(collected.kept.len())
        })
    }

    /// Whether the limit is reached, or the next page would most likely not fit: a page that is cut
    /// is read twice.
    fn is_full(&self, collected: &Collected, largest_page: usize) -> bool {
        self.wanted(collected) == 0
            || collected.bytes.saturating_add(largest_page) > self.budget.bytes
    }

    /// Number of further pages that are needed when each keeps as many certificates as the last
    /// one, and that fit when each is as large as the largest one.
    fn pages_that_fit(&self, collected: &Collected, largest_page: usize, kept: usize) -> usize {
        let needed = self.wanted(collected).div_ceil(kept.max(1));
        let fitting = self
            .budget
            .bytes
            .saturating_sub(collected.bytes)
            .checked_div(largest_page)
            .unwrap_or(usize::MAX);
        needed.min(fitting)
    }

    /// Adds the certificates of a page that are new and match the filter.
    fn add(
        &self,
        collected: &mut Collected,
        position: &str,
        page: usize,
        entries: Vec<Entry>,
    ) -> Result<Added, Error> {
        let mut news = if entries.is_empty() {
            News::Yes
        } else {
            News::No
        };
        for Entry {
            offset,
            certificate,
            error,
        } in entries
        {
            if !collected.consistency.is_new(&certificate) {
                continue;
            }
            news = news.max(match identity(&certificate) {
                Some(_) => News::Yes,
                None => News::Open,
            });
            if !self.query.filter.matches(&certificate, self.context.now) {
                collected.has_excluded = true;
                collected.total_count = None;
                continue;
            }
            let Some(limit) = self.limit else {
                collected.counts.count(&certificate, self.context.now);
                collected.last_counted = identity(&certificate);
                continue;
            };
            let described = DescribedCertificate { certificate, error };
            let bytes = collected.bytes.saturating_add(self.size(&described));
            let is_full = collected.kept.len() >= limit || bytes > self.budget.bytes;
            if is_full && !collected.kept.is_empty() {
                return Ok(Added::Full(self.position_before(position, offset)?));
            }
            collected.bytes = bytes;
            collected.kept.push(Kept {
                described,
                page,
                offset,
            });
        }
        Ok(Added::All { news })
    }

    /// Position of a list that begins with the certificate at this offset of a page.
    fn position_before(&self, page: &str, offset: usize) -> Result<String, Error> {
        match offset.saturating_sub(1) {
            0 => Ok(page.to_owned()),
            skipped => self.lister.position_after(page, skipped),
        }
    }

    /// The point at which the list continues when only the first `shown` certificates are shown.
    pub(super) fn rest(
        &self,
        collected: &Collected,
        shown: usize,
    ) -> Result<Option<Resume>, Error> {
        let position = match collected.kept.get(shown) {
            Some(first) => {
                let page = collected.pages.get(first.page);
                let page = page.map(String::as_str).unwrap_or_default();
                Some(self.position_before(page, first.offset)?)
            }
            None => collected.next.clone(),
        };
        let Some(position) = position else {
            return Ok(None);
        };
        let last = match shown
            .checked_sub(1)
            .and_then(|index| collected.kept.get(index))
        {
            Some(kept) => identity(&kept.described.certificate).as_deref().map(digest),
            None => collected
                .last_counted
                .as_deref()
                .map(digest)
                .or_else(|| collected.consistency.last.clone()),
        };
        Ok(Some(Resume {
            position,
            list_length: collected.consistency.list_length,
            last,
        }))
    }

    /// Bytes that a certificate takes in the answer, including the comma after it.
    pub(super) fn size(&self, certificate: &DescribedCertificate) -> usize {
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
    pub(super) const fn consistent(&self) -> Option<bool> {
        self.consistency.consistent()
    }

    /// Counts of the first `shown` kept certificates and of all that were not kept.
    pub(super) fn counted(&self, shown: usize, now: Timestamp) -> Counts {
        let mut counts = self.counts;
        self.kept
            .iter()
            .take(shown)
            .for_each(|kept| counts.count(&kept.described.certificate, now));
        counts
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Certificate> {
        self.kept.get(index).map(|kept| &kept.described.certificate)
    }

    pub(super) fn into_certificates(self) -> impl Iterator<Item = DescribedCertificate> + use<> {
        self.kept.into_iter().map(|kept| kept.described)
    }
}

/// Counts the bytes that are written to it.
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
