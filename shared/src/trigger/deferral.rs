//! Defers orders over HTTP: puts them into the function's own queue, to be carried out later.

use super::http::Reply;
use super::invocation::Invocation;
use crate::config::ORDERS_QUEUE_URL;
use crate::error::{Error, ErrorCode};
use crate::operation::Operation;
use crate::provider::RequestContext;
use crate::telemetry::{AUDIT, shortened_name};
use crate::transport::Deadline;

impl Invocation<'_> {
    /// Puts a request into the function's own queue, to be carried out later.
    ///
    /// A message that was perhaps sent counts as not sent, so that no order is lost: the client
    /// gets an error and sends the order again. When both messages are in the queue, the second one
    /// finds the certificates inactive and changes nothing. For a webhook both have the same order
    /// id, and so have their results. The same holds when the function ends between sending the
    /// message and keeping the answer.
    pub(super) async fn defer<O: Operation>(
        &self,
        request: &O::Request,
        request_context: RequestContext<'_>,
        deadline: Deadline,
    ) -> Result<Reply<O::Answer>, Error> {
        let sent = async {
            let context = self.context(request_context, deadline);
            let message = O::deferral_message(&context, request)?;
            let queue = self.orders_queue().ok_or_else(|| {
                let detail = format!(
                    "the function has no queue for orders; set {ORDERS_QUEUE_URL}, or send the request without \"Prefer: respond-async\""
                );
                Error::new(ErrorCode::Unsupported, detail).with_field("prefer")
            })?;
            self.send_all(&queue, &[message], deadline)
                .await
                .map_err(not_queued)
        };
        match sent.await {
            Ok(()) => {
                let RequestContext { id, caller, .. } = request_context;
                let caller = caller.map(shortened_name);
                tracing::info!(target: AUDIT, order_id = id, caller = caller.as_deref(), "an order was put into the queue");
                Ok(Reply::Accepted {
                    order_id: id.to_owned(),
                })
            }
            Err(error) => {
                self.log_failure(&error);
                Err(error)
            }
        }
    }
}

/// The error of an order that is not in the queue. A queue refuses an order because of the function's
/// permissions, for example; once these are corrected, the client can send the order again under the
/// same idempotency key.
fn not_queued(error: Error) -> Error {
    let code = match error.code {
        ErrorCode::ProviderRejected => ErrorCode::ProviderUnavailable,
        code => code,
    };
    Error { code, ..error }
}
