//! Switches certificates off, one after the other.

mod answer;
mod case;
#[cfg(test)]
mod fake;

pub use answer::{InactivateAnswer, InactivateResult, Outcome, Summary};

use super::{AnswerBudget, Operation, check_each, one_source, shared_error};
use crate::error::{Error, ErrorCode};
use crate::provider::{Inactivate as Inactivator, Scope, Session, Spellings, inactivator};
use crate::request::{InactivateRequest, Member};
use case::Case;

/// The inactivate function.
#[derive(Debug)]
pub struct Inactivate;

impl Operation for Inactivate {
    const NAME: &'static str = "inactivate";
    const QUERY: Option<&'static [Member]> = None;
    type Request = InactivateRequest;
    type Answer = InactivateAnswer;

    async fn perform(session: &Session<'_>, request: InactivateRequest, _: AnswerBudget) -> Result<InactivateAnswer, Error> {
        let source = one_source(request.provider, request.region.clone(), request.instance_id.clone(), session.config)?;
        let inactivator = inactivator(session, source)?;
        let scope = inactivator.scope();
        guard(session, scope)?;
        in_time(session, &request)?;
        check_each(&request.certificates, |reference| inactivator.check(reference))?;
        let results = act(inactivator.as_ref(), &request, session.caller).await?;
        Ok(InactivateAnswer {
            operation: Self::NAME,
            provider: scope.provider,
            region: scope.region.clone(),
            instance_id: scope.instance_id.clone(),
            dry_run: request.dry_run,
            summary: Summary::of(&results),
            results,
        })
    }
}

/// Only instances on the allow-list are touched, not even read. A provider without instances stands there by its own name.
fn guard(session: &Session<'_>, scope: &Scope) -> Result<(), Error> {
    let allowed = &session.config.inactivate_allowed_instances;
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
    let detail = format!("{what} is not on the allow-list; add it to INACTIVATE_ALLOWED_INSTANCES if it may be touched");
    Err(Error::new(ErrorCode::Forbidden, detail).with_field(if scope.instance_id.is_some() { "instance_id" } else { "provider" }))
}

/// A late order may switch off a device that somebody has restored since.
fn in_time(session: &Session<'_>, request: &InactivateRequest) -> Result<(), Error> {
    match request.not_after.or(session.order_expires_at) {
        Some(end) if session.now > end => {
            let detail = format!("the order was good until {end} and is not carried out any more; give it again if it is still meant");
            Err(Error::new(ErrorCode::Forbidden, detail).with_field("not_after"))
        }
        _ => Ok(()),
    }
}

/// Every certificate under the caller's own spelling first, and then under the others those that were not found: however
/// many spellings an unknown certificate has, it keeps none waiting that is known.
async fn act(inactivator: &dyn Inactivator, request: &InactivateRequest, caller: Option<&str>) -> Result<Vec<InactivateResult>, Error> {
    let mut results: Vec<Option<InactivateResult>> = request.certificates.iter().map(|_| None).collect();
    // Once an error speaks of the request as a whole, the provider wants less, or time is up, trying the rest would only
    // repeat it.
    let mut stopped: Option<Error> = None;
    for spellings in [Spellings::Own, Spellings::Others] {
        for (reference, result) in request.certificates.iter().zip(&mut results).filter(|(_, result)| result.is_none()) {
            let case = Case { inactivator, reference, reason: request.reason.as_deref(), caller };
            *result = match &stopped {
                Some(error) => Some(case.not_attempted(error.clone())),
                None => case.run(spellings, request.dry_run).await,
            };
            if let Some(result) = result.as_ref().filter(|_| stopped.is_none()) {
                stopped = result.error.clone().filter(Error::ends_the_request);
            }
        }
    }
    let cases = request.certificates.iter().map(|reference| Case { inactivator, reference, reason: None, caller: None });
    let results: Vec<InactivateResult> =
        results.into_iter().zip(cases).map(|(result, case)| result.unwrap_or_else(|| case.not_found())).collect();
    shared_error(results.iter().map(untouched)).map_or(Ok(results), Err)
}

/// Why nothing was done about a certificate. An order that the provider has confirmed, or whose effect is not known, is not
/// nothing.
fn untouched(result: &InactivateResult) -> Option<&Error> {
    let nothing_done = matches!(result.outcome, Outcome::Failed | Outcome::NotAttempted) && result.provider_request_id.is_none();
    result.error.as_ref().filter(|_| nothing_done)
}

#[cfg(test)]
mod tests;
