//! AWS STS, API version 2011-06-15: `GetWebIdentityToken` returns a signed token (JWT) that proves
//! the function's role.

use http::Method;
use secrecy::SecretString;

use super::{FetchContext, Identity, sts_error, unexpected_answer};
use crate::error::ErrorCode::{ProviderRejected, ProviderUnavailable, Throttled};
use crate::error::{Concerns, Error};
use crate::model::{Region, Timestamp};
use crate::signing::sigv4;
use crate::transport::{HttpRequest, HttpResponse, Repeat, http_request};
use crate::vendor::codes::{Refusal, Row, explain};
use crate::vendor::xml::element;

const SERVICE: &str = "sts";
const VERSION: &str = "2011-06-15";
/// The token is used at once; five minutes allow for clocks that differ.
const DURATION_SECONDS: &str = "300";
/// The official SDK sends the same.
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The STS of a region; the global one does not have this action.
pub fn host(region: &Region) -> String {
    let domain = if region.as_str().starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    format!("sts.{region}.{domain}")
}

/// The call that gets a token.
///
/// # Errors
/// `internal` when it cannot be signed.
pub fn get_web_identity_token(identity: &Identity, now: Timestamp) -> Result<HttpRequest, Error> {
    let url = identity.endpoint.url("");
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "GetWebIdentityToken")
        .append_pair("Version", VERSION)
        .append_pair("Audience.member.1", &identity.audience)
        // OpenID Connect requires everyone to accept this one of the two that AWS has.
        .append_pair("SigningAlgorithm", "RS256")
        .append_pair("DurationSeconds", DURATION_SECONDS)
        .finish()
        .into_bytes();
    let request = sigv4::Request {
        method: "POST",
        url: &url,
        headers: &[("content-type", CONTENT_TYPE)],
        body: &body,
        region: identity.region.as_str(),
        service: SERVICE,
        timestamp: now.epoch_seconds(),
    };
    let key = &identity.credentials;
    let headers = request.signed_headers(&key.id, &key.secret, key.token.as_ref())?;
    http_request(Method::POST, &url, headers, body)
}

impl Identity {
    pub(super) async fn token(&self, context: FetchContext<'_>) -> Result<SecretString, Error> {
        let request = |now, _| get_web_identity_token(self, now);
        let called = context
            .transport
            .call(
                context.deadline,
                context.lane,
                Repeat::Always,
                request,
                |response| read(response, context),
            )
            .await;
        called.map_err(|failure| {
            // This error is not the provider's, so its code goes into the text.
            let code = failure.error.provider_code().filter(|code| is_plain(code));
            let code = code.map_or_else(String::new, |code| format!(", {code}"));
            let by = format!("the STS of AWS gave no token (GetWebIdentityToken{code})");
            Error {
                provider_error: None,
                concerns: Concerns::Other,
                ..sts_error(failure.error, &by, &[])
            }
        })
    }
}

/// Whether a code is a name, and does not repeat what was sent.
fn is_plain(code: &str) -> bool {
    code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn read(response: &HttpResponse, context: FetchContext<'_>) -> Result<SecretString, Error> {
    let status = response.status().as_u16();
    let text = std::str::from_utf8(response.body()).unwrap_or_default();
    if let Some(code) = element(text, "Code") {
        let refusal = Refusal {
            provider: context.provider,
            code,
            message: None,
            request_id: None,
            status,
        };
        return Err(explain(&refusal, &[CODES]));
    }
    let token = element(text, "WebIdentityToken").filter(|_| status == 200);
    let is_token = |token: &&str| {
        token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    let token = token.filter(is_token).filter(|token| !token.is_empty());
    token
        .map(SecretString::from)
        .ok_or_else(|| unexpected_answer(status, "neither a token nor an error code"))
}

const KEY: &str = "it refused the function's credentials; check the function's role";

/// The action's own codes (official SDKs) and the common ones.
const CODES: &[Row] = &[
    Row::new(
        "OutboundWebIdentityFederationDisabledException",
        ProviderRejected,
        "the account has outbound identity federation switched off; call iam:EnableOutboundWebIdentityFederation once",
    ),
    Row::new(
        "SessionDurationEscalationException",
        ProviderUnavailable,
        "the function's own credentials end before the token would; try again",
    ),
    Row::new(
        "JWTPayloadSizeExceededException",
        ProviderRejected,
        "the token would grow too long; give the function's role fewer tags",
    ),
    Row::new(
        "AccessDenied",
        ProviderRejected,
        "grant the function's role sts:GetWebIdentityToken for this audience",
    ),
    Row::new(
        "Throttling",
        Throttled,
        "its rate limit is reached; try again later",
    ),
    Row::new(
        "RequestLimitExceeded",
        Throttled,
        "its rate limit is reached; try again later",
    ),
    Row::new(
        "InternalFailure",
        ProviderUnavailable,
        "it had an internal error; try again",
    ),
    Row::new(
        "ServiceUnavailable",
        ProviderUnavailable,
        "it is unavailable at the moment; try again",
    ),
    Row::credentials("ExpiredToken", KEY),
    Row::credentials("InvalidClientTokenId", KEY),
    Row::credentials("UnrecognizedClientException", KEY),
    Row::credentials("SignatureDoesNotMatch", KEY),
    Row::credentials("IncompleteSignature", KEY),
    Row::credentials("MissingAuthenticationToken", KEY),
];
