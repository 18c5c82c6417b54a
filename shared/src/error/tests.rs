//! The contract's table of codes, and the parts of a vendor's answer that may be shown.

use super::provider_error::LONGEST_VENDOR_TEXT;
use super::*;
use crate::model::{ProviderName, RequestId};
use serde_json::json;

#[test]
fn every_code_is_as_the_contract_says() {
    for ((code, name, status, retryable, needs_redelivery), listed) in [
        (
            ErrorCode::InvalidRequest,
            "invalid_request",
            400,
            false,
            true,
        ),
        (
            ErrorCode::Unauthenticated,
            "unauthenticated",
            401,
            false,
            false,
        ),
        (ErrorCode::Forbidden, "forbidden", 403, false, false),
        (ErrorCode::NotFound, "not_found", 404, false, false),
        (
            ErrorCode::MethodNotAllowed,
            "method_not_allowed",
            405,
            false,
            false,
        ),
        (
            ErrorCode::PayloadTooLarge,
            "payload_too_large",
            413,
            false,
            true,
        ),
        (ErrorCode::RequestInProgress, "conflict", 409, true, false),
        (ErrorCode::Conflict, "conflict", 409, false, false),
        (
            ErrorCode::SelectionTooLarge,
            "selection_too_large",
            422,
            false,
            false,
        ),
        (
            ErrorCode::IdempotencyMismatch,
            "idempotency_mismatch",
            422,
            false,
            false,
        ),
        (ErrorCode::Unsupported, "unsupported", 422, false, true),
        (ErrorCode::Throttled, "throttled", 429, true, true),
        (ErrorCode::Internal, "internal", 500, false, true),
        (
            ErrorCode::ProviderRejected,
            "provider_rejected",
            502,
            false,
            true,
        ),
        (
            ErrorCode::ProviderInvalidResponse,
            "provider_invalid_response",
            502,
            true,
            true,
        ),
        (
            ErrorCode::ProviderUnavailable,
            "provider_unavailable",
            503,
            true,
            true,
        ),
        (ErrorCode::Timeout, "timeout", 504, true, true),
    ]
    .into_iter()
    .zip(ErrorCode::ALL)
    {
        assert_eq!(code, listed);
        assert_eq!(
            (code.as_str(), code.http_status(), code.retryable()),
            (name, status, retryable)
        );
        assert_eq!(
            Error::new(code, "").needs_redelivery(),
            needs_redelivery,
            "{name}"
        );
    }
    for (concerns, is_of_one_certificate) in [
        (Concerns::Other, false),
        (Concerns::Credentials, false),
        (Concerns::Key, false),
        (Concerns::Parameters, true),
        (Concerns::CertificateState, true),
    ] {
        let rejected = Error::new(ErrorCode::ProviderRejected, "").about(concerns);
        assert_eq!(
            (rejected.needs_redelivery(), rejected.ends_the_request()),
            (!is_of_one_certificate, !is_of_one_certificate),
            "{concerns:?}"
        );
    }
}

#[test]
fn an_error_is_a_problem_document() {
    let provider_error = ProviderError::new(
        ProviderName::TencentMqtt,
        "RequestLimitExceeded",
        Some("Too many."),
        RequestId::read("id-1"),
    );
    let error =
        Error::new(ErrorCode::Throttled, "try again later").with_provider_error(provider_error);
    let expected = json!({
        "type": "about:blank", "title": "Throttled", "status": 429, "code": "throttled", "retryable": true,
        "detail": "try again later", "field": null,
        "provider_error": {
            "provider": "tencent-mqtt", "code": "RequestLimitExceeded", "message": "Too many.", "request_id": "id-1"
        }
    });
    assert_eq!(serde_json::to_value(&error).unwrap(), expected);
    assert_eq!(
        serde_json::to_value(Error::invalid("limit", "too much")).unwrap()["provider_error"],
        json!(null)
    );
}

#[test]
fn an_echo_of_a_signature_is_dropped_and_a_long_text_is_cut() {
    for echo in [
        "Specified signature does not match our calculation. server string to sign is:ACS3-HMAC-SHA256 0a1b",
        "server StringToSign is : POST",
        "x-acs-security-token:abc",
        "Authorization header",
        "AccessKeyId=LTAI",
        "Signature: 06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0 is wrong",
    ] {
        assert_eq!(
            ProviderError::new(ProviderName::AlibabaMqtt, "Odd", Some(echo), None).message,
            None,
            "{echo}"
        );
    }
    let nested = ProviderError::new(
        ProviderName::AlibabaMqtt,
        "Odd",
        Some("of top-LTAI-secret"),
        None,
    );
    assert_eq!(
        nested
            .without(&["LTAI", "top-LTAI-secret"])
            .message
            .as_deref(),
        Some("of ***")
    );
    let long = ProviderError::new(
        ProviderName::AlibabaMqtt,
        "Odd",
        Some(&"é\n".repeat(600)),
        None,
    )
    .without(&[])
    .message
    .unwrap();
    assert_eq!(long.chars().count(), LONGEST_VENDOR_TEXT);
    assert!(!long.contains('\n'));
}

#[test]
fn an_error_keeps_its_cause_and_says_the_innermost_one() {
    #[derive(Debug)]
    struct Outer(std::io::Error);
    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("outer")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let cause = Outer(std::io::Error::other("refused"));
    let error = Error::new(ErrorCode::Internal, "no connection").caused_by(Arc::new(cause));
    assert_eq!(error.detail, "no connection: refused");
    let outer = std::error::Error::source(&error).unwrap();
    assert_eq!(outer.to_string(), "outer");
    assert_eq!(outer.source().unwrap().to_string(), "refused");
}
