//! What AWS's gateway checks before an operation sees the call.

use super::Operation;
use crate::exchange::{Received, Refusal};
use crate::keys::Keys;
use crate::signature::sigv4::{self, Authorization};
use std::time::{Duration, SystemTime};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// How far a call's time may be from the server's.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// The name of this service in the scope of a signature.
const SERVICE: &str = "iot";

/// Checks key, token, time, scope and signature, in this order; returns the name of the operation.
pub(crate) fn admit(received: &Received, keys: &Keys) -> Result<String, Refusal> {
    admit_to(SERVICE, received, keys)?;
    let operation = Operation::of(received).ok_or_else(unknown_operation)?;
    Ok(operation.name().to_owned())
}

/// What every service of this vendor checks.
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
    let token = received.header("x-amz-security-token").is_none() || has("x-amz-security-token");
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
