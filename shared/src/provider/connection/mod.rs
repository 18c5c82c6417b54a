//! The connection to a provider's API, made from a request's source and the configuration.

use tokio::sync::Semaphore;

use super::{CallContext, Scope};
use crate::config::{CloudVariables, Config};
use crate::credentials::{CredentialSource, Credentials, FetchContext};
use crate::error::{Concerns, Error, ErrorCode, ProviderError};
use crate::model::{Action, ProviderName, Region, Source, Timestamp};
use crate::transport::{
    Endpoint, Failure, HttpRequest, HttpResponse, LocalFuture, MAX_CONCURRENT_CALLS, Repeat,
    keep_result,
};

/// The parts that every call to one API needs.
pub(super) struct Connection<'a> {
    pub(super) context: &'a CallContext<'a>,
    pub(super) endpoint: Endpoint,
    /// `None` where no variable configures one. Only a call needs it: the function that puts orders
    /// into a queue checks them without credentials.
    credential_source: Option<&'a CredentialSource>,
    pub(super) provider: ProviderName,
    /// A permit for each call that may be under way at once where no rate limit keeps them few.
    permits: Semaphore,
}

impl<'a> Connection<'a> {
    pub(super) fn new(
        context: &'a CallContext<'a>,
        endpoint: Endpoint,
        credential_source: Option<&'a CredentialSource>,
        provider: ProviderName,
    ) -> Self {
        Self {
            context,
            endpoint,
            credential_source,
            provider,
            permits: Semaphore::new(MAX_CONCURRENT_CALLS),
        }
    }
}

/// Signs a call with a key, for a time and with a nonce.
type Sign<'a> = dyn Fn(&Credentials, Timestamp, [u8; 16]) -> Result<HttpRequest, Error> + 'a;

impl Connection<'_> {
    /// Makes one call: see [`Transport::call`](crate::transport::Transport::call). A call whose key
    /// the vendor refuses is made once more where there is another key by then; a refusal has had
    /// no effect. Credentials that the vendor repeats in its answer are masked.
    pub(super) async fn call<T>(
        &self,
        action: Action,
        repeat: Repeat,
        sign: impl Fn(&Credentials, Timestamp, [u8; 16]) -> Result<HttpRequest, Error>,
        read: impl Fn(&HttpResponse) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let mut result = None;
        let mut keep = keep_result(&mut result, read);
        self.sign_and_call_boxed(action, repeat, &sign, &mut keep)
            .await?;
        drop(keep);
        result.ok_or_else(Failure::without_result)
    }

    fn sign_and_call_boxed<'a>(
        &'a self,
        action: Action,
        repeat: Repeat,
        sign: &'a Sign<'a>,
        read: &'a mut dyn FnMut(&HttpResponse) -> Result<(), Error>,
    ) -> LocalFuture<'a, Result<(), Failure>> {
        Box::pin(self.sign_and_call(action, repeat, sign, read))
    }

    async fn sign_and_call(
        &self,
        action: Action,
        repeat: Repeat,
        sign: &Sign<'_>,
        read: &mut dyn FnMut(&HttpResponse) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let CallContext {
            transport,
            deadline,
            limiter,
            credential_caches,
            ..
        } = *self.context;
        let credential_source = self
            .credential_source
            .ok_or_else(|| Failure::not_made(no_credentials(self.provider)))?;
        // Groups of certificates go side by side, too, and each would otherwise make as many calls
        // at once. Where calls are rate-limited there are never many, and a change must not wait
        // behind the reads of another group. The semaphore is never closed.
        let _permit = if limiter.limits(self.provider) {
            None
        } else {
            self.permits.acquire().await.ok()
        };
        let credential_cache = credential_caches.of(self.provider);
        let fetch_context = FetchContext {
            provider: self.provider,
            transport,
            lane: limiter.unlimited(),
            deadline,
        };
        let mut credentials = credential_cache
            .credentials(credential_source, fetch_context)
            .await
            .map_err(|error| self.not_called(error))?;
        let mut is_first = true;
        loop {
            let sign = |now, nonce| sign(&credentials, now, nonce);
            let called = transport
                .attempts(deadline, limiter.lane(action), repeat, &sign, read)
                .await;
            let failure = match called {
                Err(failure) => Failure {
                    error: masked(&credentials, failure.error),
                    ..failure
                },
                answer => return answer,
            };
            if failure.error.concerns != Concerns::Key || !is_first {
                return Err(failure);
            }
            match credential_cache
                .after_refusal(credential_source, fetch_context, &credentials)
                .await
                .map_err(|error| self.not_called(error))?
            {
                Some(other) => credentials = other,
                None => return Err(failure),
            }
            is_first = false;
        }
    }

    /// The failure of a call without credentials. Its error names this provider, even when the
    /// credentials were fetched for another provider of the same cloud.
    fn not_called(&self, error: Error) -> Failure {
        let provider_error = error.provider_error.map(|provider_error| {
            Box::new(ProviderError {
                provider: self.provider,
                ..*provider_error
            })
        });
        Failure::not_made(Error {
            provider_error,
            ..error
        })
    }
}

