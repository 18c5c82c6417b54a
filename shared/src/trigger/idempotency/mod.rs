//! Idempotency keys: a repeat of a request gets the answer of the first one, and the request is
//! carried out once.
//!
//! A key is claimed before the request is carried out, and keeps the answer afterwards. An invocation
//! that ends between the two leaves a claim, which another invocation may take over once the time of
//! the first is up. A retryable error frees the key.

mod note;
mod table;

pub(super) use note::NotedMessage;
pub(super) use table::StoredAnswer;

use std::time::Duration;

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use self::table::{Conditional, Item, Table};
use crate::config::{Config, IDEMPOTENCY_TABLE};
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::transport::{Deadline, Lane, Transport};

/// The time for which an answer is kept, in milliseconds: seven days. Senders of webhooks repeat a
/// webhook for three days.
const KEPT_MILLISECONDS: i64 = 7 * 24 * 60 * 60 * 1000;
/// The largest answer that is kept, in bytes: DynamoDB takes 400 KB an item.
const LARGEST_ANSWER: usize = 380_000;
/// The longest key, in characters.
const LONGEST_KEY: usize = 255;

/// The idempotency keys that the function's table keeps.
pub(super) struct IdempotencyKeys<'a> {
    table: Table<'a>,
    transport: &'a Transport,
    deadline: Deadline,
    lane: &'a Lane,
}

/// The owner of a key. Equal keys of two owners are two keys.
#[derive(Clone, Copy)]
pub(super) enum Owner<'a> {
    /// The senders of webhooks, who share their secrets.
    Webhooks,
    /// A caller, by the name that the gateway states. All callers without a name are one owner.
    Caller(Option<&'a str>),
    /// The caller of signed orders, whose keys the function derives from the orders.
    SignedOrders(Option<&'a str>),
}

impl<'a> Owner<'a> {
    const fn kind(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks",
            Self::Caller(_) => "caller",
            Self::SignedOrders(_) => "signed orders",
        }
    }

    fn name(self) -> &'a str {
        match self {
            Self::Webhooks => "",
            Self::Caller(name) | Self::SignedOrders(name) => name.unwrap_or_default(),
        }
    }
}

/// The state of a key.
#[derive(Debug)]
pub(super) enum KeyState {
    /// This invocation carries the request out.
    Claimed(Claim),
    /// The request was carried out before.
    Answered(StoredAnswer),
}

/// A key that this invocation has claimed.
#[derive(Debug)]
pub(super) struct Claim(Item);

