//! Cursors: opaque to the caller, bound to the request that they continue.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::model::ProviderName;
use crate::provider::Scope;
use crate::request::{Filter, Order};

/// Everything that a cursor must agree with. `limit` and `include_pem` may change from page to page.
#[derive(Serialize)]
struct Listing<'a> {
    provider: ProviderName,
    region: &'a str,
    instance_id: Option<&'a str>,
    filter: &'a Filter,
    order: Order,
    position: &'a str,
}

const DIGEST_LENGTH: usize = 12;

/// A cursor for `position` in this listing.
pub(super) fn encode(scope: &Scope, filter: &Filter, order: Order, position: &str) -> String {
    let mut bytes = digest(scope, filter, order, position);
    bytes.extend_from_slice(position.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The position in a cursor.
///
/// # Errors
/// `invalid_request` when it is damaged, or belongs to another request.
pub(super) fn decode(cursor: &str, scope: &Scope, filter: &Filter, order: Order) -> Result<String, Error> {
    let position = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (told, position) = bytes.split_at_checked(DIGEST_LENGTH)?;
        let position = std::str::from_utf8(position).ok()?;
        (told == digest(scope, filter, order, position)).then(|| position.to_owned())
    };
    position().ok_or_else(|| {
        let detail = "this is not a next_cursor of the same request; send it with the provider, region, instance, filter and order that it came from";
        Error::invalid("cursor", detail)
    })
}

fn digest(scope: &Scope, filter: &Filter, order: Order, position: &str) -> Vec<u8> {
    let listing = Listing {
        provider: scope.provider,
        region: scope.region.as_str(),
        instance_id: scope.instance_id.as_ref().map(|instance| instance.as_str()),
        filter,
        order,
        position,
    };
    // Plain data always serializes.
    let text = serde_json::to_vec(&listing).unwrap_or_default();
    Sha256::digest(text).iter().take(DIGEST_LENGTH).copied().collect()
}

#[cfg(test)]
mod tests;
