//! Records as the vendor writes them.

use serde_json::{Value, json};

use super::super::tests::RECORDED;
use super::*;
use crate::model::{Certificate, EffectiveStatus};
use crate::testing::network::recorded;
use crate::testing::now;

fn certificate(description: &Value) -> Certificate {
    certificate_of(&description.to_string())
}

/// The certificate of a description in JSON.
fn certificate_of(json: &str) -> Certificate {
    super::description(&Members::parse(json).unwrap()).into_certificate(now(), false)
}

/// The recorded description with these members in place of its own.
fn described(members: &Value) -> Certificate {
    let mut body: Value = serde_json::from_slice(
        &recorded("aws-iot/DescribeCertificate.ok")
            .unwrap()
            .into_body(),
    )
    .unwrap();
    let mut description = body["certificateDescription"].take();
    description
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    certificate(&description)
}

#[test]
fn every_member_of_a_description_is_read() {
    assert_eq!(
        serde_json::to_value(described(&json!({}))).unwrap(),
        json!({
            "serial_number": "8085f52ece5bd88308df6d98d9707716", "provider_serial_number": null, "serial_number_base": null,
            "ca_serial_number": null, "provider_ca_serial_number": null, "name": null, "client_id": null, "client_ids": null,
            "subject": {"common_name": "vin-0001.example.test", "organizational_unit": "设备部"},
            "status": "active", "provider_status": "ACTIVE", "effective_status": "active", "usable": true, "source": null,
            "not_before": "2025-03-01T00:00:00Z", "not_after": "2030-02-28T00:00:00Z",
            "created_at": "2025-03-01T00:00:00.123Z", "updated_at": "2025-03-01T00:46:40Z",
            "last_activated_at": null, "last_inactivated_at": null, "revoked_at": null,
            "fingerprint_sha256": RECORDED,
            "ca_fingerprint_sha256": "1a58e223fc3583480695645aa2c980ede94a91acf2a01772c425fc6f6c48adb4",
            "disagreements": [], "pem": null
        })
    );
}

#[test]
fn every_documented_status_has_its_meaning_and_others_have_none() {
    for (word, expected, effective, usable) in [
        (
            "ACTIVE",
            LifecycleStatus::Active,
            EffectiveStatus::Active,
            Some(true),
        ),
        (
            "INACTIVE",
            LifecycleStatus::Inactive,
            EffectiveStatus::Inactive,
            Some(false),
        ),
        (
            "REGISTER_INACTIVE",
            LifecycleStatus::Inactive,
            EffectiveStatus::Inactive,
            Some(false),
        ),
        (
            "PENDING_ACTIVATION",
            LifecycleStatus::PendingActivation,
            EffectiveStatus::PendingActivation,
            Some(false),
        ),
        (
            "REVOKED",
            LifecycleStatus::Revoked,
            EffectiveStatus::Revoked,
            Some(false),
        ),
        (
            "PENDING_TRANSFER",
            LifecycleStatus::Unknown,
            EffectiveStatus::Unknown,
            None,
        ),
        (
            "active",
            LifecycleStatus::Unknown,
            EffectiveStatus::Unknown,
            None,
        ),
        (
            "FUTURE",
            LifecycleStatus::Unknown,
            EffectiveStatus::Unknown,
            None,
        ),
    ] {
        let certificate = described(&json!({"status": word}));
        assert_eq!(
            (certificate.status, certificate.provider_status.as_deref()),
            (expected, Some(word))
        );
        assert_eq!(
            (certificate.effective_status, certificate.usable),
            (effective, usable),
            "{word}"
        );
        assert_eq!(lifecycle_status(word), expected);
    }
}

