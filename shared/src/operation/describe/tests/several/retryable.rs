//! Sources with retryable errors beside sources that can be read.

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
async fn a_source_with_a_retryable_error_in_the_middle_continues_where_it_was() {
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
async fn a_source_with_a_retryable_error_shows_its_own_cursor() {
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
