//! The gateway of AWS IoT, whose check of signatures other services of AWS share.

use super::operation::{self, Operation};
use crate::exchange::{Received, Refusal, Reply};
use crate::keys::{Account, Keys};
use crate::nonces::Nonces;
use crate::signature::sigv4::{self, Authorization};
use crate::vendor::Gateway;
use bytes::Bytes;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// The greatest difference between a call's time and the server's.
const WINDOW: Duration = Duration::from_secs(15 * 60);

const CONTENT_TYPE: &str = "application/json";

const ACCOUNT: Account = Account {
    cloud: "aws",
    key: (
        "AKIASIMULATOREXAMPLE",
        "FAKE/aws+6Tq1mX9vBn4Kc7Zs2Wd8Lp3Hy5Jr0Gf",
    ),
    temporary: (
        "ASIASIMULATOREXAMPLE",
        "FAKE/aws+temporary+2Rk8sVw5Nd1Xb7Mz4Qc9",
        "FAKE+aws/token//////////8Vn3Tj6Ky1Gs5Ho0Fu==",
    ),
};

pub(super) struct IotGateway;

impl Gateway for IotGateway {
    fn account(&self) -> &'static Account {
        &ACCOUNT
    }

    fn action(&self, received: &Received) -> String {
        Operation::of(received)
            .map(|operation| operation.name().to_owned())
            .unwrap_or_default()
    }

    fn parameters(&self, received: &Received) -> Result<Value, Refusal> {
        Ok(operation::parameters(received))
    }

    /// Checks key, token, time, scope, signature and operation, in this order.
    fn admit(&self, received: &Received, keys: &Keys, _: &mut Nonces) -> Result<String, Refusal> {
        let operation = Operation::of(received);
        let service = operation.as_ref().map_or("iot", Operation::service);
        admit_to(service, received, keys)?;
        let operation = operation.ok_or_else(unknown_operation)?;
        Ok(operation.name().to_owned())
    }

    /// The data plane and the control plane differ in the status.
    fn throttled(&self, received: &Received) -> Refusal {
        let of_data_plane = Operation::of(received).is_some_and(|one| one.service() == "iotdata");
        let status = if of_data_plane { 429 } else { 400 };
        Refusal::new("ThrottlingException", status, "The rate exceeds the limit.")
    }

    fn internal_error(&self) -> Refusal {
        Refusal::new(
            "InternalFailureException",
            500,
            "An unexpected error has occurred.",
        )
    }

    fn unavailable(&self) -> Option<Refusal> {
        Some(Refusal::new(
            "ServiceUnavailableException",
            503,
            "The service is temporarily unavailable.",
        ))
    }

    fn reply(&self, _: &Received, result: Result<Value, Refusal>, request_id: &str) -> Reply {
        let mut reply = match result {
            Ok(Value::Null) => Reply::of(200, CONTENT_TYPE, Bytes::new()),
            Ok(answer) => Reply::json(200, CONTENT_TYPE, &answer),
            Err(refusal) => {
                let body = json!({"message": refusal.message});
                let mut reply = Reply::json(refusal.status, CONTENT_TYPE, &body);
                // The vendor's SDKs cut the type at the first colon.
                let kind = format!("{}:", refusal.code);
                reply.headers.push(("x-amzn-errortype".into(), kind));
                reply
            }
        };
        let header = ("x-amzn-requestid".into(), request_id.to_owned());
        reply.headers.push(header);
        reply
    }
}

/// The checks of every service of this vendor.
pub(crate) fn admit_to(service: &str, received: &Received, keys: &Keys) -> Result<(), Refusal> {
    let authorization = authorization(received)?;
    let key = keys
        .known(received.vendor, &authorization.access_key_id, received.at)
        .ok_or_else(invalid_token)?;
    if received.header("x-amz-security-token") != key.token {
        return Err(invalid_token());
    }
    let date = received.header("x-amz-date").unwrap_or_default();
    check_date(&date, received.at)?;
    check_scope(&authorization, &date, service)?;
    check_signature(received, &authorization, &date, &key.secret)
}

/// The region that a call is signed for.
pub(crate) fn region(received: &Received) -> Result<String, Refusal> {
    authorization(received).map(|authorization| authorization.scope.region)
}

