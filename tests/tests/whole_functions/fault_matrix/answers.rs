//! Answers that are none: of the wrong form, size, type or status.

use std::collections::BTreeMap;

use simulator::Fault;

use super::expected::{
    Expected, Injected, Row, answer, everywhere, failure, nothing_done, reads, reads_between,
};

/// The members that the three vendors answer with, each with this value.
fn members(value: &str) -> String {
    format!(
        r#"{{"Response":{value},"Data":{value},"DeviceSn":{value},"CertificateStatus":{value}}}"#
    )
}

/// A hundred million zeros: a match of 258 bytes again and again, eight of which fill 13 bytes.
fn bomb() -> Vec<u8> {
    let begin = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x63\x60";
    let matches = b"\x18\x05\xa3\x60\x14\x8c\x82\x51\x30\x0a\x46\xc1\x28".repeat(50_000);
    [begin.as_slice(), &matches].concat()
}

/// Answers that no vendor documents, each with a name.
pub(crate) fn odd_answers() -> Vec<(String, Fault)> {
    let json = |body: &str| Fault::body(200, "application/json", body);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let gzip = BTreeMap::from([("content-encoding".to_owned(), "gzip".to_owned())]);
    let invalid_utf_8 = [b"{\"RequestId\":\"".as_slice(), &[0xff, 0xfe], b"\"}"].concat();
    let mut answers = vec![
        ("nested 100,000 deep".to_owned(), json(&members(&deep))),
        (
            "invalid UTF-8".to_owned(),
            Fault::body(200, "application/json", invalid_utf_8),
        ),
        (
            "HTML with status 200".to_owned(),
            Fault::body(200, "text/html", "<html><body>Sign in</body></html>"),
        ),
        ("status 204".to_owned(), Fault::body(204, "text/plain", "")),
        (
            "a gzip bomb that was not asked for".to_owned(),
            Fault::body_with_headers(200, "application/json", gzip, bomb()),
        ),
        (
            "a body of 9 MiB".to_owned(),
            Fault::body(200, "application/json", vec![b' '; 9 * 1024 * 1024]),
        ),
        (
            "an error that is null".to_owned(),
            json(r#"{"Response":{"Error":null},"Error":null,"Code":null}"#),
        ),
        ("JSON that breaks off".to_owned(), json(r#"{"Response":{"#)),
    ];
    let wrong_bodies = ["", " ", "null", "[]", "{}", "\"ok\"", "7", "true"];
    answers.extend(wrong_bodies.map(|body| (format!("the body {body:?}"), json(body))));
    let wrong_members = ["null", "7", "{}", "[7]", "[null]", "\"x\""];
    answers
        .extend(wrong_members.map(|value| (format!("members of {value}"), json(&members(value)))));
    answers
}

pub(crate) fn rows() -> Vec<Row> {
    let invalid = || nothing_done("provider_invalid_response");
    let mut rows: Vec<Row> = odd_answers()
        .into_iter()
        .map(|(name, fault)| Row::new(name, everywhere(fault), invalid()))
        .collect();
    rows.extend([301, 302, 307, 308].map(|status| {
        Row::new(
            format!("status {status} to another host"),
            Injected::Redirect(status),
            invalid(),
        )
    }));
    let [describe, inactivate, _] = invalid();
    let empty_lists = Fault::body(200, "application/json", members("[]"));
    rows.push(Row::new(
        "members of []",
        everywhere(empty_lists),
        [describe, inactivate, unknown()],
    ));
    rows.push(without_effect());
    rows
}

/// The private CA leaves out what it does not know. It is asked once more, for another spelling.
fn unknown() -> Expected {
    answer("unknown unknown", reads(2))
}

/// An order is answered with success and changes nothing; more is announced than listed; another
/// certificate is said to be good.
fn without_effect() -> Row {
    let read = r#"{"RequestId":"1","Response":{"TotalCount":5,"Data":[],"RequestId":"1"},"CertificateStatus":[{"SerialNumber":"0a","Status":"good"}]}"#;
    let read = Fault::body(200, "application/json", read);
    let injected = Injected::Always([read.clone(), Fault::SucceedWithoutEffect, read]);
    let [describe, _, _] = nothing_done("provider_invalid_response");
    Row::new(
        "success without evidence",
        injected,
        [
            describe,
            failure("unknown unknown", reads_between(4, 12).and_writes(2)),
            unknown(),
        ],
    )
}
