//! Filters on serial numbers whose base is unknown, and on ends of validity of which two are
//! recorded.

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

/// Texts of serial numbers by the verdict of a filter that names them.
fn by_verdict(
    certificate: &Certificate,
    filter: impl Fn(SerialNumber) -> Filter,
    texts: &[&'static str],
) -> [Vec<&'static str>; 3] {
    let mut sorted: [Vec<&'static str>; 3] = Default::default();
    for text in texts {
        let filter = filter(serial(text));
        let (member, _) = filter.lists_in_use().next().unwrap();
        let index = match filter.judge(certificate, now()) {
            Verdict::Match => 0,
            Verdict::Undecided(members) => {
                assert_eq!(members, [member]);
                1
            }
            Verdict::Excluded => 2,
        };
        sorted[index].push(*text);
    }
    sorted
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

const TEXTS: [&str; 6] = ["22", "0022", "0x22", "0x16", "34", "0x34"];

#[test]
fn a_number_that_is_equal_only_in_another_base_is_undecided() {
    for (is_open, expected) in [
        (
            true,
            [&["22", "0022", "0x22"][..], &["0x16", "34"], &["0x34"]],
        ),
        (
            false,
            [&["22", "0022", "0x22"][..], &[], &["0x16", "34", "0x34"]],
        ),
    ] {
        let certificate = certificate("22", is_open);
        assert_eq!(
            by_verdict(&certificate, by_number, &TEXTS),
            expected,
            "{is_open}"
        );
        assert_eq!(
            by_verdict(&certificate, by_ca, &TEXTS),
            expected,
            "{is_open}"
        );
    }
}

#[test]
fn the_certificate_decides_the_base_of_its_number() {
    for (base, number, expected) in [
        // The provider's 22 is decimal: whoever copies it means 16 in hex, and 0x22 is another.
        (
            SerialNumberBase::Decimal,
            "0x16",
            [&["22", "0022", "0x16"][..], &[], &["0x22", "34", "0x34"]],
        ),
        // The provider's 22 is hex. The caller's 34 may be the same number in decimal.
        (
            SerialNumberBase::Hex,
            "22",
            [&["22", "0022", "0x22"][..], &["34"], &["0x16", "0x34"]],
        ),
    ] {
        let shown = Certificate {
            serial_number: Some(serial(number)),
            serial_number_base: Some(base),
            ..certificate("22", true)
        };
        assert_eq!(by_verdict(&shown, by_number, &TEXTS), expected, "{base:?}");
    }
}

#[test]
fn letters_prove_the_base_of_the_provider_and_not_that_of_the_caller() {
    let lettered = certificate("ab", true);
    let texts = ["ab", "00AB", "171", "0x171", "ac"];
    let expected = [&["ab", "00AB"][..], &["171"], &["0x171", "ac"]];
    assert_eq!(by_verdict(&lettered, by_number, &texts), expected);
    assert_eq!(by_verdict(&lettered, by_ca, &texts), expected);
}

#[test]
fn either_of_two_ends_of_validity_may_satisfy_the_filter() {
    let window = Filter {
        expires_within_days: Some(30),
        ..Filter::default()
    };
    let record = ProviderRecord::default().into_certificate(now(), false);
    let undecided = Verdict::Undecided(vec!["expires_within_days"]);
    for (recorded, certified, expected) in [
        (Some(5), None, Verdict::Match),
        (Some(31), None, Verdict::Excluded),
        (Some(400), Some(5), Verdict::Match),
        (Some(5), Some(400), Verdict::Match),
        (Some(400), Some(401), Verdict::Excluded),
        (None, None, undecided),
    ] {
        let end = |days: Option<u16>| days.map(|days| now().plus_days(days));
        let certificate = Certificate {
            not_after: end(recorded),
            certified_not_after: end(certified),
            ..record.clone()
        };
        assert_eq!(
            window.judge(&certificate, now()),
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
            let matches = window.judge(&certificate, now()) == Verdict::Match;
            assert_eq!(matches, expected, "{window:?} {not_after:?}");
        }
    }
}
