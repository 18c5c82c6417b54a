//! describe over several sources: their lists in one, each with its own error and cursor.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{AlibabaInstance, Fault, FaultRule, Fleet, Simulator, TencentInstance, Vendor};
use whole_function_tests::Runtime;
use whole_function_tests::events::{self, message_id};

use crate::cells::{WRONG_SECRETS, place, source, with, without};
use crate::setup::{
    alibaba_certificates, full, function, function_with, in_short, invoke_within, simulator,
    tencent_certificates,
};

pub(crate) const SECOND_TENCENT: &str = "mqtt-second";
pub(crate) const SECOND_ALIBABA: &str = "post-cn-second";

/// This many certificates at all four vendors, and as many in a second instance of both that have
/// instances.
pub(crate) fn fleet(count: usize) -> Fleet {
    let mut fleet = full(count);
    let tencent = TencentInstance {
        instance_id: SECOND_TENCENT.to_owned(),
        region: "ap-guangzhou".to_owned(),
        certificates: tencent_certificates(count),
        ..TencentInstance::default()
    };
    fleet
        .tencent_mqtt
        .insert(SECOND_TENCENT.to_owned(), tencent);
    let alibaba = AlibabaInstance {
        instance_id: SECOND_ALIBABA.to_owned(),
        certificates: alibaba_certificates(count),
    };
    fleet
        .alibaba_mqtt
        .insert(SECOND_ALIBABA.to_owned(), alibaba);
    fleet
}

/// Three sources that answer, and three that are throttled, silent, and called with a wrong secret.
pub(crate) fn six_sources() -> Value {
    json!([
        source(Vendor::TencentMqtt),
        source(Vendor::AlibabaMqtt),
        source(Vendor::AlibabaCas),
        { "provider": "tencent-mqtt", "instance_id": SECOND_TENCENT },
        { "provider": "alibaba-mqtt", "instance_id": SECOND_ALIBABA },
        source(Vendor::AwsIot)
    ])
}

/// Each vendor's certificates, a function whose secret for AWS is wrong, and two instances that do
/// not answer.
async fn three_of_six(count: usize) -> (Simulator, Runtime) {
    let simulator = simulator(fleet(count)).await;
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::always(Fault::Throttle).containing(SECOND_TENCENT),
    );
    simulator.fail(
        Vendor::AlibabaMqtt,
        FaultRule::always(Fault::Stall).containing(SECOND_ALIBABA),
    );
    let function = function_with("describe", &simulator, &[WRONG_SECRETS[2]]).await;
    (simulator, function)
}

