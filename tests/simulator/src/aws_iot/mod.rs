//! The control plane of AWS IoT Core, version 2015-05-28: certificates by account and region.

mod gateway;
mod list;
mod operation;

pub(crate) use gateway::{admit, admit_to};
pub(crate) use operation::{Operation, parameters};

use crate::exchange::{Received, Refusal, Reply};
use crate::fault::Fault;
use crate::fleet::AwsCertificate;
use crate::fleet::store::Store;
use bytes::Bytes;
use serde_json::{Value, json};
use std::time::Instant;

const CONTENT_TYPE: &str = "application/json";

/// The statuses that a caller may ask for.
const STATUSES: [&str; 3] = ["ACTIVE", "INACTIVE", "REVOKED"];

/// Does what an admitted call asks for; the answer of a write is empty, told by null. A write
/// without `effect` is answered as if it had been done.
pub(crate) fn perform(
    store: &mut Store,
    received: &Received,
    parameters: &Value,
    effect: bool,
) -> Result<Value, Refusal> {
    let region = gateway::region(received)?;
    match Operation::of(received) {
        Some(Operation::ListCertificates) => list::certificates(store, &region, parameters, None),
        Some(Operation::ListCertificatesByCa(ca)) => {
            list::certificates(store, &region, parameters, Some(checked(&ca)?))
        }
        Some(Operation::DescribeCertificate(id)) => {
            let found = store
                .fleet()
                .aws_iot
                .get(checked(&id)?)
                .filter(|certificate| certificate.region == region);
            found
                .map(|certificate| json!({"certificateDescription": certificate.description()}))
                .ok_or_else(not_found)
        }
        Some(Operation::UpdateCertificate(id)) => {
            let now = received.milliseconds();
            let found = store
                .change_aws(checked(&id)?, Instant::now())
                .filter(|certificate| certificate.region == region);
            update(found.ok_or_else(not_found)?, parameters, now, effect)
        }
        None => Err(gateway::unknown_operation()),
    }
}

/// Nothing changes when the certificate has the wanted status already. Whether a revoked
/// certificate may leave its status is not documented; here it may.
fn update(
    certificate: &mut AwsCertificate,
    parameters: &Value,
    now: i64,
    effect: bool,
) -> Result<Value, Refusal> {
    let status = parameters
        .get("newStatus")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !STATUSES.contains(&status) {
        return Err(invalid_request(&format!(
            "The status {status:?} of newStatus cannot be set."
        )));
    }
    if certificate.status == "PENDING_TRANSFER" {
        return Err(Refusal::new(
            "CertificateStateException",
            406,
            "The certificate operation is not allowed.",
        ));
    }
    if effect && certificate.status != status {
        status.clone_into(&mut certificate.status);
        certificate.last_modified_date = now;
        certificate.customer_version = certificate.customer_version.saturating_add(1);
    }
    Ok(Value::Null)
}

/// An identifier of the documented form: 64 hex digits.
fn checked(id: &str) -> Result<&str, Refusal> {
    if id.len() == 64 && id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        Ok(id)
    } else {
        Err(invalid_request(
            "The identifier of a certificate has 64 hex digits.",
        ))
    }
}

fn not_found() -> Refusal {
    Refusal::new(
        "ResourceNotFoundException",
        404,
        "The specified resource does not exist.",
    )
}

fn invalid_request(message: &str) -> Refusal {
    Refusal::new("InvalidRequestException", 400, message)
}

/// The refusal that stands for a fault, or `None` when the fault is none of refusal.
pub(crate) fn refusal_of(fault: &Fault) -> Option<Refusal> {
    match fault {
        Fault::Throttle | Fault::ThrottleFor(_) => Some(throttled()),
        Fault::Internal => Some(Refusal::new(
            "InternalFailureException",
            500,
            "An unexpected error has occurred.",
        )),
        Fault::Unavailable => Some(Refusal::new(
            "ServiceUnavailableException",
            503,
            "The service is temporarily unavailable.",
        )),
        Fault::Code {
            code,
            status,
            message,
        } => Some(Refusal::new(code, *status, message)),
        _ => None,
    }
}

/// The refusal of a call too many.
pub(crate) fn throttled() -> Refusal {
    Refusal::new("ThrottlingException", 400, "The rate exceeds the limit.")
}

/// Gives an answer or a refusal the vendor's shape.
pub(crate) fn reply(result: Result<Value, Refusal>, request_id: &str) -> Reply {
    let mut reply = match result {
        Ok(Value::Null) => Reply::of(200, CONTENT_TYPE, Bytes::new()),
        Ok(answer) => Reply::json(200, CONTENT_TYPE, &answer),
        Err(refusal) => {
            let mut reply = Reply::json(
                refusal.status,
                CONTENT_TYPE,
                &json!({"message": refusal.message}),
            );
            // The vendor's SDKs cut the type at the first colon.
            reply
                .headers
                .push(("x-amzn-errortype".into(), format!("{}:", refusal.code)));
            reply
        }
    };
    reply
        .headers
        .push(("x-amzn-requestid".into(), request_id.to_owned()));
    reply
}

#[cfg(test)]
mod tests;
