//! Makes a call in up to three attempts. Each is signed anew, and the waits between them fit into the
//! deadline.

use std::time::{Duration, SystemTime};

use super::hint::retry_after;
use super::{
    Deadline, HttpRequest, HttpResponse, Lane, LocalFuture, Repeat, RetryQuota, SendError, SendHttp,
};
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;

/// Attempts for one call, the first one included.
const MOST_ATTEMPTS: u32 = 3;
/// First wait after a failure without a hint.
const BASE_WAIT: Duration = Duration::from_millis(50);
/// First wait after the vendor has throttled a call.
const THROTTLED_BASE_WAIT: Duration = Duration::from_secs(1);
/// No wait is longer. When a vendor asks for a longer one, the call is not repeated.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A call that did not succeed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The error for the caller.
    pub error: Error,
    /// Whether the call may have had its effect all the same.
    pub may_have_acted: bool,
    /// Whether the call was not made at all, because too little time was left.
    pub lacked_time: bool,
}

impl Failure {
    /// A call that was not made at all.
    pub(crate) fn not_made(error: Error) -> Self {
        Self {
            error,
            may_have_acted: false,
            lacked_time: false,
        }
    }

    /// A call that succeeded and kept no result: a bug in this code.
    pub(crate) fn without_result() -> Self {
        let error = Error::new(
            ErrorCode::Internal,
            "a call has no result although it did not fail",
        );
        Self {
            error,
            may_have_acted: true,
            lacked_time: false,
        }
    }
}

/// Makes of a function that reads an answer one that stores its result in `result`.
pub(crate) fn keep_result<T>(
    result: &mut Option<T>,
    read: impl Fn(&HttpResponse) -> Result<T, Error>,
) -> impl FnMut(&HttpResponse) -> Result<(), Error> {
    move |response| {
        *result = Some(read(response)?);
        Ok(())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// Sends calls. The clock, the randomness and the network are parts that tests replace.
pub struct Transport {
    /// The network.
    pub http: Box<dyn SendHttp>,
    /// The time now.
    pub clock: fn() -> Timestamp,
    /// Random bytes, for nonces and jitter.
    pub random: fn() -> [u8; 16],
    /// The quota of this process for repeating calls.
    pub quota: RetryQuota,
}

impl Transport {
    /// Makes one call: each attempt waits for its turn in `lane`, `sign` prepares it for its time
    /// and nonce, `read` judges the answer, and sets `retry_after` where the vendor states in its
    /// own form how long to wait. A failure is repeated when its code says so, `repeat` allows it,
    /// and deadline and quota leave room for it.
    ///
    /// # Errors
    /// The last attempt's failure, `timeout` when none could be begun, or why the call could not be
    /// signed.
    pub async fn call<T>(
        &self,
        deadline: Deadline,
        lane: &Lane,
        repeat: Repeat,
        sign: impl Fn(Timestamp, [u8; 16]) -> Result<HttpRequest, Error>,
        read: impl Fn(&HttpResponse) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let mut result = None;
        let mut keep = keep_result(&mut result, read);
        self.attempts(deadline, lane, repeat, &sign, &mut keep)
            .await?;
        drop(keep);
        result.ok_or_else(Failure::without_result)
    }

    /// The same for any type of result, which `read` keeps: the loop is in the binary once, and not
    /// for each call.
    pub(crate) fn attempts<'a>(
        &'a self,
        deadline: Deadline,
        lane: &'a Lane,
        repeat: Repeat,
        sign: &'a dyn Fn(Timestamp, [u8; 16]) -> Result<HttpRequest, Error>,
        read: &'a mut dyn FnMut(&HttpResponse) -> Result<(), Error>,
    ) -> LocalFuture<'a, Result<(), Failure>> {
        Box::pin(self.attempt_in_turn(deadline, lane, repeat, sign, read))
    }

    async fn attempt_in_turn(
        &self,
        deadline: Deadline,
        lane: &Lane,
        repeat: Repeat,
        sign: &dyn Fn(Timestamp, [u8; 16]) -> Result<HttpRequest, Error>,
        read: &mut dyn FnMut(&HttpResponse) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let mut attempts = 1;
        let mut taken = None;
        loop {
            let Some(timeout) = lane.turn(deadline, repeat).await else {
                return Err(Failure {
                    error: out_of_time(),
                    may_have_acted: false,
                    lacked_time: attempts == 1,
                });
            };
            let request = sign((self.clock)(), (self.random)()).map_err(Failure::not_made)?;
            let (failure, hint) = match self.attempt(request, timeout, repeat, read).await {
                Ok(()) => {
                    self.quota.succeeded(taken);
                    return Ok(());
                }
                Err(failed) => failed,
            };
            if failure.error.code == ErrorCode::Throttled {
                lane.count(|counts| &mut counts.throttles);
            }
            let wait = self.wait(attempts, &failure.error, hint);
            // The vendor refuses a call that is repeated before the wait it asked for.
            let is_too_long = hint.is_some_and(|hint| hint > LONGEST_WAIT);
            let may_help =
                failure.error.code.retryable() && !failure.may_have_acted && !is_too_long;
            if !may_help || attempts >= MOST_ATTEMPTS || !lane.leaves_time(wait, deadline, repeat) {
                return Err(failure);
            }
            taken = self.quota.take(&failure.error);
            if taken.is_none() {
                tracing::warn!(
                    code = failure.error.code.as_str(),
                    "too many calls failed lately; this one is not repeated"
                );
                return Err(failure);
            }
            tracing::debug!(
                attempt = attempts,
                code = failure.error.code.as_str(),
                wait_ms = wait.as_millis(),
                "retrying"
            );
            tokio::time::sleep(wait).await;
            lane.count(|counts| &mut counts.retries);
            attempts = attempts.saturating_add(1);
        }
    }

    /// Makes one attempt. A failure comes with the wait that the vendor asks for: by `read` in the
    /// vendor's own form, or by the standard header.
    async fn attempt(
        &self,
        request: HttpRequest,
        timeout: Duration,
        repeat: Repeat,
        read: &mut dyn FnMut(&HttpResponse) -> Result<(), Error>,
    ) -> Result<(), (Failure, Option<Duration>)> {
        let response = match self.http.send(request, timeout).await {
            Ok(response) => response,
            Err(error) => return Err((unanswered(error, repeat), None)),
        };
        let Err(mut error) = read(&response) else {
            return Ok(());
        };
        let hint = error
            .retry_after
            .take()
            .or_else(|| retry_after(response.headers(), SystemTime::now()));
        Err((answered(with_wait(error, hint), repeat), hint))
    }

    /// The wait before the next attempt: the vendor's hint, or else full jitter, a random time up to
    /// the base wait, which doubles with each attempt.
    fn wait(&self, attempts: u32, error: &Error, hint: Option<Duration>) -> Duration {
        if let Some(hint) = hint {
            return hint;
        }
        let base = if error.code == ErrorCode::Throttled {
            THROTTLED_BASE_WAIT
        } else {
            BASE_WAIT
        };
        let ceiling = base
            .saturating_mul(1 << attempts.saturating_sub(1).min(10))
            .min(LONGEST_WAIT);
        let [first, second, ..] = (self.random)();
        ceiling.mul_f64(f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX))
    }
}

