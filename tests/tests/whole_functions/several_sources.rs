//! describe over several sources: their lists in one, each with its own error and cursor.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{
    AlibabaInstance, AwsCertificate, Fault, FaultRule, Fleet, Simulator, TencentInstance, Vendor,
};
use whole_function_tests::events::{self, HttpRequest, HttpTrigger, message_id};
use whole_function_tests::{HttpAnswer, Runtime};

use crate::cells::{WRONG_SECRETS, place, source, with, without};
use crate::setup::{
    alibaba_certificates, aws_certificates, full, function, function_with, in_short, invoke_within,
    problem, simulator, tencent_certificates, texts,
};

pub(crate) const SECOND_TENCENT: &str = "mqtt-second";
pub(crate) const SECOND_ALIBABA: &str = "post-cn-second";

/// So many certificates at all four vendors, and as many in a second instance of both that have
/// instances.
pub(crate) fn fleet(count: usize) -> Fleet {
    let mut fleet = full(count);
    let tencent = TencentInstance {
        instance_id: SECOND_TENCENT.to_owned(),
        region: "ap-guangzhou".to_owned(),
        certificates: tencent_certificates(count),
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

/// Those that answer, then those that will be throttled, silent, and called with a wrong secret.
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

/// How many certificates of the answer are from each provider and instance.
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
    let asked = six_sources();
    for (told, asked) in sources.iter().zip(asked.as_array().unwrap()) {
        assert_eq!(
            (&told["provider"], &told["instance_id"]),
            (&asked["provider"], &asked["instance_id"]),
            "in the order asked"
        );
    }
    for (vendor, told) in [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AlibabaCas]
        .into_iter()
        .zip(sources)
    {
        assert_eq!(
            told["provider_request_ids"].as_array().unwrap().len(),
            1,
            "{vendor:?}"
        );
        let whole = json!({ "count": 3, "total_count": 3, "consistent": true, "next_cursor": null, "error": null });
        assert_eq!(
            without(told.clone(), &["provider_request_ids"]),
            with(whole, &place(vendor)),
            "{vendor:?}"
        );
    }
    for (told, expected) in sources[3..].iter().zip([
        ("throttled", true, Some("RequestLimitExceeded")),
        ("timeout", true, None),
        (
            "provider_rejected",
            false,
            Some("InvalidSignatureException"),
        ),
    ]) {
        assert_eq!(in_short(&told["error"]), expected, "{told}");
        let nothing = json!([
            told["count"],
            told["total_count"],
            told["consistent"],
            told["next_cursor"],
            told["provider_request_ids"]
        ]);
        assert_eq!(nothing, json!([0, null, null, null, []]), "{told}");
    }
    assert_eq!(sources[3]["region"], "ap-guangzhou", "where it was asked");

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
async fn the_cursor_goes_on_with_what_failed_and_may_pass_and_not_with_what_was_refused() {
    let (simulator, mut function) = three_of_six(3).await;
    let asked = json!({ "sources": six_sources() });
    let first = invoke_within(&mut function, Duration::from_secs(6), asked.clone())
        .await
        .json();
    simulator.reset();
    let second = function
        .invoke(with(asked, &json!({ "cursor": first["next_cursor"] })))
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
        .map(|told| &told["error"])
        .collect();
    assert!(
        errors[..5].iter().all(|error| error.is_null()),
        "{errors:?}"
    );
    let refused = with(first["sources"][5].clone(), &json!({ "error": errors[5] }));
    assert_eq!(
        (in_short(errors[5]), &second["sources"][5]),
        (("provider_rejected", false, None), &refused),
        "it is told again"
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

/// Two instances of Tencent and AWS, whose records were made in turns.
fn in_turns() -> (Fleet, Value) {
    let mut fleet = fleet(40);
    let minute = 60_000;
    for (offset, instance) in fleet.tencent_mqtt.values_mut().enumerate() {
        for (number, certificate) in instance.certificates.iter_mut().enumerate() {
            certificate.created_time =
                1_742_983_115_000 + minute * i64::try_from(number * 3 + offset).unwrap();
        }
    }
    let aws: Vec<AwsCertificate> = aws_certificates(40)
        .into_iter()
        .enumerate()
        .map(|(number, one)| AwsCertificate {
            creation_date: 1_742_983_115_000 + minute * i64::try_from(number * 3 + 2).unwrap(),
            ..one
        })
        .collect();
    let sources = json!([source(Vendor::AwsIot), source(Vendor::TencentMqtt), { "provider": "tencent-mqtt", "instance_id": SECOND_TENCENT }]);
    (fleet.with(aws), sources)
}

#[tokio::test]
async fn the_merged_list_is_in_the_order_asked_over_all_answers() {
    let (fleet, sources) = in_turns();
    let simulator = simulator(fleet).await;
    let mut function = function("describe", &simulator).await;
    for order in ["created_asc", "created_desc"] {
        for limit in [7, 50, 120, 1_000] {
            let mut request = json!({ "sources": sources, "order_by": order, "limit": limit });
            let mut all: Vec<Value> = Vec::new();
            loop {
                let answer = function.invoke(request.clone()).await.json();
                let certificates = answer["certificates"].as_array().unwrap();
                assert!(
                    certificates.len() <= limit && !certificates.is_empty(),
                    "{order} {limit}"
                );
                let counted: u64 = answer["sources"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|told| told["count"].as_u64().unwrap())
                    .sum();
                assert_eq!(
                    usize::try_from(counted).unwrap(),
                    certificates.len(),
                    "{order} {limit}"
                );
                all.extend(certificates.iter().cloned());
                request["cursor"] = answer["next_cursor"].clone();
                if request["cursor"].is_null() {
                    break;
                }
            }
            let times = texts(&json!(all), "created_at");
            assert_eq!(times.len(), 120, "{order} {limit}: each once");
            let mut sorted = times.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), 120, "{order} {limit}: none twice");
            if order == "created_desc" {
                sorted.reverse();
            }
            assert_eq!(times, sorted, "{order} {limit}");
        }
    }
}

#[tokio::test]
async fn without_an_order_the_newest_come_first_and_those_without_a_time_last() {
    let simulator = simulator(fleet(3)).await;
    let mut function = function("describe", &simulator).await;
    let sources = json!([
        source(Vendor::AlibabaMqtt),
        source(Vendor::TencentMqtt),
        source(Vendor::AlibabaCas),
        source(Vendor::AwsIot)
    ]);
    let answer = function.invoke(json!({ "sources": sources })).await.json();
    let times: Vec<&Value> = answer["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["created_at"])
        .collect();
    let known: Vec<&str> = times.iter().filter_map(|time| time.as_str()).collect();
    assert!(
        known.is_sorted_by(|one, next| one >= next) && known.len() == 6,
        "{times:?}"
    );
    assert!(
        times[6..].iter().all(|time| time.is_null()) && times.len() == 12,
        "{times:?}"
    );
    // One that is asked for an order which it does not have says so, and the others answer.
    let answer = function
        .invoke(json!({ "sources": sources, "order_by": "created_desc" }))
        .await
        .json();
    let codes: Vec<&Value> = answer["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|told| &told["error"]["code"])
        .collect();
    assert_eq!(
        codes,
        [
            &json!("unsupported"),
            &Value::Null,
            &json!("unsupported"),
            &Value::Null
        ]
    );
    assert_eq!(
        (
            answer["certificates"].as_array().unwrap().len(),
            &answer["next_cursor"]
        ),
        (6, &Value::Null)
    );
}

#[tokio::test]
async fn a_sources_own_cursor_goes_on_in_a_request_for_it_alone() {
    let (fleet, sources) = in_turns();
    let simulator = simulator(fleet).await;
    let mut function = function("describe", &simulator).await;
    let answer = function
        .invoke(json!({ "sources": sources, "order_by": "created_asc", "limit": 10 }))
        .await
        .json();
    for (index, told) in answer["sources"].as_array().unwrap().iter().enumerate() {
        let alone = with(
            sources[index].clone(),
            &json!({ "order_by": "created_asc", "cursor": told["next_cursor"] }),
        );
        let rest = function.invoke(alone).await.json();
        let shown = usize::try_from(told["count"].as_u64().unwrap()).unwrap();
        assert_eq!(
            rest["certificates"].as_array().unwrap().len(),
            40 - shown,
            "{told}"
        );
    }
    let other = json!({ "sources": [sources[0]], "order_by": "created_asc", "cursor": answer["next_cursor"] });
    assert_eq!(
        problem(&function.invoke(other).await)["field"],
        "cursor",
        "the cursor of all is good for all only"
    );
}

#[tokio::test]
async fn a_source_whose_key_is_withdrawn_in_the_middle_goes_on_alone_when_it_has_one_again() {
    let (fleet, sources) = in_turns();
    let simulator = simulator(fleet).await;
    let mut function = function("describe", &simulator).await;
    let mut request = json!({ "sources": sources, "limit": 60 });
    let first = function.invoke(request.clone()).await.json();
    let place = &first["sources"][0]["next_cursor"];
    // A wrong key, and none at all.
    for unusable in [
        &WRONG_SECRETS[2..],
        &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")],
    ] {
        let mut refused = function_with("describe", &simulator, unusable).await;
        request["limit"] = json!(10);
        request["cursor"] = first["next_cursor"].clone();
        let mut answers = 0;
        while !request["cursor"].is_null() {
            let answer = refused.invoke(request.clone()).await.json();
            let told = &answer["sources"][0];
            assert_eq!(
                (&told["error"]["code"], &told["next_cursor"]),
                (&json!("provider_rejected"), place),
                "{told}"
            );
            assert_eq!(
                (
                    &told["count"],
                    answer["certificates"].as_array().unwrap().len()
                ),
                (&json!(0), 10)
            );
            request["cursor"] = answer["next_cursor"].clone();
            answers += 1;
        }
        assert_eq!(answers, 4, "what the others have left");
    }
    let shown = usize::try_from(first["sources"][0]["count"].as_u64().unwrap()).unwrap();
    let rest = function
        .invoke(with(source(Vendor::AwsIot), &json!({ "cursor": place })))
        .await
        .json();
    assert_eq!(
        (shown, rest["certificates"].as_array().unwrap().len()),
        (20, 20)
    );
}

#[tokio::test]
async fn all_stands_for_the_configured_sources_in_their_order() {
    let simulator = simulator(fleet(2)).await;
    let mut function = function_with(
        "describe",
        &simulator,
        &[("SOURCES", &six_sources().to_string())],
    )
    .await;
    let named = function
        .invoke(json!({ "sources": six_sources() }))
        .await
        .json();
    let all = function.invoke(json!({ "sources": "all" })).await.json();
    let comparable = |mut answer: Value| {
        for told in answer["sources"].as_array_mut().unwrap() {
            told["provider_request_ids"] = Value::Null;
        }
        answer
    };
    assert_eq!(comparable(all.clone()), comparable(named));
    assert_eq!(all["certificates"].as_array().unwrap().len(), 12);
    assert_eq!(all["total_count"], Value::Null, "AWS does not count");

    let mut without = crate::setup::function("describe", &simulator).await;
    let problem = problem(&without.invoke(json!({ "sources": "all" })).await);
    assert_eq!(
        (&problem["code"], &problem["field"]),
        (&json!("invalid_request"), &json!("sources"))
    );
    assert!(
        problem["detail"].as_str().unwrap().contains("SOURCES"),
        "{problem}"
    );
}

#[tokio::test]
async fn when_no_source_can_be_read_the_reason_is_the_answer() {
    let simulator = simulator(fleet(1)).await;
    let mut function = function_with("describe", &simulator, &WRONG_SECRETS).await;
    let sources = json!({ "sources": Vendor::ALL.map(source) });
    let refused = problem(&function.invoke(sources.clone()).await);
    assert_eq!(
        in_short(&refused),
        (
            "provider_rejected",
            false,
            Some("AuthFailure.SignatureFailure")
        )
    );
    // One that may pass tells the caller to try again.
    let mut function = function_with("describe", &simulator, &WRONG_SECRETS[..2]).await;
    simulator.fail(Vendor::AwsIot, FaultRule::always(Fault::Internal));
    let trigger = HttpTrigger::RestApi;
    let answer = HttpAnswer::read(
        trigger,
        &function
            .invoke(HttpRequest::post("/", &sources).event(trigger))
            .await,
    );
    assert_eq!(
        (answer.status, in_short(&answer.json())),
        (
            503,
            (
                "provider_unavailable",
                true,
                Some("InternalFailureException")
            )
        )
    );
}

#[tokio::test]
async fn a_record_comes_back_when_one_of_its_sources_may_succeed_later() {
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
