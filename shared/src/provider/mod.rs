//! The vendors. Each is one folder with the same files: `mod` (what it can do), `wire` (its requests and answers),
//! `codes` (its error codes). The three functions below are the table of who can do what.

mod alibaba;
mod alibaba_mqtt;
mod alibaba_pca;
mod codes;
mod tencent_mqtt;

use crate::config::{Cloud, Config, Credentials, Endpoint};
use crate::error::{Error, ErrorCode};
use crate::model::{Certificate, InstanceId, LifecycleStatus, ProviderName, Region, Timestamp};
use crate::request::{CertificateReference, Filter, Order};
use crate::transport::{Deadline, Failure, LocalFuture, Transport};

/// What a provider works with during one request.
pub struct Session<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The way out.
    pub transport: &'a Transport,
    /// When the answer is due.
    pub deadline: Deadline,
    /// The moment that the answer speaks of.
    pub now: Timestamp,
}

/// Where a request goes, as the request says it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The provider.
    pub provider: ProviderName,
    /// The region; the configured one when left out.
    pub region: Option<Region>,
    /// The instance.
    pub instance_id: Option<InstanceId>,
}

/// Where a request goes, with everything filled in.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The provider.
    pub provider: ProviderName,
    /// The region.
    pub region: Region,
    /// The instance, for the providers that have one.
    pub instance_id: Option<InstanceId>,
}

/// Lists certificates.
pub trait Describe {
    /// Where it lists.
    fn scope(&self) -> &Scope;

    /// The page that begins at `position` (the first one for `None`), with at most `wanted` certificates where the
    /// provider itself can keep to the filter. The filter narrows as far as the provider can; the caller applies it again.
    fn page<'a>(&'a self, query: &'a ListQuery<'a>, position: Option<&'a str>, wanted: usize) -> LocalFuture<'a, Result<Page, Error>>;

    /// The position right after the item with this index on the page that began at `position`.
    ///
    /// # Errors
    /// `invalid_request` when the position is not one of this provider's.
    fn position_after(&self, position: Option<&str>, index: usize) -> Result<String, Error>;
}

/// What to list.
pub struct ListQuery<'a> {
    /// Which.
    pub filter: &'a Filter,
    /// In which order.
    pub order: Order,
    /// Whether to carry the certificates themselves.
    pub include_pem: bool,
}

/// A part of a list.
#[derive(Debug)]
pub struct Page {
    /// In the order asked.
    pub certificates: Vec<Certificate>,
    /// Where the next page begins, when there is one.
    pub next: Option<String>,
    /// How many match in all, where the provider says so for exactly this filter.
    pub total_count: Option<u64>,
    /// The provider's id of the call.
    pub request_id: Option<String>,
}

/// Switches certificates off.
pub trait Inactivate {
    /// Where it acts.
    fn scope(&self) -> &Scope;

    /// Whether the provider can find this certificate at all.
    ///
    /// # Errors
    /// `invalid_request` that names the missing member.
    fn check(&self, reference: &CertificateReference) -> Result<(), Error>;

    /// Looks the certificate up under every spelling of its serial numbers. `None`: the provider does not know it.
    fn find<'a>(&'a self, reference: &'a CertificateReference) -> LocalFuture<'a, Result<Option<Found>, Error>>;

    /// Reads its state again. `None`: it is gone.
    fn read<'a>(&'a self, found: &'a Found) -> LocalFuture<'a, Result<Option<Found>, Error>>;

    /// Switches it off. `None`: the provider does not know it any more.
    fn inactivate<'a>(&'a self, found: &'a Found) -> LocalFuture<'a, Result<Option<Written>, Failure>>;
}

/// A certificate as a read has found it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The spelling of the serial number under which it was found.
    pub serial_number: String,
    /// The spelling of the CA's serial number under which it was found.
    pub ca_serial_number: String,
    /// The provider's own spelling of the serial number.
    pub provider_serial_number: String,
    /// Its state.
    pub status: LifecycleStatus,
}

/// A change that the provider confirmed.
#[derive(Clone, Debug)]
pub struct Written {
    /// The provider's id of the call.
    pub request_id: Option<String>,
}

/// Tells the status of certificates.
pub trait Status {
    /// Where it asks.
    fn scope(&self) -> &Scope;

