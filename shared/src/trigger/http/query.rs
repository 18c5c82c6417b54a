//! The query of a URL.

use crate::error::Error;
use crate::model::shown;

/// Names and values of a query, decoded.
pub(super) type Pairs = Vec<(String, String)>;

/// Decodes names and values.
///
/// # Errors
/// `invalid_request` that names the parameter with a percent sign that encodes nothing.
pub(super) fn decoded(query: &str) -> Result<Pairs, Error> {
    let parse = |query: &str| {
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect::<Pairs>()
    };
    let Some(pair) = query.split('&').find(|pair| has_lone_percent_sign(pair)) else {
        return Ok(parse(query));
    };
    let name = parse(pair).into_iter().next().unwrap_or_default().0;
    let field = shown(&name);
    let detail = format!(
        "{field} has a percent sign without two hexadecimal digits; write %25 for a percent sign"
    );
    Err(Error::invalid(field, detail))
}

fn has_lone_percent_sign(text: &str) -> bool {
    text.split('%').skip(1).any(|rest| {
        !rest
            .as_bytes()
            .get(..2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_percent_sign_must_encode_a_byte() {
        for (query, expected) in [
            ("", Ok(vec![])),
            ("a=%41%20%c3%9c+b&c", Ok(vec![("a", "A Ü b"), ("c", "")])),
            ("a=%25ZZ", Ok(vec![("a", "%ZZ")])),
            ("a=1&b=%ZZ&c=%4", Err("b")),
            ("a=%", Err("a")),
            ("a=%4", Err("a")),
            ("a=%%41", Err("a")),
            ("a=%4€", Err("a")),
            ("%zz=1", Err("%zz")),
            ("%61%=1", Err("a%")),
        ] {
            let expected = expected.map(|pairs| {
                pairs
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect()
            });
            let found = decoded(query).map_err(|error| error.field.unwrap());
            assert_eq!(found, expected.map_err(str::to_owned), "{query}");
        }
    }
}
