//! Several sources side by side: each with its own error and cursor, their certificates in one
//! list.

use std::cmp::Ordering;

use futures_util::future::join_all;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::answer::{SeveralDescribeAnswer, SourceAnswer, SourcedCertificate};
use super::counts::Counts;
use super::listing::{Collected, Listing};
use super::{Describe, MOST_REQUEST_IDS};
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::MOST_SOURCES;
use crate::model::{Certificate, InstanceId, Region, Source};
use crate::operation::{AnswerBudget, Operation, cursor, none_twice, shared_error};
use crate::provider::{CallContext, ListQuery, Lister, Scope, lister};
use crate::request::{DescribeRequest, Filter, SortOrder};

/// What the members that name the source take in an answer, beside the names themselves.
const BYTES_OF_MEMBER_NAMES: usize = 70;

/// How far a source has been read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Nothing of it was shown yet.
    #[default]
    Begin,
    /// It goes on with this cursor of its own.
    At(String),
    /// Its reading failed for good.
    Failed(Failed),
    /// There is nothing more.
    End,
}

/// A failure for good, as far as it is told again: without what the provider said, so that the
/// cursor stays small.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Failed {
    #[serde(serialize_with = "name", deserialize_with = "code_for_good")]
    code: ErrorCode,
    detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    concerns_parameters: bool,
    /// The source's own cursor, when something of it was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

fn name<S: Serializer>(code: &ErrorCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

fn code_for_good<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ErrorCode, D::Error> {
    let name = String::deserialize(deserializer)?;
    let code = ErrorCode::ALL
        .into_iter()
        .find(|code| code.as_str() == name && !code.retryable());
    code.ok_or_else(|| serde::de::Error::custom("not a failure for good"))
}

impl Failed {
    fn new(error: &Error, at: Option<String>) -> Self {
        let Error {
            code,
            detail,
            field,
            concerns,
            ..
        } = error.clone();
        Self {
            code,
            detail,
            field,
            concerns_parameters: concerns == Concerns::Parameters,
            at,
        }
    }

    fn error(&self) -> Error {
        let Self {
            code,
            detail,
            field,
            concerns_parameters,
            ..
        } = self.clone();
        let concerns = if concerns_parameters {
            Concerns::Parameters
        } else {
            Concerns::Other
        };
        Error {
            field,
            concerns,
            ..Error::new(code, detail)
        }
    }
}

impl State {
    /// The source's own cursor, when its place is known.
    const fn own_cursor(&self) -> Option<&String> {
        match self {
            Self::At(cursor) => Some(cursor),
            Self::Failed(failed) => failed.at.as_ref(),
            Self::Begin | Self::End => None,
        }
    }

    const fn is_final(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::End)
    }

    /// How far it has been read when this came in the way.
    fn after(&self, error: &Error) -> Self {
        if self.is_final() || error.code.retryable() {
            self.clone()
        } else {
            Self::Failed(Failed::new(error, self.own_cursor().cloned()))
        }
    }
}

