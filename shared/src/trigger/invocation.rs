//! One event from bytes to bytes.

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::{Context, Diagnostic};
use serde::Serialize;
use serde_json::value::RawValue;

use super::Function;
use super::batch::{Carrier, Delivery};
use super::event::{Event, recognise};
use super::http::Reply;
use super::outcome::Outcome;
use super::queue::BatchAnswer;
use super::record::EventRecord;
use crate::config::ORDERS_QUEUE_URL;
use crate::error::{Error, ErrorCode};
use crate::operation::{Answer, AnswerBudget, Operation};
use crate::provider::{CallContext, RequestContext};
use crate::request;
use crate::signing::webhook::WebhookId;
use crate::telemetry::{EventScope, RECORD};
use crate::transport::{Deadline, Limiter, Waiting};
use crate::trigger::publish::Queue;

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

/// A failed invocation as Lambda reports it: the code as the error's type, the problem document as
/// its message.
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
/// The request's own failure on a direct invocation and from a bus, a failure that is worth another
/// delivery from a topic; an event that cannot be taken at all.
pub async fn handle<O: Operation>(
    function: &Function,
    event: &str,
    context: &Context,
) -> Result<Box<RawValue>, FunctionError> {
    let begun = Instant::now();
    let _scope = EventScope::enter(&context.request_id, context.xray_trace_id.as_deref());
    let deadline = Deadline::new(context.deadline(), SystemTime::now());
    let event = recognise(event);
    let (kind, waiting) = event
        .as_ref()
        .map_or(("unknown", Waiting::Caller), |event| {
            (event.kind(), event.waiting())
        });
    let limiter = Limiter::begin(&function.config.rate_limits, waiting);
    let (request_id, function_arn) = (
        context.request_id.as_str(),
        context.invoked_function_arn.as_str(),
    );
    let invocation = Invocation {
        function,
        limiter,
        deadline,
        request_id,
        function_arn,
        record: RefCell::default(),
    };
    let answer = match event {
        Ok(event) => invocation.answer::<O>(event).await,
        Err(error) => {
            invocation.log_failure(&error);
            Err(FunctionError(error))
        }
    };
    let Invocation {
        limiter, record, ..
    } = invocation;
    match waiting {
        Waiting::Caller => function.next_event_at.set(limiter.paid_at()),
        Waiting::Queue | Waiting::Nobody => limiter.pay().await,
    }
    record
        .into_inner()
        .write(kind, begun.elapsed(), limiter.counts());
    answer
}

impl Invocation<'_> {
    async fn answer<O: Operation>(&self, event: Event<'_>) -> Result<Box<RawValue>, FunctionError> {
        match event {
            Event::Http(event) => {
                let bytes = if event.is_from_load_balancer() {
                    LOAD_BALANCER_BYTES
                } else {
                    SYNCHRONOUS_BYTES
                };
                let budget = AnswerBudget {
                    bytes,
                    escaped: true,
                };
                let (webhook_id, request) = match event.authenticate(self.function) {
                    Ok(webhook_id) => (webhook_id, event.request::<O>()),
                    Err(error) => (None, Err(error)),
                };
                let webhook = webhook_id
                    .as_ref()
                    .map(|webhook_id| format!("webhook {webhook_id}"));
                if let Some(webhook_id) = &webhook_id {
                    tracing::info!(target: RECORD, %webhook_id, "a webhook");
                }
                let context = RequestContext {
                    id: webhook_id
                        .as_ref()
                        .map_or(self.request_id, WebhookId::as_str),
                    caller: webhook.as_deref().or(event.caller.as_deref()),
                    expires_at: event
                        .received_at
                        .map(|moment| moment.plus(HTTP_ORDER_MAX_AGE)),
                    redelivered_since: None,
                };
                let reply = match request {
                    Ok(request) if event.prefers_async() && O::CAN_BE_DEFERRED => {
                        self.defer::<O>(&request, context).await
                    }
                    request => self
                        .perform::<O>(request, budget, context)
                        .await
                        .map(Reply::Answer),
                };
                to_json(&event.answer::<O>(&reply, webhook_id.as_ref()))
            }
            Event::Queue(records) => {
                let ids: Vec<String> = records
                    .iter()
                    .map(|record| record.message_id.clone())
                    .collect();
                let deliveries = records.into_iter().map(Delivery::from).collect();
                let outcomes = self
                    .deliver::<O>(Carrier::Queue, deliveries, MESSAGE_BYTES)
                    .await;
                to_json(
                    &ids.into_iter()
                        .zip(&outcomes)
                        .filter(|(_, outcome)| outcome.comes_back())
                        .map(|(id, _)| id)
                        .collect::<BatchAnswer>(),
                )
            }
            Event::Pipe(records) => {
                let bytes = SYNCHRONOUS_BYTES
                    .checked_div(records.len())
                    .unwrap_or_default();
                let outcomes = self
                    .deliver::<O>(
                        Carrier::Pipe,
                        records.into_iter().map(Delivery::from).collect(),
                        bytes,
                    )
                    .await;
                to_json(&Outcome::list(outcomes, SYNCHRONOUS_BYTES))
            }
            Event::Notifications(notices) => {
                let bytes = MESSAGE_BYTES.checked_div(notices.len()).unwrap_or_default();
                let outcomes = self
                    .deliver::<O>(
                        Carrier::Topic,
                        notices.into_iter().map(Delivery::from).collect(),
                        bytes,
                    )
                    .await;
                match outcomes.iter().find_map(Outcome::reason_to_come_back) {
                    Some(reason) => Err(FunctionError(reason.clone())),
                    None => to_json(&Outcome::list(outcomes, SYNCHRONOUS_BYTES)),
                }
            }
            Event::Bus(notice) => {
                let outcomes = self
                    .deliver::<O>(Carrier::Bus, vec![Delivery::from(notice)], MESSAGE_BYTES)
                    .await;
                match outcomes.into_iter().next() {
                    Some(outcome) => outcome.into_answer().map_err(FunctionError),
                    None => Err(FunctionError(self.defect())),
                }
            }
            Event::Direct(request) => {
                let budget = AnswerBudget {
                    bytes: SYNCHRONOUS_BYTES,
                    escaped: false,
                };
                let request = if request.len() > request::LARGEST_REQUEST {
                    Err(Error::new(
                        ErrorCode::PayloadTooLarge,
                        format!(
                            "the request is larger than {} bytes",
                            request::LARGEST_REQUEST
                        ),
                    ))
                } else {
                    request::parse(request)
                };
                let answer = self
                    .perform::<O>(request, budget, self.nobody())
                    .await
                    .map_err(FunctionError)?;
                to_json(&answer)
            }
        }
    }
}