/// The error with a wait for the caller, where the vendor throttles.
fn with_wait(error: Error, hint: Option<Duration>) -> Error {
    match error.code {
        ErrorCode::Throttled => Error {
            retry_after: hint.or(Some(THROTTLED_BASE_WAIT)),
            ..error
        },
        _ => error,
    }
}

/// The failure of a call that the vendor answered. After a throttled or refused call nothing was
/// done. Any other answer to a write, like a server error or an unreadable body, leaves that open.
fn answered(error: Error, repeat: Repeat) -> Failure {
    let is_undone = error.code == ErrorCode::Throttled || !error.code.retryable();
    Failure {
        may_have_acted: repeat == Repeat::OnlyIfNotDone && !is_undone,
        lacked_time: false,
        error,
    }
}

/// The failure of a call without an answer.
fn unanswered(error: SendError, repeat: Repeat) -> Failure {
    let (code, detail, cause, sent) = match error {
        SendError::NotSent(cause) => (
            ErrorCode::ProviderUnavailable,
            "the provider could not be reached",
            Some(cause),
            false,
        ),
        SendError::NoAnswer(cause) => (
            ErrorCode::ProviderUnavailable,
            "the connection ended before the provider's answer",
            Some(cause),
            true,
        ),
        SendError::TimedOut => (
            ErrorCode::Timeout,
            "the provider did not answer in time",
            None,
            true,
        ),
        SendError::AnswerTooLarge => (
            ErrorCode::ProviderInvalidResponse,
            "the provider's answer is larger than 2 MiB, which no documented answer comes near; ask for fewer certificates, or without their PEMs",
            None,
            true,
        ),
    };
    let error = Error::new(code, detail);
    let error = match cause {
        Some(cause) => error.caused_by(cause),
        None => error,
    };
    Failure {
        error,
        may_have_acted: sent && repeat == Repeat::OnlyIfNotDone,
        lacked_time: false,
    }
}

/// The error for a call that was not made, because too little time was left for it.
pub fn out_of_time() -> Error {
    Error::new(
        ErrorCode::Timeout,
        "too little time is left for another call to the provider; ask for less, or give the function a longer timeout",
    )
}

#[cfg(test)]
mod tests;
