//! Handles one event: from its bytes to the bytes of the answer.

use std::cell::RefCell;
use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::event::sqs::SqsBatchResponse;
use lambda_runtime::Context;
use serde_json::value::RawValue;

use super::event::{Event, recognise};
use super::failure::{FunctionError, to_json};
use super::function::Function;
use super::http::{self, HttpEvent, PayloadFormat, Reply, status_and_body};
use super::idempotency::{IdempotencyKeys, KeyState, Owner, check_key};
use super::invocation::{Invocation, catch_panic};
use super::limits::{LOAD_BALANCER_BYTES, OWN_CALL_RESERVE, SYNCHRONOUS_BYTES, request_too_large};
use super::message::{MessageSource, QueuedMessage};
use super::outcome::Outcome;
use super::process::MessageProcessor;
use crate::config::IDEMPOTENCY_TABLE;
use crate::error::{Error, ErrorCode};
use crate::operation::{AnswerBudget, Operation};
use crate::provider::RequestContext;
use crate::signing::webhook::WebhookId;
use crate::telemetry::{AUDIT, EventScope, shortened_name};
use crate::transport::{Deadline, Limiter, Waiting};

/// Maximum age of an order over HTTP. No client waits longer for its answer, so that an older request
/// is a stored one that is sent again.
const HTTP_ORDER_MAX_AGE: Duration = Duration::from_secs(15 * 60);

/// Answers one event, given by its bytes.
///
/// # Errors
/// The error of the request on a direct invocation and from a bus, an error that needs redelivery from
/// a topic, and the error of an event of an unsupported kind.
pub async fn handle<O: Operation>(
    function: &Function,
    event: &[u8],
    context: &Context,
) -> Result<Box<RawValue>, FunctionError> {
    let begun = Instant::now();
    let _scope = EventScope::enter(&context.request_id, context.xray_trace_id.as_deref());
    let event = recognise(event);
    let (kind, waiting) = event
        .as_ref()
        .map_or(("unknown", Waiting::Caller), |event| {
            (event.kind(), event.waiting())
        });
    let invocation = Invocation {
        function,
        limiter: Limiter::begin(&function.config.rate_limits, waiting),
        deadline: Deadline::new(context.deadline(), SystemTime::now()),
        request_id: &context.request_id,
        function_arn: &context.invoked_function_arn,
        metrics: RefCell::default(),
    };
    let answer = match event {
        Ok(Event::Http(event)) => invocation.answer_http::<O>(&event).await,
        Ok(Event::TooLongHttp(format)) => invocation.refuse_unread(format),
        Ok(Event::Messages(source, messages)) => {
            invocation.answer_messages::<O>(source, &messages).await
        }
        Ok(Event::Direct(event)) => invocation.answer_direct::<O>(&event).await,
        Err(error) => {
            invocation.log_failure(&error);
            Err(FunctionError(error))
        }
    };
    let Invocation {
        limiter, metrics, ..
    } = invocation;
    match waiting {
        Waiting::Caller => function.next_event_at.set(limiter.paid_at()),
        Waiting::Queue | Waiting::Nobody => limiter.pay().await,
    }
    metrics
        .into_inner()
        .write(kind, begun.elapsed(), limiter.counts());
    answer
}

/// An HTTP request with the circumstances of its answer.
#[derive(Clone, Copy)]
struct HttpCall<'a> {
    event: &'a HttpEvent<'a>,
    /// Whether the request is a webhook whose signature was verified.
    is_webhook: bool,
    budget: AnswerBudget,
    context: RequestContext<'a>,
}