fn to_json(value: &impl Serialize) -> Result<Box<RawValue>, FunctionError> {
    serde_json::value::to_raw_value(value).map_err(|error| {
        FunctionError(Error::new(
            ErrorCode::Internal,
            format!("the answer cannot be written: {error}"),
        ))
    })
}

pub(super) struct Invocation<'a> {
    pub(super) function: &'a Function,
    pub(super) limiter: Limiter,
    pub(super) deadline: Deadline,
    pub(super) request_id: &'a str,
    pub(super) function_arn: &'a str,
    pub(super) record: RefCell<EventRecord>,
}

impl Invocation<'_> {
    /// Of a request that its event says nothing of.
    const fn nobody(&self) -> RequestContext<'_> {
        RequestContext {
            id: self.request_id,
            caller: None,
            expires_at: None,
            redelivered_since: None,
        }
    }

    /// What a request works with. `hands_on`: its answer is to be sent on in time, too.
    pub(super) fn session<'a>(
        &'a self,
        context: RequestContext<'a>,
        hands_on: bool,
    ) -> CallContext<'a> {
        let Function {
            config,
            transport,
            credential_caches,
            learned,
            ..
        } = self.function;
        let deadline = if hands_on {
            self.deadline.sooner(HAND_ON_RESERVE)
        } else {
            self.deadline
        };
        CallContext {
            config,
            transport,
            credential_caches,
            learned,
            limiter: &self.limiter,
            deadline,
            now: (transport.clock)(),
            request: context,
        }
    }

    async fn perform<O: Operation>(
        &self,
        request: Result<O::Request, Error>,
        budget: AnswerBudget,
        context: RequestContext<'_>,
    ) -> Result<O::Answer, Error> {
        let session = self.session(context, false);
        let result = match request {
            Ok(request) => contained(O::perform(&session, request, budget))
                .await
                .unwrap_or_else(|| Err(self.defect())),
            Err(error) => Err(error),
        };
        match &result {
            Ok(answer) => self.count(std::iter::once(answer)),
            Err(error) => self.log_failure(error),
        }
        result
    }

    /// Puts a request that could be carried out into the function's own queue.
    async fn defer<O: Operation>(
        &self,
        request: &O::Request,
        context: RequestContext<'_>,
    ) -> Result<Reply<O::Answer>, Error> {
        let session = self.session(context, false);
        let sent = async {
            let message = O::deferred(&session, request)?;
            let queue = Queue::of_orders(&self.function.config, &self.function.transport).ok_or_else(|| {
                let detail = format!("there is no queue to carry the order out later; set {ORDERS_QUEUE_URL}, or leave the preference out");
                Error::new(ErrorCode::Unsupported, detail).with_field("prefer")
            })?;
            let errors = queue
                .send(self.deadline, self.limiter.unlimited(), &[message])
                .await;
            errors.into_iter().flatten().next().map_or(Ok(()), Err)
        };
        match sent.await {
            Ok(()) => {
                tracing::info!(target: RECORD, order_id = context.id, caller = context.caller, "an order was put into the queue");
                Ok(Reply::Accepted {
                    order_id: context.id.to_owned(),
                })
            }
            Err(error) => {
                self.log_failure(&error);
                Err(error)
            }
        }
    }

    /// For the line at the event's end.
    pub(super) fn count<'a, A: Answer + 'a>(&self, answers: impl Iterator<Item = &'a A>) {
        let mut record = self.record.borrow_mut();
        answers.for_each(|answer| record.add(answer));
    }

    pub(super) fn defect(&self) -> Error {
        Error::new(
            ErrorCode::Internal,
            format!(
                "a defect here; the log of invocation {} says where",
                self.request_id
            ),
        )
    }

    pub(super) fn log_failure(&self, error: &Error) {
        let told = error.provider_error.as_ref();
        let mut record = self.record.borrow_mut();
        record.errors = record.errors.saturating_add(1);
        tracing::warn!(
            code = error.code.as_str(),
            detail = error.detail,
            field = error.field,
            provider_code = told.map(|told| told.code.as_str()),
            provider_request_id = told.and_then(|told| told.request_id.as_deref()),
            "the request failed"
        );
    }
}

/// Runs a future whose panic stays its own. `None` when it panicked; the panic hook has logged
/// where.
pub(super) async fn contained<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(move |context| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}
