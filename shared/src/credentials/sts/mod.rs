//! Temporary keys from the vendors' security token services (STS), and the function's identity from
//! the STS of AWS.

pub mod alibaba;
pub mod aws;
pub mod tencent;

use secrecy::{ExposeSecret, SecretString};

use super::cache::Fetched;
use super::{Credentials, FetchContext, sendable};
use crate::error::{Concerns, Error, ErrorCode, ProviderError};
use crate::model::{Region, Timestamp};
use crate::transport::{Endpoint, HttpRequest, HttpResponse, Repeat};

/// The requested life of a temporary key: the default maximum of a role at either vendor.
const DURATION_SECONDS: u32 = 3600;

/// A role at a vendor, and the STS that gives out its keys.
#[derive(Debug)]
pub struct Role {
    /// The vendor.
    pub vendor: Vendor,
    /// ARN of the role.
    pub arn: String,
    /// The function's name in the vendor's audit log.
    pub session_name: String,
    /// A text that the role's owner may require.
    pub external_id: Option<String>,
    /// The endpoint of the STS.
    pub endpoint: Endpoint,
}

/// A vendor that has roles.
#[derive(Debug)]
pub enum Vendor {
    /// Tencent Cloud, whose calls hold a region.
    Tencent(Region),
    /// Alibaba Cloud.
    Alibaba,
}

/// The function's identity at AWS, for a vendor that trusts AWS.
#[derive(Debug)]
pub struct Identity {
    /// The vendor's name for AWS: ARN or name of the OIDC provider.
    pub provider: String,
    /// The audience of the token; the vendor accepts no other.
    pub audience: String,
    /// The endpoint of the STS of AWS.
    pub endpoint: Endpoint,
    /// The region of the STS of AWS.
    pub region: Region,
    /// Lambda's credentials from the function's role.
    pub credentials: Credentials,
}

impl Role {
    /// A temporary key, with a key that may assume the role.
    pub(super) async fn assume_with(
        &self,
        key: &Credentials,
        context: FetchContext<'_>,
    ) -> Result<Fetched, Error> {
        let request = |now, nonce| match &self.vendor {
            Vendor::Tencent(region) => tencent::assume_role(self, region, key, now),
            Vendor::Alibaba => alibaba::assume_role(self, key, now, nonce),
        };
        let secrets: Vec<&str> = key.texts().collect();
        self.assume("AssumeRole", request, &secrets, context).await
    }

    /// A temporary key, with the function's identity at AWS.
    pub(super) async fn assume_as(
        &self,
        identity: &Identity,
        context: FetchContext<'_>,
    ) -> Result<Fetched, Error> {
        let token = identity.token(context).await?;
        let (action, request): (_, &dyn Fn(Timestamp) -> Result<HttpRequest, Error>) =
            match &self.vendor {
                Vendor::Tencent(region) => ("AssumeRoleWithWebIdentity", &|now| {
                    tencent::assume_role_with_web_identity(self, region, identity, &token, now)
                }),
                Vendor::Alibaba => ("AssumeRoleWithOIDC", &|now| {
                    alibaba::assume_role_with_oidc(self, identity, &token, now)
                }),
            };
        self.assume(
            action,
            |now, _| request(now),
            &[token.expose_secret()],
            context,
        )
        .await
    }

    /// Calls the STS. A repeated call returns another key and does no harm.
    async fn assume(
        &self,
        action: &str,
        request: impl Fn(Timestamp, [u8; 16]) -> Result<HttpRequest, Error>,
        secrets: &[&str],
        context: FetchContext<'_>,
    ) -> Result<Fetched, Error> {
        let (sts, read): (_, fn(&HttpResponse, FetchContext<'_>) -> _) = match &self.vendor {
            Vendor::Tencent(_) => ("Tencent Cloud", tencent::read),
            Vendor::Alibaba => ("Alibaba Cloud", alibaba::read),
        };
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
            sts_error(
                failure.error,
                &format!("the STS of {sts} gave no credentials ({action})"),
                secrets,
            )
        })
    }
}

/// The key in a vendor's answer.
struct IssuedKey {
    id: String,
    secret: SecretString,
    token: SecretString,
    expires_at: Timestamp,
}

impl IssuedKey {
    /// The key; `None` when a part of it is empty or cannot be sent in a header.
    fn checked(self) -> Option<Fetched> {
        let Self {
            id,
            secret,
            token,
            expires_at,
        } = self;
        let credentials = Credentials {
            id,
            secret,
            token: Some(token),
        };
        let is_key = credentials
            .texts()
            .all(|text| !text.is_empty() && sendable(text).is_ok());
        is_key.then_some(Fetched {
            credentials,
            expires_at: Some(expires_at),
        })
    }
}

fn unexpected_answer(status: u16, problem: &str) -> Error {
    match status {
        429 => Error::new(ErrorCode::Throttled, "it answered HTTP 429"),
        500.. => Error::new(
            ErrorCode::ProviderUnavailable,
            format!("it answered HTTP {status} without an error code"),
        ),
        _ => Error::new(
            ErrorCode::ProviderInvalidResponse,
            format!("it answered HTTP {status} with {problem}"),
        ),
    }
}

/// An error of an STS: its detail begins with `by`, and it never concerns a certificate. The message
/// of an STS may repeat the request and is dropped; in its code the secrets are masked.
fn sts_error(error: Error, by: &str, secrets: &[&str]) -> Error {
    let provider_error = error.provider_error.map(|refusal| {
        Box::new(
            ProviderError {
                message: None,
                ..*refusal
            }
            .without(secrets),
        )
    });
    let concerns = match error.concerns {
        Concerns::Parameters | Concerns::CertificateState => Concerns::Other,
        other => other,
    };
    Error {
        detail: format!("{by}: {}", error.detail),
        provider_error,
        concerns,
        ..error
    }
}

#[cfg(test)]
mod tests;
