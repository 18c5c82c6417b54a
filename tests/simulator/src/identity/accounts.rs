//! The settings of the services.

use super::IdentityService;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The AWS role of the functions, which is the subject of the tokens of AWS.
pub const FUNCTION_ROLE: &str = "arn:aws:iam::000000000000:role/device-certificate-functions";
/// The role at Tencent that trusts it.
pub const TENCENT_ROLE: &str = "qcs::cam::uin/100000000001:roleName/device-certificates";
/// The name by which Tencent knows AWS.
pub const TENCENT_PROVIDER: &str = "aws";
/// The role at Alibaba that trusts it.
pub const ALIBABA_ROLE: &str = "acs:ram::1000000000000001:role/device-certificates";
/// The name by which Alibaba knows AWS.
pub const ALIBABA_PROVIDER: &str = "acs:ram::1000000000000001:oidc-provider/aws";
/// The token that the extension demands in each call.
pub const SESSION_TOKEN: &str = "FAKE+aws/token//////////8Vn3Tj6Ky1Gs5Ho0Fu==";

/// The settings of the services.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// The subject of the tokens of AWS; the roles trust [`FUNCTION_ROLE`].
    pub subject: String,
    /// The way in which the tokens of AWS are signed.
    pub token_algorithm: TokenAlgorithm,
    /// The life of a token of AWS; below zero it has ended when it is issued.
    pub token_seconds: i64,
    /// Whether the AWS account has outbound identity federation switched on.
    pub federation: bool,
    /// The life of a key that an STS issues.
    pub key_lifetime: Duration,
    /// The secrets and parameters, by name.
    pub secrets: BTreeMap<String, Secret>,
    /// The time for which the extension caches its answer to a request.
    pub extension_cache: Duration,
    /// The services that answer HTTP 503.
    pub down: BTreeSet<IdentityService>,
    /// The time that each service takes to answer.
    pub delay: Duration,
}

/// A secret with its versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secret {
    /// The version `AWSCURRENT`, and the value of a parameter.
    pub current: String,
    /// The version `AWSPREVIOUS`.
    pub previous: Option<String>,
}

/// The way in which a token of AWS is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// By the published key.
    Rs256,
    /// With the published key as if it were a secret.
    Hs256,
    /// Not at all.
    None,
    /// By the published key, but something else.
    Forged,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            subject: FUNCTION_ROLE.to_owned(),
            token_algorithm: TokenAlgorithm::Rs256,
            token_seconds: 300,
            federation: true,
            key_lifetime: Duration::from_secs(3600),
            secrets: BTreeMap::new(),
            extension_cache: Duration::from_secs(300),
            down: BTreeSet::new(),
            delay: Duration::ZERO,
        }
    }
}
