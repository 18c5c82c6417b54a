//! Switches certificates off, one after the other.

mod answer;
mod case;
#[cfg(test)]
mod fake;

pub use answer::{InactivateAnswer, InactivateResult, Outcome, Summary};

use super::{AnswerBudget, Operation, provider, shared_error};
use crate::config::AllowedInstances;
use crate::error::{Error, ErrorCode};
use crate::model::InstanceId;
use crate::provider::{Inactivate as Inactivator, Session, Spellings, Target, inactivator};
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
        let target = Target {
            provider: provider(request.provider, session.config)?,
            region: request.region.clone(),
            instance_id: request.instance_id.clone(),
        };
        let inactivator = inactivator(session, target)?;
        let scope = inactivator.scope();
        guard(session, scope.instance_id.as_ref())?;
        for (index, reference) in request.certificates.iter().enumerate() {
            inactivator.check(reference).map_err(|error| {
                let field = format!("certificates[{index}].{}", error.field.as_deref().unwrap_or_default());
                error.with_field(field)
            })?;
        }
        let results = act(inactivator.as_ref(), &request).await?;
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

/// Only instances on the allow-list are touched, not even read. Where a provider has no instances, only `*` allows it.
fn guard(session: &Session<'_>, instance: Option<&InstanceId>) -> Result<(), Error> {
    let allowed = &session.config.inactivate_allowed_instances;
    match instance {
        Some(instance) if allowed.allow(instance) => Ok(()),
        None if *allowed == AllowedInstances::All => Ok(()),
        instance => {
            let what =
                instance.map_or_else(|| "every certificate of this account".to_owned(), |instance| format!("the instance {instance}"));
            let detail = format!("{what} is not on the allow-list; add it to INACTIVATE_ALLOWED_INSTANCES if it may be touched");
            Err(Error::new(ErrorCode::Forbidden, detail).with_field("instance_id"))
        }
    }
}

/// Every certificate under the caller's own spelling first, and then under the others those that were not found: however
/// many spellings an unknown certificate has, it keeps none waiting that is known.
async fn act(inactivator: &dyn Inactivator, request: &InactivateRequest) -> Result<Vec<InactivateResult>, Error> {
    let mut results: Vec<Option<InactivateResult>> = request.certificates.iter().map(|_| None).collect();
    // Once an error speaks of the request as a whole, the provider wants less, or time is up, trying the rest would only
    // repeat it.
    let mut stopped: Option<Error> = None;
    for spellings in [Spellings::Own, Spellings::Others] {
        for (reference, result) in request.certificates.iter().zip(&mut results).filter(|(_, result)| result.is_none()) {
            let case = Case { inactivator, reference, reason: request.reason.as_deref() };
            *result = match &stopped {
                Some(error) => Some(case.not_attempted(error.clone())),
                None => case.run(spellings, request.dry_run).await,
            };
            if let Some(result) = result.as_ref().filter(|_| stopped.is_none()) {
                stopped = result.error.clone().filter(|error| concerns_the_whole_request(result, error));
            }
        }
    }
    let cases = request.certificates.iter().map(|reference| Case { inactivator, reference, reason: None });
    let results: Vec<InactivateResult> =
        results.into_iter().zip(cases).map(|(result, case)| result.unwrap_or_else(|| case.not_found())).collect();
    shared_error(results.iter().map(untouched)).map_or(Ok(results), Err)
}

fn concerns_the_whole_request(result: &InactivateResult, error: &Error) -> bool {
    match error.code {
        ErrorCode::ProviderRejected => !error.concerns_parameters,
        ErrorCode::Throttled | ErrorCode::Timeout => true,
        // An unknown certificate is an outcome without an error; here it is the instance.
        ErrorCode::NotFound => result.outcome == Outcome::Failed,
        _ => false,
    }
}

/// Why nothing was done about a certificate. An order that the provider has confirmed, or whose effect is not known, is not
/// nothing.
fn untouched(result: &InactivateResult) -> Option<&Error> {
    let nothing_done = matches!(result.outcome, Outcome::Failed | Outcome::NotAttempted) && result.provider_request_id.is_none();
    result.error.as_ref().filter(|_| nothing_done)
}

#[cfg(test)]
mod tests;
