//! Failures in every form, and answers that are none.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_failure_is_named_in_the_header_or_the_body_in_each_of_its_forms() {
    for status in [400, 401, 403, 404, 429, 500, 503] {
        for header in [
            "ThrottlingException",
            "ThrottlingException:",
            "ThrottlingException:http://internal.amazon.com/coral/",
        ] {
            let error = refused(move || failed(status, header)).await;
            let stated = error.provider_error.unwrap();
            assert_eq!(
                (error.code, stated.code.as_str()),
                (ErrorCode::Throttled, "ThrottlingException"),
                "{header}"
            );
            assert_eq!(
                (stated.message.as_deref(), stated.request_id.as_deref()),
                (Some("no"), Some("id-9"))
            );
        }
        for body in [
            json!({"__type": "ThrottlingException", "message": "no"}),
            json!({"__type": "com.amazonaws.iot#ThrottlingException", "Message": "no"}),
            json!({"__type": "com.amazonaws.iot#ThrottlingException:http://internal.amazon.com/coral/", "message": "no"}),
            json!({"code": "ThrottlingException", "message": "no"}),
            json!({"code": "com.amazonaws.iot#ThrottlingException:", "message": "no"}),
            json!({"__type": "ThrottlingException", "code": 17, "message": "no"}),
            json!({"__type": 17, "code": "ThrottlingException", "message": "no"}),
        ] {
            let shown = body.to_string();
            let error = refused(move || answer(status, body.to_string())).await;
            let stated = error.provider_error.unwrap();
            assert_eq!(
                (error.code, stated.code.as_str()),
                (ErrorCode::Throttled, "ThrottlingException"),
                "HTTP {status} {shown}"
            );
            assert_eq!(stated.message.as_deref(), Some("no"), "{shown}");
        }
    }
    let both = || {
        let body =
            json!({"__type": "InternalFailureException", "code": "InternalFailureException"});
        with_header(
            answer(400, body.to_string()),
            "x-amzn-errortype",
            "ThrottlingException",
        )
    };
    assert_eq!(
        refused(both).await.code,
        ErrorCode::Throttled,
        "the header comes first"
    );
    let empty = || {
        let body = json!({"__type": "ThrottlingException"});
        with_header(answer(400, body.to_string()), "x-amzn-errortype", "")
    };
    assert_eq!(
        refused(empty).await.code,
        ErrorCode::Throttled,
        "an empty header names nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_one_even_with_a_good_status_but_a_code_beside_a_result_is_none() {
    assert_eq!(
        refused(|| failed(200, "ThrottlingException")).await.code,
        ErrorCode::Throttled
    );
    assert_eq!(
        refused(|| ok(&json!({"__type": "InternalFailureException"})))
            .await
            .code,
        ErrorCode::ProviderUnavailable
    );
    // One that cannot be read is none of a success.
    for named in [r#""\ud83d""#, r#""A", "__type": "B""#, "7"] {
        let body = format!(
            r#"{{"__type": {named}, "certificateDescription": {{"certificateId": "{}", "status": "ACTIVE"}}}}"#,
            id(1)
        );
        let error = refused(move || answer(200, body.clone())).await;
        assert_eq!(error.code, ErrorCode::ProviderInvalidResponse, "{named}");
    }
    // Its message may be damaged.
    let cut = || {
        answer(
            400,
            r#"{"__type": "ThrottlingException", "message": "\ud83d"}"#,
        )
    };
    assert_eq!(refused(cut).await.code, ErrorCode::Throttled);
    let result = json!({"code": "whatever", "certificateDescription": {"certificateId": id(1).as_str(), "status": "ACTIVE"}});
    assert!(
        get(&Network::queue([ok(&result)]), &id(1))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test(start_paused = true)]
async fn an_undocumented_answer_is_an_error() {
    for (status, body, expected) in [
        (200, "", ErrorCode::ProviderInvalidResponse),
        (
            200,
            "<html>proxy</html>",
            ErrorCode::ProviderInvalidResponse,
        ),
        (200, "[]", ErrorCode::ProviderInvalidResponse),
        (
            200,
            r#"[{"certificateId": "0a", "status": "ACTIVE"}]"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (200, "null", ErrorCode::ProviderInvalidResponse),
        (200, "{}", ErrorCode::ProviderInvalidResponse),
        (
            200,
            r#"{"certificateDescription": null}"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            200,
            r#"{"certificateDescription": ["0a"]}"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            200,
            r#"{"certificateDescription": {"status": "ACTIVE"}}"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (201, "{}", ErrorCode::ProviderInvalidResponse),
        (302, "", ErrorCode::ProviderInvalidResponse),
        (
            400,
            r#"{"message": "no type"}"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            404,
            r#"{"message": "no type"}"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (413, "", ErrorCode::ProviderRejected),
        (429, "<html>", ErrorCode::Throttled),
        (500, "{}", ErrorCode::ProviderUnavailable),
        (
            502,
            "<html>Bad Gateway</html>",
            ErrorCode::ProviderUnavailable,
        ),
    ] {
        let error = refused(move || answer(status, body)).await;
        assert_eq!(
            (error.code, error.provider_error),
            (expected, None),
            "HTTP {status} {body}"
        );
    }
    assert_eq!(
        refused(|| answer(200, b"\xff\xfe".to_vec())).await.code,
        ErrorCode::ProviderInvalidResponse
    );
}

#[tokio::test(start_paused = true)]
async fn a_type_that_no_table_has_is_judged_by_the_status() {
    for (status, expected) in [
        (400, ErrorCode::ProviderRejected),
        (403, ErrorCode::ProviderRejected),
        (429, ErrorCode::Throttled),
        (500, ErrorCode::ProviderUnavailable),
    ] {
        assert_eq!(
            refused(move || failed(status, "NewException:")).await.code,
            expected,
            "{status}"
        );
    }
}
