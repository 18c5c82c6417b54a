//! Switches certificates off, one after the other: look it up, guard, act, read back.

use std::time::Duration;

use serde::Serialize;

use super::{Answer, AnswerBudget, Operation, provider, shared_error};
use crate::error::{Error, ErrorCode};
use crate::model::{InstanceId, LifecycleStatus, ProviderName, Region, SerialNumber};
use crate::provider::{Found, Inactivate as Inactivator, Session, Target, inactivator};
use crate::request::{CertificateReference, InactivateRequest, Member};

/// The inactivate function.
#[derive(Debug)]
pub struct Inactivate;

/// What inactivate answers.
#[derive(Debug, Serialize)]
pub struct InactivateAnswer {
    /// `inactivate`.
    pub operation: &'static str,
    /// Who was asked.
    pub provider: ProviderName,
    /// Where.
    pub region: Region,
    /// The broker.
    pub instance_id: Option<InstanceId>,
    /// Whether nothing was to be changed.
    pub dry_run: bool,
    /// One for each certificate, in the order asked.
    pub results: Vec<InactivateResult>,
    /// How many results have each outcome.
    pub summary: Summary,
}

/// What became of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is off now, on the evidence of the provider's success answer or of a read.
    Inactivated,
    /// It was off before.
    AlreadyInactive,
    /// It is on; this was a dry run.
    WouldInactivate,
    /// The provider does not know it.
    NotFound,
    /// A rule here or at the provider forbids it.
    Refused,
    /// It was not switched off.
    Failed,
    /// The order was sent and not answered, and its state cannot be read.
    Unknown,
    /// It was not tried.
    NotAttempted,
}

/// How many results have each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each member is the outcome of the same name")]
pub struct Summary {
    pub inactivated: usize,
    pub already_inactive: usize,
    pub would_inactivate: usize,
    pub not_found: usize,
    pub refused: usize,
    pub failed: usize,
    pub unknown: usize,
    pub not_attempted: usize,
}

impl Summary {
    fn of(results: &[InactivateResult]) -> Self {
        let count = |outcome| results.iter().filter(|result| result.outcome == outcome).count();
        Self {
            inactivated: count(Outcome::Inactivated),
            already_inactive: count(Outcome::AlreadyInactive),
            would_inactivate: count(Outcome::WouldInactivate),
            not_found: count(Outcome::NotFound),
            refused: count(Outcome::Refused),
            failed: count(Outcome::Failed),
            unknown: count(Outcome::Unknown),
            not_attempted: count(Outcome::NotAttempted),
        }
    }
}

/// What became of one certificate, and how that is known.
#[derive(Clone, Debug, Serialize)]
pub struct InactivateResult {
    /// Canonical serial number.
    pub serial_number: SerialNumber,
    /// The spelling that the provider knows; `null` when it was not found.
    pub provider_serial_number: Option<String>,
    /// Serial number of the issuing CA's certificate.
    pub ca_serial_number: Option<SerialNumber>,
    /// What became of it.
    pub outcome: Outcome,
    /// What a read said before; `null` when there was none.
    pub status_before: Option<LifecycleStatus>,
    /// What is known of it now; `null` when nothing is.
    pub status: Option<LifecycleStatus>,
    /// Whether a read confirms `status`.
    pub verified: bool,
    /// The provider's id of the call that changed it.
    pub provider_request_id: Option<String>,
    /// Why it was not switched off.
    pub error: Option<Error>,
}

impl Answer for InactivateAnswer {
    fn failures(&self) -> impl Iterator<Item = &Error> {
        self.results.iter().filter_map(|result| result.error.as_ref())
    }

    fn for_log(self) -> Self {
        self
    }
}

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

/// Only instances on the allow-list are touched, not even read.
fn guard(session: &Session<'_>, instance: Option<&InstanceId>) -> Result<(), Error> {
    match instance {
        Some(instance) if !session.config.inactivate_allowed_instances.allow(instance) => Err(Error::new(
            ErrorCode::Forbidden,
            format!("the instance {instance} is not on the allow-list; add it to INACTIVATE_ALLOWED_INSTANCES if it may be touched"),
        )
        .with_field("instance_id")),
        _ => Ok(()),
    }
}

