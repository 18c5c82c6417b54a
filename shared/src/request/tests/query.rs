//! Query parameters as a request.

use super::*;

const MEMBERS: &[QueryParameter] = &[
    QueryParameter::new("region", &["region"], ParameterKind::Text),
    QueryParameter::new("limit", &["limit"], ParameterKind::Number),
    QueryParameter::new("include_pem", &["include_pem"], ParameterKind::Boolean),
    QueryParameter::new("statuses", &["filter", "statuses"], ParameterKind::List),
    QueryParameter::new("client_ids", &["filter", "client_ids"], ParameterKind::List),
    QueryParameter::new("serial_number", &["certificates"], ParameterKind::Objects),
    QueryParameter::new(
        "fingerprint_sha256",
        &["certificates"],
        ParameterKind::Objects,
    ),
    QueryParameter::new(
        "ca_serial_number",
        &["certificates"],
        ParameterKind::InEachObject,
    ),
    QueryParameter::new(
        "cross_check",
        &["cross_check", "provider"],
        ParameterKind::Text,
    ),
];

fn from_query(pairs: &[(&str, &str)]) -> Result<Value, Error> {
    let pairs: Vec<(String, String)> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    object_from_query(&pairs, MEMBERS)
}

#[test]
fn query_parameters_become_the_same_object() {
    let pairs = [
        ("region", "ap-guangzhou"),
        ("limit", "5"),
        ("include_pem", "true"),
        ("statuses", "active,inactive"),
        ("client_ids", "  a\u{a0}"),
        ("serial_number", "0a ,\t0b "),
    ];
    let expected = json!({
        "region": "ap-guangzhou", "limit": 5, "include_pem": true,
        "filter": {"statuses": ["active", "inactive"], "client_ids": ["a\u{a0}"]},
        "certificates": [{"serial_number": "0a"}, {"serial_number": "0b"}]
    });
    assert_eq!(from_query(&pairs).unwrap(), expected);
    assert_eq!(from_query(&[]).unwrap(), json!({}));
}

#[test]
fn parameters_of_certificates_fill_one_list_in_any_sequence() {
    for pairs in [
        [
            ("ca_serial_number", "0c"),
            ("serial_number", "0a,0b"),
            ("fingerprint_sha256", "ab"),
        ],
        [
            ("serial_number", "0a,0b"),
            ("ca_serial_number", "0c"),
            ("fingerprint_sha256", "ab"),
        ],
        [
            ("serial_number", "0a,0b"),
            ("fingerprint_sha256", "ab"),
            ("ca_serial_number", "0c"),
        ],
    ] {
        let expected = json!({"certificates": [
            {"serial_number": "0a", "ca_serial_number": "0c"}, {"serial_number": "0b", "ca_serial_number": "0c"},
            {"fingerprint_sha256": "ab", "ca_serial_number": "0c"}
        ]});
        assert_eq!(from_query(&pairs).unwrap(), expected, "{pairs:?}");
    }
    let expected = json!({"cross_check": {"provider": "alibaba-pca"}});
    assert_eq!(
        from_query(&[("cross_check", "alibaba-pca")]).unwrap(),
        expected
    );
}

#[test]
fn a_bad_query_names_the_parameter() {
    for (pairs, field) in [
        (&[("nonsense", "1")][..], "nonsense"),
        (&[("region", "")], "region"),
        (&[("region", "a"), ("region", "b")], "region"),
        (&[("statuses", "active,")], "statuses"),
        (&[("serial_number", "0a, ,0b")], "serial_number"),
        (&[("client_ids", " ")], "client_ids"),
        (&[("include_pem", "yes")], "include_pem"),
        (&[("ca_serial_number", "0c")], "ca_serial_number"),
        (
            &[("fingerprint_sha256", "ab"), ("fingerprint_sha256", "cd")],
            "fingerprint_sha256",
        ),
    ] {
        assert_eq!(
            from_query(pairs).unwrap_err().field.as_deref(),
            Some(field),
            "{pairs:?}"
        );
    }
}

#[test]
fn a_number_is_taken_in_any_spelling_and_any_other_text_is_left_to_the_parser() {
    for (text, limit) in [
        ("5", json!(5)),
        ("005", json!(5)),
        ("5.0", json!(5)),
        ("5e2", json!(500)),
        ("-1", json!(-1)),
        ("4294967296", json!(4_294_967_296_i64)),
        ("many", json!("many")),
        ("1.5", json!("1.5")),
        ("1e400", json!("1e400")),
        ("inf", json!("inf")),
        ("NaN", json!("NaN")),
    ] {
        let expected = json!({ "limit": limit });
        assert_eq!(from_query(&[("limit", text)]).unwrap(), expected, "{text}");
    }
}

#[test]
fn an_unknown_parameter_that_is_called_like_a_member_keeps_its_name() {
    let pairs = [("filter.statuses".to_owned(), "active".to_owned())];
    let error = object_from_query(&pairs, MEMBERS).unwrap_err();
    let error = in_terms_of_query(error, &pairs, MEMBERS);
    assert_eq!(error.field.as_deref(), Some("filter.statuses"));
}

#[test]
fn an_error_names_the_parameter_and_the_position_in_place_of_the_member() {
    let pairs = [
        ("fingerprint_sha256", "ab,cd"),
        ("region", "r"),
        ("serial_number", "0a, 0b,0c"),
        ("ca_serial_number", "0d"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    for (field, detail, parameter, expected) in [
        ("region", "region is odd", "region", "region is odd"),
        (
            "filter.statuses",
            "filter.statuses must have 1 to 100 items, not 101",
            "statuses",
            "statuses must have 1 to 100 items, not 101",
        ),
        (
            "filter.client_ids[2]",
            "filter.client_ids[2] is odd",
            "client_ids",
            "value 3 of client_ids is odd",
        ),
        (
            "filter.statuses[0]",
            "unknown status",
            "statuses",
            "value 1 of statuses: unknown status",
        ),
        (
            "filter.client_ids",
            "filter.client_ids is not filter.statuses",
            "client_ids",
            "client_ids is not statuses",
        ),
        (
            "certificates",
            "certificates is required",
            "serial_number",
            "serial_number or fingerprint_sha256 is required",
        ),
        (
            "certificates[3].serial_number",
            "it is odd",
            "serial_number",
            "value 2 of serial_number: it is odd",
        ),
        (
            "certificates[1].fingerprint_sha256",
            "it is odd",
            "fingerprint_sha256",
            "value 2 of fingerprint_sha256: it is odd",
        ),
        (
            "certificates[2].fingerprint_sha256",
            "fingerprint_sha256 is required",
            "fingerprint_sha256",
            "fingerprint_sha256 is required",
        ),
        (
            "certificates[4].ca_serial_number",
            "it is odd",
            "ca_serial_number",
            "it is odd",
        ),
        (
            "certificates[4]",
            "it is odd",
            "serial_number",
            "value 3 of serial_number: it is odd",
        ),
        (
            "cross_check.provider",
            "cross_check.provider is odd",
            "cross_check",
            "cross_check is odd",
        ),
        ("body", "it is odd", "body", "it is odd"),
    ] {
        let error = in_terms_of_query(Error::invalid(field, detail), &pairs, MEMBERS);
        assert_eq!(
            (error.field.as_deref(), error.detail.as_str()),
            (Some(parameter), expected),
            "{field}"
        );
        let again = in_terms_of_query(error.clone(), &pairs, MEMBERS);
        assert_eq!(again, error, "{field}");
    }
}
