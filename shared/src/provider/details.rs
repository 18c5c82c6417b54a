//! Failures of the reads that complete a list's rows, one call for each certificate: whether they
//! concern their certificates alone.

use super::Entry;
use crate::error::{Concerns, Error, ErrorCode};

/// Whether a failed read may concern its certificate alone: the same call for another one may
/// succeed.
pub(super) fn may_concern_one_certificate(error: &Error) -> bool {
    error.code == ErrorCode::ProviderInvalidResponse
        || is_service_failure(error)
        || matches!(
            error.concerns,
            Concerns::Parameters | Concerns::CertificateState
        )
}

/// Whether the vendor has answered that it failed itself, which it may do for one certificate for
/// ever.
fn is_service_failure(error: &Error) -> bool {
    error.code == ErrorCode::ProviderUnavailable && error.provider_error.is_some()
}

/// Decides about the failures of the service itself. When another certificate of the page could be
/// read, each concerns its own certificate; when none could, they are errors of the whole page.
pub(super) fn settle_service_failures(
    answers: Vec<Result<Option<Entry>, Error>>,
) -> impl Iterator<Item = Result<Option<Entry>, Error>> {
    let is_read = |answer: &Result<Option<Entry>, Error>| matches!(answer, Ok(Some(entry)) if entry.error.is_none());
    let is_one_read = answers.iter().any(is_read);
    answers.into_iter().map(move |answer| match answer? {
        Some(Entry {
            error: Some(error), ..
        }) if !is_one_read && is_service_failure(&error) => Err(error),
        entry => Ok(entry),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ProviderError;
    use crate::model::{ProviderName, ProviderRecord, Timestamp};

    fn entry(error: Option<Error>) -> Option<Entry> {
        let now = Timestamp::from_epoch_milliseconds(0).unwrap();
        Some(Entry {
            offset: 1,
            certificate: ProviderRecord::default().into_certificate(now, false),
            error,
        })
    }

    fn answered(code: ErrorCode) -> Error {
        let provider_error =
            ProviderError::new(ProviderName::AwsIot, "InternalFailure", None, None);
        Error::new(code, "").with_provider_error(provider_error)
    }

    #[test]
    fn a_failure_of_the_service_is_its_certificates_where_another_one_was_read() {
        let failing = || entry(Some(answered(ErrorCode::ProviderUnavailable)));
        let invalid = || entry(Some(Error::new(ErrorCode::ProviderInvalidResponse, "")));
        for (answers, failed) in [
            (vec![failing(), entry(None), failing()], 0),
            (vec![failing(), invalid(), None], 1),
            (vec![failing(), failing()], 2),
            (vec![invalid(), invalid()], 0),
        ] {
            let answers = answers.into_iter().map(Ok).collect();
            assert_eq!(
                settle_service_failures(answers)
                    .filter(Result::is_err)
                    .count(),
                failed
            );
        }
    }

    #[test]
    fn a_failure_that_the_vendor_did_not_answer_concerns_more_than_one_certificate() {
        for (error, expected) in [
            (answered(ErrorCode::ProviderUnavailable), true),
            (Error::new(ErrorCode::ProviderInvalidResponse, ""), true),
            (
                answered(ErrorCode::ProviderRejected).about(Concerns::Parameters),
                true,
            ),
            (Error::new(ErrorCode::ProviderUnavailable, ""), false),
            (answered(ErrorCode::ProviderRejected), false),
            (answered(ErrorCode::Throttled), false),
            (Error::new(ErrorCode::Timeout, ""), false),
        ] {
            assert_eq!(may_concern_one_certificate(&error), expected, "{error:?}");
        }
    }
}