pub(super) async fn describe(
    context: &CallContext<'_>,
    sources: &[Source],
    request: &DescribeRequest,
    filter: &Filter,
    budget: AnswerBudget,
) -> Result<SeveralDescribeAnswer, Error> {
    let bound = cursor::Request {
        sources,
        filter,
        order: request.order_by,
        details: request.details,
    };
    let states: Vec<State> = match &request.cursor {
        Some(text) => cursor::decode(text, bound)
            .and_then(|states: Vec<State>| one_for_each(sources, states))?,
        None => sources.iter().map(|_| State::Begin).collect(),
    };
    let listers: Vec<Result<Box<dyn Lister + '_>, Error>> = sources
        .iter()
        .map(|source| lister(context, source.clone()))
        .collect();
    none_twice(
        listers
            .iter()
            .map(|lister| lister.as_ref().ok().map(|lister| lister.scope().into())),
    )?;
    let each = AnswerBudget {
        bytes: budget.bytes.checked_div(sources.len()).unwrap_or_default(),
        ..budget
    };
    let asked = sources.iter().zip(listers).zip(states);
    let asked = asked.map(|((source, lister), state)| Asked {
        context,
        source,
        lister,
        request,
        filter,
        budget: each,
        state,
    });
    let mut read: Vec<Read<'_>> = join_all(asked.map(Asked::read)).await;
    let not_at_their_end = read
        .iter()
        .filter(|read| !matches!(read.asked.state, State::End));
    if let Some(error) = shared_error(not_at_their_end.map(|read| read.outcome.as_ref().err())) {
        return Err(error);
    }
    let order = merge(
        &mut read,
        request.limit(),
        request.order_by.unwrap_or_default(),
    );
    let answers: Vec<(SourceAnswer, State)> = read
        .iter()
        .map(|read| read.answer(request.summary))
        .collect::<Result<_, _>>()?;
    let is_complete = answers.iter().all(|(_, state)| state.is_final());
    let (sources, states): (Vec<SourceAnswer>, Vec<State>) = answers.into_iter().unzip();
    Ok(SeveralDescribeAnswer {
        operation: Describe::NAME,
        certificates: request.limit().map(|_| in_order(read, &order)),
        counts: request.summary.then(|| {
            sources
                .iter()
                .filter_map(|source| source.counts)
                .fold(Counts::default(), Counts::plus)
        }),
        total_count: sources.iter().map(|source| source.total_count).sum(),
        consistent: worst(
            sources
                .iter()
                .filter(|source| source.error.is_none())
                .map(|source| source.consistent),
        ),
        next_cursor: (!is_complete).then(|| cursor::encode(bound, &states)),
        sources,
    })
}

/// A digest keeps cursors apart and keeps nobody from making one: a source without a state would be
/// left out.
fn one_for_each(sources: &[Source], states: Vec<State>) -> Result<Vec<State>, Error> {
    let fits = states.len() == sources.len();
    fits.then_some(states).ok_or_else(|| {
        Error::invalid(
            "cursor",
            "it does not tell of each source how far it was read",
        )
    })
}

/// One source that is to be read.
struct Asked<'a> {
    context: &'a CallContext<'a>,
    source: &'a Source,
    lister: Result<Box<dyn Lister + 'a>, Error>,
    request: &'a DescribeRequest,
    filter: &'a Filter,
    budget: AnswerBudget,
    state: State,
}

/// One source that was read, as far as it could be.
struct Read<'a> {
    asked: Asked<'a>,
    /// `None` when there was nothing more.
    outcome: Result<Option<Collected>, Error>,
    /// How many of its certificates are shown.
    shown: usize,
}

impl<'a> Asked<'a> {
    async fn read(self) -> Read<'a> {
        let outcome = match (&self.state, &self.lister) {
            (State::End, _) => Ok(None),
            (State::Failed(failed), _) => Err(failed.error()),
            (State::Begin | State::At(_), Ok(lister)) => {
                self.collect(lister.as_ref()).await.map(Some)
            }
            (State::Begin | State::At(_), Err(error)) => Err(error.clone()),
        };
        Read {
            asked: self,
            outcome,
            shown: 0,
        }
    }

    async fn collect(&self, lister: &dyn Lister) -> Result<Collected, Error> {
        let listing = self.listing(lister)?;
        let source = [Source::from(lister.scope())];
        let begin = self
            .state
            .own_cursor()
            .map(|text| cursor::decode(text, self.bound(lister, &source)))
            .transpose()?;
        listing.collect(begin).await
    }

    /// What the source's own cursor must agree with.
    fn bound<'b>(&'b self, lister: &dyn Lister, source: &'b [Source]) -> cursor::Request<'b> {
        let order = lister.abilities().order(self.request.order_by);
        cursor::Request {
            sources: source,
            filter: self.filter,
            order,
            details: self.request.details,
        }
    }

    fn scope(&self) -> Option<&Scope> {
        self.lister.as_ref().ok().map(|lister| lister.scope())
    }

    fn listing<'b>(&'b self, lister: &'b dyn Lister) -> Result<Listing<'b>, Error> {
        let abilities = lister.abilities();
        abilities.check(self.filter, self.request.order_by, self.request.details)?;
        let Scope {
            region,
            instance_id,
            ..
        } = lister.scope();
        let names = [
            region.as_str(),
            instance_id.as_ref().map_or("", InstanceId::as_str),
        ];
        Ok(Listing {
            query: ListQuery {
                filter: self.filter,
                order: abilities.order(self.request.order_by),
                include_pem: self.request.include_pem,
                details: self.request.details,
            },
            lister,
            context: self.context,
            limit: self.request.limit(),
            budget: self.budget,
            bytes_beside: names
                .iter()
                .map(|name| name.len())
                .sum::<usize>()
                .saturating_add(BYTES_OF_MEMBER_NAMES),
            most_request_ids: MOST_REQUEST_IDS.div_euclid(MOST_SOURCES),
        })
    }
}

