//! Calls, the meanings of their answers, and the parts that the tests of each action share.

use serde_json::json;

use super::*;
use crate::error::{Concerns, ErrorCode};
use crate::testing::network::{Answer, Network, answer, ok, path_and_query, recorded, with_header};
use crate::testing::{Bench, target};

/// The certificate of the recorded answers.
pub(super) const RECORDED: &str =
    "39636fff4d30831a202d04374cdebf241b117cab1cd5954a8da1a7fd8474be33";

/// The id of a certificate that is known by its number in the list.
pub(super) fn id(number: usize) -> Fingerprint {
    Fingerprint::parse(&format!("{number:064x}")).unwrap()
}

pub(super) fn named(fingerprint: &Fingerprint) -> CertificateReference {
    CertificateReference {
        serial_number: None,
        ca_serial_number: None,
        fingerprint_sha256: Some(fingerprint.clone()),
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
        .get(id, false)
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
            .get(&id(10), false)
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
            .headers(
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
async fn a_failure_is_named_in_the_header_or_the_body_in_each_of_its_forms() {
    for status in [400, 401, 403, 404, 429, 500, 503] {
        for header in [
            "ThrottlingException",
            "ThrottlingException:",
            "ThrottlingException:http://internal.amazon.com/coral/",
        ] {
            let error = refused(move || failed(status, header)).await;
            let stated = error.provider_error.unwrap();
            assert_eq!(
                (error.code, stated.code.as_str()),
                (ErrorCode::Throttled, "ThrottlingException"),
                "{header}"
            );
            assert_eq!(
                (stated.message.as_deref(), stated.request_id.as_deref()),
                (Some("no"), Some("id-9"))
            );
        }
        for body in [
            json!({"__type": "ThrottlingException", "message": "no"}),
            json!({"__type": "com.amazonaws.iot#ThrottlingException", "Message": "no"}),
            json!({"__type": "com.amazonaws.iot#ThrottlingException:http://internal.amazon.com/coral/", "message": "no"}),
            json!({"code": "ThrottlingException", "message": "no"}),
            json!({"code": "com.amazonaws.iot#ThrottlingException:", "message": "no"}),
            json!({"__type": "ThrottlingException", "code": 17, "message": "no"}),
            json!({"__type": 17, "code": "ThrottlingException", "message": "no"}),
        ] {
            let shown = body.to_string();
            let error = refused(move || answer(status, body.to_string())).await;
            let stated = error.provider_error.unwrap();
            assert_eq!(
                (error.code, stated.code.as_str()),
                (ErrorCode::Throttled, "ThrottlingException"),
                "HTTP {status} {shown}"
            );
            assert_eq!(stated.message.as_deref(), Some("no"), "{shown}");
        }
    }
    let both = || {
        let body =
            json!({"__type": "InternalFailureException", "code": "InternalFailureException"});
        with_header(
            answer(400, body.to_string()),
            "x-amzn-errortype",
            "ThrottlingException",
        )
    };
    assert_eq!(
        refused(both).await.code,
        ErrorCode::Throttled,
        "the header comes first"
    );
    let empty = || {
        let body = json!({"__type": "ThrottlingException"});
        with_header(answer(400, body.to_string()), "x-amzn-errortype", "")
    };
    assert_eq!(
        refused(empty).await.code,
        ErrorCode::Throttled,
        "an empty header names nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_one_even_with_a_good_status_but_a_code_beside_a_result_is_none() {
    assert_eq!(
        refused(|| failed(200, "ThrottlingException")).await.code,
        ErrorCode::Throttled
    );
    assert_eq!(
        refused(|| ok(&json!({"__type": "InternalFailureException"})))
            .await
            .code,
        ErrorCode::ProviderUnavailable
    );
    let result = json!({"code": "whatever", "certificateDescription": {"certificateId": id(1).as_str(), "status": "ACTIVE"}});
    assert!(
        get(&Network::queue([ok(&result)]), &id(1))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test(start_paused = true)]
async fn an_undocumented_answer_is_an_error() {
    for (status, body, expected) in [
        (200, "", ErrorCode::ProviderInvalidResponse),
        (
            200,
            "<html>proxy</html>",
            ErrorCode::ProviderInvalidResponse,
        ),
        (200, "[]", ErrorCode::ProviderInvalidResponse),
        (
            200,
            r#"[{"certificateId": "0a", "status": "ACTIVE"}]"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (200, "null", ErrorCode::ProviderInvalidResponse),
        (200, "{}", ErrorCode::ProviderInvalidResponse),
        (
            200,
            r#"{"certificateDescription": null}"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            200,
            r#"{"certificateDescription": ["0a"]}"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            200,
            r#"{"certificateDescription": {"status": "ACTIVE"}}"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (201, "{}", ErrorCode::ProviderInvalidResponse),
        (302, "", ErrorCode::ProviderInvalidResponse),
        (
            400,
            r#"{"message": "no type"}"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (
            404,
            r#"{"message": "no type"}"#,
            ErrorCode::ProviderInvalidResponse,
        ),
        (413, "", ErrorCode::ProviderRejected),
        (429, "<html>", ErrorCode::Throttled),
        (500, "{}", ErrorCode::ProviderUnavailable),
        (
            502,
            "<html>Bad Gateway</html>",
            ErrorCode::ProviderUnavailable,
        ),
    ] {
        let error = refused(move || answer(status, body)).await;
        assert_eq!(
            (error.code, error.provider_error),
            (expected, None),
            "HTTP {status} {body}"
        );
    }
    assert_eq!(
        refused(|| answer(200, b"\xff\xfe".to_vec())).await.code,
        ErrorCode::ProviderInvalidResponse
    );
}

#[tokio::test(start_paused = true)]
async fn a_type_that_no_table_has_is_judged_by_the_status() {
    for (status, expected) in [
        (400, ErrorCode::ProviderRejected),
        (403, ErrorCode::ProviderRejected),
        (429, ErrorCode::Throttled),
        (500, ErrorCode::ProviderUnavailable),
    ] {
        assert_eq!(
            refused(move || failed(status, "NewException:")).await.code,
            expected,
            "{status}"
        );
    }
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
fn a_region_has_the_host_of_its_partition() {
    for (region, expected) in [
        ("eu-west-1", Some("iot.eu-west-1.amazonaws.com")),
        ("us-gov-west-1", Some("iot.us-gov-west-1.amazonaws.com")),
        ("cn-north-1", Some("iot.cn-north-1.amazonaws.com.cn")),
        (
            "cn-northwest-1",
            Some("iot.cn-northwest-1.amazonaws.com.cn"),
        ),
        ("cn-hangzhou", None),
        ("xx-nowhere-1", None),
    ] {
        assert_eq!(
            host(&Region::parse(region).unwrap()).as_deref(),
            expected,
            "{region}"
        );
    }
}
