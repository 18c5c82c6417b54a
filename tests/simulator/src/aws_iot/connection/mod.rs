//! GetConnection and DeleteConnection of the data plane.

use super::{invalid_request, not_found};
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use crate::vendor::Task;
use crate::{Client, Fleet, Vendor, clients};
use serde_json::{Map, Value, json};

/// The time for which a connection is still shown after its end, in milliseconds.
const KEPT: i64 = 30 * 60 * 1000;

/// The longest client id, in bytes.
const LONGEST_ID: usize = 128;

/// The broker's facts about a connection. Not documented, and decided here: the answer for an
/// unknown id is that of DeleteConnection, or by an option an answer that it is not connected.
pub(super) fn get(
    store: &Store,
    region: &str,
    task: &Task<'_>,
    client_id: &str,
) -> Result<Value, Refusal> {
    check(client_id)?;
    let name = clients::name(Vendor::AwsIot, region, client_id);
    let now = task.received.milliseconds();
    let fleet = store.fleet();
    let is_kept =
        |client: &&Client| client.has_session || now.saturating_sub(client.disconnected_at) <= KEPT;
    match fleet.clients.get(&name).filter(is_kept) {
        Some(client) => {
            let mut members = members(client, now);
            if let Some(thing) = thing_of(fleet, region, client) {
                members.insert("thingName".to_owned(), json!(thing));
            }
            if flag(task.parameters, "includeSocketInformation")? && client.connected {
                members.extend(socket(client));
            }
            Ok(Value::Object(members))
        }
        None if task.rules.unknown_connections_are_answered => {
            Ok(json!({"connected": false, "clientId": client_id}))
        }
        None => Err(not_found()),
    }
}

fn members(client: &Client, now: i64) -> Map<String, Value> {
    let mut members = Map::from_iter([
        ("connected".to_owned(), json!(client.connected)),
        ("clientId".to_owned(), json!(client.client_id)),
        ("cleanSession".to_owned(), json!(client.clean_session)),
        ("sessionExpiry".to_owned(), json!(client.session_expiry)),
    ]);
    if client.connected {
        members.insert("keepAliveDuration".to_owned(), json!(client.keep_alive));
        members.insert("connectedSince".to_owned(), json!(client.connected_at));
    } else if now.saturating_sub(client.disconnected_at) <= KEPT {
        let since = json!(client.disconnected_at);
        members.insert("disconnectedSince".to_owned(), since);
        let reason = json!(client.disconnect_reason);
        members.insert("disconnectReason".to_owned(), reason);
    }
    members
}

/// The thing of the same name as the client, if it has the client's certificate.
fn thing_of<'a>(fleet: &'a Fleet, region: &str, client: &Client) -> Option<&'a str> {
    let certificate = fleet.aws_iot.get(client.certificate.as_ref()?)?;
    let thing = fleet.things.get(&client.client_id)?;
    let arn = certificate.arn();
    (thing.region == region && thing.principals.contains(&arn)).then_some(thing.name.as_str())
}

fn socket(client: &Client) -> Map<String, Value> {
    let (address, port) = client.address.rsplit_once(':').unwrap_or_default();
    Map::from_iter([
        ("sourceIp".to_owned(), json!(address)),
        ("sourcePort".to_owned(), json!(port.parse::<u16>().ok())),
        ("targetIp".to_owned(), json!("198.51.100.20")),
        ("targetPort".to_owned(), json!(8883)),
    ])
}

/// Ends a client's connection, and with `cleanSession` its session.
pub(super) fn delete(
    store: &mut Store,
    region: &str,
    task: &Task<'_>,
    client_id: &str,
) -> Result<Value, Refusal> {
    check(client_id)?;
    let forgets_session = flag(task.parameters, "cleanSession")?;
    flag(task.parameters, "preventWillMessage")?;
    let name = clients::name(Vendor::AwsIot, region, client_id);
    let client = store.fleet().clients.get(&name);
    if !client.is_some_and(|client| client.has_session) {
        return Err(not_found());
    }
    if task.has_effect {
        let now = task.received.moment();
        store.end_session(&name, now, "API_INITIATED_DISCONNECT", forgets_session);
    }
    Ok(Value::Null)
}

fn check(client_id: &str) -> Result<(), Refusal> {
    if (1..=LONGEST_ID).contains(&client_id.len()) && !client_id.starts_with('$') {
        Ok(())
    } else {
        Err(invalid_request("The client id is not valid."))
    }
}

/// A parameter that is `true` or `false`, and false unless it is given.
fn flag(parameters: &Value, name: &str) -> Result<bool, Refusal> {
    parameters
        .get(name)
        .and_then(Value::as_str)
        .map_or(Ok(false), |text| {
            text.parse()
                .map_err(|_| invalid_request(&format!("{name} must be true or false.")))
        })
}

#[cfg(test)]
mod tests;
