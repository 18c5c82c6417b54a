//! The names of a failure and of a call in every JSON protocol of AWS.

use serde::Deserialize;
use serde_json::Value;

use crate::object::Object;
use crate::transport::HttpResponse;

/// A failure, or an answer that names itself one.
pub(crate) struct Failure {
    /// The type without its namespace, like `ThrottlingException`.
    pub(crate) code: String,
    pub(crate) message: Option<String>,
}

#[derive(Default, Deserialize)]
struct Names {
    #[serde(rename = "__type")]
    dunder_type: Option<Value>,
    code: Option<Value>,
    message: Option<Value>,
    #[serde(rename = "Message")]
    upper_message: Option<Value>,
}

/// The type stands in a header, up to a colon, or in the body, after a number sign. `code` names
/// one only where the status is no success: a result may have a member of that name.
pub(crate) fn failure(response: &HttpResponse) -> Option<Failure> {
    let names: Names = serde_json::from_slice(response.body())
        .map(|Object(names)| names)
        .unwrap_or_default();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let named = header(response, "x-amzn-errortype")
        .filter(|named| !named.is_empty())
        .or_else(|| text(names.dunder_type.as_ref()))
        .or_else(|| text(names.code.as_ref()).filter(|_| response.status() != 200))?;
    let code = named.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    Some(Failure {
        code: code.to_owned(),
        message: text(names.message.as_ref()).or_else(|| text(names.upper_message.as_ref())),
    })
}

/// The id of the call, to quote in a support case.
pub(crate) fn request_id(response: &HttpResponse) -> Option<String> {
    header(response, "x-amzn-requestid")
}

fn header(response: &HttpResponse, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.to_owned())
}
