//! Repeated calls, the waits before them, and their limits.

use super::*;
use crate::model::{ProviderName, RequestId};
use crate::testing::network::{Answer, Network, answer, cause, get, header, with_header};
use crate::transport::Limiter;

const MINUTE: Duration = Duration::from_secs(60);
/// Bodies by which the vendor of these tests names its errors.
const CODES: [(&[u8], ErrorCode); 4] = [
    (b"throttled", ErrorCode::Throttled),
    (b"rejected", ErrorCode::ProviderRejected),
    (b"unknown", ErrorCode::NotFound),
    (b"failed", ErrorCode::ProviderUnavailable),
];

fn said(body: &str) -> Answer {
    answer(200, body.to_owned())
}

fn hinted(seconds: u64) -> Answer {
    with_header(said("throttled"), "retry-after", &seconds.to_string())
}

async fn call(transport: &Transport, deadline: Deadline, repeat: Repeat) -> Result<(), Failure> {
    let sign = |time: Timestamp, nonce: [u8; 16]| {
        let mut request = get("https://vendor.test/");
        let headers = request.headers_mut();
        headers.insert("time", time.to_string().parse().unwrap());
        headers.insert("nonce", u16::from(nonce[0]).into());
        Ok(request)
    };
    let read = |response: &HttpResponse| match (
        &response.body()[..],
        CODES.iter().find(|(body, _)| *body == &response.body()[..]),
    ) {
        (b"done", _) => Ok(()),
        (_, Some((_, code))) => Err(Error::new(*code, "the vendor said so")),
        _ => Err(Error::new(ErrorCode::ProviderInvalidResponse, "garbage")),
    };
    transport
        .call(deadline, Limiter::default().unlimited(), repeat, sign, read)
        .await
}