#[test]
fn times_are_epoch_seconds_with_a_fraction() {
    for (seconds, expected) in [
        (json!(1_740_787_200), Some("2025-03-01T00:00:00Z")),
        (json!(1_740_787_200.0), Some("2025-03-01T00:00:00Z")),
        (json!(1_740_787_200.123), Some("2025-03-01T00:00:00.123Z")),
        (json!(1_719_792_000.5), Some("2024-07-01T00:00:00.500Z")),
        (json!(0.001), Some("1970-01-01T00:00:00.001Z")),
        (json!(253_402_300_799_i64), Some("9999-12-31T23:59:59Z")),
        (json!(1.740_787_200_123e12), None),
        (json!(0), None),
        (json!(-1.5), None),
        (json!(1e300), None),
        (json!(null), None),
    ] {
        let certificate = described(&json!({"creationDate": seconds, "lastModifiedDate": seconds}));
        for moment in [certificate.created_at, certificate.updated_at] {
            assert_eq!(
                moment.map(|moment| moment.to_string()).as_deref(),
                expected,
                "{seconds}"
            );
        }
    }
}

#[test]
fn members_that_a_description_lacks_come_from_the_certificate() {
    let certificate =
        described(&json!({"validity": null, "caCertificateId": null, "lastModifiedDate": null}));
    assert_eq!(
        certificate.not_after.unwrap().to_string(),
        "2030-02-28T00:00:00Z"
    );
    assert_eq!(
        (certificate.ca_fingerprint_sha256, certificate.updated_at),
        (crate::model::Fact::Absent, None)
    );
    let least = super::tests::certificate(&json!({"certificateId": RECORDED, "status": "ACTIVE"}));
    assert_eq!(
        (least.serial_number, least.not_after, least.usable),
        (None, None, None)
    );
    assert!(least.subject.common_name.is_unknown());
}

#[test]
fn an_id_that_is_not_the_certificates_hash_is_a_disagreement() {
    let other = "ab".repeat(32);
    let certificate = described(&json!({"certificateId": other}));
    let shown: Vec<_> = certificate
        .disagreements
        .iter()
        .map(|one| (one.member, one.provider.as_str(), one.certificate.as_str()))
        .collect();
    assert_eq!(shown, [("fingerprint_sha256", other.as_str(), RECORDED)]);
    assert_eq!(
        certificate.fingerprint_sha256.unwrap().as_str(),
        other,
        "the vendor's word stays: it is the key"
    );
}

#[test]
fn dates_that_the_certificate_contradicts_are_disagreements() {
    let certificate = described(
        &json!({"validity": {"notBefore": 1_740_787_200.0, "notAfter": 1_740_787_201.5}}),
    );
    assert_eq!(
        certificate
            .disagreements
            .iter()
            .map(|one| one.member)
            .collect::<Vec<_>>(),
        ["not_after"]
    );
    assert_eq!(
        (certificate.effective_status, certificate.usable),
        (EffectiveStatus::Expired, None)
    );
}

#[test]
fn an_odd_member_costs_no_other() {
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    let members = [
        ("certificateId", format!("\"{RECORDED}\"")),
        ("status", r#""ACTIVE""#.to_owned()),
        ("caCertificateId", format!("\"{}\"", "ab".repeat(32))),
        ("certificatePem", r#""pem""#.to_owned()),
        ("creationDate", "1740787200.5".to_owned()),
        ("lastModifiedDate", r#""1740787201""#.to_owned()),
        (
            "validity",
            r#"{"notBefore": 1740787200, "notAfter": 1740787203}"#.to_owned(),
        ),
    ];
    let read = |members: &[(&str, String)]| {
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\": {value}"))
            .collect();
        certificate_of(&format!("{{{}}}", members.join(", ")))
    };
    let sound = read(&members);
    assert_eq!(
        sound.updated_at.unwrap().to_string(),
        "2025-03-01T00:00:01Z"
    );
    for (index, (name, value)) in members.iter().enumerate() {
        let mut without = members.to_vec();
        without.remove(index);
        let mut expected = read(&without);
        if *name == "caCertificateId" {
            expected.ca_fingerprint_sha256 = Fact::Unknown;
        }
        for odd in [r#""\ud83d""#, "1e400", "true", "[7]", r#""\ufffd""#, &deep] {
            let mut members = members.to_vec();
            members[index].1 = odd.to_owned();
            assert_eq!(read(&members), expected, "{name}: {odd}");
        }
        for (second, expected) in [(value.as_str(), &sound), ("true", &expected)] {
            let members = [&members[..], &[(*name, second.to_owned())]].concat();
            assert_eq!(&read(&members), expected, "{name}: {second}");
        }
    }
}
