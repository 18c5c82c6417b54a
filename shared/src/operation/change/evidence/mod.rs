//! The evidence for the effect of a write. A result says that a certificate was changed only on
//! evidence, and a write is repeated only after reads have shown that it had no effect.

use std::time::Duration;

use super::answer::{InactivateResult, Outcome};
use super::certificate::CertificateChange;
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{LifecycleStatus, RequestId};
use crate::provider::{FoundCertificate, StatusWriter};
use crate::transport::Deadline;

/// The wait before the second read. Each later wait is twice as long, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_millis(3_200);
/// Number of reads that show the certificate unchanged before the write counts as without effect.
/// They take 1.4 seconds, in which reads that lag behind writes have caught up.
const READS_BEFORE_REPEATING: u32 = 4;

/// The provider's answer to a write.
enum WriteOutcome {
    /// The provider confirms the change. The id is that of the call.
    Confirmed(Option<RequestId>),
    /// The provider has not answered: the write may have had its effect.
    Uncertain(Error),
    /// The provider does not know the certificate, although a read has just found it.
    NotFound,
    /// The certificate's status does not allow the change: it may be in the target's status.
    StateRefused(Error),
}

/// The status that a read after the write shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadBack {
    /// The target's status.
    Target,
    /// Another status.
    Other(LifecycleStatus),
    /// The certificate is not there any more.
    Gone,
    /// Another certificate has taken its place under the same texts.
    Replaced,
    /// The read failed, or showed an undocumented status.
    Unreadable,
}

/// A write that was sent, and the evidence for its effect so far.
pub(super) struct SentWrite<'a> {
    change: CertificateChange<'a>,
    found: FoundCertificate,
    outcome: WriteOutcome,
    /// Whether the write was sent twice.
    is_repeated: bool,
    /// The number of reads since.
    reads: u32,
    last_read: Option<ReadBack>,
}

/// The next step after a read.
enum NextStep {
    Finish(Box<InactivateResult>),
    ReadAgain,
    /// The write had no effect.
    WriteAgain,
}

impl<'a> SentWrite<'a> {
    /// Sends a write.
    ///
    /// # Errors
    /// The result of a write that had no effect, with the index of its certificate.
    pub(super) async fn send(
        status_writer: &dyn StatusWriter,
        change: CertificateChange<'a>,
        found: FoundCertificate,
    ) -> Result<Self, (usize, InactivateResult)> {
        match write(status_writer, &change, &found).await {
            Ok(outcome) => Ok(Self {
                change,
                found,
                outcome,
                is_repeated: false,
                reads: 0,
                last_read: None,
            }),
            Err(result) => {
                change.audit_end(&found, &result);
                Err((change.index, result))
            }
        }
    }

    async fn send_again(
        self,
        status_writer: &dyn StatusWriter,
    ) -> Result<Self, (usize, InactivateResult)> {
        Ok(Self {
            is_repeated: true,
            ..Self::send(status_writer, self.change, self.found).await?
        })
    }

    fn read_back(&self, read: &Result<Option<FoundCertificate>, Error>) -> ReadBack {
        match read {
            Ok(Some(found)) if !is_same(&self.found, found) => ReadBack::Replaced,
            Ok(Some(found)) => match found.certificate.status {
                status if status == self.change.target().status => ReadBack::Target,
                LifecycleStatus::Unknown => ReadBack::Unreadable,
                status => ReadBack::Other(status),
            },
            Ok(None) => ReadBack::Gone,
            Err(_) => ReadBack::Unreadable,
        }
    }

