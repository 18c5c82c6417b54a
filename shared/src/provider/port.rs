//! What an operation may ask of a provider, and the words for it.

use super::{Learned, ListCapabilities};
use crate::config::Config;
use crate::credentials::CredentialCaches;
use crate::error::Error;
use crate::model::{Certificate, InstanceId, ProviderName, Region, Source, Timestamp};
use crate::request::{CertificateReference, Filter, SortOrder};
use crate::transport::{Deadline, Failure, Limiter, LocalFuture, Transport};

/// What a provider works with during one request.
pub struct CallContext<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The way out.
    pub transport: &'a Transport,
    /// What calls are signed with.
    pub credential_caches: &'a CredentialCaches,
    /// Knowledge about the vendors that lasts as long as the sandbox.
    pub learned: &'a Learned,
    /// How often the providers' actions may be called.
    pub limiter: &'a Limiter,
    /// When the answer is due.
    pub deadline: Deadline,
    /// The moment that the answer speaks of.
    pub now: Timestamp,
    /// What the event says of the request.
    pub request: RequestContext<'a>,
}

/// What an event says of the request that it brings.
#[derive(Clone, Copy, Debug)]
pub struct RequestContext<'a> {
    /// What an order is called: the webhook's id, the message's, or that of the invocation.
    pub id: &'a str,
    /// Who asks, as far as the event says: for the audit of changes.
    pub caller: Option<&'a str>,
    /// Until when a change that this event asks for may be made, where the request itself does not
    /// say: the event is old by then, and somebody may have changed their mind.
    pub expires_at: Option<Timestamp>,
    /// When the message was sent, if it has been delivered before: what it asks for may have been
    /// done then, and undone by somebody since.
    pub redelivered_since: Option<Timestamp>,
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

impl From<&Scope> for Source {
    fn from(scope: &Scope) -> Self {
        Self {
            provider: scope.provider,
            region: Some(scope.region.clone()),
            instance_id: scope.instance_id.clone(),
        }
    }
}

/// Lists certificates.
pub trait Lister {
    /// Where it lists.
    fn scope(&self) -> &Scope;

    /// What the list can be narrowed and ordered by.
    fn capabilities(&self) -> &'static ListCapabilities;

    /// The page that begins at `position` (the first one for `None`), with at most `wanted`
    /// certificates where the provider itself can keep to the filter. The filter narrows as far as
    /// the provider can; the caller applies it again.
    fn page<'a>(
        &'a self,
        query: &'a ListQuery<'a>,
        position: Option<&'a str>,
        wanted: usize,
    ) -> LocalFuture<'a, Result<Page, Error>>;

    /// The position so many places behind another.
    ///
    /// # Errors
    /// `invalid_request` when the position is not one of this provider's.
    fn position_after(&self, position: &str, places: usize) -> Result<String, Error>;

    /// Where the next pages behind the one at `position` begin, so many at most, in a list that is
    /// so long. None where only a page tells where the next one begins.
    fn positions_behind(&self, position: &str, list_length: u64, most: usize) -> Vec<String>;
}

/// Where the pages behind the one at `offset` begin, in a list that is paged by number.
pub(super) fn offsets_behind(
    offset: usize,
    page_size: usize,
    list_length: u64,
    most: usize,
) -> impl Iterator<Item = usize> {
    let list_length = usize::try_from(list_length).unwrap_or(usize::MAX);
    let behind =
        (1..=most).map(move |pages| offset.saturating_add(pages.saturating_mul(page_size)));
    behind.take_while(move |offset| *offset < list_length)
}

/// What to list.
pub struct ListQuery<'a> {
    /// Which.
    pub filter: &'a Filter,
    /// In which order; the provider's own when it has none of the contract's.
    pub order: Option<SortOrder>,
    /// Whether to carry the certificates themselves.
    pub include_pem: bool,
    /// Whether the provider may make a call for each certificate. Without such calls a record shows
    /// only what the list itself holds.
    pub details: bool,
}

