//! Lists several sources side by side: each has its own error and cursor, and their certificates
//! are interleaved into one list.

mod cursor;
mod interleave;
mod read;

use std::rc::Rc;

use futures_util::future::join_all;

use self::cursor::Progress;
use self::read::{SourceRead, SourceReply};
use super::Describe;
use super::answer::{SeveralDescribeAnswer, SourceAnswer};
use super::by_end;
use super::counts::Counts;
use super::listing::{PrefetchRoom, Room};
use crate::error::Error;
use crate::model::Source;
use crate::operation::cursor::{BoundRequest, decode, encode};
use crate::operation::{AnswerBudget, Operation, check_distinct, shared_error};
use crate::provider::{CallContext, Lister, lister};
use crate::request::{DescribeRequest, Filter, OrderBy};

/// Bytes of the answer that are reserved for each source: its error, and its cursor, which the
/// cursor of all sources holds as well.
pub(super) const BYTES_OF_SOURCE: usize = 12 * 1024;

/// Answers a request that queries several sources.
///
/// # Errors
/// `invalid_request` for two equal sources or a cursor of another request, and the error that all
/// incomplete sources share.
pub(super) async fn describe(
    context: &CallContext<'_>,
    sources: &[Source],
    request: &DescribeRequest,
    filter: &Filter,
    budget: AnswerBudget,
) -> Result<SeveralDescribeAnswer, Error> {
    let bound = BoundRequest {
        sources,
        filter,
        order: request.order_by.and_then(OrderBy::listed),
        details: request.details,
    };
    let progress: Vec<Progress> = match &request.cursor {
        Some(text) => {
            decode(text, bound).and_then(|progress| cursor::check_count(sources, progress))?
        }
        None => sources.iter().map(|_| Progress::Begin).collect(),
    };
    let budget = AnswerBudget {
        bytes: budget
            .bytes
            .saturating_sub(sources.len().saturating_mul(BYTES_OF_SOURCE)),
        ..budget
    };
    let mut replies = read_all(context, sources, request, filter, budget, progress).await?;
    let incomplete = replies
        .iter()
        .filter(|reply| !matches!(reply.read.progress, Progress::End));
    if let Some(error) = shared_error(incomplete.map(|reply| reply.outcome.as_ref().err())) {
        return Err(error);
    }
    if request.needs_whole_list() {
        sort_by_end(&mut replies, request)?;
    }
    let turns = interleave::turns(
        &mut replies,
        request.limit(),
        budget.bytes,
        request.order_by,
    );
    let answers: Vec<(SourceAnswer, Progress)> = replies
        .iter()
        .map(|reply| reply.answer(request.summary))
        .collect::<Result<_, _>>()?;
    let is_complete = answers.iter().all(|(_, progress)| progress.is_final());
    let (sources, progress): (Vec<SourceAnswer>, Vec<Progress>) = answers.into_iter().unzip();
    let (certificates, undecided) = interleave::interleave(replies, &turns);
    Ok(SeveralDescribeAnswer {
        operation: Describe::NAME,
        certificates: request.limit().map(|_| certificates),
        undecided: request.lists_undecided().then_some(undecided),
        undecided_count: sources.iter().map(|source| source.undecided_count).sum(),
        counts: request.summary.then(|| {
            sources
                .iter()
                .filter_map(|source| source.counts)
                .fold(Counts::default(), Counts::plus)
        }),
        total_count: sources.iter().map(|source| source.total_count).sum(),
        consistent: combine(
            sources
                .iter()
                .filter(|source| source.error.is_none())
                .map(|source| source.consistent),
        ),
        next_cursor: (!is_complete).then(|| encode(bound, &progress)),
        sources,
    })
}

/// Reads all sources side by side. Each has an equal share of the answer's size, unless the answer has
/// to hold all of them whole: then they share all of it.
async fn read_all<'a>(
    context: &'a CallContext<'a>,
    sources: &'a [Source],
    request: &'a DescribeRequest,
    filter: &'a Filter,
    budget: AnswerBudget,
    progress: Vec<Progress>,
) -> Result<Vec<SourceReply<'a>>, Error> {
    let listers: Vec<Result<Box<dyn Lister + '_>, Error>> = sources
        .iter()
        .map(|source| lister(context, source.clone()))
        .collect();
    check_distinct(
        listers
            .iter()
            .map(|lister| lister.as_ref().ok().map(|lister| lister.scope().into())),
    )?;
    let prefetch_room = PrefetchRoom::default();
    let whole = Rc::new(Room::new(request.limit(), budget));
    let share = AnswerBudget {
        bytes: budget.bytes.checked_div(sources.len()).unwrap_or_default(),
        ..budget
    };
    let reads = sources
        .iter()
        .zip(listers)
        .zip(progress)
        .map(|((source, lister), progress)| SourceRead {
            context,
            source,
            lister,
            request,
            filter,
            room: if request.needs_whole_list() {
                Rc::clone(&whole)
            } else {
                Rc::new(Room::new(request.limit(), share))
            },
            prefetch_room: prefetch_room.clone(),
            progress,
        });
    Ok(join_all(reads.map(SourceRead::run)).await)
}

/// Sorts each source's certificates by the end of validity.
///
/// # Errors
/// `unsupported` when a list was not read to its end. The error of a source that failed and may succeed
/// later: its certificates may end sooner than those of the others.
fn sort_by_end(replies: &mut [SourceReply<'_>], request: &DescribeRequest) -> Result<(), Error> {
    for collected in replies.iter().filter_map(SourceReply::collected) {
        by_end::check_complete(collected, request)?;
    }
    for reply in replies {
        match &mut reply.outcome {
            Err(error) if error.code.retryable() => return Err(error.clone()),
            Err(_) | Ok(None) => {}
            Ok(Some(collected)) => collected.sort_by_end(),
        }
    }
    Ok(())
}

/// Combines the sources' `consistent`: `false` when one is, otherwise `None` when one is unknown,
/// otherwise `true`.
pub(super) fn combine(consistent: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    consistent.reduce(|one, other| match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    })?
}
