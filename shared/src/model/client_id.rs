//! Ids under which devices connect to an MQTT broker.

use std::fmt;

use serde::Serialize;

use super::{deserialize_by_parse, quoted};

/// Maximum length of a client id, in characters.
const LONGEST: usize = 256;

/// Id under which one device connects to an MQTT broker. It is compared exactly. It cannot hold the
/// characters by which vendors and MQTT name several clients, so that no call for one client can
/// mean another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ClientId(String);

impl ClientId {
    /// # Errors
    /// A sentence when it is not 1 to 256 characters, or has a control character or one of `*`, `?`,
    /// `+` and `#`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_forbidden = |c: char| c.is_control() || matches!(c, '*' | '?' | '+' | '#');
        if !(1..=LONGEST).contains(&text.chars().count()) || text.chars().any(is_forbidden) {
            return Err(format!(
                "a client id must have 1 to {LONGEST} characters, no control character and none of * ? + #, not {}",
                quoted(text)
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The client id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

deserialize_by_parse!(ClientId, "a client id as a string");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_names_one_client() {
        let longest = "a".repeat(256);
        for text in [
            "excavator-7940",
            "GID_test@@@test",
            "a/b",
            "$internal",
            " ",
            "ü",
            &longest,
        ] {
            assert_eq!(ClientId::parse(text).unwrap().as_str(), text);
        }
        let too_long = "a".repeat(257);
        for text in [
            "", "a*", "?", "+", "a#", "a\n", "\u{0}", "\u{85}", &too_long,
        ] {
            assert!(ClientId::parse(text).is_err(), "{text:?}");
        }
    }
}
