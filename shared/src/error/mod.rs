//! The one public error.

mod code;
mod provider_error;

pub use code::ErrorCode;
pub use provider_error::ProviderError;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// The subject of an error, where the reaction depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Concerns {
    /// None of the others, like the load, the network or the permission.
    #[default]
    Other,
    /// The parameters of the call: the same call for another certificate may succeed.
    Parameters,
    /// The state that the one certificate is in, because of which the provider refused.
    CertificateState,
    /// The credentials or the signature. The vendor's message may repeat what was signed.
    Credentials,
    /// As `Credentials`, and the key itself is at fault (unknown, disabled, expired, or the secret
    /// of another one): with another key the same call may succeed.
    Key,
}

/// A cause, which clones of an error share.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// The one error of this crate. It serializes as the contract's problem document (RFC 9457).
#[derive(Clone)]
pub struct Error {
    /// The kind of failure.
    pub code: ErrorCode,
    /// The failure and its remedy.
    pub detail: String,
    /// The request member at fault, like `certificates[2].serial_number`.
    pub field: Option<String>,
    /// The provider's own error.
    pub provider_error: Option<Box<ProviderError>>,
    /// The wait that the provider asks for.
    pub retry_after: Option<Duration>,
    /// The subject of the error.
    pub concerns: Concerns,
    /// The cause, with its own causes. It holds no secret.
    pub cause: Option<Cause>,
}

impl Error {
    /// An error with nothing but a code and a detail.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: None,
            provider_error: None,
            retry_after: None,
            concerns: Concerns::Other,
            cause: None,
        }
    }

    /// [`ErrorCode::InvalidRequest`] about one member of the request.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(ErrorCode::InvalidRequest, detail)
        }
    }

    /// The same error about this member of the request.
    #[must_use]
    pub fn with_field(self, field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    /// The same error with the provider's own error.
    #[must_use]
    pub fn with_provider_error(self, provider_error: ProviderError) -> Self {
        Self {
            provider_error: Some(Box::new(provider_error)),
            ..self
        }
    }

    /// The same error, which concerns this.
    #[must_use]
    pub fn about(self, concerns: Concerns) -> Self {
        Self { concerns, ..self }
    }

    /// The provider's own code, where the provider answered with one.
    pub(crate) fn provider_code(&self) -> Option<&str> {
        self.provider_error
            .as_ref()
            .map(|provider_error| provider_error.code.as_str())
    }

    /// The same error with its cause. The innermost cause is added to the detail, since the outer
    /// ones say little.
    #[must_use]
    pub fn caused_by(self, cause: Cause) -> Self {
        Self {
            detail: format!("{}: {}", self.detail, innermost(&*cause)),
            cause: Some(cause),
            ..self
        }
    }

    /// The same error for the log: without the provider's message, which may quote the names in a
    /// certificate, unless the log takes whole answers.
    #[must_use]
    pub fn for_log(&self, is_whole: bool) -> Self {
        let mut logged = self.clone();
        if let Some(provider_error) = logged.provider_error.as_mut().filter(|_| !is_whole) {
            provider_error.message = None;
        }
        logged
    }

    /// Whether it concerns nothing but the certificate of the call.
    const fn concerns_one_certificate(&self) -> bool {
        matches!(
            self.concerns,
            Concerns::Parameters | Concerns::CertificateState
        )
    }

    /// Whether requests to the same provider for other certificates would only fail in the same
    /// way: it refuses the credentials, does not know the instance, throttles, or time is up. An
    /// unknown certificate is a result and not an error.
    pub const fn ends_the_request(&self) -> bool {
        match self.code {
            ErrorCode::ProviderRejected => !self.concerns_one_certificate(),
            ErrorCode::Throttled | ErrorCode::Timeout | ErrorCode::NotFound => true,
            _ => false,
        }
    }

    /// Whether a queue must deliver the request again: because it can succeed later, or because it
    /// could not be understood or carried out at all and belongs into the dead-letter queue for a
    /// person to see.
    ///
    /// A final decision about a sound request (not on the allow-list, no such instance, a
    /// certificate that the provider does not accept, or that is not the one that was named) is an
    /// outcome and needs no redelivery. Credentials that the provider refuses, or a bug in this
    /// code, say nothing about the request: acknowledging it would lose it.
    pub const fn needs_redelivery(&self) -> bool {
        match self.code {
            ErrorCode::ProviderRejected | ErrorCode::InvalidRequest => {
                !self.concerns_one_certificate()
            }
            ErrorCode::Forbidden
            | ErrorCode::NotFound
            | ErrorCode::Unauthenticated
            | ErrorCode::RequestInProgress
            | ErrorCode::Conflict
            | ErrorCode::SelectionTooLarge
            | ErrorCode::IdempotencyMismatch
            | ErrorCode::MethodNotAllowed => false,
            ErrorCode::PayloadTooLarge
            | ErrorCode::Unsupported
            | ErrorCode::Internal
            | ErrorCode::Throttled
            | ErrorCode::ProviderInvalidResponse
            | ErrorCode::ProviderUnavailable
            | ErrorCode::Timeout => true,
        }
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    retryable: bool,
    detail: &'a str,
    field: Option<&'a str>,
    provider_error: Option<&'a ProviderError>,
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Problem {
            r#type: "about:blank",
            title: self.code.title(),
            status: self.code.http_status(),
            code: self.code.as_str(),
            retryable: self.code.retryable(),
            detail: &self.detail,
            field: self.field.as_deref(),
            provider_error: self.provider_error.as_deref(),
        }
        .serialize(serializer)
    }
}

/// Two errors are equal when they say the same; their causes are not compared.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let said = |error: &Self| {
            let Self {
                code,
                detail,
                field,
                provider_error,
                retry_after,
                concerns,
                cause: _,
            } = error.clone();
            (code, detail, field, provider_error, retry_after, concerns)
        };
        said(self) == said(other)
    }
}

impl Eq for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

/// The same as `Display`: the Lambda runtime logs an error's `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Some(cause) => Some(&**cause),
            None => None,
        }
    }
}

/// The last cause in a chain.
pub(crate) fn innermost<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> &'a (dyn std::error::Error + 'static) {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause
}

#[cfg(test)]
mod tests;
