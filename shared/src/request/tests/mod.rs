mod client_ids;
mod filter;
mod query;
mod selection;
mod sort_order;
mod sources;
mod verdict;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::error::ErrorCode;

fn field_of<R: Request + std::fmt::Debug>(json: &str) -> String {
    let error = parse::<R>(json).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidRequest, "{json}");
    error.field.unwrap_or_else(|| panic!("{json}: no field"))
}

#[test]
fn documented_examples_are_accepted() {
    let describe = r#"{ "provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-qgzaawn9",
        "filter": { "client_ids": ["client-1"], "serial_numbers": [], "ca_serial_numbers": [], "common_names": [],
            "organizational_units": [], "statuses": ["active"], "not_after_from": "2026-01-01T00:00:00Z",
            "not_after_to": "2026-02-01T00:00:00Z", "expires_within_days": 30 },
        "order_by": "created_desc", "limit": 100, "cursor": null, "include_pem": false }"#;
    let describe: DescribeRequest = parse(describe).unwrap();
    assert_eq!(describe.limit(), Some(100));
    let inactivate = r#"{ "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-7mz2d0000",
        "certificates": [ { "serial_number": "356217374433", "ca_serial_number": "007269004887" } ],
        "reason": "device reported stolen", "not_after": "2026-01-31T01:00:00+01:00", "dry_run": false }"#;
    let inactivate: InactivateRequest = parse(inactivate).unwrap();
    assert!(!inactivate.dry_run);
    assert_eq!(
        inactivate
            .not_after
            .map(|moment| moment.to_string())
            .as_deref(),
        Some("2026-01-31T00:00:00Z")
    );
    let status = r#"{ "provider": "alibaba-pca", "region": "cn-hangzhou",
        "certificates": [ { "serial_number": "b67e53ebcea9b77d65b0c3236646d715" } ] }"#;
    assert_eq!(
        parse::<StatusRequest>(status).unwrap().certificates.len(),
        1
    );
    let least: DescribeRequest = parse("{}").unwrap();
    assert_eq!(
        (least.limit(), least.include_pem, least.details),
        (Some(100), false, true)
    );
    assert!(
        !parse::<DescribeRequest>(r#"{"details": false, "include_pem": false}"#)
            .unwrap()
            .details
    );
}

