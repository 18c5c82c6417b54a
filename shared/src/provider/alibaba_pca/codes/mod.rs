//! The product's own error codes. No page lists any for the status actions; this one was published
//! for a sibling action.

use crate::error::ErrorCode::NotFound;
use crate::vendor::codes::Row;

pub(super) const CODES: &[Row] = &[Row::new(
    "NotFound",
    NotFound,
    "the provider does not know what was asked for",
)];

#[cfg(test)]
mod tests;
