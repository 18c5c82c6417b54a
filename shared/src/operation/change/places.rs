//! An order at one place or at several: each has its own error, and none waits for another.

use std::future::Future;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};

use super::admission::admit;
use super::answer::{
    InactivateResult, OrderAnswer, SeveralInactivateAnswer, SourceInactivation,
    SourcedInactivation, summary,
};
use super::certificate::{Command, Receipts, forbidden};
use super::client_session::Sessions;
use super::order::{error_without_effect, left};
use super::run::Run;
use crate::error::Error;
use crate::model::Source;
use crate::operation::shared_error;
use crate::provider::{CallContext, StatusWriter, Target, status_writer};
use crate::request::{InactivateRequest, InactivationOrder, OrderItem, Place};

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
    fn ends_sessions(&self) -> bool {
        let default = self.context.config.end_sessions;
        self.target == Target::Inactive && self.request.end_sessions.unwrap_or(default)
    }

    /// The results at a place where nothing is done.
    fn forbidden(&self, items: &[OrderItem], error: &Error) -> Vec<InactivateResult> {
        let sessions = self.ends_sessions().then(Sessions::default);
        let results = items.iter().map(|item| InactivateResult {
            sessions: sessions.clone(),
            ..forbidden(&item.certificate, error.clone())
        });
        results.collect()
    }

    /// Carries the order out on these certificates of one place.
    ///
    /// # Errors
    /// An error that forbids the order before any call, or because of which nothing was done.
    pub(super) async fn at_one(
        &self,
        status_writer: &dyn StatusWriter,
        items: &[OrderItem],
    ) -> Result<Done, Error> {
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
            end_sessions: self.ends_sessions(),
            receipts: context
                .config
                .receipt_secrets
                .as_ref()
                .map(|secrets| Receipts {
                    secrets,
                    at: context.now,
                }),
            log_answers: context.config.log_answers,
            redelivered_since: context.request.redelivered_since,
        };
        let run = Run::new(context, status_writer, command);
        let done = match admit(context, request, order, self.target, status_writer, items) {
            Ok(()) => {
                let done = with_warnings(self.target, status_writer, run.results(items)).await;
                let errors = done.results.iter().map(error_without_effect);
                shared_error(errors).map_or(Ok(done), Err)
            }
            Err(error) => Err(error),
        };
        match done {
            // Earlier runs have sent results of this order, so its end must be sent as well: an
            // error that forbids the rest becomes each certificate's result, beside the order's
            // summary.
            Err(error) if request.order.is_some() && !error.needs_redelivery() => Ok(Done {
                results: self.forbidden(items, &error),
                warnings: Vec::new(),
            }),
            done => done,
        }
    }

    /// Carries the order out at several places side by side.
    ///
    /// # Errors
    /// An error because of which nothing was done anywhere.
    pub(super) async fn at_each(&self, places: Vec<Place>) -> Result<Vec<PlaceOutcome>, Error> {
        let runs = places.into_iter().map(async |place| {
            let done = match status_writer(self.context, place.source.clone()) {
                Ok(status_writer) => self.at_one(status_writer.as_ref(), &place.items).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(Done { results, warnings }) => PlaceOutcome {
                    place,
                    results,
                    warnings,
                    error: None,
                },
                Err(error) => PlaceOutcome {
                    results: self.forbidden(&place.items, &error),
                    place,
                    warnings: Vec::new(),
                    error: Some(error),
                },
            }
        });
        let outcomes = join_all(runs).await;
        let errors = outcomes.iter().map(|outcome| outcome.error.as_ref());
        shared_error(errors).map_or(Ok(outcomes), Err)
    }

    /// The answer with these results of the places.
    pub(super) fn several(
        &self,
        outcomes: &[PlaceOutcome],
        results: Vec<SourcedInactivation>,
    ) -> SeveralInactivateAnswer {
        let left: Vec<Place> = outcomes.iter().filter_map(PlaceOutcome::left).collect();
        let summary = summary(results.iter().map(|sourced| &sourced.result));
        let is_last = left.is_empty();
        SeveralInactivateAnswer {
            operation: self.operation,
            sources: outcomes.iter().map(PlaceOutcome::source).collect(),
            results,
            order: OrderAnswer {
                dry_run: self.request.dry_run,
                order_id: self.order.id.clone(),
                part: self.order.part,
                last: is_last,
                summary,
                order_summary: is_last.then(|| self.order.earlier_results.plus(summary)),
                rest: None,
                warnings: outcomes
                    .iter()
                    .flat_map(|outcome| outcome.warnings.clone())
                    .collect(),
                left,
            },
        }
    }
}

/// The longest wait for the warnings of a place after the results are there.
const WAIT_FOR_WARNINGS: Duration = Duration::from_secs(1);

/// Reads the warnings of a place beside the certificates. An order waits little for them.
async fn with_warnings(
    target: Target,
    status_writer: &dyn StatusWriter,
    results: impl Future<Output = Vec<InactivateResult>>,
) -> Done {
    let warnings = status_writer
        .warnings()
        .filter(|_| target == Target::Inactive);
    let Some(warnings) = warnings else {
        let (results, warnings) = (results.await, Vec::new());
        return Done { results, warnings };
    };
    match select(Box::pin(results), warnings).await {
        Either::Left((results, warnings)) => {
            let warnings = tokio::time::timeout(WAIT_FOR_WARNINGS, warnings).await;
            Done {
                results,
                warnings: warnings.unwrap_or_default(),
            }
        }
        Either::Right((warnings, results)) => Done {
            results: results.await,
            warnings,
        },
    }
}

/// The outcome of an order that was carried out at one place.
pub(super) struct Done {
    pub(super) results: Vec<InactivateResult>,
    pub(super) warnings: Vec<String>,
}

/// The outcome of an order at one place.
pub(super) struct PlaceOutcome {
    place: Place,
    /// One result for each of its items.
    results: Vec<InactivateResult>,
    warnings: Vec<String>,
    /// Why nothing was done there.
    error: Option<Error>,
}

impl PlaceOutcome {
    fn source(&self) -> SourceInactivation {
        let Source {
            provider,
            region,
            instance_id,
        } = self.place.source.clone();
        SourceInactivation {
            provider,
            region,
            instance_id,
            summary: summary(&self.results),
            error: self.error.clone(),
        }
    }

    fn left(&self) -> Option<Place> {
        let items = left(&self.place.items, &self.results);
        (!items.is_empty()).then(|| Place {
            source: self.place.source.clone(),
            items,
        })
    }

    /// The results, each with its place.
    pub(super) fn sourced(&self) -> impl Iterator<Item = SourcedInactivation> {
        let source = &self.place.source;
        self.results.iter().map(|result| SourcedInactivation {
            provider: Some(source.provider),
            region: source.region.clone(),
            instance_id: source.instance_id.clone(),
            result: result.clone(),
        })
    }
}
