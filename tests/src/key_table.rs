//! A stand-in for the table of idempotency keys: Amazon DynamoDB, `PutItem` with the one condition
//! under which functions claim a key, on a port of 127.0.0.1.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html>
//!
//! Signatures are not verified; a call without one for this service is refused.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// The name of the table.
const NAME: &str = "keys";
/// Most bytes of an item.
const MOST_BYTES: usize = 400 * 1024;
/// The condition that is known here.
const CONDITION: &str = "attribute_not_exists(id) OR expires_at < :seconds OR \
     (attribute_not_exists(#body) AND claimed_until < :milliseconds AND #request = :request)";

/// The table, on one port. The port closes when this is dropped.
pub struct KeyTable {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

/// The moment at which a call is held up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldAt {
    /// The item is not written while the call is held up, nor ever.
    BeforeWriting,
    /// The item is written, and the answer does not come.
    Written,
}

#[derive(Default)]
struct State {
    items: BTreeMap<String, Map<String, Value>>,
    holds: VecDeque<(HoldAt, oneshot::Sender<()>)>,
    is_away: bool,
}

/// The answer, or that of a failure.
type Decision = Result<Value, Value>;

impl KeyTable {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When no port can be had.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no socket on 127.0.0.1: {error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("the socket has no address: {error}"));
        let state = Arc::<Mutex<State>>::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&state)));
        Self {
            address,
            state,
            server,
        }
    }

    /// The variables of a function that has this table.
    pub fn variables(&self) -> [(&'static str, String); 2] {
        [
            ("IDEMPOTENCY_TABLE", NAME.to_owned()),
            (
                "AWS_ENDPOINT_URL_DYNAMODB",
                format!("http://{}", self.address),
            ),
        ]
    }

    /// All items.
    pub fn items(&self) -> Vec<Map<String, Value>> {
        locked(&self.state).items.values().cloned().collect()
    }

    /// Whether the table is to be missing from now on.
    pub fn set_away(&self, is_away: bool) {
        locked(&self.state).is_away = is_away;
    }

    /// Never answers the next call. The receiver hears when that call has got so far.
    pub fn hold(&self, at: HoldAt) -> oneshot::Receiver<()> {
        let (reached, receiver) = oneshot::channel();
        locked(&self.state).holds.push_back((at, reached));
        receiver
    }
}

impl Drop for KeyTable {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The state, even when a holder of the lock has panicked: each change is done in one step.
fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(|request| respond(request, &state));
            // A failure means that the function has hung up; its test shows the reason.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn respond(
    request: Request<Incoming>,
    state: &Mutex<State>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let header = |name: &str| {
        let value = head.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let is_signed = header(AUTHORIZATION.as_str()).contains("/dynamodb/aws4_request");
    let is_put = header("x-amz-target") == "DynamoDB_20120810.PutItem";
    let body = Limited::new(body, MOST_BYTES).collect().await;
    let hold = locked(state).holds.pop_front();
    let decision = match body {
        _ if !is_signed => failure("com.amazon.coral.service#MissingAuthenticationTokenException"),
        Ok(body) if is_put && !is_held_before(hold.as_ref()) => {
            put(&mut locked(state), &body.to_bytes())
        }
        _ => failure("com.amazon.coral.service#UnknownOperationException"),
    };
    if let Some((_, reached)) = hold {
        // The function that asked for it may be gone.
        let _ = reached.send(());
        std::future::pending::<()>().await;
    }
    let (status, answer) = match decision {
        Ok(answer) => (StatusCode::OK, answer),
        Err(failure) => (StatusCode::BAD_REQUEST, failure),
    };
    let mut response = Response::new(Full::from(answer.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.0"),
    );
    Ok(response)
}

fn is_held_before(hold: Option<&(HoldAt, oneshot::Sender<()>)>) -> bool {
    hold.is_some_and(|(at, _)| *at == HoldAt::BeforeWriting)
}

fn failure(kind: &'static str) -> Decision {
    Err(json!({ "__type": kind }))
}

/// Writes an item where the condition holds.
fn put(state: &mut State, body: &[u8]) -> Decision {
    let call: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer: &str| call.pointer(pointer).and_then(Value::as_str);
    if state.is_away || text("/TableName") != Some(NAME) {
        return failure("com.amazonaws.dynamodb.v20120810#ResourceNotFoundException");
    }
    let is_known = text("/ConditionExpression") == Some(CONDITION)
        && text("/ReturnValuesOnConditionCheckFailure") == Some("ALL_OLD");
    let item = call.get("Item").and_then(Value::as_object);
    let (Some(id), Some(item), true) = (text("/Item/id/S"), item, is_known) else {
        return failure("com.amazon.coral.validate#ValidationException");
    };
    let value = |name: &str| call.get("ExpressionAttributeValues")?.get(name);
    let is_before = |item: &Map<String, Value>, member: &str, name: &str| {
        let (left, right) = (number(item.get(member)), number(value(name)));
        left.zip(right).is_some_and(|(left, right)| left < right)
    };
    let holds = state.items.get(id).is_none_or(|found| {
        is_before(found, "expires_at", ":seconds")
            || (!found.contains_key("body")
                && is_before(found, "claimed_until", ":milliseconds")
                && found.get("request") == value(":request"))
    });
    if holds {
        state.items.insert(id.to_owned(), item.clone());
        return Ok(json!({}));
    }
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    Err(json!({ "__type": kind, "Item": state.items.get(id) }))
}

/// A number, which DynamoDB writes as a text.
fn number(value: Option<&Value>) -> Option<i128> {
    value?.get("N")?.as_str()?.parse().ok()
}
