//! Calls, pages, and answers of every form.

use serde_json::{Value, json};

use super::*;
use crate::model::LifecycleStatus;
use crate::provider::fixture::{Bench, target};
use crate::request::{Filter as Wanted, Order};
use crate::transport::SendError;
use crate::transport::fake::{Answer, Network, answer, ok, recorded};

/// A page with items of these serial numbers.
fn page_of(total: u64, serials: impl IntoIterator<Item = String>) -> Answer {
    let items: Vec<Value> = serials.into_iter().map(|serial| json!({"DeviceCertificateSn": serial, "Status": "ACTIVE"})).collect();
    ok(&json!({"Response": {"TotalCount": total, "Data": items, "RequestId": "id-1"}}))
}

/// A vendor with so many certificates, all of which match.
fn vendor(total: u64) -> Network {
    Network::new(move |request| {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let (offset, limit) = (asked["Offset"].as_u64().unwrap(), asked["Limit"].as_u64().unwrap());
        page_of(total, (offset..total.min(offset + limit)).map(|number| format!("{:04x}", number + 1)))
    })
}

/// A vendor of two certificates that takes the values of one filter as alternatives or not.
fn undecided_vendor(alternatives: bool, certificates: u64) -> Network {
    Network::new(move |request| {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let filters = asked["Filters"].as_array().cloned().unwrap_or_default();
        let impossible = !alternatives && filters.iter().any(|filter| filter["Values"].as_array().unwrap().len() > 1);
        let unheard = filters.iter().any(|filter| filter["Values"][0] == "nobody");
        let total = if impossible || unheard { 0 } else { certificates };
        page_of(total, (0..total).map(|number| format!("{:04x}", number + 1)))
    })
}

async fn page(network: &Network, filter: &Wanted, position: Option<&str>, wanted: usize) -> Result<Page, Error> {
    let bench = Bench::new(network);
    let session = bench.session();
    let provider = TencentMqtt::new(&session, target(NAME)).unwrap();
    let query = ListQuery { filter, order: Order::default(), include_pem: false };
    provider.page(&query, position, wanted).await
}

fn clients(ids: &[&str]) -> Wanted {
    Wanted { client_ids: ids.iter().map(|id| (*id).to_owned()).collect(), ..Wanted::default() }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_what_the_vendor_documents() {
    let network = vendor(0);
    let bench = Bench::with(&network, &[("TENCENTCLOUD_TOKEN", "token-1")]);
    let session = bench.session();
    let provider = TencentMqtt::new(&session, target(NAME)).unwrap();
    let filter = Wanted { statuses: vec![LifecycleStatus::Active], ..clients(&["é \"x\""]) };
    let query = ListQuery { filter: &filter, order: Order::UpdatedAsc, include_pem: false };
    provider.page(&query, Some("40"), 20).await.unwrap();
    let sent = network.sent();
    assert_eq!((sent[0].request.method, sent[0].request.url.as_str()), (Method::Post, "https://mqtt.tencentcloudapi.com/"));
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
        body: &sent[0].request.body,
        service: "mqtt",
        timestamp: 1_763_800_000,
    };
    let expected = signed.authorization("AKIDtest", &"tencent-key".to_owned().into());
    assert_eq!(sent[0].header("authorization"), Some(expected.as_str()));
}

#[tokio::test(start_paused = true)]
async fn without_filter_or_token_none_is_sent() {
    let network = vendor(0);
    page(&network, &Wanted::default(), None, 20).await.unwrap();
    assert_eq!(network.sent()[0].body(), json!({"InstanceId": "mqtt-1", "Limit": 20, "Offset": 0, "OrderBy": "CREATE_TIME_DESC"}));
    assert_eq!(network.sent()[0].header("x-tc-token"), None);
}

#[tokio::test(start_paused = true)]
async fn a_page_has_as_many_certificates_as_wanted_and_the_vendor_allows() {
    for (wanted, limit) in [(1, 1), (99, 99), (100, 100), (101, 100), (10_000, 100), (0, 1)] {
        let network = vendor(0);
        page(&network, &Wanted::default(), None, wanted).await.unwrap();
        assert_eq!(network.sent()[0].body()["Limit"], limit, "{wanted}");
    }
    let network = vendor(0);
    page(&network, &Wanted { expires_within_days: Some(30), ..Wanted::default() }, None, 1).await.unwrap();
    assert_eq!(network.sent()[0].body()["Limit"], 100, "what is filtered here is read in whole pages");
}

