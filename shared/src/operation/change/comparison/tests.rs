//! Pairs of a name and the fact that the provider shows.

use super::*;
use crate::error::ErrorCode;
use crate::model::{Disagreement, Fingerprint, ProviderRecord, ProviderText};
use crate::testing::now;

fn number(text: &str) -> Option<SerialNumber> {
    Some(SerialNumber::parse(text).unwrap())
}

fn text(text: &str) -> Option<ProviderText> {
    Some(ProviderText::parse(text).unwrap())
}

/// A record of a provider that does not document its base.
fn open(device: &str, ca: &str) -> Certificate {
    let record = ProviderRecord {
        serial_number: Some(device.to_owned()),
        serial_number_base_is_open: true,
        ca_serial_number: Some(ca.to_owned()),
        ..ProviderRecord::default()
    };
    record.into_certificate(now(), false)
}

/// The same with a certificate that proves the base of the device's text.
fn proven(base: SerialNumberBase, device: &str, ca: &str) -> Certificate {
    let certificate = open(device, ca);
    let digits = certificate.serial_number.clone().unwrap();
    let serial_number = match base {
        SerialNumberBase::Hex => Some(digits),
        SerialNumberBase::Decimal => digits.read_as_decimal(),
    };
    Certificate {
        serial_number,
        serial_number_base: Some(base),
        ..certificate
    }
}

fn found(certificate: &Certificate, key: &str) -> FoundCertificate {
    FoundCertificate {
        key: key.to_owned(),
        ca_key: None,
        certificate: certificate.clone(),
        request_id: None,
    }
}

fn refused_member(reference: &CertificateReference, certificate: &Certificate) -> Option<String> {
    let error = not_shown_to_be_meant(reference, &found(certificate, "0b"))?;
    assert_eq!(
        (
            error.code,
            error.concerns == Concerns::Parameters,
            error.ends_the_request()
        ),
        (ErrorCode::InvalidRequest, true, false)
    );
    let field = error.field.unwrap();
    assert!(error.detail.contains(&field), "{}", error.detail);
    Some(field)
}

#[test]
fn digits_whose_base_is_open_are_shown_by_a_proof_or_as_a_copy() {
    use SerialNumberBase::{Decimal, Hex};
    let device = Some("serial_number".to_owned());
    let ca = Some("ca_serial_number".to_owned());
    for (named_device, named_ca, certificate, expected) in [
        // Nobody decides the base: a copy of the digits means them, whatever their leading zeros.
        (
            "356217374433",
            "007269004887",
            open("356217374433", "007269004887"),
            None,
        ),
        (
            "0356217374433",
            "7269004887",
            open("356217374433", "007269004887"),
            None,
        ),
        (
            "0x356217374433",
            "22",
            open("356217374433", "22"),
            device.clone(),
        ),
        (
            "35:62:17:37:44:33",
            "22",
            open("356217374433", "22"),
            device.clone(),
        ),
        ("11", "0x22", open("11", "22"), ca.clone()),
        // 12 in decimal is 0c: it only may be the same.
        ("0c", "22", open("12", "22"), device.clone()),
        ("12", "22", open("18", "22"), device.clone()),
        // Letters, and single digits, have one reading.
        ("0xab", "0xca", open("AB", "00ca"), None),
        ("171", "0xca", open("ab", "ca"), None),
        ("0x5", "0xca", open("5", "ca"), None),
        // A single digit does not show the base of the CA's number, and letters do.
        ("0x5", "0x22", open("5", "22"), ca.clone()),
        ("0xab", "0x22", open("ab", "22"), None),
        // The certificate proves the base of both.
        ("0x11", "0x22", proven(Hex, "11", "22"), None),
        ("17", "34", proven(Hex, "11", "22"), None),
        ("0x17", "22", proven(Hex, "11", "22"), device.clone()),
        ("0b", "22", proven(Hex, "11", "22"), device.clone()),
        ("0x0b", "0x16", proven(Decimal, "11", "22"), None),
        ("11", "22", proven(Decimal, "11", "22"), None),
        ("0x11", "22", proven(Decimal, "11", "22"), device.clone()),
        ("17", "22", proven(Decimal, "11", "22"), device),
        ("0x0b", "0x22", proven(Decimal, "11", "22"), ca.clone()),
        ("0x0b", "34", proven(Decimal, "11", "22"), ca),
    ] {
        let reference = CertificateReference {
            serial_number: number(named_device),
            ca_serial_number: number(named_ca),
            ..CertificateReference::default()
        };
        assert_eq!(
            refused_member(&reference, &certificate),
            expected,
            "{named_device} {named_ca} as {certificate:?}"
        );
    }
}

