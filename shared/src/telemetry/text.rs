//! Texts in the form in which they cannot end a line or a JSON string.

use std::fmt::Write as _;

/// The text as a JSON string.
pub(super) fn json_text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The text with its control characters escaped, so that it cannot begin another line.
pub(super) fn escaped(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut line, c| {
            if c.is_control() {
                // Writing into a String cannot fail.
                let _ = write!(line, "{}", c.escape_default());
            } else {
                line.push(c);
            }
            line
        })
}
