//! The subject's name (RFC 5280, 4.1.2.4), read as leniently as openssl prints it.

use super::element::{Element, OBJECT_IDENTIFIER, SEQUENCE, SET};
use crate::model::{Fact, Subject};

/// 2.5.4.3 and 2.5.4.11.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATIONAL_UNIT: &[u8] = &[0x55, 0x04, 0x0b];

const UTF8_STRING: u8 = 0x0c;
const NUMERIC_STRING: u8 = 0x12;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const VISIBLE_STRING: u8 = 0x1a;
const UNIVERSAL_STRING: u8 = 0x1c;
const BMP_STRING: u8 = 0x1e;

/// The first CN and the first OU. One that is not there is absent only when the whole name was read.
pub(super) fn subject(name: Option<Element<'_>>) -> Subject {
    let Some(name) = name.filter(|name| name.tag == SEQUENCE) else {
        return Subject::default();
    };
    let (mut common_name, mut organizational_unit) = (None, None);
    let mut is_whole = true;
    let mut sets = name.elements();
    for set in &mut sets {
        is_whole &= set.tag == SET;
        let mut attributes = set.elements();
        for attribute in &mut attributes {
            let mut parts = attribute.elements();
            let kind = parts
                .next()
                .filter(|_| attribute.tag == SEQUENCE)
                .and_then(|kind| kind.content_of(OBJECT_IDENTIFIER));
            is_whole &= kind.is_some();
            let found = match kind {
                Some(COMMON_NAME) => &mut common_name,
                Some(ORGANIZATIONAL_UNIT) => &mut organizational_unit,
                _ => continue,
            };
            if found.is_none() {
                let text = parts.next().as_ref().and_then(text);
                *found = Some(text.map_or(Fact::Unknown, Fact::from_text));
            }
        }
        is_whole &= attributes.is_at_end();
    }
    is_whole &= sets.is_at_end();
    let lacking = if is_whole {
        Fact::Absent
    } else {
        Fact::Unknown
    };
    Subject {
        common_name: common_name.unwrap_or_else(|| lacking.clone()),
        organizational_unit: organizational_unit.unwrap_or(lacking),
    }
}

/// The text of a string. Its type says how wide a character is; characters that the type does not
/// allow are taken, because real software writes them.
fn text(string: &Element<'_>) -> Option<String> {
    let content = string.content_of(string.tag)?;
    match string.tag {
        UTF8_STRING => String::from_utf8(content.to_vec()).ok(),
        NUMERIC_STRING | PRINTABLE_STRING | TELETEX_STRING | IA5_STRING | VISIBLE_STRING => {
            Some(content.iter().copied().map(char::from).collect())
        }
        BMP_STRING => wide_text(content, 2),
        UNIVERSAL_STRING => wide_text(content, 4),
        _ => None,
    }
}

/// The text whose characters have `width` octets each.
fn wide_text(content: &[u8], width: usize) -> Option<String> {
    let characters = content.chunks(width).map(|octets| {
        let number = octets
            .iter()
            .fold(0_u32, |number, octet| (number << 8) | u32::from(*octet));
        char::from_u32(number).filter(|_| octets.len() == width)
    });
    characters.collect()
}
