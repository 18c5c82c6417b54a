//! Calls, and answers of every form.

use serde_json::{Value, json};

use super::*;
use crate::model::LifecycleStatus;
use crate::provider::{ListQuery, Lister, Page};
use crate::request::{Filter, SortOrder};
use crate::testing::network::{Answer, Network, answer, cause, ok, recorded};
use crate::testing::{Bench, target};
use crate::transport::SendError;

/// A page with items of these serial numbers.
pub(super) fn page_of(total: u64, serials: impl IntoIterator<Item = String>) -> Answer {
    let items: Vec<Value> = serials
        .into_iter()
        .map(|serial| json!({"DeviceCertificateSn": serial, "Status": "ACTIVE"}))
        .collect();
    ok(&json!({"Response": {"TotalCount": total, "Data": items, "RequestId": "id-1"}}))
}

/// A vendor with so many certificates, all of which match.
pub(super) fn vendor(total: u64) -> Network {
    Network::new(move |request| {
        let requested: Value = serde_json::from_slice(request.body()).unwrap();
        let (offset, limit) = (
            requested["Offset"].as_u64().unwrap(),
            requested["Limit"].as_u64().unwrap(),
        );
        page_of(
            total,
            (offset..total.min(offset + limit)).map(|number| format!("{:04x}", number + 1)),
        )
    })
}

/// A refusal with this code.
pub(super) fn refused(code: &str) -> Answer {
    ok(&json!({"Response": {"Error": {"Code": code, "Message": "no"}, "RequestId": "id-9"}}))
}

pub(super) async fn page(
    network: &Network,
    filter: &Filter,
    position: Option<&str>,
    wanted: usize,
) -> Result<Page, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    let query = ListQuery {
        filter,
        order: None,
        include_pem: false,
        include_clients: false,
        details: true,
    };
    provider.page(&query, position, wanted).await
}

pub(super) fn clients(ids: &[&str]) -> Filter {
    Filter {
        client_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..Filter::default()
    }
}

