//! Times.

use super::der::{Parts, element};
use super::*;

const UTC: u8 = 0x17;
const GENERALIZED: u8 = 0x18;

fn read(tag: u8, text: &str) -> Option<String> {
    let read = facts(&Parts {
        not_after: element(tag, text.as_bytes()),
        ..Parts::default()
    });
    assert!(read.validity.not_before.is_some(), "{text}");
    read.validity.not_after.map(|moment| moment.to_string())
}

#[test]
fn every_form_that_software_writes_is_read() {
    for (tag, text, expected) in [
        (UTC, "500101000000Z", "1950-01-01T00:00:00Z"),
        (UTC, "691231235959Z", "1969-12-31T23:59:59Z"),
        (UTC, "991231235959Z", "1999-12-31T23:59:59Z"),
        (UTC, "491231235959Z", "2049-12-31T23:59:59Z"),
        (UTC, "000229000000Z", "2000-02-29T00:00:00Z"),
        (UTC, "2601010203Z", "2026-01-01T02:03:00Z"),
        (UTC, "260101020304+0800", "2025-12-31T18:03:04Z"),
        (UTC, "2601010203-0130", "2026-01-01T03:33:00Z"),
        (GENERALIZED, "20500101000000Z", "2050-01-01T00:00:00Z"),
        (GENERALIZED, "99991231235959Z", "9999-12-31T23:59:59Z"),
        (GENERALIZED, "00010101000000Z", "0001-01-01T00:00:00Z"),
        (GENERALIZED, "19300101000000Z", "1930-01-01T00:00:00Z"),
        (GENERALIZED, "202601010203Z", "2026-01-01T02:03:00Z"),
        (GENERALIZED, "20260101020304.5Z", "2026-01-01T02:03:04.500Z"),
        (
            GENERALIZED,
            "20260101020304.12Z",
            "2026-01-01T02:03:04.120Z",
        ),
        (
            GENERALIZED,
            "20260101020304.9999Z",
            "2026-01-01T02:03:04.999Z",
        ),
        (
            GENERALIZED,
            "20260101020304.25+0800",
            "2025-12-31T18:03:04.250Z",
        ),
        (GENERALIZED, "20260101000000-1200", "2026-01-01T12:00:00Z"),
    ] {
        assert_eq!(read(tag, text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn a_time_that_cannot_be_told_is_unknown() {
    for (tag, text) in [
        (UTC, ""),
        (UTC, "Z"),
        (UTC, "261301000000Z"),
        (UTC, "260230000000Z"),
        (UTC, "260101240000Z"),
        (UTC, "260101000060Z"),
        (UTC, "9912312359 0Z"),
        (UTC, "260101000000"),
        (UTC, "260101000000z"),
        (UTC, "260101000000ZZ"),
        (UTC, "260101000000.5Z"),
        (UTC, "20260101000000Z"),
        (UTC, "260101000000+08"),
        (UTC, "260101000000+1300"),
        (UTC, "260101000000+0860"),
        (UTC, "２６"),
        (GENERALIZED, "20260101000000"),
        (GENERALIZED, "20260101000000.Z"),
        (GENERALIZED, "2026010100Z"),
        (GENERALIZED, "260101000000Z"),
        (GENERALIZED, "00000101000000+0800"),
        (GENERALIZED, "99991231235959-0800"),
        (GENERALIZED, "2026-01-01T00:00:00Z"),
        (0x0c, "260101000000Z"),
    ] {
        assert_eq!(read(tag, text), None, "{text}");
    }
}
