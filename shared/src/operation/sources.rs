//! The sources that a request queries.

use std::collections::HashMap;

use crate::config::Config;
use crate::error::Error;
use crate::model::{InstanceId, ProviderName, Region, Source};
use crate::request::Sources;

/// The source of a request that names no list of sources.
///
/// # Errors
/// `invalid_request` when neither the request nor the configuration names a provider.
pub(super) fn one_source(
    provider: Option<ProviderName>,
    region: Option<Region>,
    instance_id: Option<InstanceId>,
    config: &Config,
) -> Result<Source, Error> {
    let provider = provider.or(config.default_provider).ok_or_else(|| {
        Error::invalid(
            "provider",
            "provider is required, because DEFAULT_PROVIDER is not set for the function",
        )
    })?;
    Ok(Source {
        provider,
        region,
        instance_id,
    })
}

/// The sources of a request that queries several.
///
/// # Errors
/// `invalid_request` for `"all"` when no sources are configured.
pub(super) fn requested_sources<'a>(
    sources: &'a Sources,
    config: &'a Config,
) -> Result<&'a [Source], Error> {
    match sources {
        Sources::These(sources) => Ok(sources),
        Sources::All if config.sources.is_empty() => Err(Error::invalid(
            "sources",
            "sources must be a list, because SOURCES, which \"all\" stands for, is not set for the function",
        )),
        Sources::All => Ok(&config.sources),
    }
}

/// Checks that no two sources are the same once the configured regions are filled in: their
/// certificates would be listed twice. `None` stands for a source that cannot be determined, from
/// which nothing is listed.
///
/// # Errors
/// `invalid_request` that names two equal sources.
pub(super) fn check_distinct(sources: impl Iterator<Item = Option<Source>>) -> Result<(), Error> {
    let mut first_of = HashMap::new();
    for (index, source) in sources.enumerate() {
        let Some(source) = source else { continue };
        let provider = source.provider;
        if let Some(first) = first_of.insert(source, index) {
            let detail = format!(
                "sources {first} and {index} (counted from 0) are the same source at {provider}; leave one out"
            );
            return Err(Error::invalid("sources", detail));
        }
    }
    Ok(())
}

/// Provider, region and instance in one text, like `alibaba-mqtt/cn-hangzhou/post-cn-7mz2d0000`.
pub(super) fn scope_path(
    provider: ProviderName,
    region: &Region,
    instance_id: Option<&InstanceId>,
) -> String {
    let instance = instance_id
        .map(|instance_id| format!("/{instance_id}"))
        .unwrap_or_default();
    format!("{provider}/{region}{instance}")
}
