//! The provider's record beside the facts in the certificate itself.

use super::*;
use crate::model::Validity;
use crate::model::x509::tests::PEM;

const NOW: i64 = 1_763_800_000_000;
/// The certificate's serial number and fingerprint.
const NUMBER: &str = "8085f52ece5bd88308df6d98d9707716";
const FINGERPRINT: &str = include_str!("../x509/device.sha256");

fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).ok()
}

fn shown(record: ProviderRecord) -> Certificate {
    record.into_certificate(Timestamp::from_epoch_milliseconds(NOW).unwrap(), false)
}

fn with_pem(record: ProviderRecord) -> Certificate {
    shown(ProviderRecord {
        pem: Some(PEM.to_owned()),
        ..record
    })
}

#[test]
fn the_certificate_fills_facts_that_the_provider_leaves_out() {
    let record = with_pem(ProviderRecord {
        status: LifecycleStatus::Active,
        ..ProviderRecord::default()
    });
    assert_eq!(record.serial_number.unwrap().as_str(), NUMBER);
    assert_eq!(
        (record.provider_serial_number, record.serial_number_base),
        (None, None)
    );
    assert_eq!(
        record.subject.common_name.as_str(),
        Some("truck-1.example.test")
    );
    assert_eq!(
        record.subject.organizational_unit.as_str(),
        Some("Flotte Süd")
    );
    assert_eq!(
        (record.not_before, record.not_after),
        (
            moment("2025-01-01T00:00:00Z"),
            moment("2035-01-01T00:00:00Z")
        )
    );
    assert_eq!(
        record.fingerprint_sha256.unwrap().as_str(),
        FINGERPRINT.trim()
    );
    assert_eq!(
        (record.effective_status, record.usable),
        (EffectiveStatus::Active, Some(true))
    );
    assert_eq!(record.disagreements, []);
    assert_eq!(record.pem, None, "it was not requested");
}

#[test]
fn without_a_certificate_nothing_is_made_up() {
    let record = shown(ProviderRecord {
        pem: Some("-----BEGIN CERTIFICATE-----\nAAAA\n".to_owned()),
        ..ProviderRecord::default()
    });
    assert_eq!(
        (
            record.serial_number,
            record.not_after,
            record.fingerprint_sha256
        ),
        (None, None, None)
    );
    assert_eq!(
        (record.effective_status, record.usable),
        (EffectiveStatus::Unknown, None)
    );
    assert!(record.subject.common_name.is_unknown());
}

#[test]
fn agreement_is_silent_in_every_spelling() {
    let record = with_pem(ProviderRecord {
        serial_number: Some(format!("00{}", NUMBER.to_uppercase())),
        subject: Subject {
            common_name: Fact::Known("truck-1.example.test".to_owned()),
            organizational_unit: Fact::Absent,
        },
        validity: Validity {
            not_before: moment("2025-01-01T00:00:00.123Z"),
            not_after: moment("2035-01-01T00:00:00Z"),
        },
        fingerprint_sha256: Fingerprint::parse(&FINGERPRINT.trim().to_uppercase()).ok(),
        ..ProviderRecord::default()
    });
    assert_eq!(record.disagreements, []);
    assert_eq!(record.serial_number_base, Some(SerialNumberBase::Hex));
}

#[test]
fn every_disagreement_is_listed_and_the_providers_value_stays() {
    let record = with_pem(ProviderRecord {
        serial_number: Some("0abc".to_owned()),
        subject: Subject {
            common_name: Fact::Known("truck-2".to_owned()),
            organizational_unit: Fact::Known("North".to_owned()),
        },
        status: LifecycleStatus::Active,
        validity: Validity {
            not_before: moment("2025-01-02T00:00:00Z"),
            not_after: moment("2025-06-01T00:00:00Z"),
        },
        fingerprint_sha256: Fingerprint::parse(&"ab".repeat(32)).ok(),
        ..ProviderRecord::default()
    });
    let disagreements: Vec<(&str, &str, &str)> = record
        .disagreements
        .iter()
        .map(|one| (one.member, one.provider.as_str(), one.certificate.as_str()))
        .collect();
    assert_eq!(
        disagreements,
        [
            ("serial_number", "0abc", NUMBER),
            ("subject.common_name", "truck-2", "truck-1.example.test"),
            ("subject.organizational_unit", "North", "Flotte Süd"),
            ("not_before", "2025-01-02T00:00:00Z", "2025-01-01T00:00:00Z"),
            ("not_after", "2025-06-01T00:00:00Z", "2035-01-01T00:00:00Z"),
            ("fingerprint_sha256", &"ab".repeat(32), FINGERPRINT.trim()),
        ]
    );
    assert_eq!(record.serial_number.unwrap().as_str(), "0abc");
    assert_eq!(record.not_after, moment("2025-06-01T00:00:00Z"));
    assert_eq!(
        (record.effective_status, record.usable),
        (EffectiveStatus::Expired, None)
    );
}

