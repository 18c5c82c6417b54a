//! Several sources that look up the same certificates.

use super::*;
use crate::model::ProviderName::{self, AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::testing::clouds::{Clouds, Device, Trouble, source};

/// The first broker knows `a1` and `a2`, the second `a2` and `a3`, and the authority `a3`. AWS has
/// another certificate.
pub(super) fn clouds() -> Clouds {
    let known = [
        (TencentMqtt, "mqtt-1", "a1"),
        (TencentMqtt, "mqtt-1", "a2"),
        (TencentMqtt, "mqtt-2", "a2"),
        (TencentMqtt, "mqtt-2", "a3"),
        (AlibabaPca, "", "a3"),
        (AwsIot, "", "c1"),
        (AlibabaMqtt, "post-cn-1", "d1"),
    ];
    Clouds::of(
        known.map(|(provider, instance, serial)| {
            Device::new(provider, instance, serial, 1_735_689_600)
        }),
    )
}

fn brokers() -> Value {
    json!([
        source(TencentMqtt, "mqtt-1"),
        source(TencentMqtt, "mqtt-2"),
        source(AlibabaPca, "")
    ])
}

fn named(serials: &[&str]) -> Vec<Value> {
    serials
        .iter()
        .map(|serial| json!({"serial_number": serial}))
        .collect()
}

/// The answer, and the number of failures that decide about redelivery.
async fn perform(
    clouds: &Clouds,
    variables: &[(&str, &str)],
    request: &Value,
) -> Result<(Value, usize), Error> {
    let network = clouds.network();
    let bench = Bench::with(&network, variables);
    let answer = Status::perform(
        &bench.context(),
        request::parse(&request.to_string()).unwrap(),
        BUDGET,
    )
    .await?;
    let failures = answer.failures().count();
    Ok((serde_json::to_value(answer).unwrap(), failures))
}

async fn ask(clouds: &Clouds, sources: &Value, certificates: Vec<Value>) -> Value {
    perform(
        clouds,
        &[],
        &json!({"sources": sources, "certificates": certificates}),
    )
    .await
    .unwrap()
    .0
}

/// Serial number, source, status and error code of each result.
fn lines(answer: &Value) -> Vec<String> {
    let line = |result: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        assert_eq!(result["found"] == true, !result["provider"].is_null());
        let source = [&result["provider"], &result["instance_id"]]
            .map(text)
            .join(" ");
        [
            text(&result["serial_number"]),
            source,
            text(&result["status"]),
            text(&result["error"]["code"]),
        ]
        .join(" ")
    };
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

fn of_sources(answer: &Value, member: &str) -> Vec<Value> {
    answer["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source[member].clone())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn results_are_in_the_order_of_the_certificates_and_then_of_the_sources() {
    let answer = ask(
        &clouds(),
        &brokers(),
        named(&["a3", "a1", "ff", "a2", "a3"]),
    )
    .await;
    let of_a3 = ["a3 tencent-mqtt mqtt-2 active -", "a3 alibaba-pca - good -"];
    let others = [
        "a1 tencent-mqtt mqtt-1 active -",
        "ff - - unknown -",
        "a2 tencent-mqtt mqtt-1 active -",
        "a2 tencent-mqtt mqtt-2 active -",
    ];
    assert_eq!(lines(&answer), [&of_a3[..], &others, &of_a3].concat());
    assert_eq!(
        (of_sources(&answer, "found"), of_sources(&answer, "failed")),
        (vec![json!(2), json!(3), json!(2)], vec![json!(0); 3])
    );
    assert_eq!(
        of_sources(&answer, "error"),
        [Value::Null, Value::Null, Value::Null]
    );
    assert_eq!(answer["results"][0]["region"], "ap-guangzhou");
    assert!(
        answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result.get("flags").is_none() && result.get("cross_check").is_none())
    );
    assert_eq!(
        (&answer["operation"], &answer["provider_request_ids"]),
        (&json!("status"), &json!([]))
    );
    assert!(
        of_sources(&answer, "provider_request_ids")
            .iter()
            .all(|ids| !ids.as_array().unwrap().is_empty())
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_no_source_knows_is_not_found_and_nothing_decides_whether_it_is_usable()
{
    let answer = ask(&clouds(), &brokers(), named(&["ff"])).await;
    let result = &answer["results"][0];
    assert_eq!(
        (&result["found"], &result["usable"], &result["error"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (
            &result["region"],
            answer["results"].as_array().unwrap().len()
        ),
        (&Value::Null, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn while_one_source_fails_nothing_is_not_found_and_the_others_still_answer() {
    for (trouble, code) in [
        (Trouble::Busy, "throttled"),
        (Trouble::Refusing, "provider_rejected"),
    ] {
        let clouds = clouds().with(AlibabaPca, trouble);
        let (answer, failures) = perform(
            &clouds,
            &[],
            &json!({"sources": brokers(), "certificates": named(&["a1", "ff", "a3"])}),
        )
        .await
        .unwrap();
        let expected = [
            "a1 tencent-mqtt mqtt-1 active -".to_owned(),
            format!("ff - - unknown {code}"),
            "a3 tencent-mqtt mqtt-2 active -".to_owned(),
        ];
        assert_eq!(lines(&answer), expected);
        assert_eq!(of_sources(&answer, "failed"), [0, 0, 3]);
        assert_eq!(
            (&answer["sources"][2]["error"]["code"], failures),
            (&json!(code), 1)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_cannot_be_reached_at_all_has_failed_for_every_certificate() {
    let variables = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
    ];
    let request = json!({"sources": brokers(), "certificates": named(&["a1", "ff"])});
    let (answer, failures) = perform(&clouds(), &variables, &request).await.unwrap();
    assert_eq!(
        lines(&answer),
        [
            "a1 tencent-mqtt mqtt-1 active -",
            "ff - - unknown provider_rejected"
        ]
    );
    let source = &answer["sources"][2];
    assert_eq!(
        (&source["found"], &source["failed"], &source["region"]),
        (&json!(0), &json!(2), &json!("cn-hangzhou"))
    );
    assert_eq!(
        (&source["error"]["code"], failures),
        (&json!("provider_rejected"), 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_does_not_look_up_names_that_it_cannot_find() {
    let sources = json!([
        source(TencentMqtt, "mqtt-1"),
        source(AwsIot, ""),
        source(AlibabaMqtt, "post-cn-1")
    ]);
    let id = Device::new(AwsIot, "", "c1", 0).id();
    let certificates = vec![
        json!({"serial_number": "a1"}),
        json!({"fingerprint_sha256": id}),
        json!({"serial_number": "d1", "ca_serial_number": "0b"}),
        json!({"serial_number": "ff"}),
    ];
    let request = json!({"sources": sources, "certificates": certificates});
    let (answer, failures) = perform(&clouds(), &[], &request).await.unwrap();
    let expected = [
        "a1 tencent-mqtt mqtt-1 active -",
        "- aws-iot - active -",
        "d1 alibaba-mqtt post-cn-1 active -",
    ];
    assert_eq!(lines(&answer)[..3], expected);
    assert_eq!(
        lines(&answer)[3],
        "ff - - unknown invalid_request",
        "AWS and Alibaba could not look it up, so it may be there"
    );
    assert_eq!(
        (of_sources(&answer, "found"), of_sources(&answer, "failed")),
        (vec![json!(1); 3], vec![json!(1), json!(3), json!(3)])
    );
    assert_eq!(
        of_sources(&answer, "error")[1]["field"],
        "fingerprint_sha256"
    );
    assert_eq!(failures, 0, "another delivery would not name them better");
}

#[tokio::test(start_paused = true)]
async fn a_retryable_error_comes_before_names_that_a_source_cannot_find() {
    for sources in [
        json!([source(AwsIot, ""), source(AlibabaPca, "")]),
        json!([source(AlibabaPca, ""), source(AwsIot, "")]),
    ] {
        let clouds = clouds().with(AlibabaPca, Trouble::Busy);
        let certificates = vec![
            json!({"serial_number": "ff"}),
            json!({"fingerprint_sha256": Device::new(AwsIot, "", "c1", 0).id()}),
        ];
        let (answer, _) = perform(
            &clouds,
            &[],
            &json!({"sources": sources, "certificates": certificates}),
        )
        .await
        .unwrap();
        assert_eq!(
            lines(&answer),
            ["ff - - unknown throttled", "- aws-iot - active -"],
            "{sources}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn when_every_source_fails_the_error_is_the_answer_and_a_retryable_one_comes_first() {
    let request = json!({"sources": brokers(), "certificates": named(&["a1"])});
    for (tencent, authority, expected) in [
        (Trouble::Busy, Trouble::Refusing, ErrorCode::Throttled),
        (Trouble::Refusing, Trouble::Busy, ErrorCode::Throttled),
        (
            Trouble::Refusing,
            Trouble::Refusing,
            ErrorCode::ProviderRejected,
        ),
    ] {
        let clouds = clouds()
            .with(TencentMqtt, tencent)
            .with(AlibabaPca, authority);
        assert_eq!(
            perform(&clouds, &[], &request).await.unwrap_err().code,
            expected,
            "{tencent:?} {authority:?}"
        );
    }
    let nameless = json!({"sources": [source(AwsIot, ""), source(AlibabaMqtt, "post-cn-1")], "certificates": named(&["a1"])});
    assert_eq!(
        perform(&clouds(), &[], &nameless).await.unwrap_err().code,
        ErrorCode::InvalidRequest,
        "no source can look it up so"
    );
}

#[tokio::test(start_paused = true)]
async fn all_stands_for_the_configured_sources() {
    let variable = brokers().to_string();
    let request =
        |sources: Value| json!({"sources": sources, "certificates": named(&["a3", "a1"])});
    let all = perform(&clouds(), &[("SOURCES", &variable)], &request(json!("all")))
        .await
        .unwrap();
    assert_eq!(
        all,
        perform(&clouds(), &[], &request(brokers())).await.unwrap()
    );
    let error = perform(&clouds(), &[], &request(json!("all")))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::InvalidRequest, Some("sources"))
    );
}

#[tokio::test(start_paused = true)]
async fn two_names_of_one_source_are_refused_before_any_call() {
    let network = clouds().network();
    let bench = Bench::with(&network, &[("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")]);
    let sources =
        json!([source(AlibabaPca, ""), source(TencentMqtt, "mqtt-1"), {"provider": "alibaba-pca"}]);
    let request = json!({"sources": sources, "certificates": named(&["a3"])});
    let error = Status::perform(
        &bench.context(),
        request::parse(&request.to_string()).unwrap(),
        BUDGET,
    )
    .await
    .unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::InvalidRequest, Some("sources"))
    );
    assert!(error.detail.contains("sources 0 and 2"), "{error}");
    assert!(network.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn each_source_looks_up_once_a_certificate_that_is_named_twice() {
    let network = clouds().network();
    let bench = Bench::new(&network);
    let request =
        json!({"sources": [source(AlibabaPca, "")], "certificates": named(&["a3", "A3", "0xa3"])});
    Status::perform(
        &bench.context(),
        request::parse(&request.to_string()).unwrap(),
        BUDGET,
    )
    .await
    .unwrap();
    assert_eq!(
        network.each(|sent| requested(&sent.request).join(",")),
        ["a3"]
    );
}

/// A certificate at a provider. The tests of cross checks use it, too.
pub(super) fn device(
    provider: ProviderName,
    instance: &'static str,
    serial: &str,
    status: &'static str,
) -> Device {
    Device {
        status,
        ..Device::new(provider, instance, serial, 1_735_689_600)
    }
}
