//! A cache of credentials: one fetch at a time (single flight), refreshed ahead of their end.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::Credentials;
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::transport::LocalFuture;

/// The time before its end at which a temporary key is refreshed.
const REFRESH_AHEAD: Duration = Duration::from_secs(5 * 60);
/// The time before its end from which a temporary key is not used: the vendor's clock may be ahead.
const UNUSABLE_AHEAD: Duration = Duration::from_secs(60);
/// The time between a failed refresh and the next one, while the key is still valid.
const RETRY_PAUSE: Duration = Duration::from_secs(15);

/// The result of a fetch.
pub(super) struct Fetched {
    pub(super) credentials: Credentials,
    /// The end of a temporary key.
    pub(super) expires_at: Option<Timestamp>,
}

/// Credentials that are kept between calls and invocations.
#[derive(Default)]
pub(super) struct Cache {
    state: RefCell<State>,
    /// Locked during a fetch.
    fetching: Mutex<()>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// The error of the last fetch.
    failure: Option<Error>,
    /// The number of fetches that have ended.
    generation: u64,
}

struct Held {
    credentials: Rc<Credentials>,
    life: Option<Life>,
}

#[derive(Clone, Copy)]
struct Life {
    refresh_at: Timestamp,
    unusable_at: Timestamp,
}

impl Held {
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.life
            .is_none_or(|life| now < life.refresh_at && now < life.unusable_at)
    }

    fn is_usable(&self, now: Timestamp) -> bool {
        self.life.is_none_or(|life| now < life.unusable_at)
    }
}

/// The reason for a fetch, which decides how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refresh {
    /// There are no usable credentials.
    Urgent,
    /// The cached credentials are still usable.
    Ahead,
}

/// The clock, and random bytes for jitter.
#[derive(Clone, Copy)]
pub(super) struct ClockAndRandom {
    pub(super) clock: fn() -> Timestamp,
    pub(super) random: fn() -> [u8; 16],
}

impl Cache {
    /// The cached credentials. They are fetched when there are none or their end is near; of several
    /// concurrent callers, one fetches and the others wait (single flight).
    ///
    /// # Errors
    /// The error of the fetch, where no cached credentials are usable.
    pub(super) async fn get<'a>(
        &self,
        clock_and_random: ClockAndRandom,
        fetch: impl FnOnce(Refresh) -> LocalFuture<'a, Result<Fetched, Error>>,
    ) -> Result<Rc<Credentials>, Error> {
        let now = (clock_and_random.clock)();
        if let Some(held) = self
            .state
            .borrow()
            .held
            .as_ref()
            .filter(|held| held.is_fresh(now))
        {
            return Ok(Rc::clone(&held.credentials));
        }
        self.refresh(clock_and_random, fetch).await;
        let state = self.state.borrow();
        match (&state.held, &state.failure) {
            (Some(held), None) => Ok(Rc::clone(&held.credentials)),
            (Some(held), Some(error)) if held.is_usable((clock_and_random.clock)()) => {
                tracing::warn!(
                    code = error.code.as_str(),
                    detail = error.detail,
                    "the credentials could not be refreshed ahead of their end"
                );
                Ok(Rc::clone(&held.credentials))
            }
            (_, Some(error)) => Err(error.clone()),
            (None, None) => Err(Error::new(
                ErrorCode::Internal,
                "no credentials were fetched",
            )),
        }
    }

    /// Credentials to use in place of refused ones: those that another caller has fetched
    /// meanwhile, or those that are fetched now. `None`: they are the same.
    ///
    /// # Errors
    /// The error of the fetch.
    pub(super) async fn replace<'a>(
        &self,
        refused: &Credentials,
        clock_and_random: ClockAndRandom,
        fetch: impl FnOnce(Refresh) -> LocalFuture<'a, Result<Fetched, Error>>,
    ) -> Result<Option<Rc<Credentials>>, Error> {
        if let Some(other) = self.other_than(refused) {
            return Ok(Some(other));
        }
        self.refresh(clock_and_random, fetch).await;
        match &self.state.borrow().failure {
            Some(error) => Err(error.clone()),
            None => Ok(self.other_than(refused)),
        }
    }

    fn other_than(&self, refused: &Credentials) -> Option<Rc<Credentials>> {
        let state = self.state.borrow();
        let held = state
            .held
            .as_ref()
            .filter(|held| !held.credentials.equals(refused))?;
        Some(Rc::clone(&held.credentials))
    }

    /// Fetches credentials, or waits for the fetch of another caller.
    async fn refresh<'a>(
        &self,
        clock_and_random: ClockAndRandom,
        fetch: impl FnOnce(Refresh) -> LocalFuture<'a, Result<Fetched, Error>>,
    ) {
        let generation = self.state.borrow().generation;
        let _fetching = self.fetching.lock().await;
        // If the fetching future was cancelled, the generation has not changed: the next waiter
        // fetches.
        if self.state.borrow().generation != generation {
            return;
        }
        let usable = self
            .state
            .borrow()
            .held
            .as_ref()
            .is_some_and(|held| held.is_usable((clock_and_random.clock)()));
        let fetched = fetch(if usable {
            Refresh::Ahead
        } else {
            Refresh::Urgent
        })
        .await;
        self.state.borrow_mut().store(fetched, clock_and_random);
    }
}

impl State {
    fn store(&mut self, fetched: Result<Fetched, Error>, clock_and_random: ClockAndRandom) {
        self.generation = self.generation.wrapping_add(1);
        match fetched {
            Ok(Fetched {
                credentials,
                expires_at,
            }) => {
                let life = expires_at.map(|end| Life {
                    refresh_at: end.minus(with_jitter(REFRESH_AHEAD, (clock_and_random.random)())),
                    unusable_at: end.minus(UNUSABLE_AHEAD),
                });
                self.held = Some(Held {
                    credentials: Rc::new(credentials),
                    life,
                });
                self.failure = None;
            }
            Err(error) => {
                let again_at = (clock_and_random.clock)().plus(RETRY_PAUSE);
                if let Some(life) = self.held.as_mut().and_then(|held| held.life.as_mut()) {
                    life.refresh_at = life.refresh_at.max(again_at);
                }
                self.failure = Some(error);
            }
        }
    }
}

/// A tenth more or less, so that sandboxes that have started together do not refresh together.
fn with_jitter(duration: Duration, [first, second, ..]: [u8; 16]) -> Duration {
    let share = f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX);
    duration.mul_f64(0.9 + 0.2 * share)
}

#[cfg(test)]
mod tests;
