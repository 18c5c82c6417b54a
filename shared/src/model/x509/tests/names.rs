//! The subject.

use super::der::{COMMON_NAME, COUNTRY, ORGANIZATIONAL_UNIT, Parts, element, indefinite, set};
use super::*;
use crate::model::Fact;

fn subject_of(sets: &[Vec<u8>]) -> Subject {
    let subject = element(0x30, &sets.concat());
    facts(&Parts {
        subject,
        ..Parts::default()
    })
    .subject
}

fn common_name(tag: u8, content: &[u8]) -> Fact<String> {
    subject_of(&[set(&[(COMMON_NAME, tag, content)])]).common_name
}

fn known(text: &str) -> Fact<String> {
    Fact::Known(text.to_owned())
}

#[test]
fn every_type_of_string_is_read() {
    for (tag, content, text) in [
        (0x0c, "Süd 🚛".as_bytes(), "Süd 🚛"),
        (0x12, b"0123 4", "0123 4"),
        (0x13, b"Truck 1", "Truck 1"),
        (0x14, b"S\xfcd", "Süd"),
        (0x16, b"a@b.example", "a@b.example"),
        (0x1a, b"visible", "visible"),
        (0x1c, b"\0\0\0S\0\0\0\xfc\0\x01\xf6\x9b", "Sü🚛"),
        (0x1e, b"\0S\0\xfc\x53\x57", "Sü南"),
    ] {
        assert_eq!(common_name(tag, content), known(text), "{tag:02x}");
    }
}

#[test]
fn characters_outside_the_alphabet_of_the_type_are_taken() {
    for (tag, content, text) in [
        (0x13, &b"truck_1@depot*&"[..], "truck_1@depot*&"),
        (0x13, b"S\xfcd", "Süd"),
        (0x12, b"no-digits", "no-digits"),
        (0x16, b"\xe9", "é"),
        (0x1a, b"a\tb", "a\tb"),
        (0x0c, b"a\0b", "a\0b"),
    ] {
        assert_eq!(common_name(tag, content), known(text), "{tag:02x}");
    }
}

#[test]
fn a_string_that_openssl_cannot_print_is_unknown() {
    for (tag, content) in [
        (0x0c, &b"\xff"[..]),
        (0x0c, b"\xc3"),
        (0x1e, b"\0a\0"),
        (0x1e, b"\xd8\x3d\xde\x9b"),
        (0x1c, b"\0\0\0"),
        (0x1c, b"\0\x11\0\0"),
        (0x03, b"\0abc"),
        (0x04, b"abc"),
        (0x02, b"\x01"),
        (0x05, b""),
        (0x30, b""),
    ] {
        assert_eq!(common_name(tag, content), Fact::Unknown, "{tag:02x}");
    }
}

#[test]
fn the_first_of_several_names_counts() {
    let subject = subject_of(&[
        set(&[(COUNTRY, 0x13, b"DE")]),
        set(&[(ORGANIZATIONAL_UNIT, 0x0c, b"A"), (COMMON_NAME, 0x0c, b"B")]),
        set(&[(COMMON_NAME, 0x0c, b"C"), (ORGANIZATIONAL_UNIT, 0x0c, b"D")]),
    ]);
    assert_eq!(subject.common_name, known("B"));
    assert_eq!(subject.organizational_unit, known("A"));
    // The second one does not stand in for a first one that cannot be read.
    let unreadable = subject_of(&[
        set(&[(COMMON_NAME, 0x0c, b"\xff")]),
        set(&[(COMMON_NAME, 0x0c, b"B")]),
    ]);
    assert_eq!(unreadable.common_name, Fact::Unknown);
}

#[test]
fn a_name_is_absent_only_when_all_of_the_subject_was_read() {
    let country = set(&[(COUNTRY, 0x13, b"DE")]);
    let empty = subject_of(&[]);
    assert_eq!(
        (empty.common_name, empty.organizational_unit),
        (Fact::Absent, Fact::Absent)
    );
    assert_eq!(
        subject_of(std::slice::from_ref(&country)).common_name,
        Fact::Absent
    );
    assert_eq!(common_name(0x0c, b""), Fact::Absent);
    for (case, rest) in [
        ("a header that breaks off", vec![0x31]),
        ("a set that breaks off", vec![0x31, 9, 0x30]),
        (
            "an attribute that is no sequence",
            element(0x31, &element(0x0c, b"x")),
        ),
        (
            "an attribute without a type",
            element(0x31, &element(0x30, &[])),
        ),
        ("no set", element(0x04, b"")),
    ] {
        let subject = subject_of(&[country.clone(), rest.clone()]);
        assert_eq!(subject.common_name, Fact::Unknown, "{case}");
        let found = subject_of(&[set(&[(COMMON_NAME, 0x0c, b"B")]), rest]);
        assert_eq!(found.common_name, known("B"), "{case}");
        assert_eq!(found.organizational_unit, Fact::Unknown, "{case}");
    }
    let value_is_missing = element(0x31, &element(0x30, &element(0x06, COMMON_NAME)));
    assert_eq!(subject_of(&[value_is_missing]).common_name, Fact::Unknown);
    let constructed = indefinite(0x2c, &element(0x0c, b"truck"));
    let constructed = element(0x30, &[element(0x06, COMMON_NAME), constructed].concat());
    assert_eq!(
        subject_of(&[element(0x31, &constructed)]).common_name,
        Fact::Unknown
    );
}
