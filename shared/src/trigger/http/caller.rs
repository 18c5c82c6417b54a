//! The caller of an HTTP request, whom the gateway has authenticated or who has signed the request as a
//! webhook.

use serde_json::value::RawValue;

use super::HttpEvent;
use super::raw::{SIGNED_HEADERS, string};
use crate::error::{Error, ErrorCode};
use crate::model::{Timestamp, shown};
use crate::object::Members;
use crate::signing::webhook::{Secrets, UnverifiedHeaders, WebhookId};
use crate::trigger::function::Function;

/// Maximum nesting of an authorizer's result. The claims of a token are inside three objects.
const DEEPEST_RESULT: usize = 8;

/// The member with the time that an authorizer took, which API Gateway adds to the result.
const INTEGRATION_LATENCY: &str = "integrationLatency";

/// Whether the gateway has authenticated the caller. API Gateway adds the result of its authorizer;
/// with IAM, payload 1.0 has the caller in `identity`. A load balancer adds neither. A result without
/// any readable value does not count.
pub(super) fn is_known(request_context: &Members<'_>) -> bool {
    let has_result = request_context.get("authorizer").is_some_and(|result| {
        result.get().starts_with(['{', '"']) && has_readable_value(result, DEEPEST_RESULT)
    });
    has_result || user_arn(request_context.object("identity")).is_some()
}

/// The name under which the gateway knows the caller: the ARN of an AWS identity, the subject of a
/// token, or the name that an authorizer gave.
pub(super) fn name(request_context: &Members<'_>) -> Option<String> {
    let authorizer = request_context.object("authorizer").unwrap_or_default();
    let subject = |claims: Option<Members<'_>>| name_at(&claims?, "sub");
    let token = authorizer.object("jwt").unwrap_or_default();
    user_arn(authorizer.object("iam"))
        .or_else(|| user_arn(request_context.object("identity")))
        .or_else(|| subject(token.object("claims")))
        .or_else(|| subject(authorizer.object("claims")))
        .or_else(|| name_at(&authorizer, "principalId"))
}

fn user_arn(identity: Option<Members<'_>>) -> Option<String> {
    name_at(&identity?, "userArn")
}

fn name_at(object: &Members<'_>, member: &str) -> Option<String> {
    string(object.get(member)?).filter(|name| !name.is_empty())
}

/// Whether a value holds anything readable, except the time that the authorizer took.
fn has_readable_value(value: &RawValue, depth: usize) -> bool {
    let Some(inner) = depth.checked_sub(1) else {
        return false;
    };
    let json = value.get();
    match json.bytes().next() {
        Some(b'"') => string(value).is_some_and(|text| !text.is_empty()),
        Some(b'{') => Members::parse(json).is_some_and(|members| {
            members
                .iter()
                .filter_map(|(name, _)| name)
                .filter(|name| *name != INTEGRATION_LATENCY)
                .any(|name| {
                    members
                        .get(name)
                        .is_some_and(|value| has_readable_value(value, inner))
                })
        }),
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(json).is_ok_and(|items| {
            items
                .into_iter()
                .any(|item| has_readable_value(item, inner))
        }),
        Some(b'n') | None => false,
        Some(b't' | b'f') => true,
        Some(_) => json.parse().is_ok_and(f64::is_finite),
    }
}

