//! The Lambda extension "AWS Parameters and Secrets", which keeps its answers for a while.

use super::Answered;
use super::accounts::SESSION_TOKEN;
use crate::exchange::{Received, Reply};
use crate::state::State;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::SystemTime;

/// The answers that are kept, by their requests.
#[derive(Debug, Default)]
pub(crate) struct Cache(BTreeMap<(String, String), (SystemTime, Value)>);

pub(super) fn answer(state: &mut State, received: &Received, _: &str) -> Answered {
    let result = read(state, received);
    let reply = match &result {
        Ok(answer) => Reply::json(200, "application/json", answer),
        Err((status, message)) => Reply::of(*status, "text/plain", (*message).to_owned()),
    };
    let outcome = result.map(drop).map_err(|(_, message)| message.to_owned());
    Answered {
        action: received.path.clone(),
        outcome,
        reply,
    }
}

fn read(state: &mut State, received: &Received) -> Result<Value, (u16, &'static str)> {
    if received.header("x-aws-parameters-secrets-token").as_deref() != Some(SESSION_TOKEN) {
        return Err((401, "the token is missing or wrong"));
    }
    let requested = (received.path.clone(), received.query.clone());
    if let Some((at, kept)) = state.extension.0.get(&requested)
        && received.at.duration_since(*at).unwrap_or_default() < state.accounts.extension_cache
    {
        return Ok(kept.clone());
    }
    let parameters: BTreeMap<String, String> = form_urlencoded::parse(received.query.as_bytes())
        .into_owned()
        .collect();
    let parameter = |name: &str| parameters.get(name).map(String::as_str);
    let (name, is_secret) = match received.path.as_str() {
        "/secretsmanager/get" => (parameter("secretId"), true),
        "/systemsmanager/parameters/get" if parameter("withDecryption") == Some("true") => {
            (parameter("name"), false)
        }
        _ => return Err((404, "there is nothing at this path")),
    };
    let secret = name
        .and_then(|name| state.accounts.secrets.get(name))
        .ok_or((400, "ResourceNotFoundException"))?;
    let text = match parameter("versionStage") {
        None | Some("AWSCURRENT") => Some(&secret.current),
        Some("AWSPREVIOUS") => secret.previous.as_ref(),
        Some(_) => None,
    };
    let text = text.ok_or((400, "ResourceNotFoundException"))?;
    let answer = if is_secret {
        json!({"ARN": "arn:aws:secretsmanager:eu-west-1:000000000000:secret:simulated", "Name": name, "SecretString": text})
    } else {
        json!({"Parameter": {"Name": name, "Type": "SecureString", "Value": text, "Version": 1}, "ResultMetadata": {}})
    };
    state
        .extension
        .0
        .insert(requested, (received.at, answer.clone()));
    Ok(answer)
}
