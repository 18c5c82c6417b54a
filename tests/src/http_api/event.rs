//! The event that an HTTP API makes of a request: payload 2.0.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::events::joined;

/// Headers that end at the API, or that it writes anew.
const OWN_HEADERS: [HeaderName; 7] = [
    CONNECTION,
    CONTENT_LENGTH,
    COOKIE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// As the Common Log Format writes it.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");

/// A request and what is known of it.
pub(super) struct Call<'a> {
    pub(super) head: &'a Parts,
    /// Decoded, as HTTP APIs give it in every member. The query is given as it came.
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
    pub(super) caller: SocketAddr,
    pub(super) time: OffsetDateTime,
}

impl Call<'_> {
    /// The event.
    pub(super) fn event(&self) -> Value {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let Self {
            head, path, time, ..
        } = self;
        let header = |name: HeaderName| head.headers.get(name).map(text).unwrap_or_default();
        let host = header(HOST);
        let route = format!("{} {path}", head.method);
        let query = head.uri.query().unwrap_or_default();
        let trace_id = format!("Root=1-{:08x}-{number:024x}", time.unix_timestamp());
        let mut event = json!({
            "version": "2.0",
            "routeKey": route,
            "rawPath": path,
            "rawQueryString": query,
            "headers": joined(&self.headers(trace_id)),
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "aaaaaaaaaa",
                "domainName": host,
                "domainPrefix": host.split(['.', ':']).next(),
                "http": {
                    "method": head.method.as_str(),
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": self.caller.ip().to_string(),
                    "userAgent": header(USER_AGENT)
                },
                "requestId": format!("{number:015}="),
                "routeKey": route,
                "stage": "$default",
                "time": time.format(TIME).unwrap_or_default(),
                "timeEpoch": time.unix_timestamp().saturating_mul(1000).saturating_add(time.millisecond().into())
            },
            "isBase64Encoded": false
        });
        let mut put = |name: &str, value: Value| {
            event
                .as_object_mut()
                .and_then(|members| members.insert(name.to_owned(), value));
        };
        let cookies: Vec<_> = self.cookies().collect();
        if !cookies.is_empty() {
            put("cookies", cookies.into());
        }
        let parameters = joined(&parameters(query));
        if !parameters.is_empty() {
            put("queryStringParameters", parameters.into());
        }
        match std::str::from_utf8(self.body) {
            Ok("") => {}
            Ok(body) if is_text(&header(CONTENT_TYPE)) => put("body", body.into()),
            _ => {
                put("body", STANDARD.encode(self.body).into());
                put("isBase64Encoded", true.into());
            }
        }
        event
    }

    /// The caller's, then those that the API adds.
    fn headers(&self, trace_id: String) -> Vec<(String, String)> {
        let passed = self
            .head
            .headers
            .iter()
            .filter(|(name, _)| !OWN_HEADERS.contains(name));
        let mut headers: Vec<_> = passed
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        add("content-length", self.body.len().to_string());
        if !self.head.headers.contains_key("x-amzn-trace-id") {
            add("x-amzn-trace-id", trace_id);
        }
        add("x-forwarded-for", self.caller.ip().to_string());
        if !self.head.headers.contains_key("x-forwarded-port") {
            add("x-forwarded-port", "443".to_owned());
        }
        if !self.head.headers.contains_key("x-forwarded-proto") {
            add("x-forwarded-proto", "https".to_owned());
        }
        headers
    }

    fn cookies(&self) -> impl Iterator<Item = String> {
        let lines = self.head.headers.get_all(COOKIE).iter().map(text);
        lines.flat_map(|line| {
            line.split(';')
                .map(|cookie| cookie.trim().to_owned())
                .collect::<Vec<_>>()
        })
    }
}

/// Percent-encoding taken out, and plus signs for blanks where that is the rule. What is not UTF-8
/// is replaced.
pub(super) fn decoded(encoded: &str, plus_is_blank: bool) -> String {
    let encoded = if plus_is_blank {
        encoded.replace('+', " ")
    } else {
        encoded.to_owned()
    };
    percent_decode_str(&encoded)
        .decode_utf8_lossy()
        .into_owned()
}

fn parameters(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    split
        .map(|(name, value)| (decoded(name, true), decoded(value, true)))
        .collect()
}

