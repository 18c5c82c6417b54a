//! How every vendor's table of error codes is read.

use crate::error::{Error, ErrorCode, ProviderError};
use crate::model::ProviderName;

/// One row: a vendor's code, or a family of them, and what it means here.
pub(super) struct Row {
    /// The code. It also stands for its sub-codes: `AuthFailure` for `AuthFailure.TokenFailure`.
    pub(super) code: &'static str,
    /// What it means here.
    pub(super) means: ErrorCode,
    /// What went wrong and what to do, for the person who reads it.
    pub(super) detail: &'static str,
    /// Whether the vendor's message may repeat what was signed.
    pub(super) withhold_message: bool,
}

impl Row {
    pub(super) const fn new(code: &'static str, means: ErrorCode, detail: &'static str) -> Self {
        Self { code, means, detail, withhold_message: false }
    }

    /// A row about credentials or signatures: the vendor's message stays here.
    pub(super) const fn secret(code: &'static str, detail: &'static str) -> Self {
        Self { code, means: ErrorCode::ProviderRejected, detail, withhold_message: true }
    }

    fn stands_for(&self, code: &str) -> bool {
        code.strip_prefix(self.code).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// What a vendor answered in place of a result.
pub(super) struct Refusal<'a> {
    pub(super) provider: ProviderName,
    pub(super) code: &'a str,
    pub(super) message: Option<&'a str>,
    pub(super) request_id: Option<&'a str>,
    /// HTTP status; it decides only where the code is in no table.
    pub(super) status: u16,
}

/// The error for a vendor's code: the row with the longest matching code in any of the tables, else the HTTP status.
pub(super) fn explain(refusal: &Refusal<'_>, tables: &[&[Row]]) -> Error {
    let row = tables.iter().flat_map(|table| table.iter()).filter(|row| row.stands_for(refusal.code)).max_by_key(|row| row.code.len());
    let (means, detail, withhold) = match row {
        Some(row) => (row.means, row.detail, row.withhold_message),
        None => match refusal.status {
            429 => (ErrorCode::Throttled, "the provider asks to slow down", false),
            500.. => (ErrorCode::ProviderUnavailable, "the provider failed with a code that this version does not know", false),
            _ => (ErrorCode::ProviderRejected, "the provider refused with a code that this version does not know", false),
        },
    };
    let message = refusal.message.filter(|_| !withhold);
    Error::new(means, detail).with_provider_error(ProviderError::new(refusal.provider, refusal.code, message, refusal.request_id))
}

/// The error for an answer that holds neither a result nor a code.
pub(super) fn not_an_answer(provider: ProviderName, status: u16, problem: &str) -> Error {
    match status {
        413 | 414 | 431 => Error::new(ErrorCode::ProviderRejected, format!("the request is too long for {provider} (HTTP {status})")),
        429 => Error::new(ErrorCode::Throttled, format!("{provider} answered HTTP 429")),
        500.. => Error::new(ErrorCode::ProviderUnavailable, format!("{provider} answered HTTP {status} without an error code")),
        _ => Error::new(
            ErrorCode::ProviderInvalidResponse,
            format!("{provider} answered HTTP {status} with something that its documentation does not describe: {problem}"),
        ),
    }
}
