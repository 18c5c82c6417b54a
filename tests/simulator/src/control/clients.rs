//! Clients and things over the control listener.

use crate::clients::{Moment, name};
use crate::state::Shared;
use crate::{Client, Thing, Vendor};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Instant;

/// A broker: at AWS `place` is the region, elsewhere the instance's id.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewClient {
    vendor: Vendor,
    place: String,
    client: Client,
}

/// Adds a client, or replaces the one of the same id.
pub(super) fn add(shared: &Shared, body: &[u8]) -> Result<Value, String> {
    let NewClient {
        vendor,
        place,
        client,
    } = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let mut state = shared.state();
    state.store.edit(Instant::now(), |fleet| {
        let name = name(vendor, &place, &client.client_id);
        fleet.clients.insert(name, client);
    });
    Ok(json!({}))
}

/// Lets a client try to connect, and tells whether it is connected afterwards.
pub(super) fn connect(shared: &Shared, body: &[u8]) -> Result<Value, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Named {
        vendor: Vendor,
        place: String,
        client_id: String,
    }
    let Named {
        vendor,
        place,
        client_id,
    } = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let mut state = shared.state();
    state.store.settle(Instant::now());
    let connected = state
        .store
        .connect(&name(vendor, &place, &client_id), Moment::now());
    Ok(json!({ "connected": connected }))
}

/// The clients of one broker, or of that id alone, as they truly are.
pub(super) fn list(shared: &Shared, query: &str) -> Result<Value, String> {
    let (mut vendor, mut place, mut client_id) = (None, None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "vendor" => vendor = Vendor::from_name(&value),
            "place" => place = Some(value.into_owned()),
            "client_id" => client_id = Some(value.into_owned()),
            _ => return Err(format!("unknown parameter {name}")),
        }
    }
    let (Some(vendor), Some(place)) = (vendor, place) else {
        return Err("vendor and place name the broker".to_owned());
    };
    let mut state = shared.state();
    let clients: Vec<Value> = state.store.edit(Instant::now(), |fleet| {
        fleet
            .clients_of(vendor, &place)
            .filter(|client| client_id.as_ref().is_none_or(|id| client.client_id == *id))
            .map(|client| json!(client))
            .collect()
    });
    Ok(json!({ "clients": clients }))
}

/// Adds a thing of AWS IoT, or replaces the one of the same name.
pub(super) fn add_thing(shared: &Shared, body: &[u8]) -> Result<Value, String> {
    let thing: Thing = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let mut state = shared.state();
    state.store.edit(Instant::now(), |fleet| {
        fleet.things.insert(thing.name.clone(), thing);
    });
    Ok(json!({}))
}

/// Every thing of AWS IoT.
pub(super) fn things(shared: &Shared) -> Value {
    let state = shared.state();
    let things: Vec<&Thing> = state.store.fleet().things.values().collect();
    json!({ "things": things })
}
