//! Finding by id, and orders whose success is an empty answer.

use serde_json::json;

use super::super::NAME;
use super::super::tests::{RECORDED, described, failed, id, named};
use super::*;
use crate::error::ErrorCode;
use crate::model::{LifecycleStatus, SerialNumber};
use crate::testing::network::{Network, answer, cause, ok, path_and_query, recorded, with_header};
use crate::testing::{Bench, find_one, read_one, target};
use crate::transport::SendError;
use http::Method;

async fn find(
    network: &Network,
    reference: &CertificateReference,
    spellings: Spellings,
) -> Result<Option<FoundCertificate>, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    find_one(
        &AwsIot::new(&context, target(NAME)).unwrap(),
        reference,
        spellings,
    )
    .await
}

async fn found() -> FoundCertificate {
    find(
        &Network::queue([described(id(0xab).as_str(), "ACTIVE")]),
        &named(&id(0xab)),
        Spellings::Own,
    )
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
    AwsIot::new(&context, target(NAME))
        .unwrap()
        .set(&found, status)
        .await
}

#[tokio::test(start_paused = true)]
async fn an_order_is_a_put_without_a_body() {
    for (status, word) in [(Target::Inactive, "INACTIVE"), (Target::Active, "ACTIVE")] {
        let network = Network::queue([recorded("aws-iot/UpdateCertificate.ok")]);
        bring_into(&network, status).await.unwrap().unwrap();
        let sent = &network.sent()[0];
        assert_eq!(sent.request.method(), Method::PUT);
        assert_eq!(
            path_and_query(&sent.request),
            format!("/certificates/{}?newStatus={word}", id(0xab))
        );
        assert!(sent.request.body().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn only_an_empty_answer_is_a_success() {
    for body in ["", "{}", " \r\n", "{}\n"] {
        let given = with_header(answer(200, body), "x-amzn-requestid", "id-2");
        assert_eq!(
            inactivate(&Network::queue([given]))
                .await
                .unwrap()
                .unwrap()
                .request_id
                .as_deref(),
            Some("id-2"),
            "{body:?}"
        );
    }
    for body in [
        "<html>",
        "[]",
        "null",
        "{ }",
        r#"{"message": "Service is down."}"#,
        r#"{"certificateId": "0a"}"#,
        r#"{"code": "OK"}"#,
    ] {
        let network = Network::queue([answer(200, body)]);
        let failure = inactivate(&network).await.unwrap_err();
        assert_eq!(
            (failure.error.code, failure.may_have_acted),
            (ErrorCode::ProviderInvalidResponse, true),
            "{body}"
        );
        assert_eq!(network.sent().len(), 1, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_answer_cannot_be_trusted_may_have_acted() {
    for (given, code) in [
        (answer(202, ""), ErrorCode::ProviderInvalidResponse),
        (answer(204, ""), ErrorCode::ProviderInvalidResponse),
        (answer(404, "<html>"), ErrorCode::ProviderInvalidResponse),
        (answer(502, ""), ErrorCode::ProviderUnavailable),
        (
            recorded("aws-iot/Any.error-internal"),
            ErrorCode::ProviderUnavailable,
        ),
        (
            recorded("aws-iot/Any.error-unavailable"),
            ErrorCode::ProviderUnavailable,
        ),
        (failed(500, "NewException"), ErrorCode::ProviderUnavailable),
        (
            ok(&json!({"__type": "InternalFailureException"})),
            ErrorCode::ProviderUnavailable,
        ),
        (
            ok(&json!({"__type": "SomethingNewException"})),
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            Err(SendError::NoAnswer(cause("reset"))),
            ErrorCode::ProviderUnavailable,
        ),
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
async fn a_refused_order_has_not_acted_and_one_for_an_unknown_id_is_gone() {
    for case in [
        "UpdateCertificate.error-state",
        "Any.error-access-denied",
        "Any.error-bad-token",
        "Any.error-invalid-request",
    ] {
        let failure = inactivate(&Network::queue([recorded(&format!("aws-iot/{case}"))]))
            .await
            .unwrap_err();
        assert_eq!(
            (failure.error.code, failure.may_have_acted),
            (ErrorCode::ProviderRejected, false),
            "{case}"
        );
    }
    let state = inactivate(&Network::queue([recorded(
        "aws-iot/UpdateCertificate.error-state",
    )]))
    .await
    .unwrap_err()
    .error;
    assert_eq!(
        state.provider_error.unwrap().code,
        "CertificateStateException"
    );
    assert!(
        inactivate(&Network::queue([recorded(
            "aws-iot/DescribeCertificate.error-not-found"
        )]))
        .await
        .unwrap()
        .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn a_throttled_order_is_given_again() {
    let network = Network::queue([
        recorded("aws-iot/Any.error-throttling"),
        recorded("aws-iot/UpdateCertificate.ok"),
    ]);
    assert!(inactivate(&network).await.unwrap().is_some());
    assert_eq!(network.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_id_has_one_spelling() {
    let network = Network::queue([recorded("aws-iot/DescribeCertificate.ok")]);
    let reference = named(&Fingerprint::parse(&RECORDED.to_uppercase()).unwrap());
    let read = find(&network, &reference, Spellings::Own)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((read.key.as_str(), read.ca_key), (RECORDED, None));
    assert_eq!(
        path_and_query(&network.sent()[0].request),
        format!("/certificates/{RECORDED}")
    );
    assert!(
        find(&Network::queue([]), &reference, Spellings::Others)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn a_state_is_read_again_by_the_id() {
    let found = found().await;
    for (given, expected) in [
        (
            described(id(0xab).as_str(), "INACTIVE"),
            Some(LifecycleStatus::Inactive),
        ),
        (failed(404, "ResourceNotFoundException"), None),
    ] {
        let network = Network::queue([given]);
        let bench = Bench::new(&network);
        let context = bench.context();
        let read = read_one(&AwsIot::new(&context, target(NAME)).unwrap(), &found)
            .await
            .unwrap();
        assert_eq!(read.map(|read| read.certificate.status), expected);
        assert_eq!(
            path_and_query(&network.sent()[0].request),
            format!("/certificates/{}", id(0xab))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_found_by_its_id_only() {
    let network = Network::queue([]);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    let by_number = CertificateReference {
        serial_number: SerialNumber::parse("0a").ok(),
        ..named(&id(1))
    };
    StatusWriter::check(&provider, &by_number).unwrap();
    let nameless = CertificateReference {
        fingerprint_sha256: None,
        ..by_number
    };
    let error = StatusWriter::check(&provider, &nameless).unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::InvalidRequest, Some("fingerprint_sha256"))
    );
    assert!(
        error.detail.contains("filter.serial_numbers"),
        "{}",
        error.detail
    );
}
