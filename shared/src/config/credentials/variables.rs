//! The names of each cloud's variables.

use super::token_service::{self, ReadTokenService};
use crate::credentials::sts::tencent;
use crate::model::Cloud;

/// The variables of one cloud.
pub(crate) struct CloudVariables {
    /// The variables for id, secret and session token.
    pub(crate) key: [&'static str; 3],
    /// The variable for the default region.
    pub(crate) region: &'static str,
    /// How the variables of the key are usually set, for error messages.
    pub(crate) key_is_set_by: &'static str,
    /// The other sources of credentials; `None` where the key is always in the environment.
    pub(super) sources: Option<&'static SourceVariables>,
}

/// The variables for credentials that are not in the environment.
pub(super) struct SourceVariables {
    /// The secret in AWS Secrets Manager that holds the key.
    pub(super) secret: &'static str,
    /// The parameter in AWS SSM Parameter Store that holds the key.
    pub(super) parameter: &'static str,
    /// The role to assume.
    pub(super) role: &'static str,
    /// The beginning of a role's ARN.
    pub(super) arn: &'static str,
    pub(super) session_name: &'static str,
    /// `None` where the cloud has no external ids.
    pub(super) external_id: Option<&'static str>,
    pub(super) identity_provider: &'static str,
    pub(super) audience: &'static str,
    /// The audience of AWS's tokens unless the variable sets another.
    pub(super) default_audience: &'static str,
    /// Reads which token service gives out the role's keys.
    pub(super) token_service: ReadTokenService,
}

impl CloudVariables {
    /// The variables of this cloud.
    pub(crate) const fn of(cloud: Cloud) -> &'static Self {
        match cloud {
            Cloud::Tencent => &TENCENT,
            Cloud::Alibaba => &ALIBABA,
            Cloud::Aws => &AWS,
        }
    }
}

const TENCENT: CloudVariables = CloudVariables {
    key: [
        "TENCENTCLOUD_SECRET_ID",
        "TENCENTCLOUD_SECRET_KEY",
        "TENCENTCLOUD_TOKEN",
    ],
    region: "TENCENTCLOUD_REGION",
    key_is_set_by: "",
    sources: Some(&SourceVariables {
        secret: "TENCENTCLOUD_SECRETS_MANAGER_SECRET",
        parameter: "TENCENTCLOUD_SSM_PARAMETER",
        role: "TENCENTCLOUD_ROLE_ARN",
        arn: "qcs::cam::",
        session_name: "TENCENTCLOUD_ROLE_SESSION_NAME",
        external_id: None,
        identity_provider: "TENCENTCLOUD_OIDC_PROVIDER_ID",
        audience: "TENCENTCLOUD_OIDC_AUDIENCE",
        default_audience: tencent::HOST,
        token_service: token_service::tencent,
    }),
};

/// The official SDKs read the same variables, as far as they have one.
const ALIBABA: CloudVariables = CloudVariables {
    key: [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
    ],
    region: "ALIBABA_CLOUD_REGION_ID",
    key_is_set_by: "",
    sources: Some(&SourceVariables {
        secret: "ALIBABA_CLOUD_SECRETS_MANAGER_SECRET",
        parameter: "ALIBABA_CLOUD_SSM_PARAMETER",
        role: "ALIBABA_CLOUD_ROLE_ARN",
        arn: "acs:ram::",
        session_name: "ALIBABA_CLOUD_ROLE_SESSION_NAME",
        external_id: Some("ALIBABA_CLOUD_EXTERNAL_ID"),
        identity_provider: "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
        audience: "ALIBABA_CLOUD_OIDC_AUDIENCE",
        default_audience: "sts.aliyuncs.com",
        token_service: token_service::alibaba,
    }),
};

/// Lambda sets these variables itself.
pub(super) const AWS: CloudVariables = CloudVariables {
    key: [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ],
    region: "AWS_REGION",
    key_is_set_by: ", as Lambda does from the function's role",
    sources: None,
};
