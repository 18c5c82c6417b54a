//! The part of a list that was read.

use serde::Serialize;

use super::Cut;
use super::consistency::{Consistency, identity};
use crate::error::{Error, ErrorCode};
use crate::model::{Certificate, RequestId, Timestamp};
use crate::operation::cursor::Resume;
use crate::operation::describe::answer::{DescribedCertificate, UndecidedCertificate};
use crate::operation::describe::counts::Counts;
use crate::request::compare_ends;

/// Bytes of a request id that is like those of the providers, with its quotes and comma.
const BYTES_OF_REQUEST_ID: usize = 50;

/// The part of a list that was read.
#[derive(Default)]
pub(in crate::operation::describe) struct Collected {
    kept: Vec<Kept>,
    /// Positions of the pages that were read.
    pub(super) pages: Vec<String>,
    /// Counts of the matches that were not kept.
    counts: Counts,
    /// The certificates that were counted and not kept.
    passed: Passed,
    pub(in crate::operation::describe) total_count: Option<u64>,
    /// Whether a certificate was excluded or could not be judged here, so that the provider's total
    /// is not exact.
    pub(super) is_filtered_here: bool,
    /// The error of a certificate that was not kept and that the filter may judge another time.
    pub(in crate::operation::describe) failure: Option<Error>,
    /// The position and the reason of an early stop; `None` at the end of the list.
    pub(super) stop: Option<Stop>,
    pub(super) consistency: Consistency,
    pub(in crate::operation::describe) request_ids: Vec<RequestId>,
}

/// The place in a list where the reading stopped.
pub(super) struct Stop {
    /// Position where the list continues.
    pub(super) position: String,
    pub(super) cut: Cut,
}

/// A certificate and its position in the provider's list.
pub(super) struct Kept {
    judged: Judged,
    /// Bytes that it takes in the answer.
    bytes: usize,
    /// The certificates before this one that were counted and not kept.
    passed: Passed,
    /// Index of its page.
    pub(super) page: usize,
    /// Offset from the page's position to just after this certificate.
    pub(super) offset: usize,
}

/// A certificate that the filter does not exclude.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::operation::describe) enum Judged {
    Match(DescribedCertificate),
    Undecided(UndecidedCertificate),
}

impl Judged {
    const fn described(&self) -> &DescribedCertificate {
        match self {
            Self::Match(described) | Self::Undecided(UndecidedCertificate { described, .. }) => {
                described
            }
        }
    }

    const fn certificate(&self) -> &Certificate {
        &self.described().certificate
    }

    const fn is_undecided(&self) -> bool {
        matches!(self, Self::Undecided(_))
    }
}

/// Certificates that were counted and not kept, from the beginning of the reading up to a certificate.
#[derive(Clone, Default)]
struct Passed {
    /// Number of those that the filter could not judge.
    undecided: u64,
    /// Identity of the last of those that come after the last certificate that was kept.
    last: Option<String>,
}

impl Collected {
    /// An empty part of a list that begins at this position.
    pub(super) fn since(begin: Option<&Resume>) -> Self {
        Self {
            consistency: Consistency::since(begin),
            ..Self::default()
        }
    }

    /// Keeps a certificate.
    pub(super) fn keep(&mut self, judged: Judged, bytes: usize, page: usize, offset: usize) {
        let passed = Passed {
            undecided: self.passed.undecided,
            last: self.passed.last.take(),
        };
        self.kept.push(Kept {
            judged,
            bytes,
            passed,
            page,
            offset,
        });
    }

    /// Adds request ids, up to a total of `most` ids and of the bytes that `most` ordinary ids have.
    pub(super) fn add_request_ids(&mut self, ids: Vec<RequestId>, most: usize) {
        let bytes = |ids: &[RequestId]| ids.iter().map(|id| id.len()).sum::<usize>();
        for id in ids {
            let all = bytes(&self.request_ids).saturating_add(id.len());
            if self.request_ids.len() < most && all <= most.saturating_mul(BYTES_OF_REQUEST_ID) {
                self.request_ids.push(id);
            }
        }
    }

