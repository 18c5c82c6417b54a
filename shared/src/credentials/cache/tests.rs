//! One fetch for all, ahead of need, and what is done when it fails.

use std::cell::{Cell, RefCell};

use futures_util::future::join_all;
use tokio::time::Instant;

use super::*;
use crate::testing::network::NOW;

thread_local! {
    static START: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A wall clock that goes with tokio's.
fn clock() -> Timestamp {
    let start = START.get().unwrap();
    Timestamp::from_epoch_milliseconds(NOW)
        .unwrap()
        .plus(start.elapsed())
}

/// The reasons of the fetches so far, and the results of the next ones.
struct Bench {
    cache: Cache,
    random: u8,
    needs: RefCell<Vec<Refresh>>,
    /// `None`: the STS is down.
    lifetime: Cell<Option<Duration>>,
    /// The key that is fetched, or a new one each time.
    key: Cell<Option<u8>>,
}

impl Bench {
    fn new(lifetime: Duration) -> Self {
        START.set(Some(Instant::now()));
        let lifetime = Cell::new(Some(lifetime));
        Self {
            cache: Cache::default(),
            random: 0x80,
            needs: RefCell::default(),
            lifetime,
            key: Cell::default(),
        }
    }

    fn clock_and_random(&self) -> ClockAndRandom {
        ClockAndRandom {
            clock,
            random: if self.random == 0 {
                || [0; 16]
            } else {
                || [0xff; 16]
            },
        }
    }

    fn fetch(&self, need: Refresh) -> LocalFuture<'_, Result<Fetched, Error>> {
        Box::pin(async move {
            self.needs.borrow_mut().push(need);
            tokio::time::sleep(Duration::from_millis(100)).await;
            let lifetime = self
                .lifetime
                .get()
                .ok_or_else(|| Error::new(ErrorCode::ProviderUnavailable, "down"))?;
            let number = self.key.get().map_or_else(
                || self.needs.borrow().len().to_string(),
                |key| key.to_string(),
            );
            let credentials = Credentials {
                id: format!("id-{number}"),
                secret: "secret".into(),
                token: None,
            };
            Ok(Fetched {
                credentials,
                expires_at: Some(clock().plus(lifetime)),
            })
        })
    }

    async fn get(&self) -> Result<String, ErrorCode> {
        let credentials = self
            .cache
            .get(self.clock_and_random(), |need| self.fetch(need))
            .await;
        credentials
            .map(|credentials| credentials.id.clone())
            .map_err(|error| error.code)
    }

    async fn replace(&self, id: &str) -> Result<Option<String>, ErrorCode> {
        let refused = Credentials {
            id: id.to_owned(),
            secret: "secret".into(),
            token: None,
        };
        let other = self
            .cache
            .replace(&refused, self.clock_and_random(), |need| self.fetch(need))
            .await;
        other
            .map(|other| other.map(|other| other.id.clone()))
            .map_err(|error| error.code)
    }

    fn fetches(&self) -> usize {
        self.needs.borrow().len()
    }
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_thousand_concurrent_callers_share_one_fetch() {
    let bench = Bench::new(HOUR);
    let got = join_all((0..1000).map(|_| bench.get())).await;
    assert!(got.iter().all(|got| got.as_deref() == Ok("id-1")));
    assert_eq!(*bench.needs.borrow(), [Refresh::Urgent]);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_concurrent_callers_share_one_failure_and_the_next_one_tries_again() {
    let bench = Bench::new(HOUR);
    let lifetime = bench.lifetime.take();
    let got = join_all((0..1000).map(|_| bench.get())).await;
    assert!(
        got.iter()
            .all(|got| *got == Err(ErrorCode::ProviderUnavailable))
    );
    assert_eq!(bench.fetches(), 1);
    bench.lifetime.set(lifetime);
    assert_eq!(bench.get().await.as_deref(), Ok("id-2"));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_fetch_is_made_by_the_next_waiter() {
    let bench = Bench::new(HOUR);
    let (given_up, got) = tokio::join!(
        tokio::time::timeout(Duration::from_millis(50), bench.get()),
        bench.get()
    );
    assert!(given_up.is_err());
    assert_eq!(got.as_deref(), Ok("id-2"));
}

#[tokio::test(start_paused = true)]
async fn a_key_is_replaced_five_minutes_before_its_end_a_tenth_more_or_less() {
    for (random, ahead) in [(0, 270), (1, 330)] {
        let bench = Bench {
            random,
            ..Bench::new(HOUR)
        };
        assert_eq!(bench.get().await.as_deref(), Ok("id-1"));
        tokio::time::sleep(HOUR - Duration::from_secs(ahead + 1)).await;
        assert_eq!(bench.get().await.as_deref(), Ok("id-1"));
        tokio::time::sleep(Duration::from_secs(1)).await;
        let got = join_all((0..1000).map(|_| bench.get())).await;
        assert!(
            got.iter().all(|got| got.as_deref() == Ok("id-2")),
            "{ahead}"
        );
        assert_eq!(*bench.needs.borrow(), [Refresh::Urgent, Refresh::Ahead]);
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_sts_is_down_the_old_key_is_used_until_a_minute_before_its_end() {
    let bench = Bench::new(HOUR);
    assert_eq!(bench.get().await.as_deref(), Ok("id-1"));
    let lifetime = bench.lifetime.take();
    tokio::time::sleep(HOUR - Duration::from_secs(200)).await;
    let before = Instant::now();
    while before.elapsed() < Duration::from_secs(130) {
        assert_eq!(bench.get().await.as_deref(), Ok("id-1"));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // One attempt for each pause, not one for each call.
    assert!((8..=10).contains(&bench.fetches()), "{}", bench.fetches());
    assert!(
        bench
            .needs
            .borrow()
            .iter()
            .skip(1)
            .all(|need| *need == Refresh::Ahead)
    );
    tokio::time::sleep(Duration::from_secs(12)).await;
    assert_eq!(bench.get().await, Err(ErrorCode::ProviderUnavailable));
    assert_eq!(bench.needs.borrow().last(), Some(&Refresh::Urgent));
    bench.lifetime.set(lifetime);
    assert_ne!(bench.get().await.as_deref(), Ok("id-1"));
}

#[tokio::test(start_paused = true)]
async fn a_key_without_an_end_is_kept() {
    let bench = Bench::new(HOUR);
    let forever = || -> LocalFuture<'_, _> {
        Box::pin(async {
            Ok(Fetched {
                credentials: Credentials {
                    id: "id".to_owned(),
                    secret: "s".into(),
                    token: None,
                },
                expires_at: None,
            })
        })
    };
    bench
        .cache
        .get(bench.clock_and_random(), |_| forever())
        .await
        .unwrap();
    tokio::time::sleep(HOUR * 1000).await;
    assert_eq!(bench.get().await.as_deref(), Ok("id"));
    assert_eq!(bench.fetches(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_fetched_anew_once_for_all() {
    let bench = Bench::new(HOUR);
    bench.get().await.unwrap();
    let got = join_all((0..1000).map(|_| bench.replace("id-1"))).await;
    assert!(got.iter().all(|got| *got == Ok(Some("id-2".to_owned()))));
    assert_eq!(bench.fetches(), 2);
    // A late caller with the old key gets the new one.
    assert_eq!(bench.replace("id-1").await, Ok(Some("id-2".to_owned())));
    assert_eq!(bench.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_that_is_fetched_again_is_nothing_new() {
    let bench = Bench::new(HOUR);
    bench.key.set(Some(7));
    bench.get().await.unwrap();
    let got = join_all((0..1000).map(|_| bench.replace("id-7"))).await;
    assert!(got.iter().all(|got| *got == Ok(None)));
    assert_eq!(bench.fetches(), 2);
    bench.key.set(Some(8));
    assert_eq!(bench.replace("id-7").await, Ok(Some("id-8".to_owned())));
    bench.lifetime.set(None);
    assert_eq!(
        bench.replace("id-8").await,
        Err(ErrorCode::ProviderUnavailable)
    );
}
