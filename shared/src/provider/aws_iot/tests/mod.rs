//! Calls, the meanings of their answers, and the parts that the tests of each action share.

mod failures;

use serde_json::json;

use super::*;
use crate::error::{Concerns, ErrorCode};
use crate::testing::network::{Answer, Network, answer, ok, path_and_query, recorded, with_header};
use crate::testing::{Bench, target};
use crate::transport::HttpRequest;

/// The certificate of the recorded answers.
pub(super) const RECORDED: &str =
    "39636fff4d30831a202d04374cdebf241b117cab1cd5954a8da1a7fd8474be33";

/// The id of a certificate that is known by its number in the list.
pub(super) fn id(number: usize) -> Fingerprint {
    Fingerprint::parse(&format!("{number:064x}")).unwrap()
}

pub(super) fn named(fingerprint: &Fingerprint) -> CertificateReference {
    CertificateReference {
        fingerprint_sha256: Some(fingerprint.clone()),
        ..CertificateReference::default()
    }
}

/// The description of a certificate.
pub(super) fn described(id: &str, status: &str) -> Answer {
    with_header(
        ok(&json!({"certificateDescription": {"certificateId": id, "status": status}})),
        "x-amzn-requestid",
        &format!("id-{}", id.trim_start_matches('0')),
    )
}

pub(super) fn arn(id: &str) -> String {
    format!("arn:aws:iot:eu-west-1:123456789012:cert/{id}")
}

/// The description of a certificate that can be attached to things.
pub(super) fn attachable(id: &str) -> Answer {
    let arn = arn(id);
    ok(
        &json!({"certificateDescription": {"certificateArn": arn, "certificateId": id, "status": "ACTIVE"}}),
    )
}

/// A failure of this type.
pub(super) fn failed(status: u16, error_type: &str) -> Answer {
    let answer = answer(status, json!({"message": "no"}).to_string());
    let answer = with_header(answer, "x-amzn-errortype", error_type);
    with_header(answer, "x-amzn-requestid", "id-9")
}

/// The id of the certificate that a call describes.
pub(super) fn described_id(request: &HttpRequest) -> Option<&str> {
    path_and_query(request).strip_prefix("/certificates/")
}

async fn get(network: &Network, id: &Fingerprint) -> Result<Option<FoundCertificate>, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    AwsIot::new(&context, target(NAME))
        .unwrap()
        .get(id, Purpose::Show, false)
        .await
}

