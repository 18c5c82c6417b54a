//! Temporary keys from the vendors' security token services (STS), and the function's identity from
//! that of AWS.

pub mod alibaba;
pub mod aws;
pub mod tencent;

use secrecy::{ExposeSecret, SecretString};

use super::cache::Fetched;
use super::{Credentials, FetchContext, sendable};
use crate::error::{Concerns, Error, ErrorCode, ProviderError};
use crate::model::{Region, Timestamp};
use crate::transport::{Endpoint, HttpRequest, HttpResponse, Repeat};

/// How long a temporary key is asked to be good: what a role of either vendor allows unless
/// changed.
const DURATION_SECONDS: u32 = 3600;

/// A role at a vendor, and the STS that gives out its keys.
#[derive(Debug)]
pub struct Role {
    /// Whose.
    pub vendor: Vendor,
    /// ARN of the role.
    pub arn: String,
    /// What the vendor's audit log calls the function.
    pub session_name: String,
    /// A text that the role's owner may ask for.
    pub external_id: Option<String>,
    /// Where the STS is.
    pub endpoint: Endpoint,
}

/// A vendor that has roles.
#[derive(Debug)]
pub enum Vendor {
    /// Tencent Cloud, whose calls name a region.
    Tencent(Region),
    /// Alibaba Cloud.
    Alibaba,
}

/// Whom AWS says the function to be, for a vendor that trusts AWS.
#[derive(Debug)]
pub struct Identity {
    /// What the vendor knows AWS by: ARN or name of the OIDC provider.
    pub provider: String,
    /// For whom the token is meant; the vendor takes no other.
    pub audience: String,
    /// Where the STS of AWS is.
    pub endpoint: Endpoint,
    /// In which region.
    pub region: Region,
    /// Lambda's own, from the function's role.
    pub credentials: Credentials,
}

impl Role {
    /// A temporary key for one that may assume the role.
    pub(super) async fn assume_with(
        &self,
        key: &Credentials,
        way: FetchContext<'_>,
    ) -> Result<Fetched, Error> {
        let request = |now, nonce| match &self.vendor {
            Vendor::Tencent(region) => tencent::assume_role(self, region, key, now),
            Vendor::Alibaba => alibaba::assume_role(self, key, now, nonce),
        };
        let told: Vec<&str> = key.texts().collect();
        self.assume("AssumeRole", request, &told, way).await
    }

    /// A temporary key for whom AWS says the function to be.
    pub(super) async fn assume_as(
        &self,
        identity: &Identity,
        way: FetchContext<'_>,
    ) -> Result<Fetched, Error> {
        let token = identity.token(way).await?;
        let (action, request): (_, &dyn Fn(Timestamp) -> Result<HttpRequest, Error>) =
            match &self.vendor {
                Vendor::Tencent(region) => ("AssumeRoleWithWebIdentity", &|now| {
                    tencent::assume_role_with_web_identity(self, region, identity, &token, now)
                }),
                Vendor::Alibaba => ("AssumeRoleWithOIDC", &|now| {
                    alibaba::assume_role_with_oidc(self, identity, &token, now)
                }),
            };
        self.assume(action, |now, _| request(now), &[token.expose_secret()], way)
            .await
    }

    /// Asking again makes another key and harms nothing.
    async fn assume(
        &self,
        action: &str,
        request: impl Fn(Timestamp, [u8; 16]) -> Result<HttpRequest, Error>,
        secrets: &[&str],
        way: FetchContext<'_>,
    ) -> Result<Fetched, Error> {
        let (sts, read): (_, fn(&HttpResponse, FetchContext<'_>) -> _) = match &self.vendor {
            Vendor::Tencent(_) => ("Tencent Cloud", tencent::read),
            Vendor::Alibaba => ("Alibaba Cloud", alibaba::read),
        };
        let called = way
            .transport
            .call(
                way.deadline,
                way.lane,
                Repeat::Always,
                request,
                |response| read(response, way),
            )
            .await;
        called.map_err(|failure| {
            told(
                failure.error,
                &format!("the STS of {sts} gave no credentials ({action})"),
                secrets,
            )
        })
    }
}

/// What the vendor answers, whatever it calls it.
struct IssuedKey {
    id: String,
    secret: SecretString,
    token: SecretString,
    expires_at: Timestamp,
}

impl IssuedKey {
    /// A key that could not be sent would fail each call.
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

fn not_an_answer(status: u16, problem: &str) -> Error {
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

/// Says who failed. Whatever the STS complains about, it is not about a certificate. A text of the
/// STS may hold what it was sent, and goes no further; nor does a code that does.
fn told(error: Error, by: &str, secrets: &[&str]) -> Error {
    let provider_error = error.provider_error.map(|told| {
        Box::new(
            ProviderError {
                message: None,
                ..*told
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