impl Read<'_> {
    fn candidate(&self) -> Option<&Certificate> {
        self.outcome.as_ref().ok()?.as_ref()?.get(self.shown)
    }

    /// The answer about this source, and how far it has been read.
    fn answer(&self, summary: bool) -> Result<(SourceAnswer, State), Error> {
        let Source {
            provider,
            region,
            instance_id,
        } = self.asked.source;
        let empty = SourceAnswer {
            provider: *provider,
            region: self
                .asked
                .scope()
                .map(|scope| scope.region.clone())
                .or_else(|| region.clone()),
            instance_id: instance_id.clone(),
            count: 0,
            counts: summary.then(Counts::default),
            total_count: None,
            consistent: Some(true),
            next_cursor: None,
            provider_request_ids: Vec::new(),
            error: None,
        };
        match (&self.outcome, &self.asked.lister) {
            (Err(error), _) => {
                let next_cursor = self.asked.state.own_cursor().cloned();
                let answer = SourceAnswer {
                    error: Some(error.clone()),
                    consistent: None,
                    next_cursor,
                    ..empty
                };
                Ok((answer, self.asked.state.after(error)))
            }
            (Ok(Some(collected)), Ok(lister)) => {
                let rest = self
                    .asked
                    .listing(lister.as_ref())?
                    .rest(collected, self.shown)?;
                let source = [Source::from(lister.scope())];
                let next_cursor = rest.map(|place| {
                    cursor::encode(self.asked.bound(lister.as_ref(), &source), &place)
                });
                let answer = SourceAnswer {
                    count: u64::try_from(self.shown).unwrap_or(u64::MAX),
                    counts: summary.then(|| collected.counted(self.shown, self.asked.context.now)),
                    total_count: collected.total_count,
                    consistent: collected.consistent(),
                    next_cursor: next_cursor.clone(),
                    provider_request_ids: collected.request_ids.clone(),
                    ..empty
                };
                Ok((answer, next_cursor.map_or(State::End, State::At)))
            }
            (Ok(_), _) => Ok((empty, State::End)),
        }
    }
}

/// Decides how many of each source are shown, and in which order: always the first of those that
/// come next, so that what is left of each is the end of its list. Returns the sources by turns.
fn merge(read: &mut [Read<'_>], limit: Option<usize>, order: SortOrder) -> Vec<usize> {
    let mut turns = Vec::new();
    while turns.len() < limit.unwrap_or_default() {
        let candidates = read
            .iter()
            .enumerate()
            .filter_map(|(index, read)| Some((index, read.candidate()?)));
        let first = candidates.reduce(|first, next| {
            if order.compare(next.1, first.1) == Ordering::Less {
                next
            } else {
                first
            }
        });
        let Some(index) = first.map(|(index, _)| index) else {
            break;
        };
        if let Some(read) = read.get_mut(index) {
            read.shown = read.shown.saturating_add(1);
            turns.push(index);
        }
    }
    turns
}

fn in_order(read: Vec<Read<'_>>, turns: &[usize]) -> Vec<SourcedCertificate> {
    let mut lists: Vec<_> = read
        .into_iter()
        .map(|read| {
            let place = read
                .asked
                .scope()
                .map(|scope| (scope.region.clone(), scope.instance_id.clone()));
            let certificates = read
                .outcome
                .ok()
                .flatten()
                .map(Collected::into_certificates);
            (read.asked.source.provider, place, certificates)
        })
        .collect();
    let next = |index: &usize| {
        let (provider, place, certificates) = lists.get_mut(*index)?;
        let (region, instance_id): (Region, Option<InstanceId>) = place.clone()?;
        let certificate = certificates.as_mut()?.next()?;
        Some(SourcedCertificate {
            provider: *provider,
            region,
            instance_id,
            certificate,
        })
    };
    turns.iter().filter_map(next).collect()
}

/// Known to be wrong, else unknown, else right.
pub(super) fn worst(words: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    words.reduce(|one, other| match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    })?
}