async fn act(inactivator: &dyn Inactivator, request: &InactivateRequest) -> Result<Vec<InactivateResult>, Error> {
    let mut results: Vec<InactivateResult> = Vec::with_capacity(request.certificates.len());
    // Once an error speaks of the request as a whole, or time is up, trying the rest would only repeat it.
    let mut stopped: Option<Error> = None;
    for reference in &request.certificates {
        let case = Case { inactivator, reference, reason: request.reason.as_deref() };
        let result = match &stopped {
            Some(error) => case.not_attempted(error.clone()),
            None => case.run(request.dry_run).await,
        };
        if stopped.is_none() {
            stopped = result.error.clone().filter(|error| concerns_the_whole_request(&result, error));
        }
        results.push(result);
    }
    shared_error(results.iter().map(untouched)).map_or(Ok(results), Err)
}

fn concerns_the_whole_request(result: &InactivateResult, error: &Error) -> bool {
    match error.code {
        ErrorCode::ProviderRejected | ErrorCode::Timeout => true,
        // An unknown certificate is an outcome without an error; here it is the instance.
        ErrorCode::NotFound => result.outcome == Outcome::Failed,
        _ => false,
    }
}

/// Why nothing at all could be said or done about a certificate. A write whose effect is not known is not nothing.
fn untouched(result: &InactivateResult) -> Option<&Error> {
    let nothing_done = result.status_before.is_none() && matches!(result.outcome, Outcome::Failed | Outcome::NotAttempted);
    result.error.as_ref().filter(|_| nothing_done)
}

/// One certificate on its way through the steps.
struct Case<'a> {
    inactivator: &'a dyn Inactivator,
    reference: &'a CertificateReference,
    reason: Option<&'a str>,
}

/// The provider may need a moment until a read shows a change.
const BEFORE_SECOND_LOOK: Duration = Duration::from_millis(200);

