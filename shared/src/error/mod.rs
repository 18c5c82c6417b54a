//! The one public error, and the contract's table of codes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::model::ProviderName;

/// The kind of a failure. Each code has one HTTP status, and is either retryable or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// Malformed JSON, an unknown or missing member, a value out of range; `field` names it.
    InvalidRequest,
    /// A webhook signature is missing or wrong.
    Unauthenticated,
    /// A rule of this deployment forbids it: the instance is not on the allow-list.
    Forbidden,
    /// The provider does not know the instance. An unknown certificate is a result, not an error.
    NotFound,
    /// The HTTP method is not one that this function takes.
    MethodNotAllowed,
    /// The request is larger than this function reads.
    PayloadTooLarge,
    /// This provider cannot do this operation or filter.
    Unsupported,
    /// The provider throttles calls.
    Throttled,
    /// A bug in this code. The detail holds nothing but a reference to the log.
    Internal,
    /// The provider refused our credentials, permission, edition or parameters.
    ProviderRejected,
    /// The provider's answer does not have its documented form.
    ProviderInvalidResponse,
    /// The provider could not be reached, or failed without a business code.
    ProviderUnavailable,
    /// The deadline was reached.
    Timeout,
}

impl ErrorCode {
    /// Every code, in the contract's order.
    pub const ALL: [Self; 13] = [
        Self::InvalidRequest,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::PayloadTooLarge,
        Self::Unsupported,
        Self::Throttled,
        Self::Internal,
        Self::ProviderRejected,
        Self::ProviderInvalidResponse,
        Self::ProviderUnavailable,
        Self::Timeout,
    ];

    const fn row(self) -> (&'static str, &'static str, u16, bool) {
        match self {
            Self::InvalidRequest => ("invalid_request", "Invalid request", 400, false),
            Self::Unauthenticated => ("unauthenticated", "Unauthenticated", 401, false),
            Self::Forbidden => ("forbidden", "Forbidden", 403, false),
            Self::NotFound => ("not_found", "Not found", 404, false),
            Self::MethodNotAllowed => ("method_not_allowed", "Method not allowed", 405, false),
            Self::PayloadTooLarge => ("payload_too_large", "Payload too large", 413, false),
            Self::Unsupported => ("unsupported", "Unsupported", 422, false),
            Self::Throttled => ("throttled", "Throttled", 429, true),
            Self::Internal => ("internal", "Internal error", 500, false),
            Self::ProviderRejected => ("provider_rejected", "Provider rejected", 502, false),
            Self::ProviderInvalidResponse => (
                "provider_invalid_response",
                "Provider invalid response",
                502,
                true,
            ),
            Self::ProviderUnavailable => {
                ("provider_unavailable", "Provider unavailable", 503, true)
            }
            Self::Timeout => ("timeout", "Timeout", 504, true),
        }
    }

    /// The code's name in answers, like `throttled`.
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The problem document's `title`.
    pub const fn title(self) -> &'static str {
        self.row().1
    }

    /// The HTTP status of the answer.
    pub const fn http_status(self) -> u16 {
        self.row().2
    }

    /// Whether the same request may succeed later.
    pub const fn retryable(self) -> bool {
        self.row().3
    }
}

/// Error that the provider returned, without secrets, signatures and echoes of a signed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProviderError {
    /// Provider that returned the error.
    pub provider: ProviderName,
    /// Provider's own error code, like `RequestLimitExceeded`.
    pub code: String,
    /// Provider's own message; `null` when it could repeat a signed request.
    pub message: Option<String>,
    /// Provider's request id of the call, to quote in a support case.
    pub request_id: Option<String>,
}

/// Vendor texts are cut to this many characters on their way out.
const LONGEST_VENDOR_TEXT: usize = 256;

impl ProviderError {
    /// Takes over the vendor's answer. Control characters become blanks. The message is dropped
    /// when it looks like an echo of a signed request, whatever its code: signatures and keys must
    /// not reach callers or the log.
    pub fn new(
        provider: ProviderName,
        code: &str,
        message: Option<&str>,
        request_id: Option<&str>,
    ) -> Self {
        Self {
            provider,
            code: printable(code),
            message: message.filter(|text| !echoes_signing(text)).map(printable),
            request_id: request_id.filter(|id| !id.is_empty()).map(printable),
        }
    }

    /// The same error with these values masked wherever the vendor repeated one, and with long
    /// texts cut.
    #[must_use]
    pub fn without(self, values: &[&str]) -> Self {
        // One value may be a part of another.
        let mut longest_first = values.to_vec();
        longest_first.sort_by_key(|value| std::cmp::Reverse(value.len()));
        let clean = |text: String| -> String {
            let text = longest_first
                .iter()
                .fold(text, |text, value| text.replace(value, "***"));
            text.chars().take(LONGEST_VENDOR_TEXT).collect()
        };
        Self {
            code: clean(self.code),
            message: self.message.map(clean),
            request_id: self.request_id.map(clean),
            ..self
        }
    }
}

fn echoes_signing(text: &str) -> bool {
    /// A SHA-1 in Base64 has 28 characters, a SHA-256 in hex 64.
    const SHORTEST_SIGNATURE: usize = 26;
    let text = text.to_ascii_lowercase();
    let holds_a_signature = || {
        let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
        text.split(|c: char| !is_digit(c))
            .any(|word| word.len() >= SHORTEST_SIGNATURE)
    };
    [
        "hmac",
        "x-acs-",
        "x-tc-",
        "string to sign",
        "stringtosign",
        "canonical",
        "signature=",
        "authorization",
        "accesskey",
    ]
    .iter()
    .any(|mark| text.contains(mark))
        || (text.contains("signature") && holds_a_signature())
}

fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

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
