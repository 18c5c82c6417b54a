//! The contract's table of error codes.

/// The kind of a failure. Each code has one HTTP status, and is either retryable or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// Malformed JSON, an unknown or missing member, a value out of range; `field` names it.
    InvalidRequest,
    /// A webhook signature is missing or wrong.
    Unauthenticated,
    /// A rule of this deployment forbids it: the instance is not on the allow-list.
    Forbidden,
    /// The provider does not know the instance, or the path of an HTTP request is not the
    /// function's own. An unknown certificate is a result, not an error.
    NotFound,
    /// The HTTP method is not one that this function takes.
    MethodNotAllowed,
    /// The request is larger than this function reads.
    PayloadTooLarge,
    /// The first request with the same idempotency key is still being carried out.
    RequestInProgress,
    /// A certificate, or the set of those that a selection finds, is not in the state that the
    /// request was made for.
    Conflict,
    /// A selection finds more certificates than may be changed without a plan.
    SelectionTooLarge,
    /// The idempotency key was used for another request.
    IdempotencyMismatch,
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
    pub const ALL: [Self; 17] = [
        Self::InvalidRequest,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::PayloadTooLarge,
        Self::RequestInProgress,
        Self::Conflict,
        Self::SelectionTooLarge,
        Self::IdempotencyMismatch,
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
            Self::RequestInProgress => ("conflict", "Conflict", 409, true),
            Self::Conflict => ("conflict", "Conflict", 409, false),
            Self::SelectionTooLarge => ("selection_too_large", "Selection too large", 422, false),
            Self::IdempotencyMismatch => {
                ("idempotency_mismatch", "Idempotency mismatch", 422, false)
            }
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