/// Reads `Authorization`; the headers it names must hold those that the vendor wants signed.
fn authorization(received: &Received) -> Result<Authorization, Refusal> {
    let value = received.header("authorization").ok_or_else(|| {
        Refusal::new(
            "MissingAuthenticationTokenException",
            403,
            "Missing Authentication Token",
        )
    })?;
    let incomplete = || {
        Refusal::new(
            "IncompleteSignatureException",
            403,
            format!("Authorization header is not complete. Authorization={value}"),
        )
    };
    let authorization = Authorization::parse(&value).ok_or_else(incomplete)?;
    let signed = &authorization.signed_headers;
    let has = |name: &str| signed.iter().any(|signed| signed == name);
    let signed_if_sent = |name: &str| received.header(name).is_none() || has(name);
    let token = signed_if_sent("x-amz-security-token") && signed_if_sent(operation::PRINCIPAL);
    let well_formed = has("host")
        && has("x-amz-date")
        && signed.is_sorted()
        && signed.iter().all(|name| *name == name.to_lowercase());
    if token && well_formed {
        Ok(authorization)
    } else {
        Err(incomplete())
    }
}

/// The words are those of the vendor, whose SDKs look for them.
fn check_date(date: &str, now: SystemTime) -> Result<(), Refusal> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let time = PrimitiveDateTime::parse(date, format).map_err(|_| {
        invalid_signature("Date must be in ISO-8601 'basic format'. Got '".to_owned() + date + "'.")
    })?;
    let time = SystemTime::from(time.assume_utc());
    let shown = |time: Option<SystemTime>| {
        let time = time.map(OffsetDateTime::from);
        time.and_then(|time| time.format(format).ok())
            .unwrap_or_default()
    };
    let server = shown(Some(now));
    if now.duration_since(time).unwrap_or_default() > WINDOW {
        let earliest = shown(now.checked_sub(WINDOW));
        return Err(invalid_signature(format!(
            "Signature expired: {date} is now earlier than {earliest} ({server} - 15 min.)"
        )));
    }
    if time.duration_since(now).unwrap_or_default() > WINDOW {
        let latest = shown(now.checked_add(WINDOW));
        return Err(invalid_signature(format!(
            "Signature not yet current: {date} is still later than {latest} ({server} + 15 min.)"
        )));
    }
    Ok(())
}

fn check_scope(given: &Authorization, date: &str, service: &str) -> Result<(), Refusal> {
    let scope = &given.scope;
    if scope.service != service {
        return Err(invalid_signature(format!(
            "Credential should be scoped to correct service: '{service}'."
        )));
    }
    let day = date.split('T').next().unwrap_or_default();
    if scope.date != day {
        return Err(invalid_signature(format!(
            "Date in Credential scope does not match {day} from ISO-8601 version of date from HTTP."
        )));
    }
    Ok(())
}

/// The vendor repeats its own computation to whoever signed wrongly, parameters and token and all.
fn check_signature(
    received: &Received,
    given: &Authorization,
    date: &str,
    secret: &str,
) -> Result<(), Refusal> {
    let headers = received
        .named_headers(&given.signed_headers)
        .map_err(|name| invalid_signature(format!("The signed header '{name}' did not come.")))?;
    let canonical = sigv4::canonical_request(
        &received.method,
        &received.path,
        &received.query,
        &headers,
        &received.body,
    );
    let to_sign = sigv4::string_to_sign(date, &given.scope, &canonical);
    if given.signature == sigv4::signature(secret, &given.scope, &to_sign) {
        return Ok(());
    }
    Err(invalid_signature(format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
         signing method. Consult the service documentation for details.\n\n\
         The Canonical String for this request should have been\n'{canonical}'\n\n\
         The String-to-Sign should have been\n'{to_sign}'\n"
    )))
}

fn invalid_signature(message: String) -> Refusal {
    Refusal::new("InvalidSignatureException", 403, message)
}

fn invalid_token() -> Refusal {
    Refusal::new(
        "UnrecognizedClientException",
        403,
        "The security token included in the request is invalid.",
    )
}

/// The refusal of a method and path that name no operation.
pub(super) fn unknown_operation() -> Refusal {
    Refusal::new(
        "UnknownOperationException",
        404,
        "There is no such operation.",
    )
}
