//! Reads one of several sources.

use std::rc::Rc;

use super::cursor::Progress;
use crate::error::Error;
use crate::model::{Certificate, InstanceId, MOST_SOURCES, Source};
use crate::operation::cursor;
use crate::operation::describe::answer::SourceAnswer;
use crate::operation::describe::counts::Counts;
use crate::operation::describe::listing::{Collected, Listing, PrefetchRoom, Room};
use crate::operation::describe::{MOST_REQUEST_IDS, check, query};
use crate::provider::{CallContext, Lister, Scope};
use crate::request::{DescribeRequest, Filter};

/// Bytes of the names of the members that show a certificate's source.
const BYTES_OF_MEMBER_NAMES: usize = 70;

/// One source that is to be read.
pub(super) struct SourceRead<'a> {
    pub(super) context: &'a CallContext<'a>,
    pub(super) source: &'a Source,
    pub(super) lister: Result<Box<dyn Lister + 'a>, Error>,
    pub(super) request: &'a DescribeRequest,
    pub(super) filter: &'a Filter,
    /// The room for its certificates, which may be shared with other sources.
    pub(super) room: Rc<Room>,
    pub(super) prefetch_room: PrefetchRoom,
    pub(super) progress: Progress,
}

/// The part of one source that was read.
pub(super) struct SourceReply<'a> {
    pub(super) read: SourceRead<'a>,
    /// `None` when the source was complete before.
    pub(super) outcome: Result<Option<Collected>, Error>,
    /// Number of its certificates that are shown.
    pub(super) shown: usize,
}

impl<'a> SourceRead<'a> {
    pub(super) async fn run(self) -> SourceReply<'a> {
        let outcome = match (&self.progress, &self.lister) {
            (Progress::End, _) => Ok(None),
            (Progress::Failed(failure), _) => Err(failure.error()),
            (Progress::Begin | Progress::At(_), Ok(lister)) => {
                self.collect(lister.as_ref()).await.map(Some)
            }
            (Progress::Begin | Progress::At(_), Err(error)) => Err(error.clone()),
        };
        SourceReply {
            read: self,
            outcome,
            shown: 0,
        }
    }

    async fn collect(&self, lister: &dyn Lister) -> Result<Collected, Error> {
        check(lister, self.request, self.filter)?;
        let source = [Source::from(lister.scope())];
        let begin = self
            .progress
            .own_cursor()
            .map(|text| cursor::decode(text, self.bound(lister, &source)))
            .transpose()?;
        self.listing(lister).collect(begin).await
    }

    /// The request that the source's own cursor is bound to.
    fn bound<'b>(&'b self, lister: &dyn Lister, source: &'b [Source]) -> cursor::BoundRequest<'b> {
        cursor::BoundRequest {
            sources: source,
            filter: self.filter,
            order: lister.capabilities().order(self.request.order_by),
            details: self.request.details,
        }
    }

    pub(super) fn scope(&self) -> Option<&Scope> {
        self.lister.as_ref().ok().map(|lister| lister.scope())
    }

    fn listing<'b>(&'b self, lister: &'b dyn Lister) -> Listing<'b> {
        let Scope {
            region,
            instance_id,
            ..
        } = lister.scope();
        let instance_id = instance_id.as_ref().map_or("", InstanceId::as_str);
        Listing {
            query: query(lister, self.request, self.filter),
            lister,
            context: self.context,
            include_undecided: self.request.include_undecided,
            is_needed_whole: self.request.needs_whole_list(),
            room: Rc::clone(&self.room),
            prefetch_room: self.prefetch_room.clone(),
            bytes_beside: region
                .as_str()
                .len()
                .saturating_add(instance_id.len())
                .saturating_add(BYTES_OF_MEMBER_NAMES),
            most_request_ids: MOST_REQUEST_IDS.div_euclid(MOST_SOURCES),
        }
    }
}

impl SourceReply<'_> {
    pub(super) fn collected(&self) -> Option<&Collected> {
        self.outcome.as_ref().ok()?.as_ref()
    }

    /// The next certificate to show.
    pub(super) fn candidate(&self) -> Option<&Certificate> {
        self.collected()?.get(self.shown)
    }

    /// Bytes that the next certificate takes in the answer.
    pub(super) fn candidate_bytes(&self) -> usize {
        self.collected()
            .map_or(0, |collected| collected.bytes(self.shown))
    }

    /// The answer about this source, and its progress.
    pub(super) fn answer(&self, summary: bool) -> Result<(SourceAnswer, Progress), Error> {
        let SourceRead {
            source, progress, ..
        } = &self.read;
        let empty = SourceAnswer {
            provider: source.provider,
            region: self
                .read
                .scope()
                .map(|scope| scope.region.clone())
                .or_else(|| source.region.clone()),
            instance_id: source.instance_id.clone(),
            count: 0,
            undecided_count: (!self.read.filter.is_empty()).then_some(0),
            counts: summary.then(Counts::default),
            total_count: None,
            consistent: Some(true),
            next_cursor: None,
            provider_request_ids: Vec::new(),
            error: None,
        };
        match (&self.outcome, &self.read.lister) {
            (Err(error), _) => {
                let answer = SourceAnswer {
                    error: Some(error.clone()),
                    consistent: None,
                    next_cursor: progress.own_cursor().cloned(),
                    ..empty
                };
                Ok((answer, progress.after(error)))
            }
            (Ok(Some(collected)), Ok(lister)) => {
                let lister = lister.as_ref();
                let rest = self.read.listing(lister).rest(collected, self.shown)?;
                let source = [Source::from(lister.scope())];
                let next_cursor =
                    rest.map(|rest| cursor::encode(self.read.bound(lister, &source), &rest));
                let now = self.read.context.now;
                let answer = SourceAnswer {
                    count: collected.matches(self.shown),
                    undecided_count: empty
                        .undecided_count
                        .map(|_| collected.undecided(self.shown)),
                    counts: summary.then(|| collected.counted(self.shown, now)),
                    total_count: collected.total_count,
                    consistent: collected.consistent(),
                    next_cursor: next_cursor.clone(),
                    provider_request_ids: collected.request_ids.clone(),
                    ..empty
                };
                Ok((answer, next_cursor.map_or(Progress::End, Progress::At)))
            }
            (Ok(_), _) => Ok((empty, Progress::End)),
        }
    }
}
