//! The numbers of several sources: counts, totals and consistency.

use super::*;

#[tokio::test(start_paused = true)]
async fn each_source_counts_its_own_and_the_answer_counts_all() {
    let clouds = clouds();
    clouds
        .devices
        .borrow_mut()
        .iter_mut()
        .filter(|device| device.provider == AwsIot)
        .take(2)
        .for_each(|device| device.status = "INACTIVE");
    let answer = perform(
        &clouds,
        &json!({"sources": every_source(), "limit": 0, "summary": true}),
    )
    .await
    .unwrap();
    assert!(answer.get("certificates").is_none());
    let counts = |answer: &Value| answer["counts"]["certificates"].as_u64().unwrap();
    assert_eq!(
        answer["sources"]
            .as_array()
            .unwrap()
            .iter()
            .map(counts)
            .collect::<Vec<_>>(),
        [5, 3, 7, 5, 4]
    );
    assert_eq!(
        (
            counts(&answer),
            &answer["counts"]["by_effective_status"]["good"]
        ),
        (24, &json!(4))
    );
    assert_eq!(answer["counts"]["by_effective_status"]["inactive"], 2);
    assert_eq!(
        answer["sources"][2]["counts"]["by_effective_status"]["inactive"],
        2
    );
    assert!(
        answer["sources"]
            .as_array()
            .unwrap()
            .iter()
            .all(|source| source["count"] == 0),
        "none is shown"
    );
}

#[tokio::test(start_paused = true)]
async fn with_a_limit_only_shown_certificates_are_counted_and_the_answers_add_up() {
    let clouds = clouds();
    let mut request = json!({"sources": every_source(), "limit": 5, "summary": true});
    let (mut counted, mut shown) = (0, 0);
    loop {
        let answer = perform(&clouds, &request).await.unwrap();
        let here = answer["counts"]["certificates"].as_u64().unwrap();
        let by_source = answer["sources"].as_array().unwrap().iter().map(|source| {
            assert_eq!(source["count"], source["counts"]["certificates"]);
            source["count"].as_u64().unwrap()
        });
        assert_eq!(by_source.sum::<u64>(), here);
        counted += here;
        shown += names(&answer).len();
        request["cursor"] = answer["next_cursor"].clone();
        if request["cursor"].is_null() {
            break;
        }
    }
    assert_eq!((counted, shown), (24, ALL_SERVED));
}

#[tokio::test(start_paused = true)]
async fn totals_are_summed_when_every_source_has_one_and_the_worst_consistency_counts() {
    let clouds = clouds();
    let brokers = json!([
        source(TencentMqtt, "mqtt-1"),
        source(AlibabaMqtt, "post-cn-1"),
        source(AlibabaPca, "")
    ]);
    assert_eq!(
        perform(&clouds, &json!({"sources": brokers}))
            .await
            .unwrap()["total_count"],
        12
    );
    // AWS lists one certificate twice.
    let repeated = Device::new(AwsIot, "", "c0", 1_735_689_600 + 7_200);
    clouds.devices.borrow_mut().push(repeated);
    let answer = perform(&clouds, &json!({"sources": every_source()}))
        .await
        .unwrap();
    assert_eq!(
        (&answer["consistent"], &answer["sources"][2]["consistent"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        (&answer["sources"][0]["consistent"], names(&answer).len()),
        (&json!(true), ALL_SERVED)
    );
}

#[test]
fn the_worst_consistency_counts() {
    let (yes, no, open) = (Some(true), Some(false), None);
    for (consistent, expected) in [
        (&[yes, yes][..], yes),
        (&[yes], yes),
        (&[yes, open], open),
        (&[open, yes], open),
        (&[open, no], no),
        (&[no, open, yes], no),
        (&[yes, yes, no], no),
        (&[open], open),
        (&[], open),
    ] {
        assert_eq!(
            super::super::super::several::combine(consistent.iter().copied()),
            expected,
            "{consistent:?}"
        );
    }
}
