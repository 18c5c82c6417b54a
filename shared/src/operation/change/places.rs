//! An order at one place or at several: each has its own error, and none waits for another.

use futures_util::future::join_all;

use super::admission::admit;
use super::answer::{
    InactivateAnswer, InactivateResult, OneInactivateAnswer, OrderAnswer, Plan,
    SeveralInactivateAnswer, SourceInactivation, SourcedInactivation, needs_another_run, summary,
};
use super::certificate::{Command, Receipts, forbidden};
use super::order::{error_without_effect, left};
use super::run::Run;
use crate::error::{Error, ErrorCode};
use crate::model::Source;
use crate::operation::shared_error;
use crate::provider::{CallContext, Scope, StatusWriter, Target, status_writer};
use crate::request::{
    InactivateRequest, InactivationOrder, MOST_CERTIFICATES, OrderItem, Place, Summary,
};

/// Maximum number of results of certificates that need no change, which cost no call.
const MOST_TOLD: usize = 100;

/// One run of an order.
#[derive(Clone, Copy)]
pub(super) struct OrderRun<'a> {
    pub(super) operation: &'static str,
    pub(super) target: Target,
    pub(super) context: &'a CallContext<'a>,
    pub(super) request: &'a InactivateRequest,
    pub(super) order: &'a InactivationOrder,
}

/// The certificates of one run, by their places.
#[derive(Default)]
pub(super) struct Work {
    pub(super) places: Vec<PlaceWork>,
    /// Whether the answer is that of several places, of which each has its own error.
    pub(super) is_several: bool,
    pub(super) plan: Option<Plan>,
    pub(super) undecided_count: Option<u64>,
}

/// The certificates of one run at one place.
pub(super) struct PlaceWork {
    pub(super) source: Source,
    /// The certificates to change.
    pub(super) items: Vec<OrderItem>,
    /// Those that are left to a later run.
    pub(super) later: Vec<OrderItem>,
    /// The results of certificates that need no change.
    pub(super) settled: Vec<InactivateResult>,
    /// Number of those that have no result.
    pub(super) untold: Summary,
    /// Why nothing is done here.
    pub(super) error: Option<Error>,
}

impl PlaceWork {
    /// All of these certificates, in this run.
    pub(super) fn now(source: Source, items: Vec<OrderItem>) -> Self {
        Self {
            source,
            items,
            later: Vec::new(),
            settled: Vec::new(),
            untold: Summary::default(),
            error: None,
        }
    }
}

impl Work {
    /// Leaves to later runs the certificates beyond those that one answer carries out.
    pub(super) fn in_parts(mut self) -> Self {
        let mut room = MOST_CERTIFICATES;
        for place in &mut self.places {
            place.later = place.items.split_off(room.min(place.items.len()));
            room = room.saturating_sub(place.items.len());
        }
        self
    }
}

