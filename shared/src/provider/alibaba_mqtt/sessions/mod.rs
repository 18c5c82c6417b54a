//! Live sessions: `QuerySessionByClientId` and `CloseConnection`, which name the instance
//! `InstanceId`. The batch query is not used, because its answers come from a cache.

use super::{API, AlibabaMqtt, codes};
use crate::error::{Concerns, Error};
use crate::model::{Action, ClientId};
use crate::object::Members;
use crate::provider::alibaba::{Call, SuccessHas};
use crate::provider::{ConfirmedWrite, FoundCertificate, SessionEnder};
use crate::transport::{Failure, LocalFuture, Repeat};
use crate::vendor;
use crate::vendor::codes::unexpected_answer;
use http::Method;

impl SessionEnder for AlibabaMqtt<'_> {
    /// The vendor ties no client ids to certificates.
    fn client_ids<'a>(
        &'a self,
        _: &'a FoundCertificate,
    ) -> LocalFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn is_connected<'a>(&'a self, client_id: &'a ClientId) -> LocalFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let call = Call {
                action: Action::QuerySessionByClientId,
                method: Method::GET,
                repeat: Repeat::Always,
                parameters: &self.session(client_id),
            };
            let accept = |answer: &Members<'_>| {
                boolean(answer, "OnlineStatus").ok_or_else(|| {
                    unexpected_answer(API.provider, 200, "it has no OnlineStatus of true or false")
                })
            };
            Ok(API.call(&self.connection, &call, accept).await?)
        })
    }

    /// The vendor takes this action over HTTPS only, and an endpoint is HTTPS unless it is on this
    /// machine. A success that `Code` and `Success` do not both confirm is neither a success nor a
    /// refusal: a read has to show the effect.
    fn disconnect<'a>(
        &'a self,
        client_id: &'a ClientId,
    ) -> LocalFuture<'a, Result<Option<ConfirmedWrite>, Failure>> {
        Box::pin(async move {
            let call = Call {
                action: Action::CloseConnection,
                method: Method::POST,
                repeat: Repeat::OnlyIfNotDone,
                parameters: &self.session(client_id),
            };
            let accept = |answer: &Members<'_>| {
                let is_confirmed =
                    answer.integer("Code") == Some(200) && boolean(answer, "Success") == Some(true);
                if !is_confirmed {
                    let problem = "its Code and Success do not confirm the disconnection";
                    return Err(unexpected_answer(API.provider, 200, problem));
                }
                Ok(ConfirmedWrite {
                    request_id: vendor::request_id(answer),
                })
            };
            let answer = API
                .call_of(SuccessHas::Code200, &self.connection, &call, accept)
                .await;
            answer.map(Some).map_err(|failure| Failure {
                error: explain_missing_action(failure.error),
                ..failure
            })
        })
    }
}

impl AlibabaMqtt<'_> {
    fn session<'a>(&'a self, client_id: &'a ClientId) -> [(&'a str, &'a str); 2] {
        [
            ("ClientId", client_id.as_str()),
            ("InstanceId", self.scope.instance()),
        ]
    }
}

/// The error with a detail of its own where the instance has no `CloseConnection`, as in some regions
/// and editions. Another attempt would fail in the same way.
fn explain_missing_action(error: Error) -> Error {
    if error.provider_code() != Some(codes::NOT_SUPPORTED) {
        return error;
    }
    let detail = "alibaba-mqtt does not end sessions of this instance: its region or edition has no CloseConnection; the certificate is \
                  inactive, and the device stays connected until it reconnects, which the broker then refuses";
    Error {
        detail: detail.to_owned(),
        ..error.about(Concerns::Parameters)
    }
}

fn boolean(members: &Members<'_>, name: &str) -> Option<bool> {
    match members.get(name)?.get() {
        "true" | "\"true\"" => Some(true),
        "false" | "\"false\"" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
