//! One certificate: what is ordered, and what is said on which evidence.

mod names;

use super::super::case::Command;
use super::super::tests::broker::{
    Broker, COMMAND, Look as Shown, MINUTE, carry_out, confirmed, fails, reference, refused, shows,
    unanswered,
};
use super::*;
use crate::model::{Fingerprint, SerialNumber, Timestamp};
use crate::provider::ConfirmedWrite;
use crate::request::CertificateReference;
use crate::transport::Failure;
use LifecycleStatus::{Active, Good, Inactive, PendingActivation, Revoked, Unknown};

type SortOrder = Result<Option<ConfirmedWrite>, Failure>;

async fn run(
    looks: Vec<Shown>,
    orders: Vec<SortOrder>,
    dry_run: bool,
) -> (InactivateResult, String) {
    run_within(MINUTE, looks, orders, dry_run).await
}

async fn run_within(
    time: Duration,
    looks: Vec<Shown>,
    orders: Vec<SortOrder>,
    dry_run: bool,
) -> (InactivateResult, String) {
    let broker = Broker::new(looks, orders);
    let results = carry_out(
        &broker,
        &[reference("0a")],
        Command { dry_run, ..COMMAND },
        time,
    )
    .await;
    // An unknown certificate is looked for under its other spellings, too.
    (
        results.into_iter().next().unwrap(),
        broker.asked().replace(" others", ""),
    )
}

/// Time for four looks.
const SHORT: Duration = Duration::from_millis(2_900);

/// Looks that show long enough that an order had no effect.
fn as_before() -> Vec<Shown> {
    vec![shows(Active); 4]
}

/// Outcome, status, whether a read confirms it, and the code of the error.
type Told = (Outcome, Option<LifecycleStatus>, bool, Option<ErrorCode>);

fn told(result: &InactivateResult) -> Told {
    (
        result.outcome,
        result.status,
        result.verified,
        result.error.as_ref().map(|error| error.code),
    )
}

