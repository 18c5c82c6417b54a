//! What both Alibaba products share: the gateway's checks and the shape of answers.

mod gateway;
pub(crate) mod nonces;

pub(crate) use gateway::{Action, Method, Product, admit, missing_parameter};

use crate::Vendor;
use crate::exchange::{Received, Refusal, Reply};
use crate::fault::Fault;
use crate::signature::acs3;
use serde_json::{Map, Value, json};

const CONTENT_TYPE: &str = "application/json;charset=utf-8";

/// The parameters of a call: its query, decoded.
pub(crate) fn parameters(received: &Received) -> Value {
    let members: Map<String, Value> = acs3::parameters(&received.query)
        .into_iter()
        .map(|(name, value)| (name, Value::from(value)))
        .collect();
    Value::Object(members)
}

/// The refusal that stands for a fault, or `None` when the fault is none of refusal.
pub(crate) fn refusal_of(fault: &Fault) -> Option<Refusal> {
    match fault {
        Fault::Throttle => Some(throttled()),
        Fault::ThrottleFor(milliseconds) => Some(Refusal {
            retry_after: Some(*milliseconds),
            ..throttled()
        }),
        Fault::Internal => Some(Refusal::new(
            "InternalError",
            500,
            "The request processing has failed due to some unknown error, exception or failure.",
        )),
        Fault::Unavailable => Some(Refusal::new(
            "ServiceUnavailable",
            503,
            "The request has failed due to a temporary failure of the server.",
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
    Refusal::new(
        "Throttling.User",
        400,
        "Request was denied due to user flow control.",
    )
}

/// Gives an answer or a refusal the vendor's shape.
pub(crate) fn reply(
    received: &Received,
    result: Result<Value, Refusal>,
    request_id: &str,
) -> Reply {
    let mut reply = match result {
        Ok(mut answer) => {
            if let Some(members) = answer.as_object_mut() {
                members.insert("RequestId".to_owned(), json!(request_id));
            }
            Reply::json(200, CONTENT_TYPE, &answer)
        }
        Err(refusal) => refused(received, &refusal, request_id),
    };
    reply
        .headers
        .push(("x-acs-request-id".into(), request_id.to_owned()));
    reply
}

fn refused(received: &Received, refusal: &Refusal, request_id: &str) -> Reply {
    let product = match received.vendor {
        Vendor::AlibabaCas => "cas",
        Vendor::AlibabaMqtt | Vendor::TencentMqtt | Vendor::AwsIot => "OnsMqtt",
    };
    let code = &refusal.code;
    let body = json!({
        "RequestId": request_id,
        "HostId": received.header("host").unwrap_or_default(),
        "Code": code,
        "Message": refusal.message,
        "Recommend": format!("https://api.alibabacloud.com/troubleshoot?q={code}&product={product}&requestId={request_id}"),
    });
    let mut reply = Reply::json(refusal.status, CONTENT_TYPE, &body);
    if let Some(milliseconds) = refusal.retry_after {
        reply
            .headers
            .push(("x-acs-retry-after".into(), milliseconds.to_string()));
    }
    reply
}

#[cfg(test)]
mod tests;
