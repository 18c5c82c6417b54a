//! An order that the function signs and takes back, so that nothing of a plan has to be stored.

use serde::{Deserialize, Serialize};

use super::{InactivateRequest, InactivationOrder};
use crate::error::Error;
use crate::object::Object;

/// A signed order. A caller can have it carried out, and cannot change it.
#[derive(Clone, Debug, Serialize)]
pub struct SignedOrder {
    /// The order, with its certificates and the state in which each has to be.
    pub order: InactivationOrder,
    /// The request that was planned.
    pub request: InactivateRequest,
    /// The HMAC-SHA256 of both, in base64.
    pub mac: String,
}

impl SignedOrder {
    /// The bytes that are authenticated: what the types of this crate make of the order and the
    /// request, however the sender has written them. `None` where they cannot be written.
    pub fn canonical(order: &InactivationOrder, request: &InactivateRequest) -> Option<Vec<u8>> {
        serde_json::to_vec(&(order, request)).ok()
    }
}

/// A signed order as a direct invocation sends it. Nothing in it is to be believed before its MAC
/// is verified.
pub struct SentOrder {
    /// The order. Its MAC is empty where the sender has left it out.
    pub signed: SignedOrder,
    /// Whether it is only to be tried.
    pub dry_run: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    order: Object<InactivationOrder>,
    request: Object<InactivateRequest>,
    mac: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

impl SentOrder {
    /// Reads a signed order.
    ///
    /// # Errors
    /// As [`super::parse()`].
    pub fn parse(json: &str) -> Result<Self, Error> {
        let Members {
            order: Object(order),
            request: Object(request),
            mac,
            dry_run,
        } = super::read(json)?;
        let signed = SignedOrder {
            order,
            request,
            mac: mac.unwrap_or_default(),
        };
        Ok(Self { signed, dry_run })
    }
}
