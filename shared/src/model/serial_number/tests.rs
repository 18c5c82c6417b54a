//! Numbers and their spellings.

use super::*;
use proptest::prelude::*;

fn canonical_of(text: &str) -> String {
    SerialNumber::parse(text).unwrap().as_str().to_owned()
}

#[test]
fn every_common_spelling_has_one_canonical_form() {
    for (text, expected) in [
        (
            "0eef68a582b94254296e54ce754f94d707a59913",
            "0eef68a582b94254296e54ce754f94d707a59913",
        ),
        (
            "eef68a582b94254296e54ce754f94d707a59913",
            "0eef68a582b94254296e54ce754f94d707a59913",
        ),
        (
            "0EEF68A582B94254296E54CE754F94D707A59913",
            "0eef68a582b94254296e54ce754f94d707a59913",
        ),
        ("0x0eef68a5", "0eef68a5"),
        ("0XEEF68A5", "0eef68a5"),
        ("0e:ef:68:a5", "0eef68a5"),
        (" 0e ef 68 a5 ", "0eef68a5"),
        ("007269004887", "7269004887"),
        ("00f26900ba87", "f26900ba87"),
        ("356217374433", "356217374433"),
        ("0", "00"),
        ("0000", "00"),
        ("1", "01"),
        ("-1", "-01"),
        ("-01", "-01"),
        ("-0x01", "-01"),
        (" -0X1 ", "-01"),
        ("-00:ff", "-ff"),
        ("-0", "00"),
        ("-0x00", "00"),
    ] {
        assert_eq!(canonical_of(text), expected, "{text}");
    }
}

#[test]
fn texts_that_are_not_hex_are_refused() {
    for text in [
        "", " ", ":", "0x", "xyz", "12-34", "0x0x12", "12\n", "１２", "12\0", "g1", "1.5", "-",
        "--1", "0x-1", "1-", "+1", "- 0x1", "−1",
    ] {
        assert!(SerialNumber::parse(text).is_err(), "{text:?}");
    }
    assert!(SerialNumber::parse(&"a".repeat(MOST_HEX_DIGITS)).is_ok());
    assert!(SerialNumber::parse(&"a".repeat(MOST_HEX_DIGITS + 1)).is_err());
    assert!(SerialNumber::parse(&"a:".repeat(MOST_HEX_DIGITS)).is_ok());
    assert!(SerialNumber::parse(&format!("a{}", ":".repeat(LONGEST_TEXT))).is_err());
}

#[test]
fn the_own_spelling_comes_first_and_none_twice() {
    assert_eq!(
        SerialNumber::parse("007269004887").unwrap().spellings(),
        ["007269004887", "7269004887"]
    );
    assert_eq!(
        SerialNumber::parse("0E:EF").unwrap().spellings(),
        ["0EEF", "0eef", "eef", "EEF", "000eef", "000EEF"]
    );
    assert_eq!(
        SerialNumber::parse("F2").unwrap().spellings(),
        ["F2", "f2", "00f2", "00F2"]
    );
    assert_eq!(
        SerialNumber::parse("-0x0E").unwrap().spellings(),
        ["-0E", "-0e", "-e", "-E", "-000e", "-000E"]
    );
}

#[test]
fn digits_alone_may_be_hex_or_decimal() {
    for (text, decimal, other_reading) in [
        ("356217374433", "58695412565043", Some("52f035c6e1")),
        ("0x356217374433", "58695412565043", None),
        ("35:62:17:37:44:33", "58695412565043", None),
        ("00f26900ba87", "1041143741063", None),
        ("10", "16", Some("0a")),
        ("7", "7", None),
        ("0", "0", None),
        ("255", "597", Some("ff")),
        ("-255", "-597", Some("-ff")),
        ("-12", "-18", Some("-0c")),
        ("-0x12", "-18", None),
        ("-7", "-7", None),
        ("-0", "0", None),
        (
            "0eef68a582b94254296e54ce754f94d707a59913",
            "85264864892071576968478537826018309647771212051",
            None,
        ),
    ] {
        let serial = SerialNumber::parse(text).unwrap();
        assert_eq!(serial.to_decimal(), decimal, "{text}");
        assert_eq!(
            serial.read_as_decimal().as_ref().map(SerialNumber::as_str),
            other_reading,
            "{text}"
        );
    }
}

