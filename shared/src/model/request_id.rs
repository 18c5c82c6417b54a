//! A provider's id of a call.

use std::ops::Deref;

use serde::Serialize;

/// Maximum length in characters. Those of all providers have about 40.
const LONGEST: usize = 128;

/// The shortest beginning of a secret that is masked at the end of an id that was cut there.
const SHORTEST_BEGINNING: usize = 4;

/// A provider's id of a call, to quote in a support case: 1 to 128 printable ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transparent, inline))]
pub struct RequestId(String);

impl RequestId {
    /// Reads an id. It is cut after 128 characters, and those that are not printable ASCII become
    /// question marks. `None` when the text is blank.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let printable = |c: char| if c.is_ascii_graphic() { c } else { '?' };
        let id: String = text.chars().take(LONGEST).map(printable).collect();
        (!id.is_empty()).then_some(Self(id))
    }

    /// The id with these values masked. Of a value that was cut, the id holds the beginning only.
    #[must_use]
    pub(crate) fn without(self, values: &[&str]) -> Self {
        let was_cut = self.0.len() >= LONGEST;
        let masked = values.iter().fold(self.0, |text, value| {
            let text = text.replace(value, "***");
            let ends = (SHORTEST_BEGINNING..value.len()).rev();
            ends.filter(|_| was_cut)
                .find_map(|end| text.strip_suffix(value.get(..end)?))
                .map(|kept| format!("{kept}***"))
                .unwrap_or(text)
        });
        Self(masked.chars().take(LONGEST).collect())
    }
}

impl Deref for RequestId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_printable_whatever_the_provider_sends() {
        for (text, expected) in [
            ("", None),
            (" \n", None),
            ("4A2B-1f", Some("4A2B-1f".to_owned())),
            (" a\r\n", Some("a".to_owned())),
            ("a\0b\u{1b}\u{2028}é c", Some("a?b????c".to_owned())),
            (&"é".repeat(4_000), Some("?".repeat(128))),
            (&"x".repeat(129), Some("x".repeat(128))),
        ] {
            let id = RequestId::read(text);
            assert_eq!(id.as_deref(), expected.as_deref());
        }
    }

    #[test]
    fn a_secret_is_masked_even_where_the_id_was_cut_within_it() {
        let secret = "secret-0123456789";
        for (text, expected) in [
            (format!("of {secret}!"), "of?***!".to_owned()),
            (
                format!("{}{secret}", "x".repeat(120)),
                format!("{}***", "x".repeat(120)),
            ),
        ] {
            let id = RequestId::read(&text).unwrap().without(&[secret]);
            assert_eq!(*id, *expected);
        }
    }
}
