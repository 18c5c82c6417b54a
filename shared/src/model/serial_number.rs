//! X.509 serial numbers in one canonical form for the spellings of all vendors.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

use super::{deserialize_by_parse, quoted};

/// RFC 5280 allows 20 octets. Vendors accept texts of up to 128 bytes, so that callers can name the
/// longer serial numbers of older CAs.
const MOST_HEX_DIGITS: usize = 128;
/// Maximum length of a text, including separators and `0x`.
pub(crate) const LONGEST_TEXT: usize = 400;

/// The serial number of a certificate. Two are equal when they are the same number, however each
/// was spelled.
#[derive(Clone, Debug)]
pub struct SerialNumber {
    canonical: String,
    written: String,
    /// Whether it was written with `0x` or colons, which decimal numbers never have.
    is_marked_hex: bool,
}

/// Base in which the provider writes a serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SerialNumberBase {
    /// Hexadecimal, two digits for each octet.
    Hex,
    /// Decimal, as many programs print short serial numbers.
    Decimal,
}

impl SerialNumber {
    /// Accepts any common spelling: upper case, `0x`, colons, blanks, a missing leading zero, and
    /// leading zero octets.
    ///
    /// # Errors
    /// A sentence when the text has no digit, is not hex, or is longer than 64 octets.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST_TEXT {
            return Err(format!(
                "a serial number must have at most {LONGEST_TEXT} characters, separators included, not {}",
                text.len()
            ));
        }
        let trimmed = text.trim_matches(' ');
        let marked = trimmed
            .strip_prefix("0x")
            .or_else(|| trimmed.strip_prefix("0X"));
        let digits = marked.unwrap_or(trimmed);
        let written: String = digits.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        if written.is_empty() {
            return Err("a serial number must have at least one hex digit".to_owned());
        }
        if !written.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!(
                "a serial number must be hex (blanks, colons and 0x are allowed), not {}",
                quoted(text)
            ));
        }
        if written.len() > MOST_HEX_DIGITS {
            return Err(format!(
                "a serial number must have at most {MOST_HEX_DIGITS} hex digits, not {}",
                written.len()
            ));
        }
        Ok(Self {
            canonical: canonical(&written),
            written,
            is_marked_hex: marked.is_some() || digits.contains(':'),
        })
    }

    /// From the octets of a DER integer, most significant first.
    pub fn from_octets(octets: &[u8]) -> Self {
        let canonical = canonical(&hex::encode(octets));
        Self {
            written: canonical.clone(),
            canonical,
            is_marked_hex: true,
        }
    }

    /// Lower-case hex in whole octets without leading zero octets: `0eef…`, `7269004887`.
    pub fn as_str(&self) -> &str {
        &self.canonical
    }

    /// The text without separators, with `0x` when it was marked as hex. Parsing it again gives the
    /// same value in every respect.
    pub fn as_written(&self) -> String {
        if self.is_marked_hex {
            format!("0x{}", self.written)
        } else {
            self.written.clone()
        }
    }

    /// The texts under which a vendor may know this number, most likely first: as written (without
    /// separators), canonical, upper case, without a leading zero digit, and with the sign octet
    /// that DER puts before a high bit (some vendors show a zero octet before other serial numbers,
    /// too). No text occurs twice.
    pub fn spellings(&self) -> Vec<String> {
        let mut spellings = vec![self.written.clone()];
        let trimmed = match self.canonical.strip_prefix('0') {
            Some(rest) => rest.to_owned(),
            None => self.canonical.clone(),
        };
        for lower in [
            self.canonical.clone(),
            trimmed,
            format!("00{}", self.canonical),
        ] {
            for spelling in [lower.clone(), lower.to_uppercase()] {
                if !spellings.contains(&spelling) {
                    spellings.push(spelling);
                }
            }
        }
        spellings
    }

    /// Whether a search for this number also finds the other: both are the same number, the other
    /// was written in one of this one's spellings, and both have the same decimal reading.
    pub fn covers(&self, other: &Self) -> bool {
        self == other
            && self.read_as_decimal() == other.read_as_decimal()
            && self.spellings().contains(&other.written)
    }

    /// Whether both texts may stand for the same number: as they are, or with one of them read as
    /// decimal.
    pub fn may_mean(&self, other: &Self) -> bool {
        self == other
            || self.read_as_decimal().as_ref() == Some(other)
            || other.read_as_decimal().as_ref() == Some(self)
    }

    /// The number in decimal, as some vendors may spell it.
    pub fn to_decimal(&self) -> String {
        // The least significant digit first.
        let mut digits: Vec<u32> = vec![0];
        for nibble in self.canonical.chars().filter_map(|c| c.to_digit(16)) {
            let mut carry = nibble;
            for digit in &mut digits {
                let value = digit.saturating_mul(16).saturating_add(carry);
                (*digit, carry) = (value % 10, value / 10);
            }
            while carry > 0 {
                digits.push(carry % 10);
                carry /= 10;
            }
        }
        digits
            .iter()
            .rev()
            .filter_map(|digit| char::from_digit(*digit, 10))
            .collect()
    }

    /// The number that this text stands for when its digits are decimal. `None` when the text can
    /// only be hex, or when both readings are the same number.
    pub fn read_as_decimal(&self) -> Option<Self> {
        if self.is_marked_hex || !self.written.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // The least significant octet first.
        let mut octets: Vec<u8> = Vec::new();
        for digit in self.written.chars().filter_map(|c| c.to_digit(10)) {
            let mut carry = digit;
            for octet in &mut octets {
                let value = u32::from(*octet).saturating_mul(10).saturating_add(carry);
                *octet = value.to_le_bytes()[0];
                carry = value >> 8;
            }
            if carry > 0 {
                octets.push(carry.to_le_bytes()[0]);
            }
        }
        octets.reverse();
        Some(Self::from_octets(&octets)).filter(|number| number != self)
    }
}

