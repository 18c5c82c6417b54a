//! Switches certificates off.

mod answer;
mod case;
mod evidence;
mod run;

pub use answer::{InactivateAnswer, InactivateResult, Outcome};

use self::answer::summary;
use self::case::Command;
use self::run::Run;
use super::{AnswerBudget, Operation, check_each, one_source, shared_error};
use crate::error::{Error, ErrorCode};
use crate::provider::{CallContext, RequestContext, Scope, StatusWriter, status_writer};
use crate::request::{InactivateRequest, InactivationOrder, Member, Summary};

/// The inactivate function.
#[derive(Debug)]
pub struct Inactivate;

impl Operation for Inactivate {
    const NAME: &'static str = "inactivate";
    const READS_ONLY: bool = false;
    const QUERY: Option<&'static [Member]> = None;
    type Request = InactivateRequest;
    type Answer = InactivateAnswer;

    async fn perform(
        context: &CallContext<'_>,
        request: InactivateRequest,
        _: AnswerBudget,
    ) -> Result<InactivateAnswer, Error> {
        let source = one_source(
            request.provider,
            request.region.clone(),
            request.instance_id.clone(),
            context.config,
        )?;
        let status_writer = status_writer(context, source)?;
        let scope = status_writer.scope();
        let order = order_of(&request, &context.request);
        let command = Command {
            order_id: &order.id,
            reason: request.reason.as_deref(),
            caller: order.caller.as_deref(),
            dry_run: request.dry_run,
            redelivered_since: context.request.redelivered_since,
        };
        let run = Run::new(context, status_writer.as_ref(), command);
        let carried_out = match admit(context, &request, &order, status_writer.as_ref()) {
            Ok(()) => {
                let results = run.results(&request.certificates).await;
                shared_error(results.iter().map(untouched)).map_or(Ok(results), Err)
            }
            Err(error) => Err(error),
        };
        let results = match carried_out {
            // The queue was promised the end of this order: what forbids the rest is told of each
            // certificate, and with the order's summary.
            Err(error) if request.order.is_some() && !error.comes_back() => {
                run.forbidden(&request.certificates, &error)
            }
            results => results?,
        };
        let rest = rest(&request, &results);
        Ok(InactivateAnswer {
            operation: Self::NAME,
            provider: scope.provider,
            region: scope.region.clone(),
            instance_id: scope.instance_id.clone(),
            dry_run: request.dry_run,
            summary: summary(&results),
            part: order.part,
            last: rest.is_none(),
            order_summary: rest
                .is_none()
                .then(|| order.settled.plus(summary(&results))),
            rest,
            order_id: order.id,
            results,
        })
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
        let settled: Vec<InactivateResult> = answer
            .results
            .iter()
            .filter(|result| !is_left(result))
            .cloned()
            .collect();
        // Where nothing was settled something is at fault, and the message itself is delivered
        // again.
        if settled.is_empty() {
            return None;
        }
        let order = order_of(request, context);
        let order = InactivationOrder {
            part: order.part.saturating_add(1),
            settled: order.settled.plus(summary(&settled)),
            unsent_event: None,
            ..order
        };
        Some(InactivateRequest {
            order: Some(order),
            ..rest
        })
    }

    fn message(request: &InactivateRequest, unsent_event: Option<String>) -> String {
        // A request that goes on always has its order; without one, an empty message would be
        // refused.
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

    const CAN_BE_DEFERRED: bool = true;

    fn deferred(context: &CallContext<'_>, request: &InactivateRequest) -> Result<String, Error> {
        let source = one_source(
            request.provider,
            request.region.clone(),
            request.instance_id.clone(),
            context.config,
        )?;
        let order = order_of(request, &context.request);
        admit(
            context,
            request,
            &order,
            status_writer(context, source)?.as_ref(),
        )?;
        Ok(request.to_message(order))
    }
}

/// The order that a request goes on with, or begins.
fn order_of(request: &InactivateRequest, context: &RequestContext<'_>) -> InactivationOrder {
    request.order.clone().unwrap_or_else(|| InactivationOrder {
        id: context.id.to_owned(),
        part: 1,
        caller: context.caller.map(str::to_owned),
        expires_at: context.expires_at,
        settled: Summary::default(),
        unsent_event: None,
    })
}

/// Everything that forbids an order before any call.
fn admit(
    context: &CallContext<'_>,
    request: &InactivateRequest,
    order: &InactivationOrder,
    status_writer: &dyn StatusWriter,
) -> Result<(), Error> {
    guard(context, status_writer.scope())?;
    in_time(context, request, order)?;
    check_each(&request.certificates, |reference| {
        status_writer.check(reference)
    })
}

/// Only instances on the allow-list are touched, not even read. A provider without instances stands
/// there by its own name.
fn guard(context: &CallContext<'_>, scope: &Scope) -> Result<(), Error> {
    let allowed = &context.config.inactivate_allowed_instances;
    let is_allowed = match &scope.instance_id {
        Some(instance) => allowed.allow(instance),
        None => allowed.allow_provider(scope.provider),
    };
    if is_allowed {
        return Ok(());
    }
    let what = match &scope.instance_id {
        Some(instance) => format!("the instance {instance}"),
        None => format!("{}, which has no instances,", scope.provider),
    };
    let detail = format!(
        "{what} is not on the allow-list; add it to INACTIVATE_ALLOWED_INSTANCES if it may be touched"
    );
    Err(
        Error::new(ErrorCode::Forbidden, detail).with_field(if scope.instance_id.is_some() {
            "instance_id"
        } else {
            "provider"
        }),
    )
}

/// A late order may switch off a device that somebody has restored since.
fn in_time(
    context: &CallContext<'_>,
    request: &InactivateRequest,
    order: &InactivationOrder,
) -> Result<(), Error> {
    match request.not_after.or(order.expires_at) {
        Some(end) if context.now > end => {
            let detail = format!(
                "the order was good until {end} and is not carried out any more; give it again if it is still meant"
            );
            Err(Error::new(ErrorCode::Forbidden, detail).with_field("not_after"))
        }
        _ => Ok(()),
    }
}

/// Whether a certificate is left to do: it was not tried, or failed in a way that may pass.
fn is_left(result: &InactivateResult) -> bool {
    result.outcome == Outcome::NotAttempted || result.error.as_ref().is_some_and(Error::comes_back)
}

/// The request that goes on with what is left. Those that have failed come last, so that they hold
/// up none of the others.
fn rest(request: &InactivateRequest, results: &[InactivateResult]) -> Option<InactivateRequest> {
    let left = request
        .certificates
        .iter()
        .zip(results)
        .filter(|(_, result)| is_left(result));
    let (untried, failed): (Vec<_>, Vec<_>) =
        left.partition(|(_, result)| result.outcome == Outcome::NotAttempted);
    let certificates: Vec<_> = untried
        .into_iter()
        .chain(failed)
        .map(|(reference, _)| reference.clone())
        .collect();
    (!certificates.is_empty()).then(|| InactivateRequest {
        certificates,
        order: None,
        ..request.clone()
    })
}

/// Why nothing is known to have been done about a certificate. An order that the provider has
/// confirmed is not nothing, nor is one after which no state could be read.
fn untouched(result: &InactivateResult) -> Option<&Error> {
    let nothing_done = match result.outcome {
        Outcome::Failed | Outcome::NotAttempted => result.provider_request_id.is_none(),
        Outcome::Unknown => result.status.is_some(),
        _ => false,
    };
    result.error.as_ref().filter(|_| nothing_done)
}

#[cfg(test)]
mod tests;