/// Whether a body of this content type is given as it is.
fn is_text(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence.starts_with("text/") || essence == "application/json"
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use time::macros::datetime;

    use super::*;

    fn event(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", "api.example.test:8080");
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let (head, ()) = request.body(()).unwrap().into_parts();
        let path = decoded(head.uri.path(), false);
        let caller = SocketAddr::from(([127, 0, 0, 1], 50_000));
        Call {
            head: &head,
            path: &path,
            body,
            caller,
            time: datetime!(2026-04-05 06:07:08.009 UTC),
        }
        .event()
    }

    #[test]
    fn a_query_is_given_as_it_came_and_decoded_with_repeated_names_joined() {
        for (query, expected) in [
            ("a=1&b=2", json!({ "a": "1", "b": "2" })),
            ("a=1&b=2&a=3&a=", json!({ "a": "1,3,", "b": "2" })),
            ("a=1,2&a=3", json!({ "a": "1,2,3" })),
            ("a%20b=c%2Bd%26e%3D", json!({ "a b": "c+d&e=" })),
            ("a=b+c%2b", json!({ "a": "b c+" })),
            ("a=%C3%9Cnit%20%E8%BD%A6", json!({ "a": "Ünit 车" })),
            ("a=%ff%zz%", json!({ "a": "\u{fffd}%zz%" })),
            ("a=b=c", json!({ "a": "b=c" })),
            ("a&&b=", json!({ "a": "", "b": "" })),
            ("A=1&a=2", json!({ "A": "1", "a": "2" })),
        ] {
            let event = event("GET", &format!("/status?{query}"), &[], b"");
            assert_eq!(event["rawQueryString"], query);
            assert_eq!(event["queryStringParameters"], expected, "{query}");
        }
        for target in ["/status", "/status?"] {
            let event = event("GET", target, &[], b"");
            assert_eq!(
                (&event["rawQueryString"], event.get("queryStringParameters")),
                (&json!(""), None),
                "{target}"
            );
        }
    }

    #[test]
    fn a_path_is_decoded_in_every_member() {
        for (target, path) in [
            ("/status", "/status"),
            ("/%73tatus?a=1", "/status"),
            ("/a%20b+c", "/a b+c"),
            ("http://host/status", "/status"),
        ] {
            let event = event("GET", target, &[], b"");
            assert_eq!(
                (&event["rawPath"], &event["requestContext"]["http"]["path"]),
                (&json!(path), &json!(path)),
                "{target}"
            );
            assert_eq!(event["routeKey"], format!("GET {path}"));
        }
    }

    #[test]
    fn a_body_is_text_or_base64_by_its_type_and_bytes() {
        for (content_type, body, expected) in [
            (
                Some("application/json"),
                "{}".as_bytes(),
                Some(("{}", false)),
            ),
            (
                Some("Application/JSON ; charset=utf-8"),
                b"{}",
                Some(("{}", false)),
            ),
            (Some("text/plain"), "Ü".as_bytes(), Some(("Ü", false))),
            (Some("application/json"), b"\xff\xfe", Some(("//4=", true))),
            (
                Some("text/plain"),
                b"\x1f\x8b\x08\x00",
                Some(("H4sIAA==", true)),
            ),
            (
                Some("application/x-www-form-urlencoded"),
                b"{}",
                Some(("e30=", true)),
            ),
            (
                Some("application/octet-stream"),
                b"{}",
                Some(("e30=", true)),
            ),
            (Some("application/jsonp"), b"{}", Some(("e30=", true))),
            (None, b"{}", Some(("e30=", true))),
            (Some("application/octet-stream"), b"", None),
            (None, b"", None),
        ] {
            let headers: Vec<_> = content_type
                .iter()
                .map(|value| ("content-type", *value))
                .collect();
            let event = event("POST", "/status", &headers, body);
            let (text, base64) =
                expected.map_or((None, false), |(text, base64)| (Some(json!(text)), base64));
            assert_eq!(
                (event.get("body"), &event["isBase64Encoded"]),
                (text.as_ref(), &json!(base64)),
                "{content_type:?} {body:?}"
            );
            assert_eq!(event["headers"]["content-length"], body.len().to_string());
        }
    }

    #[test]
    fn headers_are_in_lower_case_joined_and_the_callers_own() {
        let headers = [
            ("X-Thing", "1"),
            ("x-thing", "2"),
            ("Cookie", "a=1; b=2"),
            ("Connection", "keep-alive"),
            ("Transfer-Encoding", "chunked"),
            ("X-Forwarded-For", "10.0.0.1"),
            ("User-Agent", "curl/8"),
        ];
        let event = event("POST", "/status", &headers, b"");
        assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
        let mut got = event["headers"].clone();
        assert!(
            got.as_object_mut()
                .unwrap()
                .remove("x-amzn-trace-id")
                .is_some()
        );
        assert_eq!(
            got,
            json!({
                "content-length": "0", "host": "api.example.test:8080", "user-agent": "curl/8", "x-thing": "1,2",
                "x-forwarded-for": "10.0.0.1,127.0.0.1", "x-forwarded-port": "443", "x-forwarded-proto": "https"
            })
        );
    }

    #[test]
    fn the_context_tells_the_call() {
        let mut context =
            event("GET", "/status?a=1", &[("user-agent", "curl/8")], b"")["requestContext"].take();
        assert!(
            context
                .as_object_mut()
                .unwrap()
                .remove("requestId")
                .is_some()
        );
        assert_eq!(
            context,
            json!({
                "accountId": "123456789012", "apiId": "aaaaaaaaaa", "domainName": "api.example.test:8080", "domainPrefix": "api",
                "http": { "method": "GET", "path": "/status", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "curl/8" },
                "routeKey": "GET /status", "stage": "$default", "time": "05/Apr/2026:06:07:08 +0000", "timeEpoch": 1_775_369_228_009_i64
            })
        );
    }
}