impl OrderRun<'_> {
    /// Carries the order out on these certificates of one place.
    ///
    /// # Errors
    /// An error that forbids the order before any call, or because of which nothing was done.
    async fn at_one(
        &self,
        status_writer: &dyn StatusWriter,
        items: &[OrderItem],
    ) -> Result<Vec<InactivateResult>, Error> {
        let Self {
            context,
            request,
            order,
            ..
        } = *self;
        let command = Command {
            target: self.target,
            order_id: &order.id,
            reason: request.reason.as_deref(),
            caller: order.caller.as_deref(),
            dry_run: request.dry_run,
            force: request.force,
            receipts: context
                .config
                .receipt_secrets
                .as_ref()
                .map(|secrets| Receipts {
                    secrets,
                    at: context.now,
                }),
            redelivered_since: context.request.redelivered_since,
        };
        let run = Run::new(context, status_writer, command);
        let results = match admit(context, request, order, self.target, status_writer, items) {
            Ok(()) => {
                let results = run.results(items).await;
                shared_error(results.iter().map(error_without_effect)).map_or(Ok(results), Err)
            }
            Err(error) => Err(error),
        };
        match results {
            // Earlier runs have sent results of this order, so its end must be sent as well: an
            // error that forbids the rest becomes each certificate's result, beside the order's
            // summary.
            Err(error) if request.order.is_some() && !error.needs_redelivery() => Ok(items
                .iter()
                .map(|item| forbidden(&item.certificate, error.clone()))
                .collect()),
            results => results,
        }
    }

    /// Carries the order out at several places side by side.
    ///
    /// # Errors
    /// An error because of which nothing was done anywhere.
    pub(super) async fn at_each(&self, places: Vec<PlaceWork>) -> Result<Vec<PlaceOutcome>, Error> {
        let outcomes = join_all(places.into_iter().map(|work| self.at_place(work))).await;
        let errors = outcomes.iter().map(|outcome| outcome.error.as_ref());
        match shared_error(errors) {
            // The end of an order that earlier runs have begun must be sent.
            Some(error) if self.request.order.is_none() || error.needs_redelivery() => Err(error),
            _ => Ok(outcomes),
        }
    }

    async fn at_place(&self, work: PlaceWork) -> PlaceOutcome {
        let (scope, results) = match self.results_at(&work).await {
            Ok((scope, results)) => (Some(scope), Ok(results)),
            Err(error) => (None, Err(error)),
        };
        let error = results.as_ref().err().cloned();
        let results = results.unwrap_or_else(|error| {
            let items = work.items.iter();
            items
                .map(|item| forbidden(&item.certificate, error.clone()))
                .collect()
        });
        PlaceOutcome {
            work,
            scope,
            results,
            error,
        }
    }

    async fn results_at(&self, work: &PlaceWork) -> Result<(Scope, Vec<InactivateResult>), Error> {
        if let Some(error) = &work.error {
            return Err(error.clone());
        }
        let status_writer = status_writer(self.context, work.source.clone())?;
        let results = match work.items.as_slice() {
            [] => Vec::new(),
            items => self.at_one(status_writer.as_ref(), items).await?,
        };
        Ok((status_writer.scope().clone(), results))
    }

    /// Carries the order out at its place or places.
    ///
    /// # Errors
    /// An error because of which nothing was done anywhere.
    pub(super) async fn carry_out(&self, work: Work) -> Result<InactivateAnswer, Error> {
        let Work {
            places,
            is_several,
            plan,
            undecided_count,
        } = work;
        let mut outcomes = self.at_each(places).await?;
        let untold = limit_told(&mut outcomes);
        let order = OrderAnswer {
            plan,
            undecided_count,
            untold,
            ..self.order_answer(&outcomes)
        };
        if is_several {
            return Ok(InactivateAnswer::Several(SeveralInactivateAnswer {
                operation: self.operation,
                sources: self.sources(&outcomes),
                results: outcomes.iter().flat_map(PlaceOutcome::sourced).collect(),
                order,
            }));
        }
        let outcome = outcomes.into_iter().next().ok_or_else(no_place)?;
        let rest = outcome.left().and_then(|left| self.rest(&left));
        let scope = match (outcome.scope, outcome.error) {
            (_, Some(error)) => return Err(error),
            (scope, None) => scope.ok_or_else(no_place)?,
        };
        let mut results = outcome.results;
        results.extend(outcome.work.settled);
        Ok(InactivateAnswer::One(OneInactivateAnswer {
            operation: self.operation,
            provider: scope.provider,
            region: scope.region,
            instance_id: scope.instance_id,
            results,
            order: OrderAnswer { rest, ..order },
        }))
    }

    /// The answer of an undo, with these results of the places and of other receipts.
    pub(super) fn several(
        &self,
        outcomes: &[PlaceOutcome],
        results: Vec<SourcedInactivation>,
    ) -> SeveralInactivateAnswer {
        let summary = summary(results.iter().map(|sourced| &sourced.result));
        let order = self.order_answer(outcomes);
        SeveralInactivateAnswer {
            operation: self.operation,
            sources: self.sources(outcomes),
            results,
            order: OrderAnswer {
                summary,
                order_summary: order.last.then(|| self.order.earlier_results.plus(summary)),
                ..order
            },
        }
    }

    fn order_answer(&self, outcomes: &[PlaceOutcome]) -> OrderAnswer {
        let left: Vec<Place> = outcomes.iter().filter_map(PlaceOutcome::left).collect();
        let summaries = outcomes.iter().map(PlaceOutcome::summary);
        let summary = summaries.fold(Summary::default(), Summary::plus);
        let is_last = left.is_empty();
        OrderAnswer {
            dry_run: self.request.dry_run,
            order_id: self.order.id.clone(),
            part: self.order.part,
            last: is_last,
            plan: None,
            undecided_count: None,
            summary,
            order_summary: is_last.then(|| self.order.earlier_results.plus(summary)),
            rest: None,
            left,
            untold: Summary::default(),
        }
    }

    fn sources(&self, outcomes: &[PlaceOutcome]) -> Vec<SourceInactivation> {
        let source = |outcome: &PlaceOutcome| {
            let Source {
                provider,
                region,
                instance_id,
            } = outcome.source();
            SourceInactivation {
                provider,
                region,
                instance_id,
                summary: outcome.summary(),
                // An undo goes on with receipts, which are of any places.
                rest: outcome
                    .left()
                    .filter(|_| self.request.undo.is_none())
                    .and_then(|left| self.rest(&left)),
                error: outcome.error.clone(),
            }
        };
        outcomes.iter().map(source).collect()
    }

    /// The request for the certificates that are left at a place, where one request can name them.
    fn rest(&self, left: &Place) -> Option<InactivateRequest> {
        let Source {
            provider,
            region,
            instance_id,
        } = left.source.clone();
        let certificates = left.items.iter().map(|item| item.certificate.clone());
        (1..=MOST_CERTIFICATES)
            .contains(&left.items.len())
            .then(|| InactivateRequest {
                provider: Some(provider),
                region,
                instance_id,
                sources: None,
                certificates: certificates.collect(),
                select: None,
                max_certificates: None,
                plan_id: None,
                allow_shared: false,
                order: None,
                ..self.request.clone()
            })
    }
}