impl Case<'_> {
    async fn run(&self, dry_run: bool) -> InactivateResult {
        let found = match self.inactivator.find(self.reference).await {
            Ok(Some(found)) => found,
            Ok(None) => return self.result(Outcome::NotFound, None),
            Err(error) => return InactivateResult { error: Some(error), ..self.result(Outcome::Failed, None) },
        };
        match found.status {
            LifecycleStatus::Inactive => self.seen(Outcome::AlreadyInactive, &found),
            LifecycleStatus::Revoked => {
                let error =
                    Error::new(ErrorCode::Forbidden, "the certificate is revoked; that is final, and inactivating would only hide it");
                InactivateResult { error: Some(error), ..self.seen(Outcome::Refused, &found) }
            }
            _ if dry_run => self.seen(Outcome::WouldInactivate, &found),
            _ => {
                self.audit(&found, "inactivating a certificate", None);
                let result = self.switch_off(&found).await;
                self.audit(&found, "tried to inactivate a certificate", Some(&result));
                result
            }
        }
    }

    /// The audit record: one line before and one after each certificate that is to be changed.
    fn audit(&self, found: &Found, message: &'static str, result: Option<&InactivateResult>) {
        let scope = self.inactivator.scope();
        tracing::info!(
            provider = scope.provider.as_str(),
            region = scope.region.as_str(),
            instance_id = scope.instance_id.as_ref().map(InstanceId::as_str),
            serial_number = self.reference.serial_number.as_str(),
            provider_serial_number = found.provider_serial_number,
            ca_serial_number = self.reference.ca_serial_number.as_ref().map(SerialNumber::as_str),
            reason = self.reason,
            json.result = result.and_then(|result| serde_json::to_string(result).ok()),
            "{message}"
        );
    }

    /// Acts, and repeats only after a read has shown that the first order had no effect.
    async fn switch_off(&self, found: &Found) -> InactivateResult {
        let first = self.order(found).await;
        match first {
            Ordered::Settled(result) => result,
            Ordered::Open { seen: Seen::StillOn, .. } => match self.order(found).await {
                Ordered::Settled(result) => result,
                Ordered::Open { seen, error } => self.unsettled(found, seen, error),
            },
            Ordered::Open { seen, error } => self.unsettled(found, seen, error),
        }
    }

    async fn order(&self, found: &Found) -> Ordered {
        match self.inactivator.inactivate(found).await {
            Ok(Some(written)) => self.confirm(found, written.request_id).await,
            Ok(None) => Ordered::Settled(self.gone(found)),
            Err(failure) if failure.may_have_acted => match self.look(found).await {
                Look::Off => Ordered::Settled(self.inactivated(found, None, true)),
                Look::Gone => Ordered::Settled(self.gone(found)),
                Look::On(_) => Ordered::Open { seen: Seen::StillOn, error: failure.error },
                Look::Unreadable => Ordered::Open { seen: Seen::Nothing, error: failure.error },
            },
            Err(failure) => {
                let outcome = if failure.error.code == ErrorCode::ProviderRejected { Outcome::Refused } else { Outcome::Failed };
                let result = InactivateResult { error: Some(failure.error), verified: false, ..self.seen(outcome, found) };
                Ordered::Settled(result)
            }
        }
    }

    /// The provider said yes; a read says whether it is so. A read that contradicts is given a second chance, since the
    /// change may take a moment to show. A read that fails leaves the provider's word as the evidence.
    async fn confirm(&self, found: &Found, request_id: Option<String>) -> Ordered {
        let mut look = self.look(found).await;
        if matches!(look, Look::On(_)) {
            tokio::time::sleep(BEFORE_SECOND_LOOK).await;
            look = self.look(found).await;
        }
        Ordered::Settled(match look {
            Look::Off => self.inactivated(found, request_id, true),
            Look::Unreadable => self.inactivated(found, request_id, false),
            Look::Gone => self.gone(found),
            Look::On(status) => {
                let error = Error::new(
                    ErrorCode::ProviderInvalidResponse,
                    "the provider answered that the certificate is inactive, but reading it afterwards shows that it is not",
                );
                InactivateResult {
                    status: Some(status),
                    verified: true,
                    provider_request_id: request_id,
                    error: Some(error),
                    ..self.seen(Outcome::Failed, found)
                }
            }
        })
    }

    async fn look(&self, found: &Found) -> Look {
        match self.inactivator.read(found).await {
            Ok(Some(Found { status: LifecycleStatus::Inactive, .. })) => Look::Off,
            Ok(Some(Found { status, .. })) => Look::On(status),
            Ok(None) => Look::Gone,
            Err(_) => Look::Unreadable,
        }
    }

    fn unsettled(&self, found: &Found, seen: Seen, error: Error) -> InactivateResult {
        match seen {
            Seen::StillOn => InactivateResult { error: Some(error), ..self.seen(Outcome::Failed, found) },
            Seen::Nothing => {
                let detail =
                    format!("the order was sent, but neither its answer nor the state afterwards could be read ({})", error.detail);
                let error = Error { detail, ..error };
                InactivateResult { error: Some(error), status: None, verified: false, ..self.seen(Outcome::Unknown, found) }
            }
        }
    }

    fn inactivated(&self, found: &Found, request_id: Option<String>, verified: bool) -> InactivateResult {
        InactivateResult {
            status: Some(LifecycleStatus::Inactive),
            verified,
            provider_request_id: request_id,
            ..self.seen(Outcome::Inactivated, found)
        }
    }

    /// It was there before the order and is not any more: nothing is left to be switched off.
    fn gone(&self, found: &Found) -> InactivateResult {
        InactivateResult { status: None, ..self.seen(Outcome::NotFound, found) }
    }

    fn not_attempted(&self, error: Error) -> InactivateResult {
        InactivateResult { error: Some(error), ..self.result(Outcome::NotAttempted, None) }
    }

    /// A result whose state is the one that a read has shown.
    fn seen(&self, outcome: Outcome, found: &Found) -> InactivateResult {
        self.result(outcome, Some(found))
    }

    fn result(&self, outcome: Outcome, found: Option<&Found>) -> InactivateResult {
        InactivateResult {
            serial_number: self.reference.serial_number.clone(),
            provider_serial_number: found.map(|found| found.provider_serial_number.clone()),
            ca_serial_number: self.reference.ca_serial_number.clone(),
            outcome,
            status_before: found.map(|found| found.status),
            status: found.map(|found| found.status),
            verified: found.is_some(),
            provider_request_id: None,
            error: None,
        }
    }
}

/// What became of one order.
enum Ordered {
    /// It is known.
    Settled(InactivateResult),
    /// It may have had its effect; this is what a read has shown since.
    Open { seen: Seen, error: Error },
}

enum Seen {
    StillOn,
    Nothing,
}

enum Look {
    Off,
    On(LifecycleStatus),
    Gone,
    Unreadable,
}
