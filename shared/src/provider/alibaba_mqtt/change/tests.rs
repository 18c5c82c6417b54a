//! Changes, and the evidence in their answers.

use serde_json::json;

use super::super::tests::{certificate, reference, unknown, vendor};
use super::*;
use crate::error::ErrorCode;
use crate::model::LifecycleStatus;
use crate::testing::network::{Network, answer, ok, recorded};
use crate::testing::{Bench, find_one, read_one, target};

async fn found() -> FoundCertificate {
    let network = vendor(&[("0A", "0b")]);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    find_one(&provider, &reference("0A", "0b"), Spellings::Own)
        .await
        .unwrap()
        .unwrap()
}

async fn inactivate(network: &Network) -> Result<Option<ConfirmedWrite>, Failure> {
    bring_into(network, Target::Inactive).await
}

async fn bring_into(network: &Network, status: Target) -> Result<Option<ConfirmedWrite>, Failure> {
    let found = found().await;
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    provider.set(&found, status).await
}

#[tokio::test(start_paused = true)]
async fn an_order_is_a_post() {
    for (status, action) in [
        (Target::Inactive, "InactivateDeviceCertificate"),
        (Target::Active, "ActiveDeviceCertificate"),
    ] {
        let network = Network::queue([ok(&json!({"RequestId": "id-2", "DeviceSn": "0A"}))]);
        let written = bring_into(&network, status).await.unwrap().unwrap();
        assert_eq!(written.request_id.as_deref(), Some("id-2"));
        let sent = &network.sent()[0];
        assert_eq!(
            (sent.request.method().clone(), sent.header("x-acs-action")),
            (Method::POST, Some(action))
        );
        assert_eq!(sent.header("x-acs-version"), Some("2020-04-20"));
        assert_eq!(
            sent.url(),
            "https://onsmqtt.cn-hangzhou.aliyuncs.com/?CaSn=0b&DeviceSn=0A&MqttInstanceId=post-cn-1"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_is_read_again_under_the_texts_that_an_order_uses() {
    let found = found().await;
    for (given, expected) in [
        (
            certificate("0A", "0b", "0"),
            Some(LifecycleStatus::Inactive),
        ),
        (unknown(), None),
    ] {
        let network = Network::queue([given]);
        let bench = Bench::new(&network);
        let context = bench.context();
        let read = read_one(
            &AlibabaMqtt::new(&context, target(API.provider)).unwrap(),
            &found,
        )
        .await
        .unwrap();
        assert_eq!(read.map(|read| read.certificate.status), expected);
        assert!(
            network.sent()[0]
                .url()
                .ends_with("/?CaSn=0b&DeviceSn=0A&MqttInstanceId=post-cn-1")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_answer_cannot_be_trusted_may_have_acted() {
    for (given, code) in [
        (
            ok(&json!({"RequestId": "id-1", "DeviceSn": "0B"})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            ok(&json!({"RequestId": "id-1"})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            ok(&json!({"DeviceSn": "0A"})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            ok(&json!({"RequestId": "id-1", "DeviceSn": 10})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (answer(200, "<html>"), ErrorCode::ProviderInvalidResponse),
        (
            ok(&json!(["id-1", "0a"])),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            ok(&json!({"Code": "200", "RequestId": "id-1", "DeviceSn": "0A"})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            recorded("alibaba-mqtt/Any.error-system-overflow"),
            ErrorCode::ProviderUnavailable,
        ),
        (
            recorded("alibaba-mqtt/Any.error-internal"),
            ErrorCode::ProviderUnavailable,
        ),
    ] {
        let network = Network::queue([given]);
        let failure = inactivate(&network).await.unwrap_err();
        assert_eq!((failure.error.code, failure.may_have_acted), (code, true));
        assert_eq!(network.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_with_odd_members_is_one_only_where_both_names_can_be_read() {
    for (body, is_confirmed) in [
        (
            r#"{"RequestId": "id-2", "DeviceSn": "0A", "Odd": "\ud83d", "Far": 1e400}"#,
            true,
        ),
        (
            r#"{"RequestId": "id-2", "DeviceSn": "0A", "DeviceSn": "0A"}"#,
            true,
        ),
        (r#"{"RequestId": 7, "DeviceSn": "a"}"#, true),
        (
            r#"{"RequestId": "id-2", "DeviceSn": "0A", "DeviceSn": "0B"}"#,
            false,
        ),
        (
            r#"{"RequestId": "id-2", "RequestId": "id-3", "DeviceSn": "0A"}"#,
            false,
        ),
        (r#"{"RequestId": "\ud83d", "DeviceSn": "0A"}"#, false),
        (r#"{"RequestId": null, "DeviceSn": "0A"}"#, false),
        (r#"{"RequestId": "id-2", "DeviceSn": ["0A"]}"#, false),
        (r#"{"RequestId": "id-2", "DeviceSn": ""}"#, false),
        (
            r#"{"RequestId": "id-2", "DeviceSn": "0A", "Code": 0}"#,
            false,
        ),
        (
            r#"{"RequestId": "id-2", "DeviceSn": "0A", "Code": "\ud83d"}"#,
            false,
        ),
        (
            r#"{"RequestId": "id-2", "DeviceSn": "0A", "Code": "OK", "Code": "InternalError"}"#,
            false,
        ),
    ] {
        let network = Network::queue([answer(200, body)]);
        match inactivate(&network).await {
            Ok(confirmed) => assert!(is_confirmed && confirmed.is_some(), "{body}"),
            Err(failure) => {
                assert!(!is_confirmed, "{body}");
                assert_eq!(failure.error.code, ErrorCode::ProviderInvalidResponse);
                assert!(failure.may_have_acted, "{body}");
            }
        }
        assert_eq!(network.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_changed_under_texts_that_are_no_numbers() {
    let found = FoundCertificate {
        key: "vin-1".to_owned(),
        ca_key: Some("ca-******".to_owned()),
        ..found().await
    };
    for (shown, is_confirmed) in [("vin-1", true), ("VIN-1", false), ("vin-2", false)] {
        let network = Network::queue([ok(&json!({"RequestId": "id-2", "DeviceSn": shown}))]);
        let bench = Bench::new(&network);
        let context = bench.context();
        let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
        let changed = provider.set(&found, Target::Inactive).await;
        assert_eq!(changed.is_ok(), is_confirmed, "{shown}");
        assert!(
            network.sent()[0]
                .url()
                .contains("CaSn=ca-%2A%2A%2A%2A%2A%2A&DeviceSn=vin-1&"),
            "{}",
            network.sent()[0].url()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_has_not_acted() {
    for case in [
        "owner",
        "owner-older",
        "parameter-400",
        "parameter-500",
        "permission",
        "instance-not-found",
    ] {
        let network = Network::queue([recorded(&format!(
            "alibaba-mqtt/InactivateDeviceCertificate.error-{case}"
        ))]);
        let failure = inactivate(&network).await.unwrap_err();
        let code = if case == "instance-not-found" {
            ErrorCode::NotFound
        } else {
            ErrorCode::ProviderRejected
        };
        assert_eq!(
            (failure.error.code, failure.may_have_acted),
            (code, false),
            "{case}"
        );
    }
    assert!(
        inactivate(&Network::queue([unknown()]))
            .await
            .unwrap()
            .is_none(),
        "it is gone"
    );
}

#[tokio::test(start_paused = true)]
async fn a_throttled_order_is_given_again() {
    let network = Network::queue([
        recorded("alibaba-common/Any.error-throttling"),
        ok(&json!({"RequestId": "id-2", "DeviceSn": "a"})),
    ]);
    assert_eq!(
        inactivate(&network)
            .await
            .unwrap()
            .unwrap()
            .request_id
            .as_deref(),
        Some("id-2")
    );
    assert_eq!(network.sent().len(), 2);
}
