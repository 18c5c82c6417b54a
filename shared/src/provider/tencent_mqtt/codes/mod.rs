//! Tencent Cloud's error codes: the product's own (official SDKs, `mqtt` 2024-05-16) and those of
//! every product (page "Error Codes"). All of them come with HTTP status 200.

use crate::error::ErrorCode::{NotFound, ProviderRejected, ProviderUnavailable, Throttled};
use crate::vendor::codes::Row;

/// The resource that the sub-code names was not found.
pub(super) const NOT_FOUND: &str = "ResourceNotFound";
/// The instance was not found.
pub(super) const INSTANCE_NOT_FOUND: &str = "ResourceNotFound.Instance";

const KEY: &str = "the provider refused the credentials; check TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, or the secret that holds \
     them";
const PERMISSION: &str = "the credentials lack the permission for this action; grant in CAM mqtt:DescribeDeviceCertificates and, to \
     inactivate, also mqtt:DescribeDeviceCertificate and mqtt:DeactivateDeviceCertificate, to end sessions mqtt:DescribeClientList and \
     mqtt:KickOutClient, and to undo mqtt:ActivateDeviceCertificate";

pub(super) const CODES: &[Row] = &[
    // Load: repeating later helps.
    Row::new(
        "RequestLimitExceeded",
        Throttled,
        "the provider's rate limit is reached; try again later",
    ),
    Row::new(
        "LimitExceeded.RateLimitExceeded",
        Throttled,
        "the provider's rate limit is reached; try again later",
    ),
    // The provider's own faults.
    Row::new(
        "InternalError",
        ProviderUnavailable,
        "the provider had an internal error; try again",
    ),
    Row::new(
        "ResourceUnavailable",
        ProviderUnavailable,
        "the resource is unavailable at the moment; try again",
    ),
    Row::new(
        "ServiceUnavailable",
        ProviderUnavailable,
        "the service is unavailable at the moment; try again",
    ),
    // Not found.
    Row::new(
        NOT_FOUND,
        NotFound,
        "the provider does not know this resource; check instance_id and region",
    ),
    Row::new(
        INSTANCE_NOT_FOUND,
        NotFound,
        "the provider does not know this instance; check instance_id and region",
    ),
    // Keys that are not valid any more.
    Row::key("AuthFailure.InvalidSecretId", KEY),
    Row::key("AuthFailure.SecretIdNotFound", KEY),
    Row::key("AuthFailure.SignatureFailure", KEY),
    Row::key(
        "AuthFailure.TokenFailure",
        "the provider refused the context token; it is wrong or has expired",
    ),
    // Credentials. SignatureExpire: the function's clock is more than five minutes off.
    Row::credentials("AuthFailure", KEY),
    Row::credentials(
        "AuthFailure.SignatureExpire",
        "the provider found the request too old; the clocks differ by more than five minutes",
    ),
    Row::credentials(
        "AuthFailure.MFAFailure",
        "the account demands multi-factor authentication for this key",
    ),
    // Permission. The message names the action and is of use.
    Row::new(
        "AuthFailure.UnauthorizedOperation",
        ProviderRejected,
        PERMISSION,
    ),
    Row::new("UnauthorizedOperation", ProviderRejected, PERMISSION),
    Row::new(
        "IpInBlacklist",
        ProviderRejected,
        "the provider refuses this source address",
    ),
    Row::new(
        "IpNotInWhitelist",
        ProviderRejected,
        "the provider refuses this source address",
    ),
    // State and account.
    Row::state(
        "FailedOperation",
        "the provider could not carry out the operation",
    ),
    Row::new(
        "FailedOperation.InstanceNotReady",
        ProviderRejected,
        "the instance is not ready; wait until it is running",
    ),
    Row::state(
        "OperationDenied",
        "the provider denies the operation in this state",
    ),
    Row::state("ResourceInUse", "the resource is in use"),
    Row::new(
        "ResourceInsufficient",
        ProviderRejected,
        "the provider lacks resources for this",
    ),
    Row::new(
        "LimitExceeded",
        ProviderRejected,
        "a quota of the account is used up",
    ),
    Row::new(
        "DryRunOperation",
        ProviderRejected,
        "the provider took the call for a dry run",
    ),
    // Parameters.
    Row::parameters("InvalidParameter"),
    Row::new(
        "InvalidParameter.InstanceTypeNotMatch",
        ProviderRejected,
        "the instance is of a type without device certificates",
    ),
    Row::parameters("InvalidParameterValue"),
    Row::parameters("MissingParameter"),
    Row::parameters("UnknownParameter"),
    Row::parameters("InvalidRequest"),
    Row::parameters("RequestSizeLimitExceeded"),
    Row::new(
        "ResponseSizeLimitExceeded",
        ProviderRejected,
        "the answer is too large for the provider",
    ),
    // Address of the call: host, action, version, region.
    Row::new(
        "UnsupportedRegion",
        ProviderRejected,
        "the provider does not serve this region; check region",
    ),
    Row::new(
        "InvalidAction",
        ProviderRejected,
        "this host does not know the action; the international host has only describe",
    ),
    Row::new(
        "ActionOffline",
        ProviderRejected,
        "the provider has withdrawn the action",
    ),
    Row::new(
        "NoSuchVersion",
        ProviderRejected,
        "this host does not know the API version; check TENCENT_MQTT_ENDPOINT",
    ),
    Row::new(
        "NoSuchProduct",
        ProviderRejected,
        "this host does not know the product; check TENCENT_MQTT_ENDPOINT",
    ),
    Row::new(
        "UnsupportedOperation",
        ProviderRejected,
        "the provider does not support the operation here",
    ),
    Row::new(
        "UnsupportedProtocol",
        ProviderRejected,
        "the provider does not take this HTTP method",
    ),
];

#[cfg(test)]
mod tests;
