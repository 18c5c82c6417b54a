//! Several sources side by side: each with its own error and cursor, their certificates in one list.

use std::cmp::Ordering;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::answer::{SeveralDescribeAnswer, SourceAnswer, SourcedCertificate};
use super::counts::Counts;
use super::listing::{Collected, Listing};
use super::{Describe, MOST_REQUEST_IDS};
use crate::error::Error;
use crate::model::{Certificate, InstanceId, Region, Source};
use crate::operation::cursor::{self, Place};
use crate::operation::{AnswerBudget, Operation, shared_error};
use crate::provider::{Describe as Describer, ListQuery, Scope, Session, describer};
use crate::request::{DescribeRequest, Filter, MOST_SOURCES, Order};

/// What the members that name the source take in an answer, beside the names themselves.
const BYTES_OF_MEMBER_NAMES: usize = 70;

/// How far a source has been read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Nothing was read yet, or its reading failed and may succeed another time.
    #[default]
    Begin,
    /// It goes on here.
    At(Place),
    /// There is nothing more, or its reading failed for good.
    End,
}

pub(super) async fn describe(
    session: &Session<'_>,
    sources: &[Source],
    request: &DescribeRequest,
    filter: &Filter,
    budget: AnswerBudget,
) -> Result<SeveralDescribeAnswer, Error> {
    let bound = cursor::Request { sources, filter, order: request.order_by };
    let states: Vec<State> = match &request.cursor {
        Some(text) => cursor::decode(text, bound).and_then(|states: Vec<State>| one_for_each(sources, states))?,
        None => sources.iter().map(|_| State::Begin).collect(),
    };
    let each = AnswerBudget { bytes: budget.bytes.checked_div(sources.len()).unwrap_or_default(), ..budget };
    let asked = sources.iter().zip(states).map(|(source, state)| Asked { session, source, request, filter, budget: each, state });
    let mut read: Vec<Read<'_>> = join_all(asked.map(Asked::read)).await;
    if let Some(error) = shared_error(read.iter().filter(|read| !read.was_at_its_end).map(|read| read.outcome.as_ref().err())) {
        return Err(error);
    }
    let order = merge(&mut read, request.limit(), request.order_by.unwrap_or_default());
    let answers: Vec<(SourceAnswer, State)> = read.iter().map(|read| read.answer(request.summary)).collect::<Result<_, _>>()?;
    let is_complete = answers.iter().all(|(_, state)| matches!(state, State::End));
    let (sources, states): (Vec<SourceAnswer>, Vec<State>) = answers.into_iter().unzip();
    Ok(SeveralDescribeAnswer {
        operation: Describe::NAME,
        certificates: request.limit().map(|_| in_order(read, &order)),
        counts: request.summary.then(|| sources.iter().filter_map(|source| source.counts).fold(Counts::default(), Counts::plus)),
        total_count: sources.iter().map(|source| source.total_count).sum(),
        consistent: worst(sources.iter().filter(|source| source.error.is_none()).map(|source| source.consistent)),
        next_cursor: (!is_complete).then(|| cursor::encode(bound, &states)),
        sources,
    })
}

/// A digest keeps cursors apart and keeps nobody from making one: a source without a state would be left out.
fn one_for_each(sources: &[Source], states: Vec<State>) -> Result<Vec<State>, Error> {
    let fits = states.len() == sources.len();
    fits.then_some(states).ok_or_else(|| Error::invalid("cursor", "it does not tell of each source how far it was read"))
}

/// One source that is to be read.
struct Asked<'a> {
    session: &'a Session<'a>,
    source: &'a Source,
    request: &'a DescribeRequest,
    filter: &'a Filter,
    budget: AnswerBudget,
    state: State,
}

/// One source that was read, as far as it could be.
struct Read<'a> {
    asked: Asked<'a>,
    scope: Option<Scope>,
    outcome: Result<(Option<Box<dyn Describer + 'a>>, Collected), Error>,
    was_at_its_end: bool,
    /// How many of its certificates are shown.
    shown: usize,
}

