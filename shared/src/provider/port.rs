//! What an operation may ask of a provider, and the words for it.

use crate::config::Config;
use crate::error::Error;
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
    fn position_after(&self, position: &str, index: usize) -> Result<String, Error>;
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
    /// Where it begins.
    pub position: String,
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

    /// Looks the certificate up under these spellings of its serial numbers. `None`: the provider does not know it under
    /// any of them.
    fn find<'a>(&'a self, reference: &'a CertificateReference, spellings: Spellings) -> LocalFuture<'a, Result<Option<Found>, Error>>;

    /// Reads its state again. `None`: it is gone.
    fn read<'a>(&'a self, found: &'a Found) -> LocalFuture<'a, Result<Option<Found>, Error>>;

    /// Switches it off. `None`: the provider does not know it any more.
    fn inactivate<'a>(&'a self, found: &'a Found) -> LocalFuture<'a, Result<Option<Written>, Failure>>;
}

/// Which spellings of a certificate's serial numbers to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spellings {
    /// The caller's own.
    Own,
    /// All others.
    Others,
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