#[tokio::test(start_paused = true)]
async fn pages_lead_to_the_last_certificate_and_no_further() {
    for (position, next, count) in
        [(None, Some("100"), 100), (Some("100"), Some("200"), 100), (Some("200"), None, 50), (Some("250"), None, 0)]
    {
        let page = page(&vendor(250), &Wanted::default(), position, 100).await.unwrap();
        assert_eq!((page.next.as_deref(), page.certificates.len()), (next, count), "{position:?}");
        assert_eq!((page.total_count, page.request_id.as_deref()), (Some(250), Some("id-1")));
    }
    let exact = page(&vendor(100), &Wanted::default(), None, 100).await.unwrap();
    assert_eq!(exact.next, None);
}

#[tokio::test(start_paused = true)]
async fn the_total_is_told_only_where_the_vendor_applies_the_whole_filter() {
    let window = Wanted { expires_within_days: Some(30), ..clients(&["a"]) };
    assert_eq!(page(&vendor(3), &window, None, 10).await.unwrap().total_count, None);
    assert_eq!(page(&vendor(3), &clients(&["a"]), None, 10).await.unwrap().total_count, Some(3));
}

#[tokio::test(start_paused = true)]
async fn positions_count_certificates() {
    let network = vendor(0);
    let bench = Bench::new(&network);
    let session = bench.session();
    let provider = TencentMqtt::new(&session, target(NAME)).unwrap();
    for (position, index, expected) in [("0", 0, "1"), ("0", 99, "100"), ("100", 0, "101"), ("7", 2, "10"), ("~7", 2, "~10")] {
        assert_eq!(provider.position_after(position, index).unwrap(), expected);
    }
    let filter = Wanted::default();
    for damaged in ["", "~", "~~1", "-1", "x", "1.5", " 1", "99999999999999999999"] {
        assert_eq!(provider.position_after(damaged, 0).unwrap_err().field.as_deref(), Some("cursor"), "{damaged:?}");
        assert_eq!(page(&network, &filter, Some(damaged), 1).await.unwrap_err().code, ErrorCode::InvalidRequest, "{damaged:?}");
    }
    assert_eq!(network.sent().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn several_values_that_find_nothing_are_asked_for_again_one_page_at_a_time() {
    let both = clients(&["a", "b"]);
    let network = undecided_vendor(false, 2);
    let found = page(&network, &both, None, 10).await.unwrap();
    assert_eq!((found.certificates.len(), found.total_count), (2, None));
    let filters = network.each(|sent| sent.body()["Filters"].clone());
    let every_status = json!([{"Name": "Status", "Values": ["ACTIVE", "INACTIVE", "REVOKED", "PENDING_ACTIVATION"]}]);
    assert_eq!(filters, [json!([{"Name": "ClientId", "Values": ["a", "b"]}]), every_status, Value::Null, Value::Null]);
    assert_eq!(network.sent()[3].body()["Limit"], 100);
}

#[tokio::test(start_paused = true)]
async fn several_values_that_find_nothing_are_believed_when_the_vendor_takes_alternatives() {
    for (network, filter, calls) in [
        (undecided_vendor(true, 2), clients(&["nobody", "b"]), 2),
        // An instance without certificates says nothing about alternatives, and needs no second look.
        (undecided_vendor(false, 0), clients(&["a", "b"]), 3),
        (undecided_vendor(true, 2), clients(&["a", "b"]), 1),
        (undecided_vendor(false, 2), clients(&["nobody"]), 1),
    ] {
        let found = page(&network, &filter, None, 10).await.unwrap();
        assert_eq!(network.sent().len(), calls, "{filter:?}");
        assert_eq!(found.next, None);
        assert!(found.total_count.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_learned_about_several_values_holds_for_the_pages_after() {
    let network = undecided_vendor(false, 2);
    let first = page(&network, &clients(&["a", "b"]), None, 10).await.unwrap();
    assert_eq!(first.position, "~0");
    let before = network.sent().len();
    let again = page(&network, &clients(&["a", "b"]), Some(&first.position), 10).await.unwrap();
    assert_eq!((network.sent().len(), again.certificates.len()), (before + 1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_contradicts_itself_is_not_an_answer() {
    for body in [
        json!({"Response": {"TotalCount": 3, "Data": [], "RequestId": "id-1"}}),
        json!({"Response": {"TotalCount": 3, "RequestId": "id-1"}}),
        json!({"Response": {"Data": [], "RequestId": "id-1"}}),
        json!({"Response": {"RequestId": "id-1"}}),
    ] {
        let error = page(&Network::new(move |_| ok(&body)), &Wanted::default(), None, 10).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::ProviderInvalidResponse);
    }
    let nothing = json!({"Response": {"TotalCount": 0, "Data": null, "RequestId": "id-1"}});
    assert_eq!(page(&Network::queue([ok(&nothing)]), &Wanted::default(), None, 10).await.unwrap().total_count, Some(0));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_documented_is_not_an_answer() {
    let cut = {
        let mut body = recorded("tencent-mqtt/DescribeDeviceCertificates.ok-one").unwrap().body;
        body.truncate(body.len() / 2);
        answer(200, body)
    };
    for (given, expected, attempts) in [
        (answer(200, ""), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, "<html>proxy</html>"), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, b"\xff\xfe".to_vec()), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, "[]"), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, "null"), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, r#"{"Response": "text"}"#), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, r#"{"Response": {"TotalCount": "1", "Data": []}}"#), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, r#"{"Response": {"TotalCount": -1, "Data": []}}"#), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, r#"{"Response": {"TotalCount": 1, "Data": {}}}"#), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, r#"{"Response": {"TotalCount": 1, "Data": [{"Status": 1}]}}"#), ErrorCode::ProviderInvalidResponse, 3),
        (answer(200, r#"{"Response": {"Error": {"Message": "no code"}}}"#), ErrorCode::ProviderInvalidResponse, 3),
        (answer(302, r#"{"Response": {"TotalCount": 0, "Data": []}}"#), ErrorCode::ProviderInvalidResponse, 3),
        (cut, ErrorCode::ProviderInvalidResponse, 3),
        (recorded("tencent-mqtt/Any.error-no-response-member"), ErrorCode::ProviderInvalidResponse, 3),
        (recorded("tencent-mqtt/Any.error-gateway-html"), ErrorCode::ProviderUnavailable, 3),
        (answer(429, ""), ErrorCode::Throttled, 3),
        (Err(SendError::NotSent("no route".to_owned())), ErrorCode::ProviderUnavailable, 3),
    ] {
        let shown = format!("{given:?}");
        let bytes = given.as_ref().map(|response| (response.status, response.body.clone())).map_err(Clone::clone);
        let network = Network::new(move |_| bytes.clone().and_then(|(status, body)| answer(status, body)));
        let error = page(&network, &Wanted::default(), None, 10).await.unwrap_err();
        assert_eq!((error.code, network.sent().len()), (expected, attempts), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn null_errors_and_unknown_members_do_no_harm() {
    let body = json!({
        "Error": null, "RequestId": null, "Future": [1],
        "Response": {"Error": null, "TotalCount": 0, "Data": [], "RequestId": "id-1", "Future": {"a": 1}}
    });
    assert_eq!(page(&Network::queue([ok(&body)]), &Wanted::default(), None, 10).await.unwrap().request_id.as_deref(), Some("id-1"));
}

#[tokio::test(start_paused = true)]
async fn recorded_errors_mean_what_the_table_says() {
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
        let error = page(&network, &Wanted::default(), None, 10).await.unwrap_err();
        assert_eq!(error.code, expected, "{case}");
        assert_eq!(error.provider_error.unwrap().request_id.unwrap().len(), 36, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_vendor_says_about_a_signature_stays_here() {
    for code in ["AuthFailure.SignatureFailure", "AuthFailure.SecretIdNotFound", "AuthFailure.TokenFailure"] {
        let body = json!({"Response": {"Error": {"Code": code, "Message": "we computed canary-4711"}, "RequestId": "id-1"}});
        let error = page(&Network::queue([ok(&body)]), &Wanted::default(), None, 10).await.unwrap_err();
        let json = serde_json::to_string(&error).unwrap();
        assert!(json.contains(code) && json.contains("id-1") && !json.contains("canary"), "{json}");
    }
}

#[tokio::test(start_paused = true)]
async fn more_values_than_the_vendor_takes_are_filtered_here() {
    let network = Network::new(|request| {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        match asked.get("Filters") {
            Some(_) => ok(&json!({"Response": {"Error": {"Code": "InvalidParameterValue", "Message": "Too many."}}})),
            None => recorded("tencent-mqtt/DescribeDeviceCertificates.ok-four-statuses"),
        }
    });
    let wanted = Wanted { client_ids: vec!["client-1".to_owned(), "client-2".to_owned()], ..Wanted::default() };
    let page = page(&network, &wanted, None, 10).await.unwrap();
    assert_eq!((page.certificates.len(), page.total_count, network.sent().len()), (4, None, 2));
}

#[tokio::test(start_paused = true)]
async fn a_total_that_may_count_other_certificates_is_not_told() {
    // A vendor that matches texts in part counts 250 where one is wanted.
    assert_eq!(page(&vendor(250), &clients(&["a"]), None, 1).await.unwrap().total_count, None);
    let by_status = Wanted { statuses: vec![LifecycleStatus::Active], ..Wanted::default() };
    assert_eq!(page(&vendor(250), &by_status, None, 1).await.unwrap().total_count, Some(250));
}
