//! Reads one source's list, over as many pages as are needed and fit into the answer.

mod collected;
mod consistency;
mod pages;
mod prefetch;
mod room;

use std::rc::Rc;

use serde::Serialize;

use self::collected::{Kept, Stop};
use self::consistency::digest;
use self::pages::Pages;
use self::prefetch::Prefetcher;
use super::answer::{DescribedCertificate, UndecidedCertificate};
use crate::error::{Error, ErrorCode};
use crate::model::Certificate;
use crate::operation::cursor::Resume;
use crate::operation::size;
use crate::provider::{CallContext, Entry, ListQuery, Lister};
use crate::request::Verdict;
use crate::vendor::codes::unusable_record;

pub(super) use self::collected::{Collected, Judged};
pub(super) use self::prefetch::PrefetchRoom;
pub(super) use self::room::Room;

/// One source's list and the limits of its part of the answer.
pub(super) struct Listing<'a> {
    pub(super) lister: &'a dyn Lister,
    pub(super) query: ListQuery<'a>,
    pub(super) context: &'a CallContext<'a>,
    /// Whether to keep the certificates that the filter could not judge.
    pub(super) include_undecided: bool,
    /// Whether the list is of use only as a whole. It is then read to its end, or until it is certain
    /// that it does not fit.
    pub(super) is_needed_whole: bool,
    pub(super) room: Rc<Room>,
    /// The memory for prefetched pages, which all sources share.
    pub(super) prefetch_room: PrefetchRoom,
    /// Bytes that each certificate takes in the answer beside its own members.
    pub(super) bytes_beside: usize,
    /// Maximum number of the provider's request ids to keep; later ones are left out.
    pub(super) most_request_ids: usize,
}

/// The reason why a list was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::operation::describe) enum Cut {
    /// The answer holds as many certificates as were requested.
    Limit,
    /// The answer holds as many bytes as it can.
    Size,
    /// No further page could be read in time.
    Time,
}

/// The result of adding a page's certificates.
enum Added {
    /// All were added.
    All {
        /// Whether one of them was new, or the page was empty.
        has_news: bool,
    },
    /// The answer is full.
    Full(Stop),
}

