//! The caller of an HTTP request: the gateway has authenticated it, or it has signed the request as
//! a webhook.

use std::collections::HashMap;

use serde_json::Value;

use super::{HttpEvent, RawHttpEvent, one_or_more};
use crate::error::{Error, ErrorCode};
use crate::signing::webhook::{WebhookId, verify};
use crate::trigger::function::Function;

/// The headers of Standard Webhooks, in the order of [`verify`].
const SIGNED_HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

impl HttpEvent {
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
        let [id, timestamp, signature] =
            SIGNED_HEADERS.map(|name| self.headers.get(name).map(String::as_str));
        // The signature covers the body but no query, so that a GET cannot be a webhook.
        let is_webhook =
            self.method == "POST" && (id.is_some() || timestamp.is_some() || signature.is_some());
        if !is_webhook && self.caller_is_known {
            return Ok(None);
        }
        let verified = if is_webhook {
            match &self.body {
                Ok(body) => verify(
                    secrets,
                    id,
                    timestamp,
                    signature,
                    body,
                    (function.transport.clock)(),
                )
                .map_err(|rejected| rejected.reason()),
                Err(_) => Err("the body cannot be read"),
            }
        } else {
            Err("the request is no webhook, and the gateway has not authenticated the caller")
        };
        verified.map(Some).map_err(|reason| {
            tracing::warn!(reason, "the caller is not authenticated");
            Error::new(
                ErrorCode::Unauthenticated,
                "sign the request as a webhook with one of the function's secrets, or call through a gateway that authenticates the caller",
            )
        })
    }
}

impl RawHttpEvent {
    pub(super) fn headers(&self) -> HashMap<String, String> {
        let source = if self.multi_value_headers.is_object() {
            &self.multi_value_headers
        } else {
            &self.headers
        };
        let mut headers: HashMap<String, String> = HashMap::new();
        for (name, values) in source.as_object().into_iter().flatten() {
            for value in one_or_more(values).iter().filter_map(Value::as_str) {
                let joined = headers.entry(name.to_ascii_lowercase()).or_default();
                if !joined.is_empty() {
                    joined.push(',');
                }
                joined.push_str(value);
            }
        }
        headers
    }

    /// Whether the gateway has authenticated the caller. API Gateway adds the result of its
    /// authorizer; with IAM, payload 1.0 has the caller among `identity`. A load balancer adds
    /// nothing of the kind.
    pub(super) fn caller_is_known(&self) -> bool {
        ["/authorizer", "/identity/userArn"]
            .iter()
            .filter_map(|member| self.request_context.pointer(member))
            .any(|value| match value {
                Value::Object(members) => !members.is_empty(),
                Value::String(text) => !text.is_empty(),
                _ => false,
            })
    }

    /// The name under which the gateway knows the caller: the ARN of an AWS identity, the subject
    /// of a token, or the name that an authorizer gave.
    pub(super) fn caller(&self) -> Option<String> {
        [
            "/authorizer/iam/userArn",
            "/identity/userArn",
            "/authorizer/jwt/claims/sub",
            "/authorizer/claims/sub",
            "/authorizer/principalId",
        ]
        .iter()
        .filter_map(|member| self.request_context.pointer(member)?.as_str())
        .find(|name| !name.is_empty())
        .map(str::to_owned)
    }
}
