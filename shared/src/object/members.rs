//! The members of a JSON object, each read for itself: one that is odd costs no other.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::Fact;

/// The largest whole number up to which every whole number is exact in a double.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Maximum number of members. A larger object is not read, because its members would fill the memory.
const MOST_MEMBERS: usize = 10_000;

/// Maximum number of rows in a page of a list: four times as many as any provider lists at once.
/// In two megabytes there are a million rows of one digit.
const MOST_ROWS: usize = 1000;

/// The members of an object, as JSON texts. A member that cannot be read (half a surrogate pair,
/// `1e400`, another type) is as if nobody stated it; so is one that is there several times with
/// different values.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>(Vec<(Option<Cow<'a, str>>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of an object in JSON. `None` when the text is no object.
    pub(crate) fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The member's value as JSON. `None` when it is missing or contradicts itself. `null` is a
    /// value.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let mut values = self.values(name);
        let first = values.next()?;
        values
            .all(|other| other.get() == first.get())
            .then_some(first)
    }

    /// Whether the object has the member with a value other than `null`, readable or not. It may be
    /// there several times, with different values.
    pub(crate) fn is_stated(&self, name: &str) -> bool {
        self.values(name).any(|value| value.get() != "null")
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a RawValue> {
        self.iter()
            .filter(move |(key, _)| *key == Some(name))
            .map(|(_, value)| value)
    }

    /// Every member in its order. The name is `None` where it cannot be read.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Option<&str>, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_deref(), *value))
    }

    /// A text, or a whole number as its digits. An empty text is absent.
    pub(crate) fn text(&self, name: &str) -> Fact<String> {
        let text = self.get(name).and_then(text_of);
        text.map_or(Fact::Unknown, Fact::from_text)
    }

    /// A text that is written as one, the empty one included. For codes and ids, which decide
    /// whether a call had its effect.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        value.get().starts_with('"').then(|| text_of(value))?
    }

    /// A whole number, however it is written: `7`, `7.0`, `7e0`, `"7"`.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        let raw = self.get(name)?.get();
        if raw.starts_with('"') {
            whole_number(&serde_json::from_str::<String>(raw).ok()?)
        } else {
            whole_number(raw)
        }
    }

    /// A number, as a number or as a text.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        let raw = self.get(name)?.get();
        let number = if raw.starts_with('"') {
            serde_json::from_str::<String>(raw).ok()?.parse().ok()
        } else {
            raw.parse().ok()
        };
        number.filter(|number: &f64| number.is_finite())
    }

    /// An object.
    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        Self::parse(self.get(name)?.get())
    }

    /// The rows of a provider's list, each as JSON. `None` when the member is no list, or has more than
    /// 1000 rows.
    pub(crate) fn rows(&self, name: &str) -> Option<Vec<&'a RawValue>> {
        let Rows(rows) = serde_json::from_str(self.get(name)?.get()).ok()?;
        Some(rows)
    }

    /// The items of a list, each as JSON.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<&'a RawValue>> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }
}

/// The text of a JSON value. A text with a replacement character stands for one that was damaged on
/// its way here.
fn text_of(value: &RawValue) -> Option<String> {
    let raw = value.get();
    if raw.starts_with('"') {
        let text = serde_json::from_str::<String>(raw).ok()?;
        return (!text.contains(char::REPLACEMENT_CHARACTER)).then_some(text);
    }
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    // A fraction or an exponent would not be the sender's own digits.
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| raw.to_owned())
}

/// A whole number, however it is written: `7`, `7.0`, `7e0`.
pub(crate) fn whole_number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        // Such a number is exact in both types.
        (number.fract() == 0.0 && number.abs() <= LARGEST_EXACT).then_some(number as i64)
    })
}

