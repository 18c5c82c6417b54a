//! Live connections, on the data plane: `GetConnection` and `DeleteConnection`.

use super::{AwsIot, NAME, absent_when_not_found, confirmed, read};
use crate::error::{Concerns, Error};
use crate::model::{Action, ClientId, quoted};
use crate::provider::{ConfirmedWrite, FoundCertificate, SessionEnder};
use crate::signing::percent_encode;
use crate::transport::{Failure, HttpResponse, LocalFuture};

/// The vendor's longest client id, in characters.
const LONGEST: usize = 128;

impl SessionEnder for AwsIot<'_> {
    /// The things of the certificate: AWS ties no client id itself.
    fn client_ids<'a>(
        &'a self,
        found: &'a FoundCertificate,
    ) -> LocalFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(self.things_of(&found.certificate))
    }

    fn states_client_ids_apart(&self) -> bool {
        true
    }

    fn is_connected<'a>(&'a self, client_id: &'a ClientId) -> LocalFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            // `thingName` says whose certificate a connection uses, where it is said at all. The
            // question here is only whether this client is connected.
            let accept = |response: &HttpResponse| {
                read(response, |answer| {
                    if answer
                        .string("clientId")
                        .is_some_and(|id| id != client_id.as_str())
                    {
                        return Err("it is about another client");
                    }
                    match answer.get("connected").map(|value| value.get()) {
                        Some("true") => Ok(true),
                        Some("false") => Ok(false),
                        _ => Err("it does not say whether the client is connected"),
                    }
                })
            };
            let answer = self
                .call(Action::GetConnection, &path(client_id)?, accept)
                .await;
            // Neither a connection nor a persistent session.
            Ok(absent_when_not_found(answer)?.unwrap_or(false))
        })
    }

    /// `None`: there is neither a connection nor a persistent session. The session's state stays,
    /// and the client's last will is published, as when a device loses its connection.
    fn disconnect<'a>(
        &'a self,
        client_id: &'a ClientId,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>> {
        Box::pin(async move {
            let path = path(client_id).map_err(Failure::not_made)?;
            absent_when_not_found(self.call(Action::DeleteConnection, &path, confirmed).await)
        })
    }
}

/// The path of a client's connection.
///
/// # Errors
/// `invalid_request` for an id that no client of AWS IoT has, or that no path can name.
fn path(client_id: &ClientId) -> Result<String, Error> {
    let id = client_id.as_str();
    let problem = if id.starts_with('$') || id.chars().count() > LONGEST {
        format!("client ids at {NAME} have 1 to {LONGEST} characters and do not begin with $")
    } else if matches!(id, "." | "..") {
        // HTTP clients resolve such a segment, percent-encoded or not: it is another path.
        format!("{NAME} cannot be asked about this client, because no URL path can hold its id")
    } else {
        return Ok(format!("/connections/{}", percent_encode(id)));
    };
    let detail = format!("{problem}; {} cannot be looked up", quoted(id));
    Err(Error::invalid("client_ids", detail).about(Concerns::Parameters))
}

#[cfg(test)]
mod tests;
