//! Sends one request over a connection that is kept, or a new one. No redirects, no replays.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderValue, USER_AGENT};
use http::{Method, Request, Uri};
use http_body_util::Full;

use super::connect::{Connector, Server, StartError};
use super::connection::{Broken, Connection};
use super::idle::IdleConnections;
use super::{HttpRequest, HttpResponse, LocalFuture, SendError, SendHttp};
use crate::error::Cause;

const USER_AGENT_VALUE: HeaderValue = HeaderValue::from_static(concat!(
    "device-certificate-functions/",
    env!("CARGO_PKG_VERSION")
));

/// The real client. One is made at start and shared by all calls, so that connections are kept.
pub struct HttpClient {
    connector: Connector,
    idle: IdleConnections,
}

impl HttpClient {
    /// Trusts the compiled-in roots and those of the PEM file `extra_roots`.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate.
    pub fn new(extra_roots: Option<&Path>) -> Result<Self, StartError> {
        Ok(Self {
            connector: Connector::new(extra_roots)?,
            idle: IdleConnections::default(),
        })
    }

    /// Opens a connection to this URL's server within two seconds, without a request, for the first
    /// call to find.
    ///
    /// # Errors
    /// Why there is none; calls try again.
    pub async fn connect_ahead(&self, url: &str) -> Result<(), String> {
        let uri = Uri::try_from(url).map_err(|error| error.to_string())?;
        let server = Server::of(&uri).ok_or("the URL names no server")?;
        let connection = self.connector.connect(&server).await?;
        self.idle.put(server, connection);
        Ok(())
    }

    async fn send_once(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> Result<HttpResponse, SendError> {
        let (server, mut message) = message(request).map_err(not_sent)?;
        let begun = tokio::time::Instant::now();
        loop {
            let (mut connection, is_new) = match self.idle.take(&server) {
                Some(connection) => (connection, false),
                None => (
                    self.connect(&server, timeout.saturating_sub(begun.elapsed()))
                        .await?,
                    true,
                ),
            };
            let exchanged = tokio::time::timeout(
                timeout.saturating_sub(begun.elapsed()),
                connection.exchange(message),
            )
            .await;
            match exchanged.map_err(|_| SendError::TimedOut)? {
                Ok(answer) => {
                    self.idle.put(server, connection);
                    return Ok(answer.map(Into::into));
                }
                // The other side has closed it meanwhile, and nothing of the request has been
                // written.
                Err(Broken::NotSent {
                    message: unsent, ..
                }) if !is_new => message = *unsent,
                Err(Broken::NotSent { cause, .. }) => return Err(not_sent(cause)),
                Err(Broken::NoAnswer(cause)) => return Err(SendError::NoAnswer(said(cause))),
                Err(Broken::TooLarge) => return Err(SendError::AnswerTooLarge),
            }
        }
    }

    /// A connection that could not be made carries no request.
    async fn connect(&self, server: &Server, timeout: Duration) -> Result<Connection, SendError> {
        match tokio::time::timeout(timeout, self.connector.connect(server)).await {
            Ok(connected) => connected.map_err(not_sent),
            Err(_) => Err(not_sent("there was no time left to connect".to_owned())),
        }
    }
}

impl SendHttp for HttpClient {
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> LocalFuture<'_, Result<HttpResponse, SendError>> {
        Box::pin(self.send_once(request, timeout))
    }
}

/// The request as it goes to its server, in origin-form.
fn message(request: HttpRequest) -> Result<(Server, Request<Full<Bytes>>), String> {
    let (head, body) = request.into_parts();
    let (uri, body) = (head.uri, Bytes::from(body));
    let server = Server::of(&uri).ok_or("the URL names no server")?;
    let target = uri
        .into_parts()
        .path_and_query
        .ok_or("the URL has no path")?;
    let length = body.len();
    let mut message = Request::new(Full::from(body));
    *message.uri_mut() = Uri::from(target);
    *message.headers_mut() = head.headers;
    let headers = message.headers_mut();
    headers.insert(HOST, server.host_header()?);
    headers.insert(USER_AGENT, USER_AGENT_VALUE);
    if head.method != Method::GET {
        // Of no bytes, too: servers may refuse a POST that does not say so (RFC 9110, 8.6).
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *message.method_mut() = head.method;
    Ok((server, message))
}

fn said(cause: String) -> Cause {
    Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(cause))
}

fn not_sent(cause: String) -> SendError {
    SendError::NotSent(said(cause))
}

#[cfg(test)]
mod tests;
