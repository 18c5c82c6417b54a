//! Reads a request, and explains in the caller's terms why a text is not a request.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, Unexpected};
use serde_json::value::RawValue;

use super::Request;
use crate::error::Error;
use crate::model::{disrupts_a_line, shown};
use crate::object::{self, Object};

/// Maximum length of a detail or field that quotes the caller, in characters.
const LONGEST_DETAIL: usize = 300;

/// Reads one request.
///
/// # Errors
/// `invalid_request` that names the member at fault, or the position where the text stops being
/// JSON.
pub fn parse<R: Request>(json: &str) -> Result<R, Error> {
    let request: R = read(without_byte_order_mark(json))?;
    request.check()?;
    Ok(request)
}

/// The text without the byte order mark that editors and shells put before one.
pub(crate) fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Reads one JSON object.
///
/// # Errors
/// As [`parse`].
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let Object(value) =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| explain(&error))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Error {
    Error::invalid(
        "body",
        format!(
            "the request must be one JSON object: {}",
            shortened(&error.to_string())
        ),
    )
}

fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let cause = error.inner();
    if !cause.is_data() {
        return malformed(cause);
    }
    let message = cause.to_string();
    // The position says nothing about a request that was made from query parameters.
    let position = format!(" at line {} column {}", cause.line(), cause.column());
    let message = message.strip_suffix(&position).unwrap_or(&message);
    let path = error.path().to_string();
    let parent = if path == "." { "" } else { path.as_str() };
    let field = match member_named_by(message) {
        // Serde names an unknown, missing or repeated member in its message and only its parent in
        // the path.
        Some(member) if parent.is_empty() => member.to_owned(),
        Some(member) if parent == member || parent.ends_with(&format!(".{member}")) => {
            parent.to_owned()
        }
        Some(member) => format!("{parent}.{member}"),
        None if parent.is_empty() => "body".to_owned(),
        None => parent.to_owned(),
    };
    let detail = in_the_callers_terms(&field, message);
    Error::invalid(shortened(&field), shortened(&detail))
}

/// The name between the first backquotes of serde's messages about unknown, missing and repeated
/// members.
fn member_named_by(message: &str) -> Option<&str> {
    ["unknown field `", "missing field `", "duplicate field `"]
        .into_iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(|rest| rest.split('`').next())
}

/// Replaces serde's sentences, which speak of Rust's types, by ones about the request. Messages of
/// this crate's own types stay as they are.
fn in_the_callers_terms(field: &str, message: &str) -> String {
    let name = if field == "body" {
        "the request"
    } else {
        field
    };
    if message.starts_with("missing field ") {
        return format!("{name} is required");
    }
    if message.starts_with("duplicate field ") {
        return format!("{name} must be given once");
    }
    if message.starts_with("unknown field ") {
        let known: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
        return format!("unknown member; known are {}", known.join(", "));
    }
    let wrong_type = ["invalid type: ", "invalid value: "]
        .into_iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(|rest| rest.rsplit_once(", expected "));
    match wrong_type {
        Some((value, expected)) => {
            let expected = match expected {
                "a boolean" => "true or false",
                "a sequence" => "a list",
                other => other,
            };
            format!("{name} must be {expected}, not {}", json_value(value))
        }
        None => message.to_owned(),
    }
}

/// A value as JSON writes it, from serde's description of it.
fn json_value(described: &str) -> &str {
    match described {
        "sequence" => "a list",
        "map" => "an object",
        _ => described
            .strip_prefix("string ")
            .or_else(|| described.split('`').nth(1))
            .unwrap_or(described),
    }
}

/// Cuts a text to [`LONGEST_DETAIL`] and replaces the characters that disrupt a line.
fn shortened(text: &str) -> String {
    let printable: String = text
        .chars()
        .map(|c| if disrupts_a_line(c) { '\u{fffd}' } else { c })
        .take(LONGEST_DETAIL)
        .collect();
    if text.chars().nth(LONGEST_DETAIL).is_some() {
        format!("{printable}...")
    } else {
        printable
    }
}

/// A value of JSON as sentences about requests show it.
pub(crate) fn described(json: &str) -> String {
    match json.bytes().next() {
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "a list".to_owned(),
        Some(b'"') => json.to_owned(),
        _ => shown(json),
    }
}

