//! One event from bytes to bytes.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use lambda_runtime::{Context, Diagnostic};
use serde::Serialize;
use serde_json::value::RawValue;

use super::Function;
use super::batch::{Carrier, Delivery};
use super::event::{Event, recognise};
use super::outcome::Outcome;
use super::queue::BatchAnswer;
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::operation::{AnswerBudget, Operation};
use crate::provider::Session;
use crate::request;
use crate::telemetry::RECORD;
use crate::transport::{Deadline, Pace};

/// Lambda takes 6 MB (6,291,556 bytes) of a synchronous answer.
const SYNCHRONOUS_BYTES: usize = 6_200_000;
/// A load balancer takes 1 MB of it.
const LOAD_BALANCER_BYTES: usize = 980_000;
/// A message of a queue has at most 1 MiB; so has a line of the log.
const MESSAGE_BYTES: usize = 1_000_000;
/// Nobody waits longer for the answer to a request; an older one was kept and sent again.
const HTTP_ORDER_MAX_AGE: Duration = Duration::from_secs(15 * 60);

/// Kept free to send an answer to the results queue: an attempt is not begun with less.
const HAND_ON_RESERVE: Duration = Duration::from_millis(1200);

/// A failed invocation as Lambda reports it: the code as the error's type, the problem document as its message.
pub struct FunctionError(pub Error);

impl From<FunctionError> for Diagnostic {
    fn from(error: FunctionError) -> Self {
        Self {
            error_type: error.0.code.as_str().to_owned(),
            error_message: serde_json::to_string(&error.0).unwrap_or_else(|_| error.0.to_string()),
        }
    }
}

impl fmt::Debug for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Answers one event.
///
/// # Errors
/// The request's own failure on a direct invocation and from a bus, a failure that is worth another delivery from a topic; an event that
/// cannot be taken at all.
pub async fn handle<O: Operation>(function: &Function, event: &str, context: &Context) -> Result<Box<RawValue>, FunctionError> {
    let deadline = Deadline::new(context.deadline(), SystemTime::now());
    let pace = Pace::begin(&function.config.call_intervals);
    let (request_id, function_arn) = (context.request_id.as_str(), context.invoked_function_arn.as_str());
    let invocation = Invocation { function, pace, deadline, request_id, function_arn };
    match recognise(event).map_err(FunctionError)? {
        Event::Http(event) => {
            let bytes = if event.is_from_load_balancer() { LOAD_BALANCER_BYTES } else { SYNCHRONOUS_BYTES };
            let budget = AnswerBudget { bytes, escaped: true };
            let expires_at = event.received_at.map(|moment| moment.plus(HTTP_ORDER_MAX_AGE));
            let caller = event.authenticate(function);
            let (webhook_id, request) = match caller {
                Ok(webhook_id) => (webhook_id, event.request::<O>()),
                Err(error) => (None, Err(error)),
            };
            if let Some(webhook_id) = &webhook_id {
                let function_request_id = context.request_id.as_str();
                tracing::info!(target: RECORD, function_request_id, %webhook_id, "a webhook");
            }
            let result = invocation.perform::<O>(request, budget, expires_at).await;
            to_json(&event.answer::<O>(result.as_ref(), webhook_id.as_ref()))
        }
        Event::Queue(records) => {
            let ids: Vec<String> = records.iter().map(|record| record.message_id.clone()).collect();
            let deliveries = records.into_iter().map(Delivery::from).collect();
            let outcomes = invocation.deliver::<O>(Carrier::Queue, deliveries, MESSAGE_BYTES).await;
            to_json(&ids.into_iter().zip(&outcomes).filter(|(_, outcome)| outcome.comes_back()).map(|(id, _)| id).collect::<BatchAnswer>())
        }
        Event::Pipe(records) => {
            let bytes = SYNCHRONOUS_BYTES.checked_div(records.len()).unwrap_or_default();
            let outcomes = invocation.deliver::<O>(Carrier::Pipe, records.into_iter().map(Delivery::from).collect(), bytes).await;
            to_json(&Outcome::list(outcomes, SYNCHRONOUS_BYTES))
        }
        Event::Notifications(notices) => {
            let bytes = MESSAGE_BYTES.checked_div(notices.len()).unwrap_or_default();
            let outcomes = invocation.deliver::<O>(Carrier::Topic, notices.into_iter().map(Delivery::from).collect(), bytes).await;
            match outcomes.iter().find_map(Outcome::reason_to_come_back) {
                Some(reason) => Err(FunctionError(reason.clone())),
                None => to_json(&Outcome::list(outcomes, SYNCHRONOUS_BYTES)),
            }
        }
        Event::Bus(notice) => {
            let outcomes = invocation.deliver::<O>(Carrier::Bus, vec![Delivery::from(notice)], MESSAGE_BYTES).await;
            match outcomes.into_iter().next() {
                Some(outcome) => outcome.into_answer().map_err(FunctionError),
                None => Err(FunctionError(invocation.defect())),
            }
        }
        Event::Direct(request) => {
            let budget = AnswerBudget { bytes: SYNCHRONOUS_BYTES, escaped: false };
            let request = if request.len() > request::LARGEST_REQUEST {
                Err(Error::new(ErrorCode::PayloadTooLarge, format!("the request is larger than {} bytes", request::LARGEST_REQUEST)))
            } else {
                request::parse(request)
            };
            let answer = invocation.perform::<O>(request, budget, None).await.map_err(FunctionError)?;
            to_json(&answer)
        }
    }
}

