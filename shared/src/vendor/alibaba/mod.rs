//! The error answers and the error codes that every product of Alibaba Cloud shares.

pub(crate) mod codes;

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::xml::element;
use crate::object::Object;
use crate::transport::{HttpResponse, whole_number};

/// The error that the gateway or the product answers instead of a result.
pub(crate) struct ErrorBody {
    pub(crate) code: String,
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<String>,
}

/// Some gateways write the names in lower case. Only texts are taken; the code counts whatever the
/// others are.
#[derive(Deserialize)]
struct Names {
    #[serde(rename = "Code")]
    code: Option<Value>,
    #[serde(rename = "code")]
    lower_code: Option<Value>,
    #[serde(rename = "Message")]
    message: Option<Value>,
    #[serde(rename = "message")]
    lower_message: Option<Value>,
    #[serde(rename = "RequestId")]
    request_id: Option<Value>,
    #[serde(rename = "requestId")]
    lower_request_id: Option<Value>,
}

impl Names {
    fn into_error(self) -> Option<ErrorBody> {
        let text = |values: [Option<Value>; 2]| {
            values
                .iter()
                .flatten()
                .find_map(Value::as_str)
                .map(str::to_owned)
        };
        Some(ErrorBody {
            code: text([self.code, self.lower_code])?,
            message: text([self.message, self.lower_message]),
            request_id: text([self.request_id, self.lower_request_id]),
        })
    }
}

/// JSON with a `Code`, or the XML form of the same (root `Error`), which some gateways send
/// whatever format the request names.
pub(crate) fn error_body(body: &[u8]) -> Option<ErrorBody> {
    if let Ok(Object(names)) = serde_json::from_slice::<Object<Names>>(body) {
        return names.into_error();
    }
    let text = std::str::from_utf8(body).ok()?.trim_start();
    (text.starts_with('<') && text.contains("<Error>")).then_some(())?;
    let text_of = |name: &str| element(text, name).map(str::to_owned);
    Some(ErrorBody {
        code: text_of("Code")?,
        message: text_of("Message"),
        request_id: text_of("RequestId"),
    })
}

/// The wait that the gateway asks for in its own header: a whole number of milliseconds.
pub(crate) fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let text = response.headers().get("x-acs-retry-after")?.to_str().ok()?;
    whole_number(text)
        .map(Duration::from_millis)
        .filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests;
