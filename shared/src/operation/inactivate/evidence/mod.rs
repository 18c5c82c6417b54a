//! The evidence for the effect of an order. Success is said only on evidence, and an order is
//! repeated only after reads have shown that it had no effect.

use std::time::Duration;

use super::answer::{InactivateResult, Outcome};
use super::case::Case;
use super::run::Run;
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::LifecycleStatus;
use crate::provider::FoundCertificate;

/// The wait before the second look. Each later one is twice as long, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_millis(3_200);
/// Looks after an order before it is taken to have had no effect: 1.4 seconds, in which reads that
/// lag behind writes have caught up.
const LOOKS_BEFORE_REPEATING: u32 = 4;

/// The provider's answer to an order.
enum Said {
    /// That the certificate is off now.
    Yes(Option<String>),
    /// Nothing: the order may have had its effect.
    Nothing(Error),
    /// That it does not know the certificate, although a read has just found it.
    NotFound,
    /// That the certificate's state does not allow it: it may be off already.
    NotInThisState(Error),
}

/// The state that a read shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Off,
    On(LifecycleStatus),
    Gone,
    Unreadable,
}

impl Look {
    fn of(answer: &Result<Option<FoundCertificate>, Error>) -> Self {
        match answer {
            Ok(Some(found)) => match found.certificate.status {
                LifecycleStatus::Inactive => Self::Off,
                // A word that is not documented says neither.
                LifecycleStatus::Unknown => Self::Unreadable,
                status => Self::On(status),
            },
            Ok(None) => Self::Gone,
            Err(_) => Self::Unreadable,
        }
    }
}

/// An order that was sent, and what is known of it by now.
pub(super) struct Sent<'a> {
    place: usize,
    case: Case<'a>,
    found: FoundCertificate,
    said: Said,
    /// Whether it was sent twice.
    is_repeated: bool,
    looks: u32,
    /// The state that the read before this one has shown.
    before: Option<Look>,
}

/// The next step after a read.
enum Verdict {
    Settled(Box<InactivateResult>),
    LookAgain,
    /// The order had no effect.
    OrderAgain,
}

impl<'a> Sent<'a> {
    /// Sends an order. An error is its result: nothing has changed.
    pub(super) async fn order(
        run: &Run<'_>,
        place: usize,
        case: Case<'a>,
        found: FoundCertificate,
    ) -> Result<Self, (usize, InactivateResult)> {
        match send(run, &case, &found).await {
            Ok(said) => Ok(Self {
                place,
                case,
                found,
                said,
                is_repeated: false,
                looks: 0,
                before: None,
            }),
            Err(result) => {
                case.audit(&found, TRIED, Some(&result));
                Err((place, result))
            }
        }
    }

    async fn order_again(self, run: &Run<'_>) -> Result<Self, (usize, InactivateResult)> {
        match send(run, &self.case, &self.found).await {
            Ok(said) => Ok(Self {
                said,
                is_repeated: true,
                looks: 0,
                before: None,
                ..self
            }),
            Err(result) => {
                self.case.audit(&self.found, TRIED, Some(&result));
                Err((self.place, result))
            }
        }
    }

    /// `is_last`: there is no time for another look.
    fn judge(&mut self, look: Look, is_last: bool) -> Verdict {
        self.looks = self.looks.saturating_add(1);
        let before = self.before.replace(look);
        let Self {
            case,
            found,
            said,
            is_repeated,
            looks,
            ..
        } = self;
        let shows_no_effect = matches!(
            look,
            Look::On(LifecycleStatus::Active | LifecycleStatus::PendingActivation)
        );
        let has_looked_long = *looks >= LOOKS_BEFORE_REPEATING;
        Verdict::Settled(Box::new(match (&*said, look) {
            (Said::Yes(id), Look::Off) => case.inactivated(found, id.clone(), true),
            (Said::Nothing(_) | Said::NotFound, Look::Off) => case.inactivated(found, None, true),
            // The first order had its effect after all, and it shows only now.
            (Said::NotInThisState(_), Look::Off) if *is_repeated => {
                case.inactivated(found, None, true)
            }
            (Said::NotInThisState(_), Look::Off) => InactivateResult {
                status: Some(LifecycleStatus::Inactive),
                ..case.seen(Outcome::AlreadyInactive, found)
            },
            // A read that fails leaves the provider's word as the evidence, unless another read has
            // contradicted it.
            (Said::Yes(id), Look::Unreadable) if before.is_none() => {
                case.inactivated(found, id.clone(), false)
            }
            // A change may take a moment to show, and so may the certificate.
            (Said::Yes(id), Look::Gone) if before == Some(Look::Gone) || is_last => {
                InactivateResult {
                    provider_request_id: id.clone(),
                    ..case.gone(found)
                }
            }
            (Said::Yes(id), _) if is_last => {
                let detail = "the provider answered that the certificate is inactive, but no read could confirm it in the time that was left";
                let error = Error::new(ErrorCode::ProviderInvalidResponse, detail);
                InactivateResult {
                    provider_request_id: id.clone(),
                    ..case.unproven(Outcome::Unknown, found, error)
                }
            }
            (Said::Yes(_), _) => return Verdict::LookAgain,
            (Said::Nothing(_) | Said::NotFound, Look::Gone) => case.gone(found),
            (Said::Nothing(error), Look::Unreadable) if before.is_none() || is_last => {
                case.unproven(Outcome::Unknown, found, unread(error))
            }
            // The state that was seen may be one of before the order.
            (Said::Nothing(error), Look::On(status)) if is_last => InactivateResult {
                status: Some(status),
                ..case.unproven(Outcome::Unknown, found, unread(error))
            },
            (Said::Nothing(_), _) if shows_no_effect && has_looked_long && !*is_repeated => {
                return Verdict::OrderAgain;
            }
            // Revoked is final: the order cannot have its effect any more.
            (Said::Nothing(error), Look::On(LifecycleStatus::Revoked)) => InactivateResult {
                status: Some(LifecycleStatus::Revoked),
                error: Some(error.clone()),
                ..case.seen(Outcome::Failed, found)
            },
            (Said::NotFound, Look::Unreadable) => case.unproven(Outcome::Failed, found, unfound()),
            (Said::NotFound, _) if has_looked_long || is_last => {
                case.unproven(Outcome::Failed, found, unfound())
            }
            (Said::NotInThisState(error), _)
                if has_looked_long || is_last || look != Look::On(found.certificate.status) =>
            {
                refused(case, found, error.clone())
            }
            _ => return Verdict::LookAgain,
        }))
    }
}

