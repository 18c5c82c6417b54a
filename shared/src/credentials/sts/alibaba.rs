//! Alibaba Cloud STS, API version 2015-04-01: `AssumeRole` is signed like every call;
//! `AssumeRoleWithOIDC` needs no key.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{DURATION_SECONDS, FetchContext, Identity, IssuedKey, Role, unexpected_answer};
use crate::credentials::Credentials;
use crate::credentials::cache::Fetched;
use crate::error::Error;
use crate::error::ErrorCode::ProviderRejected;
use crate::model::Timestamp;
use crate::object::{Members, Object};
use crate::signing::acs3;
use crate::transport::{HttpRequest, HttpResponse, http_request};
use crate::vendor::alibaba::{codes, error_body, retry_after};
use crate::vendor::codes::{Refusal, Row, explain};

const VERSION: &str = "2015-04-01";

/// The regions with an STS of their own (page "Endpoints" of the STS, and the official SDK's
/// table).
const REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "cn-beijing",
    "cn-chengdu",
    "cn-fuzhou",
    "cn-guangzhou",
    "cn-hangzhou",
    "cn-heyuan",
    "cn-hongkong",
    "cn-huhehaote",
    "cn-nanjing",
    "cn-qingdao",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-wuhan-lr",
    "cn-wulanchabu",
    "cn-zhangjiakou",
    "eu-central-1",
    "eu-west-1",
    "me-central-1",
    "me-east-1",
    "na-south-1",
    "us-east-1",
    "us-west-1",
];

/// The STS of this region, or the central one.
pub fn host(region: Option<&str>) -> String {
    match region.filter(|region| REGIONS.contains(region)) {
        Some(region) => format!("sts.{region}.aliyuncs.com"),
        None => "sts.aliyuncs.com".to_owned(),
    }
}

/// The call that assumes a role with a key.
///
/// # Errors
/// `internal` when it cannot be signed.
pub fn assume_role(
    role: &Role,
    key: &Credentials,
    now: Timestamp,
    nonce: [u8; 16],
) -> Result<HttpRequest, Error> {
    let duration = DURATION_SECONDS.to_string();
    let mut parameters = vec![
        ("DurationSeconds", duration.as_str()),
        ("RoleArn", role.arn.as_str()),
        ("RoleSessionName", role.session_name.as_str()),
    ];
    parameters.extend(role.external_id.as_deref().map(|id| ("ExternalId", id)));
    let query = acs3::canonical_query(&parameters);
    let call = acs3::Call {
        method: "POST",
        action: "AssumeRole",
        version: VERSION,
        host: role.endpoint.host(),
        canonical_query: &query,
        date: now.to_seconds_text(),
        nonce,
    };
    let headers = call.signed_headers(&key.id, &key.secret, key.token.as_ref())?;
    http_request(
        Method::POST,
        &role.endpoint.url(&query),
        headers,
        Vec::new(),
    )
}

/// The call that assumes a role with a token of AWS. The token is in the body, because logs keep
/// URLs.
pub fn assume_role_with_oidc(
    role: &Role,
    identity: &Identity,
    token: &SecretString,
    now: Timestamp,
) -> Result<HttpRequest, Error> {
    let date = now.to_seconds_text();
    let query = acs3::canonical_query(&[
        ("Action", "AssumeRoleWithOIDC"),
        ("Format", "JSON"),
        ("Timestamp", &date),
        ("Version", VERSION),
    ]);
    let body = acs3::canonical_query(&[
        ("DurationSeconds", &DURATION_SECONDS.to_string()),
        ("OIDCProviderArn", &identity.provider),
        ("OIDCToken", token.expose_secret()),
        ("RoleArn", &role.arn),
        ("RoleSessionName", &role.session_name),
    ]);
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    http_request(
        Method::POST,
        &role.endpoint.url(&query),
        headers,
        body.into_bytes(),
    )
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Credentials")]
    credentials: Object<Key>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    access_key_id: String,
    access_key_secret: SecretString,
    security_token: SecretString,
    expiration: Timestamp,
}

pub(super) fn read(response: &HttpResponse, context: FetchContext<'_>) -> Result<Fetched, Error> {
    issued_key(response, context).map_err(|error| Error {
        retry_after: retry_after(response),
        ..error
    })
}

fn issued_key(response: &HttpResponse, context: FetchContext<'_>) -> Result<Fetched, Error> {
    let status = response.status().as_u16();
    let body = String::from_utf8_lossy(response.body());
    if let Some(error) = error_body(&body, Members::parse(&body).as_ref()) {
        let Some(code) = error.code else {
            return Err(unexpected_answer(
                status,
                "an error code that cannot be read",
            ));
        };
        let refusal = Refusal {
            provider: context.provider,
            code: &code,
            message: None,
            request_id: error.request_id,
            status,
        };
        // Of two rows for one code the last one counts.
        return Err(explain(&refusal, &[codes::CODES, CODES]));
    }
    let issued = match serde_json::from_slice(response.body()) {
        Ok(Object(Answer {
            credentials: Object(key),
        })) if status == 200 => IssuedKey {
            id: key.access_key_id,
            secret: key.access_key_secret,
            token: key.security_token,
            expires_at: key.expiration,
        },
        _ => return Err(unexpected_answer(status, "neither a key nor an error code")),
    };
    issued
        .checked()
        .ok_or_else(|| unexpected_answer(status, "a key that cannot be sent"))
}

const TOKEN: &str = "it does not take the token of AWS; check issuer, fingerprint and time limit of the OIDC provider";
const AUDIENCE: &str = "the token is not meant for it; name the same audience in ALIBABA_CLOUD_OIDC_AUDIENCE and among the client ids of the \
     OIDC provider";
const TRUST: &str = "there is no such OIDC provider, or the role does not trust this identity; check ALIBABA_CLOUD_OIDC_PROVIDER_ARN, and \
     oidc:iss, oidc:aud and oidc:sub in the role's trust policy";

/// The product's own codes (page "Error codes" of the STS).
const CODES: &[Row] = &[
    Row::credentials("AuthenticationFail", TRUST),
    Row::credentials("AuthenticationFail.OIDCToken", TOKEN),
    Row::credentials("AuthenticationFail.OIDCToken.AudienceNotMatch", AUDIENCE),
    Row::credentials(
        "AuthenticationFail.OIDCToken.Expired",
        "the token of AWS is too old for it; the clocks differ",
    ),
    Row::new(
        "EntityNotExist",
        ProviderRejected,
        "there is no such role; check ALIBABA_CLOUD_ROLE_ARN",
    ),
    Row::new(
        "NoPermission",
        ProviderRejected,
        "the key may not assume the role; grant it sts:AssumeRole in RAM, and let the role trust it (ALIBABA_CLOUD_EXTERNAL_ID included)",
    ),
    Row::new(
        "InvalidParameter",
        ProviderRejected,
        "it refuses a parameter; check ALIBABA_CLOUD_ROLE_ARN and ALIBABA_CLOUD_ROLE_SESSION_NAME",
    ),
];
