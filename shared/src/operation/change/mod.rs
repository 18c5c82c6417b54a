//! Changes the status of certificates. Each certificate is read, changed, and read again. The steps
//! are the same for each [`Target`]; `target.rs` holds the differences.

mod admission;
mod answer;
mod certificate;
mod client_session;
mod clients;
mod comparison;
mod evidence;
mod order;
mod place_work;
mod places;
mod plan;
mod planned_page;
mod protected;
mod receipt;
mod run;
mod select;
mod sessions;
mod signed;
mod target;
mod undo;

pub use answer::{
    InactivateAnswer, InactivateResult, OneInactivateAnswer, OrderAnswer, Outcome, Plan,
    SeveralInactivateAnswer, SourceInactivation, SourcedInactivation,
};
pub use client_session::{ClientSession, SessionOutcome, Sessions};
pub use planned_page::{NextOrder, PlannedPage};

use self::admission::{admit, check_dry_run, check_in_time};
use self::order::{next_part, order_of};
use self::place_work::{PlaceWork, Work};
use self::places::OrderRun;
use super::{AnswerBudget, Operation, RequestIdentity, one_source};
use crate::config::Config;
use crate::error::Error;
use crate::model::Source;
use crate::provider::{CallContext, RequestContext, Target, status_writer};
use crate::request::{
    InactivateRequest, InactivationOrder, MessageIdentity, OrderItem, OrderPart, QueryParameter,
};

/// The inactivate function.
#[derive(Debug)]
pub struct Inactivate;

impl Operation for Inactivate {
    const NAME: &'static str = "inactivate";
    const READS_ONLY: bool = false;
    const QUERY: Option<&'static [QueryParameter]> = None;
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

    fn from_signed(text: &str, config: &Config) -> Result<InactivateRequest, Error> {
        signed::verify(text, config.receipt_secrets.as_ref())
    }

    fn identity(request: &InactivateRequest) -> Option<RequestIdentity> {
        signed::identity(request)
    }

    fn continuation(
        request: &InactivateRequest,
        answer: &InactivateAnswer,
        context: &RequestContext<'_>,
    ) -> Option<InactivateRequest> {
        if answer.order().last {
            return None;
        }
        // A selection goes on with the certificates that the order has.
        let rest = match &request.select {
            Some(_) => request.clone(),
            None => answer.order().rest.clone()?,
        };
        let order = next_part(request, order_of(request, context), answer)?;
        Some(InactivateRequest {
            order: Some(order),
            ..rest
        })
    }

    fn continuation_message(
        request: &InactivateRequest,
        identity: MessageIdentity,
        unsent_event: Option<String>,
    ) -> String {
        // A request that continues an order always has the order; without one, an empty message
        // would be refused.
        request
            .order
            .clone()
            .map(|order| {
                request.to_message(InactivationOrder {
                    unsent_event,
                    message: Some(identity),
                    ..order
                })
            })
            .unwrap_or_default()
    }

    fn continued_order(request: &InactivateRequest) -> Option<&InactivationOrder> {
        request.order.as_ref()
    }

    fn order_part(request: &InactivateRequest, context: &RequestContext<'_>) -> Option<OrderPart> {
        Some(order_of(request, context).order_part())
    }

    fn caller_of_order(request: &InactivateRequest) -> Option<&str> {
        request.order.as_ref()?.caller.as_deref()
    }

    fn deferral_message(
        context: &CallContext<'_>,
        request: &InactivateRequest,
    ) -> Result<String, Error> {
        check_dry_run(context, request)?;
        let order = order_of(request, &context.request);
        if request.page.is_some() {
            signed::secrets(context)?;
        }
        if request.undo.is_some() {
            undo::secrets(context)?;
            check_in_time(context, request, &order)?;
        } else if request.select.is_some() {
            select::admit(context, request, &order)?;
        } else {
            let status_writer = status_writer(context, place_of(context, request)?)?;
            let (target, items) = (Target::Inactive, items_of(request));
            admit(
                context,
                request,
                &order,
                target,
                status_writer.as_ref(),
                &items,
            )?;
        }
        // As a message, the order may wait as long as any other: its caller has an answer and does
        // not send the order again.
        let max_age = context.config.inactivate_message_max_age;
        Ok(request.to_message(InactivationOrder {
            expires_at: Some(context.now.plus(max_age)),
            ..order
        }))
    }
}

/// The place of a request that names only one.
fn place_of(context: &CallContext<'_>, request: &InactivateRequest) -> Result<Source, Error> {
    one_source(
        request.provider,
        request.region.clone(),
        request.instance_id.clone(),
        context.config,
    )
}

/// The certificates that a request names.
fn items_of(request: &InactivateRequest) -> Vec<OrderItem> {
    let certificates = request.certificates.iter();
    certificates.cloned().map(OrderItem::from).collect()
}

/// The certificates that a request names, or those of them that earlier runs have left.
fn named(run: &OrderRun<'_>) -> Result<PlaceWork, Error> {
    Ok(match run.order.places.first() {
        Some(place) => PlaceWork::now(place.source.clone(), place.items.clone()),
        None => PlaceWork::now(place_of(run.context, run.request)?, items_of(run.request)),
    })
}

/// Carries out one run of an order.
async fn carry_out(
    operation: &'static str,
    context: &CallContext<'_>,
    request: InactivateRequest,
) -> Result<InactivateAnswer, Error> {
    check_dry_run(context, &request)?;
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
    let mut answer = plan_or_carry_out(run).await?;
    if request.is_signed {
        signed::sign_next_part(context, &request, order, &mut answer)?;
    }
    Ok(answer)
}

/// Plans one page of an order, or carries out one part of it.
async fn plan_or_carry_out(run: OrderRun<'_>) -> Result<InactivateAnswer, Error> {
    let request = run.request;
    match (&request.undo, &request.select, &request.page) {
        (Some(undo), _, Some(_)) => return undo::plan(run, undo),
        (Some(undo), _, None) => return undo::carry_out(run, undo).await,
        (None, Some(filter), Some(page)) => return select::plan_page(&run, filter, page).await,
        (None, _, _) => {}
    }
    let work = match &request.select {
        Some(filter) => select::select(&run, filter).await?,
        None => Work {
            places: vec![named(&run)?],
            ..Work::default()
        },
    };
    run.carry_out(work).await
}

#[cfg(test)]
mod tests;
