//! The error types of AWS IoT (service models 2015-05-28 of both planes) and those that come before
//! the service. Throttling comes with HTTP status 400 on the control plane and 429 on the data plane,
//! so the HTTP status does not decide.

use crate::error::ErrorCode::{NotFound, ProviderRejected, ProviderUnavailable, Throttled};
use crate::vendor::codes::Row;

/// No certificate has this id.
pub(super) const NOT_FOUND: &str = "ResourceNotFoundException";

const PERMISSION: &str = "the function's role lacks the permission for this action; allow iot:ListCertificates, iot:ListCertificatesByCA, \
     iot:DescribeCertificate and, to inactivate or to undo, iot:UpdateCertificate; by client ids, iot:ListThingPrincipals and \
     iot:ListPrincipalThings; to end sessions, iot:ListPrincipalThings, iot:GetConnection and iot:DeleteConnection";
const KEY: &str = "AWS refused the function's credentials; check its role, and that the region is enabled for the account";
const TOKEN: &str = "AWS refused the context token; it is wrong or has expired";
const CLOCK: &str = "AWS found the request too old; the clocks differ by more than 15 minutes";

pub(super) const CODES: &[Row] = &[
    // Load: repeating later helps.
    Row::new(
        "ThrottlingException",
        Throttled,
        "the provider's rate limit is reached; try again later",
    ),
    Row::new(
        "Throttling",
        Throttled,
        "the provider's rate limit is reached; try again later",
    ),
    Row::new(
        "TooManyRequestsException",
        Throttled,
        "the provider's rate limit is reached; try again later",
    ),
    // The provider's own faults.
    Row::new(
        "InternalFailureException",
        ProviderUnavailable,
        "the provider had an internal error; try again",
    ),
    Row::new(
        "InternalFailure",
        ProviderUnavailable,
        "the provider had an internal error; try again",
    ),
    Row::new(
        "ServiceUnavailableException",
        ProviderUnavailable,
        "the service is unavailable at the moment; try again",
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
        "the provider does not know this; check the region",
    ),
    // State.
    Row::state(
        "CertificateStateException",
        "the provider does not allow the change in the certificate's state",
    ),
    // Permission. The message names the action and is of use.
    Row::new("AccessDeniedException", ProviderRejected, PERMISSION),
    Row::new("AccessDenied", ProviderRejected, PERMISSION),
    Row::new("UnauthorizedException", ProviderRejected, PERMISSION),
    // Of the data plane.
    Row::new("ForbiddenException", ProviderRejected, PERMISSION),
    // Credentials and signature.
    Row::credentials("UnrecognizedClientException", KEY),
    Row::credentials("InvalidClientTokenId", KEY),
    Row::credentials("InvalidSignatureException", KEY),
    Row::credentials("SignatureDoesNotMatch", KEY),
    Row::credentials("IncompleteSignature", KEY),
    Row::credentials("IncompleteSignatureException", KEY),
    Row::credentials("MissingAuthenticationToken", KEY),
    Row::credentials("MissingAuthenticationTokenException", KEY),
    Row::credentials("OptInRequired", KEY),
    Row::credentials("ExpiredTokenException", TOKEN),
    Row::credentials("ExpiredToken", TOKEN),
    Row::credentials("RequestExpired", CLOCK),
    // Parameters.
    Row::parameters("InvalidRequestException"),
    Row::parameters("ValidationException"),
];

#[cfg(test)]
mod tests;