impl HttpEvent<'_> {
    /// Authenticates the caller, where the function has webhook secrets. A POST with the headers of
    /// a webhook must be signed; for any other request the gateway must have authenticated the
    /// caller. Returns the webhook's id.
    ///
    /// # Errors
    /// `unauthenticated`, always with the same text, which must not help in guessing.
    pub(in crate::trigger) fn authenticate(
        &self,
        function: &Function,
    ) -> Result<Option<WebhookId>, Error> {
        let Some(secrets) = &function.config.webhook_secrets else {
            return Ok(None);
        };
        // The signature covers the body but no query, so that a GET cannot be a webhook.
        let is_webhook = self.method.as_deref() == Ok("POST")
            && SIGNED_HEADERS
                .iter()
                .any(|name| self.headers.get(name).is_some());
        if !is_webhook && self.caller_is_known {
            return Ok(None);
        }
        let verified = if is_webhook {
            self.verified_webhook(secrets, (function.transport.clock)())
        } else {
            Err("the request is no webhook, and the gateway has not authenticated the caller")
        };
        verified.map(Some).map_err(|reason| {
            let [id, _, _] = SIGNED_HEADERS;
            let unverified_webhook_id = self.headers.get(id).map(shown);
            tracing::warn!(reason, unverified_webhook_id, "the caller is not authenticated");
            Error::new(
                ErrorCode::Unauthenticated,
                "sign the request as a webhook with one of the function's secrets, or call through a gateway that authenticates the caller",
            )
        })
    }

    /// The id of a webhook that is signed, or the reason why it is not accepted. Anybody can send
    /// one: the headers, which cost little, are checked before the body is decoded and hashed.
    fn verified_webhook(
        &self,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<WebhookId, &'static str> {
        let [id, timestamp, signature] = SIGNED_HEADERS.map(|name| self.headers.get(name));
        let headers = UnverifiedHeaders::read(id, timestamp, signature, now)
            .map_err(|rejected| rejected.reason())?;
        let body = self.body.bytes().map_err(|_| "the body cannot be read")?;
        headers
            .verify(secrets, body)
            .map_err(|rejected| rejected.reason())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(context: &str) -> (bool, Option<String>) {
        let context = Members::parse(context).unwrap();
        (is_known(&context), name(&context))
    }

    #[test]
    fn a_caller_is_known_by_anything_that_can_be_read_of_it() {
        for (context, expected) in [
            (r#"{"authorizer": {"iam": {"userArn": "a"}}}"#, Some("a")),
            (r#"{"identity": {"userArn": "a"}}"#, Some("a")),
            (
                r#"{"authorizer": {"jwt": {"claims": {"sub": "a"}, "scopes": null}}}"#,
                Some("a"),
            ),
            (r#"{"authorizer": {"claims": {"sub": "a"}}}"#, Some("a")),
            (r#"{"authorizer": {"principalId": "a"}}"#, Some("a")),
            (
                r#"{"authorizer": {"iam": {"userArn": ""}, "principalId": "a"}, "identity": {"userArn": "b"}}"#,
                Some("b"),
            ),
            (
                r#"{"authorizer": {"principalId": "a", "odd": "\ud83d", "deep": [[[]]]}}"#,
                Some("a"),
            ),
            (r#"{"authorizer": {"lambda": {"tenant": 7}}}"#, None),
            (r#"{"authorizer": {"lambda": {"roles": ["a"]}}}"#, None),
            (r#"{"authorizer": {"lambda": {"admin": false}}}"#, None),
            (r#"{"authorizer": "a"}"#, None),
        ] {
            let expected = (true, expected.map(str::to_owned));
            assert_eq!(caller(context), expected, "{context}");
        }
    }

    #[test]
    fn a_caller_of_whom_nothing_can_be_read_is_not_known() {
        let deep = format!(
            r#"{{"authorizer": {{"a": {}"a"{}}}}}"#,
            "[".repeat(130),
            "]".repeat(130)
        );
        for context in [
            "{}",
            r#"{"authorizer": null}"#,
            r#"{"authorizer": {}}"#,
            r#"{"authorizer": []}"#,
            r#"{"authorizer": ["a"]}"#,
            r#"{"authorizer": 7}"#,
            r#"{"authorizer": ""}"#,
            r#"{"authorizer": true}"#,
            r#"{"authorizer": {"iam": null}}"#,
            r#"{"authorizer": {"iam": {}, "jwt": {"claims": {}, "scopes": []}}}"#,
            r#"{"authorizer": {"iam": {"userArn": "\ud83d"}}}"#,
            r#"{"authorizer": {"principalId": "a", "principalId": "b"}}"#,
            r#"{"authorizer": {"principalId": 1e400, "integrationLatency": 7}}"#,
            r#"{"authorizer": {"principalId": "a"}, "authorizer": {"principalId": "b"}}"#,
            r#"{"identity": {"userArn": null, "sourceIp": "1.2.3.4"}}"#,
            r#"{"identity": {"userArn": 7}}"#,
            r#"{"identity": {"userArn": {"a": "b"}}}"#,
            &deep,
        ] {
            assert_eq!(caller(context), (false, None), "{context}");
        }
    }
}
