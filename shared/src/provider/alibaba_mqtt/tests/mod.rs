//! Reading one certificate, and the parts that the tests of each action share.

mod same_certificate;

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorCode;
use crate::model::LifecycleStatus;
use crate::testing::network::{Answer, Network, answer, ok, parameter, recorded};
use crate::testing::{Bench, target};
use crate::transport::HttpRequest;

/// Names a certificate by its number and its CA's.
pub(super) fn reference(serial: &str, ca: &str) -> CertificateReference {
    let parse = |text| SerialNumber::parse(text).ok();
    CertificateReference {
        serial_number: parse(serial),
        ca_serial_number: parse(ca),
        ..CertificateReference::default()
    }
}

pub(super) fn certificate(device_sn: &str, ca_sn: &str, status: &str) -> Answer {
    ok(
        &json!({"RequestId": "id-1", "Data": {"DeviceSn": device_sn, "CaSn": ca_sn, "Status": status}}),
    )
}

pub(super) fn unknown() -> Answer {
    recorded("alibaba-mqtt/InactivateDeviceCertificate.error-not-found")
}

/// The requested page of a CA's list that holds these certificates.
pub(super) fn list_of(request: &HttpRequest, certificates: &[(&str, &str)]) -> Answer {
    let number = |name| parameter(request, name).unwrap().parse::<usize>().unwrap();
    let (page, size) = (number("PageNo"), number("PageSize"));
    let row = |(device_sn, ca_sn): &(&str, &str)| json!({"DeviceSn": device_sn, "CaSn": ca_sn, "Status": "1"});
    let rows: Vec<Value> = certificates
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .map(row)
        .collect();
    ok(
        &json!({"RequestId": "id-2", "Data": {"Total": certificates.len(), "DeviceCertificateVOS": rows}}),
    )
}

/// A vendor that knows active certificates under exactly these texts.
pub(super) fn vendor(known: &[(&'static str, &'static str)]) -> Network {
    let known = known.to_vec();
    Network::new(move |request| {
        let (device_sn, ca_sn) = (
            parameter(request, "DeviceSn"),
            parameter(request, "CaSn").unwrap(),
        );
        let of_ca: Vec<(&str, &str)> = known
            .iter()
            .filter(|(_, ca)| ca_sn == *ca)
            .copied()
            .collect();
        match device_sn {
            None => list_of(request, &of_ca),
            Some(requested) if of_ca.iter().any(|(device, _)| requested == *device) => {
                certificate(&requested, &ca_sn, "1")
            }
            Some(_) => unknown(),
        }
    })
}

/// The pairs that were read; `list/ca` stands for the first page of the CA's list, and
/// `list2/ca` for the second one.
pub(super) fn requested(network: &Network) -> Vec<String> {
    network.each(|sent| {
        let requested = sent.parameter("DeviceSn").unwrap_or_else(|| {
            let size = sent.parameter("PageSize").unwrap();
            assert_eq!(
                (sent.header("x-acs-action"), size.as_str()),
                (Some("ListDeviceCertificateByCaSn"), "100")
            );
            let page = sent.parameter("PageNo").unwrap();
            format!("list{page}").trim_end_matches('1').to_owned()
        });
        format!("{requested}/{}", sent.parameter("CaSn").unwrap())
    })
}

async fn get(
    network: &Network,
    device_sn: &str,
    ca_sn: &str,
    purpose: Purpose,
) -> Result<Option<FoundCertificate>, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    AlibabaMqtt::new(&context, target(API.provider))
        .unwrap()
        .get(device_sn, ca_sn, purpose)
        .await
}

