//! The three operations: their steps and guards. They know the providers only by their traits.

mod certificates;
mod change;
mod cursor;
mod describe;
mod figures;
mod size;
mod sources;
mod status;

pub use change::{
    ClientSession, Inactivate, InactivateAnswer, InactivateResult, NextOrder, OneInactivateAnswer,
    OrderAnswer, Outcome, Plan, PlannedPage, SessionOutcome, Sessions, SeveralInactivateAnswer,
    SourceInactivation, SourcedInactivation,
};
pub use describe::{
    ByEffectiveStatus, ByExpiry, Counts, Describe, DescribeAnswer, DescribedCertificate,
    OneDescribeAnswer, SeveralDescribeAnswer, SourceAnswer, SourcedCertificate, SourcedUndecided,
    UndecidedCertificate,
};
pub use figures::AnswerFigures;
pub use status::{
    CrossChecked, Flag, OneStatusAnswer, SeveralStatusAnswer, SourceStatus, SourcedResult, Status,
    StatusAnswer, StatusResult,
};

use std::future::Future;

use serde::Serialize;

use crate::config::Config;
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::provider::{CallContext, RequestContext};
use crate::request::{
    self, InactivationOrder, MessageIdentity, OrderPart, QueryParameter, Request,
};
use certificates::{check_each, contradiction, shared_error};
use sources::{check_distinct, one_source, requested_sources, scope_path};

/// An operation that a Lambda function serves.
pub trait Operation {
    /// Its name in answers and logs.
    const NAME: &'static str;
    /// The query parameters of a GET; `None` for an operation that makes changes, which a GET must
    /// not do.
    const QUERY: Option<&'static [QueryParameter]>;
    /// Whether the operation changes nothing, so that messages with the same request can share one
    /// answer.
    const READS_ONLY: bool;
    /// Its requests.
    type Request: Request;
    /// Its answers.
    type Answer: Answer;

    /// Carries out one request.
    fn perform(
        context: &CallContext<'_>,
        request: Self::Request,
        answer_budget: AnswerBudget,
    ) -> impl Future<Output = Result<Self::Answer, Error>>;

    /// The request for the next page, if the answer could not hold everything that was requested.
    fn next_page(_request: Self::Request, _answer: &Self::Answer) -> Option<Self::Request> {
        None
    }

    /// Reads a request from a message of the function's own queue, which may also continue an
    /// earlier request.
    ///
    /// # Errors
    /// As [`request::parse`].
    fn from_message(text: &str) -> Result<Self::Request, Error> {
        request::parse(text)
    }

    /// Reads an order that this function has signed, from a direct invocation.
    ///
    /// # Errors
    /// `forbidden` for an order that this function has not signed, and as [`request::parse`].
    fn from_signed(text: &str, _: &Config) -> Result<Self::Request, Error> {
        request::parse(text)
    }

    /// The identity of a request that is carried out once, even if it is sent twice. `None` for any
    /// other request.
    fn identity(_request: &Self::Request) -> Option<RequestIdentity> {
        None
    }

    /// The request for the work that this answer leaves undone, to be sent to the function's own
    /// queue. `None` if nothing is left, and if nothing was done, which is a failure: the queue then
    /// redelivers the message itself.
    fn continuation(
        _request: &Self::Request,
        _answer: &Self::Answer,
        _context: &RequestContext<'_>,
    ) -> Option<Self::Request> {
        None
    }

    /// The message of this identity that continues with a request of [`Self::continuation`].
    /// `unsent_event` is the results event of the answer before, which the next invocation publishes.
    fn continuation_message(
        _request: &Self::Request,
        _identity: MessageIdentity,
        _unsent_event: Option<String>,
    ) -> String {
        String::new()
    }

    /// The order that a request continues.
    fn continued_order(_request: &Self::Request) -> Option<&InactivationOrder> {
        None
    }

    /// The part of an order that a request stands for, where it is an order.
    fn order_part(_request: &Self::Request, _context: &RequestContext<'_>) -> Option<OrderPart> {
        None
    }