#[test]
fn a_bad_describe_request_names_the_member() {
    for (json, field) in [
        ("", "body"),
        ("[]", "body"),
        ("nul", "body"),
        ("{} {}", "body"),
        ("{\"limit\": 1", "body"),
        (r#"{"limits": 1}"#, "limits"),
        (r#"{"filter": {"status": []}}"#, "filter.status"),
        (r#"{"limit": 1, "limit": 2}"#, "limit"),
        (r#"{"limit": 0}"#, "limit"),
        (r#"{"limit": 0, "summary": false}"#, "limit"),
        (r#"{"limit": 10001, "summary": true}"#, "limit"),
        (
            r#"{"limit": 0, "summary": true, "include_pem": true}"#,
            "include_pem",
        ),
        (r#"{"summary": 1}"#, "summary"),
        (r#"{"limit": 10001}"#, "limit"),
        (r#"{"limit": 70000}"#, "limit"),
        (r#"{"limit": "10"}"#, "limit"),
        (r#"{"limit": 1.5}"#, "limit"),
        (r#"{"provider": "google"}"#, "provider"),
        (r#"{"provider": 1}"#, "provider"),
        (r#"{"region": "x@127.0.0.1:443/#"}"#, "region"),
        (r#"{"instance_id": "a\r\nb"}"#, "instance_id"),
        (r#"{"instance_id": ["a"]}"#, "instance_id"),
        (r#"{"order_by": "newest"}"#, "order_by"),
        (r#"{"order_by": 1}"#, "order_by"),
        (r#"{"order_by": "not_after_asc", "cursor": "x"}"#, "cursor"),
        (r#"{"include_undecided": "yes"}"#, "include_undecided"),
        (r#"{"order_by": {"created_desc": null}}"#, "order_by"),
        (r#"["tencent-mqtt"]"#, "body"),
        (r#"{"filter": []}"#, "filter"),
        (r#"{"filter": [["client-1"]]}"#, "filter"),
        (
            r#"{"filter": {"statuses": [{"active": null}]}}"#,
            "filter.statuses[0]",
        ),
        (r#"{"include_pem": "yes"}"#, "include_pem"),
        (r#"{"details": "no"}"#, "details"),
        (r#"{"details": 0}"#, "details"),
        (r#"{"details": false, "include_pem": true}"#, "include_pem"),
        (r#"{"cursor": 5}"#, "cursor"),
        (
            r#"{"filter": {"client_ids": [""]}}"#,
            "filter.client_ids[0]",
        ),
        (
            r#"{"filter": {"common_names": ["a", "b\n"]}}"#,
            "filter.common_names[1]",
        ),
        (
            r#"{"filter": {"serial_numbers": ["12", "xy"]}}"#,
            "filter.serial_numbers[1]",
        ),
        (
            r#"{"filter": {"serial_numbers": [12]}}"#,
            "filter.serial_numbers[0]",
        ),
        (
            r#"{"filter": {"fingerprints_sha256": ["ab"]}}"#,
            "filter.fingerprints_sha256[0]",
        ),
        (
            r#"{"filter": {"ca_fingerprints_sha256": [null]}}"#,
            "filter.ca_fingerprints_sha256[0]",
        ),
        (
            r#"{"filter": {"statuses": ["ACTIVE"]}}"#,
            "filter.statuses[0]",
        ),
        (
            r#"{"filter": {"not_after_from": "tomorrow"}}"#,
            "filter.not_after_from",
        ),
        (
            r#"{"filter": {"expires_within_days": 0}}"#,
            "filter.expires_within_days",
        ),
        (
            r#"{"filter": {"expires_within_days": 3651}}"#,
            "filter.expires_within_days",
        ),
        (
            r#"{"filter": {"not_after_from": "2026-02-01T00:00:00Z", "not_after_to": "2026-01-01T00:00:00Z"}}"#,
            "filter.not_after_to",
        ),
    ] {
        assert_eq!(field_of::<DescribeRequest>(json), field, "{json}");
    }
    let many = vec!["\"a\""; 101].join(",");
    assert_eq!(
        field_of::<DescribeRequest>(&format!(r#"{{"filter": {{"client_ids": [{many}]}}}}"#)),
        "filter.client_ids"
    );
    let many = vec![format!("\"{}\"", "ab".repeat(32)); 101].join(",");
    assert_eq!(
        field_of::<DescribeRequest>(&format!(
            r#"{{"filter": {{"fingerprints_sha256": [{many}]}}}}"#
        )),
        "filter.fingerprints_sha256"
    );
}

#[test]
fn a_bad_inactivate_request_names_the_member() {
    let certificate = r#"{"serial_number": "1", "ca_serial_number": "2"}"#;
    let list = |count| vec![certificate; count].join(",");
    for (json, field) in [
        ("{}".to_owned(), "certificates"),
        (r#"{"certificates": []}"#.to_owned(), "certificates"),
        (r#"{"certificates": null}"#.to_owned(), "certificates"),
        (r#"{"certificates": {}}"#.to_owned(), "certificates"),
        (r#"{"certificates": ["1"]}"#.to_owned(), "certificates[0]"),
        (
            r#"{"certificates": [["1", "2"]]}"#.to_owned(),
            "certificates[0]",
        ),
        (
            r#"["alibaba-mqtt", "cn-hangzhou", "i", [["1", "2"]], null, false]"#.to_owned(),
            "body",
        ),
        (
            r#"{"certificates": [{}]}"#.to_owned(),
            "certificates[0].serial_number",
        ),
        (
            r#"{"certificates": [{"ca_serial_number": "2"}]}"#.to_owned(),
            "certificates[0].serial_number",
        ),
        (
            r#"{"certificates": [{"serial_number": null, "fingerprint_sha256": null}]}"#.to_owned(),
            "certificates[0].serial_number",
        ),
        (
            r#"{"certificates": [{"fingerprint_sha256": "ab"}]}"#.to_owned(),
            "certificates[0].fingerprint_sha256",
        ),
        (
            format!(r#"{{"certificates": [{certificate}], "sources": "all"}}"#),
            "sources",
        ),
        (
            r#"{"certificates": [{"serial_number": "1", "ca": "2"}]}"#.to_owned(),
            "certificates[0].ca",
        ),
        (
            format!(r#"{{"certificates": [{certificate}, {{"serial_number": "g"}}]}}"#),
            "certificates[1].serial_number",
        ),
        (
            r#"{"certificates": [{"serial_number": "1", "serial_number": "2"}]}"#.to_owned(),
            "certificates[0].serial_number",
        ),
        (
            format!(r#"{{"certificates": [{}]}}"#, list(101)),
            "certificates",
        ),
        (
            format!(r#"{{"certificates": [{certificate}], "reason": ""}}"#),
            "reason",
        ),
        (
            format!(
                r#"{{"certificates": [{certificate}], "reason": "{}"}}"#,
                "é".repeat(257)
            ),
            "reason",
        ),
        (
            format!(r#"{{"certificates": [{certificate}], "not_after": "tomorrow"}}"#),
            "not_after",
        ),
        (
            format!(r#"{{"certificates": [{certificate}], "not_after": "2026-01-31"}}"#),
            "not_after",
        ),
        (
            format!(r#"{{"certificates": [{certificate}], "not_after": 1766073600}}"#),
            "not_after",
        ),
        (
            format!(r#"{{"certificates": [{certificate}], "not_after": ""}}"#),
            "not_after",
        ),
        (
            format!(r#"{{"certificates": [{certificate}], "dry_run": "true"}}"#),
            "dry_run",
        ),
        (
            format!(r#"{{"certificates": [{certificate}], "dry_run": true, "dry_run": false}}"#),
            "dry_run",
        ),
        (
            format!(r#"{{"certificates": [{certificate}], "end_sessions": "yes"}}"#),
            "end_sessions",
        ),
        (
            format!(r#"{{"certificates": [{certificate}], "forced": true}}"#),
            "forced",
        ),
    ] {
        assert_eq!(field_of::<InactivateRequest>(&json), field, "{json}");
    }
    assert!(
        parse::<InactivateRequest>(&format!(
            r#"{{"certificates": [{}], "reason": "{}"}}"#,
            list(100),
            "é".repeat(256)
        ))
        .is_ok()
    );
    assert!(parse::<StatusRequest>(&format!(r#"{{"certificates": [{}]}}"#, list(1000))).is_ok());
    assert_eq!(
        field_of::<StatusRequest>(&format!(r#"{{"certificates": [{}]}}"#, list(1001))),
        "certificates"
    );
}

#[test]
fn a_certificate_is_named_by_its_number_or_its_fingerprint_or_both() {
    let fingerprint = "AB:".repeat(32);
    let fingerprint = fingerprint.trim_end_matches(':');
    for json in [
        r#"{"serial_number": "1"}"#.to_owned(),
        format!(r#"{{"fingerprint_sha256": "{fingerprint}"}}"#),
        format!(
            r#"{{"serial_number": "1", "ca_serial_number": "2", "fingerprint_sha256": "{fingerprint}"}}"#
        ),
    ] {
        let request: StatusRequest = parse(&format!(r#"{{"certificates": [{json}]}}"#)).unwrap();
        let reference = &request.certificates[0];
        assert_eq!(
            reference.fingerprint_sha256.is_some(),
            json.contains("fingerprint"),
            "{json}"
        );
        assert!(
            reference
                .fingerprint_sha256
                .as_ref()
                .is_none_or(|fingerprint| fingerprint.as_str() == "ab".repeat(32))
        );
        assert!(parse::<InactivateRequest>(&format!(r#"{{"certificates": [{json}]}}"#)).is_ok());
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,200}") {
        let _ = parse::<DescribeRequest>(&text);
        let _ = parse::<InactivateRequest>(&text);
        let _ = parse::<StatusRequest>(&text);
    }

    #[test]
    fn no_object_makes_the_parser_panic(member in "[a-z_]{1,20}", value in "[-0-9a-z\"{}\\[\\],:.]{0,40}") {
        let _ = parse::<DescribeRequest>(&format!(r#"{{"{member}":{value}}}"#));
    }
}