/// The error with the credentials masked wherever the provider repeated them.
fn masked(credentials: &Credentials, error: Error) -> Error {
    let values: Vec<&str> = credentials.texts().collect();
    Error {
        provider_error: error
            .provider_error
            .map(|provider_error| Box::new(provider_error.without(&values))),
        ..error
    }
}

/// A provider's hosts, by region. The table of providers holds the other facts about it.
pub(super) struct ProviderHosts {
    /// The host of a region that the provider has.
    pub(super) host: fn(&Region) -> Option<String>,
    /// The host of every region, where the provider has only one: a configured region then need
    /// not be one that this version knows.
    pub(super) central_host: Option<&'static str>,
}

impl ProviderHosts {
    /// The endpoint of a region. A region that the operator configured is accepted even when this
    /// version does not know it yet, as long as it does not become part of a host name.
    pub(super) fn endpoint(
        &self,
        config: &Config,
        provider: ProviderName,
        region: &Region,
    ) -> Option<Endpoint> {
        let own_region = config.clouds.of(provider.cloud()).region.as_ref();
        let host = (self.host)(region);
        let host = match host.as_deref() {
            None if own_region != Some(region) => return None,
            None => self.central_host,
            host => host,
        };
        config
            .endpoints
            .get(&provider)
            .cloned()
            .or_else(|| host.map(Endpoint::https))
    }
}

/// Completes the source by the configuration, and finds host and credentials. Without credentials
/// each call fails with `provider_rejected`.
///
/// # Errors
/// `invalid_request` when instance or region do not fit.
pub(super) fn connect<'a>(
    context: &'a CallContext<'a>,
    source: Source,
    hosts: &ProviderHosts,
) -> Result<(Scope, Connection<'a>), Error> {
    let config = context.config;
    let provider = source.provider;
    let cloud = config.clouds.of(provider.cloud());
    if source.instance_id.is_some() != provider.has_instances() {
        let detail = if provider.has_instances() {
            format!("{provider} keeps certificates by instance; name the instance")
        } else {
            format!("{provider} has no instances; leave instance_id out")
        };
        return Err(Error::invalid("instance_id", detail));
    }
    let region = source
        .region
        .or_else(|| cloud.region.clone())
        .ok_or_else(|| {
            let variable = CloudVariables::of(provider.cloud()).region;
            Error::invalid(
                "region",
                format!("name the region, or set {variable} for the function"),
            )
        })?;
    let endpoint = hosts.endpoint(config, provider, &region).ok_or_else(|| {
        Error::invalid(
            "region",
            format!("{provider} has no region {region} that this version knows"),
        )
    })?;
    let scope = Scope {
        provider,
        region,
        instance_id: source.instance_id,
    };
    let credential_source = cloud.credentials.as_ref();
    Ok((
        scope,
        Connection::new(context, endpoint, credential_source, provider),
    ))
}

fn no_credentials(provider: ProviderName) -> Error {
    let CloudVariables {
        key: [id, secret, _],
        key_is_set_by,
        ..
    } = CloudVariables::of(provider.cloud());
    Error::new(
        ErrorCode::ProviderRejected,
        format!(
            "no credentials for {provider} are configured; set {id} and {secret}{key_is_set_by}"
        ),
    )
}

#[cfg(test)]
mod tests;
