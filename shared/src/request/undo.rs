//! The part of an inactivate request that undoes changes.

use serde::{Deserialize, Serialize};

use super::check_count;
use crate::error::Error;

/// Maximum number of receipts in one request.
const MOST_RECEIPTS: usize = 100;
/// Maximum length of a receipt, in bytes.
pub const LONGEST_RECEIPT: usize = 1024;

/// Changes to take back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// Receipts from the results of inactivate, 1 to 100, of any provider, region and instance.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 100), inner(length(min = 1, max = 1024)))
    )]
    pub receipts: Vec<String>,
}

impl Undo {
    pub(super) fn check(&self) -> Result<(), Error> {
        check_count("undo.receipts", self.receipts.len(), MOST_RECEIPTS)?;
        let is_too_long = |receipt: &String| !(1..=LONGEST_RECEIPT).contains(&receipt.len());
        match self.receipts.iter().position(is_too_long) {
            Some(index) => Err(Error::invalid(
                format!("undo.receipts[{index}]"),
                format!("a receipt must have 1 to {LONGEST_RECEIPT} bytes"),
            )),
            None => Ok(()),
        }
    }
}
