//! The product's own error codes. No page lists any for the status actions; this code is documented
//! for a sibling action.

use crate::error::ErrorCode::NotFound;
use crate::vendor::codes::Row;

pub(super) const CODES: &[Row] = &[Row::new(
    "NotFound",
    NotFound,
    "the provider does not know the certificate",
)];

#[cfg(test)]
mod tests;
