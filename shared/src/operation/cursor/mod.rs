//! Cursors: opaque to the caller, bound to the request that they continue.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::model::Source;
use crate::request::{Filter, SortOrder};

/// Everything that a cursor must agree with. `limit`, `include_pem` and `summary` may change from
/// page to page.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    /// One, or the sources that were asked side by side, in their order.
    pub(super) sources: &'a [Source],
    pub(super) filter: &'a Filter,
    pub(super) order: Option<SortOrder>,
    /// It decides which filters are refused, and how large pages are.
    pub(super) details: bool,
}

/// Where one source's list goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// In the provider's terms.
    #[serde(rename = "p")]
    pub(super) position: String,
    /// How long the list was.
    #[serde(rename = "l")]
    pub(super) list_length: Option<u64>,
    /// A mark of the last certificate before the place.
    #[serde(rename = "c")]
    pub(super) last: Option<String>,
}

const DIGEST_LENGTH: usize = 12;

/// A cursor for what is left of this request.
pub(super) fn encode(request: Request<'_>, rest: &impl Serialize) -> String {
    // Plain data always serializes.
    let rest = serde_json::to_vec(rest).unwrap_or_default();
    let mut bytes = digest(request, &rest);
    bytes.extend_from_slice(&rest);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is left, by a cursor.
///
/// # Errors
/// `invalid_request` when it is damaged, or belongs to another request.
pub(super) fn decode<T: DeserializeOwned>(cursor: &str, request: Request<'_>) -> Result<T, Error> {
    let rest = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (told, rest) = bytes.split_at_checked(DIGEST_LENGTH)?;
        (told == digest(request, rest)).then(|| serde_json::from_slice(rest).ok())?
    };
    rest().ok_or_else(|| {
        let detail = "this is not a next_cursor of the same request; send it with the provider, region, instance (or sources), filter, \
                      order and details that it came from";
        Error::invalid("cursor", detail)
    })
}

fn digest(request: Request<'_>, rest: &[u8]) -> Vec<u8> {
    let Request {
        sources,
        filter,
        order,
        details,
    } = request;
    let sources: Vec<_> = sources
        .iter()
        .map(|source| (source.provider, &source.region, &source.instance_id))
        .collect();
    let bound = serde_json::to_vec(&(sources, filter, order, details)).unwrap_or_default();
    Sha256::new_with_prefix(bound)
        .chain_update([0])
        .chain_update(rest)
        .finalize()
        .iter()
        .take(DIGEST_LENGTH)
        .copied()
        .collect()
}

#[cfg(test)]
mod tests;
