//! The caller of an HTTP request: the gateway has authenticated it, or it has signed the request as
//! a webhook.

use super::HttpEvent;
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
