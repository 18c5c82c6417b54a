//! Every code of the product and every common one.

use super::*;
use crate::model::ProviderName;
use crate::provider::codes::tests::{CREDENTIALS, PARAMETERS, Verdict, assert_meaning, means};

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
    assert_each(&["InternalError", "InternalError.Db", "ResourceUnavailable", "ServiceUnavailable"], &means(ProviderUnavailable));
}

#[test]
fn what_the_provider_does_not_know_is_not_found() {
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
fn what_somebody_must_change_first_is_refused_for_good() {
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
