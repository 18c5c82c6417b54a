//! An order at one place or at several: each has its own error, and none waits for another.

use futures_util::future::join_all;

use super::admission::admit;
use super::answer::{
    InactivateAnswer, InactivateResult, OneInactivateAnswer, OrderAnswer, Plan,
    SeveralInactivateAnswer, SourceInactivation, SourcedInactivation, needs_another_run, summary,
};
use super::certificate::Command;
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
    /// Why nothing is done here.
    pub(super) error: Option<Error>,
}

impl PlaceWork {
    /// All of these certificates, in this run.
    pub(super) const fn now(source: Source, items: Vec<OrderItem>) -> Self {
        Self {
            source,
            items,
            later: Vec::new(),
            settled: Vec::new(),
            error: None,
        }
    }

    /// The certificates that another run has to do. Where nothing could be selected, the place
    /// itself is left.
    fn left(&self, outcome: &Result<(Scope, Vec<InactivateResult>), Error>) -> Option<Place> {
        let items = match outcome {
            Ok((_, results)) => left(&self.items, results),
            Err(error) if needs_another_run(error) => self.items.clone(),
            Err(_) => return None,
        };
        let items: Vec<OrderItem> = items.into_iter().chain(self.later.clone()).collect();
        (outcome.is_err() || !items.is_empty()).then(|| Place {
            source: self.source.clone(),
            items,
        })
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
            redelivered_since: context.request.redelivered_since,
        };
        let run = Run::new(context, status_writer, command);
        let results = match admit(context, request, order, status_writer, items) {
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
            Err(error) if request.order.is_some() && !error.needs_redelivery() => {
                Ok(run.forbidden(items, &error))
            }
            results => results,
        }
    }

    /// Carries the order out at its places side by side.
    ///
    /// # Errors
    /// An error because of which nothing was done anywhere.
    pub(super) async fn at_places(&self, work: Work) -> Result<InactivateAnswer, Error> {
        let outcomes = join_all(work.places.iter().map(|place| self.at_place(place))).await;
        // The end of an order that earlier runs have begun must be sent.
        if let Some(error) = shared_error(outcomes.iter().map(|outcome| outcome.as_ref().err()))
            && (self.request.order.is_none() || error.needs_redelivery())
        {
            return Err(error);
        }
        let mut told = Told::default();
        let mut sources = Vec::new();
        let mut results: Vec<(Scope, Vec<InactivateResult>)> = Vec::new();
        let mut left_places = Vec::new();
        for (place, outcome) in work.places.into_iter().zip(outcomes) {
            let left = place.left(&outcome);
            let rest = left.as_ref().and_then(|left| self.rest(left));
            left_places.extend(left);
            let source = SourceInactivation {
                provider: place.source.provider,
                region: place.source.region,
                instance_id: place.source.instance_id,
                summary: Summary::default(),
                rest,
                error: None,
            };
            match outcome {
                Ok((scope, of_place)) => {
                    sources.push(SourceInactivation {
                        region: Some(scope.region.clone()),
                        summary: summary(of_place.iter().chain(&place.settled)),
                        ..source
                    });
                    let of_place = of_place.into_iter().chain(told.of(place.settled));
                    results.push((scope, of_place.collect()));
                }
                Err(error) if !work.is_several => return Err(error),
                Err(error) => sources.push(SourceInactivation {
                    error: Some(error),
                    ..source
                }),
            }
        }
        let is_last = left_places.is_empty();
        let this_part = sources
            .iter()
            .fold(Summary::default(), |sum, source| sum.plus(source.summary));
        let order = OrderAnswer {
            dry_run: self.request.dry_run,
            order_id: self.order.id.clone(),
            part: self.order.part,
            last: is_last,
            plan: work.plan,
            undecided_count: work.undecided_count,
            summary: this_part,
            order_summary: is_last.then(|| self.order.earlier_results.plus(this_part)),
            rest: None,
            left: left_places,
            untold: told.untold,
        };
        Ok(if work.is_several {
            InactivateAnswer::Several(SeveralInactivateAnswer {
                operation: self.operation,
                results: results.into_iter().flat_map(sourced).collect(),
                sources,
                order,
            })
        } else {
            let (scope, results) = results.into_iter().next().ok_or_else(no_place)?;
            InactivateAnswer::One(OneInactivateAnswer {
                operation: self.operation,
                provider: scope.provider,
                region: scope.region,
                instance_id: scope.instance_id,
                results,
                order: OrderAnswer {
                    rest: sources.into_iter().find_map(|source| source.rest),
                    ..order
                },
            })
        })
    }

    async fn at_place(&self, place: &PlaceWork) -> Result<(Scope, Vec<InactivateResult>), Error> {
        if let Some(error) = &place.error {
            return Err(error.clone());
        }
        let status_writer = status_writer(self.context, place.source.clone())?;
        let results = match place.items.as_slice() {
            [] => Vec::new(),
            items => self.at_one(status_writer.as_ref(), items).await?,
        };
        Ok((status_writer.scope().clone(), results))
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

/// The results of certificates that need no change, as far as the answer has room for them.
#[derive(Default)]
struct Told {
    count: usize,
    untold: Summary,
}

impl Told {
    fn of(&mut self, mut settled: Vec<InactivateResult>) -> Vec<InactivateResult> {
        let room = MOST_TOLD.saturating_sub(self.count);
        let untold = settled.split_off(room.min(settled.len()));
        self.count = self.count.saturating_add(settled.len());
        self.untold = self.untold.plus(summary(&untold));
        settled
    }
}

fn sourced(
    (scope, results): (Scope, Vec<InactivateResult>),
) -> impl Iterator<Item = SourcedInactivation> {
    results.into_iter().map(move |result| SourcedInactivation {
        provider: scope.provider,
        region: Some(scope.region.clone()),
        instance_id: scope.instance_id.clone(),
        result,
    })
}

fn no_place() -> Error {
    Error::new(ErrorCode::Internal, "an order has no place")
}
