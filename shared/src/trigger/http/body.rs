//! The body of a request.

use std::cell::OnceCell;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use super::raw::{stated, string};
use crate::error::Error;
use crate::object::Members;
use crate::request::described;
use crate::trigger::limits::check_request_size;

/// A body as its event has it. It is decoded once, when it is first needed, so that a request that is
/// refused because of its headers does not cost that work.
pub(super) struct Body<'a> {
    /// The JSON value in the event, which should be a string.
    encoded: Result<Option<&'a RawValue>, Error>,
    is_base64: Result<bool, Error>,
    pub(super) decoded: OnceCell<Result<Vec<u8>, Error>>,
}

impl<'a> Body<'a> {
    pub(super) fn of(event: &Members<'a>) -> Self {
        Self {
            encoded: stated(event, "body"),
            is_base64: stated(event, "isBase64Encoded")
                .map(|value| value.is_some_and(|value| value.get() == "true")),
            decoded: OnceCell::new(),
        }
    }

    /// The bytes that the client sent.
    ///
    /// # Errors
    /// When the body cannot be decoded, or is too large.
    pub(super) fn bytes(&self) -> Result<&[u8], Error> {
        let decoded = self.decoded.get_or_init(|| self.decode());
        decoded.as_deref().map_err(Clone::clone)
    }

    fn decode(&self) -> Result<Vec<u8>, Error> {
        let Some(encoded) = self.encoded.clone()? else {
            return Ok(Vec::new());
        };
        if !encoded.get().starts_with('"') {
            let kind = described(encoded.get());
            let rule = format!("the gateway must pass the body as a string, not as {kind}");
            return Err(Error::invalid("body", rule));
        }
        let text = string(encoded).ok_or_else(|| {
            let rule = "the body has half of a surrogate pair, which is no character";
            Error::invalid("body", rule)
        })?;
        let bytes = if self.is_base64.clone()? {
            STANDARD.decode(&text).map_err(|_| {
                Error::invalid(
                    "body",
                    "the body is not base64, although the event marks it as base64",
                )
            })?
        } else {
            text.into_bytes()
        };
        check_request_size(bytes.len())?;
        Ok(bytes)
    }
}
