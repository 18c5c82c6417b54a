//! Tencent Cloud STS, API version 2018-08-13: `AssumeRole` is signed like every call;
//! `AssumeRoleWithWebIdentity` needs no key.

use std::sync::Arc;

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{DURATION_SECONDS, FetchContext, Identity, IssuedKey, Role, unexpected_answer};
use crate::credentials::Credentials;
use crate::credentials::cache::Fetched;
use crate::error::Error;
use crate::error::ErrorCode::{Internal, ProviderRejected, ProviderUnavailable, Throttled};
use crate::model::{Region, RequestId, Timestamp};
use crate::object::Object;
use crate::signing::tc3;
use crate::transport::{HttpRequest, HttpResponse, http_request};
use crate::vendor::codes::{Refusal, Row, explain};

/// The mainland host. `TENCENT_STS_ENDPOINT` sets the international one.
pub const HOST: &str = "sts.tencentcloudapi.com";
/// The region that the official SDK sends where none is configured; keys are valid in all regions.
pub const REGION: &str = "ap-guangzhou";

const SERVICE: &str = "sts";
const VERSION: &str = "2018-08-13";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRole<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_identity_token: Option<&'a str>,
    role_arn: &'a str,
    role_session_name: &'a str,
    duration_seconds: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
}

impl<'a> AssumeRole<'a> {
    fn body(
        role: &'a Role,
        external_id: Option<&'a str>,
        identity: Option<(&'a str, &'a str)>,
    ) -> Result<Vec<u8>, Error> {
        let (provider_id, web_identity_token) = identity.unzip();
        let parameters = Self {
            provider_id,
            web_identity_token,
            role_arn: &role.arn,
            role_session_name: &role.session_name,
            duration_seconds: DURATION_SECONDS,
            external_id,
        };
        serde_json::to_vec(&parameters).map_err(|error| {
            Error::new(Internal, "the call cannot be written").caused_by(Arc::new(error))
        })
    }
}

fn call<'a>(
    role: &'a Role,
    region: &'a Region,
    action: &'a str,
    body: &'a [u8],
    now: Timestamp,
) -> tc3::Call<'a> {
    let host = role.endpoint.host();
    tc3::Call {
        service: SERVICE,
        version: VERSION,
        action,
        region: region.as_str(),
        host,
        body,
        timestamp: now.epoch_seconds(),
    }
}

/// The call that assumes a role with a key.
///
/// # Errors
/// `internal` when it cannot be written or signed.
pub fn assume_role(
    role: &Role,
    region: &Region,
    key: &Credentials,
    now: Timestamp,
) -> Result<HttpRequest, Error> {
    let body = AssumeRole::body(role, role.external_id.as_deref(), None)?;
    let headers = call(role, region, "AssumeRole", &body, now).signed_headers(
        &key.id,
        &key.secret,
        key.token.as_ref(),
    )?;
    http_request(Method::POST, &role.endpoint.url(""), headers, body)
}

/// The call that assumes a role with a token of AWS.
///
/// # Errors
/// `internal` when it cannot be written.
pub fn assume_role_with_web_identity(
    role: &Role,
    region: &Region,
    identity: &Identity,
    token: &SecretString,
    now: Timestamp,
) -> Result<HttpRequest, Error> {
    let body = AssumeRole::body(
        role,
        None,
        Some((&identity.provider, token.expose_secret())),
    )?;
    let headers = call(role, region, "AssumeRoleWithWebIdentity", &body, now).unsigned_headers()?;
    http_request(Method::POST, &role.endpoint.url(""), headers, body)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    response: Object<Answer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    error: Option<Object<Fault>>,
    credentials: Option<Object<Key>>,
    /// Epoch seconds.
    expired_time: Option<i64>,
    request_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fault {
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    token: SecretString,
    tmp_secret_id: String,
    tmp_secret_key: SecretString,
}

pub(super) fn read(response: &HttpResponse, context: FetchContext<'_>) -> Result<Fetched, Error> {
    let status = response.status().as_u16();
    let neither = || unexpected_answer(status, "neither a key nor an error code");
    let Object(Envelope {
        response: Object(answer),
    }) = serde_json::from_slice(response.body()).map_err(|_| neither())?;
    if let Some(Object(Fault { code })) = answer.error {
        let refusal = Refusal {
            provider: context.provider,
            code: &code,
            message: None,
            request_id: answer.request_id.as_deref().and_then(RequestId::read),
            status,
        };
        return Err(explain(&refusal, &[CODES]));
    }
    let end = answer
        .expired_time
        .and_then(|seconds| Timestamp::from_epoch_milliseconds(seconds.checked_mul(1000)?));
    let (Some(Object(key)), Some(expires_at), 200) = (answer.credentials, end, status) else {
        return Err(neither());
    };
    let issued = IssuedKey {
        id: key.tmp_secret_id,
        secret: key.tmp_secret_key,
        token: key.token,
        expires_at,
    };
    issued
        .checked()
        .ok_or_else(|| unexpected_answer(status, "a key that cannot be sent"))
}

const KEY: &str = "it refused the key; check TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, or the secret that holds them";
const ROLE: &str = "there is no such role; check TENCENTCLOUD_ROLE_ARN";
const TRUST: &str = "the role does not trust the function; check its trust policy in CAM: the key's account for a key (and the permission \
     sts:AssumeRole), oidc:iss, oidc:aud and oidc:sub for the identity of AWS";

/// The product's own codes (official SDKs, `sts` 2018-08-13) and the common ones that it can meet.
/// All come with HTTP status 200.
const CODES: &[Row] = &[
    Row::new(
        "RequestLimitExceeded",
        Throttled,
        "its rate limit is reached; try again later",
    ),
    Row::new(
        "InvalidParameter.OverLimit",
        Throttled,
        "its rate limit is reached; try again later",
    ),
    Row::new(
        "InternalError",
        ProviderUnavailable,
        "it had an internal error; try again",
    ),
    Row::new("InternalError.GetRoleError", ProviderRejected, ROLE),
    Row::new("InternalError.IllegalRole", ProviderRejected, ROLE),
    Row::new("ResourceNotFound", ProviderRejected, ROLE),
    Row::key("AuthFailure.InvalidSecretId", KEY),
    Row::key("AuthFailure.SecretIdNotFound", KEY),
    Row::key("AuthFailure.SignatureFailure", KEY),
    Row::key("AuthFailure.TokenFailure", KEY),
    Row::credentials("AuthFailure", KEY),
    Row::credentials(
        "AuthFailure.SignatureExpire",
        "it found the request too old; the clocks differ by more than five minutes",
    ),
    Row::credentials("AuthFailure.UnauthorizedOperation", TRUST),
    Row::credentials("UnauthorizedOperation", TRUST),
    Row::credentials(
        "InvalidParameter.WebIdentityTokenError",
        "it does not take the token of AWS; check TENCENTCLOUD_OIDC_PROVIDER_ID, the issuer and the keys of the OIDC provider, and that \
         TENCENTCLOUD_OIDC_AUDIENCE is one of its client ids",
    ),
    Row::new(
        "InvalidParameter",
        ProviderRejected,
        "it refuses a parameter; check TENCENTCLOUD_ROLE_ARN and TENCENTCLOUD_ROLE_SESSION_NAME",
    ),
];
