//! Several sources in both directions of their lists, and in the order by the end of validity.

use super::*;

#[tokio::test(start_paused = true)]
async fn both_sort_directions_are_interleaved() {
    let clouds = clouds();
    clouds
        .devices
        .borrow_mut()
        .push(Device::new(AwsIot, "", "timeless", 0));
    let has_times = |device: &Device| matches!(device.provider, TencentMqtt | AwsIot);
    let sources = json!([
        source(TencentMqtt, "mqtt-2"),
        source(AwsIot, ""),
        source(TencentMqtt, "mqtt-1")
    ]);
    let newest_first = perform(
        &clouds,
        &json!({"sources": sources, "order_by": "created_desc"}),
    )
    .await
    .unwrap();
    assert_eq!(names(&newest_first), expected(&clouds, has_times, false));
    clouds
        .devices
        .borrow_mut()
        .retain(|device| device.created > 0);
    let oldest_first = perform(
        &clouds,
        &json!({"sources": sources, "order_by": "created_asc"}),
    )
    .await
    .unwrap();
    assert_eq!(names(&oldest_first), expected(&clouds, has_times, true));
}

/// The clouds with an end of validity for each certificate but every fourth: some are equal.
fn clouds_with_ends() -> Clouds {
    let clouds = clouds();
    for (number, device) in (0_i64..).zip(clouds.devices.borrow_mut().iter_mut()) {
        device.not_after = (number % 4 != 3).then_some(1_764_000_000 + number * 5 % 7 * 86_400);
    }
    clouds
}

/// Names in the order of their ends; equal ones in the order of the sources, then in that of each
/// source.
fn by_end(clouds: &Clouds, wanted: impl Fn(&Device) -> bool) -> Vec<String> {
    let mut devices: Vec<Device> = Vec::new();
    for source in every_source().as_array().unwrap() {
        let instance = source["instance_id"].as_str().unwrap_or_default();
        let here = |device: &&Device| {
            json!(device.provider) == source["provider"] && device.instance == instance
        };
        let mut own: Vec<Device> = clouds
            .devices
            .borrow()
            .iter()
            .filter(here)
            .cloned()
            .collect();
        own.sort_by_key(|device| -device.created);
        devices.extend(own);
    }
    devices.retain(|device| wanted(device));
    devices.sort_by_key(|device| (device.not_after.is_none(), device.not_after));
    let name = |device: &Device| match device.provider {
        AwsIot => format!("{} - {}", device.provider, device.id()),
        AlibabaPca => format!("{} - {}", device.provider, device.serial),
        _ => format!("{} {} {}", device.provider, device.instance, device.serial),
    };
    devices.iter().map(name).collect()
}

fn request() -> Value {
    json!({"sources": every_source(), "order_by": "not_after_asc"})
}

#[tokio::test(start_paused = true)]
async fn all_sources_are_sorted_together() {
    let clouds = clouds_with_ends();
    let answer = perform(&clouds, &request()).await.unwrap();
    assert_eq!(names(&answer), by_end(&clouds, |_| true));
    assert_eq!(answer["next_cursor"], Value::Null);
    let mut request = request();
    request["filter"] = json!({"not_after_to": "2025-11-28T00:00:00Z"});
    request["include_undecided"] = json!(true);
    let answer = perform(&clouds, &request).await.unwrap();
    let in_time = |device: &Device| device.not_after.is_some_and(|end| end <= 1_764_288_000);
    assert_eq!(names(&answer), by_end(&clouds, in_time));
    let undecided: Vec<String> = answer["undecided"]
        .as_array()
        .unwrap()
        .iter()
        .map(name)
        .collect();
    assert_eq!(
        undecided,
        by_end(&clouds, |device| device.not_after.is_none())
    );
}

#[tokio::test(start_paused = true)]
async fn limit_and_size_hold_for_all_sources_together() {
    let clouds = clouds_with_ends();
    for (limit, fits) in [(ALL_SERVED, true), (ALL_SERVED - 1, false), (1, false)] {
        let mut request = request();
        request["limit"] = json!(limit);
        let answer = perform(&clouds, &request).await;
        assert_eq!(answer.is_ok(), fits, "{limit}");
        if let Err(error) = answer {
            assert_eq!(
                (error.code, error.field.as_deref()),
                (ErrorCode::Unsupported, Some("order_by"))
            );
            assert!(
                error.detail.contains(&format!("limit ({limit})")),
                "{error}"
            );
        }
    }
    // One source may take more than an equal share of the size.
    let whole = perform(&clouds, &request()).await.unwrap();
    let bytes = serde_json::to_string(&whole["certificates"]).unwrap().len();
    for (room, fits) in [(bytes + 2_000, true), (bytes / 2, false)] {
        let budget = AnswerBudget {
            bytes: envelope_bytes(5) + room,
            escaped: false,
        };
        let answer = perform_with(&clouds, &[], &request(), budget).await;
        assert_eq!(answer.is_ok(), fits, "{room} of {bytes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_may_answer_later_fails_the_request_and_one_that_never_will_is_told() {
    let busy = clouds_with_ends().with(AlibabaPca, Trouble::Busy);
    let error = perform(&busy, &request()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Throttled);
    let refusing = clouds_with_ends().with(AlibabaPca, Trouble::Refusing);
    let answer = perform(&refusing, &request()).await.unwrap();
    assert_eq!(
        names(&answer),
        by_end(&refusing, |device| device.provider != AlibabaPca)
    );
    assert_eq!(answer["sources"][4]["error"]["code"], "provider_rejected");
}

#[tokio::test(start_paused = true)]
async fn a_source_whose_ends_need_details_says_so() {
    let clouds = clouds_with_ends();
    let mut request = request();
    request["details"] = json!(false);
    let answer = perform(&clouds, &request).await.unwrap();
    let error = &answer["sources"][2]["error"];
    assert_eq!(
        (&error["code"], &error["field"]),
        (&json!("unsupported"), &json!("order_by"))
    );
    assert_eq!(
        names(&answer),
        by_end(&clouds, |device| device.provider != AwsIot)
    );
}
