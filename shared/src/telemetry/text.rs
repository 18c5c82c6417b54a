//! Texts in the form in which they can neither end a line or a JSON string, nor change how a terminal
//! shows the line.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::model::disrupts_a_line;

/// Most characters of a caller's name in a line. The ARN of an IAM user has up to 620.
const LONGEST_NAME: usize = 1_024;

/// A caller's name, shortened for the log. A name that a token or a message states may have any
/// length.
pub fn shortened_name(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}...", name.get(..end).unwrap_or_default()).into(),
        None => name.into(),
    }
}

/// The text as a JSON string.
pub(super) fn json_text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The text with every character escaped that [disrupts a line](disrupts_a_line).
pub(super) fn escaped(text: String) -> String {
    replaced(text, |line, c| line.extend(c.escape_default()))
}

/// The JSON text with the same value in which no character disrupts a line. Such characters stand
/// either in a string, which takes them as `\u202e`, or as white space between values.
pub(super) fn escaped_json(json: String) -> String {
    replaced(json, |line, c| match c {
        '\t' | '\n' | '\r' => line.push(' '),
        // Writing into a String cannot fail. All of these characters have four digits at most.
        _ => drop(write!(line, "\\u{:04x}", u32::from(c))),
    })
}

fn replaced(text: String, replace: impl Fn(&mut String, char)) -> String {
    // Nearly all lines are printable ASCII, which a look at their bytes tells soonest.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || !text.contains(disrupts_a_line) {
        return text;
    }
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if disrupts_a_line(c) {
            replace(&mut line, c);
        } else {
            line.push(c);
        }
    }
    line
}