/// Reads an optional whole number from `LEAST` to `MOST`, in any spelling that JSON Schema counts
/// as an integer.
pub(super) fn whole_number<'de, D: Deserializer<'de>, const LEAST: u16, const MOST: u16>(
    deserializer: D,
) -> Result<Option<u16>, D::Error> {
    let Some(json) = Option::<Box<RawValue>>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let number = object::whole_number(json.get())
        .and_then(|number| u16::try_from(number).ok())
        .filter(|number| (LEAST..=MOST).contains(number));
    if number.is_none() {
        let expected = format!("a whole number from {LEAST} to {MOST}");
        let found = described(json.get());
        return Err(D::Error::invalid_value(
            Unexpected::Other(&found),
            &expected.as_str(),
        ));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;
    use crate::request::{DescribeRequest, InactivateRequest, StatusRequest};

    fn detail_of<R: Request + fmt::Debug>(json: &str) -> String {
        let error = parse::<R>(json).unwrap_err();
        assert!(error.detail.chars().count() <= LONGEST_DETAIL + 3, "{json}");
        error.detail
    }

    #[test]
    fn errors_name_the_callers_parameter_and_its_range() {
        for (json, detail) in [
            (
                r#"{"limit": 70000}"#,
                "limit must be a whole number from 0 to 10000, not 70000",
            ),
            (
                r#"{"limit": -1}"#,
                "limit must be a whole number from 0 to 10000, not -1",
            ),
            (
                r#"{"limit": "10"}"#,
                r#"limit must be a whole number from 0 to 10000, not "10""#,
            ),
            (
                r#"{"limit": 1.5}"#,
                "limit must be a whole number from 0 to 10000, not 1.5",
            ),
            (
                r#"{"limit": 1e5}"#,
                "limit must be a whole number from 0 to 10000, not 1e5",
            ),
            (
                r#"{"limit": 1e400}"#,
                "limit must be a whole number from 0 to 10000, not 1e400",
            ),
            (
                r#"{"limit": 99999999999999999999}"#,
                "limit must be a whole number from 0 to 10000, not 99999999999999999999",
            ),
            (
                r#"{"limit": {"a": [1]}}"#,
                "limit must be a whole number from 0 to 10000, not an object",
            ),
            (
                r#"{"limit": [1]}"#,
                "limit must be a whole number from 0 to 10000, not a list",
            ),
            (
                r#"{"limit": true}"#,
                "limit must be a whole number from 0 to 10000, not true",
            ),
            (
                r#"{"limit": 0}"#,
                "limit must be 1 to 10000; 0 is allowed only with summary",
            ),
            (
                r#"{"filter": {"expires_within_days": 0}}"#,
                "filter.expires_within_days must be a whole number from 1 to 3650, not 0",
            ),
            (r#"{"limit": 1, "limit": 2}"#, "limit must be given once"),
            (r#"{"summary": 1}"#, "summary must be true or false, not 1"),
            (
                r#"{"cursor": null, "filter": {"client_ids": {}}}"#,
                "filter.client_ids must be a list, not an object",
            ),
            (
                r#"{"filter": {"client_ids": [null]}}"#,
                "filter.client_ids[0] must be a string, not null",
            ),
            (r#"{"filter": []}"#, "filter must be an object, not a list"),
            ("[]", "the request must be an object, not a list"),
            (
                r#"{"sources": "some"}"#,
                r#"sources must be a list of sources or "all", not "some""#,
            ),
        ] {
            assert_eq!(detail_of::<DescribeRequest>(json), detail, "{json}");
        }
        assert_eq!(detail_of::<StatusRequest>("{}"), "certificates is required");
        assert_eq!(
            detail_of::<StatusRequest>(r#"{"certificates": [{"ca_serial_number": "1"}]}"#),
            "serial_number, provider_serial_number or fingerprint_sha256 is required"
        );
        assert_eq!(
            detail_of::<InactivateRequest>(r#"{"certificates": []}"#),
            "certificates must have 1 to 100 items, not 0"
        );
        assert_eq!(
            detail_of::<StatusRequest>(r#"{"certificates": [{"number": "1"}]}"#),
            "unknown member; known are serial_number, ca_serial_number, provider_serial_number, provider_ca_serial_number, fingerprint_sha256, \
             client_ids"
        );
    }

    #[test]
    fn a_whole_number_may_have_any_spelling_of_an_integer() {
        for (json, limit) in [
            ("100", Some(100)),
            ("100.0", Some(100)),
            ("1e2", Some(100)),
            ("1.0E+2", Some(100)),
            ("1000e-1", Some(100)),
            ("1e4", Some(10_000)),
            ("null", None),
        ] {
            let request: DescribeRequest = parse(&format!(r#"{{"limit": {json}}}"#)).unwrap();
            assert_eq!(request.limit, limit, "{json}");
            let filter = format!(r#"{{"filter": {{"expires_within_days": {json}}}}}"#);
            assert_eq!(parse::<DescribeRequest>(&filter).is_ok(), json != "1e4");
        }
    }

    #[test]
    fn one_byte_order_mark_before_the_request_is_skipped() {
        assert!(parse::<DescribeRequest>("\u{feff} {}").is_ok());
        for text in ["\u{feff}", "\u{feff}\u{feff}{}", "{}\u{feff}"] {
            assert!(parse::<DescribeRequest>(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_hostile_name_or_value_is_cut_and_made_printable() {
        let hostile = "x\\n\u{202e}\u{85}".repeat(50_000);
        for json in [
            format!(r#"{{"{hostile}": 1}}"#),
            format!(r#"{{"certificates": "{hostile}"}}"#),
        ] {
            let error = parse::<StatusRequest>(&json).unwrap_err();
            let field = error.field.unwrap_or_default();
            assert!(error.detail.len() < 1_000 && field.len() < 1_000);
            assert!(!error.detail.contains(disrupts_a_line) && !field.contains(disrupts_a_line));
        }
    }
}
