//! One event from bytes to bytes.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::SystemTime;

use lambda_runtime::{Context, Diagnostic};
use serde::Serialize;
use serde_json::value::RawValue;

use super::Function;
use super::event::{Event, check_record_body, recognise};
use super::queue::{BatchAnswer, Record};
use crate::error::{Error, ErrorCode};
use crate::operation::{Answer, AnswerBudget, Operation};
use crate::provider::Session;
use crate::request;
use crate::telemetry::RECORD;
use crate::transport::Deadline;

/// Lambda takes 6 MB (6,291,556 bytes) of a synchronous answer.
const SYNCHRONOUS_BYTES: usize = 6_200_000;
/// A load balancer takes 1 MB of it.
const LOAD_BALANCER_BYTES: usize = 980_000;
/// A message of a queue has at most 1 MiB; so has a line of the log.
const MESSAGE_BYTES: usize = 1_000_000;

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
/// The request's own failure on a direct invocation; an event that cannot be taken at all.
pub async fn handle<O: Operation>(function: &Function, event: &str, context: &Context) -> Result<Box<RawValue>, FunctionError> {
    let deadline = Deadline::new(context.deadline(), SystemTime::now());
    let invocation = Invocation { function, deadline, request_id: &context.request_id };
    match recognise(event).map_err(FunctionError)? {
        Event::Http(event) => {
            let bytes = if event.is_from_load_balancer() { LOAD_BALANCER_BYTES } else { SYNCHRONOUS_BYTES };
            let budget = AnswerBudget { bytes, escaped: true };
            let result = invocation.perform::<O>(event.request::<O>(), budget).await;
            to_json(&event.answer::<O>(result.as_ref()))
        }
        Event::Queue(records) => to_json(&invocation.perform_batch::<O>(records).await),
        Event::Direct(request) => {
            let budget = AnswerBudget { bytes: SYNCHRONOUS_BYTES, escaped: false };
            let request = if request.len() > request::LARGEST_REQUEST {
                Err(Error::new(ErrorCode::PayloadTooLarge, format!("the request is larger than {} bytes", request::LARGEST_REQUEST)))
            } else {
                request::parse(request)
            };
            let answer = invocation.perform::<O>(request, budget).await.map_err(FunctionError)?;
            to_json(&answer)
        }
    }
}

fn to_json(value: &impl Serialize) -> Result<Box<RawValue>, FunctionError> {
    serde_json::value::to_raw_value(value)
        .map_err(|error| FunctionError(Error::new(ErrorCode::Internal, format!("the answer cannot be written: {error}"))))
}

struct Invocation<'a> {
    function: &'a Function,
    deadline: Deadline,
    request_id: &'a str,
}

impl Invocation<'_> {
    async fn perform<O: Operation>(&self, request: Result<O::Request, Error>, budget: AnswerBudget) -> Result<O::Answer, Error> {
        let Function { config, transport } = self.function;
        let session = Session { config, transport, deadline: self.deadline, now: (transport.clock)() };
        let result = match request {
            Ok(request) => match contained(O::perform(&session, request, budget)).await {
                Some(result) => result,
                None => {
                    let detail = format!("a defect here; the log of invocation {} says where", self.request_id);
                    Err(Error::new(ErrorCode::Internal, detail))
                }
            },
            Err(error) => Err(error),
        };
        if let Err(error) = &result {
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
        result
    }

    /// Each record on its own. Of an ordered queue nothing is done behind a record that comes back.
    async fn perform_batch<O: Operation>(&self, records: Vec<Record<'_>>) -> BatchAnswer {
        let mut answer = BatchAnswer::default();
        let mut halted = false;
        for record in records {
            halted = halted && record.is_ordered;
            let done = !halted && contained(self.perform_record::<O>(&record)).await == Some(RecordOutcome::Done);
            if !done {
                halted = record.is_ordered;
                answer.returns(record.message_id);
            }
        }
        answer
    }

    async fn perform_record<O: Operation>(&self, record: &Record<'_>) -> RecordOutcome {
        let budget = AnswerBudget { bytes: MESSAGE_BYTES, escaped: false };
        let request = record.body().and_then(|body| {
            check_record_body(&body)?;
            request::parse(&body)
        });
        let message_id = record.message_id.as_str();
        match self.perform::<O>(request, budget).await {
            Ok(answer) => {
                let comes_back = answer.failures().any(Error::comes_back);
                let answer = serde_json::to_string(&answer.for_log()).unwrap_or_default();
                tracing::info!(target: RECORD, function_request_id = self.request_id, message_id, comes_back, json.answer = answer, "answer");
                RecordOutcome::of(comes_back)
            }
            Err(error) => {
                let comes_back = error.comes_back();
                let answer = serde_json::to_string(&error).unwrap_or_default();
                tracing::info!(target: RECORD, function_request_id = self.request_id, message_id, comes_back, json.error = answer, "answer");
                RecordOutcome::of(comes_back)
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum RecordOutcome {
    Done,
    ComesBack,
}

impl RecordOutcome {
    const fn of(comes_back: bool) -> Self {
        if comes_back { Self::ComesBack } else { Self::Done }
    }
}

/// Runs a future whose panic stays its own. `None` when it panicked; the panic hook has logged where.
async fn contained<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(None),
    })
    .await
}
