//! Who sends an HTTP request: somebody whom the gateway knows, or who has signed it as a webhook.

use std::collections::HashMap;

use serde_json::Value;

use super::{HttpEvent, Lenient};
use crate::error::{Error, ErrorCode};
use crate::signing::webhook::{WebhookId, verify};
use crate::trigger::Function;

/// What Standard Webhooks signs, in the order that [`verify`] takes it.
const SIGNED_HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

impl HttpEvent {
    /// Whether the caller may ask at all. A POST with the headers of a webhook must be signed; what
    /// has none must come from somebody whom the gateway knows. Returns the webhook's id.
    ///
    /// # Errors
    /// `unauthenticated`, always with the same words: they must not help in guessing.
    pub(in crate::trigger) fn authenticate(
        &self,
        function: &Function,
    ) -> Result<Option<WebhookId>, Error> {
        let Some(secrets) = &function.config.webhook_secrets else {
            return Ok(None);
        };
        let [id, timestamp, signature] =
            SIGNED_HEADERS.map(|name| self.headers.get(name).map(String::as_str));
        // A query is not signed, so that only what POST takes, a body alone, can be believed.
        let is_webhook =
            self.method == "POST" && (id.is_some() || timestamp.is_some() || signature.is_some());
        if !is_webhook && self.caller_is_known {
            return Ok(None);
        }
        let verified = if is_webhook {
            match self.bytes() {
                Ok(body) => verify(
                    secrets,
                    id,
                    timestamp,
                    signature,
                    &body,
                    (function.transport.clock)(),
                )
                .map_err(|rejected| rejected.reason()),
                Err(_) => Err("the body cannot be read"),
            }
        } else {
            Err("there is no webhook, and the gateway does not say who the caller is")
        };
        verified.map(Some).map_err(|reason| {
            tracing::warn!(reason, "the caller is not known");
            Error::new(
                ErrorCode::Unauthenticated,
                "sign the request as a webhook with one of the function's secrets, or call through a gateway that knows the caller",
            )
        })
    }
}

impl Lenient {
    pub(super) fn headers(&self) -> HashMap<String, String> {
        let source = if self.multi_value_headers.is_object() {
            &self.multi_value_headers
        } else {
            &self.headers
        };
        let mut headers: HashMap<String, String> = HashMap::new();
        for (name, values) in source.as_object().into_iter().flatten() {
            let values = values
                .as_array()
                .map_or_else(|| std::slice::from_ref(values), Vec::as_slice);
            for value in values.iter().filter_map(Value::as_str) {
                let joined = headers.entry(name.to_ascii_lowercase()).or_default();
                if !joined.is_empty() {
                    joined.push(',');
                }
                joined.push_str(value);
            }
        }
        headers
    }

    /// API Gateway puts in what its authorizer found out; with IAM, payload 1.0 has the caller
    /// among `identity`. A load balancer says nothing of the kind.
    pub(super) fn caller_is_known(&self) -> bool {
        let told =
            ["/authorizer", "/identity/userArn"].map(|member| self.request_context.pointer(member));
        told.into_iter().flatten().any(|told| match told {
            Value::Object(members) => !members.is_empty(),
            Value::String(text) => !text.is_empty(),
            _ => false,
        })
    }

    /// By the name under which the gateway knows it: the ARN of an AWS identity, the subject of a
    /// token, or an authorizer's own.
    pub(super) fn caller(&self) -> Option<String> {
        let members = [
            "/authorizer/iam/userArn",
            "/identity/userArn",
            "/authorizer/jwt/claims/sub",
            "/authorizer/claims/sub",
            "/authorizer/principalId",
        ];
        let told = members
            .iter()
            .filter_map(|member| self.request_context.pointer(member)?.as_str());
        told.map(str::to_owned).find(|told| !told.is_empty())
    }
}
