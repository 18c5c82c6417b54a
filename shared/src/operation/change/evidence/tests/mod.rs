//! One certificate: when it is written, and which result follows from which evidence.

mod names;

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
async fn a_refusal_because_of_the_status_is_no_failure_when_the_certificate_is_inactive_by_then() {
    let refusal = || {
        let error = Error {
            concerns: Concerns::CertificateState,
            ..Error::new(ErrorCode::ProviderRejected, "not in this state")
        };
        vec![Err(Failure {
            error,
            may_have_acted: false,
            lacked_time: false,
        })]
    };
    let (result, calls) = run(vec![shows(Active), shows(Inactive)], refusal(), false).await;
    assert_eq!(
        (summarized(&result), calls.as_str()),
        (
            (Outcome::AlreadyInactive, Some(Inactive), true, None),
            "find write read"
        )
    );
    let ambiguous = vec![unanswered(ErrorCode::Timeout)];
    let reads = [vec![shows(Active)], as_before(), vec![shows(Inactive)]].concat();
    let (result, calls) = run(reads, [ambiguous, refusal()].concat(), false).await;
    let expected = (Outcome::Inactivated, Some(Inactive), true, None);
    let sequence = "find write read read read read write read";
    assert_eq!(
        (summarized(&result), calls.as_str()),
        (expected, sequence),
        "the first write did it"
    );
    let expected = (
        Outcome::Refused,
        Some(Active),
        false,
        Some(ErrorCode::ProviderRejected),
    );
    // Another order may have inactivated it, which a read that lags shows a little later.
    for (read, sequence) in [
        (shows(Active), "find write read read read read"),
        (Ok(None), "find write read"),
        (fails(ErrorCode::Timeout), "find write read"),
    ] {
        let (result, calls) = run(vec![shows(Active), read], refusal(), false).await;
        assert_eq!((summarized(&result), calls.as_str()), (expected, sequence));
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
async fn a_confirmed_write_is_believed_unless_reads_contradict_it() {
    let invalid = Some(ErrorCode::ProviderInvalidResponse);
    let cases: [(Vec<Read>, Summarized, &str); 9] = [
        (
            vec![shows(Inactive)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read",
        ),
        (
            vec![shows(Unknown)],
            (Outcome::Inactivated, Some(Inactive), false, None),
            "find write read",
        ),
        (
            vec![fails(ErrorCode::Timeout)],
            (Outcome::Inactivated, Some(Inactive), false, None),
            "find write read",
        ),
        (
            vec![fails(ErrorCode::Throttled)],
            (Outcome::Inactivated, Some(Inactive), false, None),
            "find write read",
        ),
        (
            vec![Ok(None), Ok(None)],
            (Outcome::NotFound, None, true, None),
            "find write read read",
        ),
        (
            vec![Ok(None), shows(Inactive)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read read",
        ),
        (
            vec![shows(Active), shows(Inactive)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read read",
        ),
        (
            vec![shows(Active)],
            (Outcome::Unknown, None, false, invalid),
            "find write read read read read",
        ),
        (
            vec![shows(Active), shows(Unknown)],
            (Outcome::Unknown, None, false, invalid),
            "find write read read read read",
        ),
    ];
    for (reads, expected, sequence) in cases {
        let all_reads = [vec![shows(Active)], reads.clone()].concat();
        let (result, calls) = run_within(SHORT, all_reads, vec![confirmed()], false).await;
        assert_eq!(
            (summarized(&result), calls.as_str()),
            (expected, sequence),
            "{reads:?}"
        );
        assert_eq!(result.status_before, Some(Active));
        assert_eq!(
            result.provider_request_id.as_deref(),
            Some("id-1"),
            "{reads:?}"
        );
    }
}

/// A read may lag behind the write: a contradiction is read again for as long as there is time, and
/// the result claims nothing that is not proven.
#[tokio::test(start_paused = true)]
async fn a_read_that_lags_behind_the_change_is_waited_for_as_long_as_the_deadline_allows() {
    for (seconds, expected) in [
        (0, (Outcome::Inactivated, Some(Inactive), true, None)),
        (1, (Outcome::Inactivated, Some(Inactive), true, None)),
        (5, (Outcome::Inactivated, Some(Inactive), true, None)),
        (
            60,
            (
                Outcome::Unknown,
                None,
                false,
                Some(ErrorCode::ProviderInvalidResponse),
            ),
        ),
    ] {
        for writes in [
            vec![confirmed()],
            vec![unanswered(ErrorCode::Timeout), confirmed()],
        ] {
            let begun = tokio::time::Instant::now();
            let lag = Duration::from_secs(seconds);
            let broker = Broker::new([shows(Active)], writes).lagging(lag);
            let results = carry_out(
                &broker,
                &[reference("0a")],
                COMMAND,
                Duration::from_secs(29),
            )
            .await;
            assert_eq!(
                summarized(&results[0]),
                expected,
                "{seconds} s: {}",
                broker.calls()
            );
            assert!(
                begun.elapsed() <= Duration::from_secs(29)
                    && (seconds == 60 || begun.elapsed() <= lag + LONGEST_WAIT),
                "{seconds} s"
            );
        }
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
async fn a_refused_write_is_not_repeated() {
    for (write, outcome, code) in [
        (
            refused(ErrorCode::ProviderRejected, Concerns::Other),
            Outcome::Refused,
            ErrorCode::ProviderRejected,
        ),
        (
            refused(ErrorCode::ProviderRejected, Concerns::Parameters),
            Outcome::Refused,
            ErrorCode::ProviderRejected,
        ),
        (
            refused(ErrorCode::Throttled, Concerns::Other),
            Outcome::Failed,
            ErrorCode::Throttled,
        ),
        (
            refused(ErrorCode::NotFound, Concerns::Other),
            Outcome::Failed,
            ErrorCode::NotFound,
        ),
        (
            refused(ErrorCode::Timeout, Concerns::Other),
            Outcome::Failed,
            ErrorCode::Timeout,
        ),
        (
            refused(ErrorCode::ProviderUnavailable, Concerns::Other),
            Outcome::Failed,
            ErrorCode::ProviderUnavailable,
        ),
    ] {
        let (result, calls) = run(vec![shows(Active)], vec![write], false).await;
        assert_eq!(
            (summarized(&result), calls.as_str()),
            ((outcome, Some(Active), false, Some(code)), "find write")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_gone_when_the_write_arrives_is_not_found() {
    for (reads, writes, sequence) in [
        (
            vec![shows(Active), Ok(None)],
            vec![Ok(None)],
            "find write read",
        ),
        (
            [vec![shows(Active)], as_before(), vec![Ok(None)]].concat(),
            vec![unanswered(ErrorCode::ProviderUnavailable), Ok(None)],
            "find write read read read read write read",
        ),
    ] {
        let (result, calls) = run(reads, writes, false).await;
        assert_eq!(
            (result.outcome, result.status, result.error),
            (Outcome::NotFound, None, None)
        );
        assert_eq!(
            (result.status_before, calls.as_str()),
            (Some(Active), sequence)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_write_is_followed_by_reads_and_repeated_only_when_they_show_it_active() {
    use ErrorCode::{ProviderUnavailable, Timeout};
    let cases: [(Vec<Read>, Vec<Write>, Summarized, &str); 8] = [
        (
            vec![shows(Inactive)],
            vec![],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read",
        ),
        (
            vec![Ok(None)],
            vec![],
            (Outcome::NotFound, None, true, None),
            "find write read",
        ),
        (
            vec![fails(Timeout)],
            vec![],
            (Outcome::Unknown, None, false, Some(ProviderUnavailable)),
            "find write read",
        ),
        (
            [as_before(), vec![shows(Inactive)]].concat(),
            vec![confirmed()],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read read read read write read",
        ),
        (
            [as_before(), vec![shows(Inactive)]].concat(),
            vec![unanswered(Timeout)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read read read read write read",
        ),
        (
            vec![shows(Active), shows(Active), shows(Inactive)],
            vec![],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find write read read read",
        ),
        (
            [as_before(), vec![fails(Timeout)]].concat(),
            vec![unanswered(Timeout)],
            (Outcome::Unknown, None, false, Some(Timeout)),
            "find write read read read read write read",
        ),
        (
            as_before(),
            vec![refused(ErrorCode::ProviderRejected, Concerns::Other)],
            (
                Outcome::Refused,
                Some(Active),
                false,
                Some(ErrorCode::ProviderRejected),
            ),
            "find write read read read read write",
        ),
    ];
    for (reads, further, expected, sequence) in cases {
        let all_reads = [vec![shows(Active)], reads.clone()].concat();
        let writes = [vec![unanswered(ProviderUnavailable)], further].concat();
        let (result, calls) = run(all_reads, writes, false).await;
        assert_eq!(
            (summarized(&result), calls.as_str()),
            (expected, sequence),
            "{reads:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_says_why_in_its_detail() {
    let (result, _) = run(
        vec![shows(Active), fails(ErrorCode::Timeout)],
        vec![unanswered(ErrorCode::ProviderUnavailable)],
        false,
    )
    .await;
    let detail = result.error.unwrap().detail;
    assert!(
        detail.contains("the change was sent") && detail.contains("the write was not answered"),
        "{detail}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_not_attempted_says_why_and_nothing_else() {
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

#[tokio::test(start_paused = true)]
async fn a_write_is_repeated_only_when_reads_show_the_certificate_as_it_was() {
    for (status, outcome, reported) in [
        (Revoked, Outcome::Failed, Some(Revoked)),
        (Unknown, Outcome::Unknown, None),
    ] {
        let (result, calls) = run(
            vec![shows(Active), shows(status)],
            vec![unanswered(ErrorCode::ProviderUnavailable)],
            false,
        )
        .await;
        assert_eq!(calls, "find write read", "{status:?}");
        assert_eq!((result.outcome, result.status), (outcome, reported));
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_does_not_find_the_certificate_is_judged_by_another_read() {
    let invalid = Some(ErrorCode::ProviderInvalidResponse);
    for (read, expected) in [
        (shows(Active), (Outcome::Failed, None, false, invalid)),
        (
            shows(Inactive),
            (Outcome::Inactivated, Some(Inactive), true, None),
        ),
        (
            fails(ErrorCode::Throttled),
            (Outcome::Failed, None, false, invalid),
        ),
        (Ok(None), (Outcome::NotFound, None, true, None)),
    ] {
        let sequence = if matches!(read, Ok(Some(Active))) {
            "find write read read read read"
        } else {
            "find write read"
        };
        let (result, calls) = run(vec![shows(Active), read], vec![Ok(None)], false).await;
        assert_eq!((summarized(&result), calls.as_str()), (expected, sequence));
    }
}

#[tokio::test(start_paused = true)]
async fn two_writes_without_an_answer_and_without_a_visible_effect_are_unknown() {
    let writes = vec![
        unanswered(ErrorCode::ProviderUnavailable),
        unanswered(ErrorCode::Timeout),
    ];
    let (result, calls) = run_within(
        Duration::from_secs(20),
        vec![shows(PendingActivation), shows(Active)],
        writes,
        false,
    )
    .await;
    assert_eq!(
        summarized(&result),
        (
            Outcome::Unknown,
            Some(Active),
            false,
            Some(ErrorCode::Timeout)
        ),
        "a read may lag behind"
    );
    assert_eq!(calls.matches("write").count(), 2);
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