    /// Counts a certificate without keeping it. `error` is the reason why its record is not complete.
    pub(super) fn pass(
        &mut self,
        certificate: &Certificate,
        error: Option<Error>,
        is_match: bool,
        now: Timestamp,
    ) {
        if is_match {
            self.counts.count(certificate, now);
        } else {
            self.passed.undecided = self.passed.undecided.saturating_add(1);
            self.failure = self.failure.take().or(error.filter(is_for_a_while));
        }
        self.passed.last = identity(certificate);
    }

    /// The index and the error of the first kept certificate that could not be read for a while.
    pub(in crate::operation::describe) fn first_failure(&self) -> Option<(usize, &Error)> {
        let errors = self.kept.iter().map(|kept| {
            let error = kept.judged.described().error.as_ref();
            error.filter(|error| is_for_a_while(error))
        });
        let mut failures = errors.enumerate();
        failures.find_map(|(index, error)| Some((index, error?)))
    }

    pub(in crate::operation::describe) const fn consistent(&self) -> Option<bool> {
        self.consistency.consistent()
    }

    /// The reason why the list was not read to its end; `None` if it was.
    pub(in crate::operation::describe) fn cut(&self) -> Option<Cut> {
        self.stop.as_ref().map(|stop| stop.cut)
    }

    /// Counts of the matches among the first `shown` kept certificates, and of the matches that were
    /// not kept.
    pub(in crate::operation::describe) fn counted(&self, shown: usize, now: Timestamp) -> Counts {
        let mut counts = self.counts;
        self.kept
            .iter()
            .take(shown)
            .filter(|kept| !kept.judged.is_undecided())
            .for_each(|kept| counts.count(kept.judged.certificate(), now));
        counts
    }

    /// Number of matches among the first `shown` kept certificates.
    pub(in crate::operation::describe) fn matches(&self, shown: usize) -> u64 {
        let kept = self.kept.iter().take(shown);
        number(kept.filter(|kept| !kept.judged.is_undecided()))
    }

    /// Number of certificates before the kept one with this index, or before the end of the reading,
    /// that the filter could not judge.
    pub(in crate::operation::describe) fn undecided(&self, shown: usize) -> u64 {
        let kept = self.kept.iter().take(shown);
        let kept = number(kept.filter(|kept| kept.judged.is_undecided()));
        self.passed_before(shown).undecided.saturating_add(kept)
    }

    /// Identity of the last certificate before the kept one with this index, or before the end of the
    /// reading; `None` when there is none, or it has no identity.
    pub(super) fn last_before(&self, shown: usize) -> Option<String> {
        let last_passed = self.passed_before(shown).last.clone();
        last_passed.or_else(|| {
            let last_kept = self.kept.get(shown.checked_sub(1)?)?;
            identity(last_kept.judged.certificate())
        })
    }

    fn passed_before(&self, shown: usize) -> &Passed {
        self.kept
            .get(shown)
            .map_or(&self.passed, |kept| &kept.passed)
    }

    /// Sorts the kept certificates by the end of validity. Those with equal ends stay in the
    /// provider's order.
    pub(in crate::operation::describe) fn sort_by_end(&mut self) {
        self.kept.sort_by(|one, other| {
            compare_ends(one.judged.certificate(), other.judged.certificate())
        });
    }

    pub(in crate::operation::describe) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn kept(&self, index: usize) -> Option<&Kept> {
        self.kept.get(index)
    }

    pub(in crate::operation::describe) fn get(&self, index: usize) -> Option<&Certificate> {
        self.kept.get(index).map(|kept| kept.judged.certificate())
    }

    /// Bytes that the kept certificate with this index takes in the answer.
    pub(in crate::operation::describe) fn bytes(&self, index: usize) -> usize {
        self.kept.get(index).map_or(0, |kept| kept.bytes)
    }

    pub(in crate::operation::describe) fn into_judged(
        self,
    ) -> impl Iterator<Item = Judged> + use<> {
        self.kept.into_iter().map(|kept| kept.judged)
    }
}

/// Whether the same record may be readable after a while.
const fn is_for_a_while(error: &Error) -> bool {
    use ErrorCode::{ProviderUnavailable, Throttled, Timeout};
    matches!(error.code, ProviderUnavailable | Throttled | Timeout)
}

fn number<T>(items: impl Iterator<Item = T>) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}
