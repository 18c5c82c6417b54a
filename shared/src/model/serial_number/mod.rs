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
/// The canonical form of zero, which has no sign.
const ZERO: &str = "00";

/// The serial number of a certificate. Two are equal when they are the same number, however each
/// was spelled. RFC 5280 asks for positive numbers; real certificates also have zero and negative
/// ones.
#[derive(Clone, Debug)]
pub struct SerialNumber {
    canonical: String,
    /// The text without separators and `0x`; a minus sign comes first.
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
    /// leading zero octets. A minus sign comes before all of them: `-01`, `-0x01`.
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
        let (sign, unsigned) = split_sign(trimmed);
        let marked = unsigned
            .strip_prefix("0x")
            .or_else(|| unsigned.strip_prefix("0X"));
        let spaced = marked.unwrap_or(unsigned);
        let digits: String = spaced.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        if digits.is_empty() {
            return Err("a serial number must have at least one hex digit".to_owned());
        }
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!(
                "a serial number must be hex (blanks, colons, 0x and a minus sign are allowed), not {}",
                quoted(text)
            ));
        }
        if digits.len() > MOST_HEX_DIGITS {
            return Err(format!(
                "a serial number must have at most {MOST_HEX_DIGITS} hex digits, not {}",
                digits.len()
            ));
        }
        let is_marked_hex = marked.is_some() || spaced.contains(':');
        Ok(Self::from_digits(sign, &digits, is_marked_hex))
    }

    /// From the content octets of a DER integer, which is in two's complement. `None` when there
    /// are none.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let is_negative = octets.first()? & 0x80 != 0;
        if !is_negative {
            return Some(Self::from_magnitude("", octets));
        }
        // The magnitude is the complement and one, which is added from the last octet on.
        let mut magnitude: Vec<u8> = octets.iter().map(|octet| !octet).collect();
        for octet in magnitude.iter_mut().rev() {
            let is_carried;
            (*octet, is_carried) = octet.overflowing_add(1);
            if !is_carried {
                break;
            }
        }
        Some(Self::from_magnitude("-", &magnitude))
    }

    fn from_magnitude(sign: &str, octets: &[u8]) -> Self {
        Self::from_digits(sign, &canonical(&hex::encode(octets)), true)
    }

    fn from_digits(sign: &str, digits: &str, is_marked_hex: bool) -> Self {
        let magnitude = canonical(digits);
        let sign = if magnitude == ZERO { "" } else { sign };
        Self {
            canonical: format!("{sign}{magnitude}"),
            written: format!("{sign}{digits}"),
            is_marked_hex,
        }
    }

    /// Lower-case hex in whole octets without leading zero octets: `0eef…`, `7269004887`. A minus
    /// sign comes before a negative number: `-01`.
    pub fn as_str(&self) -> &str {
        &self.canonical
    }

    /// The canonical form in two parts: the minus sign or nothing, and the hex digits.
    pub(crate) fn sign_and_magnitude(&self) -> (&str, &str) {
        split_sign(&self.canonical)
    }

    /// The text without separators, with `0x` when it was marked as hex. Parsing it again gives the
    /// same value in every respect.
    pub fn as_written(&self) -> String {
        if self.is_marked_hex {
            let (sign, digits) = split_sign(&self.written);
            format!("{sign}0x{digits}")
        } else {
            self.written.clone()
        }
    }

    /// The text without separators: the first of the [spellings](Self::spellings).
    pub fn own_spelling(&self) -> &str {
        &self.written
    }

    /// The texts under which a vendor may know this number, most likely first: as written (without
    /// separators), canonical, upper case, without a leading zero digit, and with the sign octet
    /// that DER puts before a high bit (some vendors show a zero octet before other serial numbers,
    /// too). No text occurs twice.
    pub fn spellings(&self) -> Vec<String> {
        let mut spellings = vec![self.written.clone()];
        let (sign, magnitude) = self.sign_and_magnitude();
        let trimmed = magnitude.strip_prefix('0').unwrap_or(magnitude);
        for lower in [
            self.canonical.clone(),
            format!("{sign}{trimmed}"),
            format!("{sign}00{magnitude}"),
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
        let (sign, magnitude) = self.sign_and_magnitude();
        for nibble in magnitude.chars().filter_map(|c| c.to_digit(16)) {
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
        let digits = digits.iter().rev();
        sign.chars()
            .chain(digits.filter_map(|digit| char::from_digit(*digit, 10)))
            .collect()
    }

    /// The number that this text stands for when its digits are decimal. `None` when the text can
    /// only be hex, or when both readings are the same number.
    pub fn read_as_decimal(&self) -> Option<Self> {
        let (sign, digits) = split_sign(&self.written);
        if self.is_marked_hex || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // The least significant octet first.
        let mut octets: Vec<u8> = Vec::new();
        for digit in digits.chars().filter_map(|c| c.to_digit(10)) {
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
        Some(Self::from_magnitude(sign, &octets)).filter(|number| number != self)
    }
}

/// Whether two texts name one serial number: they are the same text, hex or not, or spell the same
/// number.
pub(crate) fn is_same_serial_number(one: &str, other: &str) -> bool {
    one == other
        || matches!(
            (SerialNumber::parse(one), SerialNumber::parse(other)),
            (Ok(one), Ok(other)) if one == other
        )
}

/// The minus sign or nothing, and the digits behind it.
fn split_sign(text: &str) -> (&str, &str) {
    text.strip_prefix('-')
        .map_or(("", text), |digits| ("-", digits))
}

fn canonical(hex_digits: &str) -> String {
    let lower = hex_digits.to_lowercase();
    let significant = lower.trim_start_matches('0');
    if significant.is_empty() {
        ZERO.to_owned()
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
mod tests;
