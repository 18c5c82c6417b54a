//! How large requests and answers may be.

use std::time::Duration;

use crate::error::{Error, ErrorCode};
use crate::request::LARGEST_REQUEST;

/// Kept free for the function's own call after the work, to a queue or to the table of idempotency
/// keys: an attempt is not begun with less.
pub(super) const OWN_CALL_RESERVE: Duration = Duration::from_millis(1200);
/// Lambda takes 6 MB (6,291,556 bytes) of a synchronous answer.
pub(super) const SYNCHRONOUS_BYTES: usize = 6_200_000;
/// A load balancer takes 1 MB of a synchronous answer.
pub(super) const LOAD_BALANCER_BYTES: usize = 980_000;
/// A message of a queue has at most 1 MiB; so has a line of the log.
pub(super) const MESSAGE_BYTES: usize = 1_000_000;

/// The longest event of HTTP that is read. As a string of JSON a request of [`LARGEST_REQUEST`] is
/// twice as long when it consists of quotes, backslashes and line breaks, and as base64 a third
/// longer. The rest is for the headers, of which load balancers take 64 KiB, and for the context.
pub(super) const LONGEST_HTTP_EVENT: usize = 2 * LARGEST_REQUEST + 256 * 1024;

/// # Errors
/// `payload_too_large` when a request has so many bytes that it is not read.
pub(super) fn check_request_size(bytes: usize) -> Result<(), Error> {
    if bytes <= LARGEST_REQUEST {
        return Ok(());
    }
    Err(request_too_large())
}

/// `payload_too_large`
pub(super) fn request_too_large() -> Error {
    Error::new(
        ErrorCode::PayloadTooLarge,
        format!("the request is larger than {LARGEST_REQUEST} bytes"),
    )
}
