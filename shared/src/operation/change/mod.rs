//! Changes the status of certificates. Each certificate is read, changed, and read again; the steps
//! are the same for each [`Target`], whose texts are in `target.rs`.

mod admission;
mod answer;
mod certificate;
mod client_session;
mod comparison;
mod evidence;
mod order;
mod places;
mod receipt;
mod run;
mod sessions;
mod target;
mod undo;

pub use answer::{
    InactivateAnswer, InactivateResult, OneInactivateAnswer, OrderAnswer, Outcome,
    SeveralInactivateAnswer, SourceInactivation, SourcedInactivation,
};
pub use client_session::{ClientSession, SessionOutcome, Sessions};

use self::admission::{admit, check_in_time};
use self::answer::summary;
use self::order::{left, next_part, order_of};
use self::places::{Done, OrderRun};
use super::{AnswerBudget, Operation, one_source};
use crate::error::Error;
use crate::provider::{CallContext, RequestContext, StatusWriter, Target, status_writer};
use crate::request::{InactivateRequest, InactivationOrder, Member, OrderItem};

/// The inactivate function.
#[derive(Debug)]
pub struct Inactivate;

impl Operation for Inactivate {
    const NAME: &'static str = "inactivate";
    const READS_ONLY: bool = false;
    const QUERY: Option<&'static [Member]> = None;
    const CAN_BE_DEFERRED: bool = true;
    type Request = InactivateRequest;
    type Answer = InactivateAnswer;

    async fn perform(
        context: &CallContext<'_>,
        request: InactivateRequest,
        _: AnswerBudget,
    ) -> Result<InactivateAnswer, Error> {
        carry_out(Self::NAME, context, request).await
    }

    fn from_message(text: &str) -> Result<InactivateRequest, Error> {
        InactivateRequest::from_message(text)
    }

    fn continuation(
        request: &InactivateRequest,
        answer: &InactivateAnswer,
        context: &RequestContext<'_>,
    ) -> Option<InactivateRequest> {
        // An undo goes on with the certificates that the order has, and not with receipts.
        let rest = match &request.undo {
            None => answer.order().rest.clone()?,
            Some(_) if answer.order().left.is_empty() => return None,
            Some(_) => request.clone(),
        };
        let order = next_part(order_of(request, context), answer)?;
        Some(InactivateRequest {
            order: Some(order),
            ..rest
        })
    }

    fn message(request: &InactivateRequest, unsent_event: Option<String>) -> String {
        // A request that continues an order always has the order; without one, an empty message
        // would be refused.
        request
            .order
            .clone()
            .map(|order| {
                request.to_message(InactivationOrder {
                    unsent_event,
                    ..order
                })
            })
            .unwrap_or_default()
    }

    fn unsent_event(request: &InactivateRequest) -> Option<&str> {
        request.order.as_ref()?.unsent_event.as_deref()
    }

    fn caller_of_order(request: &InactivateRequest) -> Option<&str> {
        request.order.as_ref()?.caller.as_deref()
    }

    fn deferred(context: &CallContext<'_>, request: &InactivateRequest) -> Result<String, Error> {
        let order = order_of(request, &context.request);
        if request.undo.is_some() {
            undo::secrets(context)?;
            check_in_time(context, request, &order)?;
        } else {
            let status_writer = status_writer_for(context, request)?;
            admit(
                context,
                request,
                &order,
                Target::Inactive,
                status_writer.as_ref(),
                &items_of(request),
            )?;
        }
        // From now on it is a message, which may wait for the provider as long as any other: its
        // caller, who has the answer, does not send it again.
        let max_age = context.config.inactivate_message_max_age;
        Ok(request.to_message(InactivationOrder {
            expires_at: Some(context.now.plus(max_age)),
            ..order
        }))
    }
}

fn status_writer_for<'a>(
    context: &'a CallContext<'a>,
    request: &InactivateRequest,
) -> Result<Box<dyn StatusWriter + 'a>, Error> {
    let source = one_source(
        request.provider,
        request.region.clone(),
        request.instance_id.clone(),
        context.config,
    )?;
    status_writer(context, source)
}

/// The certificates that a request names.
fn items_of(request: &InactivateRequest) -> Vec<OrderItem> {
    let certificates = request.certificates.iter();
    certificates.cloned().map(OrderItem::from).collect()
}

/// Carries out one run of an order.
async fn carry_out(
    operation: &'static str,
    context: &CallContext<'_>,
    request: InactivateRequest,
) -> Result<InactivateAnswer, Error> {
    let order = order_of(&request, &context.request);
    let run = OrderRun {
        operation,
        target: match request.undo {
            None => Target::Inactive,
            Some(_) => Target::Active,
        },
        context,
        request: &request,
        order: &order,
    };
    if let Some(undo) = &request.undo {
        return undo::carry_out(run, undo).await;
    }
    let status_writer = status_writer_for(context, &request)?;
    let items = items_of(&request);
    let Done { results, warnings } = run.at_one(status_writer.as_ref(), &items).await?;
    let left = left(&items, &results);
    let rest = (!left.is_empty()).then(|| InactivateRequest {
        certificates: left.into_iter().map(|item| item.certificate).collect(),
        order: None,
        ..request.clone()
    });
    let scope = status_writer.scope();
    let summary = summary(&results);
    Ok(InactivateAnswer::One(OneInactivateAnswer {
        operation,
        provider: scope.provider,
        region: scope.region.clone(),
        instance_id: scope.instance_id.clone(),
        results,
        order: OrderAnswer {
            dry_run: request.dry_run,
            summary,
            part: order.part,
            last: rest.is_none(),
            order_summary: rest.is_none().then(|| order.earlier_results.plus(summary)),
            rest,
            warnings,
            left: Vec::new(),
            order_id: order.id,
        },
    }))
}

#[cfg(test)]
mod tests;
