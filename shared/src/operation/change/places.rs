//! An order at one place or at several: each has its own error, and none waits for another.

use futures_util::future::join_all;

use super::admission::admit;
use super::answer::{
    InactivateResult, OrderAnswer, SeveralInactivateAnswer, SourceInactivation,
    SourcedInactivation, summary,
};
use super::certificate::Command;
use super::order::{error_without_effect, left};
use super::run::Run;
use crate::error::Error;
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
    /// Carries the order out on these certificates of one place.
    ///
    /// # Errors
    /// An error that forbids the order before any call, or because of which nothing was done.
    pub(super) async fn at_one(
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
            end_sessions: self.target == Target::Inactive
                && request.end_sessions.unwrap_or(context.config.end_sessions),
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

    /// Carries the order out at several places side by side.
    ///
    /// # Errors
    /// An error because of which nothing was done anywhere.
    pub(super) async fn at_several(
        &self,
        places: &[Place],
    ) -> Result<SeveralInactivateAnswer, Error> {
        let runs = places.iter().map(async |place| {
            match status_writer(self.context, place.source.clone()) {
                Ok(status_writer) => self.at_one(status_writer.as_ref(), &place.items).await,
                Err(error) => Err(error),
            }
        });
        let outcomes = join_all(runs).await;
        if let Some(error) = shared_error(outcomes.iter().map(|outcome| outcome.as_ref().err())) {
            return Err(error);
        }
        let mut sources = Vec::new();
        let mut results = Vec::new();
        let mut left_places = Vec::new();
        for (place, outcome) in places.iter().zip(outcomes) {
            let (of_place, error) = match outcome {
                Ok(of_place) => (of_place, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            let items = match &error {
                Some(error) if error.needs_redelivery() => place.items.clone(),
                Some(_) => Vec::new(),
                None => left(&place.items, &of_place),
            };
            if !items.is_empty() {
                left_places.push(Place {
                    source: place.source.clone(),
                    items,
                });
            }
            sources.push(SourceInactivation {
                provider: place.source.provider,
                region: place.source.region.clone(),
                instance_id: place.source.instance_id.clone(),
                summary: summary(&of_place),
                error,
            });
            results.extend(of_place.into_iter().map(|result| SourcedInactivation {
                provider: place.source.provider,
                region: place.source.region.clone(),
                instance_id: place.source.instance_id.clone(),
                result,
            }));
        }
        let is_last = left_places.is_empty();
        let this_part = summary(results.iter().map(|placed| &placed.result));
        Ok(SeveralInactivateAnswer {
            operation: self.operation,
            sources,
            results,
            order: OrderAnswer {
                dry_run: self.request.dry_run,
                order_id: self.order.id.clone(),
                part: self.order.part,
                last: is_last,
                summary: this_part,
                order_summary: is_last.then(|| self.order.earlier_results.plus(this_part)),
                rest: None,
                left: left_places,
            },
        })
    }
}
