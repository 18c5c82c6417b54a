//! The vendors' request signatures, as pure functions of request, key, time and nonce.
//!
//! Each step (canonical request, string to sign, signature) is a function of its own, so that tests
//! compare every intermediate with the vendor's worked example.

pub mod acs3;
pub mod sigv4;
pub mod tc3;
pub mod webhook;

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorCode};

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// RFC 3986: every byte but the unreserved characters becomes `%XX` in upper case.
pub fn percent_encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// Lower-case hex of the SHA-256 of `bytes`.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// HMAC-SHA256 of `message` under `key`.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC hashes a key of any length down to its block, so the error of `new_from_slice` has no
    // way to occur.
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(message).finalize().into_bytes().into(),
        Err(_) => unreachable!("HMAC takes keys of any length"),
    }
}

/// Adds a header to those of a request.
///
/// # Errors
/// `internal` when the value holds a byte that no header may have.
pub(crate) fn add_header(
    headers: &mut HeaderMap,
    name: &'static str,
    value: &str,
) -> Result<(), Error> {
    headers.append(name, header_value(name, value)?);
    Ok(())
}

/// As [`add_header`], for a value that nothing may print.
pub(crate) fn add_secret_header(
    headers: &mut HeaderMap,
    name: &'static str,
    value: &str,
) -> Result<(), Error> {
    let mut value = header_value(name, value)?;
    value.set_sensitive(true);
    headers.append(name, value);
    Ok(())
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|error| {
        Error::new(
            ErrorCode::Internal,
            format!("the header {name} cannot be sent"),
        )
        .caused_by(Arc::new(error))
    })
}

/// `name:value` and a line feed for each header, with values stripped of outer blanks; `headers`
/// must be sorted by name.
fn canonical_headers<'a>(headers: impl IntoIterator<Item = &'a (String, String)>) -> String {
    headers
        .into_iter()
        .map(|(name, value)| format!("{name}:{}\n", value.trim()))
        .collect()
}

/// The names of the signed headers, joined by `;`.
fn signed_header_names<'a>(headers: impl IntoIterator<Item = &'a (String, String)>) -> String {
    headers
        .into_iter()
        .map(|(name, _)| name.as_str())
        .collect::<Vec<_>>()
        .join(";")
}