    /// The caller of the order that a request continues, as far as that is known.
    fn caller_of_order(_request: &Self::Request) -> Option<&str> {
        None
    }

    /// Whether a request can be put into the function's own queue, to be carried out later.
    const CAN_BE_DEFERRED: bool = false;

    /// The message for the function's own queue with which a request is carried out later.
    ///
    /// # Errors
    /// The reason why the request cannot be carried out, as far as it is known without a call.
    fn deferral_message(
        _context: &CallContext<'_>,
        _request: &Self::Request,
    ) -> Result<String, Error> {
        Err(Error::new(
            ErrorCode::Unsupported,
            format!("{} only reads, and answers at once", Self::NAME),
        ))
    }

    /// Groups the requests of one batch that can be carried out together, by their indexes. Each
    /// request is in exactly one group; by default each has a group of its own.
    fn groups(requests: &[&Self::Request], _: &Config) -> Vec<Vec<usize>> {
        (0..requests.len()).map(|index| vec![index]).collect()
    }

    /// Carries out the requests of one group. Returns one answer for each, in their order.
    fn perform_group(
        context: &CallContext<'_>,
        requests: Vec<Self::Request>,
        answer_budget: AnswerBudget,
    ) -> impl Future<Output = Vec<Result<Self::Answer, Error>>> {
        async move {
            let mut answers = Vec::new();
            for request in requests {
                answers.push(Self::perform(context, request, answer_budget).await);
            }
            answers
        }
    }
}

/// The identity of a request that is carried out once.
#[derive(Debug)]
pub struct RequestIdentity {
    /// The idempotency key, unique among the requests of the order's caller.
    pub key: String,
    /// Canonical bytes of the request, which do not depend on how its JSON was written.
    pub request: Vec<u8>,
    /// The moment after which the request is refused.
    pub until: Option<Timestamp>,
}

/// An answer, as the trigger, the log and the metrics need it.
pub trait Answer: Serialize {
    /// The errors inside an answer that succeeded in part.
    fn failures(&self) -> impl Iterator<Item = &Error>;

    /// The source that was called, like `alibaba-mqtt/cn-hangzhou/post-cn-7mz2d0000`; `None` for
    /// several sources.
    fn subject(&self) -> Option<String>;

    /// The providers' request ids.
    fn provider_request_ids(&self) -> Vec<&str>;

    /// Numbers for the metrics, by names that begin with their kind: `outcome_inactivated`,
    /// `status_good`, `expiry_within_7_days`.
    fn counts(&self) -> Vec<(String, u64)>;

    /// The part of an order that the answer reports.
    fn part(&self) -> Option<OrderPart> {
        None
    }

    /// The amount of certificates in the answer.
    fn extent(&self) -> Extent;

    /// The answer without PEMs, for a log that takes whole answers.
    #[must_use]
    fn for_log(self) -> Self;

    /// Whether the request has made progress, so that a repeat would find less to do.
    fn has_progress(&self) -> bool {
        true
    }

    /// Removes the request for the remaining work from the answer, because the function continues the
    /// work itself.
    fn note_continuation(&mut self) {}
}

/// The amount of certificates in an answer.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Number of certificates in it.
    pub certificates: usize,
    /// Whether certificates are left, for which the answer has a cursor or the order continues.
    pub has_more: bool,
}

/// The members of an object of numbers, with `kind` before each name.
fn counted(kind: &str, numbers: &impl Serialize) -> Vec<(String, u64)> {
    let members = serde_json::to_value(numbers).unwrap_or_default();
    let members = members.as_object().into_iter().flatten();
    members
        .filter_map(|(name, count)| Some((format!("{kind}_{name}"), count.as_u64()?)))
        .collect()
}

/// Maximum size of an answer, and how its bytes are counted.
#[derive(Clone, Copy, Debug)]
pub struct AnswerBudget {
    /// Maximum number of bytes of the whole answer.
    pub bytes: usize,
    /// Whether the answer is sent as a JSON string inside JSON, where quotes and backslashes take
    /// two bytes.
    pub escaped: bool,
}

#[cfg(test)]
mod tests;
