//! The cursor of several sources, which holds the progress of each.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Concerns, Error, ErrorCode};
use crate::model::Source;

/// The progress of reading a source.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Progress {
    /// No certificate of the source was shown yet.
    Begin,
    /// The source continues with this cursor of its own.
    At(String),
    /// The source failed with an error that is not retryable.
    Failed(PermanentFailure),
    /// The source is complete.
    End,
}

/// An error that each further page repeats. It leaves out the provider's own error, so that the
/// cursor stays small.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PermanentFailure {
    #[serde(
        serialize_with = "serialize_code",
        deserialize_with = "deserialize_permanent_code"
    )]
    code: ErrorCode,
    detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    concerns_parameters: bool,
    /// The source's own cursor, when some of its certificates were shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

fn serialize_code<S: Serializer>(code: &ErrorCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

fn deserialize_permanent_code<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<ErrorCode, D::Error> {
    let name = String::deserialize(deserializer)?;
    let code = ErrorCode::ALL
        .into_iter()
        .find(|code| code.as_str() == name && !code.retryable());
    code.ok_or_else(|| serde::de::Error::custom("not an error that is never retryable"))
}

impl PermanentFailure {
    fn new(error: &Error, at: Option<String>) -> Self {
        let Error {
            code,
            detail,
            field,
            concerns,
            ..
        } = error.clone();
        Self {
            code,
            detail,
            field,
            concerns_parameters: concerns == Concerns::Parameters,
            at,
        }
    }

    pub(super) fn error(&self) -> Error {
        let Self {
            code,
            detail,
            field,
            concerns_parameters,
            ..
        } = self.clone();
        let concerns = if concerns_parameters {
            Concerns::Parameters
        } else {
            Concerns::Other
        };
        Error {
            field,
            concerns,
            ..Error::new(code, detail)
        }
    }
}

impl Progress {
    /// The source's own cursor, when some of its certificates were shown.
    pub(super) const fn own_cursor(&self) -> Option<&String> {
        match self {
            Self::At(cursor) => Some(cursor),
            Self::Failed(failure) => failure.at.as_ref(),
            Self::Begin | Self::End => None,
        }
    }

    pub(super) const fn is_final(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::End)
    }

    /// The progress after an attempt that failed with this error.
    pub(super) fn after(&self, error: &Error) -> Self {
        if self.is_final() || error.code.retryable() {
            self.clone()
        } else {
            Self::Failed(PermanentFailure::new(error, self.own_cursor().cloned()))
        }
    }
}

/// Checks that a cursor has one entry for each source. The digest in a cursor is not secret, so
/// that a caller can make a cursor whose missing entries would leave sources out.
pub(super) fn check_count(
    sources: &[Source],
    progress: Vec<Progress>,
) -> Result<Vec<Progress>, Error> {
    let fits = progress.len() == sources.len();
    fits.then_some(progress)
        .ok_or_else(|| Error::invalid("cursor", "cursor must have one entry for each source"))
}
