//! The traits by which an operation uses a provider, and their types.

use super::{Learned, ListCapabilities, Scope};
use crate::config::Config;
use crate::credentials::CredentialCaches;
use crate::error::Error;
use crate::model::{Certificate, ClientId, RequestId, Timestamp};
use crate::request::{CertificateReference, Filter, SortOrder};
use crate::transport::{Deadline, Failure, Limiter, LocalFuture, Transport};

/// Everything that one request works with.
pub struct CallContext<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Sends the calls.
    pub transport: &'a Transport,
    /// The credentials that sign the calls.
    pub credential_caches: &'a CredentialCaches,
    /// Knowledge about the vendors that lasts as long as the sandbox.
    pub learned: &'a Learned,
    /// The rate limits of the providers' actions.
    pub limiter: &'a Limiter,
    /// The moment by which the answer is due.
    pub deadline: Deadline,
    /// The moment for which the answer holds.
    pub now: Timestamp,
    /// The facts that the event states about the request.
    pub request: RequestContext<'a>,
}

/// The facts that an event states about its request.
#[derive(Clone, Copy, Debug)]
pub struct RequestContext<'a> {
    /// The id of an order: the caller's idempotency key, the webhook's id, the message's, or that of
    /// the invocation.
    pub id: &'a str,
    /// The id of the events with an order's results. It is not an idempotency key, because two
    /// callers may choose the same one, and consumers drop the second event of an id.
    pub event_id: &'a str,
    /// The caller, as far as the event names one: for the audit of changes.
    pub caller: Option<&'a str>,
    /// The last moment at which a change may be made for this event, where the request itself sets
    /// none: somebody may have decided otherwise since an old event was sent.
    pub expires_at: Option<Timestamp>,
    /// The moment at which a redelivered message was sent: its change may have been made since, and
    /// undone by somebody.
    pub redelivered_since: Option<Timestamp>,
    /// Whether a message of the function itself continues an order that this run cannot finish.
    pub continues: bool,
}

/// Lists certificates.
pub trait Lister {
    /// The scope that is listed.
    fn scope(&self) -> &Scope;

    /// The filters and orders that the list supports.
    fn capabilities(&self) -> &'static ListCapabilities;

    /// The page that begins at `position` (the first page for `None`), with at most `wanted`
    /// certificates where the provider itself can apply the whole filter. The provider filters as
    /// far as it can; the caller applies the filter again.
    fn page<'a>(
        &'a self,
        query: &'a ListQuery<'a>,
        position: Option<&'a str>,
        wanted: usize,
    ) -> LocalFuture<'a, Result<Page, Error>>;

    /// The position that is `offset` certificates after another one.
    ///
    /// # Errors
    /// `invalid_request` when the position is not one of this provider's.
    fn position_after(&self, position: &str, offset: usize) -> Result<String, Error>;

    /// The positions of at most `most` pages that follow the page at `position`, in a list of this
    /// length. Empty where only a page itself names the position of the next one.
    fn next_positions(&self, position: &str, list_length: u64, most: usize) -> Vec<String>;
}

/// The error for a position that is not one of this provider's.
pub(super) fn invalid_position() -> Error {
    Error::invalid("cursor", "the cursor is not one of this provider's")
}

/// The offsets of the pages that follow the page at `offset`, in a list that is paged by number.
pub(super) fn next_offsets(
    offset: usize,
    page_size: usize,
    list_length: u64,
    most: usize,
) -> impl Iterator<Item = usize> {
    let list_length = usize::try_from(list_length).unwrap_or(usize::MAX);
    let next = (1..=most).map(move |pages| offset.saturating_add(pages.saturating_mul(page_size)));
    next.take_while(move |offset| *offset < list_length)
}

/// The list to read.
pub struct ListQuery<'a> {
    /// The certificates to list.
    pub filter: &'a Filter,
    /// The order; the provider's own when it supports none of the contract's.
    pub order: Option<SortOrder>,
    /// Whether to include the certificates themselves.
    pub include_pem: bool,
    /// Whether to include the client ids that are tied to each certificate, where the provider's
    /// record does not state them.
    pub include_clients: bool,
    /// Whether the provider may make a call for each certificate. Without such calls a record shows
    /// only what the list itself holds.
    pub details: bool,
}

/// A part of a list.
#[derive(Debug)]
pub struct Page {
    /// The position at which it begins.
    pub position: String,
    /// The certificates in the order of the query.
    pub certificates: Vec<Entry>,
    /// The position of the next page, when there is one.
    pub next: Option<String>,
    /// The number of all matches, where the provider counts them for exactly this filter.
    pub total_count: Option<u64>,
    /// The length of the list that the provider pages through, whatever the filter. When it differs
    /// from page to page, the list has changed.
    pub list_length: ListLength,
    /// The provider's ids of the calls that listed.
    pub request_ids: Vec<RequestId>,
}

/// A certificate of a page.
#[derive(Debug)]
pub struct Entry {
    /// The offset from the page's position to just after this certificate. Offsets are not
    /// contiguous: rows that were filtered out or deleted leave gaps.
    pub offset: usize,
    /// The certificate, as far as its row could be read.
    pub certificate: Certificate,
    /// Why the row could not be used in full.
    pub error: Option<Error>,
}

