//! Odd members and rows.

use super::*;

/// One row, whose members are JSON texts: some of them no JSON value can hold.
fn row(members: &[(&str, &str)]) -> Certificate {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    let body = format!(
        r#"{{"Response": {{"Data": [{{{}}}]}}}}"#,
        members.join(", ")
    );
    certificates(body.as_bytes(), true).remove(0)
}

#[test]
fn values_that_mean_the_same_are_taken() {
    let moment = "2025-12-18T16:00:00Z";
    for (written, expected) in [
        ("1766073600000", Some(moment)),
        (r#""1766073600000""#, Some(moment)),
        ("1.7660736E12", Some(moment)),
        (r#""1766073600000.0""#, Some(moment)),
        (r#""2025-12-18""#, None),
        ("1766073600000.5", None),
        ("true", None),
    ] {
        let found = row(&[
            ("DeviceCertificateSn", r#""0a""#),
            ("NotAfterTime", written),
        ]);
        assert_eq!(
            found.not_after.map(|end| end.to_string()).as_deref(),
            expected,
            "{written}"
        );
    }
    let found = row(&[
        ("DeviceCertificateSn", "10"),
        ("ClientId", "7"),
        ("CaSn", "11"),
    ]);
    assert_eq!(
        (
            found.provider_serial_number.as_deref(),
            found.client_id.as_str(),
            found.ca_serial_number.unwrap().as_str()
        ),
        (Some("10"), Some("7"), "11"),
        "digits are digits"
    );
}

#[test]
fn an_odd_member_costs_no_other_and_makes_no_row_unusable_but_that_of_the_serial_number() {
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    let texts = |certificate: &Certificate| -> serde_json::Map<String, Value> {
        let json = serde_json::to_value(certificate).unwrap();
        json.as_object().unwrap().clone()
    };
    let sound = texts(&row(&MEMBERS));
    for (index, (name, _)) in MEMBERS.iter().enumerate() {
        let mut without = MEMBERS.to_vec();
        without.remove(index);
        let expected = texts(&row(&without));
        assert!(*name == "DeviceCertificate" || expected != sound, "{name}");
        for odd in ODD.into_iter().chain([deep.as_str()]) {
            let mut members = MEMBERS;
            members[index].1 = odd;
            assert_eq!(texts(&row(&members)), expected, "{name}: {odd}");
        }
        // The member a second time: with the same value, and with another one.
        for (second, expected) in [(MEMBERS[index].1, &sound), (r#""8""#, &expected)] {
            let members = [&MEMBERS[..], &[(*name, second)]].concat();
            assert_eq!(&texts(&row(&members)), expected, "{name}: {second}");
        }
    }
}

#[test]
fn a_damaged_byte_costs_its_member_only() {
    let mut body = br#"{"Response": {"Data": [{"DeviceCertificateSn": "0a", "Status": "ACTIVE", "ClientId": "?"}]}}"#.to_vec();
    let damaged = body.iter().position(|byte| *byte == b'?').unwrap();
    body[damaged] = 0xff;
    let found = certificates(&body, false).remove(0);
    assert!(found.client_id.is_unknown());
    assert_eq!(found.provider_status.as_deref(), Some("ACTIVE"));
}

#[test]
fn a_row_without_a_serial_number_cannot_be_used_and_says_so() {
    for (row, problem) in [
        ("7", Some("it is no JSON object")),
        ("null", Some("it is no JSON object")),
        (r#"["0a", "ACTIVE"]"#, Some("it is no JSON object")),
        ("{}", Some("it has no readable DeviceCertificateSn")),
        (
            r#"{"DeviceCertificateSn": "", "ClientId": "a"}"#,
            Some("it has no readable DeviceCertificateSn"),
        ),
        (r#"{"DeviceCertificateSn": "not hex"}"#, None),
    ] {
        let body = format!(r#"{{"Response": {{"Data": [{row}]}}}}"#);
        assert_eq!(rows(body.as_bytes())[0].problem, problem, "{row}");
    }
}

#[test]
fn only_an_answer_without_an_error_is_a_success() {
    for (members, expected) in [
        ("", "success"),
        (r#""Error": null"#, "success"),
        (r#""Error": {"Code": "A"}"#, "A"),
        (r#""Error": {"Code": "A", "Message": "\ud83d"}"#, "A"),
        (r#""Error": {"Code": ""}"#, ""),
        (r#""Error": {"Code": 7}"#, "unreadable"),
        (r#""Error": {"Code": "\ud83d"}"#, "unreadable"),
        (r#""Error": {"Code": "A", "Code": "B"}"#, "unreadable"),
        (r#""Error": {"Message": "no code"}"#, "unreadable"),
        (r#""Error": {}"#, "unreadable"),
        (r#""Error": []"#, "unreadable"),
        (r#""Error": "A""#, "unreadable"),
        (r#""Error": false"#, "unreadable"),
        (r#""Error": null, "Error": {"Code": "A"}"#, "unreadable"),
        (r#""Error": {"Code": "A"}, "Error": null"#, "unreadable"),
    ] {
        let body = format!(r#"{{"Response": {{{members}}}}}"#);
        let found = match outcome(&response(&body).unwrap()) {
            Outcome::Success => "success".to_owned(),
            Outcome::Failure(error) => error.code,
            Outcome::Unreadable => "unreadable".to_owned(),
        };
        assert_eq!(found, expected, "{members}");
    }
}

#[test]
fn a_write_is_confirmed_by_a_request_id_that_is_a_text() {
    for (id, expected) in [
        (r#""id-1""#, Some("id-1")),
        (r#""""#, None),
        ("7", None),
        ("null", None),
        (r#""\ud83d""#, None),
    ] {
        let body = format!(r#"{{"Response": {{"RequestId": {id}}}}}"#);
        let confirmed = confirmed(&response(&body).unwrap());
        let found = confirmed.ok().and_then(|confirmed| confirmed.request_id);
        assert_eq!(found.as_deref(), expected, "{id}");
    }
}

/// Its fingerprint takes no parsing of it.
#[test]
fn a_certificate_that_cannot_be_parsed_still_has_its_fingerprint() {
    use crate::model::Fingerprint;
    use base64::Engine as _;
    // A sequence of no certificate.
    let der = [0x30, 0x02, 0x05, 0x00];
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        base64::engine::general_purpose::STANDARD.encode(der)
    );
    let found = item(
        &json!({"DeviceCertificateSn": "0a", "Status": "ACTIVE", "DeviceCertificate": pem}),
        false,
    );
    assert_eq!(found.fingerprint_sha256, Some(Fingerprint::of(&der)));
    assert_eq!(found.not_after, None);
}

/// Every member of a row.
const MEMBERS: [(&str, &str); 14] = [
    ("DeviceCertificateSn", r#""0a""#),
    ("Status", r#""ACTIVE""#),
    ("ClientId", r#""client""#),
    ("DeviceCertificateCn", r#""name""#),
    ("OrganizationalUnit", r#""unit""#),
    ("CaSn", r#""0b""#),
    ("CertificateSource", r#""API""#),
    ("DeviceCertificate", r#""pem""#),
    ("NotBeforeTime", "1734537600000"),
    ("NotAfterTime", "1766073600000"),
    ("CreatedTime", "1742983115198"),
    ("UpdateTime", "1742983115199"),
    ("LastActivationTime", "1742983099435"),
    ("LastInactivationTime", "1742983099436"),
];

/// Values that no member can have.
const ODD: [&str; 8] = [
    r#""\ud83d""#,
    "1e400",
    "true",
    "null",
    "[7]",
    r#"{"a": 1}"#,
    r#""\ufffd""#,
    "1.5",
];
