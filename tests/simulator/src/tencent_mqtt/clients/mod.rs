//! DescribeClientList and KickOutClient.
//!
//! Not documented, and decided here: a client is listed while it is connected or has a session; of
//! more clients than fit, those with the latest times are listed; a client that is offline or
//! unknown can be kicked out with success.

use super::instance;
use super::parameters::Members;
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use crate::options::ClientIdMatch;
use crate::vendor::Task;
use crate::{Client, Vendor, clients};
use serde_json::{Value, json};

/// The most clients of one answer, and as many unless fewer are requested.
const MOST: usize = 1024;

/// `how` says how the id that is given is read.
pub(super) fn describe_client_list(
    store: &Store,
    region: &str,
    parameters: &Value,
    how: ClientIdMatch,
) -> Result<Value, Refusal> {
    let request = Request::read(parameters)?;
    instance(store, region, &request.instance_id)?;
    let mut found: Vec<&Client> = store
        .fleet()
        .clients_of(Vendor::TencentMqtt, &request.instance_id)
        .filter(|client| client.has_session && request.matches(client, how))
        .collect();
    found.sort_by_key(|client| last_change(client).saturating_neg());
    let rows: Vec<Value> = found.into_iter().take(request.number).map(row).collect();
    Ok(json!({ "Clients": rows }))
}

/// The time that `MaxTimestamp` bounds.
fn last_change(client: &Client) -> i64 {
    if client.connected {
        client.connected_at
    } else {
        client.disconnected_at
    }
}

fn row(client: &Client) -> Value {
    let subscriptions: Vec<Value> = client
        .subscriptions
        .iter()
        .map(|filter| {
            json!({"TopicFilter": filter, "Qos": 1, "Lag": 0, "Inflight": 0, "UserProperties": []})
        })
        .collect();
    json!({
        "ClientId": client.client_id,
        "ClientAddress": client.address,
        "ProtocolVersion": client.protocol_version,
        "Keepalive": client.keep_alive,
        "ConnectionStatus": if client.connected { "CONNECTED" } else { "DISCONNECTED" },
        "CreateTime": client.created_at,
        "ConnectTime": client.connected_at,
        "DisconnectTime": if client.connected { 0 } else { client.disconnected_at },
        "MQTTClientSubscriptions": subscriptions,
        "CleanSession": client.clean_session,
        "ExpireIntervalInSeconds": client.session_expiry,
    })
}

struct Request {
    instance_id: String,
    client_id: String,
    number: usize,
    /// Whether the clients have to be connected or disconnected.
    connected: Option<bool>,
    latest: i64,
}

impl Request {
    fn read(parameters: &Value) -> Result<Self, Refusal> {
        let known = [
            "InstanceId",
            "ClientId",
            "Number",
            "OnlineStatus",
            "MaxTimestamp",
        ];
        let members = Members::of(parameters, "", &known)?;
        let number = members.text("Number")?.unwrap_or("1024").parse().ok();
        let connected = match members.integer("OnlineStatus")? {
            None | Some(0) => None,
            Some(1) => Some(true),
            Some(2) => Some(false),
            Some(_) => return Err(members.wrong_value("OnlineStatus", "must be 0, 1 or 2")),
        };
        Ok(Self {
            instance_id: members.required_text("InstanceId")?.to_owned(),
            client_id: members.text("ClientId")?.unwrap_or_default().to_owned(),
            number: number
                .filter(|number| (1..=MOST).contains(number))
                .ok_or_else(|| members.wrong_value("Number", "must be from 1 to 1024"))?,
            connected,
            latest: members.integer("MaxTimestamp")?.unwrap_or(i64::MAX),
        })
    }

    fn matches(&self, client: &Client, how: ClientIdMatch) -> bool {
        let (id, wanted) = (client.client_id.as_str(), self.client_id.as_str());
        let is_wanted = match how {
            ClientIdMatch::Prefix => id.starts_with(wanted),
            ClientIdMatch::Substring => id.contains(wanted),
            ClientIdMatch::Exact => wanted.is_empty() || id == wanted,
        };
        is_wanted
            && self
                .connected
                .is_none_or(|connected| connected == client.connected)
            && last_change(client) <= self.latest
    }
}

/// Ends the connection of the client of exactly that id. The answer holds nothing but the
/// RequestId.
pub(super) fn kick_out_client(
    store: &mut Store,
    region: &str,
    task: &Task<'_>,
) -> Result<Value, Refusal> {
    let known = ["InstanceId", "ClientId", "DeleteSession"];
    let members = Members::of(task.parameters, "", &known)?;
    let instance_id = members.required_text("InstanceId")?;
    let client_id = members.required_text("ClientId")?;
    let deletes_session = members.boolean("DeleteSession")?.unwrap_or(false);
    instance(store, region, instance_id)?;
    if task.has_effect {
        let name = clients::name(Vendor::TencentMqtt, instance_id, client_id);
        let now = task.received.moment();
        store.end_session(&name, now, "API_INITIATED_DISCONNECT", deletes_session);
    }
    Ok(json!({}))
}

#[cfg(test)]
mod tests;
