//! Alibaba Cloud STS, version 2015-04-01.
//!
//! Source of the codes: page "Error codes" of the STS.

use super::Answered;
use super::accounts::{ALIBABA_PROVIDER, ALIBABA_ROLE};
use super::token::{self, Fault};
use crate::alibaba::{Action, Method, Product, missing_parameter};
use crate::exchange::{Received, Refusal};
use crate::state::State;
use crate::vendor::Gateway;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

/// The audience that a token must have: the client id of the OIDC provider.
const AUDIENCE: &str = "sts.aliyuncs.com";
const VERSION: &str = "2015-04-01";
const PRODUCT: Product = Product {
    name: "Sts",
    version: VERSION,
    actions: &[Action {
        name: "AssumeRole",
        method: Method::GetOrPost,
    }],
};
const WITH_OIDC: &str = "AssumeRoleWithOIDC";

pub(super) fn answer(state: &mut State, received: &Received, request_id: &str) -> Answered {
    let query: Vec<(String, String)> = form_urlencoded::parse(received.query.as_bytes())
        .into_owned()
        .collect();
    let is_anonymous = query.contains(&("Action".to_owned(), WITH_OIDC.to_owned()));
    let (action, result) = if is_anonymous {
        (WITH_OIDC, with_oidc(state, received, &query, request_id))
    } else {
        ("AssumeRole", assume(state, received, &query, request_id))
    };
    let outcome = result
        .as_ref()
        .map(drop)
        .map_err(|refusal| refusal.code.clone());
    Answered {
        action: action.to_owned(),
        outcome,
        reply: PRODUCT.reply(received, result, request_id),
    }
}

fn assume(
    state: &mut State,
    received: &Received,
    query: &[(String, String)],
    seed: &str,
) -> Result<Value, Refusal> {
    let (keys, nonces) = state.keys_and_nonces(received.vendor);
    PRODUCT.admit(received, keys, nonces)?;
    issue_key(state, received, query, seed)
}

fn with_oidc(
    state: &mut State,
    received: &Received,
    query: &[(String, String)],
    seed: &str,
) -> Result<Value, Refusal> {
    let body: Vec<(String, String)> = form_urlencoded::parse(&received.body)
        .into_owned()
        .collect();
    for (name, wanted) in [("Version", VERSION), ("Format", "JSON")] {
        if text(query, name)? != wanted {
            return Err(Refusal::new(
                "InvalidParameter",
                400,
                format!("{name} is not valid."),
            ));
        }
    }
    text(query, "Timestamp")?;
    let refused = |code: &str, message: &str| {
        Refusal::new(format!("AuthenticationFail.{code}"), 401, message)
    };
    if text(&body, "OIDCProviderArn")? != ALIBABA_PROVIDER {
        return Err(refused("NoPermission", "No such OIDC Provider registered."));
    }
    let now = received.milliseconds().div_euclid(1000);
    token::check(text(&body, "OIDCToken")?, AUDIENCE, now).map_err(|fault| match fault {
        Fault::Invalid => refused(
            "OIDCToken.Invalid",
            "The Jwt content is invalid that cannot be recognized.",
        ),
        Fault::Signature => refused(
            "OIDCToken.InvalidSignature",
            "OIDC token validate failed: invalid signature.",
        ),
        Fault::Issuer => refused("OIDCToken.Invalid", "The issuer does not match."),
        Fault::Audience => refused("OIDCToken.AudienceNotMatch", "Invalid audience."),
        Fault::Expired => refused("OIDCToken.Expired", "This JsonWebToken is expired."),
        Fault::Subject => refused("NoPermission", "There is no permission"),
    })?;
    issue_key(state, received, &body, seed)
}

fn issue_key(
    state: &mut State,
    received: &Received,
    parameters: &[(String, String)],
    seed: &str,
) -> Result<Value, Refusal> {
    if text(parameters, "RoleArn")? != ALIBABA_ROLE {
        return Err(Refusal::new(
            "EntityNotExist.Role",
            404,
            "The specified Role not exists.",
        ));
    }
    let name = text(parameters, "RoleSessionName")?;
    let seconds: u32 = text(parameters, "DurationSeconds")?
        .parse()
        .unwrap_or_default();
    if !(2..=64).contains(&name.len()) || !(900..=43_200).contains(&seconds) {
        return Err(Refusal::new(
            "InvalidParameter.RoleSessionName",
            400,
            "The parameter RoleSessionName is wrongly formed.",
        ));
    }
    let (key, ends) = state.issue(received, "STS.", seed);
    Ok(json!({
        "AssumedRoleUser": {"Arn": format!("{ALIBABA_ROLE}/{name}"), "AssumedRoleId": format!("300000000000000001:{name}")},
        "Credentials": {
            "AccessKeyId": key.id, "AccessKeySecret": key.secret, "SecurityToken": key.token, "Expiration": seconds_text(ends),
        },
    }))
}

fn text<'a>(parameters: &'a [(String, String)], name: &str) -> Result<&'a str, Refusal> {
    let value = parameters
        .iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.as_str());
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| missing_parameter(name))
}

/// `2025-12-18T16:00:00Z`
pub(super) fn seconds_text(epoch_seconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    OffsetDateTime::from_unix_timestamp(epoch_seconds)
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_default()
}
