//! Events that are longer than any HTTP request, and requests of the maximum length.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::http::{http, problem};
use super::*;
use crate::request::LARGEST_REQUEST;

/// A request without certificates, filled up to this length with a text that JSON writes in twice
/// as many bytes.
fn filled(filling: &str, length: usize) -> String {
    let text = r#"{"certificates": [], "provider": "FILLING"}"#;
    let (before, behind) = if filling == "\n" {
        (r#"{"certificates": [], "#, r#""provider": "alibaba-pca"}"#)
    } else {
        text.split_once("FILLING").unwrap()
    };
    let room = length - before.len() - behind.len();
    let exact = filling.repeat(room / filling.len());
    let rest = " ".repeat(room - exact.len());
    format!("{before}{exact}{rest}{behind}")
}

fn status(body: &str, base64: bool) -> Vec<(&'static str, Value)> {
    let body = if base64 {
        json!(STANDARD.encode(body))
    } else {
        json!(body)
    };
    http("POST", "", body, base64)
        .into_iter()
        .map(|(form, event)| (form, send::<Status>(&event.to_string()).unwrap()))
        .collect()
}

#[test]
fn the_largest_request_is_read_however_its_gateway_writes_it() {
    for (filling, field) in [("\n", "certificates"), ("\\\"", "provider")] {
        for base64 in [false, true] {
            for (form, answer) in status(&filled(filling, LARGEST_REQUEST), base64) {
                assert_eq!(
                    (&answer["statusCode"], &problem(&answer)["field"]),
                    (&json!(400), &json!(field)),
                    "{form} {filling:?} {base64}"
                );
            }
            for (form, answer) in status(&filled(filling, LARGEST_REQUEST + 1), base64) {
                assert_eq!(answer["statusCode"], 413, "{form} {filling:?} {base64}");
            }
        }
    }
}

#[test]
fn a_longer_event_of_http_is_refused_by_its_length_in_its_own_form() {
    let read = status(&filled("\n", LARGEST_REQUEST + 1), true);
    let long = json!("a".repeat(3 * LARGEST_REQUEST));
    for (index, (form, event)) in http("POST", "", long, false).into_iter().enumerate() {
        let event = event.to_string();
        // Without its end it is no longer JSON: the error shows that nobody has read it as JSON.
        let unread = event.strip_suffix('}').unwrap();
        for event in [
            unread.to_owned(),
            format!("\u{feff} \n{unread}"),
            unread.replacen('{', r#"{ "x": "requestContext", "#, 1),
            unread.replacen(r#""requestContext":{"#, "\"requestContext\" :\n { ", 1),
        ] {
            let answer = send::<Status>(&event).unwrap();
            assert_eq!((form, &answer), (read[index].0, &read[index].1));
            assert_eq!(problem(&answer)["code"], "payload_too_large", "{form}");
        }
    }
}

#[test]
fn long_events_that_do_not_come_over_http_are_read() {
    let padding = " ".repeat(3 * LARGEST_REQUEST);
    let request = r#"{"certificates": []}"#;
    let ids_of = |event: &Value| ids(&send::<Status>(&event.to_string()).unwrap()).len();
    let mut batch = queue_batch((0..10).map(|_| ("m", request)));
    // An attribute may have any name.
    let attribute = json!({"requestContext": {"stringValue": padding, "dataType": "String"}});
    batch["Records"][0]["messageAttributes"] = attribute;
    assert_eq!(ids_of(&batch), 10);
    let answer = send::<Status>(&batch["Records"].to_string()).unwrap();
    assert_eq!(answer.as_array().unwrap().len(), 10);
    for reason in [r#""requestContext""#, r#""\"requestContext\": {\"elb\"""#] {
        let direct = format!(r#"{{"certificates": [], "x": {reason}{padding}}}"#);
        let error = send::<Status>(&direct).unwrap_err();
        assert_eq!(error.0.code.as_str(), "payload_too_large", "{reason}");
    }
}

#[test]
fn an_event_that_is_no_text_is_refused() {
    let error = send::<Status>(b"{\"x\": \"\xff\"}").unwrap_err();
    assert_eq!(field_of(&error), "body");
}
