//! Lists of several sources that continue in further answers.

use std::time::Duration;

use super::*;
use crate::testing::network::Network;

/// The certificates of all answers that follow from a cursor.
async fn follow(clouds: &Clouds, request: &Value, budget: AnswerBudget) -> Vec<String> {
    let mut request = request.clone();
    let mut all = Vec::new();
    for _ in 0..100 {
        let answer = perform_with(clouds, &[], &request, budget).await.unwrap();
        let shown = names(&answer);
        let by_source = answer["sources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|source| source["count"].as_u64().unwrap());
        assert_eq!(by_source.sum::<u64>(), u64::try_from(shown.len()).unwrap());
        assert!(shown.len() <= usize::try_from(request["limit"].as_u64().unwrap_or(100)).unwrap());
        assert_ne!(answer["consistent"], false);
        all.extend(shown);
        request["cursor"] = answer["next_cursor"].clone();
        if request["cursor"].is_null() {
            return all;
        }
    }
    panic!("the cursors do not lead to an end");
}

#[tokio::test(start_paused = true)]
async fn the_limit_cuts_the_interleaved_list_and_the_cursor_leads_to_every_certificate_once_in_order()
 {
    let clouds = clouds();
    for limit in [1, 2, 3, 5, 7, 23, 24, 100] {
        let all = follow(
            &clouds,
            &json!({"sources": every_source(), "limit": limit}),
            PLENTY,
        )
        .await;
        assert_eq!(all, expected(&clouds, |_| true, false), "{limit}");
        let sources = json!([source(AwsIot, ""), source(TencentMqtt, "mqtt-1")]);
        let all = follow(
            &clouds,
            &json!({"sources": sources, "limit": limit, "order_by": "created_asc"}),
            PLENTY,
        )
        .await;
        let wanted = |device: &Device| device.provider == AwsIot || device.instance == "mqtt-1";
        assert_eq!(all, expected(&clouds, wanted, true), "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_excludes_rows_loses_none_over_the_answers() {
    let clouds = clouds();
    clouds
        .devices
        .borrow_mut()
        .iter_mut()
        .step_by(2)
        .for_each(Device::take_out_of_use);
    for limit in [1, 2, 3, 100] {
        let filter = json!({"statuses": ["inactive", "revoked"]});
        let all = follow(
            &clouds,
            &json!({"sources": every_source(), "limit": limit, "filter": filter}),
            PLENTY,
        )
        .await;
        assert_eq!(
            all,
            expected(&clouds, |device| !device.is_in_use(), false),
            "{limit}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_sources_share_the_size_of_an_answer_and_nothing_is_lost() {
    let clouds = clouds();
    let whole = serde_json::to_string(
        &perform(&clouds, &json!({"sources": every_source()}))
            .await
            .unwrap()["certificates"],
    )
    .unwrap()
    .len();
    for escaped in [false, true] {
        for room in [10, whole / 2, whole] {
            let budget = AnswerBudget {
                bytes: envelope_bytes(5) + room,
                escaped,
            };
            let request = json!({"sources": every_source()});
            let first = perform_with(&clouds, &[], &request, budget).await.unwrap();
            let json = serde_json::to_string(&first["certificates"]).unwrap();
            let carried = if escaped {
                serde_json::to_string(&json).unwrap().len()
            } else {
                json.len()
            };
            // One certificate is shown, however small the budget.
            assert!(
                room == 10 || carried <= room + 4,
                "{carried} of {room}, escaped: {escaped}"
            );
            let counts: Vec<u64> = first["sources"]
                .as_array()
                .unwrap()
                .iter()
                .map(|source| source["count"].as_u64().unwrap())
                .collect();
            let is_shown = |count: &u64| *count >= 1;
            assert!(counts.iter().any(is_shown), "{counts:?}");
            assert!(room == 10 || counts.iter().all(is_shown), "{counts:?}");
            let mut all = follow(&clouds, &request, budget).await;
            let mut every = expected(&clouds, |_| true, false);
            all.sort();
            every.sort();
            assert_eq!(all, every);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_members_that_name_the_source_count_towards_the_size_of_a_certificate() {
    let long = "i".repeat(64);
    let instance: &'static str = Box::leak(long.into_boxed_str());
    let clouds = Clouds::of(
        (0..60)
            .map(|number| Device::new(TencentMqtt, instance, format!("a{number}"), 1_735_689_600)),
    );
    for escaped in [false, true] {
        let budget = AnswerBudget {
            bytes: envelope_bytes(1) + 20_000,
            escaped,
        };
        let answer = perform_with(
            &clouds,
            &[],
            &json!({"sources": [source(TencentMqtt, instance)]}),
            budget,
        )
        .await
        .unwrap();
        let json = serde_json::to_string(&answer["certificates"]).unwrap();
        let carried = if escaped {
            serde_json::to_string(&json).unwrap().len()
        } else {
            json.len()
        };
        assert!(
            !answer["next_cursor"].is_null() && carried <= 20_004 && carried > 18_000,
            "{carried}, escaped: {escaped}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_cursor_of_one_source_continues_in_a_request_to_that_provider() {
    let clouds = clouds();
    for order_by in [None, Some("created_desc")] {
        let mut sources = vec![source(TencentMqtt, "mqtt-1"), source(AwsIot, "")];
        if order_by.is_none() {
            sources.extend([source(AlibabaMqtt, "post-cn-1"), source(AlibabaPca, "")]);
        }
        let answer = perform(
            &clouds,
            &json!({"sources": sources, "limit": 3, "order_by": order_by}),
        )
        .await
        .unwrap();
        for (requested, source) in sources.iter().zip(answer["sources"].as_array().unwrap()) {
            let here = |certificate: &&Value| certificate["provider"] == source["provider"];
            let mut all: Vec<String> = answer["certificates"]
                .as_array()
                .unwrap()
                .iter()
                .filter(here)
                .map(name)
                .collect();
            assert_eq!(json!(all.len()), source["count"]);
            let mut request = requested.clone();
            request["limit"] = json!(2);
            request["order_by"] = json!(order_by);
            request["cursor"] = source["next_cursor"].clone();
            while !request["cursor"].is_null() {
                let page = perform(&clouds, &request).await.unwrap();
                assert_ne!(page["consistent"], false);
                all.extend(
                    page["certificates"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|certificate| {
                            let mut sourced = certificate.clone();
                            sourced["provider"] = page["provider"].clone();
                            sourced["instance_id"] = page["instance_id"].clone();
                            name(&sourced)
                        }),
                );
                request["cursor"] = page["next_cursor"].clone();
            }
            let wanted = |device: &Device| {
                json!(device.provider) == source["provider"] && device.instance != "mqtt-2"
            };
            assert_eq!(all, expected(&clouds, wanted, false), "{order_by:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_cursor_of_a_source_without_a_region_continues_with_the_configured_one_written_out_or_not()
 {
    let clouds = clouds();
    let variables = [("AWS_REGION", "eu-west-1")];
    let sources = json!([{"provider": "aws-iot"}, source(TencentMqtt, "mqtt-1")]);
    let answer = perform_with(
        &clouds,
        &variables,
        &json!({"sources": sources, "limit": 2}),
        PLENTY,
    )
    .await
    .unwrap();
    let cursor = &answer["sources"][0]["next_cursor"];
    for request in [
        json!({"provider": "aws-iot", "cursor": cursor}),
        json!({"provider": "aws-iot", "region": "eu-west-1", "cursor": cursor}),
    ] {
        let rest = perform_with(&clouds, &variables, &request, PLENTY)
            .await
            .unwrap();
        let count = answer["sources"][0]["count"].as_u64().unwrap();
        assert_eq!(
            u64::try_from(rest["certificates"].as_array().unwrap().len()).unwrap() + count,
            7,
            "{request}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_is_refused_by_other_sources_another_order_and_another_request() {
    let clouds = clouds();
    let (one, two) = (source(TencentMqtt, "mqtt-1"), source(AwsIot, ""));
    let answer = perform(&clouds, &json!({"sources": [one, two], "limit": 1}))
        .await
        .unwrap();
    let (cursor, of_one) = (
        answer["next_cursor"].clone(),
        answer["sources"][0]["next_cursor"].clone(),
    );
    assert!(cursor.is_string() && of_one.is_string());
    let network = Network::queue([]);
    let mut single = one.clone();
    single["cursor"] = cursor.clone();
    let mut other_instance = source(TencentMqtt, "mqtt-2");
    other_instance["cursor"] = of_one.clone();
    for other in [
        json!({"sources": [two, one], "cursor": cursor}),
        json!({"sources": [one], "cursor": cursor}),
        json!({"sources": [one, two, source(AlibabaPca, "")], "cursor": cursor}),
        json!({"sources": [source(TencentMqtt, "mqtt-2"), two], "cursor": cursor}),
        json!({"sources": [one, {"provider": "aws-iot"}], "cursor": cursor}),
        json!({"sources": [one, two], "cursor": cursor, "order_by": "created_asc"}),
        json!({"sources": [one, two], "cursor": cursor, "filter": {"statuses": ["active"]}}),
        json!({"sources": [one, two], "cursor": of_one}),
        json!({"sources": [one], "cursor": of_one}),
        json!({"sources": [one, two], "cursor": "x"}),
        single,
        other_instance,
    ] {
        let bench = Bench::with(&network, &[("AWS_REGION", "eu-west-1")]);
        let request = request::parse(&other.to_string()).unwrap();
        let error = Describe::perform(&bench.context(), request, PLENTY)
            .await
            .unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (ErrorCode::InvalidRequest, Some("cursor")),
            "{other}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_complete_is_not_queried_again() {
    let clouds = clouds();
    let mut request =
        json!({"sources": [source(AlibabaPca, ""), source(TencentMqtt, "mqtt-1")], "limit": 5});
    request["cursor"] = perform(&clouds, &request).await.unwrap()["next_cursor"].clone();
    let network = clouds.network();
    let bench = Bench::new(&network);
    let answer = Describe::perform(
        &bench.context(),
        request::parse(&request.to_string()).unwrap(),
        PLENTY,
    )
    .await
    .unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    assert!(
        network
            .each(|sent| provider_of(&sent.request))
            .iter()
            .all(|provider| *provider == AlibabaPca)
    );
    let done = &answer["sources"][1];
    assert_eq!(
        (&done["count"], &done["error"], &done["next_cursor"]),
        (&json!(0), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (
            names(&answer).len(),
            &answer["next_cursor"],
            &answer["total_count"]
        ),
        (4, &Value::Null, &Value::Null)
    );
}

#[tokio::test(start_paused = true)]
async fn sources_are_queried_side_by_side() {
    let start = tokio::time::Instant::now();
    let network = clouds().network().delayed(Duration::from_secs(5));
    let bench = Bench::new(&network);
    let sources = json!([
        source(TencentMqtt, "mqtt-1"),
        source(TencentMqtt, "mqtt-2"),
        source(AlibabaPca, "")
    ]);
    let request = request::parse(&json!({ "sources": sources }).to_string()).unwrap();
    Describe::perform(&bench.context(), request, PLENTY)
        .await
        .unwrap();
    assert_eq!(
        (network.sent().len(), start.elapsed()),
        (3, Duration::from_secs(5))
    );
}

#[tokio::test(start_paused = true)]
async fn a_made_up_cursor_that_leaves_a_source_out_is_refused() {
    let sources =
        [(TencentMqtt, Some("mqtt-1")), (AlibabaPca, None)].map(|(provider, instance)| Source {
            provider,
            region: crate::model::Region::parse(if provider == TencentMqtt {
                "ap-guangzhou"
            } else {
                "cn-hangzhou"
            })
            .ok(),
            instance_id: instance
                .map(|instance| crate::model::InstanceId::parse(instance).unwrap()),
        });
    let filter = Filter::default();
    let bound = cursor::BoundRequest {
        sources: &sources,
        filter: &filter,
        order: None,
        details: true,
    };
    for (states, fits) in [
        (json!(["begin", "begin"]), true),
        (json!(["begin"]), false),
        (json!(["begin", "begin", "end"]), false),
        (json!([]), false),
    ] {
        let cursor = cursor::encode(bound, &states);
        let request = json!({"sources": [source(TencentMqtt, "mqtt-1"), source(AlibabaPca, "")], "cursor": cursor});
        let answer = perform(&clouds(), &request).await;
        assert_eq!(answer.is_ok(), fits, "{states}");
        assert!(
            answer
                .err()
                .is_none_or(|error| error.field.as_deref() == Some("cursor"))
        );
    }
}
