//! One certificate: the conditions for writing it, and the result of each evidence.

mod confirmed;
mod forced;
mod names;
mod refused;
mod replaced;
mod unanswered;

use super::super::certificate::Command;
use super::super::tests::broker::{
    Broker, COMMAND, MINUTE, Read, carry_out, confirmed, fails, reference, refused, shows,
    unanswered,
};
use super::*;
use crate::model::{Fingerprint, SerialNumber, Timestamp};
use crate::provider::ConfirmedWrite;
use crate::request::CertificateReference;
use crate::transport::Failure;
use LifecycleStatus::{Active, Good, Inactive, PendingActivation, Revoked, Unknown};

type Write = Result<Option<ConfirmedWrite>, Failure>;

async fn run(reads: Vec<Read>, writes: Vec<Write>, dry_run: bool) -> (InactivateResult, String) {
    run_within(MINUTE, reads, writes, dry_run).await
}

async fn run_within(
    time: Duration,
    reads: Vec<Read>,
    writes: Vec<Write>,
    dry_run: bool,
) -> (InactivateResult, String) {
    let broker = Broker::new(reads, writes);
    let results = carry_out(
        &broker,
        &[reference("0a")],
        Command { dry_run, ..COMMAND },
        time,
    )
    .await;
    // An unknown certificate is looked up under its other spellings, too.
    (
        results.into_iter().next().unwrap(),
        broker.calls().replace(" others", ""),
    )
}

/// Time for four reads.
const SHORT: Duration = Duration::from_millis(2_900);

/// Enough reads to show that a write had no effect.
fn as_before() -> Vec<Read> {
    vec![shows(Active); 4]
}

/// Outcome, status, whether a read confirms it, and the code of the error.
type Summarized = (Outcome, Option<LifecycleStatus>, bool, Option<ErrorCode>);

fn summarized(result: &InactivateResult) -> Summarized {
    (
        result.outcome,
        result.status,
        result.verified,
        result.error.as_ref().map(|error| error.code),
    )
}

#[tokio::test(start_paused = true)]
async fn the_first_read_decides_whether_anything_is_written() {
    use ErrorCode::{Forbidden, NotFound, ProviderRejected, Throttled};
    let cases: [(Read, Summarized); 7] = [
        (
            shows(Inactive),
            (Outcome::AlreadyInactive, Some(Inactive), true, None),
        ),
        (
            shows(Revoked),
            (Outcome::Refused, Some(Revoked), true, Some(Forbidden)),
        ),
        (Ok(None), (Outcome::NotFound, None, false, None)),
        (
            fails(Throttled),
            (Outcome::Failed, None, false, Some(Throttled)),
        ),
        (
            fails(ProviderRejected),
            (Outcome::Failed, None, false, Some(ProviderRejected)),
        ),
        (
            fails(NotFound),
            (Outcome::Failed, None, false, Some(NotFound)),
        ),
        (
            fails(ErrorCode::Timeout),
            (Outcome::Failed, None, false, Some(ErrorCode::Timeout)),
        ),
    ];
    for (read, expected) in cases {
        for dry_run in [false, true] {
            let (result, calls) = run(vec![read.clone()], Vec::new(), dry_run).await;
            assert_eq!(
                (summarized(&result), calls.as_str()),
                (expected, "find"),
                "{read:?}"
            );
            assert_eq!(result.status_before, read.clone().ok().flatten());
            assert_eq!(
                result.provider_serial_number.as_deref(),
                read.clone().ok().flatten().map(|_| "000a")
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_what_would_be_done_and_writes_nothing() {
    for status in [Active, PendingActivation, Unknown, Good] {
        let (result, calls) = run(vec![shows(status)], Vec::new(), true).await;
        assert_eq!(
            (summarized(&result), calls.as_str()),
            ((Outcome::WouldInactivate, Some(status), true, None), "find")
        );
        assert_eq!(result.status_before, Some(status));
    }
}

#[tokio::test(start_paused = true)]
async fn every_status_but_inactive_is_inactivated() {
    for status in [Active, PendingActivation, Unknown, Good] {
        let (result, calls) = run(
            vec![shows(status), shows(Inactive)],
            vec![confirmed()],
            false,
        )
        .await;
        assert_eq!(
            (summarized(&result), calls.as_str()),
            (
                (Outcome::Inactivated, Some(Inactive), true, None),
                "find write read"
            )
        );
        assert_eq!(result.status_before, Some(status));
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_that_was_not_attempted_has_the_reason_and_no_status() {
    let broker = Broker::new([], []);
    let result = carry_out(&broker, &[reference("0a")], COMMAND, Duration::from_secs(1))
        .await
        .remove(0);
    assert_eq!(
        summarized(&result),
        (Outcome::NotAttempted, None, false, Some(ErrorCode::Timeout))
    );
    assert_eq!(
        (result.status_before, result.provider_serial_number),
        (None, None)
    );
    assert_eq!(result.ca_serial_number, SerialNumber::parse("0b").ok());
    assert_eq!(broker.calls(), "");
}

/// The provider shows when the certificate was last activated; the order is a redelivery.
#[tokio::test(start_paused = true)]
async fn a_redelivered_order_does_not_undo_an_activation_that_came_after_it() {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let activated = |moment: &str| crate::model::ProviderRecord {
        ca_serial_number: Some("0b".to_owned()),
        last_activated_at: Some(at(moment)),
        ..crate::model::ProviderRecord::default()
    };
    let since = Some(at("2025-11-22T08:00:00Z"));
    for (redelivered_since, moment, status, outcome) in [
        (since, "2025-11-22T08:00:01Z", Active, Outcome::Refused),
        (since, "2025-11-22T08:00:00Z", Active, Outcome::Inactivated),
        (
            since,
            "2025-11-22T08:00:01Z",
            Inactive,
            Outcome::AlreadyInactive,
        ),
        (None, "2025-11-22T08:00:01Z", Active, Outcome::Inactivated),
    ] {
        let broker =
            Broker::new([shows(status), shows(Inactive)], [confirmed()]).with(activated(moment));
        let results = carry_out(
            &broker,
            &[reference("0a")],
            Command {
                redelivered_since,
                ..COMMAND
            },
            MINUTE,
        )
        .await;
        assert_eq!(results[0].outcome, outcome, "{moment}");
        if outcome == Outcome::Refused {
            let error = results[0].error.as_ref().unwrap();
            assert!(
                error.detail.contains(moment) && !error.needs_redelivery(),
                "{error}"
            );
        }
    }
}