#[test]
fn a_search_covers_the_numbers_own_spellings_with_the_same_readings() {
    for (one, other, expected) in [
        ("a1", "A1", true),
        ("a1", "0x00a1", true),
        ("a1", "0000a1", false),
        ("a1", "a2", false),
        ("10", "10", true),
        ("10", "0x10", false),
        ("0x10", "10", false),
        ("0x10", "10:", true),
        ("-a1", "-A1", true),
        ("-a1", "a1", false),
        ("-10", "-0x10", false),
    ] {
        let parse = |text| SerialNumber::parse(text).unwrap();
        assert_eq!(parse(one).covers(&parse(other)), expected, "{one} {other}");
    }
}

#[test]
fn octets_of_a_certificate_equal_the_texts() {
    for (octets, text) in [
        (&[0x00_u8, 0x80, 0x85][..], "8085"),
        (&[0x0e, 0xef], "eef"),
        (&[0], "0"),
        (&[0, 0], "0"),
        (&[0xff], "-01"),
        (&[0x00, 0xff], "ff"),
        (&[0xff, 0xff], "-01"),
        (&[0x80], "-80"),
        (&[0x80, 0x00], "-8000"),
        (&[0xff, 0x00], "-0100"),
        (&[0xff, 0x01], "-ff"),
    ] {
        let number = SerialNumber::from_octets(octets).unwrap();
        assert_eq!(number, SerialNumber::parse(text).unwrap(), "{text}");
        assert_eq!(number.spellings().first().unwrap(), number.as_str());
    }
    assert_eq!(SerialNumber::from_octets(&[]), None);
}

#[test]
fn the_sign_is_a_part_of_the_number() {
    let parse = |text| SerialNumber::parse(text).unwrap();
    assert_ne!(parse("-01"), parse("01"));
    assert!(!parse("-01").may_mean(&parse("01")));
    assert!(parse("-12").may_mean(&parse("-0c")));
    assert!(!parse("-12").may_mean(&parse("0c")));
    assert_eq!(parse("-0x01").as_written(), "-0x01");
    assert_eq!(parse("-12").as_written(), "-12");
}

#[test]
fn a_long_number_of_a_certificate_is_shown_whole() {
    let octets = [0x11; 100];
    let number = SerialNumber::from_octets(&octets).unwrap();
    assert_eq!(number.as_str(), "11".repeat(100));
}

proptest! {
    #[test]
    fn a_decimal_text_leads_back_to_its_number(octets in proptest::collection::vec(any::<u8>(), 1..50)) {
        let serial = SerialNumber::from_octets(&octets).unwrap();
        let text = SerialNumber::parse(&serial.to_decimal()).unwrap();
        prop_assert_eq!(text.read_as_decimal().unwrap_or(text), serial);
    }

    #[test]
    fn a_canonical_form_stands_for_itself(text in "-?[0-9a-fA-F: ]{1,60}") {
        if let Ok(serial) = SerialNumber::parse(&text) {
            let again = SerialNumber::parse(serial.as_str()).unwrap();
            prop_assert_eq!(again.as_str(), serial.as_str());
            prop_assert!(serial.as_str().trim_start_matches('-').len().is_multiple_of(2));
        }
    }

    #[test]
    fn every_spelling_is_the_same_number(text in "-?(0x)?(00){0,2}[0-9a-fA-F]{1,40}") {
        let serial = SerialNumber::parse(&text).unwrap();
        for spelling in serial.spellings() {
            prop_assert_eq!(&SerialNumber::parse(&spelling).unwrap(), &serial);
        }
    }

    #[test]
    fn a_written_form_stands_for_itself(text in "-?(0x)?[0-9a-fA-F: ]{1,20}") {
        if let Ok(serial) = SerialNumber::parse(&text) {
            let again = SerialNumber::parse(&serial.as_written()).unwrap();
            prop_assert!(again.covers(&serial) && serial.covers(&again));
            prop_assert_eq!(again.as_written(), serial.as_written());
        }
    }

    #[test]
    fn octets_and_their_number_agree(number in any::<i128>()) {
        let serial = SerialNumber::from_octets(&number.to_be_bytes()).unwrap();
        prop_assert_eq!(serial.to_decimal(), number.to_string());
    }

    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = SerialNumber::parse(&text);
    }
}
