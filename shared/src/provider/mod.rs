//! The vendors. Each is one folder with the same files: `mod` (what it can do), `wire` (its
//! requests and answers), `codes` (its error codes), and a file for each thing that it does. A
//! provider is its folder, a row in each of the four tables below, and its endpoint's variable in
//! the configuration.

mod alibaba;
mod alibaba_mqtt;
mod alibaba_pca;
mod aws_iot;
mod capabilities;
mod connection;
mod each;
mod learned;
mod port;
mod tencent_mqtt;

pub use capabilities::ListCapabilities;
pub use learned::Learned;
pub use port::{
    CallContext, ConfirmedWrite, Entry, FoundCertificate, ListLength, ListQuery, Lister, Lookups,
    Page, RequestContext, Scope, Spellings, StatusReader, StatusWriter,
};

use crate::config::Config;
use crate::credentials::CredentialSource;
use crate::error::{Error, ErrorCode};
use crate::model::ProviderName::{self, AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::model::{Source, fact};
use crate::transport::Endpoint;
use connection::{Connection, Facts, connect};
use port::offsets_behind;

/// The provider that lists.
///
/// # Errors
/// `invalid_request` or `provider_rejected` when something that it needs is missing.
pub fn lister<'a>(
    context: &'a CallContext<'a>,
    source: Source,
) -> Result<Box<dyn Lister + 'a>, Error> {
    Ok(match source.provider {
        TencentMqtt => Box::new(tencent_mqtt::TencentMqtt::new(context, source)?),
        AlibabaMqtt => Box::new(alibaba_mqtt::AlibabaMqtt::new(context, source)?),
        AlibabaPca => Box::new(alibaba_pca::AlibabaPca::new(context, source)?),
        AwsIot => Box::new(aws_iot::AwsIot::new(context, source)?),
    })
}

/// The provider that switches off.
///
/// # Errors
/// As [`lister`], and `unsupported` when it cannot.
pub fn status_writer<'a>(
    context: &'a CallContext<'a>,
    source: Source,
) -> Result<Box<dyn StatusWriter + 'a>, Error> {
    Ok(match source.provider {
        TencentMqtt => Box::new(tencent_mqtt::TencentMqtt::new(context, source)?),
        AlibabaMqtt => Box::new(alibaba_mqtt::AlibabaMqtt::new(context, source)?),
        AlibabaPca => {
            return Err(
                Error::new(ErrorCode::Unsupported, alibaba_pca::ONLY_REVOKES)
                    .with_field("provider"),
            );
        }
        AwsIot => Box::new(aws_iot::AwsIot::new(context, source)?),
    })
}

/// The provider that tells the status.
///
/// # Errors
/// As [`lister`].
pub fn status_reader<'a>(
    context: &'a CallContext<'a>,
    source: Source,
) -> Result<Box<dyn StatusReader + 'a>, Error> {
    Ok(match source.provider {
        TencentMqtt => Box::new(tencent_mqtt::TencentMqtt::new(context, source)?),
        AlibabaMqtt => Box::new(alibaba_mqtt::AlibabaMqtt::new(context, source)?),
        AlibabaPca => Box::new(alibaba_pca::AlibabaPca::new(context, source)?),
        AwsIot => Box::new(aws_iot::AwsIot::new(context, source)?),
    })
}

fn facts(config: &Config, provider: ProviderName) -> Facts<'_> {
    match provider {
        TencentMqtt => tencent_mqtt::facts(config),
        AlibabaMqtt => alibaba_mqtt::facts(config),
        AlibabaPca => alibaba_pca::facts(config),
        AwsIot => aws_iot::facts(config),
    }
}

/// Where the first calls go for a request that names neither provider nor region: the provider, and
/// whoever gives out the key for it. None where it would have to name them.
pub fn first_endpoints(config: &Config) -> Vec<Endpoint> {
    let Some(provider) = config.default_provider else {
        return Vec::new();
    };
    let facts = facts(config, provider);
    let Some(own) = facts
        .cloud
        .region
        .as_ref()
        .and_then(|region| facts.endpoint_in(region))
    else {
        return Vec::new();
    };
    std::iter::once(own)
        .chain(
            facts
                .cloud
                .credentials
                .iter()
                .flat_map(CredentialSource::token_services)
                .cloned(),
        )
        .collect()
}

/// Whether this provider is a certificate authority, whose word can be held against a broker's.
pub const fn is_certificate_authority(provider: ProviderName) -> bool {
    matches!(provider, AlibabaPca)
}

#[cfg(test)]
mod tests;
