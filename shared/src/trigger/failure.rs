//! The end of an invocation: its answer as JSON, or its failure.

use std::fmt;

use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorCode};

/// A failed invocation as Lambda reports it: the code as the error's type, the problem document as
/// its message.
pub struct FunctionError(pub Error);

impl From<FunctionError> for Diagnostic {
    fn from(error: FunctionError) -> Self {
        Self {
            error_type: error.0.code.as_str().to_owned(),
            error_message: serde_json::to_string(&error.0).unwrap_or_else(|_| error.0.to_string()),
        }
    }
}

impl fmt::Debug for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

pub(super) fn to_json(value: &impl Serialize) -> Result<Box<RawValue>, FunctionError> {
    serde_json::value::to_raw_value(value).map_err(|error| {
        FunctionError(Error::new(
            ErrorCode::Internal,
            format!("the answer cannot be written: {error}"),
        ))
    })
}