impl Listing<'_> {
    /// Reads pages until the list ends, the limit or the size of the answer is reached, or the time is
    /// up.
    pub(super) async fn collect(&self, begin: Option<Resume>) -> Result<Collected, Error> {
        let mut collected = Collected::since(begin.as_ref());
        let is_rate_limited = self.context.limiter.limits(self.lister.scope().provider);
        let prefetcher = Prefetcher::new(
            self.lister,
            &self.query,
            is_rate_limited,
            self.prefetch_room.clone(),
        );
        let mut pages = Pages::new(prefetcher, begin.map(|resume| resume.position));
        collected.stop = self.read(&mut pages, &mut collected).await?;
        collected.pages = pages.into_positions();
        Ok(collected)
    }

    /// Reads pages into `collected`. Returns where the list continues.
    async fn read(
        &self,
        pages: &mut Pages<'_>,
        collected: &mut Collected,
    ) -> Result<Option<Stop>, Error> {
        let mut largest_page = 0_usize;
        loop {
            let page = match pages.read(self.wanted()).await {
                Ok(page) => page,
                // After the first page, a retryable error ends the answer early: the certificates
                // read so far are worth more than the error, and the cursor continues the list. A
                // list that is needed whole has no cursor: there only the time is a reason to stop.
                Err(error)
                    if !pages.is_at_first_page()
                        && (error.code == ErrorCode::Timeout
                            || error.code.retryable() && !self.is_needed_whole) =>
                {
                    return Ok(pages.next().map(|position| Stop {
                        position,
                        cut: Cut::Time,
                    }));
                }
                Err(error) => return Err(error),
            };
            let index = pages.add(&page)?;
            collected.add_request_ids(page.request_ids, self.most_request_ids);
            collected.total_count = page.total_count.filter(|_| !collected.is_filtered_here);
            collected.consistency.add_page(page.list_length);
            let (bytes_before, kept_before) = (self.room.bytes(), collected.len());
            match self.add(collected, &page.position, index, page.certificates)? {
                Added::All { has_news } => pages.note(has_news, page.next.is_some())?,
                Added::Full(stop) => return Ok(Some(stop)),
            }
            let Some(next) = page.next else {
                return Ok(None);
            };
            largest_page = largest_page.max(self.room.bytes().saturating_sub(bytes_before));
            if let Some(cut) = self.is_full(largest_page) {
                return Ok(Some(Stop {
                    position: next,
                    cut,
                }));
            }
            let kept = collected.len().saturating_sub(kept_before);
            pages.advance(
                next,
                collected.consistency.list_length,
                self.pages_that_fit(largest_page, kept),
                self.wanted(),
            );
        }
    }

    /// Number of certificates to request. If the list is needed whole, one more certificate shows that
    /// it does not fit.
    fn wanted(&self) -> usize {
        let one_more = usize::from(self.is_needed_whole);
        self.room.wanted().saturating_add(one_more)
    }

    /// The reason why no further page is read: the limit is reached, or the next page would most likely
    /// not fit. A page that does not fit would be read twice.
    fn is_full(&self, largest_page: usize) -> Option<Cut> {
        if self.is_needed_whole {
            None
        } else if self.room.wanted() == 0 {
            Some(Cut::Limit)
        } else if largest_page > self.room.bytes_left() {
            Some(Cut::Size)
        } else {
            None
        }
    }

    /// Number of further pages that are needed when each keeps as many certificates as the last
    /// one, and that fit when each is as large as the largest one.
    fn pages_that_fit(&self, largest_page: usize, kept: usize) -> usize {
        let needed = self.wanted().div_ceil(kept.max(1));
        let fitting = self
            .room
            .bytes_left()
            .checked_div(largest_page)
            .unwrap_or(usize::MAX);
        needed.min(fitting)
    }

    /// Adds the certificates of a page that are new and that the filter does not exclude.
    fn add(
        &self,
        collected: &mut Collected,
        position: &str,
        page: usize,
        entries: Vec<Entry>,
    ) -> Result<Added, Error> {
        let mut has_news = entries.is_empty();
        for Entry {
            offset,
            certificate,
            error,
        } in entries
        {
            if !collected.consistency.is_new(&certificate) {
                continue;
            }
            has_news = true;
            let verdict = self.query.filter.judge(&certificate, self.context.now);
            if verdict != Verdict::Match {
                collected.is_filtered_here = true;
                collected.total_count = None;
            }
            let undecided_by = match verdict {
                Verdict::Match => Vec::new(),
                Verdict::Excluded => continue,
                Verdict::Undecided(members) => members,
            };
            let is_match = undecided_by.is_empty();
            if self.room.keeps_none() || !(is_match || self.include_undecided) {
                collected.pass(&certificate, error, is_match, self.context.now);
                continue;
            }
            let certificate = if self.query.include_clients {
                certificate.with_client_ids()
            } else {
                certificate
            };
            let error = error.or_else(|| self.too_long(&certificate));
            let described = DescribedCertificate { certificate, error };
            let judged = if is_match {
                Judged::Match(described)
            } else {
                Judged::Undecided(UndecidedCertificate {
                    described,
                    undecided_by,
                })
            };
            let bytes = self.size(&judged);
            if let Err(cut) = self.room.take(bytes) {
                return Ok(Added::Full(Stop {
                    position: self.position_before(position, offset)?,
                    cut,
                }));
            }
            collected.keep(judged, bytes, page, offset);
        }
        Ok(Added::All { has_news })
    }

    /// The error of a record with texts that no answer can hold.
    fn too_long(&self, certificate: &Certificate) -> Option<Error> {
        let members = certificate.too_long.join(", ");
        (!members.is_empty()).then(|| {
            let problem = format!("too long for an answer, and left out: {members}");
            unusable_record(self.lister.scope().provider, &problem)
        })
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
        let position = match collected.kept(shown) {
            Some(Kept { page, offset, .. }) => {
                let page = collected.pages.get(*page);
                let page = page.map(String::as_str).unwrap_or_default();
                Some(self.position_before(page, *offset)?)
            }
            None => collected.stop.as_ref().map(|stop| stop.position.clone()),
        };
        Ok(position.map(|position| Resume {
            position,
            list_length: collected.consistency.list_length,
            last: collected
                .last_before(shown)
                .as_deref()
                .map(digest)
                .or_else(|| collected.consistency.last.clone()),
        }))
    }

    /// Bytes that a certificate takes in the answer, including the comma after it.
    pub(super) fn size(&self, certificate: &impl Serialize) -> usize {
        let beside = self.bytes_beside.saturating_add(1);
        size::of(certificate, self.room.is_escaped()).saturating_add(beside)
    }
}
