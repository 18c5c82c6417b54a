//! Elements of BER, of which DER is a part (X.690, 8.1).

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

const CONSTRUCTED: u8 = 0x20;
/// The bits of a tag's number. All are set where the number follows in octets of its own.
const TAG_NUMBER: u8 = 0x1f;
/// The first length octet where the content ends with an end-of-contents element.
const INDEFINITE: u8 = 0x80;

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// The first identifier octet.
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// Whether the bytes hold the content up to its end.
    pub(super) is_whole: bool,
}

/// Reads elements one after another. It stops where no header can be read; an element whose content
/// breaks off is the last one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Elements<'a> {
    rest: &'a [u8],
    is_broken: bool,
}

impl<'a> Elements<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            is_broken: false,
        }
    }

    /// The bytes that were not read.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether every element up to here was whole, and none is left.
    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty() && !self.is_broken
    }

    /// The elements in the next element, when it has this tag; otherwise none. They may break off.
    pub(super) fn enter(&mut self, tag: u8) -> Self {
        match self.next() {
            Some(element) if element.tag == tag => element.elements(),
            _ => Self {
                rest: &[],
                is_broken: true,
            },
        }
    }
}

impl<'a> Element<'a> {
    /// The elements in the content.
    pub(super) const fn elements(&self) -> Elements<'a> {
        Elements {
            rest: self.content,
            is_broken: !self.is_whole,
        }
    }

    /// The content, when it has this tag and is whole.
    pub(super) fn content_of(&self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag && self.is_whole).then_some(self.content)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (tag, length, content) = header(self.rest)?;
        let split = match length {
            Some(length) => content.split_at_checked(length),
            None => split_at_end_of_contents(content),
        };
        let (content, rest) = split.unwrap_or((content, &[]));
        self.rest = rest;
        self.is_broken |= split.is_none();
        Some(Element {
            tag,
            content,
            is_whole: split.is_some(),
        })
    }
}

/// The first identifier octet, the length of the content, and the bytes behind the header. The
/// length is `None` where it is indefinite.
fn header(bytes: &[u8]) -> Option<(u8, Option<usize>, &[u8])> {
    let (&tag, mut rest) = bytes.split_first()?;
    if tag & TAG_NUMBER == TAG_NUMBER {
        let last = rest.iter().position(|octet| octet & 0x80 == 0)?;
        rest = rest.get(last.checked_add(1)?..)?;
    }
    let (&first, rest) = rest.split_first()?;
    match first {
        INDEFINITE => (tag & CONSTRUCTED != 0).then_some((tag, None, rest)),
        0..INDEFINITE => Some((tag, Some(usize::from(first)), rest)),
        _ => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            // Not as few octets as possible are no fault in BER, and openssl reads them, too.
            let length = octets.iter().try_fold(0_usize, |length, octet| {
                length.checked_mul(256)?.checked_add(usize::from(*octet))
            });
            // A length that this machine cannot count is longer than all bytes.
            Some((tag, Some(length.unwrap_or(usize::MAX)), rest))
        }
    }
}

/// The content before the end-of-contents element that closes it, and the bytes behind that one.
fn split_at_end_of_contents(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut open = 1_usize;
    let mut rest = bytes;
    loop {
        let before = rest;
        let (tag, length, content) = header(rest)?;
        rest = match (tag, length) {
            (0, Some(0)) => {
                open = open.checked_sub(1)?;
                if open == 0 {
                    let end = bytes.len().checked_sub(before.len())?;
                    return Some((bytes.get(..end)?, content));
                }
                content
            }
            (_, Some(length)) => content.get(length..)?,
            (_, None) => {
                open = open.checked_add(1)?;
                content
            }
        };
    }
}
