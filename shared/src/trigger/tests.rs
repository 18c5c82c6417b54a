//! Events of every kind against the real operations, with a provider that must not be called, or that panics.

use std::time::{Duration, SystemTime};

use lambda_runtime::{Context, Diagnostic};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::invocation::{FunctionError, handle};
use super::{Function, now, random};
use crate::config::Config;
use crate::operation::{Describe, Inactivate, Operation, Status};
use crate::transport::{HttpRequest, HttpResponse, LocalFuture, SendError, SendHttp, Transport};

/// A provider with a defect in the way to it.
struct Broken;

impl SendHttp for Broken {
    fn send(&self, _: HttpRequest, _: Duration) -> LocalFuture<'_, Result<HttpResponse, SendError>> {
        panic!("no call may be made for this event: secret-4711");
    }
}

fn function() -> Function {
    let variables = [
        ("TENCENTCLOUD_SECRET_ID", "id"),
        ("TENCENTCLOUD_SECRET_KEY", "key"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "id"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "key"),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
        ("INACTIVATE_ALLOWED_INSTANCES", "post-cn-1"),
    ];
    let lookup = |name: &str| variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
    let config = Config::from_lookup(&lookup).unwrap();
    Function { config, transport: Transport { http: Box::new(Broken), clock: now, random } }
}