#[test]
fn the_providers_own_text_is_shown_by_itself_alone() {
    let certificate = open("device-7", "22");
    let named = |device, ca| CertificateReference {
        provider_serial_number: device,
        provider_ca_serial_number: ca,
        ..CertificateReference::default()
    };
    for (reference, expected) in [
        (named(text("device-7"), text("22")), None),
        (
            named(text("Device-7"), text("22")),
            Some("provider_serial_number"),
        ),
        (
            named(text("device-7"), text("022")),
            Some("provider_ca_serial_number"),
        ),
        // A number beside it is compared.
        (
            CertificateReference {
                serial_number: number("0a"),
                ..named(text("device-7"), None)
            },
            Some("serial_number"),
        ),
        (
            CertificateReference {
                ca_serial_number: number("0x22"),
                ..named(text("device-7"), text("22"))
            },
            Some("ca_serial_number"),
        ),
    ] {
        assert_eq!(
            refused_member(&reference, &certificate).as_deref(),
            expected,
            "{reference:?}"
        );
    }
}

#[test]
fn a_fact_on_which_record_and_certificate_differ_shows_nothing() {
    let ab = Fingerprint::parse(&"ab".repeat(32)).unwrap();
    let with = |member| Certificate {
        fingerprint_sha256: Some(ab.clone()),
        disagreements: vec![Disagreement {
            member,
            provider: "0b".to_owned(),
            certificate: "0c".to_owned(),
        }],
        ..open("0b", "0c")
    };
    let by_text = CertificateReference {
        provider_serial_number: text("0b"),
        ..CertificateReference::default()
    };
    let by_number = CertificateReference {
        serial_number: number("0b"),
        ..CertificateReference::default()
    };
    let by_fingerprint = CertificateReference {
        fingerprint_sha256: Some(ab.clone()),
        ..by_text.clone()
    };
    for member in ["serial_number", "fingerprint_sha256", "not_after"] {
        for (reference, named) in [
            (&by_text, None),
            (&by_number, Some("serial_number")),
            (&by_fingerprint, Some("fingerprint_sha256")),
        ] {
            assert_eq!(
                refused_member(reference, &with(member)).as_deref(),
                named.filter(|named| *named == member),
                "{member} {reference:?}"
            );
        }
    }
}

#[test]
fn an_id_by_which_the_provider_finds_the_certificate_is_shown_whatever_the_hash_is() {
    let id = Fingerprint::parse(&"ab".repeat(32)).unwrap();
    let certificate = Certificate {
        fingerprint_sha256: Some(id.clone()),
        disagreements: vec![Disagreement {
            member: "fingerprint_sha256",
            provider: "ab".repeat(32),
            certificate: "cd".repeat(32),
        }],
        ..open("0b", "0c")
    };
    let reference = CertificateReference {
        fingerprint_sha256: Some(id.clone()),
        ..CertificateReference::default()
    };
    let by_id = found(&certificate, id.as_str());
    assert!(not_shown_to_be_meant(&reference, &by_id).is_none());
    let by_number = found(&certificate, "0b");
    assert!(not_shown_to_be_meant(&reference, &by_number).is_some());
}
