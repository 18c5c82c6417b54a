//! Records and times in every form.

use serde_json::{Value, json};

use super::*;
use crate::model::{Certificate, Disagreement};
use crate::testing::now;

#[test]
fn revoke_time_in_every_form() {
    for (value, expected) in [
        (json!(1_630_454_400_000_i64), Some("2021-09-01T00:00:00Z")),
        (json!(1_630_454_400), Some("2021-09-01T00:00:00Z")),
        (json!("1630454400000"), Some("2021-09-01T00:00:00Z")),
        (json!("2021-01-01T00:00Z"), Some("2021-01-01T00:00:00Z")),
        (json!("2021-01-01T00:00"), Some("2021-01-01T00:00:00Z")),
        (json!("2021-01-01T00:00:30Z"), Some("2021-01-01T00:00:30Z")),
        (
            json!("2021-01-01T08:00+08:00"),
            Some("2021-01-01T00:00:00Z"),
        ),
        (json!(0), None),
        (json!("0"), None),
        (json!(null), None),
        (json!(""), None),
        (json!("soon"), None),
        (json!(-5), None),
        (json!(i64::MAX), None),
        (json!(1.5), None),
        (json!({"a": 1}), None),
    ] {
        assert_eq!(
            moment(
                &Members::parse(&json!({"a": value}).to_string()).unwrap(),
                "a"
            )
            .map(|moment| moment.to_string())
            .as_deref(),
            expected,
            "{value}"
        );
    }
}

#[test]
fn an_unknown_status_is_kept_and_never_good() {
    let row = json!({"SerialNumber": "0A", "Status": "GOOD"}).to_string();
    let row = CertificateStatus::read(&Members::parse(&row).unwrap());
    let record = ProviderRecord::from(row).into_certificate(now(), false);
    assert_eq!(record.serial_number.unwrap().as_str(), "0a");
    assert_eq!(
        (record.status, record.provider_status.as_deref()),
        (LifecycleStatus::Unknown, Some("GOOD"))
    );
}

fn certificate(members: Value) -> Certificate {
    let mut row = json!({"SerialNumber": "0A", "Status": "ISSUE"});
    row.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    let row = row.to_string();
    let row = ClientCertificate::read(&Members::parse(&row).unwrap());
    ProviderRecord::from(row).into_certificate(now(), false)
}

#[test]
fn only_the_two_documented_statuses_of_a_list_are_read() {
    for (word, expected) in [
        ("ISSUE", LifecycleStatus::Good),
        ("REVOKE", LifecycleStatus::Revoked),
        ("issue", LifecycleStatus::Unknown),
        ("good", LifecycleStatus::Unknown),
        ("REVOKED", LifecycleStatus::Unknown),
        ("", LifecycleStatus::Unknown),
    ] {
        let certificate = certificate(json!({"Status": word}));
        assert_eq!(
            (certificate.status, certificate.provider_status.as_deref()),
            (expected, Some(word).filter(|word| !word.is_empty()))
        );
    }
}

#[test]
fn dates_of_a_list_are_read_as_numbers_and_as_text() {
    for (begin, end) in [
        (json!(1_609_459_200_000_i64), json!(1_640_908_800_000_i64)),
        (json!("2021-01-01T00:00Z"), json!("2021-12-31T00:00Z")),
        (json!("2021-01-01T08:00+08:00"), json!("1640908800")),
    ] {
        let certificate = certificate(json!({"BeforeDate": begin, "AfterDate": end}));
        assert_eq!(
            certificate.not_before.unwrap().to_string(),
            "2021-01-01T00:00:00Z"
        );
        assert_eq!(
            certificate.not_after.unwrap().to_string(),
            "2021-12-31T00:00:00Z"
        );
    }
    let dateless = certificate(json!({"BeforeDate": 0, "AfterDate": null}));
    assert_eq!((dateless.not_before, dateless.not_after), (None, None));
}

#[test]
fn a_part_of_the_subject_is_known_where_the_vendor_states_it() {
    let subject =
        certificate(json!({"CommonName": null, "OrganizationUnit": "a", "Organization": "b"}))
            .subject;
    assert_eq!(subject.common_name, Fact::Unknown);
    assert_eq!(subject.organizational_unit, Fact::Known("a".to_owned()));
}

#[test]
fn a_fingerprint_is_taken_in_every_spelling_and_odd_ones_are_none() {
    let hex = "ab".repeat(32);
    for (text, expected) in [
        (hex.to_uppercase(), Some(hex.as_str())),
        (hex.clone(), Some(&hex)),
        ("ab".to_owned(), None),
        (String::new(), None),
    ] {
        let fingerprint = certificate(json!({"Sha2": text})).fingerprint_sha256;
        assert_eq!(
            fingerprint.as_ref().map(Fingerprint::as_str),
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_record_that_contradicts_the_certificate_is_a_disagreement() {
    let list = crate::testing::network::recorded("alibaba-cas/ListClientCertificate.ok-one")
        .unwrap()
        .into_body();
    let mut row = serde_json::from_slice::<Value>(&list).unwrap()["CertificateList"][0].take();
    row["CommonName"] = json!("vin-0002.example.test");
    let expected = Disagreement {
        member: "subject.common_name",
        provider: "vin-0002.example.test".to_owned(),
        certificate: "vin-0001.example.test".to_owned(),
    };
    assert_eq!(certificate(row).disagreements, [expected]);
}
