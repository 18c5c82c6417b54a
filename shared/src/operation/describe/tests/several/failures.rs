//! Sources that cannot be read beside others that can.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_source_with_a_retryable_error_is_named_and_the_cursor_continues_it() {
    for failing in [TencentMqtt, AlibabaMqtt, AlibabaPca, AwsIot] {
        let clouds = clouds().with(failing, Trouble::Busy);
        let mut request = json!({"sources": every_source()});
        let first = perform(&clouds, &request).await.unwrap();
        for source in first["sources"].as_array().unwrap() {
            let fails = source["provider"] == json!(failing);
            let code = if fails {
                json!("throttled")
            } else {
                Value::Null
            };
            assert_eq!(
                (&source["error"]["code"], source["count"] == 0),
                (&code, fails),
                "{failing}"
            );
            assert_eq!(
                source["consistent"],
                if fails { Value::Null } else { json!(true) }
            );
        }
        assert_eq!(
            names(&first),
            expected(&clouds, |device| device.provider != failing, false),
            "{failing}"
        );
        assert_eq!(
            (&first["consistent"], &first["total_count"]),
            (&json!(true), &Value::Null)
        );
        request["cursor"] = first["next_cursor"].clone();
        clouds.troubles.borrow_mut().clear();
        let second = perform(&clouds, &request).await.unwrap();
        assert_eq!(
            names(&second),
            expected(&clouds, |device| device.provider == failing, false),
            "{failing}"
        );
        assert_eq!(second["next_cursor"], Value::Null);
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_for_now_in_the_middle_goes_on_where_it_was() {
    let clouds = clouds();
    let mut request =
        json!({"sources": [source(TencentMqtt, "mqtt-1"), source(AwsIot, "")], "limit": 6});
    let first = perform(&clouds, &request).await.unwrap();
    request["cursor"] = first["next_cursor"].clone();
    clouds
        .troubles
        .borrow_mut()
        .insert(TencentMqtt, Trouble::Busy);
    let second = perform(&clouds, &request).await.unwrap();
    assert_eq!(second["sources"][0]["error"]["code"], "throttled");
    request["cursor"] = second["next_cursor"].clone();
    clouds.troubles.borrow_mut().clear();
    let third = perform(&clouds, &request).await.unwrap();
    let mut all = [names(&first), names(&second), names(&third)].concat();
    let mut every = expected(
        &clouds,
        |device| device.provider == AwsIot || device.instance == "mqtt-1",
        false,
    );
    all.sort();
    every.sort();
    assert_eq!((all, &third["next_cursor"]), (every, &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_for_now_shows_the_place_at_which_it_goes_on() {
    let clouds = clouds();
    let mut request =
        json!({"sources": [source(TencentMqtt, "mqtt-1"), source(AwsIot, "")], "limit": 4});
    let first = perform(&clouds, &request).await.unwrap();
    let next_cursor = &first["sources"][0]["next_cursor"];
    clouds
        .troubles
        .borrow_mut()
        .insert(TencentMqtt, Trouble::Busy);
    request["cursor"] = first["next_cursor"].clone();
    let second = perform(&clouds, &request).await.unwrap();
    let failed = &second["sources"][0];
    assert_eq!(
        (&failed["error"]["code"], &failed["next_cursor"]),
        (&json!("throttled"), next_cursor)
    );
    clouds.troubles.borrow_mut().clear();
    assert_eq!(
        names_alone(&clouds, source(TencentMqtt, "mqtt-1"), next_cursor).await,
        ["a3", "a2", "a1", "a0"]
    );
}

/// The serial numbers that a request to this one source goes on with.
async fn names_alone(clouds: &Clouds, mut request: Value, cursor: &Value) -> Vec<String> {
    assert!(cursor.is_string());
    request["cursor"] = cursor.clone();
    let answer = perform(clouds, &request).await.unwrap();
    assert_eq!(answer["next_cursor"], Value::Null);
    let serial = |certificate: &Value| {
        certificate["provider_serial_number"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    answer["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(serial)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_is_repeated_in_every_answer_without_another_call() {
    let clouds = clouds().with(AwsIot, Trouble::Refusing);
    let mut request =
        json!({"sources": [source(AwsIot, ""), source(TencentMqtt, "mqtt-1")], "limit": 2});
    let first = perform(&clouds, &request).await.unwrap();
    let failed = first["sources"][0].clone();
    assert_eq!(
        (&failed["error"]["code"], &failed["consistent"]),
        (&json!("provider_rejected"), &Value::Null)
    );
    assert_eq!(
        (&failed["region"], &failed["count"]),
        (&json!("eu-west-1"), &json!(0))
    );
    assert_eq!(
        failed["next_cursor"],
        Value::Null,
        "nothing was read, so that it begins at its beginning"
    );
    clouds.troubles.borrow_mut().clear();
    let mut all = names(&first);
    let mut answer = first;
    while !answer["next_cursor"].is_null() {
        request["cursor"] = answer["next_cursor"].clone();
        let network = clouds.network();
        let bench = Bench::new(&network);
        let next = Describe::perform(
            &bench.context(),
            request::parse(&request.to_string()).unwrap(),
            PLENTY,
        )
        .await
        .unwrap();
        answer = serde_json::to_value(next).unwrap();
        assert!(
            network
                .each(|sent| provider_of(&sent.request))
                .iter()
                .all(|provider| *provider == TencentMqtt)
        );
        let mut failed_source = failed.clone();
        failed_source["error"]["provider_error"] = Value::Null;
        assert_eq!(
            (&answer["sources"][0], answer["consistent"].as_bool()),
            (&failed_source, Some(true))
        );
        all.extend(names(&answer));
    }
    assert_eq!(
        all,
        expected(&clouds, |device| device.instance == "mqtt-1", false)
    );
    // When the others are at their end at once, nothing is left.
    request["cursor"] = Value::Null;
    request["limit"] = json!(100);
    clouds
        .troubles
        .borrow_mut()
        .insert(AwsIot, Trouble::Refusing);
    assert_eq!(
        perform(&clouds, &request).await.unwrap()["next_cursor"],
        Value::Null
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_for_good_in_the_middle_keeps_its_place_for_a_request_to_it_alone() {
    let clouds = clouds();
    let mut request =
        json!({"sources": [source(TencentMqtt, "mqtt-1"), source(AwsIot, "")], "limit": 5});
    let first = perform(&clouds, &request).await.unwrap();
    let next_cursor = &first["sources"][0]["next_cursor"];
    clouds
        .troubles
        .borrow_mut()
        .insert(TencentMqtt, Trouble::Refusing);
    request["cursor"] = first["next_cursor"].clone();
    request["limit"] = json!(2);
    for is_last in [false, true] {
        let answer = perform(&clouds, &request).await.unwrap();
        let failed = &answer["sources"][0];
        assert_eq!(
            (&failed["error"]["code"], &failed["count"]),
            (&json!("provider_rejected"), &json!(0))
        );
        assert_eq!(&failed["next_cursor"], next_cursor);
        assert_eq!(
            answer["next_cursor"].is_null(),
            is_last,
            "it is set as long as another source has more"
        );
        request["cursor"] = answer["next_cursor"].clone();
        clouds.troubles.borrow_mut().clear();
    }
    assert_eq!(
        names_alone(&clouds, source(TencentMqtt, "mqtt-1"), next_cursor).await,
        ["a3", "a2", "a1", "a0"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_whose_credentials_are_gone_keeps_its_place_as_well() {
    let clouds = clouds();
    let mut request =
        json!({"sources": [{"provider": "aws-iot"}, source(TencentMqtt, "mqtt-1")], "limit": 3});
    let here = ("AWS_REGION", "eu-west-1");
    let first = perform_with(&clouds, &[here], &request, PLENTY)
        .await
        .unwrap();
    request["cursor"] = first["next_cursor"].clone();
    let gone = [
        here,
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
    ];
    let second = perform_with(&clouds, &gone, &request, PLENTY)
        .await
        .unwrap();
    let failed = &second["sources"][0];
    assert_eq!(
        (&failed["error"]["code"], &failed["next_cursor"]),
        (
            &json!("provider_rejected"),
            &first["sources"][0]["next_cursor"]
        )
    );
    assert!(failed["next_cursor"].is_string());
}

#[tokio::test(start_paused = true)]
async fn a_place_is_of_no_use_in_another_region() {
    let clouds = clouds();
    let mut request =
        json!({"sources": [{"provider": "aws-iot"}, source(TencentMqtt, "mqtt-1")], "limit": 3});
    let first = perform_with(&clouds, &[("AWS_REGION", "eu-west-1")], &request, PLENTY)
        .await
        .unwrap();
    request["cursor"] = first["next_cursor"].clone();
    let second = perform_with(&clouds, &[("AWS_REGION", "us-east-1")], &request, PLENTY)
        .await
        .unwrap();
    let failed = &second["sources"][0];
    assert_eq!(
        (&failed["error"]["code"], &failed["error"]["field"]),
        (&json!("invalid_request"), &json!("cursor"))
    );
    assert_eq!(failed["next_cursor"], first["sources"][0]["next_cursor"]);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_is_small_and_holds_nothing_of_what_a_vendor_said() {
    let clouds = clouds()
        .with(AwsIot, Trouble::Refusing)
        .with(AlibabaMqtt, Trouble::Refusing)
        .with(AlibabaPca, Trouble::Refusing);
    let answer = perform(&clouds, &json!({"sources": every_source(), "limit": 1}))
        .await
        .unwrap();
    let bytes = URL_SAFE_NO_PAD
        .decode(answer["next_cursor"].as_str().unwrap())
        .unwrap();
    let text = String::from_utf8_lossy(&bytes);
    for failed_source in answer["sources"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|failed_source| !failed_source["error"].is_null())
    {
        assert!(
            !text.contains(
                failed_source["error"]["provider_error"]["code"]
                    .as_str()
                    .unwrap()
            ),
            "{text}"
        );
        assert!(
            text.contains(failed_source["error"]["detail"].as_str().unwrap()),
            "{text}"
        );
    }
    assert!(bytes.len() < 1_000, "{}", bytes.len());
}

#[tokio::test(start_paused = true)]
async fn a_filter_or_order_that_one_source_cannot_do_is_its_own_error() {
    for (member, value, able, field) in [
        (
            "filter",
            json!({"client_ids": ["client-1"]}),
            &[TencentMqtt][..],
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
async fn a_source_that_is_named_wrongly_is_its_own_error() {
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
async fn when_every_source_fails_the_reason_is_the_answer_and_one_that_may_pass_comes_first() {
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
async fn when_only_sources_that_fail_are_left_the_reason_is_the_answer() {
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
async fn when_the_last_source_fails_beside_one_that_has_failed_for_good_the_reason_is_the_answer() {
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
async fn an_error_about_one_sources_parameters_stays_its_own_on_later_pages() {
    let mut request =
        json!({"sources": [source(TencentMqtt, "mqtt-1"), source(AwsIot, "")], "limit": 3});
    let sources = [
        (TencentMqtt, "ap-guangzhou", Some("mqtt-1")),
        (AwsIot, "eu-west-1", None),
    ]
    .map(|(provider, region, instance)| Source {
        provider,
        region: crate::model::Region::parse(region).ok(),
        instance_id: instance.map(|instance| crate::model::InstanceId::parse(instance).unwrap()),
    });
    let bound = cursor::Request {
        sources: &sources,
        filter: &Filter::default(),
        order: None,
        details: true,
    };
    let failed = |code: &str, concerns_parameters: bool| {
        let failed = json!({"failed": {"code": code, "detail": "no", "concerns_parameters": concerns_parameters}});
        cursor::encode(bound, &[failed, json!("end")])
    };
    request["cursor"] = json!(failed("provider_rejected", true));
    let answer = perform(&clouds(), &request).await.unwrap();
    assert_eq!(
        (
            &answer["sources"][0]["error"]["detail"],
            &answer["next_cursor"]
        ),
        (&json!("no"), &Value::Null)
    );
    request["cursor"] = json!(failed("provider_rejected", false));
    assert_eq!(
        perform(&clouds(), &request).await.unwrap_err().code,
        ErrorCode::ProviderRejected
    );
    for code in ["throttled", "made_up"] {
        request["cursor"] = json!(failed(code, true));
        assert_eq!(
            perform(&clouds(), &request)
                .await
                .unwrap_err()
                .field
                .as_deref(),
            Some("cursor"),
            "{code} is no failure for good"
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
