//! A stand-in for the deployed HTTP API: real requests in, the real functions behind it.

mod event;
mod pool;

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::events::HttpTrigger;
use crate::{Answer, Deadline, HttpAnswer, Invocation};
use event::Call;
use pool::Pool;

/// The functions, each with the methods that its path takes: the routes of `template.yaml`.
const ROUTES: [(&str, &[&str]); 3] = [
    ("describe", &["GET", "POST"]),
    ("inactivate", &["POST"]),
    ("status", &["GET", "POST"]),
];

/// The largest body in bytes that an HTTP API takes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// The functions' `Timeout` in `template.yaml`.
const FUNCTION_LIMIT: Duration = Duration::from_secs(29);

/// The wait when no connection can be accepted, for example without free file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Variables for a function: names and values.
pub type Variables = Vec<(String, String)>;

/// An HTTP API on 127.0.0.1 with the routes of `template.yaml`, open to everyone. What goes wrong
/// behind it is written to stderr. The functions are killed when this is dropped.
pub struct HttpApi {
    listener: TcpListener,
    address: SocketAddr,
    routes: Arc<[Route]>,
}

struct Route {
    path: String,
    methods: &'static [&'static str],
    pool: Arc<Pool>,
}

impl HttpApi {
    /// Starts this many processes of each function with the variables that `variables` says for its
    /// name, and listens on this port, or on a free one for 0.
    ///
    /// # Errors
    /// When a function's binary is missing, with how to build it, or when a process or the port
    /// cannot be had.
    pub async fn start(
        port: u16,
        processes: usize,
        variables: impl Fn(&str) -> Variables,
    ) -> Result<Self, String> {
        let mut routes = Vec::new();
        for (function, methods) in ROUTES {
            let pool = Arc::new(Pool::start(function, variables(function), processes).await?);
            routes.push(Route {
                path: format!("/{function}"),
                methods,
                pool,
            });
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.map_err(|error| format!("no port {port} on 127.0.0.1: {error}"))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        Ok(Self {
            listener,
            address,
            routes: routes.into(),
        })
    }

    /// The base URL: `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until it is cancelled, and then drops the requests that are in progress.
    pub async fn serve(self) {
        let mut connections = JoinSet::new();
        loop {
            let Ok((stream, caller)) = self.listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            while connections.try_join_next().is_some() {}
            let routes = Arc::clone(&self.routes);
            connections.spawn(async move {
                // An answer must not wait for the acknowledgement of the one before; without this
                // it is only slower.
                let _ = stream.set_nodelay(true);
                let service = service_fn(|request| {
                    let routes = Arc::clone(&routes);
                    async move { Ok::<_, Infallible>(respond(&routes, caller, request).await) }
                });
                // A failure is a caller that hung up.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }
}

async fn respond(
    routes: &[Route],
    caller: SocketAddr,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, mut incoming) = request.into_parts();
    let path = event::decoded(head.uri.path(), false);
    let taken =
        |route: &&Route| route.path == path && route.methods.contains(&head.method.as_str());
    let route = routes.iter().find(taken);
    let body = Limited::new(&mut incoming, BODY_LIMIT).collect().await;
    let (route, body) = match (route, body) {
        (Some(route), Ok(body)) => (route, body.to_bytes()),
        (None, Ok(_)) => return message(StatusCode::NOT_FOUND, "Not Found"),
        (_, Err(_)) => {
            // Read to its end, so that the caller gets as far as the answer.
            while let Some(Ok(_)) = incoming.frame().await {}
            return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        }
    };
    let call = Call {
        head: &head,
        path: &path,
        body: &body,
        caller,
        time: OffsetDateTime::now_utc(),
    };
    let invocation = Invocation {
        deadline: Deadline::In(FUNCTION_LIMIT),
        ..Invocation::new(call.event())
    };
    let request_id = invocation.request_id.clone();
    // A task of its own: a function continues when the caller hangs up.
    let answer = tokio::spawn(Arc::clone(&route.pool).invoke(invocation)).await;
    let answer = answer
        .map_err(|error| error.to_string())
        .and_then(|answer| answer);
    answer
        .and_then(|answer| response(&answer))
        .unwrap_or_else(|wrong| {
            // An error cannot be reported when stderr is closed.
            let _ = writeln!(
                io::stderr(),
                "{} {path}, request {request_id}: {wrong}",
                head.method
            );
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        })
}

/// The response that the caller gets for a function's answer.
fn response(answer: &Answer) -> Result<Response<Full<Bytes>>, String> {
    let Answer::Response(bytes) = answer else {
        return Err(answer.to_string());
    };
    let wrong = |error: &dyn ToString| {
        format!(
            "not an answer to an HTTP API: {}: {answer}",
            error.to_string()
        )
    };
    let value = serde_json::from_slice(bytes).map_err(|error| wrong(&error))?;
    let answer =
        HttpAnswer::from_response(HttpTrigger::HttpApi, &value).map_err(|error| wrong(&error))?;
    let mut response = Response::new(Full::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|error| wrong(&error))?;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    for (name, value) in &answer.headers {
        let name = name.parse::<HeaderName>().map_err(|error| wrong(&error))?;
        // The connection to the caller is not the function's.
        if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
            response
                .headers_mut()
                .insert(name, value.parse().map_err(|error| wrong(&error))?);
        }
    }
    Ok(response)
}

/// An answer of the API itself.
fn message(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(json!({ "message": text }).to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn answered(value: &Value) -> Result<Response<Full<Bytes>>, String> {
        response(&Answer::Response(value.to_string().into_bytes()))
    }

    #[tokio::test]
    async fn an_answer_becomes_the_response_that_it_describes() {
        let headers = json!({ "Content-Type": "application/problem+json", "Retry-After": "1", "content-length": "7", "connection": "close" });
        let value = json!({ "statusCode": 429, "headers": headers, "cookies": [], "body": "e30=", "isBase64Encoded": true });
        let (head, body) = answered(&value).unwrap().into_parts();
        let headers: Vec<_> = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(head.status, 429);
        assert_eq!(
            headers,
            [
                ("content-type", "application/problem+json"),
                ("retry-after", "1")
            ]
        );
        assert_eq!(body.collect().await.unwrap().to_bytes(), "{}");
    }

    #[test]
    fn an_answer_in_another_form_is_an_error() {
        let good = json!({ "statusCode": 200, "headers": {}, "cookies": [], "body": "", "isBase64Encoded": false });
        assert!(answered(&good).is_ok());
        for (member, wrong) in [
            ("statusCode", json!("200")),
            ("headers", json!({ "a b": "c" })),
            ("headers", json!({ "a": "b\r\nc: d" })),
            ("headers", json!({ "a": 1 })),
            ("body", json!({})),
        ] {
            let mut value = good.clone();
            value[member] = wrong;
            let error = answered(&value).unwrap_err();
            assert!(
                error.starts_with("not an answer to an HTTP API"),
                "{value}: {error}"
            );
        }
        assert_eq!(
            response(&Answer::Unanswered).unwrap_err(),
            Answer::Unanswered.to_string()
        );
    }
}
