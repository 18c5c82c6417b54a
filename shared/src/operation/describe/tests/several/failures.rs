//! Errors that concern one source, and the errors that become the answer.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_filter_or_sort_order_that_one_source_lacks_is_its_own_error() {
    for (member, value, able, field) in [
        (
            "filter",
            json!({"client_ids": ["client-1"]}),
            &[TencentMqtt, AwsIot][..],
            "filter.client_ids",
        ),
        (
            "filter",
            json!({"statuses": ["good"]}),
            &[AlibabaPca],
            "filter.statuses",
        ),
        (
            "order_by",
            json!("created_asc"),
            &[TencentMqtt, AwsIot],
            "order_by",
        ),
        (
            "order_by",
            json!("updated_desc"),
            &[TencentMqtt],
            "order_by",
        ),
    ] {
        let clouds = clouds();
        let mut request = json!({"sources": every_source()});
        request[member] = value.clone();
        let answer = perform(&clouds, &request).await.unwrap();
        for source in answer["sources"].as_array().unwrap() {
            let is_able = able.iter().any(|name| source["provider"] == json!(name));
            let expected = if is_able {
                (Value::Null, Value::Null)
            } else {
                (json!("unsupported"), json!(field))
            };
            assert_eq!(
                (
                    source["error"]["code"].clone(),
                    source["error"]["field"].clone()
                ),
                expected,
                "{value}"
            );
        }
        let is_from_able = |name: &String| {
            able.iter()
                .any(|provider| name.starts_with(provider.as_str()))
        };
        assert!(names(&answer).iter().all(is_from_able));
        assert_eq!(
            answer["next_cursor"],
            Value::Null,
            "trying again would not help"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_source_is_its_own_error() {
    let clouds = clouds();
    for (wrong, field) in [
        (
            json!({"provider": "tencent-mqtt", "region": "ap-guangzhou"}),
            "instance_id",
        ),
        (
            json!({"provider": "aws-iot", "region": "us-mars-1"}),
            "region",
        ),
        (
            json!({"provider": "aws-iot", "region": "eu-west-1", "instance_id": "i"}),
            "instance_id",
        ),
        (json!({"provider": "alibaba-pca"}), "region"),
    ] {
        let answer = perform(
            &clouds,
            &json!({"sources": [wrong, source(TencentMqtt, "mqtt-1")]}),
        )
        .await
        .unwrap();
        let error = &answer["sources"][0]["error"];
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!("invalid_request"), &json!(field)),
            "{wrong}"
        );
        assert_eq!(
            (
                &answer["sources"][0]["region"],
                &answer["sources"][0]["provider"]
            ),
            (&wrong["region"], &wrong["provider"])
        );
        assert_eq!(
            (names(&answer).len(), &answer["next_cursor"]),
            (5, &Value::Null)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn when_every_source_fails_the_error_is_the_answer_and_a_retryable_one_comes_first() {
    let sources = json!([source(TencentMqtt, "mqtt-1"), source(AwsIot, "")]);
    for (tencent, aws, expected) in [
        (Trouble::Busy, Trouble::Busy, ErrorCode::Throttled),
        (Trouble::Refusing, Trouble::Busy, ErrorCode::Throttled),
        (Trouble::Busy, Trouble::Refusing, ErrorCode::Throttled),
        (
            Trouble::Refusing,
            Trouble::Refusing,
            ErrorCode::ProviderRejected,
        ),
    ] {
        let clouds = clouds().with(TencentMqtt, tencent).with(AwsIot, aws);
        let error = perform(&clouds, &json!({ "sources": sources }))
            .await
            .unwrap_err();
        assert_eq!(
            (error.code, error.retry_after.is_some()),
            (expected, expected == ErrorCode::Throttled),
            "{tencent:?} {aws:?}"
        );
    }
    let error =
        perform(&clouds(), &json!({"sources": [source(AlibabaPca, ""), source(AlibabaMqtt, "post-cn-1")], "order_by": "created_desc"}))
            .await
            .unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::Unsupported, Some("order_by"))
    );
}

#[tokio::test(start_paused = true)]
async fn when_only_failing_sources_are_left_the_error_is_the_answer() {
    let clouds = clouds();
    let mut request =
        json!({"sources": [source(TencentMqtt, "mqtt-1"), source(AlibabaPca, "")], "limit": 5});
    request["cursor"] = perform(&clouds, &request).await.unwrap()["next_cursor"].clone();
    clouds
        .troubles
        .borrow_mut()
        .insert(AlibabaPca, Trouble::Busy);
    assert_eq!(
        perform(&clouds, &request).await.unwrap_err().code,
        ErrorCode::Throttled
    );
    clouds.troubles.borrow_mut().clear();
    assert_eq!(
        names(&perform(&clouds, &request).await.unwrap()).len(),
        4,
        "the same cursor serves again"
    );
}

#[tokio::test(start_paused = true)]
async fn when_the_last_source_fails_beside_a_permanent_error_the_error_is_the_answer() {
    for (trouble, expected) in [
        (Trouble::Busy, ErrorCode::Throttled),
        (Trouble::Refusing, ErrorCode::ProviderRejected),
    ] {
        let clouds = clouds().with(AwsIot, Trouble::Refusing);
        let mut request = json!({"sources": [source(TencentMqtt, "mqtt-1"), source(AwsIot, ""), source(AlibabaPca, "")], "limit": 5});
        request["cursor"] = perform(&clouds, &request).await.unwrap()["next_cursor"].clone();
        clouds.troubles.borrow_mut().insert(AlibabaPca, trouble);
        assert_eq!(perform(&clouds, &request).await.unwrap_err().code, expected);
        clouds.troubles.borrow_mut().clear();
        let rest = perform(&clouds, &request).await.unwrap();
        assert_eq!(
            (names(&rest).len(), &rest["sources"][1]["error"]["code"]),
            (4, &json!("provider_rejected"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_credential_of_one_cloud_leaves_the_others() {
    let variables = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let answer = perform_with(
        &clouds(),
        &variables,
        &json!({"sources": every_source()}),
        PLENTY,
    )
    .await
    .unwrap();
    let codes: Vec<&Value> = answer["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| &source["error"]["code"])
        .collect();
    assert_eq!(
        codes,
        [
            &Value::Null,
            &Value::Null,
            &json!("provider_rejected"),
            &Value::Null,
            &Value::Null
        ]
    );
}
