//! The SHA-256 fingerprint of a certificate.

use std::fmt;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::serial_number::LONGEST_TEXT;
use super::{deserialize_by_parse, quoted};

const HEX_DIGITS: usize = 64;

/// SHA-256 of a certificate's DER form, as 64 lower-case hex digits. AWS IoT uses it as the
/// certificate id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Accepts upper case, `0x`, colons and blanks, as programs print them.
    ///
    /// # Errors
    /// A sentence when it is not 64 hex digits.
    pub fn parse(text: &str) -> Result<Self, String> {
        let trimmed = text.trim_matches(' ');
        let digits = trimmed
            .strip_prefix("0x")
            .or_else(|| trimmed.strip_prefix("0X"))
            .unwrap_or(trimmed);
        let digits: String = digits.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        if text.len() <= LONGEST_TEXT
            && digits.len() == HEX_DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            Ok(Self(digits.to_lowercase()))
        } else {
            Err(format!(
                "a SHA-256 fingerprint must be {HEX_DIGITS} hex digits (colons are allowed), not {}",
                quoted(text)
            ))
        }
    }

    /// The fingerprint of a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(der)))
    }

    /// 64 lower-case hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

deserialize_by_parse!(Fingerprint, "a SHA-256 fingerprint in hex as a string");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_spelling_meets_in_one_form() {
        let plain = "ab".repeat(32);
        let colons = ["AB"; 32].join(":");
        for text in [
            plain.clone(),
            plain.to_uppercase(),
            colons,
            format!("0x{plain}"),
            format!(" {plain} "),
        ] {
            assert_eq!(Fingerprint::parse(&text).unwrap().as_str(), plain);
        }
        for text in [
            "",
            "ab",
            &"ab".repeat(31),
            &"ab".repeat(33),
            &"zz".repeat(32),
            &format!("{}\n", "ab".repeat(32)),
            &format!("{}{}", "ab".repeat(32), " ".repeat(400)),
        ] {
            assert!(Fingerprint::parse(text).is_err(), "{text:?}");
        }
    }
}
