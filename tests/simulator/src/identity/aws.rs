//! AWS STS: `GetWebIdentityToken`, and the documents of the issuer that its tokens name.

use super::{Answered, token};
use crate::aws_iot;
use crate::exchange::{Received, Refusal, Reply};
use crate::state::State;
use serde_json::json;

const XML: &str = "text/xml";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const ACTION: &str = "GetWebIdentityToken";

pub(super) fn answer(state: &mut State, received: &Received, request_id: &str) -> Answered {
    let document = match received.path.as_str() {
        "/.well-known/openid-configuration" => {
            json!({"issuer": token::ISSUER, "jwks_uri": format!("{}/.well-known/jwks.json", token::ISSUER)})
        }
        "/.well-known/jwks.json" => token::key_set(),
        _ => return to_call(state, received, request_id),
    };
    Answered {
        action: received.path.clone(),
        outcome: Ok(()),
        reply: Reply::json(200, "application/json", &document),
    }
}

fn to_call(state: &mut State, received: &Received, request_id: &str) -> Answered {
    let result = issue_token(state, received);
    let (status, body) = match &result {
        Ok((token, ends)) => (
            200,
            format!(
                "<{ACTION}Response xmlns=\"{NAMESPACE}\">\n  <{ACTION}Result>\n    <WebIdentityToken>{token}</WebIdentityToken>\n    \
                 <Expiration>{ends}</Expiration>\n  </{ACTION}Result>\n  <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  \
                 </ResponseMetadata>\n</{ACTION}Response>\n"
            ),
        ),
        Err(refusal) => {
            let message = refusal.message.replace('&', "&amp;").replace('<', "&lt;");
            let body = format!(
                "<ErrorResponse xmlns=\"{NAMESPACE}\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>{}</Code>\n    \
                 <Message>{message}</Message>\n  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
                refusal.code
            );
            (refusal.status, body)
        }
    };
    Answered {
        action: ACTION.to_owned(),
        outcome: result.map(drop).map_err(|refusal| refusal.code),
        reply: Reply::of(status, XML, body),
    }
}

fn issue_token(state: &mut State, received: &Received) -> Result<(String, String), Refusal> {
    aws_iot::admit_to("sts", received, &state.keys)?;
    let parameters: Vec<(String, String)> = form_urlencoded::parse(&received.body)
        .into_owned()
        .collect();
    let parameter = |name: &str| {
        parameters
            .iter()
            .find(|(found, _)| found == name)
            .map_or("", |(_, value)| value.as_str())
    };
    let invalid = |what: &str| {
        Refusal::new(
            "ValidationError",
            400,
            format!("1 validation error detected: {what}"),
        )
    };
    if received.method != "POST" || received.path != "/" || !received.query.is_empty() {
        return Err(Refusal::new(
            "InvalidAction",
            400,
            "Could not find operation",
        ));
    }
    match (
        parameter("Action"),
        parameter("Version"),
        parameter("SigningAlgorithm"),
    ) {
        (ACTION, "2011-06-15", "RS256" | "ES384") => {}
        (ACTION, "2011-06-15", _) => return Err(invalid("SigningAlgorithm")),
        _ => {
            return Err(Refusal::new(
                "InvalidAction",
                400,
                "Could not find operation",
            ));
        }
    }
    let audience = parameter("Audience.member.1");
    let seconds: i64 = parameter("DurationSeconds").parse().unwrap_or(300);
    if !(1..=1000).contains(&audience.len()) || !(60..=3600).contains(&seconds) {
        return Err(invalid("Audience or DurationSeconds"));
    }
    if !state.accounts.federation {
        let code = "OutboundWebIdentityFederationDisabledException";
        return Err(Refusal::new(
            code,
            403,
            "Outbound web identity federation is disabled for this account.",
        ));
    }
    let now = received.milliseconds().div_euclid(1000);
    let token = token::sign(&state.accounts, audience, state.identity_calls.len(), now);
    let ends = super::alibaba::seconds_text(now.saturating_add(state.accounts.token_seconds));
    state.tokens.push(token.clone());
    Ok((token, ends))
}
