//! Serial numbers.

use certificate_provider::model::SerialNumber;

/// A text of more digits is not read, so what is derived from a number may be too long to be read
/// again.
const MOST_DIGITS: usize = 128;
/// Numbers of more octets are left out: nobody has them, and their decimal digits take long.
const MOST_OCTETS: usize = 64;

/// The bytes are the text of a serial number, and the octets of one.
///
/// # Panics
/// When two forms of one number are not that number.
pub fn serial_number(data: &[u8]) {
    if let Ok(number) = SerialNumber::parse(&String::from_utf8_lossy(data)) {
        check(&number);
        assert!(number.covers(&number) && number.may_mean(&number));
        let spellings = number.spellings();
        for (index, spelling) in spellings.iter().enumerate() {
            assert!(
                !spellings
                    .iter()
                    .take(index)
                    .any(|earlier| earlier == spelling),
                "{spelling} twice"
            );
            assert!(
                split_sign(spelling).1.len() > MOST_DIGITS || parsed(spelling) == number,
                "{spelling} is another number"
            );
        }
        if let Some(decimal) = number.read_as_decimal() {
            check(&decimal);
            assert!(decimal != number && number.may_mean(&decimal) && decimal.may_mean(&number));
            let own = spellings.first().expect("the own spelling comes first");
            let (sign, digits) = split_sign(own);
            assert_eq!(
                decimal.to_decimal(),
                match digits.trim_start_matches('0') {
                    "" => "0".to_owned(),
                    significant => format!("{sign}{significant}"),
                }
            );
        }
    }
    if data.len() <= MOST_OCTETS {
        let number = SerialNumber::from_octets(data);
        assert_eq!(number.is_none(), data.is_empty());
        let Some(number) = number else { return };
        check(&number);
        let sign_octet = if number.as_str().starts_with('-') {
            0xff
        } else {
            0
        };
        assert_eq!(
            SerialNumber::from_octets(&[&[sign_octet], data].concat()).as_ref(),
            Some(&number),
            "another sign octet does not change the number"
        );
        assert_eq!(number.read_as_decimal(), None, "octets are not digits");
    }
}

/// Checks the rules that hold for a number in any spelling.
fn check(number: &SerialNumber) {
    let canonical = number.as_str();
    let (sign, magnitude) = split_sign(canonical);
    assert!(
        magnitude
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        "{canonical} is not lower-case hex"
    );
    assert!(
        magnitude.len().is_multiple_of(2) && !magnitude.is_empty(),
        "{canonical} is not whole octets"
    );
    assert!(
        !magnitude.starts_with("00") || canonical == "00",
        "{canonical} has zero octets in front"
    );
    assert_eq!(number.to_string(), canonical);
    assert_eq!(serde_json::to_value(number).ok(), Some(canonical.into()));
    if magnitude.len() <= MOST_DIGITS {
        assert_eq!(&parsed(canonical), number);
        assert_eq!(parsed(canonical).as_str(), canonical);
        assert_eq!(
            &parsed(&format!("{sign}0x{}", magnitude.to_uppercase())),
            number
        );
    }
    let decimal = number.to_decimal();
    if split_sign(&decimal).1.len() <= MOST_DIGITS {
        let digits = parsed(&decimal);
        assert_eq!(
            &digits.read_as_decimal().unwrap_or(digits),
            number,
            "{decimal} is another number"
        );
    }
}

fn split_sign(text: &str) -> (&str, &str) {
    text.strip_prefix('-')
        .map_or(("", text), |digits| ("-", digits))
}

fn parsed(text: &str) -> SerialNumber {
    SerialNumber::parse(text).expect("it was made of a serial number")
}