#[tokio::test(start_paused = true)]
async fn a_read_has_the_documented_form() {
    let network = vendor(&[("0A", "0b")]);
    let read = get(&network, "0A", "0b", Purpose::Show)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            read.key.as_str(),
            read.ca_key.as_deref(),
            read.request_id.as_deref()
        ),
        ("0A", Some("0b"), Some("id-1"))
    );
    let sent = &network.sent()[0];
    assert_eq!(
        (sent.request.method().clone(), sent.header("x-acs-action")),
        (Method::GET, Some("GetDeviceCertificate"))
    );
    assert_eq!(sent.header("x-acs-version"), Some("2020-04-20"));
    assert_eq!(
        sent.url(),
        "https://onsmqtt.cn-hangzhou.aliyuncs.com/?CaSn=0b&DeviceSn=0A&MqttInstanceId=post-cn-1"
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_ca_is_an_unknown_certificate_and_an_unknown_instance_is_an_error() {
    assert!(
        get(&Network::queue([unknown()]), "11", "22", Purpose::Show)
            .await
            .unwrap()
            .is_none()
    );
    let no_ca = Network::queue([answer(
        500,
        r#"{"Code": "FindCaBySnError", "Message": "no CA"}"#,
    )]);
    assert!(
        get(&no_ca, "11", "22", Purpose::Show)
            .await
            .unwrap()
            .is_none()
    );
    let network = Network::new(|_| {
        recorded("alibaba-mqtt/InactivateDeviceCertificate.error-instance-not-found")
    });
    assert_eq!(
        get(&network, "11", "22", Purpose::Show)
            .await
            .unwrap_err()
            .code,
        ErrorCode::NotFound
    );
    assert_eq!(
        network.sent().len(),
        1,
        "permanent, although it comes with HTTP 500"
    );
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
        let certificate = get(&network, "11", "22", Purpose::Show)
            .await
            .unwrap()
            .unwrap()
            .certificate;
        assert_eq!(certificate.status, expected, "{word:?}");
        assert_eq!(
            certificate.provider_status.as_deref(),
            Some(word).filter(|word| !word.is_empty())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn recorded_answers_are_read() {
    const OWN: (&str, &str) = (
        "8085f52ece5bd88308df6d98d9707716",
        "1b1e3bf3702110125887a3a721a7e66f05522513",
    );
    for (case, (serial, ca), status, not_after, has_certificate) in [
        (
            "ok-active",
            OWN,
            LifecycleStatus::Active,
            "2030-02-28T00:00:00Z",
            true,
        ),
        (
            "ok-inactive",
            OWN,
            LifecycleStatus::Inactive,
            "2030-02-28T00:00:00Z",
            true,
        ),
        (
            "ok-unknown-status",
            OWN,
            LifecycleStatus::Unknown,
            "2030-02-28T00:00:00Z",
            true,
        ),
        (
            "ok-doc-literal-newlines",
            ("356217374433000001", "00f26900ba87000001"),
            LifecycleStatus::Active,
            "2032-05-30T02:35:03Z",
            true,
        ),
    ] {
        let network = Network::queue([recorded(&format!(
            "alibaba-mqtt/GetDeviceCertificate.{case}"
        ))]);
        let certificate = get(&network, serial, ca, Purpose::Show)
            .await
            .unwrap()
            .unwrap()
            .certificate;
        assert_eq!(certificate.status, status, "{case}");
        assert_eq!(
            certificate.provider_serial_number.as_deref(),
            Some(serial),
            "{case}"
        );
        assert_eq!(
            certificate.ca_serial_number,
            SerialNumber::parse(ca).ok(),
            "{case}"
        );
        assert_eq!(
            certificate.not_after.unwrap().to_string(),
            not_after,
            "{case}"
        );
        assert_eq!(
            certificate.fingerprint_sha256.is_some(),
            has_certificate,
            "{case}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn times_that_are_none_are_no_facts() {
    for (begin, end) in [
        (json!("0"), json!("0")),
        (json!(""), json!(null)),
        (json!("soon"), json!("-1")),
        (json!(null), json!(1.5)),
    ] {
        let data = json!({"DeviceSn": "11", "CaSn": "22", "Status": "1", "ValidBegin": begin, "ValidEnd": end});
        let network = Network::queue([ok(&json!({"RequestId": "id-1", "Data": data}))]);
        let certificate = get(&network, "11", "22", Purpose::Show)
            .await
            .unwrap()
            .unwrap()
            .certificate;
        assert_eq!(
            (
                certificate.not_before,
                certificate.not_after,
                certificate.usable
            ),
            (None, None, None),
            "{begin} {end}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_found_only_with_its_ca() {
    use crate::provider::{StatusReader, StatusWriter};
    let network = vendor(&[]);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    let complete = reference("11", "22");
    let without_ca = CertificateReference {
        ca_serial_number: None,
        ..complete.clone()
    };
    let without_number = CertificateReference {
        serial_number: None,
        ..complete.clone()
    };
    for (reference, expected) in [
        (&complete, None),
        (&without_ca, Some("ca_serial_number")),
        (&without_number, Some("serial_number")),
    ] {
        for checked in [
            StatusWriter::check(&provider, reference),
            StatusReader::check(&provider, reference),
        ] {
            let shown = checked
                .as_ref()
                .err()
                .map(|error| (error.code, error.field.as_deref()));
            assert_eq!(
                shown,
                expected.map(|field| (ErrorCode::InvalidRequest, Some(field)))
            );
        }
    }
    assert_eq!(network.sent().len(), 0);
}

#[test]
fn every_host_follows_one_rule() {
    let host_of = |region: &str| host(&Region::parse(region).unwrap());
    assert_eq!(
        host_of("cn-hangzhou").as_deref(),
        Some("onsmqtt.cn-hangzhou.aliyuncs.com")
    );
    assert_eq!(
        host_of("mq-internet-access").as_deref(),
        Some("onsmqtt.mq-internet-access.aliyuncs.com")
    );
    assert_eq!(host_of("xx-nowhere"), None);
}