    /// The step after a read. `is_last` says that there is no time for another read.
    fn judge(&mut self, read: ReadBack, is_last: bool) -> NextStep {
        use ReadBack::{Gone, Other, Replaced, Target, Unreadable};
        use WriteOutcome::{Confirmed, NotFound, StateRefused, Uncertain};
        self.reads = self.reads.saturating_add(1);
        let last_read = self.last_read.replace(read);
        let Self {
            change,
            found,
            outcome,
            is_repeated,
            reads,
            ..
        } = self;
        let target = change.target();
        let shows_no_effect = matches!(read, Other(status) if target.unchanged.contains(&status));
        let has_waited_long = *reads >= READS_BEFORE_REPEATING;
        NextStep::Finish(Box::new(match (&*outcome, read) {
            // The write may have changed either of the two certificates, or none.
            (Confirmed(id), Replaced) => InactivateResult {
                provider_request_id: id.clone(),
                ..change.unproven(Outcome::Unknown, found, replaced())
            },
            (Uncertain(_), Replaced) => change.unproven(Outcome::Unknown, found, replaced()),
            (NotFound | StateRefused(_), Replaced) => {
                change.unproven(Outcome::Failed, found, replaced())
            }
            (Confirmed(id), Target) => change.changed(found, id.clone(), true),
            // A forced write: the read before it has shown the same.
            (Uncertain(error), Target) if found.certificate.status == target.status => {
                change.unproven(Outcome::Unknown, found, unread(error))
            }
            (NotFound, Target) if found.certificate.status == target.status => {
                change.unproven(Outcome::Failed, found, not_found_by_the_write())
            }
            (Uncertain(_) | NotFound, Target) => change.changed(found, None, true),
            // The first write has had its effect after all, which this read is the first to show.
            (StateRefused(_), Target) if *is_repeated => change.changed(found, None, true),
            (StateRefused(_), Target) => InactivateResult {
                status: Some(target.status),
                ..change.seen(target.already, found)
            },
            // A read that fails leaves the provider's answer as the evidence, unless another read
            // has contradicted it.
            (Confirmed(id), Unreadable) if last_read.is_none() => {
                change.changed(found, id.clone(), false)
            }
            // Reads may lag behind the write, and may even miss the certificate.
            (Confirmed(id), Gone) if last_read == Some(Gone) || is_last => InactivateResult {
                provider_request_id: id.clone(),
                ..change.gone(found)
            },
            (Confirmed(id), _) if is_last => InactivateResult {
                provider_request_id: id.clone(),
                ..change.unproven(Outcome::Unknown, found, unconfirmed(target.status))
            },
            (Confirmed(_), _) => return NextStep::ReadAgain,
            (Uncertain(_) | NotFound, Gone) => change.gone(found),
            (Uncertain(error), Unreadable) if last_read.is_none() || is_last => {
                change.unproven(Outcome::Unknown, found, unread(error))
            }
            // The status may be the one from before the write.
            (Uncertain(error), Other(status)) if is_last => InactivateResult {
                status: Some(status),
                ..change.unproven(Outcome::Unknown, found, unread(error))
            },
            (Uncertain(_), _) if shows_no_effect && has_waited_long && !*is_repeated => {
                return NextStep::WriteAgain;
            }
            // Revoked is final: the write cannot have its effect any more.
            (Uncertain(error), Other(LifecycleStatus::Revoked)) => InactivateResult {
                status: Some(LifecycleStatus::Revoked),
                error: Some(error.clone()),
                ..change.seen(Outcome::Failed, found)
            },
            (NotFound, Unreadable) => {
                change.unproven(Outcome::Failed, found, not_found_by_the_write())
            }
            (NotFound, _) if has_waited_long || is_last => {
                change.unproven(Outcome::Failed, found, not_found_by_the_write())
            }
            (StateRefused(error), _)
                if has_waited_long || is_last || read != Other(found.certificate.status) =>
            {
                refused(change, found, error.clone())
            }
            _ => return NextStep::ReadAgain,
        }))
    }
}

/// Whether a read shows the certificate that was found before the write. Fingerprints count only if
/// both have one, because a row of a list may lack the certificate itself.
fn is_same(before: &FoundCertificate, read: &FoundCertificate) -> bool {
    let fingerprints = (
        &before.certificate.fingerprint_sha256,
        &read.certificate.fingerprint_sha256,
    );
    let has_other_fingerprint =
        matches!(fingerprints, (Some(before), Some(read)) if before != read);
    before.key == read.key && before.ca_key == read.ca_key && !has_other_fingerprint
}

