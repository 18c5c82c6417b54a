//! The kinds of events.

use super::*;

/// The request is unusable, and the answer of each kind but the queue's names the member at fault.
#[test]
fn each_kind_is_recognised_by_its_shape() {
    let request = r#"{"provider": "alibaba-pca", "certificates": []}"#;
    let records = queue_records([("1", request)]);
    for (kind, event) in [
        ("queue", json!({"Records": records})),
        (
            "queue",
            json!({"Records": records, "detail-type": "x", "requestContext": {"http": {}}}),
        ),
        ("pipe", json!(records)),
        ("topic", topic(&[request])),
        ("bus", bus(request)),
        (
            "bus",
            json!({"detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": serde_json::from_str::<Value>(request).unwrap()}),
        ),
        ("direct", serde_json::from_str(request).unwrap()),
        (
            "http",
            json!({"requestContext": {"http": {"method": "POST"}}, "body": request}),
        ),
        (
            "http",
            json!({"requestContext": {"elb": {}}, "httpMethod": "POST", "body": request}),
        ),
        (
            "http",
            json!({"requestContext": {}, "httpMethod": "POST", "body": request}),
        ),
    ] {
        let result = send::<Status>(&event.to_string());
        let is_recognised = match kind {
            "queue" => ids(&result.unwrap()) == ["1"],
            "pipe" => result.unwrap()[0]["field"] == "certificates",
            "http" => http::problem(&result.unwrap())["field"] == "certificates",
            _ => field_of(&result.unwrap_err()) == "certificates",
        };
        assert!(is_recognised, "{kind} {event}");
    }
}

