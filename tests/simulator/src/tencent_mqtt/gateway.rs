//! The gateway of Tencent Cloud, which all of its products share.

use super::{missing, parameters, refusal};
use crate::exchange::{Received, Refusal, Reply};
use crate::keys::{Account, Keys};
use crate::nonces::Nonces;
use crate::signature::tc3::{self, Authorization};
use crate::vendor::Gateway;
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};
use time::OffsetDateTime;

/// The greatest difference between a call's time and the server's.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// A product of this vendor.
pub(crate) struct Product {
    /// Its name in the scope of a signature.
    pub(crate) service: &'static str,
    pub(crate) version: &'static str,
    pub(crate) actions: &'static [&'static str],
    /// The actions that need no key.
    pub(crate) unsigned_actions: &'static [&'static str],
}

const ACCOUNT: Account = Account {
    cloud: "tencent",
    key: (
        "AKIDFAKEonlyForTheSimulator000000001",
        "FAKE-tencent-9Qm2xV7pLr4Ks8Zt1Wd6",
    ),
    temporary: (
        "AKIDFAKEtemporarySimulator0000000002",
        "FAKE-tencent-temporary-5Tb1kN6vYs9Ca",
        "FAKE+tencent/token/8Zq3Lf0Xo7Mj2Ud4Pi6Wg==",
    ),
};

impl Gateway for Product {
    fn account(&self) -> &'static Account {
        &ACCOUNT
    }

    fn action(&self, received: &Received) -> String {
        received.header("x-tc-action").unwrap_or_default()
    }

    fn parameters(&self, received: &Received) -> Result<Value, Refusal> {
        parameters::read(received)
    }

    fn admit(&self, received: &Received, keys: &Keys, _: &mut Nonces) -> Result<String, Refusal> {
        admit(received, self, keys)
    }

    fn throttled(&self, _: &Received) -> Refusal {
        refusal(
            "RequestLimitExceeded",
            "The number of requests exceeds the frequency limit.",
        )
    }

    fn internal_error(&self) -> Refusal {
        refusal(
            "InternalError",
            "An internal error has occurred. Retry later.",
        )
    }

    fn unavailable(&self) -> Option<Refusal> {
        None
    }

    /// Puts an answer or a refusal into the vendor's envelope. The HTTP status is 200 for both.
    fn reply(
        &self,
        received: &Received,
        result: Result<Value, Refusal>,
        request_id: &str,
    ) -> Reply {
        let mut response = match result {
            Ok(answer) => answer,
            Err(refusal) => json!({"Error": {"Code": refusal.code, "Message": refusal.message}}),
        };
        if let Some(members) = response.as_object_mut() {
            members.insert("RequestId".to_owned(), json!(request_id));
        }
        let mut envelope = json!({ "Response": response });
        // As the vendor's published example has it.
        if self.action(received) == "KickOutClient" {
            envelope = json!({"Error": null, "RequestId": null, "Response": response});
        }
        Reply::json(200, "application/json", &envelope)
    }
}

/// The largest body, in bytes.
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// Checks protocol, key, token, time, signature, action and version, in this order, and the
/// signature of no unsigned action; returns the action.
fn admit(received: &Received, product: &Product, keys: &Keys) -> Result<String, Refusal> {
    if !matches!(received.method.as_str(), "GET" | "POST") {
        return Err(refusal(
            "UnsupportedProtocol",
            "Only GET and POST are supported.",
        ));
    }
    if received.path != "/" {
        return Err(unknown_action());
    }
    if received.body.len() > MOST_BYTES {
        return Err(refusal(
            "RequestSizeLimitExceeded",
            "The request is larger than 10 MB.",
        ));
    }
    let header = |name: &str, parameter: &str| {
        received
            .header(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| missing(parameter))
    };
    let action = header("x-tc-action", "Action")?;
    let version = header("x-tc-version", "Version")?;
    let timestamp = header("x-tc-timestamp", "Timestamp")?;
    let authorization = received.header("authorization");
    if product.unsigned_actions.contains(&action.as_str()) {
        if authorization.as_deref() != Some("SKIP") {
            return Err(malformed());
        }
    } else {
        let authorization = authorization
            .as_deref()
            .and_then(Authorization::parse)
            .filter(|authorization| well_formed(&authorization.signed_headers))
            .ok_or_else(malformed)?;
        check_signature(received, product.service, keys, &authorization, &timestamp)?;
        if !product.actions.contains(&action.as_str()) {
            return Err(unknown_action());
        }
    }
    if version != product.version {
        return Err(refusal("NoSuchVersion", "The API version does not exist."));
    }
    Ok(action)
}

/// Lower-case names in ascending order, with the two that are obligatory.
fn well_formed(signed_headers: &[String]) -> bool {
    let has = |name: &str| signed_headers.iter().any(|header| header == name);
    has("content-type")
        && has("host")
        && signed_headers.is_sorted()
        && signed_headers
            .iter()
            .all(|name| !name.is_empty() && *name == name.to_lowercase())
}

fn check_signature(
    received: &Received,
    service: &str,
    keys: &Keys,
    given: &Authorization,
    timestamp: &str,
) -> Result<(), Refusal> {
    if !given.secret_id.starts_with("AKID") {
        return Err(refusal(
            "AuthFailure.InvalidSecretId",
            "The SecretId is not a SecretId of the cloud API.",
        ));
    }
    let key = keys
        .known(received.vendor, &given.secret_id, received.at)
        .ok_or_else(|| refusal("AuthFailure.SecretIdNotFound", "The SecretId is not found."))?;
    if received.header("x-tc-token") != key.token || key.has_ended {
        return Err(refusal(
            "AuthFailure.TokenFailure",
            "Token verification failed.",
        ));
    }
    let seconds: u64 = timestamp
        .parse()
        .map_err(|_| refusal("InvalidParameter", "Timestamp is not a number of seconds."))?;
    let date = date_within_window(received, seconds)
        .ok_or_else(|| refusal("AuthFailure.SignatureExpire", "Signature expired."))?;
    let headers = received
        .named_headers(&given.signed_headers)
        .map_err(|_| wrong_signature())?;
    let unsigned = received.header("x-tc-content-sha256").as_deref() == Some("UNSIGNED-PAYLOAD");
    let payload: &[u8] = match received.method.as_str() {
        _ if unsigned => b"UNSIGNED-PAYLOAD",
        "GET" => b"",
        _ => &received.body,
    };
    let canonical = tc3::canonical_request(&received.method, &received.query, &headers, payload);
    let to_sign = tc3::string_to_sign(timestamp, &date, service, &canonical);
    let right = given.date == date
        && given.service == service
        && given.signature == tc3::signature(&key.secret, &date, service, &to_sign);
    if right {
        Ok(())
    } else {
        Err(wrong_signature())
    }
}

/// The UTC date of that time, `YYYY-MM-DD`, unless the time is out of the window.
fn date_within_window(received: &Received, seconds: u64) -> Option<String> {
    let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    let apart = received
        .at
        .duration_since(time)
        .unwrap_or_else(|ahead| ahead.duration());
    let date = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?)
        .ok()?
        .date();
    (apart <= WINDOW).then(|| date.to_string())
}

fn unknown_action() -> Refusal {
    refusal("InvalidAction", "The API does not exist.")
}

fn malformed() -> Refusal {
    refusal(
        "AuthFailure.InvalidAuthorization",
        "The Authorization header is missing or malformed.",
    )
}

fn wrong_signature() -> Refusal {
    refusal(
        "AuthFailure.SignatureFailure",
        "The provided credentials could not be validated. Please check your signature is correct.",
    )
}