#[tokio::test(start_paused = true)]
async fn what_the_first_look_shows_decides_whether_anything_is_ordered() {
    use ErrorCode::{Forbidden, NotFound, ProviderRejected, Throttled};
    let cases: [(Shown, Told); 7] = [
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
    for (look, expected) in cases {
        for dry_run in [false, true] {
            let (result, asked) = run(vec![look.clone()], Vec::new(), dry_run).await;
            assert_eq!(
                (told(&result), asked.as_str()),
                (expected, "find"),
                "{look:?}"
            );
            assert_eq!(result.status_before, look.clone().ok().flatten());
            assert_eq!(
                result.provider_serial_number.as_deref(),
                look.clone().ok().flatten().map(|_| "000a")
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_because_of_the_state_is_no_failure_when_the_certificate_is_off_by_then() {
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
    let (result, asked) = run(vec![shows(Active), shows(Inactive)], refusal(), false).await;
    assert_eq!(
        (told(&result), asked.as_str()),
        (
            (Outcome::AlreadyInactive, Some(Inactive), true, None),
            "find order read"
        )
    );
    let ambiguous = vec![unanswered(ErrorCode::Timeout)];
    let looks = [vec![shows(Active)], as_before(), vec![shows(Inactive)]].concat();
    let (result, asked) = run(looks, [ambiguous, refusal()].concat(), false).await;
    let expected = (Outcome::Inactivated, Some(Inactive), true, None);
    let sequence = "find order read read read read order read";
    assert_eq!(
        (told(&result), asked.as_str()),
        (expected, sequence),
        "it was the first order that did it"
    );
    let expected = (
        Outcome::Refused,
        Some(Active),
        false,
        Some(ErrorCode::ProviderRejected),
    );
    // Another may have switched it off, which a read that lags shows a little later.
    for (look, sequence) in [
        (shows(Active), "find order read read read read"),
        (Ok(None), "find order read"),
        (fails(ErrorCode::Timeout), "find order read"),
    ] {
        let (result, asked) = run(vec![shows(Active), look], refusal(), false).await;
        assert_eq!((told(&result), asked.as_str()), (expected, sequence));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_what_would_be_done_and_orders_nothing() {
    for status in [Active, PendingActivation, Unknown, Good] {
        let (result, asked) = run(vec![shows(status)], Vec::new(), true).await;
        assert_eq!(
            (told(&result), asked.as_str()),
            ((Outcome::WouldInactivate, Some(status), true, None), "find")
        );
        assert_eq!(result.status_before, Some(status));
    }
}

#[tokio::test(start_paused = true)]
async fn a_confirmed_order_is_believed_unless_reads_contradict_it() {
    let invalid = Some(ErrorCode::ProviderInvalidResponse);
    let cases: [(Vec<Shown>, Told, &str); 9] = [
        (
            vec![shows(Inactive)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find order read",
        ),
        (
            vec![shows(Unknown)],
            (Outcome::Inactivated, Some(Inactive), false, None),
            "find order read",
        ),
        (
            vec![fails(ErrorCode::Timeout)],
            (Outcome::Inactivated, Some(Inactive), false, None),
            "find order read",
        ),
        (
            vec![fails(ErrorCode::Throttled)],
            (Outcome::Inactivated, Some(Inactive), false, None),
            "find order read",
        ),
        (
            vec![Ok(None), Ok(None)],
            (Outcome::NotFound, None, true, None),
            "find order read read",
        ),
        (
            vec![Ok(None), shows(Inactive)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find order read read",
        ),
        (
            vec![shows(Active), shows(Inactive)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find order read read",
        ),
        (
            vec![shows(Active)],
            (Outcome::Unknown, None, false, invalid),
            "find order read read read read",
        ),
        (
            vec![shows(Active), shows(Unknown)],
            (Outcome::Unknown, None, false, invalid),
            "find order read read read read",
        ),
    ];
    for (reads, expected, sequence) in cases {
        let looks = [vec![shows(Active)], reads.clone()].concat();
        let (result, asked) = run_within(SHORT, looks, vec![confirmed()], false).await;
        assert_eq!(
            (told(&result), asked.as_str()),
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

/// A read may lag behind the write: a contradiction is looked at again for as long as there is
/// time, and nothing untrue is said then.
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
        for orders in [
            vec![confirmed()],
            vec![unanswered(ErrorCode::Timeout), confirmed()],
        ] {
            let begun = tokio::time::Instant::now();
            let lag = Duration::from_secs(seconds);
            let broker = Broker::new([shows(Active)], orders).lagging(lag);
            let results = carry_out(
                &broker,
                &[reference("0a")],
                COMMAND,
                Duration::from_secs(29),
            )
            .await;
            assert_eq!(
                told(&results[0]),
                expected,
                "{seconds} s: {}",
                broker.asked()
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
async fn every_status_that_is_not_off_is_switched_off() {
    for status in [Active, PendingActivation, Unknown, Good] {
        let (result, asked) = run(
            vec![shows(status), shows(Inactive)],
            vec![confirmed()],
            false,
        )
        .await;
        assert_eq!(
            (told(&result), asked.as_str()),
            (
                (Outcome::Inactivated, Some(Inactive), true, None),
                "find order read"
            )
        );
        assert_eq!(result.status_before, Some(status));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_is_not_repeated() {
    for (order, outcome, code) in [
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
        let (result, asked) = run(vec![shows(Active)], vec![order], false).await;
        assert_eq!(
            (told(&result), asked.as_str()),
            ((outcome, Some(Active), false, Some(code)), "find order")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_gone_when_the_order_arrives_is_not_found() {
    for (looks, orders, sequence) in [
        (
            vec![shows(Active), Ok(None)],
            vec![Ok(None)],
            "find order read",
        ),
        (
            [vec![shows(Active)], as_before(), vec![Ok(None)]].concat(),
            vec![unanswered(ErrorCode::ProviderUnavailable), Ok(None)],
            "find order read read read read order read",
        ),
    ] {
        let (result, asked) = run(looks, orders, false).await;
        assert_eq!(
            (result.outcome, result.status, result.error),
            (Outcome::NotFound, None, None)
        );
        assert_eq!(
            (result.status_before, asked.as_str()),
            (Some(Active), sequence)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_order_is_followed_by_a_read_and_given_again_only_when_that_shows_it_active()
{
    use ErrorCode::{ProviderUnavailable, Timeout};
    let cases: [(Vec<Shown>, Vec<SortOrder>, Told, &str); 8] = [
        (
            vec![shows(Inactive)],
            vec![],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find order read",
        ),
        (
            vec![Ok(None)],
            vec![],
            (Outcome::NotFound, None, true, None),
            "find order read",
        ),
        (
            vec![fails(Timeout)],
            vec![],
            (Outcome::Unknown, None, false, Some(ProviderUnavailable)),
            "find order read",
        ),
        (
            [as_before(), vec![shows(Inactive)]].concat(),
            vec![confirmed()],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find order read read read read order read",
        ),
        (
            [as_before(), vec![shows(Inactive)]].concat(),
            vec![unanswered(Timeout)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find order read read read read order read",
        ),
        (
            vec![shows(Active), shows(Active), shows(Inactive)],
            vec![],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find order read read read",
        ),
        (
            [as_before(), vec![fails(Timeout)]].concat(),
            vec![unanswered(Timeout)],
            (Outcome::Unknown, None, false, Some(Timeout)),
            "find order read read read read order read",
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
            "find order read read read read order",
        ),
    ];
    for (reads, further, expected, sequence) in cases {
        let looks = [vec![shows(Active)], reads.clone()].concat();
        let orders = [vec![unanswered(ProviderUnavailable)], further].concat();
        let (result, asked) = run(looks, orders, false).await;
        assert_eq!(
            (told(&result), asked.as_str()),
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
        detail.contains("the order was sent") && detail.contains("the order was not answered"),
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
        told(&result),
        (Outcome::NotAttempted, None, false, Some(ErrorCode::Timeout))
    );
    assert_eq!(
        (result.status_before, result.provider_serial_number),
        (None, None)
    );
    assert_eq!(result.ca_serial_number, SerialNumber::parse("0b").ok());
    assert_eq!(broker.asked(), "");
}

#[tokio::test(start_paused = true)]
async fn an_order_is_repeated_only_when_a_read_shows_the_certificate_as_it_was() {
    for (status, outcome, told) in [
        (Revoked, Outcome::Failed, Some(Revoked)),
        (Unknown, Outcome::Unknown, None),
    ] {
        let (result, asked) = run(
            vec![shows(Active), shows(status)],
            vec![unanswered(ErrorCode::ProviderUnavailable)],
            false,
        )
        .await;
        assert_eq!(asked, "find order read", "{status:?}");
        assert_eq!((result.outcome, result.status), (outcome, told));
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_not_found_is_judged_by_another_read() {
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
            "find order read read read read"
        } else {
            "find order read"
        };
        let (result, asked) = run(vec![shows(Active), read], vec![Ok(None)], false).await;
        assert_eq!((told(&result), asked.as_str()), (expected, sequence));
    }
}

#[tokio::test(start_paused = true)]
async fn two_orders_without_an_answer_and_without_an_effect_that_shows_are_unknown() {
    let orders = vec![
        unanswered(ErrorCode::ProviderUnavailable),
        unanswered(ErrorCode::Timeout),
    ];
    let (result, asked) = run_within(
        Duration::from_secs(20),
        vec![shows(PendingActivation), shows(Active)],
        orders,
        false,
    )
    .await;
    assert_eq!(
        told(&result),
        (
            Outcome::Unknown,
            Some(Active),
            false,
            Some(ErrorCode::Timeout)
        ),
        "a read may lag behind"
    );
    assert_eq!(asked.matches("order").count(), 2);
}

/// The provider tells when the certificate was last switched on; the order was delivered before.
#[tokio::test(start_paused = true)]
async fn an_order_that_is_delivered_again_does_not_fight_who_has_switched_the_device_on_since() {
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
                error.detail.contains(moment) && !error.comes_back(),
                "{error}"
            );
        }
    }
}
