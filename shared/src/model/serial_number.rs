//! X.509 serial numbers in the one form in which all vendors' spellings meet.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

use super::{deserialize_by_parse, quoted};

/// RFC 5280 allows 20 octets; vendors take texts of up to 128 bytes, so that older CAs' longer serials can be asked for.
const MOST_HEX_DIGITS: usize = 128;

/// The serial number of a certificate. Two are equal when they are the same number, however each was spelled.
#[derive(Clone, Debug)]
pub struct SerialNumber {
    canonical: String,
    written: String,
}

impl SerialNumber {
    /// Takes any common spelling: upper case, `0x`, colons, blanks, a missing leading zero, leading zero octets.
    ///
    /// # Errors
    /// A sentence when nothing is left to read, when it is not hex, or when it is longer than 64 octets.
    pub fn parse(text: &str) -> Result<Self, String> {
        let trimmed = text.trim_matches(' ');
        let digits = trimmed.strip_prefix("0x").or_else(|| trimmed.strip_prefix("0X")).unwrap_or(trimmed);
        let written: String = digits.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        if written.is_empty() {
            return Err("a serial number must have at least one hex digit".to_owned());
        }
        if !written.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("a serial number is written in hex (blanks, colons and 0x are allowed), not {}", quoted(text)));
        }
        if written.len() > MOST_HEX_DIGITS {
            return Err(format!("a serial number has at most {MOST_HEX_DIGITS} hex digits, not {}", written.len()));
        }
        Ok(Self { canonical: canonical(&written), written })
    }

    /// Lower-case hex in whole octets without leading zero octets: `0eef…`, `7269004887`.
    pub fn as_str(&self) -> &str {
        &self.canonical
    }

    /// The texts under which a vendor may know this number, most likely first: as it was written (less separators),
    /// canonical, upper case, without a leading zero digit, and with the sign octet that DER puts before a high bit
    /// (some vendors show a zero octet before other serials, too). No text occurs twice.
    pub fn spellings(&self) -> Vec<String> {
        let mut spellings = vec![self.written.clone()];
        let trimmed = match self.canonical.strip_prefix('0') {
            Some(rest) => rest.to_owned(),
            None => self.canonical.clone(),
        };
        for lower in [self.canonical.clone(), trimmed, format!("00{}", self.canonical)] {
            for spelling in [lower.clone(), lower.to_uppercase()] {
                if !spellings.contains(&spelling) {
                    spellings.push(spelling);
                }
            }
        }
        spellings
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
    fn every_common_spelling_meets_in_one_form() {
        for (text, expected) in [
            ("0eef68a582b94254296e54ce754f94d707a59913", "0eef68a582b94254296e54ce754f94d707a59913"),
            ("eef68a582b94254296e54ce754f94d707a59913", "0eef68a582b94254296e54ce754f94d707a59913"),
            ("0EEF68A582B94254296E54CE754F94D707A59913", "0eef68a582b94254296e54ce754f94d707a59913"),
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
    fn what_is_not_hex_is_refused() {
        for text in ["", " ", ":", "0x", "xyz", "12-34", "0x0x12", "12\n", "１２", "12\0", "g1", "1.5"] {
            assert!(SerialNumber::parse(text).is_err(), "{text:?}");
        }
        assert!(SerialNumber::parse(&"a".repeat(MOST_HEX_DIGITS)).is_ok());
        assert!(SerialNumber::parse(&"a".repeat(MOST_HEX_DIGITS + 1)).is_err());
    }

    #[test]
    fn the_own_spelling_comes_first_and_none_twice() {
        assert_eq!(SerialNumber::parse("007269004887").unwrap().spellings(), ["007269004887", "7269004887"]);
        assert_eq!(SerialNumber::parse("0E:EF").unwrap().spellings(), ["0EEF", "0eef", "eef", "EEF", "000eef", "000EEF"]);
        assert_eq!(SerialNumber::parse("F2").unwrap().spellings(), ["F2", "f2", "00f2", "00F2"]);
    }

    proptest! {
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
