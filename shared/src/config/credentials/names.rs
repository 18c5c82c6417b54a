//! What each cloud calls its variables.

use crate::credentials::sts::tencent;

/// The names of one cloud's variables.
pub(super) struct Names {
    /// For id, secret and session token.
    pub(super) key: [&'static str; 3],
    pub(super) secret: &'static str,
    pub(super) parameter: &'static str,
    pub(super) role: &'static str,
    pub(super) session_name: &'static str,
    /// Where one is taken.
    pub(super) external_id: Option<&'static str>,
    pub(super) identity_provider: &'static str,
    pub(super) audience: &'static str,
    /// For whom a token of AWS is unless the audience is configured.
    pub(super) default_audience: &'static str,
    /// How a role's ARN begins.
    pub(super) arn: &'static str,
}

pub(super) const TENCENT: Names = Names {
    key: [
        "TENCENTCLOUD_SECRET_ID",
        "TENCENTCLOUD_SECRET_KEY",
        "TENCENTCLOUD_TOKEN",
    ],
    secret: "TENCENTCLOUD_SECRETS_MANAGER_SECRET",
    parameter: "TENCENTCLOUD_SSM_PARAMETER",
    role: "TENCENTCLOUD_ROLE_ARN",
    session_name: "TENCENTCLOUD_ROLE_SESSION_NAME",
    external_id: None,
    identity_provider: "TENCENTCLOUD_OIDC_PROVIDER_ID",
    audience: "TENCENTCLOUD_OIDC_AUDIENCE",
    default_audience: tencent::HOST,
    arn: "qcs::cam::",
};

/// Those of the official SDKs, as far as they have one.
pub(super) const ALIBABA: Names = Names {
    key: [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
    ],
    secret: "ALIBABA_CLOUD_SECRETS_MANAGER_SECRET",
    parameter: "ALIBABA_CLOUD_SSM_PARAMETER",
    role: "ALIBABA_CLOUD_ROLE_ARN",
    session_name: "ALIBABA_CLOUD_ROLE_SESSION_NAME",
    external_id: Some("ALIBABA_CLOUD_EXTERNAL_ID"),
    identity_provider: "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    audience: "ALIBABA_CLOUD_OIDC_AUDIENCE",
    default_audience: "sts.aliyuncs.com",
    arn: "acs:ram::",
};