fn to_json(value: &impl Serialize) -> Result<Box<RawValue>, FunctionError> {
    serde_json::value::to_raw_value(value)
        .map_err(|error| FunctionError(Error::new(ErrorCode::Internal, format!("the answer cannot be written: {error}"))))
}

pub(super) struct Invocation<'a> {
    pub(super) function: &'a Function,
    pub(super) pace: Pace,
    pub(super) deadline: Deadline,
    pub(super) request_id: &'a str,
    pub(super) function_arn: &'a str,
}

impl Invocation<'_> {
    /// What a request works with, whose order is good until this moment. `hands_on`: its answer is to be sent on in time, too.
    pub(super) fn session(&self, order_expires_at: Option<Timestamp>, hands_on: bool) -> Session<'_> {
        let Function { config, transport } = self.function;
        let deadline = if hands_on { self.deadline.sooner(HAND_ON_RESERVE) } else { self.deadline };
        Session { config, transport, pace: &self.pace, deadline, now: (transport.clock)(), order_expires_at }
    }

    async fn perform<O: Operation>(
        &self,
        request: Result<O::Request, Error>,
        budget: AnswerBudget,
        order_expires_at: Option<Timestamp>,
    ) -> Result<O::Answer, Error> {
        let session = self.session(order_expires_at, false);
        let result = match request {
            Ok(request) => contained(O::perform(&session, request, budget)).await.unwrap_or_else(|| Err(self.defect())),
            Err(error) => Err(error),
        };
        if let Err(error) = &result {
            self.log_failure(error);
        }
        result
    }

    pub(super) fn defect(&self) -> Error {
        Error::new(ErrorCode::Internal, format!("a defect here; the log of invocation {} says where", self.request_id))
    }

    pub(super) fn log_failure(&self, error: &Error) {
        let told = error.provider_error.as_ref();
        tracing::warn!(
            function_request_id = self.request_id,
            code = error.code.as_str(),
            detail = error.detail,
            field = error.field,
            provider_code = told.map(|told| told.code.as_str()),
            provider_request_id = told.and_then(|told| told.request_id.as_deref()),
            "the request failed"
        );
    }
}

/// Runs a future whose panic stays its own. `None` when it panicked; the panic hook has logged where.
pub(super) async fn contained<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(None),
    })
    .await
}
