//! Every code of the gateway.

use super::*;
use crate::error::Concerns;
use crate::model::ProviderName;
use crate::vendor::codes::tests::{CREDENTIALS, PARAMETERS, Verdict, assert_meaning, means};
use crate::vendor::codes::{Refusal, explain};

fn assert_each(codes: &[&str], expected: &Verdict) {
    for code in codes {
        assert_meaning(ProviderName::AlibabaPca, &[CODES], code, expected);
    }
}

#[test]
fn load_replay_and_server_faults_pass() {
    assert_each(
        &[
            "Throttling",
            "Throttling.User",
            "Throttling.Api",
            "Throttling.New",
        ],
        &means(Throttled),
    );
    assert_each(
        &["InternalError", "ServiceUnavailable", "SignatureNonceUsed"],
        &means(ProviderUnavailable),
    );
}

#[test]
fn messages_about_credentials_and_signatures_stay_here() {
    assert_each(
        &[
            "Forbidden.AccessKeyDisabled",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidAccessKeyId.Inactive",
            "InvalidAccessKeyId.NotFound",
            "InvalidSecurityToken",
            "InvalidSecurityToken.Expired",
            "InvalidSecurityToken.Malformed",
            "InvalidSecurityToken.MismatchWithAccessKey",
            "InvalidSignatureMethod",
            "InvalidTimeStamp.Expired",
            "InvalidTimeStamp.Format",
            "MissingSecurityToken",
            "SignatureDoesNotMatch",
        ],
        &CREDENTIALS,
    );
}

#[test]
fn a_fault_that_somebody_must_repair_is_not_retryable() {
    assert_each(
        &[
            "Forbidden",
            "Forbidden.RAM",
            "Forbidden.RiskControl",
            "Forbidden.UserVerification",
            "InvalidAction.NotFound",
            "InvalidApi.NotFound",
            "InvalidProduct.NotFound",
            "InvalidProtocol.NeedSsl",
            "InvalidRegion.NotFound",
            "NoPermission",
            "NoSuchVersion",
            "UnsupportedHTTPMethod",
            "UnsupportedOperation",
        ],
        &means(ProviderRejected),
    );
}

#[test]
fn refused_parameters_concern_the_parameters() {
    assert_each(
        &[
            "InvalidParameter",
            "InvalidParameter.Accept",
            "InvalidParameter.Format",
            "MissingParameter",
        ],
        &PARAMETERS,
    );
}

#[test]
fn only_a_key_that_is_good_no_more_makes_another_one_worth_a_try() {
    for (code, concerns_key) in [
        ("InvalidAccessKeyId.NotFound", true),
        ("InvalidAccessKeyId.Inactive", true),
        ("Forbidden.AccessKeyDisabled", true),
        ("SignatureDoesNotMatch", true),
        ("InvalidSecurityToken.Expired", true),
        ("InvalidSecurityToken.MismatchWithAccessKey", true),
        ("MissingSecurityToken", true),
        ("Forbidden.RAM", false),
        ("NoPermission", false),
        ("InvalidTimeStamp.Expired", false),
        ("IncompleteSignature", false),
        ("Throttling.User", false),
        ("InternalError", false),
        ("InvalidParameter", false),
    ] {
        let refusal = Refusal {
            provider: ProviderName::AlibabaPca,
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
