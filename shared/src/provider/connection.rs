//! From a request's source and the configuration to an API that can be called.

use secrecy::ExposeSecret;

use super::{Scope, Session};
use crate::config::{Cloud, Credentials, Endpoint};
use crate::error::{Error, ErrorCode};
use crate::model::{Region, Source, Timestamp};
use crate::transport::{Failure, HttpRequest, HttpResponse, Lane, Safety};

/// What every call to one API needs.
pub(super) struct Connection<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) endpoint: Endpoint,
    pub(super) credentials: &'a Credentials,
    pub(super) lane: &'a Lane,
}

impl Connection<'_> {
    /// Makes one call: see [`Transport::call`](crate::transport::Transport::call). Should the vendor repeat the
    /// credentials in what it says, they go no further.
    pub(super) async fn call<T>(
        &self,
        safety: Safety,
        sign: impl Fn(Timestamp, [u8; 16]) -> HttpRequest,
        read: impl Fn(&HttpResponse) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let called = self.session.transport.call(self.session.deadline, self.lane, safety, sign, read).await;
        called.map_err(|failure| Failure { error: self.without_credentials(failure.error), ..failure })
    }

    fn without_credentials(&self, error: Error) -> Error {
        let Credentials { id, secret, token } = self.credentials;
        let mut values = vec![id.as_str(), secret.expose_secret()];
        values.extend(token.as_ref().map(ExposeSecret::expose_secret));
        Error { provider_error: error.provider_error.map(|told| Box::new(told.without(&values))), ..error }
    }
}

/// A provider's own facts, from which source and configuration make a [`Scope`] and a [`Connection`].
pub(super) struct Facts<'a> {
    /// The cloud's part of the configuration.
    pub(super) cloud: &'a Cloud,
    /// The variables that hold the credentials and the region, for error messages.
    pub(super) variables: (&'static str, &'static str),
    /// The endpoint variable's value.
    pub(super) endpoint: Option<&'a Endpoint>,
    /// Region to host.
    pub(super) hosts: fn(&Region) -> Option<String>,
    /// The host that serves every region, where there is one: a configured region then need not be in the table.
    pub(super) central_host: Option<&'static str>,
    /// Whether certificates belong to an instance.
    pub(super) has_instances: bool,
}

/// Fills in what the source leaves out, and finds host and credentials.
///
/// # Errors
/// `invalid_request` when instance or region do not fit, `provider_rejected` without credentials.
pub(super) fn connect<'a>(session: &'a Session<'a>, source: Source, facts: &Facts<'a>) -> Result<(Scope, Connection<'a>), Error> {
    let provider = source.provider;
    if source.instance_id.is_some() != facts.has_instances {
        let detail = if facts.has_instances {
            format!("{provider} keeps certificates by instance; name the instance")
        } else {
            format!("{provider} has no instances; leave it out")
        };
        return Err(Error::invalid("instance_id", detail));
    }
    let (credentials_variables, region_variable) = facts.variables;
    let configured = facts.cloud.region.as_ref();
    let region = source
        .region
        .or_else(|| configured.cloned())
        .ok_or_else(|| Error::invalid("region", format!("name the region, or set {region_variable} for the function")))?;
    let host = (facts.hosts)(&region);
    // A region that the operator configured is believed even when this version does not know it yet, as long as it does
    // not become part of a host name.
    let believed = configured == Some(&region) && (facts.endpoint.is_some() || facts.central_host.is_some());
    if host.is_none() && !believed {
        return Err(Error::invalid("region", format!("{provider} has no region {region} that this version knows")));
    }
    let endpoint = match (facts.endpoint, host.as_deref().or(facts.central_host)) {
        (Some(endpoint), _) => endpoint.clone(),
        (None, Some(host)) => Endpoint::https(host),
        (None, None) => return Err(Error::invalid("region", format!("{provider} has no host for {region}"))),
    };
    let credentials = facts.cloud.credentials.as_ref().ok_or_else(|| {
        Error::new(ErrorCode::ProviderRejected, format!("no credentials for {provider} are configured; set {credentials_variables}"))
    })?;
    let scope = Scope { provider, region, instance_id: source.instance_id };
    Ok((scope, Connection { session, endpoint, credentials, lane: session.pace.lane(provider) }))
}

#[cfg(test)]
mod tests;
