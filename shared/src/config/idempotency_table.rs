//! The table that keeps the answers to requests with an idempotency key.

use super::{ConfigError, Lookup, parsed};
use crate::transport::Endpoint;

/// The variable of [`IdempotencyTable::name`].
pub(crate) const IDEMPOTENCY_TABLE: &str = "IDEMPOTENCY_TABLE";

/// A table of Amazon DynamoDB in the function's own region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyTable {
    /// The name of the table.
    pub name: String,
    /// The base URL that replaces the region's own.
    pub endpoint: Option<Endpoint>,
}

pub(super) fn idempotency_table(
    lookup: Lookup<'_>,
) -> Result<Option<IdempotencyTable>, ConfigError> {
    let endpoint = parsed(lookup, "AWS_ENDPOINT_URL_DYNAMODB", Endpoint::parse)?;
    let name = parsed(lookup, IDEMPOTENCY_TABLE, table_name)?;
    Ok(name.map(|name| IdempotencyTable { name, endpoint }))
}

/// The naming rule of DynamoDB.
fn table_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if (3..=255).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("it must be the name of a DynamoDB table: 3 to 255 letters, digits, underscores, hyphens or dots".to_owned())
    }
}
