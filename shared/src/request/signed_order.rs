//! An order that the function signs and gives to the caller, so that it stores no plan.

use serde::{Deserialize, Serialize};

use super::{InactivateRequest, InactivationOrder};
use crate::error::Error;
use crate::object::Object;

/// A signed order. A caller can send it, and cannot change it.
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
    /// The bytes that the MAC authenticates. They are serialized by the types of this crate, so that they
    /// do not depend on how the sender has written the JSON. `None` if serializing fails.
    pub fn canonical(order: &InactivationOrder, request: &InactivateRequest) -> Option<Vec<u8>> {
        serde_json::to_vec(&(order, request)).ok()
    }
}

/// A signed order as a direct invocation sends it. Nothing in it may be trusted before its MAC is
/// verified.
pub struct SentOrder {
    /// The order. Its MAC is empty if the sender has left it out.
    pub signed: SignedOrder,
    /// Whether this is a dry run, which changes nothing.
    pub dry_run: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedOrderMembers {
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
        let SignedOrderMembers {
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
