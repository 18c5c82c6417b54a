//! Refusals and faults of an STS, and their errors.

use crate::testing::network::url;
use serde_json::Value;

use super::*;

fn alibaba_refusal(code: &str) -> Answer {
    answer(
        401,
        json!({ "Code": code, "Message": "token-canary jwt-canary", "RequestId": "id-1" })
            .to_string(),
    )
}

fn tencent_refusal(code: &str) -> Answer {
    ok(
        &json!({ "Response": { "Error": { "Code": code, "Message": "token-canary jwt-canary" }, "RequestId": "id-1" } }),
    )
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_remedy_and_repeats_no_secret() {
    type Refuse = fn(&str) -> Answer;
    let (alibaba, tencent): (Refuse, Refuse) = (alibaba_refusal, tencent_refusal);
    for (provider, refuse, code, means, words) in [
        (
            ProviderName::AlibabaMqtt,
            alibaba,
            "AuthenticationFail.OIDCToken.AudienceNotMatch",
            ErrorCode::ProviderRejected,
            "_OIDC_AUDIENCE",
        ),
        (
            ProviderName::AlibabaMqtt,
            alibaba,
            "AuthenticationFail.NoPermission",
            ErrorCode::ProviderRejected,
            "oidc:sub",
        ),
        (
            ProviderName::AlibabaMqtt,
            alibaba,
            "AuthenticationFail.OIDCToken.InvalidSignature",
            ErrorCode::ProviderRejected,
            "issuer",
        ),
        (
            ProviderName::AlibabaMqtt,
            alibaba,
            "EntityNotExist.Role",
            ErrorCode::ProviderRejected,
            "ALIBABA_CLOUD_ROLE_ARN",
        ),
        (
            ProviderName::AlibabaMqtt,
            alibaba,
            "NoPermission",
            ErrorCode::ProviderRejected,
            "sts:AssumeRole",
        ),
        (
            ProviderName::AlibabaMqtt,
            alibaba,
            "InvalidParameter.RoleArn",
            ErrorCode::ProviderRejected,
            "parameter",
        ),
        (
            ProviderName::AlibabaMqtt,
            alibaba,
            "MissingParameter",
            ErrorCode::ProviderRejected,
            "parameters",
        ),
        (
            ProviderName::AlibabaMqtt,
            alibaba,
            "Throttling.User",
            ErrorCode::Throttled,
            "rate",
        ),
        (
            ProviderName::AlibabaMqtt,
            alibaba,
            "Odd.head.jwt-canary.tail",
            ErrorCode::ProviderRejected,
            "does not know",
        ),
        (
            ProviderName::TencentMqtt,
            tencent,
            "InvalidParameter.WebIdentityTokenError",
            ErrorCode::ProviderRejected,
            "_OIDC_AUDIENCE",
        ),
        (
            ProviderName::TencentMqtt,
            tencent,
            "UnauthorizedOperation",
            ErrorCode::ProviderRejected,
            "trust",
        ),
        (
            ProviderName::TencentMqtt,
            tencent,
            "ResourceNotFound.RoleNotFound",
            ErrorCode::ProviderRejected,
            "TENCENTCLOUD_ROLE_ARN",
        ),
        (
            ProviderName::TencentMqtt,
            tencent,
            "InternalError.GetRoleError",
            ErrorCode::ProviderRejected,
            "TENCENTCLOUD_ROLE_ARN",
        ),
        (
            ProviderName::TencentMqtt,
            tencent,
            "InternalError.DbError",
            ErrorCode::ProviderUnavailable,
            "internal",
        ),
        (
            ProviderName::TencentMqtt,
            tencent,
            "RequestLimitExceeded",
            ErrorCode::Throttled,
            "rate",
        ),
    ] {
        let network = Network::new(move |request| {
            if url(request).contains("amazonaws") {
                aws_token()
            } else {
                refuse(code)
            }
        });
        for variables in [with_key(provider), keyless(provider)] {
            let error = fetch(&network, provider, &variables).await.err().unwrap();
            assert_eq!(error.code, means, "{code}: {error}");
            assert!(
                error.detail.contains("the STS of ") && error.detail.contains(words),
                "{code}: {error}"
            );
            assert!(
                error.concerns != Concerns::Parameters
                    && error.concerns != Concerns::CertificateState,
                "{code}"
            );
            let shown = serde_json::to_value(&error).unwrap();
            assert_eq!(shown["provider_error"]["request_id"], "id-1");
            assert_eq!(shown["provider_error"]["message"], Value::Null);
            if variables.len() > 1 {
                assert!(!shown.to_string().contains("canary"), "{shown}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_key_concerns_the_key() {
    for (provider, refusal, concerns_key) in [
        (
            ProviderName::AlibabaMqtt,
            alibaba_refusal("InvalidAccessKeyId.Inactive"),
            true,
        ),
        (
            ProviderName::AlibabaMqtt,
            alibaba_refusal("NoPermission"),
            false,
        ),
        (
            ProviderName::TencentMqtt,
            tencent_refusal("AuthFailure.SecretIdNotFound"),
            true,
        ),
        (
            ProviderName::TencentMqtt,
            tencent_refusal("AuthFailure.SignatureExpire"),
            false,
        ),
    ] {
        let network = Network::queue([refusal]);
        let error = fetch(&network, provider, &with_key(provider))
            .await
            .err()
            .unwrap();
        assert_eq!(error.concerns == Concerns::Key, concerns_key, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn aws_may_refuse_the_functions_identity() {
    for (status, body, means, words) in [
        (
            403,
            "<Code>OutboundWebIdentityFederationDisabledException</Code>",
            ErrorCode::ProviderRejected,
            "EnableOutboundWebIdentity",
        ),
        (
            403,
            "<Code>AccessDenied</Code><Message>aws-key aws-token</Message>",
            ErrorCode::ProviderRejected,
            "AccessDenied",
        ),
        (
            403,
            "<Code>SessionDurationEscalationException</Code>",
            ErrorCode::ProviderUnavailable,
            "try again",
        ),
        (
            403,
            "<Code>ExpiredToken</Code>",
            ErrorCode::ProviderRejected,
            "role",
        ),
        (
            403,
            "<Code>Odd aws-token</Code>",
            ErrorCode::ProviderRejected,
            "does not know",
        ),
        (400, "<Code>Throttling</Code>", ErrorCode::Throttled, "rate"),
        (503, "<html>", ErrorCode::ProviderUnavailable, "HTTP 503"),
        (
            200,
            "<WebIdentityToken></WebIdentityToken>",
            ErrorCode::ProviderInvalidResponse,
            "neither",
        ),
        (
            200,
            "<WebIdentityToken>a&amp;b</WebIdentityToken>",
            ErrorCode::ProviderInvalidResponse,
            "neither",
        ),
    ] {
        let network = Network::new(move |_| answer(status, body));
        let error = fetch(
            &network,
            ProviderName::AlibabaMqtt,
            &keyless(ProviderName::AlibabaMqtt),
        )
        .await
        .err()
        .unwrap();
        assert_eq!(
            (error.code, &error.provider_error),
            (means, &None),
            "{error}"
        );
        assert!(
            error.detail.contains("the STS of AWS gave no token") && error.detail.contains(words),
            "{error}"
        );
        assert!(
            !error.detail.contains("aws-token") && error.concerns != Concerns::Key,
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_key_is_an_error() {
    let tencent = |response: Value| {
        (
            ProviderName::TencentMqtt,
            ok(&json!({ "Response": response })),
        )
    };
    let alibaba = |key: Value| {
        (
            ProviderName::AlibabaMqtt,
            ok(&json!({ "Credentials": key })),
        )
    };
    for (provider, given) in [
        tencent(json!({ "RequestId": "1" })),
        tencent(
            json!({ "ExpiredTime": 1, "Credentials": { "Token": "", "TmpSecretId": "a", "TmpSecretKey": "b" } }),
        ),
        tencent(
            json!({ "ExpiredTime": i64::MAX, "Credentials": { "Token": "t", "TmpSecretId": "a", "TmpSecretKey": "b" } }),
        ),
        tencent(json!({ "ExpiredTime": 1, "Credentials": ["t", "a", "b"] })),
        (ProviderName::TencentMqtt, answer(200, "<html>")),
        alibaba(
            json!({ "AccessKeyId": "a", "AccessKeySecret": "b\r\n", "SecurityToken": "c", "Expiration": "2025-11-22T09:26:40Z" }),
        ),
        alibaba(
            json!({ "AccessKeyId": "a", "AccessKeySecret": "b", "SecurityToken": "c", "Expiration": "soon" }),
        ),
        alibaba(json!(null)),
        (ProviderName::AlibabaMqtt, answer(200, "")),
    ] {
        let network = Network::new(move |_| given.clone());
        let error = fetch(&network, provider, &with_key(provider))
            .await
            .err()
            .unwrap();
        assert_eq!(error.code, ErrorCode::ProviderInvalidResponse, "{error}");
    }
}
