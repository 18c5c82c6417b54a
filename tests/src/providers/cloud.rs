//! The clouds: their credentials' variables and their gateways' codes.

use simulator::{ALIBABA_PROVIDER, ALIBABA_ROLE, TENCENT_PROVIDER, TENCENT_ROLE};

/// Every cloud.
pub const CLOUDS: [&Cloud; 3] = [&TENCENT, &ALIBABA, &AWS];

/// A cloud with its credentials.
#[derive(Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The variable of the key's id.
    pub key_id: &'static str,
    /// The variable of the key's secret.
    pub key_secret: &'static str,
    /// A secret that the cloud does not know.
    pub wrong_secret: &'static str,
    /// The variable of the region, and the region under test.
    pub region: (&'static str, &'static str),
    /// The gateway's code for a wrong signature.
    pub wrong_key_code: &'static str,
    /// The gateway's code for too many calls.
    pub throttling_code: &'static str,
    /// The other ways to credentials; `None` where Lambda itself gives them.
    pub federation: Option<Federation>,
}

/// The ways to a cloud's credentials besides variables.
#[derive(Debug, PartialEq, Eq)]
pub struct Federation {
    /// The variable that names a secret of AWS Secrets Manager.
    pub secret: &'static str,
    /// The variable that names a parameter of AWS Systems Manager.
    pub parameter: &'static str,
    /// The variable of the role, and the role.
    pub role: (&'static str, &'static str),
    /// The variable of the identity provider, and the provider.
    pub identity_provider: (&'static str, &'static str),
    /// The action that exchanges a token of AWS for a temporary key.
    pub exchange_action: &'static str,
    /// The beginning of the ids of long-lived keys.
    pub key_prefix: &'static str,
}

/// Tencent Cloud.
pub(super) const TENCENT: Cloud = Cloud {
    key_id: "TENCENTCLOUD_SECRET_ID",
    key_secret: "TENCENTCLOUD_SECRET_KEY",
    wrong_secret: "wrong-secret-of-tencent-0001",
    region: ("TENCENTCLOUD_REGION", "ap-guangzhou"),
    wrong_key_code: "AuthFailure.SignatureFailure",
    throttling_code: "RequestLimitExceeded",
    federation: Some(Federation {
        secret: "TENCENTCLOUD_SECRETS_MANAGER_SECRET",
        parameter: "TENCENTCLOUD_SSM_PARAMETER",
        role: ("TENCENTCLOUD_ROLE_ARN", TENCENT_ROLE),
        identity_provider: ("TENCENTCLOUD_OIDC_PROVIDER_ID", TENCENT_PROVIDER),
        exchange_action: "AssumeRoleWithWebIdentity",
        key_prefix: "AKID",
    }),
};

/// Alibaba Cloud.
pub(super) const ALIBABA: Cloud = Cloud {
    key_id: "ALIBABA_CLOUD_ACCESS_KEY_ID",
    key_secret: "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    wrong_secret: "wrong-secret-of-alibaba-0001",
    region: ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
    wrong_key_code: "SignatureDoesNotMatch",
    throttling_code: "Throttling.User",
    federation: Some(Federation {
        secret: "ALIBABA_CLOUD_SECRETS_MANAGER_SECRET",
        parameter: "ALIBABA_CLOUD_SSM_PARAMETER",
        role: ("ALIBABA_CLOUD_ROLE_ARN", ALIBABA_ROLE),
        identity_provider: ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", ALIBABA_PROVIDER),
        exchange_action: "AssumeRoleWithOIDC",
        key_prefix: "LTAI",
    }),
};

/// Amazon Web Services.
pub(super) const AWS: Cloud = Cloud {
    key_id: "AWS_ACCESS_KEY_ID",
    key_secret: "AWS_SECRET_ACCESS_KEY",
    wrong_secret: "wrong/secret+of+aws+00000000000000000001",
    region: ("AWS_REGION", "eu-west-1"),
    wrong_key_code: "InvalidSignatureException",
    throttling_code: "ThrottlingException",
    federation: None,
};
