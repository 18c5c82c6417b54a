//! Errors and request ids in the JSON protocols of AWS.

use crate::model::RequestId;
use crate::object::Members;
use crate::transport::HttpResponse;

/// A failure, or an answer that names itself one.
pub(crate) struct Failure {
    /// The type without its namespace, like `ThrottlingException`.
    pub(crate) code: String,
    pub(crate) message: Option<String>,
}

/// The failure that an answer states. Its type is in a header, up to a colon, or in the body, after a
/// number sign. The member `code` names it only beside an error status, because a result may have a
/// member of that name. A `__type` that cannot be read is a failure without a type, and no success.
pub(crate) fn failure(response: &HttpResponse) -> Option<Failure> {
    let body = String::from_utf8_lossy(response.body());
    let names = Members::parse(&body).unwrap_or_default();
    let is_success = response.status() == 200;
    let named = header(response, "x-amzn-errortype")
        .filter(|named| !named.is_empty())
        .or_else(|| names.string("__type"))
        .or_else(|| names.string("code").filter(|_| !is_success))
        .or_else(|| (is_success && names.is_stated("__type")).then(String::new))?;
    let code = named.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    Some(Failure {
        code: code.to_owned(),
        message: names.string("message").or_else(|| names.string("Message")),
    })
}

/// The id of the call, to quote in a support case.
pub(crate) fn request_id(response: &HttpResponse) -> Option<RequestId> {
    RequestId::read(&header(response, "x-amzn-requestid")?)
}

fn header(response: &HttpResponse, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.to_owned())
}
