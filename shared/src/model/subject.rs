//! The subject of a certificate.

use serde::Serialize;

use super::Fact;

/// Parts of a certificate's subject that brokers keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subject {
    /// Common name (CN).
    pub common_name: Fact<String>,
    /// Organizational unit (OU).
    pub organizational_unit: Fact<String>,
}
