//! Certificates in a vendor's text (RFC 7468), in whatever way it was kept.

use std::borrow::Cow;

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::X509;
use super::element::{Element, Elements, INTEGER, OBJECT_IDENTIFIER, SEQUENCE};

/// The labels of a certificate: the usual one, two of openssl's and one of Alibaba's.
const LABELS: [&str; 4] = [
    "CERTIFICATE",
    "X509 CERTIFICATE",
    "TRUSTED CERTIFICATE",
    "DEVICECERTIFICATE",
];
const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
const COLUMNS: usize = 64;
/// The first octets of a private key in OpenSSH's own form.
const OPENSSH_KEY: &[u8] = b"openssh-key-v1\0";

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The certificates in a text, in DER, in their order. Other blocks, like private keys, and blocks
/// whose base64 cannot be read are left out.
///
/// A text without marker lines is a certificate when it is nothing but base64 and shows a serial
/// number and a time: some programs store certificates so, and neither keys nor requests have both.
pub(in crate::model) fn certificates(text: &str) -> Vec<Vec<u8>> {
    let text = with_line_breaks(text);
    if text.contains(BEGIN) {
        return blocks(&text).filter_map(decode).collect();
    }
    let bare = decode(text.trim_start_matches('\u{feff}')).filter(|der| {
        let facts = X509::from_der(der);
        let validity = facts.validity;
        facts.serial_number.is_some() && validity.not_before.or(validity.not_after).is_some()
    });
    bare.into_iter().collect()
}

/// Writes certificates as RFC 7468 asks for.
pub(in crate::model) fn to_pem(certificates: &[Vec<u8>]) -> String {
    let mut pem = String::new();
    for der in certificates {
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        let base64 = BASE64_STANDARD.encode(der);
        let mut rest = base64.as_str();
        while let Some((line, after)) = rest.split_at_checked(COLUMNS) {
            pem.push_str(line);
            pem.push('\n');
            rest = after;
        }
        pem.push_str(rest);
        if !rest.is_empty() {
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    pem
}

/// Makes line breaks of the letters `\n` and `\r`. Alibaba's documents show them so.
fn with_line_breaks(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for letters in ["\\n", "\\r"] {
        if text.contains(letters) {
            text = Cow::Owned(text.replace(letters, "\n"));
        }
    }
    text
}

/// The texts between the marker lines of each certificate.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split(BEGIN).skip(1).filter_map(|block| {
        let (label, rest) = block.split_once(DASHES)?;
        let (content, end) = rest.split_once(DASHES)?;
        let (end, _) = end.strip_prefix("END ")?.split_once(DASHES)?;
        let is_certificates = |label: &str| LABELS.contains(&label.trim());
        (is_certificates(label) && is_certificates(end)).then_some(content)
    })
}

/// The certificate in base64 between marker lines. Lines with a colon are attributes.
fn decode(content: &str) -> Option<Vec<u8>> {
    let lines = content.lines().filter(|line| !line.contains(':'));
    let is_ignored = |octet: &u8| octet.is_ascii_whitespace() || *octet == b'\\';
    let mut digits: Vec<u8> = lines
        .flat_map(str::bytes)
        .filter(|octet| !is_ignored(octet))
        .collect();
    while digits.last() == Some(&b'=') {
        digits.pop();
    }
    let mut der = LENIENT.decode(digits).ok()?;
    der.truncate(length_of_certificate(&der)?);
    Some(der)
}

/// The length of the outer element, without what openssl writes behind the certificate it trusts;
/// all bytes where it cannot be read. `None` without bytes, and for a private key with a
/// certificate's label.
fn length_of_certificate(der: &[u8]) -> Option<usize> {
    if der.is_empty() || der.starts_with(OPENSSH_KEY) {
        return None;
    }
    let mut elements = Elements::new(der);
    match elements.next() {
        Some(outer) if outer.tag == SEQUENCE => {
            if is_private_key(outer) {
                return None;
            }
            der.len().checked_sub(elements.rest().len())
        }
        _ => Some(der.len()),
    }
}

/// Whether an element is a private key (PKCS #1, PKCS #8 and SEC 1): it begins with an integer, or,
/// when it is encrypted, with the name of an algorithm. A certificate begins with neither.
fn is_private_key(outer: Element<'_>) -> bool {
    match outer.elements().next() {
        Some(first) if first.tag == INTEGER => true,
        Some(first) if first.tag == SEQUENCE => {
            let inner = first.elements().next();
            inner.is_some_and(|inner| inner.tag == OBJECT_IDENTIFIER)
        }
        _ => false,
    }
}
