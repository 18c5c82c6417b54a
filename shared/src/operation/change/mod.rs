//! Changes the status of certificates. Each certificate is read, changed, and read again; the steps
//! are the same for each [`Target`], whose texts are in `target.rs`.

mod admission;
mod answer;
mod certificate;
mod comparison;
mod evidence;
mod order;
mod run;
mod target;

pub use answer::{InactivateAnswer, InactivateResult, Outcome};

use self::admission::admit;
use self::answer::summary;
use self::certificate::Command;
use self::order::{error_without_effect, next_part, order_of, rest};
use self::run::Run;
use super::{AnswerBudget, Operation, one_source, shared_error};
use crate::error::Error;
use crate::provider::{CallContext, RequestContext, StatusWriter, Target, status_writer};
use crate::request::{InactivateRequest, InactivationOrder, Member};

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
        carry_out(Self::NAME, Target::Inactive, context, request).await
    }

    fn from_message(text: &str) -> Result<InactivateRequest, Error> {
        InactivateRequest::from_message(text)
    }

    fn continuation(
        request: &InactivateRequest,
        answer: &InactivateAnswer,
        context: &RequestContext<'_>,
    ) -> Option<InactivateRequest> {
        let rest = answer.rest.clone()?;
        let order = next_part(order_of(request, context), &answer.results)?;
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
        let status_writer = status_writer_for(context, request)?;
        let order = order_of(request, &context.request);
        admit(context, request, &order, status_writer.as_ref())?;
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

/// Carries out one run of an order.
async fn carry_out(
    operation: &'static str,
    target: Target,
    context: &CallContext<'_>,
    request: InactivateRequest,
) -> Result<InactivateAnswer, Error> {
    let status_writer = status_writer_for(context, &request)?;
    let scope = status_writer.scope();
    let order = order_of(&request, &context.request);
    let command = Command {
        target,
        order_id: &order.id,
        reason: request.reason.as_deref(),
        caller: order.caller.as_deref(),
        dry_run: request.dry_run,
        log_answers: context.config.log_answers,
        redelivered_since: context.request.redelivered_since,
    };
    let run = Run::new(context, status_writer.as_ref(), command);
    let results = match admit(context, &request, &order, status_writer.as_ref()) {
        Ok(()) => {
            let results = run.results(&request.certificates).await;
            shared_error(results.iter().map(error_without_effect)).map_or(Ok(results), Err)
        }
        Err(error) => Err(error),
    };
    let results = match results {
        // Earlier runs have sent results of this order, so its end must be sent as well: an error
        // that forbids the rest becomes each certificate's result, beside the order's summary.
        Err(error) if request.order.is_some() && !error.needs_redelivery() => {
            run.forbidden(&request.certificates, &error)
        }
        results => results?,
    };
    let rest = rest(&request, &results);
    Ok(InactivateAnswer {
        operation,
        provider: scope.provider,
        region: scope.region.clone(),
        instance_id: scope.instance_id.clone(),
        dry_run: request.dry_run,
        summary: summary(&results),
        part: order.part,
        last: rest.is_none(),
        order_summary: rest
            .is_none()
            .then(|| order.earlier_results.plus(summary(&results))),
        rest,
        order_id: order.id,
        results,
    })
}

#[cfg(test)]
mod tests;