fn canonical(hex_digits: &str) -> String {
    let lower = hex_digits.to_lowercase();
    let significant = lower.trim_start_matches('0');
    if significant.is_empty() {
        "00".to_owned()
    } else if significant.len().is_multiple_of(2) {
        significant.to_owned()
    } else {
        format!("0{significant}")
    }
}

impl PartialEq for SerialNumber {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for SerialNumber {}

impl Hash for SerialNumber {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical)
    }
}

impl Serialize for SerialNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.canonical)
    }
}

deserialize_by_parse!(SerialNumber, "a serial number in hex as a string");

#[cfg(test)]
mod tests {
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
        ] {
            assert_eq!(canonical_of(text), expected, "{text}");
        }
    }

    #[test]
    fn texts_that_are_not_hex_are_refused() {
        for text in [
            "", " ", ":", "0x", "xyz", "12-34", "0x0x12", "12\n", "１２", "12\0", "g1", "1.5",
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
            (&[], "0"),
        ] {
            assert_eq!(
                SerialNumber::from_octets(octets),
                SerialNumber::parse(text).unwrap()
            );
        }
    }

    proptest! {
        #[test]
        fn a_decimal_text_leads_back_to_its_number(octets in proptest::collection::vec(any::<u8>(), 1..50)) {
            let serial = SerialNumber::from_octets(&octets);
            let text = SerialNumber::parse(&serial.to_decimal()).unwrap();
            prop_assert_eq!(text.read_as_decimal().unwrap_or(text), serial);
        }

        #[test]
        fn a_canonical_form_stands_for_itself(text in "[0-9a-fA-F: ]{1,60}") {
            if let Ok(serial) = SerialNumber::parse(&text) {
                let again = SerialNumber::parse(serial.as_str()).unwrap();
                prop_assert_eq!(again.as_str(), serial.as_str());
                prop_assert!(serial.as_str().len().is_multiple_of(2));
            }
        }

        #[test]
        fn every_spelling_is_the_same_number(text in "(0x)?(00){0,2}[0-9a-fA-F]{1,40}") {
            let serial = SerialNumber::parse(&text).unwrap();
            for spelling in serial.spellings() {
                prop_assert_eq!(&SerialNumber::parse(&spelling).unwrap(), &serial);
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = SerialNumber::parse(&text);
        }
    }
}
