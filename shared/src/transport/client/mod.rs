//! Sends one request over `reqwest`. HTTP/1.1, no redirects, no repetitions, no cookies, no
//! compression; a proxy only where one is configured.

mod memory_budget;

use std::cell::RefCell;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{Method, Request, Response, Uri};
use reqwest::{Client, Url, redirect, retry};
use rustls::ClientConfig;

use self::memory_budget::{BodyBuffer, MemoryBudget};
use super::{
    HttpRequest, HttpResponse, HttpsProxy, LocalFuture, SendError, SendHttp, StartError, tls,
};

const USER_AGENT: &str = concat!("device-certificate-functions/", env!("CARGO_PKG_VERSION"));

/// A host that has not accepted a connection by then will not do so in time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection that was idle for longer was most likely closed by the server, perhaps without a
/// segment that still arrives.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// No answer of these APIs comes near it: a page of 100 certificates with their PEMs is about 300
/// kB. The functions have 128 MB, and each of 20 sources may hold the rows of such an answer.
const LARGEST_ANSWER: usize = 2 * 1024 * 1024;

/// The answer to the request that opens a connection ahead is discarded. A larger one is not read
/// to its end, and its connection is closed.
const LARGEST_PRECONNECT_ANSWER: usize = 64 * 1024;

/// The client that calls go over. One is made at start and shared by all calls, so that connections
/// are kept.
pub struct HttpClient {
    tls: ClientConfig,
    proxy: Option<HttpsProxy>,
    servers: RefCell<Vec<Server>>,
    memory: MemoryBudget,
}

/// The connections to one server.
struct Server {
    scheme: Scheme,
    authority: Authority,
    client: Client,
    /// By the wall clock, which keeps running while the sandbox is frozen; timers stand still then.
    last_used: SystemTime,
}

impl HttpClient {
    /// Trusts the compiled-in roots and those of the PEM file `extra_roots`.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate.
    pub fn new(extra_roots: Option<&Path>, proxy: Option<HttpsProxy>) -> Result<Self, StartError> {
        Ok(Self {
            tls: tls::client_config(extra_roots)?,
            proxy,
            servers: RefCell::default(),
            memory: MemoryBudget::default(),
        })
    }

    /// Opens a connection to this URL's server, which the first call then uses. It takes two seconds
    /// at most. `reqwest` cannot connect without a request, so this sends `HEAD`, unsigned, with
    /// nothing but `Host`, `User-Agent` and `Accept`, and discards the answer.
    ///
    /// # Errors
    /// The reason why there is no connection. The first call then tries to connect again.
    pub async fn connect_ahead(&self, url: &str) -> Result<(), SendError> {
        let uri = Uri::try_from(url).map_err(|error| SendError::NotSent(Arc::new(error)))?;
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::HEAD;
        *request.uri_mut() = uri;
        self.exchange(request, LARGEST_PRECONNECT_ANSWER, CONNECT_TIMEOUT)
            .await
            .map(drop)
    }

