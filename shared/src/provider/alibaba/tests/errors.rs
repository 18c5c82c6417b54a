//! Errors in every form.

use super::*;

#[tokio::test(start_paused = true)]
async fn recorded_errors_mean_what_the_table_says() {
    for (case, code, expected) in [
        (
            "access-key-inactive",
            "InvalidAccessKeyId.Inactive",
            ErrorCode::ProviderRejected,
        ),
        (
            "access-key-not-found",
            "InvalidAccessKeyId.NotFound",
            ErrorCode::ProviderRejected,
        ),
        (
            "action-not-found",
            "InvalidAction.NotFound",
            ErrorCode::ProviderRejected,
        ),
        ("internal", "InternalError", ErrorCode::ProviderUnavailable),
        (
            "lower-case-keys",
            "InvalidParameter",
            ErrorCode::ProviderRejected,
        ),
        (
            "missing-parameter",
            "MissingParameter",
            ErrorCode::ProviderRejected,
        ),
        ("ram", "NoPermission", ErrorCode::ProviderRejected),
        ("throttling-user", "Throttling.User", ErrorCode::Throttled),
        (
            "timestamp-expired",
            "InvalidTimeStamp.Expired",
            ErrorCode::ProviderRejected,
        ),
        (
            "token-expired",
            "InvalidSecurityToken.Expired",
            ErrorCode::ProviderRejected,
        ),
        (
            "unavailable",
            "ServiceUnavailable",
            ErrorCode::ProviderUnavailable,
        ),
        ("xml", "Throttling.User", ErrorCode::Throttled),
    ] {
        let error = refused(move || recorded(&format!("alibaba-common/Any.error-{case}"))).await;
        let provider_error = error.provider_error.unwrap();
        assert_eq!(
            (error.code, provider_error.code.as_str()),
            (expected, code),
            "{case}"
        );
        assert_eq!(
            provider_error.request_id.as_deref(),
            Some("07AB2E7F-1EF8-4D08-A423-D58E3A260001"),
            "{case}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_about_a_signature_stays_here_in_every_form() {
    let text = "Specified signature is not matched. We computed canary-4711";
    for (form, body) in [
        (
            "JSON",
            json!({"Code": "SignatureDoesNotMatch", "Message": text, "RequestId": "id-1"})
                .to_string(),
        ),
        (
            "lower case",
            json!({"code": "SignatureDoesNotMatch", "message": text, "requestId": "id-1"})
                .to_string(),
        ),
        (
            "XML",
            format!(
                "<Error><RequestId>id-1</RequestId><Code>SignatureDoesNotMatch</Code><Message>{text}</Message></Error>"
            ),
        ),
        (
            "its sub-code",
            json!({"Code": "SignatureDoesNotMatch.V3", "Message": text, "RequestId": "id-1"})
                .to_string(),
        ),
    ] {
        for status in [400, 403, 500] {
            let body = body.clone();
            let json = serde_json::to_string(&refused(move || answer(status, body.clone())).await)
                .unwrap();
            assert!(
                json.contains("SignatureDoesNotMatch") && json.contains("id-1"),
                "{form}: {json}"
            );
            assert!(!json.contains("canary"), "{form}: {json}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_decides_even_with_a_good_status() {
    let error = refused(|| {
        ok(&json!({"Code": "Throttling.Api", "Message": "slow down", "RequestId": "id-1"}))
    })
    .await;
    assert_eq!(error.code, ErrorCode::Throttled);
    assert_eq!(
        error.provider_error.unwrap().message.as_deref(),
        Some("slow down")
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_needs_no_more_than_a_code() {
    for body in [
        r#"{"Code": "InvalidParameter"}"#,
        "\n <?xml version='1.0'?>\n<Error>\n <Code>InvalidParameter</Code></Error>",
    ] {
        let error = refused(move || answer(400, body)).await;
        assert_eq!(
            (error.code, error.concerns == Concerns::Parameters),
            (ErrorCode::ProviderRejected, true),
            "{body}"
        );
        let provider_error = error.provider_error.unwrap();
        assert_eq!(
            (provider_error.message, provider_error.request_id),
            (None, None)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_undocumented_body_is_not_an_answer() {
    for (status, body, expected) in [
        (200, "", ErrorCode::ProviderInvalidResponse),
        (200, "<html></html>", ErrorCode::ProviderInvalidResponse),
        (200, "{\"RequestId\": ", ErrorCode::ProviderInvalidResponse),
        (204, "{}", ErrorCode::ProviderInvalidResponse),
        (302, "", ErrorCode::ProviderInvalidResponse),
        (400, "{}", ErrorCode::ProviderInvalidResponse),
        (
            404,
            "<Error><Message>no code</Message></Error>",
            ErrorCode::ProviderInvalidResponse,
        ),
        (400, "{\"Code\": 17}", ErrorCode::ProviderInvalidResponse),
        (
            414,
            "<html>URI Too Long</html>",
            ErrorCode::ProviderRejected,
        ),
        (429, "", ErrorCode::Throttled),
        (
            502,
            "<html>Bad Gateway</html>",
            ErrorCode::ProviderUnavailable,
        ),
        (
            502,
            "<html><Code>Throttling</Code></html>",
            ErrorCode::ProviderUnavailable,
        ),
        (
            502,
            "it said <Error><Code>Throttling</Code></Error>",
            ErrorCode::ProviderUnavailable,
        ),
        (500, "{}", ErrorCode::ProviderUnavailable),
    ] {
        let error = refused(move || answer(status, body)).await;
        assert_eq!(
            (error.code, error.provider_error),
            (expected, None),
            "HTTP {status} {body}"
        );
    }
    assert_eq!(
        refused(|| answer(400, b"\xff<Error><Code>A</Code></Error>".to_vec()))
            .await
            .code,
        ErrorCode::ProviderInvalidResponse
    );
}

#[tokio::test(start_paused = true)]
async fn names_may_come_in_both_cases_at_once() {
    let body =
        r#"{"Code": "Throttling", "code": "Throttling", "RequestId": "a", "requestId": "a"}"#;
    assert_eq!(
        refused(move || answer(400, body)).await.code,
        ErrorCode::Throttled
    );
    let body = r#"{"Code": "InvalidAccessKeyId.NotFound", "code": 404, "Message": "x", "message": {"a": 1}}"#;
    assert_eq!(
        refused(move || answer(400, body)).await.code,
        ErrorCode::ProviderRejected
    );
}

#[tokio::test(start_paused = true)]
async fn an_unusual_message_does_not_hide_the_code() {
    let body = r#"{"Code": "Throttling", "Message": {"a": 1}, "RequestId": 17}"#;
    assert_eq!(
        refused(move || answer(400, body)).await.code,
        ErrorCode::Throttled
    );
}

#[tokio::test(start_paused = true)]
async fn a_code_that_cannot_be_read_is_no_success() {
    for code in [
        r#""Code": 17"#,
        r#""Code": 200"#,
        r#""Code": "OK""#,
        r#""Code": """#,
        r#""Code": "\ud83d""#,
        r#""Code": "Throttling", "Code": "InternalError""#,
        r#""Code": "Throttling", "Code": null"#,
        r#""Code": ["Throttling"]"#,
        r#""Code": 1e400"#,
        r#""code": {"a": []}"#,
        r#""code": "A", "code": "B""#,
        r#""C\u006fde": false"#,
        "\"Code\": \"Thr\u{fffd}ttling\"",
    ] {
        for (status, expected) in [
            (200, ErrorCode::ProviderInvalidResponse),
            (500, ErrorCode::ProviderUnavailable),
        ] {
            let body = format!(r#"{{"RequestId": "id-1", {code}, "DeviceSn": "0a"}}"#);
            assert_eq!(
                refused(move || answer(status, body.clone())).await.code,
                expected,
                "HTTP {status} {code}"
            );
        }
    }
    let damaged = b"{\"RequestId\": \"id-1\", \"Code\": \"Thr\xffttling\"}".to_vec();
    assert_eq!(
        refused(move || answer(200, damaged.clone())).await.code,
        ErrorCode::ProviderInvalidResponse
    );
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_null_is_none_and_damaged_bytes_cost_only_their_text() {
    for body in [
        br#"{"RequestId": "id-1", "Code": null}"#.to_vec(),
        br#"{"RequestId": "id-1", "RequestId": "id-1", "Odd": "\ud83d"}"#.to_vec(),
        b"{\"RequestId\": \"id-1\", \"Message\": \"\xff\"}".to_vec(),
    ] {
        let network = Network::queue([answer(200, body)]);
        assert_eq!(read(&network).await.unwrap().as_deref(), Some("id-1"));
    }
    let damaged = b"{\"Code\": \"Throttling\", \"Message\": \"\xff\"}".to_vec();
    let error = refused(move || answer(400, damaged.clone())).await;
    assert_eq!(error.code, ErrorCode::Throttled);
    assert_eq!(error.provider_error.unwrap().message, None);
}
