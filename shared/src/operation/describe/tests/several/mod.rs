//! Several sources at once, through the real code of every provider.

mod counts;
mod cursors;
mod details;
mod failures;
mod orders;
mod permanent;
mod retryable;
mod undecided;

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorCode;
use crate::model::ProviderName::{AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::operation::Answer as _;
use crate::request;
use crate::testing::Bench;
use crate::testing::clouds::{Clouds, Device, Trouble, provider_of, source};

/// Two brokers of Tencent, AWS, Alibaba and a certificate authority. The times of the first three
/// interleave, the others have none.
fn clouds() -> Clouds {
    let hour = |hour: i64| 1_735_689_600 + hour * 3_600;
    let tencent = (0..5).map(|number| {
        Device::new(
            TencentMqtt,
            "mqtt-1",
            format!("a{number}"),
            hour(4 * number),
        )
    });
    let second = (0..5).map(|number| {
        Device::new(
            TencentMqtt,
            "mqtt-2",
            format!("b{number}"),
            hour(4 * number + 1),
        )
    });
    let aws =
        (0..7).map(|number| Device::new(AwsIot, "", format!("c{number}"), hour(4 * number + 2)));
    let alibaba =
        (0..3).map(|number| Device::new(AlibabaMqtt, "post-cn-1", format!("d{number}"), 0));
    let authority = (0..4).map(|number| Device::new(AlibabaPca, "", format!("e{number}"), 0));
    Clouds::of(
        tencent
            .chain(second)
            .chain(aws)
            .chain(alibaba)
            .chain(authority),
    )
}

/// The bytes of an answer that are no certificates'.
fn envelope_bytes(sources: usize) -> usize {
    ENVELOPE_BYTES + sources * crate::operation::describe::several::BYTES_OF_SOURCE
}

fn every_source() -> Value {
    json!([
        source(TencentMqtt, "mqtt-1"),
        source(AlibabaMqtt, "post-cn-1"),
        source(AwsIot, ""),
        source(TencentMqtt, "mqtt-2"),
        source(AlibabaPca, "")
    ])
}

const ALL_SERVED: usize = 24;

async fn perform_with(
    clouds: &Clouds,
    variables: &[(&str, &str)],
    request: &Value,
    budget: AnswerBudget,
) -> Result<Value, Error> {
    let network = clouds.network();
    let bench = Bench::with(&network, variables);
    let request = request::parse(&request.to_string()).unwrap();
    let answer = Describe::perform(&bench.context(), request, budget).await?;
    let failures = answer.failures().count();
    let answer = serde_json::to_value(answer).unwrap();
    let errors = answer["sources"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|source| !source["error"].is_null())
        .count();
    assert_eq!(failures, errors, "a queue decides by them");
    Ok(answer)
}

async fn perform(clouds: &Clouds, request: &Value) -> Result<Value, Error> {
    perform_with(clouds, &[], request, PLENTY).await
}

/// A name that distinguishes a certificate from all others.
fn name(certificate: &Value) -> String {
    let text = |member: &str| certificate[member].as_str().unwrap_or("-").to_owned();
    let name = certificate["provider_serial_number"]
        .as_str()
        .or(certificate["fingerprint_sha256"].as_str())
        .unwrap();
    format!("{} {} {name}", text("provider"), text("instance_id"))
}

fn names(answer: &Value) -> Vec<String> {
    answer["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(name)
        .collect()
}

/// The serial numbers that a request to this one source continues with.
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

/// The names of all certificates of these clouds in the order in which an answer has to have them.
fn expected(clouds: &Clouds, wanted: impl Fn(&Device) -> bool, ascending: bool) -> Vec<String> {
    let mut devices: Vec<(usize, Device)> = clouds
        .devices
        .borrow()
        .iter()
        .filter(|device| wanted(device))
        .cloned()
        .enumerate()
        .collect();
    devices.sort_by_key(|(_, device)| {
        if ascending {
            device.created
        } else {
            -device.created
        }
    });
    // Certificates without times are in the order of the sources in the request: the sort is stable,
    // and Alibaba comes before the authority.
    let name = |device: &Device| match device.provider {
        AwsIot => format!("{} - {}", device.provider, device.id()),
        AlibabaPca => format!("{} - {}", device.provider, device.serial),
        _ => format!("{} {} {}", device.provider, device.instance, device.serial),
    };
    let (timeless, timed): (Vec<_>, Vec<_>) = devices
        .into_iter()
        .partition(|(_, device)| device.created == 0);
    timed
        .iter()
        .chain(&timeless)
        .map(|(_, device)| name(device))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_lists_of_all_sources_are_interleaved_and_certificates_without_times_come_last() {
    let clouds = clouds();
    let answer = perform(&clouds, &json!({"sources": every_source()}))
        .await
        .unwrap();
    assert_eq!(names(&answer), expected(&clouds, |_| true, false));
    assert_eq!(
        (names(&answer).len(), &answer["next_cursor"]),
        (ALL_SERVED, &Value::Null)
    );
    let of = |member: &str| {
        answer["sources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|source| source[member].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("provider"),
        [TencentMqtt, AlibabaMqtt, AwsIot, TencentMqtt, AlibabaPca].map(|name| json!(name))
    );
    assert_eq!(of("count"), [5, 3, 7, 5, 4]);
    assert_eq!(
        of("total_count"),
        [json!(5), json!(3), Value::Null, json!(5), json!(4)]
    );
    assert_eq!(
        (&answer["total_count"], &answer["consistent"]),
        (&Value::Null, &json!(true))
    );
    for source in answer["sources"].as_array().unwrap() {
        assert_eq!(
            (
                &source["error"],
                &source["next_cursor"],
                &source["consistent"]
            ),
            (&Value::Null, &Value::Null, &json!(true))
        );
        assert!(source.get("counts").is_none());
    }
    // AWS has its request ids in a header, which these answers lack.
    let named = |id: &str| json!([id]);
    assert_eq!(
        of("provider_request_ids"),
        [
            named("tencent-id"),
            named("alibaba-id"),
            json!([]),
            named("tencent-id"),
            named("pca-id")
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_shows_its_source_beside_all_members_of_a_single_source() {
    let clouds = clouds();
    let several = perform(
        &clouds,
        &json!({"sources": [source(TencentMqtt, "mqtt-1"), source(AlibabaPca, "")]}),
    )
    .await
    .unwrap();
    let mut certificates = several["certificates"].as_array().unwrap().clone();
    let one = perform(&clouds, &source(TencentMqtt, "mqtt-1"))
        .await
        .unwrap();
    let authority = perform(&clouds, &source(AlibabaPca, "")).await.unwrap();
    let mut alone: Vec<Value> = Vec::new();
    for answer in [&one, &authority] {
        for certificate in answer["certificates"].as_array().unwrap() {
            let mut sourced = certificate.clone();
            for member in ["provider", "region", "instance_id"] {
                sourced[member] = answer[member].clone();
            }
            alone.push(sourced);
        }
    }
    let key = |certificate: &Value| certificate["provider_serial_number"].to_string();
    certificates.sort_by_key(key);
    alone.sort_by_key(key);
    assert_eq!(certificates, alone);
}

#[tokio::test(start_paused = true)]
async fn all_stands_for_the_configured_sources() {
    let clouds = clouds();
    let variable = every_source().to_string();
    let all = perform_with(
        &clouds,
        &[("SOURCES", &variable)],
        &json!({"sources": "all", "limit": 7}),
        PLENTY,
    )
    .await
    .unwrap();
    let these = perform(&clouds, &json!({"sources": every_source(), "limit": 7}))
        .await
        .unwrap();
    assert_eq!(all, these, "down to the cursor");
    let error = perform(&clouds, &json!({"sources": "all"}))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::InvalidRequest, Some("sources"))
    );
    assert!(error.detail.contains("SOURCES"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_source_takes_the_configured_region_and_shows_it() {
    let clouds = clouds();
    let variables = [
        ("AWS_REGION", "eu-west-1"),
        ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
    ];
    let request = json!({"sources": [{"provider": "aws-iot"}, {"provider": "alibaba-pca"}]});
    let answer = perform_with(&clouds, &variables, &request, PLENTY)
        .await
        .unwrap();
    assert_eq!(
        (
            &answer["sources"][0]["region"],
            &answer["sources"][1]["region"]
        ),
        (&json!("eu-west-1"), &json!("cn-hangzhou"))
    );
    assert_eq!(names(&answer).len(), 11);
}

#[tokio::test(start_paused = true)]
async fn two_names_of_one_source_are_refused_before_any_call() {
    let variables = [
        ("AWS_REGION", "eu-west-1"),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
    ];
    let broker = source(TencentMqtt, "mqtt-1");
    for (sources, same) in [
        (
            json!([{"provider": "aws-iot"}, source(AwsIot, "")]),
            ["0", "1"],
        ),
        (
            json!([source(AwsIot, ""), broker, {"provider": "aws-iot"}]),
            ["0", "2"],
        ),
        (
            json!([source(AlibabaPca, ""), {"provider": "tencent-mqtt", "instance_id": "mqtt-1"}, broker]),
            ["1", "2"],
        ),
    ] {
        for requested in [sources.clone(), json!("all")] {
            let network = crate::testing::network::Network::queue([]);
            let configured = sources.to_string();
            let bench = Bench::with(
                &network,
                &[&variables[..], &[("SOURCES", &configured)]].concat(),
            );
            let request = request::parse(&json!({ "sources": requested }).to_string()).unwrap();
            let error = Describe::perform(&bench.context(), request, PLENTY)
                .await
                .unwrap_err();
            assert_eq!(
                (error.code, error.field.as_deref()),
                (ErrorCode::InvalidRequest, Some("sources")),
                "{sources}"
            );
            assert!(
                error
                    .detail
                    .contains(&format!("sources {} and {}", same[0], same[1])),
                "{error}"
            );
        }
    }
    // Another region or instance is another source.
    let others = json!([{"provider": "tencent-mqtt", "instance_id": "mqtt-1"}, source(TencentMqtt, "mqtt-2"), {"provider": "aws-iot"}]);
    assert_eq!(
        names(
            &perform_with(&clouds(), &variables, &json!({ "sources": others }), PLENTY)
                .await
                .unwrap()
        )
        .len(),
        17
    );
}

#[tokio::test(start_paused = true)]
async fn the_default_provider_is_no_source_of_its_own() {
    let answer = perform_with(
        &clouds(),
        &[("DEFAULT_PROVIDER", "tencent-mqtt")],
        &json!({"sources": [source(AwsIot, "")]}),
        PLENTY,
    )
    .await;
    assert_eq!(names(&answer.unwrap()).len(), 7);
}