/// The name that a key, as JSON, is.
fn name_of(key: &RawValue) -> Option<Cow<'_, str>> {
    let raw = key.get();
    if raw.contains('\\') {
        return serde_json::from_str(raw).ok().map(Cow::Owned);
    }
    raw.strip_prefix('"')?.strip_suffix('"').map(Cow::Borrowed)
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry()? {
                    if members.len() == MOST_MEMBERS {
                        return Err(A::Error::custom("an object with too many members"));
                    }
                    members.push((name_of(key), value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The rows of a provider's list.
struct Rows<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Rows<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Rows<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = list.next_element()? {
                    if rows.len() == MOST_ROWS {
                        return Err(A::Error::custom("a list with too many rows"));
                    }
                    rows.push(row);
                }
                Ok(Rows(rows))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn members(json: &str) -> Members<'_> {
        Members::parse(json).unwrap()
    }

    #[test]
    fn values_that_mean_the_same_are_taken() {
        for (json, text, integer) in [
            (r#"{"a": "7"}"#, Fact::Known("7"), Some(7)),
            (r#"{"a": 7}"#, Fact::Known("7"), Some(7)),
            (r#"{"a": -7}"#, Fact::Known("-7"), Some(-7)),
            (r#"{"a": 7.0}"#, Fact::Unknown, Some(7)),
            (
                r#"{"a": 1.766073600001E12}"#,
                Fact::Unknown,
                Some(1_766_073_600_001),
            ),
            (
                r#"{"a": "1.766073600001E12"}"#,
                Fact::Known("1.766073600001E12"),
                Some(1_766_073_600_001),
            ),
            (r#"{"a": 7.5}"#, Fact::Unknown, None),
            (r#"{"a": 1e400}"#, Fact::Unknown, None),
            (
                r#"{"a": 123456789012345678901234567890}"#,
                Fact::Known("123456789012345678901234567890"),
                None,
            ),
            (r#"{"\u0061": "x"}"#, Fact::Known("x"), None),
            (r#"{"a": ""}"#, Fact::Absent, None),
            (r#"{"a": null}"#, Fact::Unknown, None),
            (r#"{"a": true}"#, Fact::Unknown, None),
            (r#"{"a": ["7"]}"#, Fact::Unknown, None),
            (r#"{"a": "\ud83d"}"#, Fact::Unknown, None),
            (r#"{"a": "\ufffd"}"#, Fact::Unknown, None),
            (r#"{"b": "7"}"#, Fact::Unknown, None),
            (r#"{"a": "7", "a": "7"}"#, Fact::Known("7"), Some(7)),
            (r#"{"a": "7", "a": "8"}"#, Fact::Unknown, None),
        ] {
            let found = members(json);
            let expected = match text {
                Fact::Known(text) => Fact::Known(text.to_owned()),
                Fact::Absent => Fact::Absent,
                Fact::Unknown => Fact::Unknown,
            };
            assert_eq!(found.text("a"), expected, "{json}");
            assert_eq!(found.integer("a"), integer, "{json}");
        }
    }

    #[test]
    fn a_string_is_written_as_one() {
        for (json, expected) in [
            (r#"{"a": "x"}"#, Some("x")),
            (r#"{"a": ""}"#, Some("")),
            (r#"{"a": 7}"#, None),
            (r#"{"a": null}"#, None),
            (r#"{"a": "\ud83d"}"#, None),
            (r#"{"a": "\ufffd"}"#, None),
            (r#"{"a": "x", "a": "y"}"#, None),
            ("{}", None),
        ] {
            assert_eq!(members(json).string("a").as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn an_odd_member_costs_no_other() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for odd in [r#""\ud83d""#, "1e400", &deep, r#"{"x": "\udc00"}"#] {
            for json in [
                format!(r#"{{"odd": {odd}, "a": "x"}}"#),
                format!(r#"{{"a": "x", "odd": {odd}}}"#),
                format!(r#"{{"\ud83d": {odd}, "a": "x"}}"#),
            ] {
                assert_eq!(
                    members(&json).text("a"),
                    Fact::Known("x".to_owned()),
                    "{json}"
                );
            }
        }
    }

    #[test]
    fn inner_objects_and_lists_are_read_when_they_are_used() {
        let found = members(r#"{"o": {"n": 1.5}, "l": [1, {"x": "\ud83d"}], "n": null}"#);
        assert_eq!(found.object("o").unwrap().number("n"), Some(1.5));
        assert_eq!(found.list("l").unwrap().len(), 2);
        assert!(found.object("l").is_none() && found.list("o").is_none());
        assert!(found.is_stated("o") && !found.is_stated("n") && !found.is_stated("x"));
        assert!(members(r#"{"t": null, "t": 1}"#).is_stated("t"));
        assert!(found.is_stated("o") && !found.is_stated("n") && !found.is_stated("x"));
    }

    #[test]
    fn every_member_is_there_in_its_order_with_its_name_as_far_as_it_can_be_read() {
        let found = members(r#"{"a": 1, "\ud83d": 2, "\u0061": 3, "": 1e400}"#);
        let found: Vec<_> = found
            .iter()
            .map(|(name, value)| (name.map(str::to_owned), value.get()))
            .collect();
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(
            found,
            [
                (named("a"), "1"),
                (None, "2"),
                (named("a"), "3"),
                (named(""), "1e400")
            ]
        );
    }

    #[test]
    fn an_object_and_a_page_have_a_most() {
        for (count, is_object) in [(MOST_MEMBERS, true), (MOST_MEMBERS + 1, false)] {
            let json = format!("{{{}}}", vec![r#""a":1"#; count].join(","));
            assert_eq!(Members::parse(&json).is_some(), is_object, "{count}");
        }
        for (count, is_page) in [(MOST_ROWS, true), (MOST_ROWS + 1, false)] {
            let json = format!(r#"{{"l":[{}]}}"#, vec!["1"; count].join(","));
            let rows = members(&json).rows("l").map(|rows| rows.len());
            assert_eq!(rows, is_page.then_some(count));
            assert_eq!(members(&json).list("l").map(|list| list.len()), Some(count));
        }
    }

    #[test]
    fn only_an_object_has_members() {
        for json in ["[]", "null", "7", "", "{", r#"{"a": 1} x"#, r#"{"a"}"#] {
            assert!(Members::parse(json).is_none(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(json in "\\PC*") {
            if let Some(found) = Members::parse(&json) {
                let _ = (found.text("a"), found.integer("a"), found.number("a"), found.list("a").is_some());
            }
        }
    }
}
