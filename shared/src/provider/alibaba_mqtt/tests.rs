//! Looking a certificate up and switching it off.

use std::cell::RefCell;

use serde_json::json;

use super::*;
use crate::error::ErrorCode;
use crate::model::LifecycleStatus;
use crate::provider::fixture::{Bench, target};
use crate::transport::fake::{Answer, Network, answer, ok, parameter, recorded};

fn reference(serial: &str, ca: &str) -> CertificateReference {
    let parse = |text| SerialNumber::parse(text).unwrap();
    CertificateReference { serial_number: parse(serial), ca_serial_number: Some(parse(ca)) }
}

fn certificate(device_sn: &str, ca_sn: &str, status: &str) -> Answer {
    ok(&json!({"RequestId": "id-1", "Data": {"DeviceSn": device_sn, "CaSn": ca_sn, "Status": status}}))
}

fn unknown() -> Answer {
    recorded("alibaba-mqtt/InactivateDeviceCertificate.error-not-found")
}

/// A vendor that knows active certificates under exactly these texts.
fn vendor(known: &[(&'static str, &'static str)]) -> Network {
    let known = known.to_vec();
    Network::new(move |request| {
        let asked = (parameter(request, "DeviceSn").unwrap(), parameter(request, "CaSn").unwrap());
        match known.iter().find(|(device, ca)| asked.0 == *device && asked.1 == *ca) {
            Some((device, ca)) => certificate(device, ca, "1"),
            None => unknown(),
        }
    })
}

/// The pairs that were asked for.
fn asked(network: &Network) -> Vec<String> {
    network.each(|sent| format!("{}/{}", sent.parameter("DeviceSn").unwrap(), sent.parameter("CaSn").unwrap()))
}

async fn find(network: &Network, reference: &CertificateReference) -> Result<Option<Found>, Error> {
    let bench = Bench::new(network);
    let session = bench.session();
    let provider = AlibabaMqtt::new(&session, target(API.provider)).unwrap();
    find_with(&provider, reference).await
}

/// Under the caller's own spelling, then under the others.
async fn find_with(provider: &AlibabaMqtt<'_>, reference: &CertificateReference) -> Result<Option<Found>, Error> {
    match provider.find(reference, Spellings::Own).await? {
        Some(found) => Ok(Some(found)),
        None => provider.find(reference, Spellings::Others).await,
    }
}

fn found() -> Found {
    Found {
        serial_number: "0A".to_owned(),
        ca_serial_number: "0b".to_owned(),
        provider_serial_number: "0A".to_owned(),
        status: LifecycleStatus::Active,
    }
}

async fn inactivate(network: &Network) -> Result<Option<Written>, Failure> {
    let bench = Bench::new(network);
    let session = bench.session();
    let provider = AlibabaMqtt::new(&session, target(API.provider)).unwrap();
    provider.inactivate(&found()).await
}

#[tokio::test(start_paused = true)]
async fn a_read_is_a_get_and_an_order_is_a_post() {
    let network = vendor(&[("0A", "0b")]);
    let read = find(&network, &reference("0A", "0b")).await.unwrap().unwrap();
    assert_eq!((read.serial_number.as_str(), read.ca_serial_number.as_str()), ("0A", "0b"));
    let network = Network::queue([ok(&json!({"RequestId": "id-2", "DeviceSn": "0A"}))]);
    assert_eq!(inactivate(&network).await.unwrap().unwrap().request_id.as_deref(), Some("id-2"));
    let read = vendor(&[("0A", "0b")]);
    find(&read, &reference("0A", "0b")).await.unwrap();
    for (network, method, action) in [(read, Method::Get, "GetDeviceCertificate"), (network, Method::Post, "InactivateDeviceCertificate")] {
        let sent = &network.sent()[0];
        assert_eq!((sent.request.method, sent.header("x-acs-action")), (method, Some(action)));
        assert_eq!(sent.header("x-acs-version"), Some("2020-04-20"));
        assert_eq!(sent.request.url, "https://onsmqtt.cn-hangzhou.aliyuncs.com/?CaSn=0b&DeviceSn=0A&MqttInstanceId=post-cn-1");
    }
}