#[test]
fn events_of_other_kinds_are_refused_by_name() {
    for (event, field) in [
        ("[]", "body"),
        ("[1]", "body"),
        ("[null]", "body"),
        ("[[]]", "body"),
        (r#"[["aws:sqs"]]"#, "body"),
        (r#"[{"messageId": "1", "body": "{}"}]"#, "body"),
        (
            r#"[{"eventSource": "aws:kinesis", "data": "e30="}]"#,
            "body",
        ),
        (
            r#"[{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}, {"eventSource": "aws:dynamodb"}]"#,
            "body",
        ),
        (r#"[{"certificates": []}]"#, "body"),
        ("[", "body"),
        (r#"{"Records": [{"eventSource": "aws:s3"}]}"#, "Records"),
        (r#"{"Records": [{"eventSource": 5}]}"#, "Records"),
        (r#"{"Records": []}"#, "Records"),
        (r#"{"Records": {}}"#, "Records"),
        (r#"{"Records": null}"#, "Records"),
        (r#"{"Records": [1]}"#, "Records"),
        (r#"{"Records": [["aws:sns"]]}"#, "Records"),
        (
            r#"{"Records": [{"messageId": "1", "body": "{}"}]}"#,
            "Records",
        ),
        (
            r#"{"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}, {"messageId": "2", "body": "{}"}]}"#,
            "Records",
        ),
        (
            r#"{"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}, {"EventSource": "aws:sns", "Sns": {"Message": "{}"}}]}"#,
            "Records",
        ),
        (
            r#"{"Records": [{"EventSource": "aws:sns"}]}"#,
            "EventVersion",
        ),
        (
            r#"{"detail-type": "Request", "detail": {}}"#,
            "certificates",
        ),
        (r#"{"detail-type": "Request", "source": "own"}"#, "detail"),
        (
            r#"{"detail-type": "Request", "source": "own", "detail": null}"#,
            "detail",
        ),
        (
            r#"{"detail-type": "Request", "source": "own", "detail": "{}"}"#,
            "body",
        ),
        (
            r#"{"detail-type": "Request", "source": "own", "detail": []}"#,
            "body",
        ),
        (
            r#"{"detail-type": "Request", "source": "own", "detail": {}, "time": "now"}"#,
            "time",
        ),
        (
            r#"{"detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": {}}"#,
            "certificates",
        ),
        (
            r#"{"detail-type": "Request", "source": "own", "detail": {"colour": 1}}"#,
            "colour",
        ),
        (
            r#"{"detail-type": "a", "detail-type": "b", "source": "own", "detail": {}}"#,
            "certificates",
        ),
        (
            r#"{"detail-type": "a", "source": "own", "detail": {}, "detail": {"certificates": []}}"#,
            "detail",
        ),
        (r#"{"Records": [], "Records": [1]}"#, "Records"),
        (
            r#"{"requestContext": {"http": {}}, "requestContext": {"elb": {}}}"#,
            "requestContext",
        ),
        (r#"{"detail-type": null, "detail": {}}"#, "detail-type"),
        (
            r#"{"Type": "Notification", "TopicArn": "arn", "Message": "{}"}"#,
            "Type",
        ),
        (
            r#"{"requestContext": {"eventType": "CONNECT"}}"#,
            "requestContext",
        ),
        (
            r#"{"requestContext": {"connectionId": "c"}, "httpMethod": "POST", "body": "{}"}"#,
            "requestContext",
        ),
        (
            r#"{"methodArn": "arn", "requestContext": {}, "httpMethod": "GET"}"#,
            "type",
        ),
        (
            r#"{"routeArn": "arn", "requestContext": {"http": {"method": "GET"}}}"#,
            "type",
        ),
        (r#"{"requestContext": ["elb", "http"]}"#, "requestContext"),
        (r#"{"requestContext": "none"}"#, "requestContext"),
        ("\"text\"", "body"),
        ("null", "body"),
        ("17", "body"),
        ("", "body"),
    ] {
        assert_eq!(
            field_of(&send::<Status>(event).unwrap_err()),
            field,
            "{event}"
        );
    }
}

#[test]
fn an_odd_notification_is_refused_by_the_member_at_fault() {
    for (member, odd, field) in [
        ("/Records/0/Sns", Value::Null, "Sns"),
        (
            "/Records/0/Sns",
            json!(["{}", "2026-01-01T00:00:00Z"]),
            "Sns",
        ),
        ("/Records/0/Sns/Message", json!({}), "Sns.Message"),
        ("/Records/0/Sns/Message", Value::Null, "Sns.Message"),
        ("/Records/0/Sns/Timestamp", json!("now"), "Sns.Timestamp"),
        ("/Records/0/Sns/Message", json!("not json"), "body"),
    ] {
        let mut event = topic(&["{}"]);
        *event.pointer_mut(member).unwrap() = odd;
        let error = send::<Status>(&event.to_string()).unwrap_err();
        assert_eq!(field_of(&error), field, "{event}");
    }
}

#[test]
fn a_direct_request_fails_with_its_code_as_the_type() {
    let error = send::<Status>(r#"{"certificates": []}"#).unwrap_err();
    let diagnostic = Diagnostic::from(error);
    assert_eq!(diagnostic.error_type, "invalid_request");
    let problem: Value = serde_json::from_str(&diagnostic.error_message).unwrap();
    assert_eq!(
        (problem["field"].as_str(), problem["status"].as_u64()),
        (Some("certificates"), Some(400))
    );
}

#[test]
fn a_panic_is_answered_as_internal_without_its_message() {
    let request = r#"{"provider": "alibaba-pca", "certificates": [{"serial_number": "1"}]}"#;
    let error = send::<Status>(request).unwrap_err();
    assert_eq!(error.0.code.as_str(), "internal");
    assert!(
        error.0.detail.contains("invocation-1") && !error.0.detail.contains("4711"),
        "{error:?}"
    );
}

#[test]
fn arrays_in_place_of_objects_are_not_understood() {
    let record = |record: Value| {
        json!({"Records": [{"messageId": "1", "body": "[1,2,3,4,5,6]", "eventSource": "aws:sqs"}, record]}).to_string()
    };
    let answer = send::<Status>(&record(
        json!({"messageId": "2", "body": "{}", "eventSource": "aws:sqs"}),
    ))
    .unwrap();
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 2);
    assert_eq!(
        field_of(&send::<Status>(&record(json!(["2", "{}", "arn"]))).unwrap_err()),
        "Records"
    );
}
