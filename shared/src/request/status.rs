//! The status request.

use serde::Deserialize;

use super::{CertificateReference, Request, Sources, check_certificates};
use crate::error::Error;
use crate::model::{InstanceId, MOST_SOURCES, ProviderName, Region};

/// Maximum number of certificates in one request.
const MOST_CERTIFICATES: usize = 1000;
/// Maximum with several sources: every source may know every certificate, and the size of an answer
/// is limited.
const MOST_CERTIFICATES_OF_SEVERAL: usize = 4000_usize.div_ceil(MOST_SOURCES);

/// Request to read the status of certificates.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = super::schema::one_source_or_several, transform = super::schema::without_client_ids))]
#[serde(deny_unknown_fields)]
pub struct StatusRequest {
    /// Provider to query. Default: the one that is configured for the function.
    pub provider: Option<ProviderName>,
    /// Region to query. Default: the region that is configured for the provider.
    pub region: Option<Region>,
    /// MQTT instance to query. Required for the `-mqtt` providers; others have none.
    pub instance_id: Option<InstanceId>,
    /// Several sources to query, in place of `provider`, `region` and `instance_id`.
    pub sources: Option<Sources>,
    /// Certificates to look up: 1 to 1000, or 1 to 200 with `sources`.
    #[serde(deserialize_with = "crate::object::list")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1000)))]
    pub certificates: Vec<CertificateReference>,
    /// Whether to show the MQTT client ids that are tied to each certificate, under `client_ids`.
    /// For aws-iot this takes one more call for each certificate.
    #[serde(default)]
    pub include_clients: bool,
    /// Certificate authority whose status of the same certificates is compared.
    #[serde(default, deserialize_with = "crate::object::optional")]
    pub cross_check: Option<CrossCheck>,
}

/// Certificate authority whose statuses are compared with the broker's.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CrossCheck {
    /// Provider that is a certificate authority, like `alibaba-pca`.
    pub provider: ProviderName,
    /// Region to query. Default: the region that is configured for the provider.
    pub region: Option<Region>,
}

impl StatusRequest {
    /// Whether both requests query the same single source and the same certificate authority, for
    /// the same facts, so that one call can answer both. A request without a provider queries `default_provider`.
    pub fn queries_the_same_as(
        &self,
        other: &Self,
        default_provider: Option<ProviderName>,
    ) -> bool {
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
            && self.include_clients == other.include_clients
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
        check_certificates(&self.certificates, most)?;
        let with_clients = self
            .certificates
            .iter()
            .position(|reference| reference.client_ids.is_some());
        match with_clients {
            Some(index) => Err(Error::invalid(
                format!("certificates[{index}].client_ids"),
                "status reads no sessions; leave client_ids out",
            )),
            None => Ok(()),
        }
    }
}
