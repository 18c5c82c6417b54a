//! The control listener: the calls so far, faults, times, resets, the fleet and its clients, as JSON
//! over HTTP.

mod clients;

use crate::fault::FaultRule;
use crate::state::Shared;
use crate::{Credentials, Vendor};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// Certificates of one answer unless `limit` is given.
const DEFAULT_LIMIT: usize = 100;

/// Serves one connection to its end.
pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| answer(&shared, request));
    let served = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // A client that goes away needs no answer.
    drop(served);
}

async fn answer(
    shared: &Shared,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let query = head.uri.query().unwrap_or_default();
    let (status, answer) = match (&head.method, head.uri.path()) {
        (&Method::GET, "/calls") => (StatusCode::OK, calls(shared)),
        (&Method::GET, "/certificates") => checked(certificates(shared, query)),
        (&Method::GET, "/clients") => checked(clients::list(shared, query)),
        (&Method::POST, "/clients") => checked(clients::add(shared, &body)),
        (&Method::POST, "/clients/connect") => checked(clients::connect(shared, &body)),
        (&Method::GET, "/things") => (StatusCode::OK, clients::things(shared)),
        (&Method::POST, "/things") => checked(clients::add_thing(shared, &body)),
        (&Method::POST, "/faults") => checked(add_fault(shared, &body)),
        (&Method::DELETE, "/faults") => {
            shared.state().clear_faults();
            (StatusCode::OK, json!({}))
        }
        (&Method::POST, "/keys") => checked(replace_keys(shared, &body)),
        (&Method::POST, "/times") => checked(set_times(shared, &body)),
        (&Method::POST, "/reset") => {
            shared.reset();
            (StatusCode::OK, json!({}))
        }
        _ => (
            StatusCode::NOT_FOUND,
            json!({"error": "there are GET /calls, GET /certificates, GET and POST /clients, POST /clients/connect, GET and POST /things, POST /faults, DELETE /faults, POST /keys, POST /times and POST /reset"}),
        ),
    };
    let mut response = Response::new(Full::from(answer.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn checked(result: Result<Value, String>) -> (StatusCode, Value) {
    match result {
        Ok(answer) => (StatusCode::OK, answer),
        Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error })),
    }
}

fn calls(shared: &Shared) -> Value {
    let state = shared.state();
    let by_action = state.call_log.by_action();
    let numbers: Map<String, Value> = Vendor::ALL
        .into_iter()
        .map(|vendor| {
            let actions = by_action.get(&vendor);
            let connections = state.call_log.connections(vendor);
            let of_vendor = json!({
                "connections": connections,
                "actions": actions.map_or_else(|| json!({}), |actions| json!(actions)),
            });
            (vendor.name().to_owned(), of_vendor)
        })
        .collect();
    json!({"numbers": numbers, "calls": state.call_log.calls()})
}

fn add_fault(shared: &Shared, body: &[u8]) -> Result<Value, String> {
    let mut rule: Map<String, Value> = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let vendor = rule.remove("vendor").unwrap_or_default();
    let vendor: Vendor = serde_json::from_value(vendor).map_err(|e| format!("vendor: {e}"))?;
    let rule: FaultRule = serde_json::from_value(Value::Object(rule)).map_err(|e| e.to_string())?;
    shared.state().faults(vendor).push(rule);
    Ok(json!({}))
}

/// The times of the options in milliseconds; one that is not named stays as it is.
fn set_times(shared: &Shared, body: &[u8]) -> Result<Value, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Times {
        round_trip: Option<u64>,
        reads_lag: Option<u64>,
        sessions_lag: Option<u64>,
    }
    let Times {
        round_trip,
        reads_lag,
        sessions_lag,
    } = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let mut state = shared.state();
    if let Some(milliseconds) = round_trip {
        state.round_trip = Duration::from_millis(milliseconds);
    }
    if let Some(milliseconds) = reads_lag {
        state
            .store
            .set_reads_lag(Duration::from_millis(milliseconds));
    }
    if let Some(milliseconds) = sessions_lag {
        state
            .store
            .set_sessions_lag(Duration::from_millis(milliseconds));
    }
    Ok(json!({}))
}

/// The long-lived keys that a vendor takes from now on.
fn replace_keys(shared: &Shared, body: &[u8]) -> Result<Value, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Replacement {
        vendor: Vendor,
        keys: Vec<Credentials>,
    }
    let Replacement { vendor, keys } = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    shared.state().keys.replace(vendor, keys);
    Ok(json!({}))
}

fn certificates(shared: &Shared, query: &str) -> Result<Value, String> {
    let mut vendor = None;
    let mut limit = DEFAULT_LIMIT;
    let mut instance_id = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "vendor" => vendor = Vendor::from_name(&value),
            "limit" => {
                limit = value
                    .parse()
                    .map_err(|_| "limit must be a whole number".to_owned())?
            }
            "instance_id" => instance_id = Some(value.into_owned()),
            _ => return Err(format!("unknown parameter {name}")),
        }
    }
    let vendor: Vendor = vendor.ok_or_else(|| {
        let names = Vendor::ALL.map(Vendor::name);
        format!("vendor must be one of {}", names.join(", "))
    })?;
    let state = shared.state();
    let all = vendor.api().certificates(state.store.fleet());
    let wanted: Vec<&Value> = all
        .iter()
        .filter(|certificate| {
            instance_id.as_deref().is_none_or(|id| {
                certificate
                    .get("InstanceId")
                    .is_some_and(|found| found == id)
            })
        })
        .collect();
    let certificates: Vec<&Value> = wanted.iter().copied().take(limit).collect();
    Ok(json!({"vendor": vendor, "total": wanted.len(), "certificates": certificates}))
}

#[cfg(test)]
mod tests;