#[test]
fn the_certificate_decides_the_base_of_digits_alone() {
    let decimal = SerialNumber::parse(NUMBER).unwrap().to_decimal();
    for (text, open, pem, number, base) in [
        (
            decimal.as_str(),
            true,
            true,
            NUMBER,
            Some(SerialNumberBase::Decimal),
        ),
        (NUMBER, true, true, NUMBER, Some(SerialNumberBase::Hex)),
        ("356217374433", true, true, "356217374433", None),
        ("356217374433", true, false, "356217374433", None),
        (
            "00f26900ba87",
            true,
            false,
            "f26900ba87",
            Some(SerialNumberBase::Hex),
        ),
        (
            "356217374433",
            false,
            false,
            "356217374433",
            Some(SerialNumberBase::Hex),
        ),
    ] {
        let record = shown(ProviderRecord {
            serial_number: Some(text.to_owned()),
            serial_number_base_is_open: open,
            pem: pem.then(|| PEM.to_owned()),
            ..ProviderRecord::default()
        });
        assert_eq!(record.serial_number.unwrap().as_str(), number, "{text}");
        assert_eq!(record.serial_number_base, base, "{text}");
        let disagrees = pem && number != NUMBER;
        assert_eq!(!record.disagreements.is_empty(), disagrees, "{text}");
    }
}

#[test]
fn the_certificate_is_included_when_it_was_requested() {
    let record = ProviderRecord {
        pem: Some(PEM.replace('\n', "\\n")),
        ..ProviderRecord::default()
    };
    assert_eq!(
        record
            .into_certificate(Timestamp::from_epoch_milliseconds(NOW).unwrap(), true)
            .pem
            .as_deref(),
        Some(PEM)
    );
}

#[test]
fn a_client_id_is_decided_by_all_that_is_known() {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let known = |id: &str| Fact::Known(id.to_owned());
    for (client_id, client_ids, of_a, shown) in [
        (Fact::Unknown, ClientIds::Unknown, None, None),
        (Fact::Absent, ClientIds::Unknown, Some(false), Some(vec![])),
        (
            known("a"),
            ClientIds::Unknown,
            Some(true),
            Some(ids(&["a"])),
        ),
        (
            known("A"),
            ClientIds::Unknown,
            Some(false),
            Some(ids(&["A"])),
        ),
        (
            Fact::Unknown,
            ClientIds::AtLeast(ids(&["b", "a"])),
            Some(true),
            None,
        ),
        (Fact::Unknown, ClientIds::AtLeast(ids(&["b"])), None, None),
        (
            Fact::Unknown,
            ClientIds::All(ids(&["b", "a"])),
            Some(true),
            Some(ids(&["b", "a"])),
        ),
        (
            Fact::Unknown,
            ClientIds::All(ids(&["aa"])),
            Some(false),
            Some(ids(&["aa"])),
        ),
        (
            Fact::Unknown,
            ClientIds::All(vec![]),
            Some(false),
            Some(vec![]),
        ),
    ] {
        let certificate = shown_with(client_id, client_ids);
        let case = format!("{:?} {:?}", certificate.client_id, certificate.client_ids);
        assert_eq!(certificate.has_client_id("a"), of_a, "{case}");
        let json = serde_json::to_value(certificate.with_client_ids()).unwrap();
        assert_eq!(json["client_ids"], serde_json::json!(shown), "{case}");
    }
}

fn shown_with(client_id: Fact<String>, client_ids: ClientIds) -> Certificate {
    shown(ProviderRecord {
        client_id,
        client_ids,
        ..ProviderRecord::default()
    })
}