/// The error that always comes of this answer.
async fn refused(given: impl Fn() -> Answer + 'static) -> Error {
    get(&Network::new(move |_| given()), &id(1))
        .await
        .unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_call_is_a_signed_path() {
    for (variables, token) in [
        (&[][..], None),
        (&[("AWS_SESSION_TOKEN", "token-1")], Some("token-1")),
    ] {
        let network = Network::queue([described(id(10).as_str(), "ACTIVE")]);
        let bench = Bench::with(&network, variables);
        let context = bench.context();
        AwsIot::new(&context, target(NAME))
            .unwrap()
            .get(&id(10), Purpose::Show, false)
            .await
            .unwrap()
            .unwrap();
        let sent = &network.sent()[0];
        let url = format!(
            "https://iot.eu-west-1.amazonaws.com/certificates/{}",
            id(10)
        );
        assert_eq!(
            (sent.request.method().clone(), sent.url().as_str()),
            (Method::GET, url.as_str())
        );
        assert!(sent.request.body().is_empty());
        assert_eq!(
            (
                sent.header("x-amz-date"),
                sent.header("x-amz-security-token")
            ),
            (Some("20251122T082640Z"), token)
        );
        let signed = sigv4::Request {
            method: "GET",
            url: &url,
            region: "eu-west-1",
            service: "iot",
            timestamp: 1_763_800_000,
            headers: &[],
            body: &[],
        };
        let secret = "aws-key".to_owned().into();
        let expected = signed
            .signed_headers(
                "AKIAtest",
                &secret,
                token.map(|token| token.to_owned().into()).as_ref(),
            )
            .unwrap();
        let expected: Vec<_> = expected
            .iter()
            .filter(|(name, _)| *name == "authorization")
            .map(|(_, value)| value.to_str().unwrap())
            .collect();
        assert_eq!(sent.header("authorization"), Some(expected[0]));
        let names = if token.is_some() {
            "host;x-amz-date;x-amz-security-token"
        } else {
            "host;x-amz-date"
        };
        assert!(
            expected[0].contains("/20251122/eu-west-1/iot/aws4_request")
                && expected[0].contains(&format!("SignedHeaders={names},"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn every_attempt_is_signed_for_its_own_time() {
    let network = Network::new(|_| recorded("aws-iot/Any.error-unavailable"));
    assert_eq!(
        get(&network, &id(1)).await.unwrap_err().code,
        ErrorCode::ProviderUnavailable
    );
    let mut signatures = network.each(|sent| sent.header("authorization").unwrap().to_owned());
    signatures.dedup();
    assert_eq!(signatures.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn recorded_answers_have_the_meanings_of_the_table() {
    for (case, expected, concerns_parameters) in [
        ("access-denied", ErrorCode::ProviderRejected, false),
        ("bad-token", ErrorCode::ProviderRejected, false),
        ("internal", ErrorCode::ProviderUnavailable, false),
        ("invalid-request", ErrorCode::ProviderRejected, true),
        ("throttling", ErrorCode::Throttled, false),
        ("unauthorized", ErrorCode::ProviderRejected, false),
        ("unavailable", ErrorCode::ProviderUnavailable, false),
    ] {
        let error = refused(move || recorded(&format!("aws-iot/Any.error-{case}"))).await;
        assert_eq!(
            (error.code, error.concerns == Concerns::Parameters),
            (expected, concerns_parameters),
            "{case}"
        );
        let stated = error.provider_error.unwrap();
        assert_eq!(
            stated.request_id.as_deref(),
            Some("0d0f6c2e-0000-4000-8000-000000000001"),
            "{case}"
        );
        assert_eq!(stated.message.is_none(), case == "bad-token", "{case}");
    }
    let found = get(
        &Network::queue([recorded("aws-iot/DescribeCertificate.ok")]),
        &Fingerprint::parse(RECORDED).unwrap(),
    )
    .await;
    assert_eq!(found.unwrap().unwrap().key, RECORDED);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_is_an_unknown_certificate_whatever_the_status() {
    for status in [400, 404, 500] {
        let network = Network::queue([failed(status, "ResourceNotFoundException:")]);
        assert!(get(&network, &id(1)).await.unwrap().is_none());
    }
    assert!(
        get(
            &Network::queue([recorded("aws-iot/DescribeCertificate.error-not-found")]),
            &id(1)
        )
        .await
        .unwrap()
        .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_another_certificate_is_not_believed() {
    for stated in [
        id(2).to_string(),
        String::new(),
        "1".to_owned(),
        format!("{}0", id(1)),
    ] {
        let shown = stated.clone();
        let network = Network::new(move |_| described(&stated, "ACTIVE"));
        let error = get(&network, &id(1)).await.unwrap_err();
        assert_eq!(
            (error.code, network.sent().len()),
            (ErrorCode::ProviderInvalidResponse, 3),
            "{shown}"
        );
    }
    let upper = Network::queue([described(&id(0xab).as_str().to_uppercase(), "ACTIVE")]);
    assert_eq!(
        get(&upper, &id(0xab)).await.unwrap().unwrap().key,
        id(0xab).as_str()
    );
}

#[test]
fn a_region_has_the_hosts_of_its_partition() {
    for (region, control, data) in [
        (
            "eu-west-1",
            Some("iot.eu-west-1.amazonaws.com"),
            Some("data-ats.iot.eu-west-1.amazonaws.com"),
        ),
        (
            "us-gov-west-1",
            Some("iot.us-gov-west-1.amazonaws.com"),
            Some("data-ats.iot.us-gov-west-1.amazonaws.com"),
        ),
        (
            "cn-north-1",
            Some("iot.cn-north-1.amazonaws.com.cn"),
            Some("data.ats.iot.cn-north-1.amazonaws.com.cn"),
        ),
        (
            "cn-northwest-1",
            Some("iot.cn-northwest-1.amazonaws.com.cn"),
            Some("data-ats.iot.cn-northwest-1.amazonaws.com.cn"),
        ),
        ("cn-hangzhou", None, None),
        ("xx-nowhere-1", None, None),
    ] {
        let region = Region::parse(region).unwrap();
        assert_eq!(
            (
                host(&region).as_deref(),
                data_plane_host(&region).as_deref()
            ),
            (control, data),
            "{region}"
        );
    }
}
