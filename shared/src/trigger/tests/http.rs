//! HTTP events in their four forms.

use super::*;

/// The same request in each form of HTTP event.
pub(super) fn http(
    method: &str,
    query: &str,
    body: Value,
    base64: bool,
) -> [(&'static str, Value); 4] {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let decoded: Value = pairs
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let decoded_lists: Value = pairs
        .iter()
        .map(|(name, value)| (name.clone(), json!([value])))
        .collect::<serde_json::Map<_, _>>()
        .into();
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

pub(super) fn problem(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[test]
fn each_http_form_gets_its_own_form_of_answer() {
    for (form, event) in http(
        "GET",
        "provider=tencent-mqtt&statuses=active,nonsense",
        Value::Null,
        false,
    ) {
        let answer = send::<Describe>(&event.to_string()).unwrap();
        assert_eq!(answer["statusCode"], 400, "{form}");
        assert_eq!(problem(&answer)["field"], "statuses", "{form}");
        assert_eq!(answer["isBase64Encoded"], false);
        let content_type = json!("application/problem+json");
        match form {
            "2.0" => assert_eq!(
                (&answer["headers"]["content-type"], &answer["cookies"]),
                (&content_type, &json!([]))
            ),
            "1.0" => assert_eq!(
                (
                    &answer["headers"]["content-type"],
                    &answer["multiValueHeaders"]
                ),
                (&content_type, &json!({}))
            ),
            "alb" => assert_eq!(
                (
                    &answer["headers"]["content-type"],
                    &answer["statusDescription"]
                ),
                (&content_type, &json!("400 Bad Request"))
            ),
            _ => assert_eq!(
                (
                    &answer["multiValueHeaders"]["content-type"][0],
                    &answer["headers"]
                ),
                (&content_type, &json!({}))
            ),
        }
    }
}

#[test]
fn other_methods_are_refused_with_those_that_are_taken() {
    for method in ["PUT", "DELETE", "HEAD", "OPTIONS", "get", "", "GET\r\nX: y"] {
        let [(_, event), ..] = http(method, "", Value::Null, false);
        let answer = send::<Describe>(&event.to_string()).unwrap();
        assert_eq!(
            (&answer["statusCode"], &answer["headers"]["allow"]),
            (&json!(405), &json!("GET, POST")),
            "{method}"
        );
    }
    for (form, event) in http("GET", "dry_run=true", Value::Null, false) {
        let answer = send::<Inactivate>(&event.to_string()).unwrap();
        assert_eq!(answer["statusCode"], 405, "{form}");
    }
}

#[test]
fn a_body_that_cannot_be_read_is_refused() {
    let not_utf8 = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        [b'{', 0xff, b'}'],
    );
    let huge = format!("\"{}\"", "a".repeat(crate::request::LARGEST_REQUEST));
    for (body, base64, status, field) in [
        (Value::Null, false, 400, json!("body")),
        (json!(""), false, 400, json!("body")),
        (json!("{"), false, 400, json!("body")),
        (json!({"certificates": []}), false, 400, json!("body")),
        (json!("%%%"), true, 400, json!("body")),
        (json!(not_utf8), true, 400, json!("body")),
        (json!(huge), false, 413, Value::Null),
        (
            json!("eyJjZXJ0aWZpY2F0ZXMiOltdfQ=="),
            true,
            400,
            json!("certificates"),
        ),
    ] {
        for (form, event) in http("POST", "", body.clone(), base64) {
            let answer = send::<Status>(&event.to_string()).unwrap();
            assert_eq!(
                (&answer["statusCode"], &problem(&answer)["field"]),
                (&json!(status), &field),
                "{form} {base64}"
            );
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
        assert_eq!(
            (&answer["statusCode"], &problem(&answer)["field"]),
            (&json!(400), &json!("dry_run")),
            "{form}"
        );
    }
}

#[test]
fn a_query_of_an_odd_type_is_not_overlooked() {
    let body = r#"{"provider": "alibaba-mqtt", "instance_id": "post-cn-1", "certificates": [{"serial_number": "1", "ca_serial_number": "2"}]}"#;
    let event = json!({"httpMethod": "POST", "multiValueQueryStringParameters": {"dry_run": "true"}, "requestContext": {}, "body": body});
    let answer = send::<Inactivate>(&event.to_string()).unwrap();
    assert_eq!(
        (&answer["statusCode"], &problem(&answer)["field"]),
        (&json!(400), &json!("dry_run"))
    );
}

#[test]
fn a_hostile_query_is_refused_in_few_words() {
    let name = "%0a".repeat(3_000);
    let [(_, post), ..] = http("POST", &format!("{name}=1"), json!("{}"), false);
    let answer = send::<Status>(&post.to_string()).unwrap();
    assert!(problem(&answer)["field"].as_str().unwrap().len() < 200);
    let [(_, get), ..] = http(
        "GET",
        "provider=tencent-mqtt&instance_id=i&client_ids=%FF%FE",
        Value::Null,
        false,
    );
    assert_eq!(
        problem(&send::<Describe>(&get.to_string()).unwrap())["field"],
        "client_ids"
    );
}

#[test]
fn a_request_context_that_cannot_be_read_is_answered_by_400() {
    for context in [
        r#""\ud83d""#,
        "[]",
        r#"{"http": {"method": "GET"}}, "requestContext": {"http": {"method": "POST"}}"#,
    ] {
        for form in [r#""rawPath": "/""#, r#""httpMethod": "GET""#] {
            let event = format!(r#"{{{form}, "requestContext": {context}}}"#);
            let answer = send::<Describe>(&event).unwrap();
            assert_eq!(
                (&answer["statusCode"], &problem(&answer)["field"]),
                (&json!(400), &json!("requestContext")),
                "{event}"
            );
        }
    }
}

#[test]
fn an_event_that_names_no_method_cannot_be_read() {
    for (event, field) in [
        (
            r#"{"requestContext": {"http": {}}}"#,
            "requestContext.http.method",
        ),
        (
            r#"{"requestContext": {"http": {"method": "GET", "method": "POST"}}}"#,
            "requestContext.http.method",
        ),
        (r#"{"requestContext": {"elb": {}}}"#, "httpMethod"),
        (
            r#"{"requestContext": {}, "httpMethod": 1e400}"#,
            "httpMethod",
        ),
    ] {
        let answer = send::<Describe>(event).unwrap();
        assert_eq!(
            (&answer["statusCode"], &problem(&answer)["field"]),
            (&json!(400), &json!(field)),
            "{event}"
        );
    }
}

#[test]
fn members_that_contradict_themselves_are_not_chosen_from() {
    let order = |number: &str| {
        json!({"instance_id": "i", "provider": "alibaba-mqtt", "certificates": [{"serial_number": number, "ca_serial_number": "2"}]})
            .to_string()
    };
    let (one, two) = (json!(order("1")), json!(order("2")));
    for (members, field) in [
        (format!(r#""body": {one}, "body": {two}"#), "body"),
        (
            format!(r#""body": {one}, "isBase64Encoded": true, "isBase64Encoded": false"#),
            "isBase64Encoded",
        ),
        (
            format!(r#""body": {one}, "rawPath": "/inactivate", "rawPath": "/describe""#),
            "rawPath",
        ),
        (
            format!(r#""body": {one}, "rawQueryString": "", "rawQueryString": "dry_run=true""#),
            "rawQueryString",
        ),
    ] {
        let event = format!(r#"{{{members}, "requestContext": {{"http": {{"method": "POST"}}}}}}"#);
        let answer = send::<Inactivate>(&event).unwrap();
        assert_eq!(
            (&answer["statusCode"], &problem(&answer)["field"]),
            (&json!(400), &json!(field)),
            "{event}"
        );
    }
}