/// Checks an `Idempotency-Key`.
///
/// # Errors
/// `invalid_request` unless it is 1 to 255 visible ASCII characters.
pub(super) fn check_key(key: &str) -> Result<(), Error> {
    if (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let detail = format!(
        "idempotency-key must be 1 to {LONGEST_KEY} visible ASCII characters without blanks"
    );
    Err(Error::invalid("idempotency-key", detail))
}

impl<'a> IdempotencyKeys<'a> {
    /// The function's keys, until this deadline. `None` where it has no table.
    pub(super) fn new(
        config: &'a Config,
        transport: &'a Transport,
        deadline: Deadline,
        lane: &'a Lane,
    ) -> Option<Self> {
        Some(Self {
            table: Table::new(config, transport)?,
            transport,
            deadline,
            lane,
        })
    }

    /// Claims the key of a request, for this operation and this owner. The answer is kept for seven
    /// days from now, or from `until`, the moment up to which the request can be carried out.
    ///
    /// # Errors
    /// `conflict` while the first request is carried out, `idempotency_mismatch` when the key was
    /// used for another request, `provider_unavailable` when the table cannot be used.
    pub(super) async fn claim(
        &self,
        operation: &str,
        owner: Owner<'_>,
        key: &str,
        request: &[u8],
        until: Option<Timestamp>,
    ) -> Result<KeyState, Error> {
        let now = (self.transport.clock)().epoch_milliseconds();
        let until = until.map_or(now, Timestamp::epoch_milliseconds).max(now);
        let left = i64::try_from(self.deadline.remaining().as_millis()).unwrap_or(i64::MAX);
        let item = Item {
            id: digest(&[
                operation.as_bytes(),
                owner.kind().as_bytes(),
                owner.name().as_bytes(),
                key.as_bytes(),
            ]),
            request: digest(&[request]),
            claim: hex::encode((self.transport.random)()),
            claimed_until: now.saturating_add(left),
            expires_at: until.saturating_add(KEPT_MILLISECONDS).div_euclid(1000),
            answer: None,
        };
        let claimed = self
            .table
            .claim(&item, now, self.deadline, self.lane)
            .await
            .map_err(unusable)?;
        match claimed {
            Conditional::Done => Ok(KeyState::Claimed(Claim(item))),
            // The answer to the first attempt of this call was lost, and the attempt had its effect.
            Conditional::Failed(Some(found)) if found.claim == item.claim => {
                Ok(KeyState::Claimed(Claim(item)))
            }
            Conditional::Failed(Some(found)) if found.request != item.request => {
                let detail = "the idempotency key was used for another request; send this one with a key of its own";
                Err(Error::new(ErrorCode::IdempotencyMismatch, detail))
            }
            Conditional::Failed(Some(Item {
                answer: Some(answer),
                ..
            })) => Ok(KeyState::Answered(answer)),
            Conditional::Failed(found) => {
                let detail = "the first request with this idempotency key is still being carried out; send it again later";
                let left = found.map(|found| found.claimed_until.saturating_sub(now));
                Err(Error {
                    // By then the first one has answered, or its claim may be taken over.
                    retry_after: left
                        .map(|left| Duration::from_millis(u64::try_from(left).unwrap_or_default())),
                    ..Error::new(ErrorCode::RequestInProgress, detail)
                })
            }
        }
    }

    /// Keeps the answer of a claimed key. A failure is logged: the request was carried out, and its
    /// answer goes out all the same.
    pub(super) async fn keep(&self, Claim(item): &Claim, answer: StoredAnswer) {
        let answer = if answer.body.len() > LARGEST_ANSWER {
            substitute_for_too_large()
        } else {
            answer
        };
        let kept = self.table.keep(item, &answer, self.deadline, self.lane);
        log_unkept(
            kept.await,
            "the answer could not be kept for repeats of the request",
        );
    }

    /// Frees a claimed key, so that the request can be sent again.
    pub(super) async fn free(&self, Claim(item): &Claim) {
        let freed = self.table.free(item, self.deadline, self.lane);
        log_unkept(
            freed.await,
            "the idempotency key stays claimed until this invocation's time is over",
        );
    }
}

/// The error of a request whose key cannot be claimed. Whatever the reason, the request is not carried
/// out without the table.
fn unusable(error: Error) -> Error {
    let detail = format!(
        "the table that {IDEMPOTENCY_TABLE} names cannot be used, so the request is not carried out: {}",
        error.detail
    );
    Error {
        code: ErrorCode::ProviderUnavailable,
        detail,
        ..error
    }
}

fn log_unkept(result: Result<Conditional, Error>, message: &'static str) {
    match result {
        Ok(Conditional::Done) => {}
        Ok(Conditional::Failed(_)) => {
            tracing::warn!(
                reason = "another invocation has taken the key over",
                "{message}"
            );
        }
        Err(error) => tracing::warn!(reason = error.detail, "{message}"),
    }
}

/// A digest of these texts. It hashes each text by itself, so that a text cannot be moved from one to
/// the next without changing the digest.
pub(super) fn digest(texts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(Sha256::digest(text));
    }
    hex::encode(hash.finalize())
}

fn too_large_to_keep() -> Error {
    Error::new(
        ErrorCode::PayloadTooLarge,
        "the request was carried out, but its answer is too large to be kept for repeats; the log has the changes that it made",
    )
}

impl StoredAnswer {
    /// An answer that succeeded, as JSON.
    pub(super) fn of_json(json: &RawValue) -> Self {
        Self {
            status: 200,
            body: json.get().to_owned(),
        }
    }

    /// The answer as JSON, where it was kept as such.
    ///
    /// # Errors
    /// `payload_too_large` where it could not be kept.
    pub(super) fn into_json(self) -> Result<Box<RawValue>, Error> {
        let json = RawValue::from_string(self.body);
        json.ok()
            .filter(|_| self.status == 200)
            .ok_or_else(too_large_to_keep)
    }
}

/// The answer that is kept in place of one that is too large.
fn substitute_for_too_large() -> StoredAnswer {
    let error = too_large_to_keep();
    StoredAnswer {
        status: error.code.http_status(),
        // An error always serializes.
        body: serde_json::to_string(&error).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
