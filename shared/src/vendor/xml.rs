//! As much XML as these APIs need.

/// The text of the first element of this name, which has neither attributes nor elements within.
/// Nothing is unescaped.
pub(crate) fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>"))
        .map(|(value, _)| value)
}
