//! An order at one place or at several. Each place has its own error, and none waits for another.

use std::time::Duration;

use futures_util::future::{Either, join_all, select};

use super::admission::admit;
use super::answer::{
    InactivateAnswer, InactivateResult, OneInactivateAnswer, OrderAnswer, SeveralInactivateAnswer,
    SourceInactivation, SourcedInactivation, summary,
};
use super::certificate::{Command, ReceiptIssuer, not_carried_out};
use super::client_session::Sessions;
use super::clients::ClientIdsAre;
use super::order::error_without_effect;
use super::place_work::{PlaceOutcome, PlaceWork, Work, limit_reported};
use super::run::PlaceRun;
use crate::error::{Error, ErrorCode};
use crate::model::Source;
use crate::operation::shared_error;
use crate::provider::{CallContext, Scope, StatusWriter, Target, status_writer};
use crate::request::{
    InactivateRequest, InactivationOrder, MOST_CERTIFICATES, OrderItem, Place, Summary,
};
use crate::transport::LocalFuture;

/// One run of an order.
#[derive(Clone, Copy)]
pub(super) struct OrderRun<'a> {
    pub(super) operation: &'static str,
    pub(super) target: Target,
    pub(super) context: &'a CallContext<'a>,
    pub(super) request: &'a InactivateRequest,
    pub(super) order: &'a InactivationOrder,
}

