//! The inactivate request.

use serde::Deserialize;

use super::{CertificateReference, Request, check_certificates};
use crate::error::Error;
use crate::model::{InstanceId, ProviderName, Region, Timestamp};

/// Most certificates that one request may switch off.
const MOST_CERTIFICATES: usize = 100;
/// Longest reason, in characters.
const LONGEST_REASON: usize = 256;

/// Which certificates to switch off.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InactivateRequest {
    /// Whom to ask; the function's default when left out.
    pub provider: Option<ProviderName>,
    /// Where; the provider's configured region when left out.
    pub region: Option<Region>,
    /// The broker. Only the `-mqtt` providers have one, and they need it.
    pub instance_id: Option<InstanceId>,
    /// 1 to 100 certificates.
    #[serde(deserialize_with = "crate::object::list")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub certificates: Vec<CertificateReference>,
    /// Why; goes to the audit record.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 256)))]
    pub reason: Option<String>,
    /// Until when the order may be carried out. Without it an order is refused when the event that brought it is old: 24 hours in a queue
    /// (configurable), 15 minutes over HTTP.
    pub not_after: Option<Timestamp>,
    /// Read the states and say what would be done, without doing it.
    #[serde(default)]
    pub dry_run: bool,
}

impl Request for InactivateRequest {
    fn check(&self) -> Result<(), Error> {
        check_certificates(&self.certificates, MOST_CERTIFICATES)?;
        if let Some(reason) = &self.reason {
            let characters = reason.chars().count();
            if !(1..=LONGEST_REASON).contains(&characters) {
                return Err(Error::invalid("reason", format!("1 to {LONGEST_REASON} characters, not {characters}")));
            }
        }
        Ok(())
    }
}
