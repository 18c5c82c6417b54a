//! The error codes of Alibaba Cloud's API gateway, common to all products (pages "Error codes" and
//! "Client error codes"). The HTTP status of one code differs between products, so it plays no
//! part.

use crate::error::ErrorCode::{ProviderRejected, ProviderUnavailable, Throttled};
use crate::vendor::codes::Row;

const KEY: &str = "the provider refused the AccessKey; check ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or \
     the secret that holds them";
const TOKEN: &str = "the provider refused the security token; it is wrong or has expired";
const PERMISSION: &str = "the credentials lack the permission for this action; grant it in RAM";
const ENDPOINT: &str =
    "this host does not know the action or its version; check region and the endpoint variable";
const SIGNATURE: &str = "the provider refused the signature's form; this is a bug in this function";

pub(crate) const CODES: &[Row] = &[
    // Load: repeating later helps.
    Row::new(
        "Throttling",
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
        "ServiceUnavailable",
        ProviderUnavailable,
        "the service is unavailable at the moment; try again",
    ),
    // The provider has seen this nonce. It was random, so the network has repeated the request:
    // sign anew.
    Row::new(
        "SignatureNonceUsed",
        ProviderUnavailable,
        "the provider has received this request twice; try again",
    ),
    // Keys that are not valid any more.
    Row::key("InvalidAccessKeyId", KEY),
    Row::key(
        "Forbidden.AccessKeyDisabled",
        "the AccessKey is disabled; enable it or use another one",
    ),
    Row::key("SignatureDoesNotMatch", KEY),
    Row::key("MissingSecurityToken", TOKEN),
    Row::key("InvalidSecurityToken", TOKEN),
    // The clocks differ by more than 15 minutes.
    Row::credentials(
        "InvalidTimeStamp.Expired",
        "the provider found the request too old; the clocks differ by more than 15 minutes",
    ),
    // Bugs of the signer.
    Row::credentials("IncompleteSignature", SIGNATURE),
    Row::credentials("InvalidSignatureMethod", SIGNATURE),
    Row::credentials("InvalidTimeStamp", SIGNATURE),
    // Permission and account.
    Row::new("NoPermission", ProviderRejected, PERMISSION),
    Row::new("Forbidden", ProviderRejected, PERMISSION),
    Row::new(
        "Forbidden.RiskControl",
        ProviderRejected,
        "the provider's risk control refuses the account",
    ),
    Row::new(
        "Forbidden.UserVerification",
        ProviderRejected,
        "the account needs verification",
    ),
    // Parameters.
    Row::parameters("MissingParameter"),
    Row::parameters("InvalidParameter"),
    Row::new(
        "UnsupportedOperation",
        ProviderRejected,
        "the provider does not support the operation here",
    ),
    // Host, action and version of the call.
    Row::new("NoSuchVersion", ProviderRejected, ENDPOINT),
    Row::new("InvalidAction", ProviderRejected, ENDPOINT),
    Row::new("InvalidApi", ProviderRejected, ENDPOINT),
    Row::new("InvalidProduct", ProviderRejected, ENDPOINT),
    Row::new("InvalidRegion", ProviderRejected, ENDPOINT),
    Row::new(
        "InvalidProtocol",
        ProviderRejected,
        "the provider wants HTTPS; check the endpoint variable",
    ),
    Row::new("UnsupportedHTTPMethod", ProviderRejected, ENDPOINT),
];

#[cfg(test)]
mod tests;
