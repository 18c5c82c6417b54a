//! The maximum sizes of requests and answers.

use std::time::Duration;

use crate::error::{Error, ErrorCode};
use crate::request::LARGEST_REQUEST;

/// Time that is reserved for the function's own call after the work, to a queue or to the table of
/// idempotency keys: no attempt begins with less.
pub(super) const OWN_CALL_RESERVE: Duration = Duration::from_millis(1200);
/// Maximum size of a synchronous answer, in bytes. Lambda allows 6 MB (6,291,556 bytes).
pub(super) const SYNCHRONOUS_BYTES: usize = 6_200_000;
/// Maximum size of an answer through a load balancer, in bytes. A load balancer allows 1 MB.
pub(super) const LOAD_BALANCER_BYTES: usize = 980_000;
/// Maximum size of an answer in a message of a queue, in bytes. SQS allows 1 MiB, and so does a line of
/// the log.
pub(super) const MESSAGE_BYTES: usize = 1_000_000;

/// Maximum size of an HTTP event that is read, in bytes. A request of [`LARGEST_REQUEST`] is at most
/// twice as long as a JSON string, if it consists of quotes, backslashes and line breaks, and a third
/// longer as base64. The rest is for the headers, for which load balancers allow 64 KiB, and for the
/// request context.
pub(super) const LONGEST_HTTP_EVENT: usize = 2 * LARGEST_REQUEST + 256 * 1024;

/// Checks the size of a request, in bytes.
///
/// # Errors
/// `payload_too_large` when the request is larger than [`LARGEST_REQUEST`].
pub(super) fn check_request_size(bytes: usize) -> Result<(), Error> {
    if bytes <= LARGEST_REQUEST {
        return Ok(());
    }
    Err(request_too_large())
}

/// The error of a request that is larger than [`LARGEST_REQUEST`].
pub(super) fn request_too_large() -> Error {
    Error::new(
        ErrorCode::PayloadTooLarge,
        format!("the request is larger than {LARGEST_REQUEST} bytes"),
    )
}
