//! How deep an answer is nested: a decoder need not follow what no vendor writes.

/// No answer of these APIs is nested deeper than 5.
const DEEPEST: usize = 64;

/// Whether a body, as far as it is JSON, has more arrays and objects inside one another than any
/// answer needs.
pub(super) fn is_too_deep(body: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_text(&mut bytes),
            b'[' | b'{' if depth == DEEPEST => return true,
            b'[' | b'{' => depth = depth.saturating_add(1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// To behind the quotation mark that ends a text.
fn skip_text(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_brackets_outside_of_texts_count() {
        let nested = |depth: usize| {
            [
                vec!["[{\"a\":"; depth / 2].concat(),
                vec!["}]"; depth / 2].concat(),
            ]
            .concat()
        };
        for (body, expected) in [
            (nested(64), false),
            (nested(66), true),
            ("[".repeat(65), true),
            (format!("[{}]", vec!["[]"; 1000].join(",")), false),
            (format!(r#"{{"a":"{}"}}"#, "[".repeat(100)), false),
            (format!(r#"{{"a":"\"{}"}}"#, "{".repeat(100)), false),
            (format!(r#"{{"a":"\\",{}"#, "[".repeat(100)), true),
            (String::new(), false),
        ] {
            assert_eq!(is_too_deep(body.as_bytes()), expected, "{body:.40}");
        }
    }
}
