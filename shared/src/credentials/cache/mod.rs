//! What was fetched last, one fetch for all who wait for it, and when it is due again.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::Credentials;
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::transport::LocalFuture;

/// How long before its end a temporary key is replaced.
const REFRESH_AHEAD: Duration = Duration::from_secs(5 * 60);
/// So long before its end a temporary key is used no more, since the vendor's clock may be ahead.
const UNUSABLE_AHEAD: Duration = Duration::from_secs(60);
/// After a refresh that failed, a key that is still good is used for so long before the next
/// attempt.
const PAUSE: Duration = Duration::from_secs(15);

/// What a fetch brings.
pub(super) struct Fetched {
    pub(super) credentials: Credentials,
    /// The end of a temporary key.
    pub(super) expires_at: Option<Timestamp>,
}

/// Credentials between calls and invocations.
#[derive(Default)]
pub(super) struct Cache {
    state: RefCell<State>,
    /// Held by the one who fetches.
    flight: Mutex<()>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// Why the last fetch brought nothing.
    failure: Option<Error>,
    /// How many fetches have ended.
    flights: u64,
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

/// Whether somebody has to wait for what is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refresh {
    /// There is nothing else to call with.
    Urgent,
    /// What there is would do for a while.
    Ahead,
}

/// The clock, and random bytes for jitter.
#[derive(Clone, Copy)]
pub(super) struct ClockAndRandom {
    pub(super) clock: fn() -> Timestamp,
    pub(super) random: fn() -> [u8; 16],
}

impl Cache {
    /// What is held, or what is fetched where nothing is or it comes to its end. However many ask
    /// at once, one of them fetches.
    ///
    /// # Errors
    /// Why nothing could be fetched, once what is held can be used no more.
    pub(super) async fn get<'a>(
        &self,
        chance: ClockAndRandom,
        fetch: impl FnOnce(Refresh) -> LocalFuture<'a, Result<Fetched, Error>>,
    ) -> Result<Rc<Credentials>, Error> {
        let now = (chance.clock)();
        if let Some(held) = self
            .state
            .borrow()
            .held
            .as_ref()
            .filter(|held| held.is_fresh(now))
        {
            return Ok(Rc::clone(&held.credentials));
        }
        self.fly(chance, fetch).await;
        let state = self.state.borrow();
        match (&state.held, &state.failure) {
            (Some(held), None) => Ok(Rc::clone(&held.credentials)),
            (Some(held), Some(error)) if held.is_usable((chance.clock)()) => {
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

    /// What to call with in place of refused credentials: what others have fetched meanwhile, or
    /// what is fetched now. `None`: it is the same.
    ///
    /// # Errors
    /// Why nothing could be fetched.
    pub(super) async fn replace<'a>(
        &self,
        refused: &Credentials,
        chance: ClockAndRandom,
        fetch: impl FnOnce(Refresh) -> LocalFuture<'a, Result<Fetched, Error>>,
    ) -> Result<Option<Rc<Credentials>>, Error> {
        if let Some(other) = self.other_than(refused) {
            return Ok(Some(other));
        }
        self.fly(chance, fetch).await;
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

    /// Fetches, or waits for the fetch that is under way.
    async fn fly<'a>(
        &self,
        chance: ClockAndRandom,
        fetch: impl FnOnce(Refresh) -> LocalFuture<'a, Result<Fetched, Error>>,
    ) {
        let flights = self.state.borrow().flights;
        let _flight = self.flight.lock().await;
        // Who was given up on the way has brought nothing, and the next one goes.
        if self.state.borrow().flights != flights {
            return;
        }
        let usable = self
            .state
            .borrow()
            .held
            .as_ref()
            .is_some_and(|held| held.is_usable((chance.clock)()));
        let fetched = fetch(if usable {
            Refresh::Ahead
        } else {
            Refresh::Urgent
        })
        .await;
        self.state.borrow_mut().land(fetched, chance);
    }
}

impl State {
    fn land(&mut self, fetched: Result<Fetched, Error>, chance: ClockAndRandom) {
        self.flights = self.flights.wrapping_add(1);
        match fetched {
            Ok(Fetched {
                credentials,
                expires_at,
            }) => {
                let life = expires_at.map(|end| Life {
                    refresh_at: end.minus(with_jitter(REFRESH_AHEAD, (chance.random)())),
                    unusable_at: end.minus(UNUSABLE_AHEAD),
                });
                self.held = Some(Held {
                    credentials: Rc::new(credentials),
                    life,
                });
                self.failure = None;
            }
            Err(error) => {
                let again_at = (chance.clock)().plus(PAUSE);
                if let Some(life) = self.held.as_mut().and_then(|held| held.life.as_mut()) {
                    life.refresh_at = life.refresh_at.max(again_at);
                }
                self.failure = Some(error);
            }
        }
    }
}

/// A tenth more or less, so that sandboxes that have started together do not come back together.
fn with_jitter(duration: Duration, [first, second, ..]: [u8; 16]) -> Duration {
    let share = f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX);
    duration.mul_f64(0.9 + 0.2 * share)
}

#[cfg(test)]
mod tests;