    /// One answer for each certificate, in their order; no certificate occurs twice.
    fn look_up<'a>(&'a self, certificates: &'a [CertificateReference]) -> LocalFuture<'a, LookUp>;
}

/// The answers of a status request.
#[derive(Debug, Default)]
pub struct LookUp {
    /// `None`: the provider does not know the certificate.
    pub records: Vec<Result<Option<StatusRecord>, Error>>,
    /// The provider's ids of the calls.
    pub request_ids: Vec<String>,
}

/// What a provider says about one certificate.
#[derive(Clone, Debug)]
pub struct StatusRecord {
    /// The provider's spelling of the serial number.
    pub provider_serial_number: String,
    /// Its state.
    pub status: LifecycleStatus,
    /// The provider's own word for it.
    pub provider_status: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// First moment of validity.
    pub not_before: Option<Timestamp>,
    /// Last moment of validity.
    pub not_after: Option<Timestamp>,
}

/// The provider that lists.
///
/// # Errors
/// `unsupported` when it cannot, `invalid_request` or `provider_rejected` when something that it needs is missing.
pub fn describer<'a>(session: &'a Session<'a>, target: Target) -> Result<Box<dyn Describe + 'a>, Error> {
    match target.provider {
        ProviderName::TencentMqtt => Ok(Box::new(tencent_mqtt::TencentMqtt::new(session, target)?)),
        other => Err(unsupported(other, "describe", "tencent-mqtt")),
    }
}

/// The provider that switches off.
///
/// # Errors
/// As [`describer`].
pub fn inactivator<'a>(session: &'a Session<'a>, target: Target) -> Result<Box<dyn Inactivate + 'a>, Error> {
    match target.provider {
        ProviderName::AlibabaMqtt => Ok(Box::new(alibaba_mqtt::AlibabaMqtt::new(session, target)?)),
        other => Err(unsupported(other, "inactivate", "alibaba-mqtt")),
    }
}

/// The provider that tells the status.
///
/// # Errors
/// As [`describer`].
pub fn status_teller<'a>(session: &'a Session<'a>, target: Target) -> Result<Box<dyn Status + 'a>, Error> {
    match target.provider {
        ProviderName::AlibabaPca => Ok(Box::new(alibaba_pca::AlibabaPca::new(session, target)?)),
        other => Err(unsupported(other, "status", "alibaba-pca")),
    }
}

fn unsupported(provider: ProviderName, operation: &str, able: &str) -> Error {
    let detail = format!("{provider} has no {operation} in this version; {able} has");
    Error::new(ErrorCode::Unsupported, detail).with_field("provider")
}

/// What every call to one API needs.
struct Connection<'a> {
    session: &'a Session<'a>,
    endpoint: Endpoint,
    credentials: &'a Credentials,
}

/// A provider's own facts, from which target and configuration make a [`Scope`] and a [`Connection`].
struct Facts<'a> {
    /// The cloud's part of the configuration.
    cloud: &'a Cloud,
    /// The variables that hold the credentials and the region, for error messages.
    variables: (&'static str, &'static str),
    /// The endpoint variable's value.
    endpoint: Option<&'a Endpoint>,
    /// Region to host.
    hosts: fn(&Region) -> Option<String>,
    /// Whether the host serves every region, so that a configured region need not be in the table.
    central_host: Option<&'static str>,
    /// Whether certificates belong to an instance.
    has_instances: bool,
}

fn connect<'a>(session: &'a Session<'a>, target: Target, facts: &Facts<'a>) -> Result<(Scope, Connection<'a>), Error> {
    let provider = target.provider;
    if target.instance_id.is_some() != facts.has_instances {
        let detail = if facts.has_instances {
            format!("{provider} keeps certificates by instance; name the instance")
        } else {
            format!("{provider} has no instances; leave it out")
        };
        return Err(Error::invalid("instance_id", detail));
    }
    let (credentials_variables, region_variable) = facts.variables;
    let configured = facts.cloud.region.as_ref();
    let region = target
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
    let scope = Scope { provider, region, instance_id: target.instance_id };
    Ok((scope, Connection { session, endpoint, credentials }))
}

/// A vendor's text as a fact: an empty one is none.
fn fact(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
