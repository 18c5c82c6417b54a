//! Live sessions: `DescribeClientList` and `KickOutClient`.

use serde_json::value::RawValue;

use super::wire::{self, DescribeClientList, MOST_CLIENTS, OneClient};
use super::{NAME, TencentMqtt, absent_when_not_found};
use crate::error::{Error, ErrorCode};
use crate::model::{Action, ClientId, quoted};
use crate::object::Members;
use crate::provider::{ConfirmedWrite, FoundCertificate, SessionEnder};
use crate::transport::{Failure, LocalFuture, Repeat};
use crate::vendor::codes::unexpected_answer;

impl SessionEnder for TencentMqtt<'_> {
    /// The one client id of the certificate's record.
    fn client_ids<'a>(
        &'a self,
        found: &'a FoundCertificate,
    ) -> LocalFuture<'a, Result<Vec<String>, Error>> {
        let client_id = found.certificate.client_id.value().cloned();
        Box::pin(async move { Ok(client_id.into_iter().collect()) })
    }

    fn is_connected<'a>(&'a self, client_id: &'a ClientId) -> LocalFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let parameters = DescribeClientList {
                instance_id: self.scope.instance(),
                client_id: client_id.as_str(),
                number: MOST_CLIENTS,
            };
            let accept = |answer: &Members<'_>| {
                let rows = answer
                    .list("Clients")
                    .ok_or_else(|| unexpected_answer(NAME, 200, "it has no list Clients"))?;
                is_connected(&rows, client_id)
            };
            Ok(self
                .call(
                    Action::DescribeClientList,
                    Repeat::Always,
                    &parameters,
                    accept,
                )
                .await?)
        })
    }

    /// Nobody documents the answer for a client that is not connected, and a success says nothing
    /// about it. The persistent session is kept, as when the device itself ends the connection: the
    /// international host has no parameter to clear it.
    fn disconnect<'a>(
        &'a self,
        client_id: &'a ClientId,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>> {
        Box::pin(async move {
            let parameters = OneClient {
                instance_id: self.scope.instance(),
                client_id: client_id.as_str(),
            };
            absent_when_not_found(
                self.call(
                    Action::KickOutClient,
                    Repeat::OnlyIfNotDone,
                    &parameters,
                    wire::confirmed,
                )
                .await,
            )
        })
    }
}

/// Whether the rows show exactly this client as connected. The vendor's match also returns other
/// clients, and it cuts a long list without a word.
fn is_connected(rows: &[&RawValue], client_id: &ClientId) -> Result<bool, Error> {
    let rows: Vec<_> = rows.iter().map(|row| wire::client(row.get())).collect();
    let own = rows
        .iter()
        .filter(|row| row.client_id.as_deref() == Some(client_id.as_str()));
    let mut is_listed = false;
    for row in own {
        match row.is_connected {
            Some(true) => return Ok(true),
            Some(false) => is_listed = true,
            None => {
                let problem = "the client's row has no ConnectionStatus that can be read";
                return Err(unexpected_answer(NAME, 200, problem));
            }
        }
    }
    if is_listed {
        return Ok(false);
    }
    if rows.iter().any(|row| row.client_id.is_none()) {
        let problem = "a row of Clients has no readable ClientId, and may be the client's";
        return Err(unexpected_answer(NAME, 200, problem));
    }
    if rows.len() >= usize::from(MOST_CLIENTS) {
        let detail = format!(
            "{NAME} lists {MOST_CLIENTS} clients whose ids match {}, which is as many as it lists at all, and this client is not \
             among them: whether it is connected cannot be read; look at the client in the console",
            quoted(client_id.as_str())
        );
        return Err(Error::new(ErrorCode::Unsupported, detail));
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