const TRIED: &str = "tried to inactivate a certificate";

async fn send(
    run: &Run<'_>,
    case: &Case<'_>,
    found: &FoundCertificate,
) -> Result<Said, InactivateResult> {
    let failure = match run.status_writer.inactivate(found).await {
        Ok(Some(written)) => return Ok(Said::Yes(written.request_id)),
        Ok(None) => return Ok(Said::NotFound),
        Err(failure) => failure,
    };
    if failure.may_have_acted {
        return Ok(Said::Nothing(failure.error));
    }
    // No provider documents its answer for a certificate that is off already: another order may
    // have been faster.
    if failure.error.concerns == Concerns::CertificateState {
        return Ok(Said::NotInThisState(failure.error));
    }
    Err(match failure.error.code {
        _ if failure.lacked_time => case.not_attempted(failure.error, Some(found)),
        ErrorCode::ProviderRejected => refused(case, found, failure.error),
        _ => InactivateResult {
            error: Some(failure.error),
            verified: false,
            ..case.seen(Outcome::Failed, found)
        },
    })
}

fn refused(case: &Case<'_>, found: &FoundCertificate, error: Error) -> InactivateResult {
    InactivateResult {
        error: Some(error),
        verified: false,
        ..case.seen(Outcome::Refused, found)
    }
}

fn unread(error: &Error) -> Error {
    let detail = format!(
        "the order was sent, but neither its answer nor its effect could be read ({})",
        error.detail
    );
    Error {
        detail,
        ..error.clone()
    }
}

fn unfound() -> Error {
    let detail =
        "the provider shows the certificate, but does not find it when it is to be inactivated";
    Error::new(ErrorCode::ProviderInvalidResponse, detail)
}

/// Looks at the certificates of these orders, in groups, until each of them is settled or time is
/// up.
pub(super) async fn settle<'a>(
    run: &Run<'a>,
    mut open: Vec<Sent<'a>>,
) -> Vec<(usize, InactivateResult)> {
    let mut results = Vec::new();
    let mut wait = FIRST_WAIT;
    while !open.is_empty() {
        let looks = {
            let found: Vec<&FoundCertificate> = open.iter().map(|sent| &sent.found).collect();
            run.status_writer.read(&found).await
        };
        let is_last = !run.context.deadline.leaves_a_look_behind(wait);
        let (mut undecided, mut without_effect) = (Vec::new(), Vec::new());
        for (mut sent, look) in open.into_iter().zip(&looks) {
            match sent.judge(Look::of(look), is_last) {
                Verdict::Settled(result) => {
                    sent.case.audit(&sent.found, TRIED, Some(&result));
                    results.push((sent.place, *result));
                }
                Verdict::LookAgain => undecided.push(sent),
                Verdict::OrderAgain => without_effect.push(sent),
            }
        }
        open = undecided;
        for sent in without_effect {
            match sent.order_again(run).await {
                Ok(sent) => open.push(sent),
                Err(settled) => results.push(settled),
            }
        }
        // A new order is looked after at once.
        if open.iter().all(|sent| sent.looks > 0) && !open.is_empty() {
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        }
    }
    results
}

#[cfg(test)]
mod tests;
