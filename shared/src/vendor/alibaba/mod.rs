//! The error answers and the error codes that every product of Alibaba Cloud shares.

pub(crate) mod codes;

use std::time::Duration;

use serde_json::value::RawValue;

use super::xml::element;
use crate::model::RequestId;
use crate::object::Members;
use crate::transport::{HttpResponse, unsigned_decimal};

/// The error that the gateway or the product answers instead of a result.
pub(crate) struct ErrorBody {
    /// `None` where the answer has a code that cannot be read. Such an answer is no success.
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<RequestId>,
}

/// JSON with a `Code`, or the XML form of the same (root `Error`), which some gateways send
/// whatever format the request names. `members`: those of the body, where it is a JSON object.
pub(crate) fn error_body(body: &str, members: Option<&Members<'_>>) -> Option<ErrorBody> {
    match members {
        Some(members) => json_error(members),
        None => xml_error(body.trim_start()),
    }
}

/// Some gateways write the names in lower case. Only texts are taken; the code counts whatever the
/// others are.
fn json_error(members: &Members<'_>) -> Option<ErrorBody> {
    const CODES: [&str; 2] = ["Code", "code"];
    let text = |names: [&str; 2]| names.into_iter().find_map(|name| text(members, name));
    CODES
        .into_iter()
        .any(|name| members.is_stated(name))
        .then(|| ErrorBody {
            code: text(CODES),
            message: text(["Message", "message"]),
            request_id: text(["RequestId", "requestId"])
                .as_deref()
                .and_then(RequestId::read),
        })
}

/// A text that is written as one. A number is no error code, and no message.
fn text(members: &Members<'_>, name: &str) -> Option<String> {
    let text: String = serde_json::from_str(members.get(name)?.get()).ok()?;
    is_undamaged(&text).then_some(text)
}

/// Bytes that are not UTF-8 were replaced.
fn is_undamaged(text: &str) -> bool {
    !text.contains(char::REPLACEMENT_CHARACTER)
}

fn xml_error(text: &str) -> Option<ErrorBody> {
    (text.starts_with('<') && text.contains("<Error>")).then_some(())?;
    let text_of = |name: &str| {
        element(text, name)
            .filter(|text| is_undamaged(text))
            .map(str::to_owned)
    };
    Some(ErrorBody {
        code: text_of("Code"),
        message: text_of("Message"),
        request_id: text_of("RequestId").as_deref().and_then(RequestId::read),
    })
}

/// The items of a list that may be left out or `null`.
///
/// # Errors
/// When the member is no list, contradicts itself, or has more rows than a page may have.
pub(crate) fn optional_list<'a>(
    members: &Members<'a>,
    name: &str,
) -> Result<Option<Vec<&'a RawValue>>, &'static str> {
    if !members.is_stated(name) {
        return Ok(None);
    }
    members
        .rows(name)
        .map(Some)
        .ok_or("its list cannot be read, or has more than 1000 rows")
}

/// The wait that the gateway asks for in its own header: a whole number of milliseconds.
pub(crate) fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let text = response.headers().get("x-acs-retry-after")?.to_str().ok()?;
    unsigned_decimal(text)
        .map(Duration::from_millis)
        .filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests;