/// Number of certificates in the answer by provider and instance.
fn by_source(answer: &Value) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for one in answer["certificates"].as_array().unwrap() {
        *counts
            .entry(format!("{} {}", one["provider"], one["instance_id"]))
            .or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn three_lists_and_three_errors_are_one_answer_before_the_deadline() {
    let (_simulator, mut function) = three_of_six(3).await;
    let deadline = Duration::from_secs(6);
    let begun = Instant::now();
    let answer = invoke_within(&mut function, deadline, json!({ "sources": six_sources() }))
        .await
        .json();
    assert!(begun.elapsed() < deadline, "{:?}", begun.elapsed());

    assert_eq!(
        (&answer["operation"], answer.get("provider")),
        (&json!("describe"), None)
    );
    let sources = answer["sources"].as_array().unwrap();
    let requested = six_sources();
    for (actual, requested) in sources.iter().zip(requested.as_array().unwrap()) {
        assert_eq!(
            (&actual["provider"], &actual["instance_id"]),
            (&requested["provider"], &requested["instance_id"]),
            "in the order of the request"
        );
    }
    for (vendor, actual) in [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AlibabaCas]
        .into_iter()
        .zip(sources)
    {
        assert_eq!(
            actual["provider_request_ids"].as_array().unwrap().len(),
            1,
            "{vendor:?}"
        );
        let whole = json!({ "count": 3, "total_count": 3, "consistent": true, "next_cursor": null, "error": null });
        assert_eq!(
            without(actual.clone(), &["provider_request_ids"]),
            with(whole, &place(vendor)),
            "{vendor:?}"
        );
    }
    for (actual, expected) in sources[3..].iter().zip([
        ("throttled", true, Some("RequestLimitExceeded")),
        ("timeout", true, None),
        (
            "provider_rejected",
            false,
            Some("InvalidSignatureException"),
        ),
    ]) {
        assert_eq!(in_short(&actual["error"]), expected, "{actual}");
        let nothing = json!([
            actual["count"],
            actual["total_count"],
            actual["consistent"],
            actual["next_cursor"],
            actual["provider_request_ids"]
        ]);
        assert_eq!(nothing, json!([0, null, null, null, []]), "{actual}");
    }
    assert_eq!(sources[3]["region"], "ap-guangzhou", "where it was queried");

    let counts: Vec<u64> = by_source(&answer).into_values().collect();
    assert_eq!(counts, [3, 3, 3]);
    assert_eq!(
        (&answer["total_count"], &answer["consistent"]),
        (&Value::Null, &json!(true)),
        "the whole is not known"
    );
    assert!(
        answer["next_cursor"].is_string(),
        "two sources may succeed another time"
    );
}

#[tokio::test]
async fn the_cursor_retries_sources_that_failed_for_now_and_not_refused_ones() {
    let (simulator, mut function) = three_of_six(3).await;
    let requested = json!({ "sources": six_sources() });
    let first = invoke_within(&mut function, Duration::from_secs(6), requested.clone())
        .await
        .json();
    simulator.reset();
    let second = function
        .invoke(with(requested, &json!({ "cursor": first["next_cursor"] })))
        .await
        .json();
    assert_eq!(second["next_cursor"], Value::Null);
    let expected = [
        ("\"alibaba-mqtt\" \"post-cn-second\"".to_owned(), 3),
        ("\"tencent-mqtt\" \"mqtt-second\"".to_owned(), 3),
    ];
    assert_eq!(by_source(&second), expected.into());
    let errors: Vec<&Value> = second["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|actual| &actual["error"])
        .collect();
    assert!(
        errors[..5].iter().all(|error| error.is_null()),
        "{errors:?}"
    );
    let refused = with(first["sources"][5].clone(), &json!({ "error": errors[5] }));
    assert_eq!(
        (in_short(errors[5]), &second["sources"][5]),
        (("provider_rejected", false, None), &refused),
        "it is reported again"
    );
    assert!(
        simulator
            .calls()
            .iter()
            .all(|call| call.vendor != Vendor::AwsIot),
        "a refusal is not repeated"
    );
    assert_eq!(
        simulator.calls().len(),
        2,
        "and what was read is not read again"
    );
}

#[tokio::test]
async fn a_record_is_redelivered_when_one_of_its_sources_may_succeed_later() {
    let simulator = simulator(fleet(1)).await;
    let mut function = function("describe", &simulator).await;
    let good =
        json!({ "sources": [source(Vendor::AlibabaMqtt), source(Vendor::AlibabaCas)] }).to_string();
    let mixed = json!({ "sources": [source(Vendor::AlibabaMqtt), source(Vendor::TencentMqtt)] })
        .to_string();
    let nowhere = json!({ "sources": [source(Vendor::AlibabaMqtt), { "provider": "alibaba-mqtt", "instance_id": "nowhere" }] }).to_string();
    let rule = FaultRule::times(Fault::Internal, 3);
    simulator.fail(Vendor::TencentMqtt, rule);
    let batch = events::sqs(&[good, mixed, nowhere]);
    assert_eq!(
        function.invoke(&batch).await.batch_item_failures(),
        [message_id(1)],
        "an unknown instance is an outcome"
    );
    assert_eq!(function.invoke(&batch).await.batch_item_failures(), [""; 0]);
}
