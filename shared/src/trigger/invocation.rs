//! The current invocation: its limits, its queues, and its metrics so far.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use super::function::Function;
use super::metrics::EventMetrics;
use super::publish::Queue;
use crate::error::{Error, ErrorCode};
use crate::operation::Answer;
use crate::provider::{CallContext, RequestContext};
use crate::transport::{Deadline, Limiter};

/// The limits and the metrics of one event.
pub(super) struct Invocation<'a> {
    pub(super) function: &'a Function,
    pub(super) limiter: Limiter,
    pub(super) deadline: Deadline,
    pub(super) request_id: &'a str,
    pub(super) function_arn: &'a str,
    pub(super) metrics: RefCell<EventMetrics>,
}

impl Invocation<'_> {
    /// The context in which a request is carried out until this deadline.
    pub(super) fn context<'a>(
        &'a self,
        request: RequestContext<'a>,
        deadline: Deadline,
    ) -> CallContext<'a> {
        let Function {
            config,
            transport,
            credential_caches,
            learned,
            ..
        } = self.function;
        CallContext {
            config,
            transport,
            credential_caches,
            learned,
            limiter: &self.limiter,
            deadline,
            now: (transport.clock)(),
            request,
        }
    }

    /// The function's own queue. `None` where it has none.
    pub(super) fn orders_queue(&self) -> Option<Queue<'_>> {
        Queue::of_orders(&self.function.config, &self.function.transport)
    }

    /// Sends these messages until this deadline. Returns for each, in their order, the error because of
    /// which it could not be sent.
    pub(super) async fn send(
        &self,
        queue: &Queue<'_>,
        messages: &[String],
        deadline: Deadline,
    ) -> Vec<Option<Error>> {
        queue
            .send(deadline, self.limiter.unlimited(), messages)
            .await
    }

    /// Sends these messages until this deadline.
    ///
    /// # Errors
    /// The first error because of which a message could not be sent.
    pub(super) async fn send_all(
        &self,
        queue: &Queue<'_>,
        messages: &[String],
        deadline: Deadline,
    ) -> Result<(), Error> {
        let errors = self.send(queue, messages, deadline).await;
        errors.into_iter().flatten().next().map_or(Ok(()), Err)
    }

    /// Adds answers to the event's metrics.
    pub(super) fn count<'a, A: Answer + 'a>(&self, answers: impl IntoIterator<Item = &'a A>) {
        let mut metrics = self.metrics.borrow_mut();
        answers.into_iter().for_each(|answer| metrics.add(answer));
    }

    /// Adds the caller of a request to those in the event's line.
    pub(super) fn add_caller(&self, name: Option<&str>, is_verified: bool) {
        self.metrics.borrow_mut().add_caller(name, is_verified);
    }

    pub(super) fn log_failure(&self, error: &Error) {
        self.metrics.borrow_mut().count_error(error);
        let provider_error = error.provider_error.as_ref();
        tracing::warn!(
            code = error.code.as_str(),
            detail = error.detail,
            field = error.field,
            provider_code = provider_error.map(|error| error.code.as_str()),
            provider_request_id = provider_error.and_then(|error| error.request_id.as_deref()),
            "the request failed"
        );
    }

    /// The error in place of a panic's message, which could hold data of a request.
    pub(super) fn internal_error(&self) -> Error {
        let detail = format!(
            "the function has a bug; the log of invocation {} names the line of code",
            self.request_id
        );
        Error::new(ErrorCode::Internal, detail)
    }
}

/// Runs a future whose panic must not end the invocation. `None` when it panicked; the panic hook
/// has logged the line of code.
pub(super) async fn catch_panic<T>(future: impl Future<Output = T>) -> Option<T> {
    AssertUnwindSafe(future).catch_unwind().await.ok()
}
