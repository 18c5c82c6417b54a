//! The vendors' request signatures, as pure functions of request, key, time and nonce.
//!
//! Each step (canonical request, string to sign, signature) is a function of its own, so that tests
//! compare every intermediate with the vendor's worked example.

pub mod acs3;
pub mod sigv4;
pub mod tc3;
pub mod webhook;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

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
