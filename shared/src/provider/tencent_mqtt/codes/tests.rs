//! Every code of the product and every common one.

use super::*;
use crate::error::Concerns;
use crate::model::ProviderName;
use crate::vendor::codes::tests::{CREDENTIALS, PARAMETERS, Verdict, assert_meaning, means};
use crate::vendor::codes::{Refusal, explain};

fn assert_each(codes: &[&str], expected: &Verdict) {
    for code in codes {
        assert_meaning(ProviderName::TencentMqtt, &[CODES], code, expected);
    }
}

#[test]
fn load_and_server_faults_pass() {
    assert_each(
        &[
            "RequestLimitExceeded",
            "RequestLimitExceeded.UinLimitExceeded",
            "RequestLimitExceeded.GlobalRegionUinLimitExceeded",
            "RequestLimitExceeded.IPLimitExceeded",
        ],
        &means(Throttled),
    );
    assert_each(
        &[
            "InternalError",
            "InternalError.Db",
            "ResourceUnavailable",
            "ServiceUnavailable",
        ],
        &means(ProviderUnavailable),
    );
}

#[test]
fn an_unknown_certificate_is_not_found() {
    assert_each(
        &[
            "ResourceNotFound",
            "ResourceNotFound.AuthorizationPolicy",
            "ResourceNotFound.Ca",
            "ResourceNotFound.Certificate",
            "ResourceNotFound.Instance",
            "ResourceNotFound.Message",
            "ResourceNotFound.NoAuthenticator",
            "ResourceNotFound.Role",
            "ResourceNotFound.Topic",
            "ResourceNotFound.Username",
        ],
        &means(NotFound),
    );
}

#[test]
fn messages_about_credentials_stay_here() {
    assert_each(
        &[
            "AuthFailure",
            "AuthFailure.InvalidAuthorization",
            "AuthFailure.InvalidSecretId",
            "AuthFailure.MFAFailure",
            "AuthFailure.SecretIdNotFound",
            "AuthFailure.SignatureExpire",
            "AuthFailure.SignatureFailure",
            "AuthFailure.TokenFailure",
            "AuthFailure.NewKindOfFailure",
        ],
        &CREDENTIALS,
    );
}

#[test]
fn a_fault_that_somebody_must_correct_is_not_retried() {
    assert_each(
        &[
            "ActionOffline",
            "AuthFailure.UnauthorizedOperation",
            "DryRunOperation",
            "FailedOperation",
            "FailedOperation.CallTrade",
            "FailedOperation.CertificateVerificationFailed",
            "FailedOperation.DeleteProtect",
            "FailedOperation.DuplicateAuthorizationIdOrPriority",
            "FailedOperation.DuplicatePolicy",
            "FailedOperation.DuplicatePriority",
            "FailedOperation.InstanceNotReady",
            "FailedOperation.InstanceRegistrationCodeEmpty",
            "FailedOperation.NotSupportDisableAuthorizationPolicy",
            "FailedOperation.PublicKeyVerifyFailed",
            "FailedOperation.RegistrationCodeVerifyFailed",
            "FailedOperation.RelatedDeviceCertificateExists",
            "InvalidAction",
            "InvalidParameter.InstanceTypeNotMatch",
            "IpInBlacklist",
            "IpNotInWhitelist",
            "LimitExceeded",
            "LimitExceeded.TopicNum",
            "NoSuchProduct",
            "NoSuchVersion",
            "OperationDenied",
            "ResourceInUse",
            "ResourceInsufficient",
            "ResponseSizeLimitExceeded",
            "UnauthorizedOperation",
            "UnsupportedOperation",
            "UnsupportedOperation.ResourceAlreadyExists",
            "UnsupportedProtocol",
            "UnsupportedRegion",
        ],
        &means(ProviderRejected),
    );
}

#[test]
fn refused_parameters_concern_the_parameters() {
    assert_each(
        &[
            "InvalidParameter",
            "InvalidParameterValue",
            "InvalidParameterValue.PublicNetworkInvalidParameterValue",
            "InvalidRequest",
            "MissingParameter",
            "RequestSizeLimitExceeded",
            "UnknownParameter",
        ],
        &PARAMETERS,
    );
}

#[test]
fn only_a_key_that_is_good_no_more_makes_another_one_worth_a_try() {
    for (code, concerns_key) in [
        ("AuthFailure.InvalidSecretId", true),
        ("AuthFailure.SecretIdNotFound", true),
        ("AuthFailure.SignatureFailure", true),
        ("AuthFailure.TokenFailure", true),
        ("AuthFailure.SignatureExpire", false),
        ("AuthFailure.MFAFailure", false),
        ("AuthFailure.UnauthorizedOperation", false),
        ("UnauthorizedOperation", false),
        ("RequestLimitExceeded", false),
        ("InternalError", false),
        ("InvalidParameter", false),
    ] {
        let refusal = Refusal {
            provider: ProviderName::TencentMqtt,
            code,
            message: None,
            request_id: None,
            status: 400,
        };
        assert_eq!(
            explain(&refusal, &[CODES]).concerns == Concerns::Key,
            concerns_key,
            "{code}"
        );
    }
}