impl Invocation<'_> {
    /// The answer to an HTTP request that is too long to be read.
    fn refuse_unread(&self, format: PayloadFormat) -> Result<Box<RawValue>, FunctionError> {
        let error = request_too_large();
        self.log_failure(&error);
        to_json(&http::refusal(format, error))
    }

    async fn answer_http<O: Operation>(
        &self,
        event: &HttpEvent<'_>,
    ) -> Result<Box<RawValue>, FunctionError> {
        if event.is_health_check() {
            return to_json(&event.answer::<O>(&Ok(Reply::Healthy), None));
        }
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
            tracing::info!(target: AUDIT, %webhook_id, "a webhook");
        }
        let event_id = webhook_id
            .as_ref()
            .map_or(self.request_id, WebhookId::as_str);
        let context = RequestContext {
            id: match &webhook_id {
                Some(_) => event_id,
                None => event.idempotency_key().unwrap_or(event_id),
            },
            event_id,
            caller: webhook.as_deref().or(event.caller.as_deref()),
            expires_at: event
                .received_at
                .map(|moment| moment.plus(HTTP_ORDER_MAX_AGE)),
            redelivered_since: None,
            continues: false,
        };
        let call = HttpCall {
            event,
            is_webhook: webhook_id.is_some(),
            budget,
            context,
        };
        let is_verified = call.is_webhook || event.caller_is_known;
        self.add_caller(context.caller, is_verified);
        let reply = match request {
            Ok(request) => self.reply_once::<O>(&call, request).await,
            Err(error) => self.reply::<O>(&call, Err(error), self.deadline).await,
        };
        to_json(&event.answer::<O>(&reply, webhook_id.as_ref()))
    }

    /// Carries out a request, or puts it into the function's own queue: if its client prefers that,
    /// and, where there is a queue, if it is a webhook. The sender of a webhook waits for an
    /// acknowledgement, not for a result, and a function that anybody can call then needs no key of a
    /// cloud.
    async fn reply<O: Operation>(
        &self,
        call: &HttpCall<'_>,
        request: Result<O::Request, Error>,
        deadline: Deadline,
    ) -> Result<Reply<O::Answer>, Error> {
        let HttpCall {
            event,
            is_webhook,
            budget,
            context,
        } = *call;
        let is_for_later = event.prefers_async() || (is_webhook && self.orders_queue().is_some());
        match request {
            Ok(request) if is_for_later && O::CAN_BE_DEFERRED => {
                self.defer::<O>(&request, context, deadline).await
            }
            request => self
                .perform::<O>(request, budget, context, deadline)
                .await
                .map(Reply::Answer)
                .map_err(|error| event.in_the_callers_terms::<O>(error)),
        }
    }

    /// Replies as [`Self::reply`], and carries the request out once for each idempotency key. Where the
    /// function has a table of keys, the id of a webhook is its key. A request that only reads needs no
    /// key, because a repeat changes nothing.
    async fn reply_once<O: Operation>(
        &self,
        call: &HttpCall<'_>,
        request: O::Request,
    ) -> Result<Reply<O::Answer>, Error> {
        let HttpCall {
            event,
            is_webhook,
            context,
            ..
        } = *call;
        let keys = self.idempotency_keys();
        // The signature of a webhook covers its id, and not the header `idempotency-key`.
        let (owner, key) = if is_webhook {
            (Owner::Webhooks, keys.as_ref().map(|_| context.id))
        } else {
            (Owner::Caller(context.caller), event.idempotency_key())
        };
        let Some(key) = key.filter(|_| !O::READS_ONLY) else {
            return self.reply::<O>(call, Ok(request), self.deadline).await;
        };
        let claimed = async {
            check_key(key)?;
            let keys = keys.ok_or_else(no_table)?;
            let state = keys.claim(O::NAME, owner, key, event.body(), None).await?;
            Ok((keys, state))
        };
        let (keys, claim) = match claimed.await {
            Ok((keys, KeyState::Claimed(claim))) => (keys, claim),
            Ok((_, KeyState::Answered(answer))) => {
                tracing::info!(target: AUDIT, order_id = context.id, caller = context.caller.map(shortened_name).as_deref(), "a repeat has the answer of the first request");
                return Ok(Reply::Replayed(answer));
            }
            Err(error) => {
                self.log_failure(&error);
                return Err(error);
            }
        };
        let deadline = self.deadline.sooner(OWN_CALL_RESERVE);
        let reply = self.reply::<O>(call, Ok(request), deadline).await;
        match &reply {
            Err(error) if error.code.retryable() => keys.free(&claim).await,
            reply => keys.keep(&claim, status_and_body(reply)).await,
        }
        reply
    }

    pub(super) fn idempotency_keys(&self) -> Option<IdempotencyKeys<'_>> {
        let Function {
            config, transport, ..
        } = self.function;
        IdempotencyKeys::new(config, transport, self.deadline, self.limiter.unlimited())
    }

    async fn answer_messages<O: Operation>(
        &self,
        source: MessageSource,
        messages: &[QueuedMessage],
    ) -> Result<Box<RawValue>, FunctionError> {
        let processor = MessageProcessor::new::<O>(self, source, messages);
        let outcomes = processor.process::<O>().await;
        match source {
            MessageSource::Queue => {
                let mut response = SqsBatchResponse::default();
                messages
                    .iter()
                    .zip(&outcomes)
                    .filter(|(_, outcome)| outcome.needs_redelivery())
                    .filter_map(|(message, _)| message.id.as_deref())
                    .for_each(|id| response.add_failure(id));
                to_json(&response)
            }
            MessageSource::Pipe => to_json(&Outcome::into_list(outcomes, SYNCHRONOUS_BYTES)),
            MessageSource::Topic => match outcomes.iter().find_map(Outcome::redelivery_reason) {
                Some(reason) => Err(FunctionError(reason.clone())),
                None => to_json(&Outcome::into_list(outcomes, SYNCHRONOUS_BYTES)),
            },
            MessageSource::Bus => outcomes
                .into_iter()
                .next()
                .unwrap_or_else(|| Outcome::failed(self.internal_error()))
                .into_answer()
                .map_err(FunctionError),
        }
    }

    /// Carries out a request whose caller waits for the answer. An error in place of the request is
    /// logged and returned.
    pub(super) async fn perform<O: Operation>(
        &self,
        request: Result<O::Request, Error>,
        budget: AnswerBudget,
        request_context: RequestContext<'_>,
        deadline: Deadline,
    ) -> Result<O::Answer, Error> {
        let context = self.context(request_context, deadline);
        let result = match request {
            Ok(request) => catch_panic(O::perform(&context, request, budget))
                .await
                .unwrap_or_else(|| Err(self.internal_error())),
            Err(error) => Err(error),
        };
        match &result {
            Ok(answer) => self.count([answer]),
            Err(error) => self.log_failure(error),
        }
        result
    }
}

fn no_table() -> Error {
    let detail = format!(
        "the function has no table of idempotency keys; set {IDEMPOTENCY_TABLE}, or send the request without a key"
    );
    Error::new(ErrorCode::Unsupported, detail).with_field("idempotency-key")
}
