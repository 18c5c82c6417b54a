//! Every type of the service model and those that come before the service.

use super::*;
use crate::model::ProviderName;
use crate::vendor::codes::tests::{CREDENTIALS, PARAMETERS, Verdict, assert_meaning, means};

fn assert_each(codes: &[&str], expected: &Verdict) {
    for code in codes {
        assert_meaning(ProviderName::AwsIot, &[CODES], code, expected);
    }
}

#[test]
fn load_and_server_faults_pass_whatever_the_status() {
    assert_each(
        &[
            "ThrottlingException",
            "Throttling",
            "TooManyRequestsException",
        ],
        &means(Throttled),
    );
    assert_each(
        &[
            "InternalFailureException",
            "InternalFailure",
            "ServiceUnavailableException",
            "ServiceUnavailable",
        ],
        &means(ProviderUnavailable),
    );
}

#[test]
fn an_unknown_certificate_is_not_found() {
    assert_each(&["ResourceNotFoundException"], &means(NotFound));
}

#[test]
fn a_fault_that_somebody_must_correct_is_not_retried() {
    assert_each(
        &[
            "CertificateStateException",
            "AccessDeniedException",
            "AccessDenied",
            "ForbiddenException",
            "UnauthorizedException",
        ],
        &means(ProviderRejected),
    );
}

#[test]
fn messages_about_credentials_and_signatures_stay_here() {
    assert_each(
        &[
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "OptInRequired",
            "RequestExpired",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ],
        &CREDENTIALS,
    );
}

#[test]
fn refused_parameters_concern_the_parameters() {
    assert_each(
        &["InvalidRequestException", "ValidationException"],
        &PARAMETERS,
    );
}
