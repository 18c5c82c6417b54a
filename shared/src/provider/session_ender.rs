//! The trait by which an order ends the live sessions of a certificate's devices.

use super::{ConfirmedWrite, FoundCertificate};
use crate::error::Error;
use crate::model::ClientId;
use crate::transport::{Failure, LocalFuture};

/// Finds and ends the live sessions of a certificate's devices.
pub trait SessionEnder {
    /// The client ids that the provider ties to this certificate, as it spells them; none where it
    /// ties none.
    fn client_ids<'a>(
        &'a self,
        found: &'a FoundCertificate,
    ) -> LocalFuture<'a, Result<Vec<String>, Error>>;

    /// Whether exactly this client is connected now.
    fn is_connected<'a>(&'a self, client_id: &'a ClientId) -> LocalFuture<'a, Result<bool, Error>>;

    /// Disconnects exactly this client, whose certificate is verified inactive. `None`: the provider
    /// knows no such connection.
    fn disconnect<'a>(
        &'a self,
        client_id: &'a ClientId,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>>;
}
