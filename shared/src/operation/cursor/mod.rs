//! Cursors: opaque to the caller, and bound to the request that they continue.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::model::Source;
use crate::request::{Filter, SortOrder};

/// The members of a request that a cursor is bound to. `limit`, `include_undecided`, `include_pem` and
/// `summary` may change from page to page.
#[derive(Clone, Copy)]
pub(super) struct BoundRequest<'a> {
    /// The source, or the sources in the order of the request.
    pub(super) sources: &'a [Source],
    pub(super) filter: &'a Filter,
    pub(super) order: Option<SortOrder>,
    /// Whether the provider is called for each certificate. It decides which filters are refused and
    /// how large pages are.
    pub(super) details: bool,
}

/// The point at which one source's list continues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Resume {
    /// The provider's own position.
    #[serde(rename = "p")]
    pub(super) position: String,
    /// Length of the provider's list at the last page.
    #[serde(rename = "l")]
    pub(super) list_length: Option<u64>,
    /// Digest of the last certificate before the position.
    #[serde(rename = "c")]
    pub(super) last: Option<String>,
}

const DIGEST_LENGTH: usize = 12;

/// Writes a cursor that continues this request at `rest`.
pub(super) fn encode(request: BoundRequest<'_>, rest: &impl Serialize) -> String {
    // Plain data always serializes.
    let rest = serde_json::to_vec(rest).unwrap_or_default();
    let mut bytes = digest(request, &rest);
    bytes.extend_from_slice(&rest);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads from a cursor where this request continues.
///
/// # Errors
/// `invalid_request` when the cursor is damaged or belongs to another request.
pub(super) fn decode<T: DeserializeOwned>(
    cursor: &str,
    request: BoundRequest<'_>,
) -> Result<T, Error> {
    let rest = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (stored, rest) = bytes.split_at_checked(DIGEST_LENGTH)?;
        (stored == digest(request, rest)).then(|| serde_json::from_slice(rest).ok())?
    };
    rest().ok_or_else(|| {
        let detail = "cursor must be the next_cursor of a request with the same provider, region and instance_id (or sources), filter, \
                      order_by and details";
        Error::invalid("cursor", detail)
    })
}

fn digest(request: BoundRequest<'_>, rest: &[u8]) -> Vec<u8> {
    let BoundRequest {
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
