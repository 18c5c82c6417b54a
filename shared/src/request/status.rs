//! The status request.

use serde::Deserialize;

use super::{CertificateReference, Request, check_count};
use crate::error::Error;
use crate::model::{InstanceId, ProviderName, Region};

/// Most certificates that one request may ask for.
const MOST_CERTIFICATES: usize = 1000;

/// Whose status to tell.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusRequest {
    /// Whom to ask; the function's default when left out.
    pub provider: Option<ProviderName>,
    /// Where; the provider's configured region when left out.
    pub region: Option<Region>,
    /// The broker. Only the `-mqtt` providers have one.
    pub instance_id: Option<InstanceId>,
    /// 1 to 1000 certificates.
    #[serde(deserialize_with = "crate::object::list")]
    pub certificates: Vec<CertificateReference>,
}

impl Request for StatusRequest {
    fn check(&self) -> Result<(), Error> {
        check_count("certificates", self.certificates.len(), MOST_CERTIFICATES)
    }
}
