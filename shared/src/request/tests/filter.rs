//! Filters where the base of the provider's serial numbers is unknown, or where two ends of validity
//! are recorded.

use super::super::*;
use crate::model::{Certificate, ProviderRecord, SerialNumber, SerialNumberBase, Timestamp};

const NOW: i64 = 1_763_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_epoch_milliseconds(NOW).unwrap()
}

fn serial(text: &str) -> SerialNumber {
    SerialNumber::parse(text).unwrap()
}

/// A certificate with this text as its own serial number and as its CA's.
fn certificate(text: &str, is_open: bool) -> Certificate {
    let text = || Some(text.to_owned());
    let record = ProviderRecord {
        serial_number: text(),
        ca_serial_number: text(),
        serial_number_base_is_open: is_open,
        ..ProviderRecord::default()
    };
    record.into_certificate(now(), false)
}

/// The texts that find the certificate.
fn found_by(
    certificate: &Certificate,
    filter: impl Fn(SerialNumber) -> Filter,
) -> Vec<&'static str> {
    let texts = ["22", "0022", "0x22", "0x16", "34", "0x34"];
    texts
        .into_iter()
        .filter(|text| filter(serial(text)).matches(certificate, now()))
        .collect()
}

fn by_number(number: SerialNumber) -> Filter {
    Filter {
        serial_numbers: vec![serial("0xff"), number],
        ..Filter::default()
    }
}

fn by_ca(number: SerialNumber) -> Filter {
    Filter {
        ca_serial_numbers: vec![serial("0xff"), number],
        ..Filter::default()
    }
}

#[test]
fn a_certificate_is_hidden_only_when_no_reading_of_the_number_matches() {
    for (is_open, expected) in [
        (true, &["22", "0022", "0x22", "0x16", "34"][..]),
        (false, &["22", "0022", "0x22"]),
    ] {
        let certificate = certificate("22", is_open);
        assert_eq!(found_by(&certificate, by_number), expected, "{is_open}");
        assert_eq!(found_by(&certificate, by_ca), expected, "{is_open}");
    }
}

#[test]
fn a_number_in_the_certificate_is_found_by_it_and_by_the_providers_own_text() {
    for (base, number, expected) in [
        // 16 in hex is 22 in decimal, so the caller's 22 matches, too.
        (
            SerialNumberBase::Decimal,
            "0x16",
            &["22", "0022", "0x22", "0x16"][..],
        ),
        // 34 is the caller's decimal for 22 in hex.
        (SerialNumberBase::Hex, "22", &["22", "0022", "0x22", "34"]),
    ] {
        let shown = Certificate {
            serial_number: Some(serial(number)),
            serial_number_base: Some(base),
            ..certificate("22", true)
        };
        assert_eq!(found_by(&shown, by_number), expected, "{base:?}");
    }
}

#[test]
fn letters_prove_the_base() {
    let lettered = certificate("ab", true);
    for (text, expected) in [
        ("ab", true),
        ("00AB", true),
        ("171", true),
        ("0x171", false),
        ("ac", false),
    ] {
        assert_eq!(
            by_number(serial(text)).matches(&lettered, now()),
            expected,
            "{text}"
        );
        assert_eq!(
            by_ca(serial(text)).matches(&lettered, now()),
            expected,
            "{text}"
        );
    }
}

#[test]
fn either_of_two_ends_of_validity_may_satisfy_the_filter() {
    let window = Filter {
        expires_within_days: Some(30),
        ..Filter::default()
    };
    let record = ProviderRecord::default().into_certificate(now(), false);
    for (recorded, certified, expected) in [
        (Some(5), None, true),
        (Some(31), None, false),
        (Some(400), Some(5), true),
        (Some(5), Some(400), true),
        (Some(400), Some(401), false),
        (None, None, true),
    ] {
        let end = |days: Option<u16>| days.map(|days| now().plus_days(days));
        let certificate = Certificate {
            not_after: end(recorded),
            certified_not_after: end(certified),
            ..record.clone()
        };
        assert_eq!(
            window.matches(&certificate, now()),
            expected,
            "{recorded:?} {certified:?}"
        );
    }
}

#[test]
fn a_window_holds_both_its_ends_and_the_next_days_begin_now() {
    let record = ProviderRecord::default().into_certificate(now(), false);
    let at = |offset: i64| Timestamp::from_epoch_milliseconds(NOW + offset);
    let [before, begin, end, behind] = [-1, 0, 86_400_000, 86_400_001].map(at);
    let from_and_to = Filter {
        not_after_from: begin,
        not_after_to: end,
        ..Filter::default()
    };
    let next_day = Filter {
        expires_within_days: Some(1),
        ..Filter::default()
    };
    for window in [from_and_to, next_day] {
        for (not_after, expected) in [(before, false), (begin, true), (end, true), (behind, false)]
        {
            let certificate = Certificate {
                not_after,
                ..record.clone()
            };
            let matches = window.matches(&certificate, now());
            assert_eq!(matches, expected, "{window:?} {not_after:?}");
        }
    }
}