#[tokio::test(start_paused = true)]
async fn both_serial_numbers_are_tried_in_every_spelling_the_callers_own_first() {
    let network = vendor(&[]);
    assert!(find(&network, &reference("0xAB", "11")).await.unwrap().is_none());
    assert_eq!(
        asked(&network),
        ["AB/11", "ab/11", "00ab/11", "00AB/11", "AB/0011", "ab/0011", "00ab/0011", "00AB/0011"],
        "nothing is called not found before"
    );
    let network = vendor(&[("ab", "0011")]);
    let read = find(&network, &reference("0xAB", "11")).await.unwrap().unwrap();
    assert_eq!(asked(&network).len(), 6);
    assert_eq!((read.serial_number.as_str(), read.ca_serial_number.as_str()), ("ab", "0011"), "the spelling that a write uses");
}

#[tokio::test(start_paused = true)]
async fn the_spelling_under_which_a_ca_was_found_comes_first_after_the_callers_own() {
    let network = vendor(&[("11", "00F2"), ("22", "00F2")]);
    let bench = Bench::new(&network);
    let session = bench.session();
    let provider = AlibabaMqtt::new(&session, target(API.provider)).unwrap();
    find_with(&provider, &reference("11", "f2")).await.unwrap().unwrap();
    let before = network.sent().len();
    find_with(&provider, &reference("22", "F2")).await.unwrap().unwrap();
    assert_eq!(asked(&network)[before..], ["22/F2", "22/00F2"]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_ca_is_an_unknown_certificate_and_an_unknown_instance_is_an_error() {
    let no_ca = Network::new(|_| answer(500, r#"{"Code": "FindCaBySnError", "Message": "no CA"}"#));
    assert!(find(&no_ca, &reference("11", "22")).await.unwrap().is_none());
    let network = Network::new(|_| recorded("alibaba-mqtt/InactivateDeviceCertificate.error-instance-not-found"));
    assert_eq!(find(&network, &reference("11", "22")).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(network.sent().len(), 1, "permanent, although it comes with HTTP 500");
}

#[tokio::test(start_paused = true)]
async fn a_state_is_read_as_the_vendor_documents_it() {
    for (word, expected) in [
        ("0", LifecycleStatus::Inactive),
        ("1", LifecycleStatus::Active),
        ("2", LifecycleStatus::Unknown),
        ("", LifecycleStatus::Unknown),
        ("active", LifecycleStatus::Unknown),
    ] {
        let network = Network::queue([certificate("11", "22", word)]);
        assert_eq!(find(&network, &reference("11", "22")).await.unwrap().unwrap().status, expected, "{word:?}");
    }
    for (case, serial, ca, expected) in [
        ("ok-active", "8085f52ece5bd88308df6d98d9707716", "1b1e3bf3702110125887a3a721a7e66f05522513", LifecycleStatus::Active),
        ("ok-inactive", "8085f52ece5bd88308df6d98d9707716", "1b1e3bf3702110125887a3a721a7e66f05522513", LifecycleStatus::Inactive),
        ("ok-unknown-status", "8085f52ece5bd88308df6d98d9707716", "1b1e3bf3702110125887a3a721a7e66f05522513", LifecycleStatus::Unknown),
        ("ok-doc-literal-newlines", "356217374433000001", "00f26900ba87000001", LifecycleStatus::Active),
    ] {
        let network = Network::queue([recorded(&format!("alibaba-mqtt/GetDeviceCertificate.{case}"))]);
        assert_eq!(find(&network, &reference(serial, ca)).await.unwrap().unwrap().status, expected, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_vendors_own_spelling_of_the_same_number_is_told() {
    let network = Network::queue([certificate("00AB", "0x22", "1")]);
    let read = find(&network, &reference("ab", "22")).await.unwrap().unwrap();
    assert_eq!((read.provider_serial_number.as_str(), read.serial_number.as_str()), ("00AB", "ab"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_another_certificate_is_not_believed() {
    for (device, ca) in [("ac", "22"), ("ab", "23"), ("", "22"), ("ab******", "22"), ("ab22", "")] {
        let network = Network::new(move |_| certificate(device, ca, "1"));
        let error = find(&network, &reference("ab", "22")).await.unwrap_err();
        assert_eq!((error.code, network.sent().len()), (ErrorCode::ProviderInvalidResponse, 3), "{device}/{ca}");
    }
    let network = Network::new(|_| ok(&json!({"RequestId": "id-1"})));
    assert_eq!(find(&network, &reference("ab", "22")).await.unwrap_err().code, ErrorCode::ProviderInvalidResponse);
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_answer_cannot_be_trusted_may_have_acted() {
    for (given, code) in [
        (ok(&json!({"RequestId": "id-1", "DeviceSn": "0B"})), ErrorCode::ProviderInvalidResponse),
        (ok(&json!({"RequestId": "id-1"})), ErrorCode::ProviderInvalidResponse),
        (ok(&json!({"RequestId": "id-1", "DeviceSn": 10})), ErrorCode::ProviderInvalidResponse),
        (answer(200, "<html>"), ErrorCode::ProviderInvalidResponse),
        (ok(&json!(["id-1", "0a"])), ErrorCode::ProviderInvalidResponse),
        (ok(&json!({"Code": "200", "RequestId": "id-1", "DeviceSn": "0A"})), ErrorCode::ProviderInvalidResponse),
        (recorded("alibaba-mqtt/Any.error-system-overflow"), ErrorCode::ProviderUnavailable),
        (recorded("alibaba-mqtt/Any.error-internal"), ErrorCode::ProviderUnavailable),
    ] {
        let network = Network::queue([given]);
        let failure = inactivate(&network).await.unwrap_err();
        assert_eq!((failure.error.code, failure.may_have_acted), (code, true));
        assert_eq!(network.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_has_not_acted() {
    for case in ["owner", "owner-older", "parameter-400", "parameter-500", "permission", "instance-not-found"] {
        let network = Network::queue([recorded(&format!("alibaba-mqtt/InactivateDeviceCertificate.error-{case}"))]);
        let failure = inactivate(&network).await.unwrap_err();
        let code = if case == "instance-not-found" { ErrorCode::NotFound } else { ErrorCode::ProviderRejected };
        assert_eq!((failure.error.code, failure.may_have_acted), (code, false), "{case}");
    }
    assert!(inactivate(&Network::queue([unknown()])).await.unwrap().is_none(), "it is gone");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_order_is_given_again() {
    let answers = RefCell::new(vec![ok(&json!({"RequestId": "id-2", "DeviceSn": "a"})), recorded("alibaba-common/Any.error-throttling")]);
    let network = Network::new(move |_| answers.borrow_mut().pop().unwrap());
    assert_eq!(inactivate(&network).await.unwrap().unwrap().request_id.as_deref(), Some("id-2"));
    assert_eq!(network.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_found_only_with_its_ca() {
    let network = vendor(&[]);
    let bench = Bench::new(&network);
    let session = bench.session();
    let provider = AlibabaMqtt::new(&session, target(API.provider)).unwrap();
    provider.check(&reference("11", "22")).unwrap();
    let without = CertificateReference { ca_serial_number: None, ..reference("11", "22") };
    let error = provider.check(&without).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidRequest, Some("ca_serial_number")));
    assert_eq!(network.sent().len(), 0);
}

#[test]
fn every_host_follows_one_rule() {
    let host_of = |region: &str| host(&Region::parse(region).unwrap());
    assert_eq!(host_of("cn-hangzhou").as_deref(), Some("onsmqtt.cn-hangzhou.aliyuncs.com"));
    assert_eq!(host_of("mq-internet-access").as_deref(), Some("onsmqtt.mq-internet-access.aliyuncs.com"));
    assert_eq!(host_of("xx-nowhere"), None);
}

#[tokio::test(start_paused = true)]
async fn a_spelling_that_the_provider_refuses_is_one_that_it_does_not_know() {
    let network = Network::new(|request| {
        let device = parameter(request, "DeviceSn").unwrap();
        if device == "ab" { unknown() } else { recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400") }
    });
    assert!(find(&network, &reference("ab", "22")).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_spelling_that_the_provider_refuses_does_not_hide_the_next() {
    let network = Network::new(|request| {
        let device = parameter(request, "DeviceSn").unwrap();
        match device.as_str() {
            "ab" => unknown(),
            "00ab" => certificate("00ab", "22", "1"),
            _ => recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400"),
        }
    });
    assert!(find(&network, &reference("ab", "22")).await.unwrap().is_some());
}