/// Calls the provider.
///
/// # Errors
/// The result of a write that had no effect.
async fn write(
    status_writer: &dyn StatusWriter,
    change: &CertificateChange<'_>,
    found: &FoundCertificate,
) -> Result<WriteOutcome, InactivateResult> {
    let failure = match status_writer.set(found, change.command.target).await {
        Ok(Some(confirmed)) => return Ok(WriteOutcome::Confirmed(confirmed.request_id)),
        Ok(None) => return Ok(WriteOutcome::NotFound),
        Err(failure) => failure,
    };
    if failure.may_have_acted {
        return Ok(WriteOutcome::Uncertain(failure.error));
    }
    // Another order may have been faster, and no provider documents its answer for a certificate that
    // already has the target's status.
    if failure.error.concerns == Concerns::CertificateState {
        return Ok(WriteOutcome::StateRefused(failure.error));
    }
    Err(match failure.error.code {
        _ if failure.lacked_time => change.not_attempted(failure.error, Some(found)),
        ErrorCode::ProviderRejected => refused(change, found, failure.error),
        _ => InactivateResult {
            error: Some(failure.error),
            verified: false,
            ..change.seen(Outcome::Failed, found)
        },
    })
}

fn refused(
    change: &CertificateChange<'_>,
    found: &FoundCertificate,
    error: Error,
) -> InactivateResult {
    InactivateResult {
        error: Some(error),
        verified: false,
        ..change.seen(Outcome::Refused, found)
    }
}

fn unconfirmed(status: LifecycleStatus) -> Error {
    let detail = format!(
        "the provider answered that the certificate is {}, but no read could confirm it in the time that was left",
        status.as_str()
    );
    Error::new(ErrorCode::ProviderInvalidResponse, detail)
}

fn unread(error: &Error) -> Error {
    let detail = format!(
        "the change was sent, but neither its answer nor its effect could be read ({})",
        error.detail
    );
    Error {
        detail,
        ..error.clone()
    }
}

fn replaced() -> Error {
    let detail = "a read after the change shows another certificate in place of the one that was found before";
    Error::new(ErrorCode::ProviderInvalidResponse, detail)
}

fn not_found_by_the_write() -> Error {
    let detail = "the provider shows the certificate when it is read, but does not find it when it is to be changed";
    Error::new(ErrorCode::ProviderInvalidResponse, detail)
}

/// Reads the certificates of these writes in groups, until the result of each is proven or the time
/// is up.
pub(super) async fn prove<'a>(
    status_writer: &dyn StatusWriter,
    deadline: Deadline,
    mut open: Vec<SentWrite<'a>>,
) -> Vec<(usize, InactivateResult)> {
    let mut results = Vec::new();
    let mut wait = FIRST_WAIT;
    while !open.is_empty() {
        let reads = {
            let found: Vec<&FoundCertificate> = open.iter().map(|sent| &sent.found).collect();
            status_writer.read(&found).await
        };
        let is_last = !deadline.leaves_time_to_read_after(wait);
        let (mut undecided, mut without_effect) = (Vec::new(), Vec::new());
        for (mut sent, read) in open.into_iter().zip(&reads) {
            let seen = read.as_ref().ok().and_then(Option::as_ref);
            let read = sent.read_back(read);
            match sent.judge(read, is_last) {
                NextStep::Finish(mut result) => {
                    sent.change.audit_end(&sent.found, &result);
                    result.receipt = sent.change.receipt(result.outcome, &sent.found, seen);
                    results.push((sent.change.index, *result));
                }
                NextStep::ReadAgain => undecided.push(sent),
                NextStep::WriteAgain => without_effect.push(sent),
            }
        }
        open = undecided;
        for sent in without_effect {
            match sent.send_again(status_writer).await {
                Ok(sent) => open.push(sent),
                Err(result) => results.push(result),
            }
        }
        // The certificate of a new write is read at once.
        if open.iter().all(|sent| sent.reads > 0) && !open.is_empty() {
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        }
    }
    results
}

#[cfg(test)]
mod tests;
