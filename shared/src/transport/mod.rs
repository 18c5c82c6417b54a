//! Sign, send, retry, within the rate limits and the deadline. Knows HTTP and time, and no vendor's
//! words.

mod client;
mod connect;
mod connection;
mod deadline;
mod endpoint;
mod hint;
mod idle;
mod limiter;
mod nesting;
mod quota;
mod retry;

pub use client::HttpClient;
pub use connect::StartError;
pub use deadline::Deadline;
pub use endpoint::Endpoint;
pub(crate) use endpoint::absolute_url;
pub use limiter::{CallCounts, Lane, Limiter, RateLimit, RateLimits, SIDE_BY_SIDE, Waiting};
pub use quota::RetryQuota;
pub(crate) use retry::kept;
pub use retry::{Failure, Safety, Transport, out_of_time};

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

/// A future of the single-threaded runtime.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// One signed request, exactly as it goes out.
pub struct HttpRequest {
    /// `GET`, `POST` or `PUT`.
    pub method: Method,
    /// With its query, percent-encoded as it was signed.
    pub url: String,
    /// Names in lower case. `host` and `content-length` are the client's to add.
    pub headers: Vec<(&'static str, String)>,
    /// The signed bytes.
    pub body: Vec<u8>,
}

/// The methods of the vendors' APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
}

impl Method {
    /// In upper case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// A whole answer. It may hold a key, so its body cannot be printed.
#[derive(Clone)]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// The vendor's hint how long to wait, where it sent one.
    pub retry_after: Option<Duration>,
    /// `x-amzn-errortype`: AWS names a failure there.
    pub error_type: Option<String>,
    /// `x-amzn-requestid`: AWS names the call there.
    pub request_id: Option<String>,
    /// The body, at most 8 MiB.
    pub body: Bytes,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {} with {} bytes", self.status, self.body.len())
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// No byte of the request was sent: nothing has happened at the vendor.
    NotSent(String),
    /// The request may have arrived and may have been acted on.
    NoAnswer(String),
    /// As `NoAnswer`, because time ran out.
    TimedOut,
    /// The answer is larger than 8 MiB.
    AnswerTooLarge,
}

/// The seam between this crate and the network.
pub trait SendHttp {
    /// Sends once. Never follows a redirect, never repeats.
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> LocalFuture<'_, Result<HttpResponse, SendError>>;
}