/// The outcome of an order at one place.
pub(super) struct PlaceOutcome {
    work: PlaceWork,
    /// `None` where nothing was done.
    scope: Option<Scope>,
    /// One result for each of its items.
    results: Vec<InactivateResult>,
    /// Why nothing was done there.
    error: Option<Error>,
}

impl PlaceOutcome {
    fn source(&self) -> Source {
        let scope = self.scope.as_ref();
        scope.map_or_else(|| self.work.source.clone(), Source::from)
    }

    fn summary(&self) -> Summary {
        summary(&self.results)
            .plus(summary(&self.work.settled))
            .plus(self.work.untold)
    }

    /// The certificates that another run has to do. Where they could not be selected, the place
    /// itself is left.
    fn left(&self) -> Option<Place> {
        let items = left(&self.work.items, &self.results).into_iter();
        let items: Vec<OrderItem> = items.chain(self.work.later.clone()).collect();
        let is_unselected = self.work.error.as_ref().is_some_and(needs_another_run);
        (is_unselected || !items.is_empty()).then(|| Place {
            source: self.source(),
            items,
        })
    }

    /// The results, each with its place.
    pub(super) fn sourced(&self) -> impl Iterator<Item = SourcedInactivation> {
        let source = self.source();
        let results = self.results.iter().chain(&self.work.settled);
        results.map(move |result| SourcedInactivation {
            provider: Some(source.provider),
            region: source.region.clone(),
            instance_id: source.instance_id.clone(),
            result: result.clone(),
        })
    }
}

/// Drops the results of certificates that need no change for which the answer has no room. Returns
/// their number by outcome.
fn limit_told(outcomes: &mut [PlaceOutcome]) -> Summary {
    let mut room = MOST_TOLD;
    let mut all_untold = Summary::default();
    for PlaceOutcome { work, .. } in outcomes {
        let untold = work.settled.split_off(room.min(work.settled.len()));
        room = room.saturating_sub(work.settled.len());
        work.untold = summary(&untold);
        all_untold = all_untold.plus(work.untold);
    }
    all_untold
}

fn no_place() -> Error {
    Error::new(ErrorCode::Internal, "an order has no place")
}
