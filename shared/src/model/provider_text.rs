//! A provider's own text for a serial number.

use serde::{Serialize, Serializer};

use super::{deserialize_by_parse, quoted};

/// Maximum length in characters.
pub(crate) const LONGEST: usize = 256;

/// A serial number exactly as a provider spells it. It need not be a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProviderText(String);

impl ProviderText {
    /// # Errors
    /// A sentence when it is not 1 to 256 characters without control characters.
    pub fn parse(text: &str) -> Result<Self, String> {
        if (1..=LONGEST).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "a provider's text must be 1 to {LONGEST} characters without control characters, not {}",
                quoted(text)
            ))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for ProviderText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

deserialize_by_parse!(ProviderText, "a provider's serial number as a string");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_exactly_unless_it_is_empty_too_long_or_has_controls() {
        for text in ["0A", " 00:0a ", "device-7_ü,x", &"é".repeat(256)] {
            assert_eq!(ProviderText::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "0a\n", "\u{7f}", "\u{85}", &"a".repeat(257)] {
            assert!(ProviderText::parse(text).is_err(), "{text:?}");
        }
    }
}