    /// The client that keeps the connections to this server. One whose connections waited for too
    /// long is replaced, which costs microseconds.
    fn client_for(&self, uri: &Uri) -> Result<Client, SendError> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(not_sent("the URL names no server"));
        };
        let now = SystemTime::now();
        let mut servers = self.servers.borrow_mut();
        servers.retain(|server| is_fresh(server.last_used, now));
        let known = servers
            .iter()
            .find(|server| server.scheme == *scheme && server.authority == *authority);
        if let Some(server) = known {
            return Ok(server.client.clone());
        }
        let client = self
            .new_client()
            .map_err(|error| SendError::NotSent(Arc::new(error)))?;
        servers.push(Server {
            scheme: scheme.clone(),
            authority: authority.clone(),
            client: client.clone(),
            last_used: now,
        });
        Ok(client)
    }

    fn new_client(&self) -> Result<Client, reqwest::Error> {
        let builder = Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_keepalive(None)
            .tcp_user_timeout(None)
            .no_proxy();
        match &self.proxy {
            Some(proxy) => builder.proxy(proxy.to_reqwest()),
            None => builder,
        }
        .build()
    }

    fn mark_used(&self, uri: &Uri) {
        for server in self.servers.borrow_mut().iter_mut() {
            if Some(&server.scheme) == uri.scheme() && Some(&server.authority) == uri.authority() {
                server.last_used = SystemTime::now();
            }
        }
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        largest: usize,
        timeout: Duration,
    ) -> Result<HttpResponse, SendError> {
        let uri = request.uri().clone();
        let client = self.client_for(&uri)?;
        let request = reqwest_request(request)?;
        let exchange = async {
            // Lets hyper notice that an idle connection ended while the sandbox was frozen, before
            // a connection is chosen.
            tokio::task::yield_now().await;
            let response = client.execute(request).await.map_err(send_error)?;
            read(response, largest, &self.memory).await
        };
        let answer = tokio::time::timeout(timeout, exchange)
            .await
            .unwrap_or(Err(SendError::TimedOut));
        self.mark_used(&uri);
        answer
    }
}

impl SendHttp for HttpClient {
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> LocalFuture<'_, Result<HttpResponse, SendError>> {
        Box::pin(self.exchange(request.map(Bytes::from), LARGEST_ANSWER, timeout))
    }
}

/// Whether a connection that was last used at this moment may still be open. When the clock was set
/// back, its age is unknown.
fn is_fresh(last_used: SystemTime, now: SystemTime) -> bool {
    now.duration_since(last_used)
        .is_ok_and(|age| age <= IDLE_TIMEOUT)
}

/// The request as `reqwest` takes it, with a target that is sent as it was signed.
fn reqwest_request(request: Request<Bytes>) -> Result<reqwest::Request, SendError> {
    let (head, body) = request.into_parts();
    let url =
        Url::parse(&head.uri.to_string()).map_err(|error| SendError::NotSent(Arc::new(error)))?;
    if (url.path(), url.query()) != (head.uri.path(), head.uri.query()) {
        return Err(not_sent("the URL would not be sent as it was signed"));
    }
    let host = head.uri.authority().map_or("", Authority::as_str);
    let host = HeaderValue::from_str(host).map_err(|error| SendError::NotSent(Arc::new(error)))?;
    let has_length = !matches!(head.method, Method::GET | Method::HEAD);
    let mut message = reqwest::Request::new(head.method, url);
    *message.headers_mut() = head.headers;
    message.headers_mut().insert(HOST, host);
    if has_length {
        // Of no bytes, too: servers may refuse a POST that does not say so (RFC 9110, 8.6).
        message
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    if !body.is_empty() {
        *message.body_mut() = Some(body.into());
    }
    Ok(message)
}

/// Reads the whole answer.
///
/// # Errors
/// `AnswerTooLarge` for a body of more than `largest` bytes, or why it could not be read.
async fn read(
    mut response: reqwest::Response,
    largest: usize,
    memory: &MemoryBudget,
) -> Result<HttpResponse, SendError> {
    let mut body = BodyBuffer::default();
    while let Some(chunk) = response.chunk().await.map_err(send_error)? {
        if body.len().saturating_add(chunk.len()) > largest {
            return Err(SendError::AnswerTooLarge);
        }
        body.add(&chunk, memory).await;
    }
    let mut answer = Response::new(body.into_bytes().into());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    Ok(answer)
}

/// The request was not sent when there was no connection, or when the connection ended before it
/// took the request. In every other case it may have arrived.
fn send_error(error: reqwest::Error) -> SendError {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() || is_canceled(&error) {
        SendError::NotSent(Arc::new(error))
    } else {
        SendError::NoAnswer(Arc::new(error))
    }
}

fn is_canceled(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_canceled)
        {
            return true;
        }
        cause = inner.source();
    }
    false
}

fn not_sent(problem: &'static str) -> SendError {
    SendError::NotSent(Arc::new(std::io::Error::other(problem)))
}

#[cfg(test)]
mod tests;