impl<'a> Asked<'a> {
    async fn read(self) -> Read<'a> {
        if matches!(self.state, State::End) {
            return Read { asked: self, scope: None, outcome: Ok((None, Collected::default())), was_at_its_end: true, shown: 0 };
        }
        match describer(self.session, self.source.clone()) {
            Ok(describer) => {
                let scope = describer.scope().clone();
                let outcome = match self.listing(describer.as_ref()) {
                    Ok(listing) => listing.collect(self.begin()).await,
                    Err(error) => Err(error),
                };
                let outcome = outcome.map(|collected| (Some(describer), collected));
                Read { asked: self, scope: Some(scope), outcome, was_at_its_end: false, shown: 0 }
            }
            Err(error) => Read { asked: self, scope: None, outcome: Err(error), was_at_its_end: false, shown: 0 },
        }
    }

    fn begin(&self) -> Option<Place> {
        match &self.state {
            State::At(place) => Some(place.clone()),
            State::Begin | State::End => None,
        }
    }

    fn listing<'b>(&'b self, describer: &'b dyn Describer) -> Result<Listing<'b>, Error> {
        let abilities = describer.abilities();
        abilities.check(self.filter, self.request.order_by)?;
        let Scope { region, instance_id, .. } = describer.scope();
        let names = [region.as_str(), instance_id.as_ref().map_or("", InstanceId::as_str)];
        Ok(Listing {
            query: ListQuery { filter: self.filter, order: abilities.order(self.request.order_by), include_pem: self.request.include_pem },
            describer,
            session: self.session,
            limit: self.request.limit(),
            budget: self.budget,
            bytes_beside: names.iter().map(|name| name.len()).sum::<usize>().saturating_add(BYTES_OF_MEMBER_NAMES),
            most_request_ids: MOST_REQUEST_IDS.div_euclid(MOST_SOURCES),
        })
    }
}

impl Read<'_> {
    fn candidate(&self) -> Option<&Certificate> {
        self.outcome.as_ref().ok().and_then(|(_, collected)| collected.get(self.shown))
    }

    /// The answer about this source, and how far it has been read.
    fn answer(&self, summary: bool) -> Result<(SourceAnswer, State), Error> {
        let Source { provider, region, instance_id } = self.asked.source;
        let empty = SourceAnswer {
            provider: *provider,
            region: self.scope.as_ref().map(|scope| scope.region.clone()).or_else(|| region.clone()),
            instance_id: instance_id.clone(),
            count: 0,
            counts: summary.then(Counts::default),
            total_count: None,
            consistent: Some(true),
            next_cursor: None,
            provider_request_ids: Vec::new(),
            error: None,
        };
        match &self.outcome {
            Err(error) => {
                let state = if error.code.retryable() { self.asked.state.clone() } else { State::End };
                Ok((SourceAnswer { error: Some(error.clone()), consistent: None, ..empty }, state))
            }
            Ok((None, _)) => Ok((empty, State::End)),
            Ok((Some(describer), collected)) => {
                let rest = self.asked.listing(describer.as_ref())?.rest(collected, self.shown)?;
                let order = describer.abilities().order(self.asked.request.order_by);
                let source = [Source::from(describer.scope())];
                let bound = cursor::Request { sources: &source, filter: self.asked.filter, order };
                let answer = SourceAnswer {
                    count: u64::try_from(self.shown).unwrap_or(u64::MAX),
                    counts: summary.then(|| collected.counted(self.shown, self.asked.session.now)),
                    total_count: collected.total_count,
                    consistent: collected.consistent(),
                    next_cursor: rest.as_ref().map(|place| cursor::encode(bound, place)),
                    provider_request_ids: collected.request_ids.clone(),
                    ..empty
                };
                Ok((answer, rest.map_or(State::End, State::At)))
            }
        }
    }
}

/// Decides how many of each source are shown, and in which order: always the first of those that come next, so that what is left of
/// each is the end of its list. Returns the sources by turns.
fn merge(read: &mut [Read<'_>], limit: Option<usize>, order: Order) -> Vec<usize> {
    let mut turns = Vec::new();
    while turns.len() < limit.unwrap_or_default() {
        let candidates = read.iter().enumerate().filter_map(|(index, read)| Some((index, read.candidate()?)));
        let first = candidates.reduce(|first, next| if order.compare(next.1, first.1) == Ordering::Less { next } else { first });
        let Some(index) = first.map(|(index, _)| index) else { break };
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
            let place = read.scope.map(|scope| (scope.region, scope.instance_id));
            let certificates = read.outcome.ok().map(|(_, collected)| collected.into_certificates());
            (read.asked.source.provider, place, certificates)
        })
        .collect();
    let next = |index: &usize| {
        let (provider, place, certificates) = lists.get_mut(*index)?;
        let (region, instance_id): (Region, Option<InstanceId>) = place.clone()?;
        let certificate = certificates.as_mut()?.next()?;
        Some(SourcedCertificate { provider: *provider, region, instance_id, certificate })
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
