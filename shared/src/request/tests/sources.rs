//! Requests with several sources.

use super::*;
use crate::model::ProviderName;

const CERTIFICATES: &str = r#""certificates": [{"serial_number": "1"}]"#;

fn list(count: usize) -> String {
    let source = |number| {
        format!(
            r#"{{"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-{number}"}}"#
        )
    };
    (0..count).map(source).collect::<Vec<_>>().join(",")
}

#[test]
fn sources_are_a_list_or_all() {
    for json in [
        r#"{"sources": "all"}"#.to_owned(),
        format!(r#"{{"sources": [{}]}}"#, list(1)),
        format!(r#"{{"sources": [{}]}}"#, list(20)),
    ] {
        assert!(
            parse::<DescribeRequest>(&json).unwrap().sources.is_some(),
            "{json}"
        );
    }
    let json = r#"{"sources": [{"provider": "aws-iot"}, {"provider": "aws-iot", "region": "eu-west-1"}, {"provider": "tencent-mqtt", "instance_id": "i"}]}"#;
    let Some(Sources::These(sources)) = parse::<DescribeRequest>(json).unwrap().sources else {
        panic!("they are a list")
    };
    assert_eq!(
        (sources.len(), sources[0].provider, &sources[0].region),
        (3, ProviderName::AwsIot, &None)
    );
    assert_eq!(sources[2].instance_id.as_ref().unwrap().as_str(), "i");
    for json in [r#"{"sources": null}"#, "{}"] {
        assert_eq!(parse::<DescribeRequest>(json).unwrap().sources, None);
    }
}

#[test]
fn bad_sources_name_the_member() {
    let twenty_one = format!("[{}]", list(21));
    for (sources, beside, field) in [
        ("\"all\"", r#""provider": "aws-iot""#, "provider"),
        ("\"all\"", r#""region": "eu-west-1""#, "region"),
        ("\"all\"", r#""instance_id": "i""#, "instance_id"),
        (
            r#"[{"provider": "aws-iot"}]"#,
            r#""provider": "aws-iot""#,
            "provider",
        ),
        ("[]", "", "sources"),
        (twenty_one.as_str(), "", "sources"),
        (
            r#"[{"provider": "aws-iot"}, {"provider": "alibaba-pca"}, {"provider": "aws-iot"}]"#,
            "",
            "sources",
        ),
        (
            r#"[{"provider": "aws-iot"}, {"provider": "aws-iot", "region": null, "instance_id": null}]"#,
            "",
            "sources",
        ),
        ("\"some\"", "", "sources"),
        ("\"ALL\"", "", "sources"),
        ("{}", "", "sources"),
        ("1", "", "sources"),
        ("true", "", "sources"),
        (r#"{"provider": "aws-iot"}"#, "", "sources"),
        ("[1]", "", "sources[0]"),
        (r#"["all"]"#, "", "sources[0]"),
        (r#"[["aws-iot", null, null]]"#, "", "sources[0]"),
        ("[{}]", "", "sources[0].provider"),
        (
            r#"[{"provider": "aws-iot"}, {"provider": "aws-iot", "zone": "a"}]"#,
            "",
            "sources[1].zone",
        ),
        (r#"[{"provider": "nobody"}]"#, "", "sources[0].provider"),
        (
            r#"[{"provider": "aws-iot", "region": "x@evil:443/#"}]"#,
            "",
            "sources[0].region",
        ),
        (
            r#"[{"provider": "aws-iot", "instance_id": ""}]"#,
            "",
            "sources[0].instance_id",
        ),
    ] {
        let beside = if beside.is_empty() {
            String::new()
        } else {
            format!(", {beside}")
        };
        assert_eq!(
            field_of::<DescribeRequest>(&format!(r#"{{"sources": {sources}{beside}}}"#)),
            field,
            "{sources}{beside}"
        );
        assert_eq!(
            field_of::<StatusRequest>(&format!(
                r#"{{{CERTIFICATES}, "sources": {sources}{beside}}}"#
            )),
            field,
            "{sources}{beside}"
        );
    }
}

#[test]
fn sources_that_differ_in_any_part_are_several() {
    let json = r#"{"sources": [{"provider": "aws-iot"}, {"provider": "aws-iot", "region": "eu-west-1"},
        {"provider": "aws-iot", "region": "eu-west-2"}, {"provider": "alibaba-pca"}, {"provider": "aws-iot", "instance_id": "i"}]}"#;
    assert!(parse::<DescribeRequest>(json).is_ok());
}

#[test]
fn a_request_with_several_sources_has_fewer_certificates() {
    let request = |sources: &str, count: usize| {
        let certificates = vec![r#"{"serial_number": "1"}"#; count].join(",");
        format!(r#"{{{sources} "certificates": [{certificates}]}}"#)
    };
    for (sources, most) in [
        ("", 1000),
        (r#""sources": "all","#, 200),
        (r#""sources": [{"provider": "aws-iot"}],"#, 200),
    ] {
        assert!(
            parse::<StatusRequest>(&request(sources, most)).is_ok(),
            "{sources}"
        );
        assert_eq!(
            field_of::<StatusRequest>(&request(sources, most + 1)),
            "certificates",
            "{sources}"
        );
    }
}

#[test]
fn a_cross_check_names_a_provider() {
    for (check, field) in [
        ("{}", "cross_check.provider"),
        (r#"{"provider": "nobody"}"#, "cross_check.provider"),
        (
            r#"{"provider": "alibaba-pca", "instance_id": "i"}"#,
            "cross_check.instance_id",
        ),
        (
            r#"{"provider": "alibaba-pca", "region": 1}"#,
            "cross_check.region",
        ),
        (r#""alibaba-pca""#, "cross_check"),
        (r#"["alibaba-pca", null]"#, "cross_check"),
    ] {
        assert_eq!(
            field_of::<StatusRequest>(&format!(r#"{{{CERTIFICATES}, "cross_check": {check}}}"#)),
            field,
            "{check}"
        );
    }
    let request: StatusRequest = parse(&format!(
        r#"{{{CERTIFICATES}, "cross_check": {{"provider": "alibaba-pca"}}}}"#
    ))
    .unwrap();
    assert_eq!(
        request.cross_check.unwrap().provider,
        ProviderName::AlibabaPca
    );
    assert!(
        parse::<StatusRequest>(&format!(r#"{{{CERTIFICATES}, "cross_check": null}}"#))
            .unwrap()
            .cross_check
            .is_none()
    );
}

#[test]
fn a_limit_of_zero_is_for_counts_only() {
    assert_eq!(
        parse::<DescribeRequest>(r#"{"limit": 0, "summary": true}"#)
            .unwrap()
            .limit(),
        None
    );
    assert_eq!(
        parse::<DescribeRequest>(r#"{"summary": true}"#)
            .unwrap()
            .limit(),
        Some(100)
    );
    assert_eq!(
        parse::<DescribeRequest>(r#"{"limit": 10000}"#)
            .unwrap()
            .limit(),
        Some(10_000)
    );
}

proptest! {
    #[test]
    fn no_sources_make_the_parser_panic(sources in "[-0-9a-z\"{}\\[\\],:._]{0,60}") {
        let _ = parse::<DescribeRequest>(&format!(r#"{{"sources":{sources}}}"#));
        let _ = parse::<StatusRequest>(&format!(r#"{{{CERTIFICATES},"sources":[{{"provider":{sources}}}]}}"#));
    }
}
