//! Signs, sends and retries calls, within the rate limits and the deadline. This room knows HTTP and
//! time, and no vendor.

mod client;
mod deadline;
mod endpoint;
mod hint;
mod limiter;
mod message;
mod proxy;
mod quota;
mod repeat;
mod retry;
mod start_error;
mod tls;

pub use client::HttpClient;
pub use deadline::Deadline;
pub use endpoint::Endpoint;
pub(crate) use endpoint::absolute_url;
pub(crate) use hint::unsigned_decimal;
pub use limiter::{
    CallCounts, Lane, Limiter, MAX_CONCURRENT_CALLS, RateLimit, RateLimits, Waiting,
};
pub use message::{Body, HttpRequest, HttpResponse, http_request};
pub use proxy::HttpsProxy;
pub use quota::RetryQuota;
pub use repeat::Repeat;
pub(crate) use retry::keep_result;
pub use retry::{Failure, Transport, out_of_time};
pub use start_error::StartError;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::error::{Cause, innermost};

/// A boxed future that need not be `Send`: the runtime has a single thread.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Why there is no answer.
#[derive(Clone, Debug)]
pub enum SendError {
    /// No byte of the request was sent: nothing has happened at the vendor.
    NotSent(Cause),
    /// The request may have arrived and may have been acted on.
    NoAnswer(Cause),
    /// As `NoAnswer`: the attempt reached its time limit.
    TimedOut,
    /// The answer is larger than 2 MiB.
    AnswerTooLarge,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(cause) => write!(f, "the request was not sent: {}", innermost(&**cause)),
            Self::NoAnswer(cause) => write!(f, "there is no answer: {}", innermost(&**cause)),
            Self::TimedOut => f.write_str("there was no answer in time"),
            Self::AnswerTooLarge => f.write_str("the answer is too large"),
        }
    }
}

/// The seam between this crate and the network.
pub trait SendHttp {
    /// Sends a request once, within `timeout`. It follows no redirect and repeats nothing.
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> LocalFuture<'_, Result<HttpResponse, SendError>>;
}