/// How often a call is sent that always ends in the same way, and whether it may have acted.
async fn repeated(end: &Answer, repeat: Repeat) -> (usize, ErrorCode, bool) {
    let end = end.clone();
    let network = Network::new(move |_| end.clone());
    let failure = call(&network.transport(), Deadline::after(MINUTE), repeat)
        .await
        .unwrap_err();
    let count = network.sent().len();
    (count, failure.error.code, failure.may_have_acted)
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_whenever_that_may_help_and_a_write_only_when_nothing_was_done() {
    let cause = || cause("cause");
    for (end, code, reads, writes, may_have_acted) in [
        (
            Err(SendError::NotSent(cause())),
            ErrorCode::ProviderUnavailable,
            3,
            3,
            false,
        ),
        (
            Err(SendError::NoAnswer(cause())),
            ErrorCode::ProviderUnavailable,
            3,
            1,
            true,
        ),
        (Err(SendError::TimedOut), ErrorCode::Timeout, 3, 1, true),
        (
            Err(SendError::AnswerTooLarge),
            ErrorCode::ProviderInvalidResponse,
            3,
            1,
            true,
        ),
        (said("throttled"), ErrorCode::Throttled, 3, 3, false),
        (said("failed"), ErrorCode::ProviderUnavailable, 3, 1, true),
        (
            said("<html>"),
            ErrorCode::ProviderInvalidResponse,
            3,
            1,
            true,
        ),
        (said("rejected"), ErrorCode::ProviderRejected, 1, 1, false),
        (said("unknown"), ErrorCode::NotFound, 1, 1, false),
    ] {
        assert_eq!(
            repeated(&end, Repeat::Always).await,
            (reads, code, false),
            "read: {end:?}"
        );
        assert_eq!(
            repeated(&end, Repeat::OnlyIfNotDone).await,
            (writes, code, may_have_acted),
            "write: {end:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_success_is_the_answer() {
    let network = Network::queue([Err(SendError::TimedOut), said("throttled"), said("done")]);
    call(
        &network.transport(),
        Deadline::after(MINUTE),
        Repeat::Always,
    )
    .await
    .unwrap();
    assert_eq!(network.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_signed_anew() {
    let network = Network::new(|_| said("failed"));
    call(
        &network.transport(),
        Deadline::after(MINUTE),
        Repeat::Always,
    )
    .await
    .unwrap_err();
    let signed =
        |name: &'static str| network.each(|sent| header(&sent.request, name).unwrap().to_owned());
    assert_eq!(
        signed("time"),
        [
            "2025-11-22T08:26:40Z",
            "2025-11-22T08:26:41Z",
            "2025-11-22T08:26:42Z"
        ]
    );
    let mut nonces = signed("nonce");
    nonces.dedup();
    assert_eq!(nonces.len(), 3, "{nonces:?}");
}

#[tokio::test(start_paused = true)]
async fn waits_are_anywhere_between_nothing_and_the_doubled_base() {
    fn none() -> [u8; 16] {
        [0; 16]
    }
    fn half() -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[0] = 0x80;
        bytes
    }
    fn all() -> [u8; 16] {
        [0xff; 16]
    }
    type Random = fn() -> [u8; 16];
    for (body, random, waits) in [
        ("failed", none as Random, [0, 0]),
        ("failed", half, [25, 50]),
        ("failed", all, [50, 100]),
        ("throttled", none, [0, 0]),
        ("throttled", half, [500, 1000]),
        ("throttled", all, [1000, 2000]),
    ] {
        let network = Network::new(move |_| said(body));
        let transport = Transport {
            random,
            ..network.transport()
        };
        call(&transport, Deadline::after(MINUTE), Repeat::Always)
            .await
            .unwrap_err();
        let at = network.each(|sent| sent.at);
        let waited: Vec<u128> = at
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).as_millis())
            .collect();
        // Timers go off at the next whole millisecond.
        let near = waited
            .iter()
            .zip(waits)
            .all(|(waited, wait)| (wait..=wait + 1).contains(waited));
        assert!(
            near && waited.len() == 2,
            "{body}: {waited:?}, not {waits:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_vendors_hint_is_kept_to() {
    for hint in [1, 2, 5] {
        let network = Network::queue([hinted(hint), said("done")]);
        call(
            &network.transport(),
            Deadline::after(MINUTE),
            Repeat::Always,
        )
        .await
        .unwrap();
        let at = network.each(|sent| sent.at);
        assert_eq!(at[1] - at[0], Duration::from_secs(hint), "{hint}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_not_repeated_when_the_vendor_wants_a_wait_of_more_than_five_seconds() {
    let network = Network::queue([hinted(40)]);
    let failure = call(
        &network.transport(),
        Deadline::after(MINUTE),
        Repeat::Always,
    )
    .await
    .unwrap_err();
    assert_eq!(
        (failure.error.code, failure.error.retry_after),
        (ErrorCode::Throttled, Some(Duration::from_secs(40)))
    );
}

#[tokio::test(start_paused = true)]
async fn being_throttled_always_comes_with_a_time_to_wait() {
    for (end, expected) in [
        (hinted(3), Some(Duration::from_secs(3))),
        (said("throttled"), Some(Duration::from_secs(1))),
        (said("failed"), None),
    ] {
        let network = Network::new(move |_| end.clone());
        let failure = call(
            &network.transport(),
            Deadline::after(MINUTE),
            Repeat::Always,
        )
        .await
        .unwrap_err();
        assert_eq!(failure.error.retry_after, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_is_begun_that_could_not_be_answered_in_time() {
    for (left, repeat, begun) in [
        (1499, Repeat::Always, 0),
        (1500, Repeat::Always, 1),
        (2749, Repeat::OnlyIfNotDone, 0),
        (2750, Repeat::OnlyIfNotDone, 1),
    ] {
        let network = Network::new(|_| said("done"));
        let result = call(
            &network.transport(),
            Deadline::after(Duration::from_millis(left)),
            repeat,
        )
        .await;
        assert_eq!(network.sent().len(), begun, "{left} ms for a {repeat:?}");
        match result {
            Ok(()) => assert_eq!(begun, 1),
            Err(failure) => assert_eq!(
                (failure.error.code, failure.may_have_acted),
                (ErrorCode::Timeout, false)
            ),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_leaves_no_time_for_another_attempt_is_not_begun() {
    let network = Network::new(|_| hinted(5));
    let start = tokio::time::Instant::now();
    let failure = call(
        &network.transport(),
        Deadline::after(Duration::from_secs(6)),
        Repeat::Always,
    )
    .await
    .unwrap_err();
    assert_eq!(
        (network.sent().len(), failure.error.code),
        (1, ErrorCode::Throttled)
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_silent_vendor_leaves_time_for_further_attempts_and_for_the_answer() {
    let network = Network::new(|_| said("done")).delayed(MINUTE);
    let start = tokio::time::Instant::now();
    let failure = call(
        &network.transport(),
        Deadline::after(Duration::from_secs(20)),
        Repeat::Always,
    )
    .await
    .unwrap_err();
    assert_eq!(failure.error.code, ErrorCode::Timeout);
    let timeouts = network.each(|sent| sent.timeout.as_secs());
    assert_eq!(timeouts[..2], [8, 8]);
    assert!(
        start.elapsed() <= Duration::from_millis(19_501),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_keeps_what_the_vendor_said() {
    let network = Network::new(|_| said("?"));
    let provider_error = crate::error::ProviderError::new(
        ProviderName::AlibabaPca,
        "Odd",
        None,
        RequestId::read("id-1"),
    );
    let error =
        Error::new(ErrorCode::ProviderRejected, "refused").with_provider_error(provider_error);
    let sign = |_, _| Ok(get("https://vendor.test/"));
    let read = |_: &HttpResponse| -> Result<(), Error> { Err(error.clone()) };
    let (deadline, limiter) = (Deadline::after(MINUTE), Limiter::default());
    let failure = network
        .transport()
        .call(deadline, limiter.unlimited(), Repeat::Always, sign, read)
        .await
        .unwrap_err();
    assert!(Error::from(failure) == error);
}

#[tokio::test(start_paused = true)]
async fn when_everything_fails_repetitions_come_to_an_end() {
    let network = Network::new(|_| said("failed"));
    let transport = network.transport();
    for _ in 0..100 {
        call(&transport, Deadline::after(MINUTE), Repeat::Always)
            .await
            .unwrap_err();
    }
    assert_eq!(
        network.sent().len(),
        100 + 35,
        "500 in the quota, 14 for each repetition"
    );
}

#[tokio::test(start_paused = true)]
async fn a_hint_in_the_vendors_own_way_counts_before_the_standard_one() {
    let network = Network::queue([hinted(3), said("done")]);
    let sign = |_, _| Ok(get("https://vendor.test/"));
    let read = |response: &HttpResponse| match &response.body()[..] {
        b"done" => Ok(()),
        _ => Err(Error {
            retry_after: Some(Duration::from_millis(250)),
            ..Error::new(ErrorCode::Throttled, "the vendor said so")
        }),
    };
    let (deadline, limiter) = (Deadline::after(MINUTE), Limiter::default());
    let transport = network.transport();
    transport
        .call(deadline, limiter.unlimited(), Repeat::Always, sign, read)
        .await
        .unwrap();
    let at = network.each(|sent| sent.at);
    assert_eq!(at[1] - at[0], Duration::from_millis(250));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cannot_be_signed_is_not_sent() {
    let network = Network::queue([]);
    let sign = |_, _| Err(Error::new(ErrorCode::Internal, "no signature"));
    let read = |_: &HttpResponse| Ok(());
    let (deadline, limiter) = (Deadline::after(MINUTE), Limiter::default());
    let failure = network
        .transport()
        .call(
            deadline,
            limiter.unlimited(),
            Repeat::OnlyIfNotDone,
            sign,
            read,
        )
        .await
        .unwrap_err();
    assert_eq!(
        (
            failure.error.code,
            failure.may_have_acted,
            network.sent().len()
        ),
        (ErrorCode::Internal, false, 0)
    );
}