/// A part of a list.
#[derive(Debug)]
pub struct Page {
    /// Where it begins.
    pub position: String,
    /// In the order asked.
    pub certificates: Vec<Entry>,
    /// Where the next page begins, when there is one.
    pub next: Option<String>,
    /// How many match in all, where the provider says so for exactly this filter.
    pub total_count: Option<u64>,
    /// How long the list is that the provider pages through, whatever the filter; when it moves
    /// from page to page, the list has changed.
    pub list_length: ListLength,
    /// The provider's ids of the calls that listed.
    pub request_ids: Vec<String>,
}

/// A certificate with its place in the provider's list, counted from 1 at the page's position.
/// Places may be left out.
#[derive(Debug)]
pub struct Entry {
    /// How many places after the page's position the list goes on behind this certificate.
    pub place: usize,
    /// The certificate.
    pub certificate: Certificate,
}

impl Entry {
    /// Certificates that follow one another without a gap.
    pub fn all(certificates: impl IntoIterator<Item = Certificate>) -> impl Iterator<Item = Self> {
        (1..)
            .zip(certificates)
            .map(|(place, certificate)| Self { place, certificate })
    }
}

/// What a page tells about the length of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListLength {
    /// So many certificates.
    Known(u64),
    /// This page does not tell it.
    Untold,
    /// No page needs to: it begins behind a certificate and not behind a number of them.
    Irrelevant,
}

/// Switches certificates off.
pub trait StatusWriter {
    /// Where it acts.
    fn scope(&self) -> &Scope;

    /// Whether the provider can find this certificate at all.
    ///
    /// # Errors
    /// `invalid_request` that names the missing member.
    fn check(&self, reference: &CertificateReference) -> Result<(), Error>;

    /// How many certificates are worth being looked up together: 1 where each takes calls of its
    /// own.
    fn group_size(&self) -> usize;

    /// Looks certificates up under these spellings of their serial numbers. One answer for each, in
    /// their order. `None`: the provider does not know it under any of them.
    fn find<'a>(
        &'a self,
        references: &'a [&'a CertificateReference],
        spellings: Spellings,
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>>;

    /// Reads their states again. One answer for each, in their order. `None`: it is gone.
    fn read<'a>(
        &'a self,
        found: &'a [&'a FoundCertificate],
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>>;

    /// Switches a certificate off. `None`: the provider does not know it any more.
    fn inactivate<'a>(
        &'a self,
        found: &'a FoundCertificate,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>>;
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
pub struct FoundCertificate {
    /// The text by which the provider's write knows it.
    pub key: String,
    /// The text by which the provider's write knows its CA, where it has to be named.
    pub ca_key: Option<String>,
    /// What the provider says about it.
    pub certificate: Certificate,
    /// The provider's id of the read.
    pub request_id: Option<String>,
}

/// A change that the provider confirmed.
#[derive(Clone, Debug)]
pub struct ConfirmedWrite {
    /// The provider's id of the call.
    pub request_id: Option<String>,
}

/// Tells the status of certificates.
pub trait StatusReader {
    /// Where it asks.
    fn scope(&self) -> &Scope;

    /// Whether the provider can find this certificate at all.
    ///
    /// # Errors
    /// `invalid_request` that names the missing member.
    fn check(&self, reference: &CertificateReference) -> Result<(), Error>;

    /// One answer for each certificate, in their order; no certificate occurs twice.
    fn look_up<'a>(&'a self, certificates: &'a [CertificateReference]) -> LocalFuture<'a, Lookups>;
}

/// The answers of a status request.
#[derive(Debug, Default)]
pub struct Lookups {
    /// `None`: the provider does not know the certificate.
    pub records: Vec<Result<Option<Certificate>, Error>>,
    /// The provider's ids of the calls.
    pub request_ids: Vec<String>,
}