impl Entry {
    /// Certificates that follow one another without a gap.
    pub fn all(certificates: impl IntoIterator<Item = Certificate>) -> impl Iterator<Item = Self> {
        (1..).zip(certificates).map(|(offset, certificate)| Self {
            offset,
            certificate,
            error: None,
        })
    }
}

/// The length of a list, as far as a page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListLength {
    /// The number of certificates in the list.
    Known(u64),
    /// This page does not show the length.
    Unknown,
    /// The provider states a length that its pages contradict: they hold more certificates than it
    /// says, or end before it. Nothing shows whether the list was read as a whole.
    Contradicted,
    /// The length is not needed: the page begins after a certificate, not after a number of them.
    Irrelevant,
}

/// Changes the status of certificates, and ends the sessions of their devices.
pub trait StatusWriter: SessionEnder {
    /// The scope of the changes.
    fn scope(&self) -> &Scope;

    /// Whether the reference names a certificate in the way that this provider needs.
    ///
    /// # Errors
    /// `invalid_request` that names the missing member.
    fn check(&self, reference: &CertificateReference) -> Result<(), Error>;

    /// Warnings for the reader of the answer, one sentence each, for example that the status of a
    /// certificate has no effect at this instance. Empty when the provider could not be asked. `None`
    /// for a provider that has nothing to warn of.
    fn warnings(&self) -> Option<LocalFuture<'_, Vec<String>>> {
        None
    }

    /// The number of certificates to look up together: 1 where each takes calls of its own.
    fn group_size(&self) -> usize;

    /// Looks certificates up under these spellings of their serial numbers. The answers are in the
    /// order of the references. `None`: the provider does not know the certificate under them.
    fn find<'a>(
        &'a self,
        references: &'a [&'a CertificateReference],
        spellings: Spellings,
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>>;

    /// Reads the states of certificates again. The answers are in their order. `None`: the
    /// certificate is gone.
    fn read<'a>(
        &'a self,
        found: &'a [&'a FoundCertificate],
    ) -> LocalFuture<'a, Vec<Result<Option<FoundCertificate>, Error>>>;

    /// Brings a certificate into the target's status. `None`: the provider does not know the
    /// certificate any more.
    fn set<'a>(
        &'a self,
        found: &'a FoundCertificate,
        target: Target,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>>;
}

/// Finds and ends the live sessions of a certificate's devices.
pub trait SessionEnder {
    /// The client ids that the provider ties to this certificate, as it spells them; none where it
    /// ties none.
    fn client_ids<'a>(
        &'a self,
        found: &'a FoundCertificate,
    ) -> LocalFuture<'a, Result<Vec<String>, Error>>;

    /// Whether the provider states the client ids apart from the certificate's record, so that a
    /// certificate without any is known to have none.
    fn states_client_ids_apart(&self) -> bool {
        false
    }

    /// Whether exactly this client is connected now.
    fn is_connected<'a>(&'a self, client_id: &'a ClientId) -> LocalFuture<'a, Result<bool, Error>>;

    /// Disconnects exactly this client, whose certificate is verified inactive. `None`: the provider
    /// knows no such connection.
    fn disconnect<'a>(
        &'a self,
        client_id: &'a ClientId,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>>;
}

/// The status that a change brings a certificate into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The certificate is not accepted any more, until it is activated again.
    Inactive,
    /// The certificate is accepted again.
    Active,
}

/// The spellings of a certificate's serial numbers that a look-up tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spellings {
    /// The caller's own spelling.
    Own,
    /// All other spellings.
    Others,
}

/// A certificate that a read has found.
#[derive(Clone, Debug)]
pub struct FoundCertificate {
    /// The text by which the provider's write knows the certificate.
    pub key: String,
    /// The text by which the provider's write knows its CA, where it has to name the CA.
    pub ca_key: Option<String>,
    /// The provider's record of it.
    pub certificate: Certificate,
    /// The provider's id of the read.
    pub request_id: Option<RequestId>,
}

/// A change that the provider confirmed.
#[derive(Clone, Debug)]
pub struct ConfirmedWrite {
    /// The provider's id of the call.
    pub request_id: Option<RequestId>,
}

/// Reads the status of certificates.
pub trait StatusReader {
    /// The scope of the reads.
    fn scope(&self) -> &Scope;

    /// Whether the reference names a certificate in the way that this provider needs.
    ///
    /// # Errors
    /// `invalid_request` that names the missing member.
    fn check(&self, reference: &CertificateReference) -> Result<(), Error>;

    /// Looks certificates up, of which none occurs twice. The records are in their order. With
    /// `include_clients` they include the client ids that are tied to each certificate, as in a
    /// [`ListQuery`].
    fn look_up<'a>(
        &'a self,
        certificates: &'a [CertificateReference],
        include_clients: bool,
    ) -> LocalFuture<'a, Lookups>;
}

/// The answers of a status request.
#[derive(Debug, Default)]
pub struct Lookups {
    /// `None`: the provider does not know the certificate.
    pub records: Vec<Result<Option<Certificate>, Error>>,
    /// The provider's ids of the calls.
    pub request_ids: Vec<RequestId>,
}