pub(super) fn named(serial_number: &str) -> CertificateReference {
    CertificateReference {
        serial_number: SerialNumber::parse(serial_number).ok(),
        ..CertificateReference::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_has_the_documented_form() {
    let network = vendor(0);
    let bench = Bench::with(&network, &[("TENCENTCLOUD_TOKEN", "token-1")]);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    let filter = Filter {
        statuses: vec![LifecycleStatus::Active],
        ..clients(&["é \"x\""])
    };
    let query = ListQuery {
        filter: &filter,
        order: Some(SortOrder::UpdatedAsc),
        include_pem: false,
        include_clients: false,
        details: true,
    };
    provider.page(&query, Some("40"), 20).await.unwrap();
    let sent = network.sent();
    assert_eq!(
        (sent[0].request.method().clone(), sent[0].url().as_str()),
        (Method::POST, "https://mqtt.tencentcloudapi.com/")
    );
    for (name, value) in [
        ("content-type", "application/json"),
        ("x-tc-action", "DescribeDeviceCertificates"),
        ("x-tc-version", "2024-05-16"),
        ("x-tc-region", "ap-guangzhou"),
        ("x-tc-timestamp", "1763800000"),
        ("x-tc-language", "en-US"),
        ("x-tc-token", "token-1"),
    ] {
        assert_eq!(sent[0].header(name), Some(value), "{name}");
    }
    assert_eq!(
        sent[0].body(),
        json!({
            "InstanceId": "mqtt-1", "Limit": 20, "Offset": 40, "OrderBy": "UPDATE_TIME_ASC",
            "Filters": [{"Name": "ClientId", "Values": ["é \"x\""]}, {"Name": "Status", "Values": ["ACTIVE"]}]
        })
    );
    let signed = tc3::Request {
        method: "POST",
        query: "",
        headers: &[
            ("content-type", "application/json"),
            ("host", "mqtt.tencentcloudapi.com"),
            ("x-tc-action", "DescribeDeviceCertificates"),
        ],
        body: sent[0].request.body(),
        service: "mqtt",
        timestamp: 1_763_800_000,
    };
    let expected = signed.authorization("AKIDtest", &"tencent-key".to_owned().into());
    assert_eq!(sent[0].header("authorization"), Some(expected.as_str()));
}

#[tokio::test(start_paused = true)]
async fn without_filter_or_token_none_is_sent() {
    let network = vendor(0);
    page(&network, &Filter::default(), None, 20).await.unwrap();
    assert_eq!(
        network.sent()[0].body(),
        json!({"InstanceId": "mqtt-1", "Limit": 20, "Offset": 0, "OrderBy": "CREATE_TIME_DESC"})
    );
    assert_eq!(network.sent()[0].header("x-tc-token"), None);
}

#[tokio::test(start_paused = true)]
async fn an_undocumented_answer_is_an_error() {
    let cut = {
        let body = recorded("tencent-mqtt/DescribeDeviceCertificates.ok-one")
            .unwrap()
            .into_body();
        answer(200, body[..body.len() / 2].to_vec())
    };
    for (given, expected, attempts) in [
        (answer(200, ""), ErrorCode::ProviderInvalidResponse, 3),
        (
            answer(200, "<html>proxy</html>"),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (
            answer(200, b"\xff\xfe".to_vec()),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (answer(200, "[]"), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, "null"), ErrorCode::ProviderInvalidResponse, 3),
        (
            answer(200, r#"{"Response": "text"}"#),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (
            answer(200, r#"{"Response": {"TotalCount": "1", "Data": []}}"#),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (
            answer(
                200,
                r#"{"Response": {"TotalCount": 1, "Data": [], "Data": [{}]}}"#,
            ),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (
            answer(200, r#"{"Response": {"TotalCount": 1, "Data": {}}}"#),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (
            answer(200, r#"{"Response": {"Error": {"Message": "no code"}}}"#),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (
            answer(
                200,
                r#"{"Response": {"Error": {"Code": "\ud83d"}, "TotalCount": 0, "Data": []}}"#,
            ),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (
            answer(
                200,
                r#"{"Response": {"Error": null, "Error": {"Code": "InternalError"}, "TotalCount": 0, "Data": []}}"#,
            ),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (
            answer(302, r#"{"Response": {"TotalCount": 0, "Data": []}}"#),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (cut, ErrorCode::ProviderInvalidResponse, 3),
        (
            recorded("tencent-mqtt/Any.error-no-response-member"),
            ErrorCode::ProviderInvalidResponse,
            3,
        ),
        (
            recorded("tencent-mqtt/Any.error-gateway-html"),
            ErrorCode::ProviderUnavailable,
            3,
        ),
        (answer(429, ""), ErrorCode::Throttled, 3),
        (
            Err(SendError::NotSent(cause("no route"))),
            ErrorCode::ProviderUnavailable,
            3,
        ),
    ] {
        let shown = format!("{given:?}");
        let network = Network::new(move |_| given.clone());
        let error = page(&network, &Filter::default(), None, 10)
            .await
            .unwrap_err();
        assert_eq!(
            (error.code, network.sent().len()),
            (expected, attempts),
            "{shown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn null_errors_and_unknown_members_do_no_harm() {
    let body = json!({
        "Error": null, "RequestId": null, "Future": [1],
        "Response": {"Error": null, "TotalCount": 0, "Data": [], "RequestId": "id-1", "Future": {"a": 1}}
    });
    assert_eq!(
        page(&Network::queue([ok(&body)]), &Filter::default(), None, 10)
            .await
            .unwrap()
            .request_ids,
        crate::testing::ids(["id-1"])
    );
}

#[tokio::test(start_paused = true)]
async fn recorded_errors_have_the_meanings_of_the_table() {
    for (case, expected) in [
        ("failed-operation", ErrorCode::ProviderRejected),
        ("instance-not-found", ErrorCode::NotFound),
        ("instance-not-ready", ErrorCode::ProviderRejected),
        ("internal", ErrorCode::ProviderUnavailable),
        ("invalid-action", ErrorCode::ProviderRejected),
        ("invalid-parameter-value", ErrorCode::ProviderRejected),
        ("not-authorized", ErrorCode::ProviderRejected),
        ("rate", ErrorCode::Throttled),
        ("rate-account", ErrorCode::Throttled),
        ("signature", ErrorCode::ProviderRejected),
        ("token", ErrorCode::ProviderRejected),
        ("unavailable", ErrorCode::ProviderUnavailable),
        ("unsupported-region", ErrorCode::ProviderRejected),
    ] {
        let network = Network::new(move |_| recorded(&format!("tencent-mqtt/Any.error-{case}")));
        let error = page(&network, &Filter::default(), None, 10)
            .await
            .unwrap_err();
        assert_eq!(error.code, expected, "{case}");
        assert_eq!(
            error.provider_error.unwrap().request_id.unwrap().len(),
            36,
            "{case}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_vendors_text_about_a_signature_is_dropped() {
    for code in [
        "AuthFailure.SignatureFailure",
        "AuthFailure.SecretIdNotFound",
        "AuthFailure.TokenFailure",
    ] {
        let body = json!({"Response": {"Error": {"Code": code, "Message": "we computed canary-4711"}, "RequestId": "id-1"}});
        let error = page(&Network::queue([ok(&body)]), &Filter::default(), None, 10)
            .await
            .unwrap_err();
        let json = serde_json::to_string(&error).unwrap();
        assert!(
            json.contains(code) && json.contains("id-1") && !json.contains("canary"),
            "{json}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_that_the_vendor_echoes_exactly_is_the_same_certificate() {
    for (requested, echoed, is_same) in [
        ("ab", "ab", true),
        ("ab", "00:AB", true),
        ("ab", "0ab0", false),
        ("356217374433******", "356217374433******", true),
        ("not hex", "not hex", true),
        ("not hex", "NOT HEX", false),
        ("not hex", "ab", false),
    ] {
        let body = json!({"Response": {"DeviceCertificateSn": echoed}});
        let network = Network::new(move |_| ok(&body));
        let bench = Bench::new(&network);
        let context = bench.context();
        let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
        let found = provider.get(requested, Purpose::Show).await;
        match found {
            Ok(found) => assert_eq!((found.unwrap().key.as_str(), is_same), (echoed, true)),
            Err(error) => assert_eq!(
                (error.code, is_same),
                (ErrorCode::ProviderInvalidResponse, false),
                "{requested} {echoed}"
            ),
        }
    }
}