fn send<O: Operation>(event: &str) -> Result<Value, FunctionError> {
    let mut context = Context::default();
    context.request_id = "invocation-1".to_owned();
    let deadline = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_secs(20);
    context.deadline = u64::try_from(deadline.as_millis()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let function = function();
    let answer = runtime.block_on(handle::<O>(&function, event, &context))?;
    Ok(serde_json::from_str(answer.get()).unwrap())
}

fn field_of(error: &FunctionError) -> &str {
    assert_eq!(error.0.code.as_str(), "invalid_request", "{error:?}");
    error.0.field.as_deref().unwrap()
}

#[test]
fn events_of_other_kinds_are_refused_by_name() {
    for (event, field) in [
        (r#"[{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}]"#, "body"),
        (r#"{"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "{}"}}]}"#, "Records"),
        (r#"{"Records": [{"eventSource": "aws:s3"}]}"#, "Records"),
        (r#"{"Records": [{"eventSource": 5}]}"#, "Records"),
        (r#"{"Records": []}"#, "Records"),
        (r#"{"Records": {}}"#, "Records"),
        (r#"{"Records": [1]}"#, "Records"),
        (r#"{"detail-type": "Scheduled Event", "detail": {}}"#, "detail-type"),
        (r#"{"Type": "Notification", "TopicArn": "arn", "Message": "{}"}"#, "Type"),
        (r#"{"requestContext": {"eventType": "CONNECT"}}"#, "requestContext"),
        (r#"{"requestContext": "none"}"#, "requestContext"),
        ("\"text\"", "body"),
        ("null", "body"),
        ("17", "body"),
    ] {
        assert_eq!(field_of(&send::<Status>(event).unwrap_err()), field, "{event}");
    }
}

#[test]
fn a_direct_request_fails_with_its_code_as_the_type() {
    let error = send::<Status>(r#"{"certificates": []}"#).unwrap_err();
    let diagnostic = Diagnostic::from(error);
    assert_eq!(diagnostic.error_type, "invalid_request");
    let problem: Value = serde_json::from_str(&diagnostic.error_message).unwrap();
    assert_eq!((problem["field"].as_str(), problem["status"].as_u64()), (Some("certificates"), Some(400)));
}

#[test]
fn a_panic_is_answered_as_internal_without_its_message() {
    let request = r#"{"provider": "alibaba-pca", "certificates": [{"serial_number": "1"}]}"#;
    let error = send::<Status>(request).unwrap_err();
    assert_eq!(error.0.code.as_str(), "internal");
    assert!(error.0.detail.contains("invocation-1") && !error.0.detail.contains("4711"), "{error:?}");
}

#[test]
fn a_panicking_record_comes_back_and_its_neighbours_are_answered() {
    let records: Vec<Value> = [
        (r#"{"provider": "alibaba-pca", "certificates": [{"serial_number": "1"}]}"#, "panics"),
        (r#"{"provider": "alibaba-mqtt", "instance_id": "i", "certificates": [{"serial_number": "1"}]}"#, "unsupported"),
        ("not json", "bad"),
    ]
    .map(|(body, id)| json!({"messageId": id, "body": body, "eventSource": "aws:sqs", "attributes": {"odd": [null]}}))
    .to_vec();
    let answer = send::<Status>(&json!({ "Records": records }).to_string()).unwrap();
    assert_eq!(
        answer,
        json!({"batchItemFailures": [{"itemIdentifier": "panics"}, {"itemIdentifier": "unsupported"}, {"itemIdentifier": "bad"}]})
    );
}

#[test]
fn what_was_decided_does_not_come_back() {
    let body = r#"{"provider": "alibaba-mqtt", "instance_id": "other", "certificates": [{"serial_number": "1", "ca_serial_number": "2"}]}"#;
    let event = json!({"Records": [{"messageId": "1", "body": body, "eventSource": "aws:sqs"}]});
    assert_eq!(send::<Inactivate>(&event.to_string()).unwrap(), json!({"batchItemFailures": []}));
}

#[test]
fn an_ordered_queue_stops_at_the_first_that_comes_back() {
    let forbidden =
        r#"{"provider": "alibaba-mqtt", "instance_id": "other", "certificates": [{"serial_number": "1", "ca_serial_number": "2"}]}"#;
    let records: Vec<Value> = [("1", forbidden), ("2", "bad"), ("3", forbidden), ("4", forbidden)]
        .map(|(id, body)| json!({"messageId": id, "body": body, "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:orders.fifo"}))
        .to_vec();
    let answer = send::<Inactivate>(&json!({ "Records": records }).to_string()).unwrap();
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}, {"itemIdentifier": "4"}]}));
}

/// The same request in each form of HTTP event.
fn http(method: &str, query: &str, body: Value, base64: bool) -> [(&'static str, Value); 4] {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let decoded: Value = pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<serde_json::Map<_, _>>().into();
    let decoded_lists: Value = pairs.iter().map(|(name, value)| (name.clone(), json!([value]))).collect::<serde_json::Map<_, _>>().into();
    [
        (
            "2.0",
            json!({"version": "2.0", "rawQueryString": query, "requestContext": {"http": {"method": method}}, "body": body, "isBase64Encoded": base64}),
        ),
        (
            "1.0",
            json!({"httpMethod": method, "multiValueQueryStringParameters": decoded_lists, "requestContext": {"stage": "s"}, "body": body, "isBase64Encoded": base64}),
        ),
        (
            "alb",
            json!({"httpMethod": method, "queryStringParameters": decoded, "requestContext": {"elb": {}}, "headers": {}, "body": body, "isBase64Encoded": base64}),
        ),
        (
            "alb multi",
            json!({"httpMethod": method, "multiValueQueryStringParameters": decoded_lists, "multiValueHeaders": {"host": ["h"]}, "requestContext": {"elb": {}}, "body": body, "isBase64Encoded": base64}),
        ),
    ]
}

fn problem(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[test]
fn each_http_form_gets_its_own_form_of_answer() {
    for (form, event) in http("GET", "provider=tencent-mqtt&statuses=active,nonsense", Value::Null, false) {
        let answer = send::<Describe>(&event.to_string()).unwrap();
        assert_eq!(answer["statusCode"], 400, "{form}");
        assert_eq!(problem(&answer)["field"], "filter.statuses[1]", "{form}");
        assert_eq!(answer["isBase64Encoded"], false);
        let content_type = json!("application/problem+json");
        match form {
            "2.0" => assert_eq!((&answer["headers"]["content-type"], &answer["cookies"]), (&content_type, &json!([]))),
            "1.0" => assert_eq!((&answer["headers"]["content-type"], &answer["multiValueHeaders"]), (&content_type, &json!({}))),
            "alb" => assert_eq!(
                (&answer["headers"]["content-type"], &answer["statusDescription"]),
                (&content_type, &json!("400 Invalid request"))
            ),
            _ => assert_eq!((&answer["multiValueHeaders"]["content-type"][0], answer.get("headers")), (&content_type, None)),
        }
    }
}

#[test]
fn other_methods_are_refused_with_those_that_are_taken() {
    for method in ["PUT", "DELETE", "HEAD", "OPTIONS", "get", "", "GET\r\nX: y"] {
        let [(_, event), ..] = http(method, "", Value::Null, false);
        let answer = send::<Describe>(&event.to_string()).unwrap();
        assert_eq!((&answer["statusCode"], &answer["headers"]["allow"]), (&json!(405), &json!("GET, POST")), "{method}");
    }
    for (form, event) in http("GET", "dry_run=true", Value::Null, false) {
        let answer = send::<Inactivate>(&event.to_string()).unwrap();
        assert_eq!(answer["statusCode"], 405, "{form}");
    }
}

#[test]
fn a_body_that_cannot_be_read_is_refused() {
    let not_utf8 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [b'{', 0xff, b'}']);
    let huge = format!("\"{}\"", "a".repeat(crate::request::LARGEST_REQUEST));
    for (body, base64, status, field) in [
        (Value::Null, false, 400, json!("body")),
        (json!(""), false, 400, json!("body")),
        (json!("{"), false, 400, json!("body")),
        (json!({"certificates": []}), false, 400, json!("body")),
        (json!("%%%"), true, 400, json!("body")),
        (json!(not_utf8), true, 400, json!("body")),
        (json!(huge), false, 413, Value::Null),
        (json!("eyJjZXJ0aWZpY2F0ZXMiOltdfQ=="), true, 400, json!("certificates")),
    ] {
        for (form, event) in http("POST", "", body.clone(), base64) {
            let answer = send::<Status>(&event.to_string()).unwrap();
            assert_eq!((&answer["statusCode"], &problem(&answer)["field"]), (&json!(status), &field), "{form} {base64}");
        }
    }
}

#[test]
fn a_post_takes_no_query() {
    let order = json!(
        r#"{"provider": "alibaba-mqtt", "instance_id": "post-cn-1", "certificates": [{"serial_number": "1", "ca_serial_number": "2"}]}"#
    );
    for (form, event) in http("POST", "dry_run=true", order, false) {
        let answer = send::<Inactivate>(&event.to_string()).unwrap();
        assert_eq!((&answer["statusCode"], &problem(&answer)["field"]), (&json!(400), &json!("dry_run")), "{form}");
    }
}

#[test]
fn a_query_of_an_odd_type_is_not_overlooked() {
    let body =
        r#"{"provider": "alibaba-mqtt", "instance_id": "post-cn-1", "certificates": [{"serial_number": "1", "ca_serial_number": "2"}]}"#;
    let event = json!({"httpMethod": "POST", "multiValueQueryStringParameters": {"dry_run": "true"}, "requestContext": {}, "body": body});
    let answer = send::<Inactivate>(&event.to_string()).unwrap();
    assert_eq!((&answer["statusCode"], &problem(&answer)["field"]), (&json!(400), &json!("dry_run")));
}

#[test]
fn a_hostile_query_is_refused_in_few_words() {
    let name = "%0a".repeat(3_000);
    let [(_, post), ..] = http("POST", &format!("{name}=1"), json!("{}"), false);
    let answer = send::<Status>(&post.to_string()).unwrap();
    assert!(problem(&answer)["field"].as_str().unwrap().len() < 200);
    let [(_, get), ..] = http("GET", "provider=tencent-mqtt&instance_id=i&client_ids=%FF%FE", Value::Null, false);
    assert_eq!(problem(&send::<Describe>(&get.to_string()).unwrap())["field"], "client_ids");
}

#[test]
fn arrays_in_place_of_objects_are_not_understood() {
    let record =
        |record: Value| json!({"Records": [{"messageId": "1", "body": "[1,2,3,4,5,6]", "eventSource": "aws:sqs"}, record]}).to_string();
    let answer = send::<Status>(&record(json!({"messageId": "2", "body": "{}", "eventSource": "aws:sqs"}))).unwrap();
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 2);
    assert_eq!(field_of(&send::<Status>(&record(json!(["2", "{}", "arn"]))).unwrap_err()), "Records");
}

/// Any JSON, shaped like an event more often than not.
fn any_event() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop_oneof![Just("aws:sqs"), Just("GET"), Just("POST"), Just("{}"), Just("%%"), Just("a=b&c"), Just("[")].prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("Records"),
        Just("eventSource"),
        Just("messageId"),
        Just("body"),
        Just("requestContext"),
        Just("http"),
        Just("elb"),
        Just("method"),
        Just("httpMethod"),
        Just("rawQueryString"),
        Just("queryStringParameters"),
        Just("isBase64Encoded"),
        Just("multiValueQueryStringParameters"),
        Just("multiValueHeaders"),
        Just("eventSourceARN"),
        Just("certificates"),
        Just("provider"),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_event_is_answered_by_a_panic(event in any_event()) {
        let text = event.to_string();
        for result in [send::<Describe>(&text), send::<Inactivate>(&text), send::<Status>(&text)] {
            if let Err(error) = result {
                prop_assert_ne!(error.0.code.as_str(), "internal", "{}", text);
            }
        }
    }
}