impl OrderRun<'_> {
    pub(super) fn ends_sessions(&self) -> bool {
        let default = self.context.config.end_sessions;
        self.target == Target::Inactive && self.request.end_sessions.unwrap_or(default)
    }

    /// The results of certificates at a place where nothing is done.
    fn results_not_carried_out(&self, items: &[OrderItem], error: &Error) -> Vec<InactivateResult> {
        let sessions = self.ends_sessions().then(Sessions::default);
        let results = items.iter().map(|item| InactivateResult {
            sessions: sessions.clone(),
            ..not_carried_out(&item.certificate, error.clone())
        });
        results.collect()
    }

    /// The part of the order that concerns all its certificates.
    fn command(&self) -> Command<'_> {
        let Self {
            context,
            request,
            order,
            ..
        } = *self;
        let secrets = context.config.receipt_secrets.as_ref();
        Command {
            target: self.target,
            order_id: &order.id,
            reason: request.reason.as_deref(),
            caller: order.caller.as_deref(),
            dry_run: request.dry_run,
            force: request.force,
            end_sessions: self.ends_sessions(),
            client_ids_are: match request.select {
                Some(_) => ClientIdsAre::Selected {
                    allow_shared: request.allow_shared,
                },
                None => ClientIdsAre::Named,
            },
            receipts: secrets.map(|secrets| ReceiptIssuer {
                secrets,
                at: context.now,
            }),
            log_answers: context.config.log_answers,
            redelivered_since: order.redelivered_since,
        }
    }

    /// Carries the order out on these certificates of one place.
    ///
    /// # Errors
    /// An error that forbids the order before any call, or because of which nothing was done.
    async fn change_all(
        &self,
        status_writer: &dyn StatusWriter,
        items: &[OrderItem],
    ) -> Result<PlaceResults, Error> {
        let Self {
            context,
            request,
            order,
            ..
        } = *self;
        let run = PlaceRun::new(context, status_writer, self.command());
        let done = match admit(context, request, order, self.target, status_writer, items) {
            Ok(()) => {
                let (results, warnings) =
                    with_warnings(self.target, status_writer, Box::pin(run.results(items))).await;
                let done = PlaceResults { results, warnings };
                let errors = done.results.iter().map(error_without_effect);
                shared_error(errors).map_or(Ok(done), Err)
            }
            Err(error) => Err(error),
        };
        match done {
            // Earlier runs have sent results of this order, so its end must be sent as well: an
            // error that forbids the rest becomes each certificate's result, beside the order's
            // summary.
            Err(error) if request.order.is_some() && !error.needs_redelivery() => {
                Ok(PlaceResults {
                    results: self.results_not_carried_out(items, &error),
                    warnings: Vec::new(),
                })
            }
            done => done,
        }
    }

    /// Carries the order out at several places side by side.
    ///
    /// # Errors
    /// An error because of which nothing was done anywhere.
    pub(super) async fn change_at_each(
        &self,
        places: Vec<PlaceWork>,
    ) -> Result<Vec<PlaceOutcome>, Error> {
        self.unless_all_failed(join_all(places.into_iter().map(|work| self.change_at(work))).await)
    }

    /// The outcomes at several places, unless nothing was done at any of them.
    ///
    /// # Errors
    /// The error because of which nothing was done anywhere.
    pub(super) fn unless_all_failed(
        &self,
        outcomes: Vec<PlaceOutcome>,
    ) -> Result<Vec<PlaceOutcome>, Error> {
        let errors = outcomes.iter().map(|outcome| outcome.error.as_ref());
        match shared_error(errors) {
            // The end of an order that earlier runs have begun must be sent.
            Some(error) if self.request.order.is_none() || error.needs_redelivery() => Err(error),
            _ => Ok(outcomes),
        }
    }

    async fn change_at(&self, work: PlaceWork) -> PlaceOutcome {
        match self.try_change_at(&work).await {
            Ok((scope, PlaceResults { results, warnings })) => PlaceOutcome {
                work,
                scope: Some(scope),
                results,
                warnings,
                error: None,
            },
            Err(error) => self.not_done(work, error),
        }
    }

    /// The outcome at a place where nothing is done.
    pub(super) fn not_done(&self, work: PlaceWork, error: Error) -> PlaceOutcome {
        PlaceOutcome {
            results: self.results_not_carried_out(&work.items, &error),
            work,
            scope: None,
            warnings: Vec::new(),
            error: Some(error),
        }
    }

    async fn try_change_at(&self, work: &PlaceWork) -> Result<(Scope, PlaceResults), Error> {
        if let Some(error) = &work.error {
            return Err(error.clone());
        }
        let status_writer = status_writer(self.context, work.source.clone())?;
        let done = match work.items.as_slice() {
            [] => PlaceResults::default(),
            items => self.change_all(status_writer.as_ref(), items).await?,
        };
        Ok((status_writer.scope().clone(), done))
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
        let mut outcomes = self.change_at_each(places).await?;
        let unreported = limit_reported(&mut outcomes);
        let order = OrderAnswer {
            plan,
            undecided_count,
            unreported,
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
    pub(super) fn undo_answer(
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

    pub(super) fn order_answer(&self, outcomes: &[PlaceOutcome]) -> OrderAnswer {
        let left: Vec<Place> = outcomes.iter().filter_map(PlaceOutcome::left).collect();
        let summaries = outcomes.iter().map(PlaceOutcome::summary);
        let summary = summaries.fold(Summary::default(), Summary::plus);
        let is_last = left.is_empty();
        OrderAnswer {
            dry_run: self.request.dry_run,
            order_id: self.order.id.clone(),
            event_id: self.order.event_id().to_owned(),
            part: self.order.part,
            last: is_last,
            plan: None,
            undecided_count: None,
            summary,
            order_summary: is_last.then(|| self.order.earlier_results.plus(summary)),
            rest: None,
            page: None,
            next_order: None,
            warnings: outcomes
                .iter()
                .flat_map(|outcome| outcome.warnings.clone())
                .collect(),
            left,
            unreported: Summary::default(),
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
        let request = self.request.clone();
        // A request that names its certificates also names its place, in the caller's own words.
        let request = match request.select {
            None => request,
            Some(_) => InactivateRequest {
                provider: Some(left.source.provider),
                region: left.source.region.clone(),
                instance_id: left.source.instance_id.clone(),
                ..request
            },
        };
        let certificates = left.items.iter().map(|item| item.certificate.clone());
        (1..=MOST_CERTIFICATES)
            .contains(&left.items.len())
            .then(|| InactivateRequest {
                sources: None,
                certificates: certificates.collect(),
                select: None,
                max_certificates: None,
                plan_id: None,
                allow_shared: false,
                force: request.force && !left.items.iter().all(|item| item.is_done),
                order: None,
                ..request
            })
    }
}

/// The longest wait for the warnings of a place after the results are there.
const WAIT_FOR_WARNINGS: Duration = Duration::from_secs(1);

/// Reads the warnings of a place beside the certificates. An order waits little for them.
pub(super) async fn with_warnings<T>(
    target: Target,
    status_writer: &dyn StatusWriter,
    work: LocalFuture<'_, T>,
) -> (T, Vec<String>) {
    let warnings = status_writer
        .warnings()
        .filter(|_| target == Target::Inactive);
    let Some(warnings) = warnings else {
        return (work.await, Vec::new());
    };
    match select(work, warnings).await {
        Either::Left((done, warnings)) => {
            let warnings = tokio::time::timeout(WAIT_FOR_WARNINGS, warnings).await;
            (done, warnings.unwrap_or_default())
        }
        Either::Right((warnings, work)) => (work.await, warnings),
    }
}

/// The results of an order that was carried out at one place.
#[derive(Default)]
struct PlaceResults {
    results: Vec<InactivateResult>,
    warnings: Vec<String>,
}

fn no_place() -> Error {
    Error::new(ErrorCode::Internal, "an order has no place")
}
