//! Certificates that a provider does not know.

use crate::transport::Failure;

/// Turns a refusal whose code says that the certificate is unknown into `None`: that is a result,
/// and not an error.
pub(super) fn absent_when<T>(
    answer: Result<T, Failure>,
    is_unknown: impl Fn(&str) -> bool,
) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.error.provider_code().is_some_and(is_unknown) => Ok(None),
        Err(failure) => Err(failure),
    }
}
