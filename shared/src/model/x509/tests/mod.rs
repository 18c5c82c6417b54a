//! Certificates as they are met, and each fact for itself.

mod alone;
mod der;
mod names;
mod pem;
mod times;

use self::der::{Parts, element, indefinite, padded};
use super::*;

/// Serial number 8085f5…, a sign octet before it; made for these tests.
pub(crate) const PEM: &str = include_str!("../device.pem");

fn facts(parts: &Parts) -> X509 {
    X509::from_der(&parts.der())
}

#[test]
fn the_facts_of_a_certificate_are_read() {
    let facts = X509::from_der(certificates(PEM).first().unwrap());
    assert_eq!(
        facts.serial_number.unwrap().as_str(),
        "8085f52ece5bd88308df6d98d9707716"
    );
    assert_eq!(
        facts.subject.common_name.as_str(),
        Some("truck-1.example.test")
    );
    assert_eq!(
        facts.subject.organizational_unit.as_str(),
        Some("Flotte Süd")
    );
    assert_eq!(
        facts.validity.not_before.unwrap().to_string(),
        "2025-01-01T00:00:00Z"
    );
    assert_eq!(
        facts.validity.not_after.unwrap().to_string(),
        "2035-01-01T00:00:00Z"
    );
    assert_eq!(
        facts.fingerprint_sha256.as_str(),
        include_str!("../device.sha256").trim()
    );
}

#[test]
fn serial_numbers_are_twos_complement() {
    for (element, number) in [
        (element(0x02, &[0xff]), Some("-01")),
        (element(0x02, &[0x00, 0xff]), Some("ff")),
        (element(0x02, &[0x00]), Some("00")),
        (element(0x02, &[0x80]), Some("-80")),
        (element(0x02, &[]), None),
        (element(0x04, &[1]), None),
        (vec![0x02, 0x84, 0xff, 0xff, 0xff, 0xff, 1], None),
        (padded(0x02, &[0x01]), Some("01")),
    ] {
        let read = facts(&Parts {
            serial_number: element.clone(),
            ..Parts::default()
        });
        let read = read.serial_number.as_ref().map(SerialNumber::as_str);
        assert_eq!(read, number, "{element:02x?}");
    }
    let long = facts(&Parts {
        serial_number: element(0x02, &[0x77; 200]),
        ..Parts::default()
    });
    assert_eq!(long.serial_number.unwrap().as_str(), "77".repeat(200));
}

#[test]
fn of_two_integers_in_a_row_none_is_the_serial_number() {
    let read = facts(&Parts {
        version: element(0x02, &[2]),
        ..Parts::default()
    });
    assert_eq!(read.serial_number, None);
}

#[test]
fn a_certificate_of_version_1_has_no_version() {
    let usual = facts(&Parts::default());
    let first = facts(&Parts {
        version: Vec::new(),
        extensions: Vec::new(),
        ..Parts::default()
    });
    assert_eq!(first.serial_number, usual.serial_number);
    assert_eq!(first.subject, usual.subject);
    assert_eq!(first.validity, usual.validity);
}

#[test]
fn ber_is_read_as_well() {
    let usual = facts(&Parts::default());
    for write in [padded, indefinite] {
        let plain = Parts::default();
        let name = |name: &[u8]| write(0x30, &name[2..]);
        let validity = [plain.not_before.clone(), plain.not_after.clone()].concat();
        let signed = [
            write(0xa0, &element(0x02, &[2])),
            plain.serial_number.clone(),
            plain.algorithm.clone(),
            name(&plain.issuer),
            write(0x30, &validity),
            name(&plain.subject),
            plain.key.clone(),
        ];
        let der = write(
            0x30,
            &[write(0x30, &signed.concat()), plain.signature].concat(),
        );
        let read = X509::from_der(&der);
        assert_eq!(read.serial_number, usual.serial_number);
        assert_eq!(read.subject, usual.subject);
        assert_eq!(read.validity, usual.validity);
    }
}

#[test]
fn a_certificate_that_breaks_off_shows_the_facts_up_to_there() {
    let der = Parts::default().der();
    let usual = X509::from_der(&der);
    let mut read_before = 0;
    for end in 0..der.len() {
        let read = X509::from_der(&der[..end]);
        let found = [
            read.serial_number.is_some(),
            read.validity.not_before.is_some(),
            read.validity.not_after.is_some(),
            !read.subject.organizational_unit.is_unknown(),
            !read.subject.common_name.is_unknown(),
        ];
        let count = found.iter().filter(|found| **found).count();
        assert!(found.is_sorted_by(|one, next| one >= next), "{found:?}");
        assert!(count >= read_before, "{end}");
        read_before = count;
        assert!(read.serial_number.is_none() || read.serial_number == usual.serial_number);
        assert!(read.subject.common_name.is_unknown() || read.subject == usual.subject);
    }
    assert_eq!(read_before, 5);
}

#[test]
fn bytes_that_are_no_certificate_have_only_a_fingerprint() {
    for der in [
        &[][..],
        &[0],
        &[0x30],
        &[0x30, 0x80],
        &[0x30, 0xff],
        b"\x1f\xff",
        &[0x30, 0x82, 1],
    ] {
        let read = X509::from_der(der);
        assert_eq!(read.serial_number, None);
        assert_eq!(read.validity, Validity::default());
        assert_eq!(read.subject, Subject::default());
        assert_eq!(read.fingerprint_sha256, Fingerprint::of(der));
    }
}

#[test]
fn deep_nesting_is_no_danger() {
    let der = [0x30, 0x80].repeat(100_000);
    assert_eq!(X509::from_der(&der).serial_number, None);
}
