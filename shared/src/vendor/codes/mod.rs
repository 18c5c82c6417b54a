//! Tables of vendors' error codes, and the errors that they lead to.

use crate::error::{Concerns, Error, ErrorCode, ProviderError};
use crate::model::{ProviderName, RequestId};

/// One row: a vendor's code, or a family of them, and its meaning.
pub(crate) struct Row {
    /// The code. It also stands for its sub-codes: `AuthFailure` for `AuthFailure.TokenFailure`.
    code: &'static str,
    /// The code of the contract.
    means: ErrorCode,
    /// The failure and its remedy, for a person.
    detail: &'static str,
    /// The subject of the refusal.
    concerns: Concerns,
}

impl Row {
    pub(crate) const fn new(code: &'static str, means: ErrorCode, detail: &'static str) -> Self {
        Self {
            code,
            means,
            detail,
            concerns: Concerns::Other,
        }
    }

    /// A row about credentials or signatures.
    pub(crate) const fn credentials(code: &'static str, detail: &'static str) -> Self {
        Self {
            code,
            means: ErrorCode::ProviderRejected,
            detail,
            concerns: Concerns::Credentials,
        }
    }

    /// A row about a key that is not valid any more. Another key may be.
    pub(crate) const fn key(code: &'static str, detail: &'static str) -> Self {
        Self {
            code,
            means: ErrorCode::ProviderRejected,
            detail,
            concerns: Concerns::Key,
        }
    }

    /// A row about the parameters of the call.
    pub(crate) const fn parameters(code: &'static str) -> Self {
        let detail = "the provider does not accept these parameters";
        Self {
            code,
            means: ErrorCode::ProviderRejected,
            detail,
            concerns: Concerns::Parameters,
        }
    }

    /// A row about the state of the certificate that was to be changed.
    pub(crate) const fn state(code: &'static str, detail: &'static str) -> Self {
        Self {
            code,
            means: ErrorCode::ProviderRejected,
            detail,
            concerns: Concerns::CertificateState,
        }
    }

    fn stands_for(&self, code: &str) -> bool {
        code.strip_prefix(self.code)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// The refusal that a vendor answered instead of a result.
pub(crate) struct Refusal<'a> {
    pub(crate) provider: ProviderName,
    pub(crate) code: &'a str,
    pub(crate) message: Option<&'a str>,
    pub(crate) request_id: Option<RequestId>,
    /// HTTP status; it decides only where the code is in no table.
    pub(crate) status: u16,
}

/// The error for a vendor's code: the row with the longest matching code in any of the tables, else
/// the HTTP status.
pub(crate) fn explain(refusal: &Refusal<'_>, tables: &[&[Row]]) -> Error {
    let (means, detail, concerns) = match row_for(refusal.code, tables) {
        Some(row) => (row.means, row.detail, row.concerns),
        None => unknown(refusal),
    };
    let message = refusal
        .message
        .filter(|_| !matches!(concerns, Concerns::Credentials | Concerns::Key));
    let provider_error = ProviderError::new(
        refusal.provider,
        refusal.code,
        message,
        refusal.request_id.clone(),
    );
    Error::new(means, detail)
        .with_provider_error(provider_error)
        .about(concerns)
}

/// Whether a code is in one of the tables.
pub(crate) fn is_known(code: &str, tables: &[&[Row]]) -> bool {
    row_for(code, tables).is_some()
}

fn row_for<'a>(code: &str, tables: &[&'a [Row]]) -> Option<&'a Row> {
    tables
        .iter()
        .flat_map(|table| table.iter())
        .filter(|row| row.stands_for(code))
        .max_by_key(|row| row.code.len())
}

fn unknown(refusal: &Refusal<'_>) -> (ErrorCode, &'static str, Concerns) {
    // Alibaba has codes made of the parameter's name: MissingSerialNumber, InvalidSerialNumber.
    const PARAMETERS: [&str; 4] = ["SerialNumber", "DeviceSn", "CaSn", "MqttInstanceId"];
    let named = ["Invalid", "Missing"]
        .iter()
        .filter_map(|start| refusal.code.strip_prefix(start))
        .any(|rest| {
            PARAMETERS
                .iter()
                .any(|name| rest.split('.').next() == Some(name))
        });
    match refusal.status {
        429 => (
            ErrorCode::Throttled,
            "the provider asks to slow down",
            Concerns::Other,
        ),
        500.. if !named => (
            ErrorCode::ProviderUnavailable,
            "the provider failed with a code that this version does not know",
            Concerns::Other,
        ),
        _ => {
            let concerns = if named {
                Concerns::Parameters
            } else {
                Concerns::Other
            };
            (
                ErrorCode::ProviderRejected,
                "the provider refused with a code that this version does not know",
                concerns,
            )
        }
    }
}

/// The error for an answer that holds neither a result nor an error code. `problem` says what it
/// holds instead, like "an error without a code".
pub(crate) fn unexpected_answer(provider: ProviderName, status: u16, problem: &str) -> Error {
    match status {
        413 | 414 | 431 => Error::new(
            ErrorCode::ProviderRejected,
            format!("the request is too long for {provider} (HTTP {status})"),
        )
        .about(Concerns::Parameters),
        429 => Error::new(
            ErrorCode::Throttled,
            format!("{provider} answered HTTP 429"),
        ),
        500.. => Error::new(
            ErrorCode::ProviderUnavailable,
            format!("{provider} answered HTTP {status} without an error code"),
        ),
        _ => Error::new(
            ErrorCode::ProviderInvalidResponse,
            format!(
                "{provider} answered HTTP {status} with something that its documentation does not describe: {problem}"
            ),
        ),
    }
}

/// The error of one record of a list that cannot be used in full. The other records can.
pub(crate) fn unusable_record(provider: ProviderName, problem: &str) -> Error {
    Error::new(
        ErrorCode::ProviderInvalidResponse,
        format!("{provider} lists a record that cannot be used in full: {problem}"),
    )
}

#[cfg(test)]
pub(crate) mod tests;
