//! QuerySessionByClientId and CloseConnection, which name the instance by `InstanceId`.
//!
//! Not documented, and decided here: an unknown client is offline, and a client that is offline or
//! unknown can be closed with success.

use super::{instance, text};
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use crate::options::CloseConnection;
use crate::vendor::Task;
use crate::{ClientName, Vendor, clients};
use serde_json::{Value, json};

pub(super) fn query(store: &Store, parameters: &Value) -> Result<Value, Refusal> {
    let client = store.fleet().clients.get(&name(store, parameters)?);
    let is_online = client.is_some_and(|client| client.connected);
    Ok(json!({ "OnlineStatus": is_online }))
}

pub(super) fn close(store: &mut Store, task: &Task<'_>) -> Result<Value, Refusal> {
    let name = name(store, task.parameters)?;
    let (code, success, message) = match task.rules.close_connection {
        CloseConnection::Closes => (200, true, "operation success."),
        CloseConnection::Unsuccessful => (200, false, "operation failed."),
        CloseConnection::CodeOf500 => (500, true, "internal error."),
        CloseConnection::NotSupported => {
            return Err(Refusal::new(
                "ApiNotSupport",
                404,
                "The API operation is not supported in the current region.",
            ));
        }
    };
    if task.has_effect && task.rules.close_connection == CloseConnection::Closes {
        let now = task.received.moment();
        store.end_session(&name, now, "API_INITIATED_DISCONNECT", false);
    }
    Ok(json!({"Code": code, "Success": success, "Message": message}))
}

fn name(store: &Store, parameters: &Value) -> Result<ClientName, Refusal> {
    let instance_id = text(parameters, "InstanceId")?;
    let client_id = text(parameters, "ClientId")?;
    instance(store, instance_id)?;
    Ok(clients::name(Vendor::AlibabaMqtt, instance_id, client_id))
}

#[cfg(test)]
mod tests;
