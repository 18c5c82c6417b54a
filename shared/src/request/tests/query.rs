//! Query parameters as a request.

use super::*;

const MEMBERS: &[Member] = &[
    Member::new("region", &["region"], MemberKind::Text),
    Member::new("limit", &["limit"], MemberKind::Number),
    Member::new("include_pem", &["include_pem"], MemberKind::Boolean),
    Member::new("statuses", &["filter", "statuses"], MemberKind::List),
    Member::new("client_ids", &["filter", "client_ids"], MemberKind::List),
    Member::new("serial_number", &["certificates"], MemberKind::Objects),
    Member::new("fingerprint_sha256", &["certificates"], MemberKind::Objects),
    Member::new(
        "ca_serial_number",
        &["certificates"],
        MemberKind::InEachObject,
    ),
    Member::new(
        "cross_check",
        &["cross_check", "provider"],
        MemberKind::Text,
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
        ("client_ids", "a"),
        ("serial_number", "0a,0b"),
    ];
    let expected = json!({
        "region": "ap-guangzhou", "limit": 5, "include_pem": true,
        "filter": {"statuses": ["active", "inactive"], "client_ids": ["a"]},
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
        (&[("limit", "many")], "limit"),
        (&[("limit", "-1")], "limit"),
        (&[("limit", "1e3")], "limit"),
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
