//! The providers. Each is a folder and a row of the table in `model/provider.rs`. The folders have
//! the same files: `mod` (the connection), `wire` (requests and answers), `codes` (error codes),
//! and one file for each trait of `port.rs`.

mod absent;
mod alibaba;
mod alibaba_mqtt;
mod alibaba_pca;
mod aws_iot;
mod capabilities;
mod connection;
mod details;
mod each;
mod learned;
mod port;
mod purpose;
mod scope;
mod tencent_mqtt;

pub use capabilities::ListCapabilities;
pub use learned::Learned;
pub use port::{
    CallContext, ConfirmedWrite, Entry, FoundCertificate, ListLength, ListQuery, Lister, Lookups,
    Page, RequestContext, SessionEnder, Spellings, StatusReader, StatusWriter, Target,
};
pub use scope::Scope;

use crate::config::Config;
use crate::error::{Error, ErrorCode};
use crate::model::{ProviderName, Source, for_each_provider, non_empty};
use crate::request::{Filter, OrderBy};
use crate::transport::Endpoint;
use absent::absent_when;
use connection::{Connection, ProviderHosts, connect};
use port::{invalid_position, next_offsets};
use purpose::Purpose;

/// Makes the functions that choose a provider by its name. Each trait has a function of its own, so
/// that the linker leaves the other two traits' code out of a function's binary.
macro_rules! define_constructors {
    ($(
        $(#[$doc:meta])*
        $provider:ident in $folder:ident, change $change:ident, $row:tt actions $actions:tt
    )*) => {
        /// The provider that lists certificates.
        ///
        /// # Errors
        /// `invalid_request` when region or instance are missing or do not fit the provider.
        pub fn lister<'a>(
            context: &'a CallContext<'a>,
            source: Source,
        ) -> Result<Box<dyn Lister + 'a>, Error> {
            Ok(match source.provider {
                $(ProviderName::$provider => Box::new($folder::$provider::new(context, source)?),)*
            })
        }

        /// The provider that reads the status of certificates.
        ///
        /// # Errors
        /// As [`lister`].
        pub fn status_reader<'a>(
            context: &'a CallContext<'a>,
            source: Source,
        ) -> Result<Box<dyn StatusReader + 'a>, Error> {
            Ok(match source.provider {
                $(ProviderName::$provider => Box::new($folder::$provider::new(context, source)?),)*
            })
        }

        /// The provider that changes the status of certificates.
        ///
        /// # Errors
        /// As [`lister`], and `unsupported` when the provider cannot change it.
        pub fn status_writer<'a>(
            context: &'a CallContext<'a>,
            source: Source,
        ) -> Result<Box<dyn StatusWriter + 'a>, Error> {
            Ok(match source.provider {
                $(ProviderName::$provider => {
                    status_writer_of!($change, $folder, $provider, context, source)
                })*
            })
        }

        /// The lists of all providers.
        const LISTS: [&ListCapabilities; ProviderName::ALL.len()] =
            [$(&$folder::LIST_CAPABILITIES,)*];

        const fn hosts(provider: ProviderName) -> &'static ProviderHosts {
            match provider {
                $(ProviderName::$provider => &$folder::HOSTS,)*
            }
        }
    };
}

/// A folder whose provider cannot change a status holds the reason.
macro_rules! status_writer_of {
    (supported, $folder:ident, $provider:ident, $context:ident, $source:ident) => {
        Box::new($folder::$provider::new($context, $source)?)
    };
    (unsupported, $folder:ident, $provider:ident, $context:ident, $source:ident) => {
        return Err(change_is_unsupported($folder::CHANGE_IS_UNSUPPORTED))
    };
}

for_each_provider!(define_constructors);

/// Checks whether a list can be filtered and sorted so.
///
/// # Errors
/// `unsupported` that names the member, and the providers that can filter by it.
pub fn check_list(
    capabilities: &ListCapabilities,
    filter: &Filter,
    order: Option<OrderBy>,
    details: bool,
) -> Result<(), Error> {
    capabilities.check(filter, order, details).map_err(|error| {
        let Some(list) = capabilities.lacking(filter) else {
            return error;
        };
        let able = LISTS.iter().filter(|other| other.filters.contains(&list));
        let able: Vec<&str> = able.map(|other| other.provider.as_str()).collect();
        let detail = format!(
            "{}; {list} can be a filter at {}",
            error.detail,
            able.join(", ")
        );
        Error { detail, ..error }
    })
}

fn change_is_unsupported(reason: &str) -> Error {
    let brokers: Vec<&str> = ProviderName::ALL
        .into_iter()
        .filter(|provider| provider.can_change_status())
        .map(ProviderName::as_str)
        .collect();
    let detail = format!(
        "{reason}, or change the certificate's status at its broker ({}), which can be undone",
        brokers.join(", ")
    );
    Error::new(ErrorCode::Unsupported, detail).with_field("provider")
}

/// The first endpoints that a request calls when it names neither provider nor region: the
/// provider's, and those of the token services that give out its key. Empty when such a request
/// would be refused, or when no credentials are configured.
pub fn first_endpoints(config: &Config) -> Vec<Endpoint> {
    let Some(provider) = config.default_provider else {
        return Vec::new();
    };
    let cloud = config.clouds.of(provider.cloud());
    let own = cloud
        .region
        .as_ref()
        .and_then(|region| hosts(provider).endpoint(config, provider, region));
    let (Some(own), Some(credentials)) = (own, &cloud.credentials) else {
        return Vec::new();
    };
    std::iter::once(own)
        .chain(credentials.token_services().cloned())
        .collect()
}

#[cfg(test)]
mod tests;
