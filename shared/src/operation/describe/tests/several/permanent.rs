//! Sources with errors that are not retryable, and the cursor that repeats these errors.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

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
        "nothing was read, so the source begins at its beginning"
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
    // When the other sources are complete at once, nothing is left.
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
async fn a_source_with_a_permanent_error_in_the_middle_keeps_its_cursor_for_a_request_to_it_alone()
{
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
async fn a_source_that_fails_after_a_change_of_configuration_keeps_its_cursor() {
    let region = ("AWS_REGION", "eu-west-1");
    let no_key = [
        region,
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
    ];
    for (variables, code, field) in [
        (&no_key[..], "provider_rejected", Value::Null),
        // A cursor is bound to the region that it came from.
        (
            &[("AWS_REGION", "us-east-1")],
            "invalid_request",
            json!("cursor"),
        ),
    ] {
        let clouds = clouds();
        let mut request = json!({
            "sources": [{"provider": "aws-iot"}, source(TencentMqtt, "mqtt-1")],
            "limit": 3
        });
        let first = perform_with(&clouds, &[region], &request, PLENTY)
            .await
            .unwrap();
        request["cursor"] = first["next_cursor"].clone();
        let second = perform_with(&clouds, variables, &request, PLENTY)
            .await
            .unwrap();
        let failed = &second["sources"][0];
        assert_eq!(
            (&failed["error"]["code"], &failed["error"]["field"]),
            (&json!(code), &field)
        );
        assert!(failed["next_cursor"].is_string());
        assert_eq!(failed["next_cursor"], first["sources"][0]["next_cursor"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_is_small_and_holds_no_text_of_a_vendor() {
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
    let bound = cursor::BoundRequest {
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
            "{code} is no permanent error"
        );
    }
}
