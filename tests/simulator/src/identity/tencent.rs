//! Tencent Cloud STS, version 2018-08-13.
//!
//! Source of the codes: the official SDKs.

use super::Answered;
use super::accounts::{TENCENT_PROVIDER, TENCENT_ROLE};
use super::{alibaba, token};
use crate::exchange::{Received, Refusal};
use crate::state::State;
use crate::tencent_mqtt::{Product, refusal};
use crate::vendor::Gateway;
use serde_json::{Value, json};

/// The audience that a token must have: the client id of the OIDC provider.
const AUDIENCE: &str = "sts.tencentcloudapi.com";
const WITH_WEB_IDENTITY: &str = "AssumeRoleWithWebIdentity";
const PRODUCT: Product = Product {
    service: "sts",
    version: "2018-08-13",
    actions: &["AssumeRole"],
    unsigned_actions: &[WITH_WEB_IDENTITY],
};

pub(super) fn answer(state: &mut State, received: &Received, request_id: &str) -> Answered {
    let result = issue_key(state, received, request_id);
    let action = PRODUCT.action(received);
    let outcome = result
        .as_ref()
        .map(drop)
        .map_err(|refusal| refusal.code.clone());
    Answered {
        action,
        outcome,
        reply: PRODUCT.reply(received, result, request_id),
    }
}

fn issue_key(state: &mut State, received: &Received, seed: &str) -> Result<Value, Refusal> {
    let (keys, nonces) = state.keys_and_nonces(received.vendor);
    let action = PRODUCT.admit(received, keys, nonces)?;
    let parameters = PRODUCT.parameters(received)?;
    let text = |name: &str| {
        let value = parameters
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty());
        value.ok_or_else(|| {
            refusal(
                "MissingParameter",
                &format!("The request is missing the parameter {name}."),
            )
        })
    };
    let now = received.milliseconds().div_euclid(1000);
    if action == WITH_WEB_IDENTITY {
        let is_known = text("ProviderId")? == TENCENT_PROVIDER;
        let fault = token::check(text("WebIdentityToken")?, AUDIENCE, now).err();
        match fault {
            None if is_known => {}
            Some(token::Fault::Subject) => {
                return Err(refusal(
                    "UnauthorizedOperation",
                    "The role does not trust this identity.",
                ));
            }
            _ => {
                return Err(refusal(
                    "InvalidParameter.WebIdentityTokenError",
                    "The parameter WebIdentityToken is wrong.",
                ));
            }
        }
    }
    if text("RoleArn")? != TENCENT_ROLE {
        return Err(refusal(
            "ResourceNotFound.RoleNotFound",
            "The role does not exist.",
        ));
    }
    let seconds = parameters
        .get("DurationSeconds")
        .and_then(Value::as_u64)
        .unwrap_or(7200);
    if !(2..=128).contains(&text("RoleSessionName")?.len()) || seconds > 43_200 {
        return Err(refusal(
            "InvalidParameter.ParamError",
            "A parameter is wrong.",
        ));
    }
    let (key, ends) = state.issue(received, "AKID", seed);
    Ok(json!({
        "Credentials": {"Token": key.token, "TmpSecretId": key.id, "TmpSecretKey": key.secret},
        "ExpiredTime": ends,
        "Expiration": alibaba::seconds_text(ends),
    }))
}
