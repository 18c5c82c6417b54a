//! Lists without a call for each certificate, of one source and of several.

use super::*;

/// The number of calls to AWS, and of those among them that described a certificate.
async fn performed(clouds: &Clouds, request: &Value) -> (Result<Value, Error>, usize, usize) {
    let network = clouds.network();
    let bench = Bench::new(&network);
    let request = request::parse(&request.to_string()).unwrap();
    let answer = Describe::perform(&bench.context(), request, PLENTY)
        .await
        .map(|answer| serde_json::to_value(answer).unwrap());
    let urls = network.each(|sent| sent.url());
    let described = urls
        .iter()
        .filter(|url| url.contains("amazonaws.com/certificates/"))
        .count();
    (
        answer,
        urls.iter()
            .filter(|url| url.contains("amazonaws.com"))
            .count(),
        described,
    )
}

#[tokio::test(start_paused = true)]
async fn the_same_certificates_are_listed_in_the_same_order_with_details_and_without() {
    let clouds = clouds();
    for sources in [every_source(), json!([source(AwsIot, "")])] {
        let (with, _, described) = performed(&clouds, &json!({"sources": sources})).await;
        let (without, calls, described_without) =
            performed(&clouds, &json!({"sources": sources, "details": false})).await;
        assert_eq!((described, calls, described_without), (7, 3, 0));
        let (with, without) = (with.unwrap(), without.unwrap());
        assert_eq!(names(&with), names(&without));
        for (with, without) in with["certificates"]
            .as_array()
            .unwrap()
            .iter()
            .zip(without["certificates"].as_array().unwrap())
        {
            assert_eq!(
                with, without,
                "these vendors describe no more than they list"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_without_details_continues_over_cursors_that_are_bound_to_it() {
    let clouds = clouds();
    let mut alone = source(AwsIot, "");
    alone["limit"] = json!(2);
    for sources in [
        Value::Null,
        json!([source(AwsIot, ""), source(TencentMqtt, "mqtt-1")]),
    ] {
        let mut request = if sources.is_null() {
            alone.clone()
        } else {
            json!({"sources": sources, "limit": 2})
        };
        request["details"] = json!(false);
        let mut all: Vec<String> = Vec::new();
        loop {
            let (answer, _, described) = performed(&clouds, &request).await;
            let answer = answer.unwrap();
            all.extend(
                answer["certificates"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it["created_at"].to_string()),
            );
            assert_eq!(described, 0);
            if answer["next_cursor"].is_null() {
                break;
            }
            request["cursor"] = answer["next_cursor"].clone();
            let mut other = request.clone();
            other["details"] = json!(true);
            let (refused, calls, _) = performed(&clouds, &other).await;
            assert_eq!(
                (refused.unwrap_err().field.as_deref(), calls),
                (Some("cursor"), 0)
            );
        }
        let in_order = all.windows(2).all(|two| two[0] > two[1]);
        assert!(
            in_order && all.len() == if sources.is_null() { 7 } else { 12 },
            "{all:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_needs_details_is_refused_where_the_list_does_not_hold_the_fact() {
    let clouds = clouds();
    let in_time = json!({"expires_within_days": 3650});
    let mut request = json!({"sources": every_source(), "filter": in_time, "details": false});
    let (answer, calls, _) = performed(&clouds, &request).await;
    let answer = answer.unwrap();
    for answered in answer["sources"].as_array().unwrap() {
        let expected = if answered["provider"] == "aws-iot" {
            json!("unsupported")
        } else {
            Value::Null
        };
        assert_eq!(answered["error"]["code"], expected, "{answered}");
    }
    assert_eq!(
        (calls, &answer["sources"][2]["error"]["field"]),
        (0, &json!("filter.expires_within_days"))
    );
    request["details"] = json!(true);
    assert!(performed(&clouds, &request).await.0.unwrap()["sources"][2]["error"].is_null());
    let mut alone = source(AwsIot, "");
    (alone["filter"], alone["details"]) = (in_time, json!(false));
    assert_eq!(
        performed(&clouds, &alone).await.0.unwrap_err().code,
        ErrorCode::Unsupported
    );
}

#[tokio::test(start_paused = true)]
async fn client_ids_are_refused_where_they_would_take_details() {
    let clouds = clouds();
    let refused = json!(["unsupported", "include_clients"]);
    let request = json!({"sources": every_source(), "include_clients": true, "details": false});
    let answer = performed(&clouds, &request).await.0.unwrap();
    for answered in answer["sources"].as_array().unwrap() {
        let error = &answered["error"];
        let expected = if answered["provider"] == "aws-iot" {
            &refused
        } else {
            &json!([null, null])
        };
        assert_eq!(json!([error["code"], error["field"]]), *expected);
    }
    let mut alone = source(AwsIot, "");
    (alone["include_clients"], alone["details"]) = (json!(true), json!(false));
    let error = performed(&clouds, &alone).await.0.unwrap_err();
    assert_eq!(json!([error.code.as_str(), error.field]), refused);
}

#[tokio::test(start_paused = true)]
async fn a_summary_without_details_counts_statuses_and_knows_no_expiry() {
    let clouds = clouds();
    clouds.devices.borrow_mut().push(Device {
        status: "INACTIVE",
        ..Device::new(AwsIot, "", "off", 1)
    });
    let request =
        json!({"sources": [source(AwsIot, "")], "details": false, "limit": 0, "summary": true});
    let (answer, _, described) = performed(&clouds, &request).await;
    let counts = &answer.unwrap()["counts"];
    assert_eq!((&counts["certificates"], described), (&json!(8), 0));
    let (statuses, ends) = (&counts["by_effective_status"], &counts["by_expiry"]);
    assert_eq!(
        (&statuses["active"], &statuses["inactive"], &ends["unknown"]),
        (&json!(7), &json!(1), &json!(8))
    );
}
