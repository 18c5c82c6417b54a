//! Finding one certificate, reading it again, inactivating it.

use serde_json::{Value, json};

use super::super::NAME;
use super::super::tests::{named, refused};
use super::*;
use crate::error::ErrorCode;
use crate::model::LifecycleStatus;
use crate::testing::network::{Answer, Network, answer, ok, recorded};
use crate::testing::{Bench, find_one, read_one, target};
use crate::transport::SendError;

fn certificate(serial: &str, status: &str) -> Answer {
    ok(
        &json!({"Response": {"DeviceCertificateSn": serial, "Status": status, "CaSn": "0b", "RequestId": "id-1"}}),
    )
}

/// The serial number that a call is about.
fn requested_number(body: &[u8]) -> String {
    serde_json::from_slice::<Value>(body).unwrap()["DeviceCertificateSn"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A vendor that knows an active certificate under exactly this text.
fn vendor(known: &'static str) -> Network {
    Network::new(move |request| match requested_number(request.body()) {
        text if text == known => certificate(known, "ACTIVE"),
        _ => recorded("tencent-mqtt/RevokedDeviceCertificate.error-certificate-not-found"),
    })
}

fn requested(network: &Network) -> Vec<String> {
    network.each(|sent| requested_number(sent.request.body()))
}

/// Under the caller's own spelling, then under the others.
async fn find(network: &Network, serial_number: &str) -> Result<Option<FoundCertificate>, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    let reference = named(serial_number);
    match find_one(&provider, &reference, Spellings::Own).await? {
        Some(found) => Ok(Some(found)),
        None => find_one(&provider, &reference, Spellings::Others).await,
    }
}

async fn found() -> FoundCertificate {
    find(&Network::queue([certificate("00AB", "ACTIVE")]), "ab")
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
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    provider.set(&found, status).await
}

#[tokio::test(start_paused = true)]
async fn a_read_and_a_write_have_the_documented_form() {
    let looks = vendor("ab");
    find(&looks, "ab").await.unwrap().unwrap();
    let orders = Network::queue([recorded("tencent-mqtt/DeactivateDeviceCertificate.ok")]);
    let written = inactivate(&orders).await.unwrap().unwrap();
    assert_eq!(
        written.request_id.as_deref(),
        Some("f33b58df-866a-4ff0-b047-f9d72c4e08ea")
    );
    let undoings = Network::queue([ok(&json!({"Response": {"RequestId": "id-2"}}))]);
    let written = bring_into(&undoings, Target::Active)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(written.request_id.as_deref(), Some("id-2"));
    for (network, action, serial) in [
        (looks, "DescribeDeviceCertificate", "ab"),
        (orders, "DeactivateDeviceCertificate", "00AB"),
        (undoings, "ActivateDeviceCertificate", "00AB"),
    ] {
        let sent = network.sent();
        assert_eq!(sent[0].header("x-tc-action"), Some(action));
        assert_eq!(
            sent[0].body(),
            json!({"InstanceId": "mqtt-1", "DeviceCertificateSn": serial})
        );
    }
}

#[tokio::test(start_paused = true)]
async fn every_spelling_is_tried_the_callers_own_first() {
    let network = vendor("none of them");
    assert!(find(&network, "0x0AB").await.unwrap().is_none());
    assert_eq!(
        requested(&network),
        ["0AB", "ab", "AB", "00ab", "00AB"],
        "nothing is called not found before"
    );
    let network = vendor("AB");
    assert_eq!(find(&network, "0x0AB").await.unwrap().unwrap().key, "AB");
    assert_eq!(
        requested(&network),
        ["0AB", "ab", "AB"],
        "and none after it is found"
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_known_by_the_text_that_the_vendor_gave() {
    let network = Network::new(|_| certificate("00AB", "INACTIVE"));
    let read = find(&network, "ab").await.unwrap().unwrap();
    assert_eq!(
        (
            read.key.as_str(),
            read.ca_key.as_deref(),
            read.request_id.as_deref()
        ),
        ("00AB", None, Some("id-1"))
    );
    assert_eq!(read.certificate.status, LifecycleStatus::Inactive);
    let bench = Bench::new(&network);
    let context = bench.context();
    read_one(&TencentMqtt::new(&context, target(NAME)).unwrap(), &read)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(requested(&network), ["ab", "00AB"]);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_not_there_is_an_unknown_certificate_but_the_instance() {
    for code in [
        "ResourceNotFound",
        "ResourceNotFound.Certificate",
        "ResourceNotFound.Ca",
        "ResourceNotFound.New",
    ] {
        assert!(
            find(&Network::new(move |_| refused(code)), "ab")
                .await
                .unwrap()
                .is_none(),
            "{code}"
        );
        assert!(
            inactivate(&Network::queue([refused(code)]))
                .await
                .unwrap()
                .is_none(),
            "{code}"
        );
    }
    let network = Network::new(|_| recorded("tencent-mqtt/Any.error-instance-not-found"));
    assert_eq!(
        find(&network, "ab").await.unwrap_err().code,
        ErrorCode::NotFound
    );
    assert_eq!(network.sent().len(), 1, "no other spelling helps");
    let failure = inactivate(&network).await.unwrap_err();
    assert_eq!(
        (failure.error.code, failure.may_have_acted),
        (ErrorCode::NotFound, false)
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_another_certificate_is_not_believed() {
    for stated in ["ac", "", "ab******", "0ab0"] {
        let network = Network::new(move |_| certificate(stated, "ACTIVE"));
        let error = find(&network, "ab").await.unwrap_err();
        assert_eq!(
            (error.code, network.sent().len()),
            (ErrorCode::ProviderInvalidResponse, 3),
            "{stated}"
        );
    }
    for nothing in [
        json!({"RequestId": "id-1"}),
        json!({"DeviceCertificateSn": "ab"}),
        json!({"DeviceCertificateSn": "ab", "Status": 1}),
        json!({"DeviceCertificateSn": "ab", "Status": ""}),
        json!({"DeviceCertificateSn": ["ab"], "Status": "ACTIVE"}),
    ] {
        let network = Network::new(move |_| ok(&json!({"Response": nothing})));
        assert_eq!(
            find(&network, "ab").await.unwrap_err().code,
            ErrorCode::ProviderInvalidResponse
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_spelling_that_the_vendor_refuses_is_one_that_it_does_not_know_unless_it_is_the_callers_own()
 {
    let refuses = |refused_text: &'static str| {
        Network::new(move |request| match requested_number(request.body()) {
            text if text == refused_text => refused("InvalidParameterValue"),
            text if text == "00ab" => certificate("00ab", "ACTIVE"),
            _ => refused("ResourceNotFound.Certificate"),
        })
    };
    assert_eq!(
        find(&refuses("AB"), "ab").await.unwrap().unwrap().key,
        "00ab"
    );
    let error = find(&refuses("ab"), "ab").await.unwrap_err();
    assert_eq!(
        (error.code, error.concerns == Concerns::Parameters),
        (ErrorCode::ProviderRejected, true)
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_answer_cannot_be_trusted_may_have_acted() {
    for (given, code) in [
        (
            ok(&json!({"Response": {}})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            ok(&json!({"Response": {"RequestId": null}})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            ok(&json!({"Response": {"RequestId": ""}})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            ok(&json!({"Response": {"RequestId": 17}})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            ok(&json!({"Response": ["id-1"]})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            ok(&json!({"RequestId": "id-1"})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            answer(302, r#"{"Response": {"RequestId": "id-1"}}"#),
            ErrorCode::ProviderInvalidResponse,
        ),
        (answer(200, "<html>"), ErrorCode::ProviderInvalidResponse),
        (
            recorded("tencent-mqtt/Any.error-gateway-html"),
            ErrorCode::ProviderUnavailable,
        ),
        (
            recorded("tencent-mqtt/Any.error-internal"),
            ErrorCode::ProviderUnavailable,
        ),
        (
            ok(&json!({"Response": {"Error": {"Code": "Unheard.Of"}, "RequestId": "id-1"}})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (Err(SendError::TimedOut), ErrorCode::Timeout),
    ] {
        let shown = format!("{given:?}");
        let network = Network::queue([given]);
        let failure = inactivate(&network).await.unwrap_err();
        assert_eq!(
            (failure.error.code, failure.may_have_acted),
            (code, true),
            "{shown}"
        );
        assert_eq!(network.sent().len(), 1, "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_has_not_acted() {
    for case in [
        "failed-operation",
        "instance-not-ready",
        "invalid-action",
        "invalid-parameter-value",
        "not-authorized",
        "signature",
    ] {
        let network = Network::queue([recorded(&format!("tencent-mqtt/Any.error-{case}"))]);
        let failure = inactivate(&network).await.unwrap_err();
        assert_eq!(
            (failure.error.code, failure.may_have_acted),
            (ErrorCode::ProviderRejected, false),
            "{case}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_order_is_given_again() {
    let network = Network::queue([
        recorded("tencent-mqtt/Any.error-rate"),
        recorded("tencent-mqtt/DeactivateDeviceCertificate.ok"),
    ]);
    assert!(inactivate(&network).await.unwrap().is_some());
    assert_eq!(requested(&network), ["00AB", "00AB"]);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_found_by_its_serial_number_only() {
    let network = Network::queue([]);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    let nameless = CertificateReference {
        serial_number: None,
        ..named("0a")
    };
    let error = StatusWriter::check(&provider, &nameless).unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::InvalidRequest, Some("serial_number"))
    );
    StatusWriter::check(&provider, &named("0a")).unwrap();
}
