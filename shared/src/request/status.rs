//! The status request.

use serde::Deserialize;

use super::{CertificateReference, Request, Sources, check_certificates};
use crate::error::Error;
use crate::model::MOST_SOURCES;
use crate::model::{InstanceId, ProviderName, Region};

/// Most certificates that one request may ask for.
const MOST_CERTIFICATES: usize = 1000;
/// Most with several sources: each may know each, and an answer has a size.
const MOST_CERTIFICATES_OF_SEVERAL: usize = 4000_usize.div_ceil(MOST_SOURCES);

/// Whose status to tell.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = super::schema::one_source_or_several))]
#[serde(deny_unknown_fields)]
pub struct StatusRequest {
    /// Whom to ask; the function's default when left out.
    pub provider: Option<ProviderName>,
    /// Where; the provider's configured region when left out.
    pub region: Option<Region>,
    /// The broker. Only the `-mqtt` providers have one.
    pub instance_id: Option<InstanceId>,
    /// Several providers, regions and instances in place of one.
    pub sources: Option<Sources>,
    /// 1 to 1000 certificates; 1 to 200 with several sources.
    #[serde(deserialize_with = "crate::object::list")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1000)))]
    pub certificates: Vec<CertificateReference>,
    /// A certificate authority to ask about the same certificates.
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub cross_check: Option<CrossCheck>,
}

/// The certificate authority whose word is held against the brokers'.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CrossCheck {
    /// A provider that is a certificate authority.
    pub provider: ProviderName,
    /// Where; the provider's configured region when left out.
    pub region: Option<Region>,
}

impl StatusRequest {
    /// Whether both ask the same one source, and the same authority, so that they can be asked as
    /// one. A request that names no provider asks this one.
    pub fn asks_the_same_as(&self, other: &Self, default_provider: Option<ProviderName>) -> bool {
        let source = |request: &Self| {
            (
                request.provider.or(default_provider),
                request.region.clone(),
                request.instance_id.clone(),
            )
        };
        let authority = |request: &Self| {
            request
                .cross_check
                .as_ref()
                .map(|check| (check.provider, check.region.clone()))
        };
        self.sources.is_none()
            && other.sources.is_none()
            && source(self) == source(other)
            && authority(self) == authority(other)
    }
}

impl Request for StatusRequest {
    fn check(&self) -> Result<(), Error> {
        Sources::check(
            self.sources.as_ref(),
            self.provider,
            self.region.as_ref(),
            self.instance_id.as_ref(),
        )?;
        let most = if self.sources.is_some() {
            MOST_CERTIFICATES_OF_SEVERAL
        } else {
            MOST_CERTIFICATES
        };
        check_certificates(&self.certificates, most)
    }
}
