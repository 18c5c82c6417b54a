//! Types of the API: parsed once at the border, and unable to hold invalid values afterwards.

mod action;
mod certificate;
mod client_id;
mod fact;
mod fingerprint;
mod identifier;
mod provider;
mod provider_text;
mod request_id;
mod serial_number;
mod status;
mod subject;
mod timestamp;
mod x509;

pub use action::Action;
pub(crate) use certificate::non_empty;
pub use certificate::{Certificate, ClientIds, Disagreement, ProviderRecord};
pub use client_id::ClientId;
pub use fact::Fact;
pub use fingerprint::Fingerprint;
pub use identifier::{InstanceId, MOST_SOURCES, Region, Source, check_sources};
pub(crate) use provider::for_each_provider;
pub use provider::{ByCloud, Cloud, ProviderName};
pub use provider_text::ProviderText;
pub use request_id::RequestId;
pub(crate) use serial_number::is_same_serial_number;
pub use serial_number::{SerialNumber, SerialNumberBase};
pub use status::{EffectiveStatus, LifecycleStatus, Validity, judge};
pub use subject::Subject;
pub use timestamp::Timestamp;

/// Whether a character could end a line of text, change the order in which a terminal shows it, or
/// command the terminal: the controls C0 and C1, DEL, the separators of lines and paragraphs, and
/// the marks of
/// [bidirectional text](https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
pub(crate) const fn disrupts_a_line(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// Shortens a caller's text for an error message and escapes unprintable characters.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN: usize = 40;
    let start: String = text.chars().take(SHOWN).collect();
    let rest = if start.len() < text.len() { "..." } else { "" };
    format!("{}{rest}", start.escape_debug())
}

/// The same as [`shown`], in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", shown(text))
}

/// Implements `Deserialize` from a JSON string by `parse`.
macro_rules! deserialize_by_parse {
    ($type:ty, $expecting:literal) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $type;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        <$type>::parse(text).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}
pub(crate) use deserialize_by_parse;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_a_stranger_is_shown_without_a_character_that_disrupts_the_line() {
        let all: Vec<char> = ('\0'..='\u{ffff}')
            .filter(|c| disrupts_a_line(*c))
            .collect();
        assert_eq!(all.len(), 32 + 33 + 3 + 7 + 4);
        for c in all {
            let shown = quoted(&format!("a{c}b"));
            assert!(!shown.contains(disrupts_a_line), "{:04x}", u32::from(c));
        }
        assert_eq!(quoted("x\u{202e}y"), r#""x\u{202e}y""#);
    }
}
