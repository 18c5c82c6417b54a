//! The checks of Alibaba's gateway before an action sees the call.

use super::Product;
use crate::exchange::{Received, Refusal};
use crate::keys::Keys;
use crate::nonces::Nonces;
use crate::signature::acs3::{self, Authorization};
use crate::signature::{query_parameters, sha256_hex};
use std::time::{Duration, SystemTime};
use time::PrimitiveDateTime;
use time::macros::format_description;

/// The greatest difference between a call's time and the server's.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Checks protocol, key, token, time, nonce, signature, action and version, in this order; returns
/// the action.
pub(super) fn admit(
    received: &Received,
    product: &Product,
    keys: &Keys,
    nonces: &mut Nonces,
) -> Result<String, Refusal> {
    if !matches!(received.method.as_str(), "GET" | "POST") {
        return Err(unsupported_method());
    }
    if received.path != "/" {
        return Err(unknown_action());
    }
    let header = |name: &str| {
        received
            .header(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| missing_parameter(name))
    };
    let authorization = authorization(received)?;
    let action = header("x-acs-action")?;
    let version = header("x-acs-version")?;
    let date = header("x-acs-date")?;
    let nonce = header("x-acs-signature-nonce")?;
    header("x-acs-content-sha256")?;

    let secret = secret(received, keys, &authorization.access_key_id)?;
    check_date(&date, received.at)?;
    if nonces.was_used(&authorization.access_key_id, &nonce) {
        return Err(Refusal::new(
            "SignatureNonceUsed",
            400,
            "Specified signature nonce was used already.",
        ));
    }
    check_signature(received, &authorization, &secret)?;
    nonces.remember(&authorization.access_key_id, &nonce, received.at);

    let known = product.actions.iter().find(|known| known.name == action);
    match known.ok_or_else(unknown_action)? {
        known if !known.method.takes(&received.method) => Err(unsupported_method()),
        _ if version != product.version => Err(Refusal::new(
            "NoSuchVersion",
            400,
            "The specified version does not exist.",
        )),
        _ => Ok(action),
    }
}

/// Reads `Authorization`; the headers it names must hold the host and every `x-acs-` header that
/// came.
fn authorization(received: &Received) -> Result<Authorization, Refusal> {
    let incomplete = || {
        Refusal::new(
            "IncompleteSignature",
            400,
            "The request signature does not conform to Aliyun standards.",
        )
    };
    let value = received.header("authorization").ok_or_else(incomplete)?;
    if value.split_whitespace().next() != Some(acs3::ALGORITHM) {
        return Err(Refusal::new(
            "InvalidSignatureMethod",
            400,
            "Specified signature method is not valid.",
        ));
    }
    let authorization = Authorization::parse(&value).ok_or_else(incomplete)?;
    let signed = &authorization.signed_headers;
    let complete = received
        .headers
        .keys()
        .map(|name| name.as_str())
        .filter(|name| *name == "host" || name.starts_with("x-acs-"))
        .all(|name| signed.iter().any(|signed| signed == name));
    let well_formed = signed.iter().any(|name| name == "host")
        && signed.is_sorted()
        && signed.iter().all(|name| *name == name.to_lowercase());
    if complete && well_formed {
        Ok(authorization)
    } else {
        Err(incomplete())
    }
}

/// The secret of a key whose session token, if it has one, came along.
fn secret(received: &Received, keys: &Keys, key_id: &str) -> Result<String, Refusal> {
    let key = keys
        .known(received.vendor, key_id, received.at)
        .ok_or_else(|| {
            Refusal::new(
                "InvalidAccessKeyId.NotFound",
                404,
                "Specified access key is not found.",
            )
        })?;
    let (code, message) = match (key.token, received.header("x-acs-security-token")) {
        (wanted, given) if wanted == given && key.has_ended => (
            "InvalidSecurityToken.Expired",
            "Specified SecurityToken is expired.",
        ),
        (wanted, given) if wanted == given => return Ok(key.secret),
        (Some(_), None) => (
            "MissingSecurityToken",
            "SecurityToken is mandatory for this action.",
        ),
        (Some(_), Some(_)) => (
            "InvalidSecurityToken.Malformed",
            "Specified SecurityToken is malformed.",
        ),
        (None, _) => (
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
        ),
    };
    Err(Refusal::new(code, 400, message))
}

fn check_date(date: &str, now: SystemTime) -> Result<(), Refusal> {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let time = PrimitiveDateTime::parse(date, format).map_err(|_| {
        Refusal::new(
            "InvalidTimeStamp.Format",
            400,
            "Specified time stamp or date value is not well formatted.",
        )
    })?;
    let time = SystemTime::from(time.assume_utc());
    let apart = now
        .duration_since(time)
        .unwrap_or_else(|ahead| ahead.duration());
    if apart <= WINDOW {
        Ok(())
    } else {
        Err(Refusal::new(
            "InvalidTimeStamp.Expired",
            400,
            "Specified time stamp or date value is expired.",
        ))
    }
}

/// The vendor repeats its own computation to whoever signed wrongly, parameters and all.
fn check_signature(
    received: &Received,
    given: &Authorization,
    secret: &str,
) -> Result<(), Refusal> {
    let headers = received
        .named_headers(&given.signed_headers)
        .map_err(|name| missing_parameter(&name))?;
    let query = acs3::canonical_query(&query_parameters(&received.query));
    let canonical = acs3::canonical_request(&received.method, &query, &headers, &received.body);
    let to_sign = acs3::string_to_sign(&canonical);
    let body_hash = sha256_hex(&received.body);
    let right = received.header("x-acs-content-sha256") == Some(body_hash)
        && given.signature == acs3::signature(secret, &to_sign);
    if right {
        Ok(())
    } else {
        Err(Refusal::new(
            "SignatureDoesNotMatch",
            400,
            format!(
                "Specified signature is not matched with our calculation. \
                 server string to sign is:{to_sign}, server canonical request is:{canonical}, \
                 access key id is:{}",
                given.access_key_id
            ),
        ))
    }
}

/// The refusal of a call that lacks an obligatory parameter.
pub(crate) fn missing_parameter(name: &str) -> Refusal {
    Refusal::new(
        "MissingParameter",
        400,
        format!(
            "The input parameter {name} that is mandatory for processing this request is not supplied."
        ),
    )
}

fn unknown_action() -> Refusal {
    Refusal::new(
        "InvalidAction.NotFound",
        404,
        "Specified api is not found, please check your url and method.",
    )
}

fn unsupported_method() -> Refusal {
    Refusal::new(
        "UnsupportedHTTPMethod",
        403,
        "This http method is not supported.",
    )
}
