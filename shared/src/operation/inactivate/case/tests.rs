//! One certificate: what is ordered, and what is said on which evidence.

mod names;

use super::super::fake::{Broker, Look as Shown, confirmed, fails, reference, refused, shows, unanswered};
use super::*;
use crate::provider::Written;
use crate::transport::Failure;
use LifecycleStatus::{Active, Good, Inactive, PendingActivation, Revoked, Unknown};

type Order = Result<Option<Written>, Failure>;

async fn run(looks: Vec<Shown>, orders: Vec<Order>, dry_run: bool) -> (InactivateResult, String) {
    let broker = Broker::new(looks, orders);
    let reference = reference("0a");
    let case = Case { inactivator: &broker, reference: &reference, reason: Some("stolen"), caller: Some("arn:aws:iam::1:user/ops") };
    let result = case.run(Spellings::Own, dry_run).await.unwrap_or_else(|| case.not_found());
    (result, broker.asked())
}

/// Outcome, status, whether a read confirms it, and the code of the error.
type Told = (Outcome, Option<LifecycleStatus>, bool, Option<ErrorCode>);

fn told(result: &InactivateResult) -> Told {
    (result.outcome, result.status, result.verified, result.error.as_ref().map(|error| error.code))
}

#[tokio::test(start_paused = true)]
async fn what_the_first_look_shows_decides_whether_anything_is_ordered() {
    use ErrorCode::{Forbidden, NotFound, ProviderRejected, Throttled};
    let cases: [(Shown, Told); 7] = [
        (shows(Inactive), (Outcome::AlreadyInactive, Some(Inactive), true, None)),
        (shows(Revoked), (Outcome::Refused, Some(Revoked), true, Some(Forbidden))),
        (Ok(None), (Outcome::NotFound, None, false, None)),
        (fails(Throttled), (Outcome::Failed, None, false, Some(Throttled))),
        (fails(ProviderRejected), (Outcome::Failed, None, false, Some(ProviderRejected))),
        (fails(NotFound), (Outcome::Failed, None, false, Some(NotFound))),
        (fails(ErrorCode::Timeout), (Outcome::Failed, None, false, Some(ErrorCode::Timeout))),
    ];
    for (look, expected) in cases {
        for dry_run in [false, true] {
            let (result, asked) = run(vec![look.clone()], Vec::new(), dry_run).await;
            assert_eq!((told(&result), asked.as_str()), (expected, "find"), "{look:?}");
            assert_eq!(result.status_before, look.clone().ok().flatten());
            assert_eq!(result.provider_serial_number.as_deref(), look.clone().ok().flatten().map(|_| "000a"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_because_of_the_state_is_no_failure_when_the_certificate_is_off_by_then() {
    let refusal = || {
        let error = Error { concerns_state: true, ..Error::new(ErrorCode::ProviderRejected, "not in this state") };
        vec![Err(Failure { error, may_have_acted: false })]
    };
    let (result, asked) = run(vec![shows(Active), shows(Inactive)], refusal(), false).await;
    assert_eq!((told(&result), asked.as_str()), ((Outcome::AlreadyInactive, Some(Inactive), true, None), "find order read"));
    let ambiguous = vec![unanswered(ErrorCode::Timeout)];
    let (result, asked) = run(vec![shows(Active), shows(Active), shows(Inactive)], [ambiguous, refusal()].concat(), false).await;
    let expected = (Outcome::Inactivated, Some(Inactive), true, None);
    assert_eq!((told(&result), asked.as_str()), (expected, "find order read order read"), "it was the first order that did it");
    let expected = (Outcome::Refused, Some(Active), false, Some(ErrorCode::ProviderRejected));
    for look in [shows(Active), Ok(None), fails(ErrorCode::Timeout)] {
        let (result, asked) = run(vec![shows(Active), look], refusal(), false).await;
        assert_eq!((told(&result), asked.as_str()), (expected, "find order read"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_what_would_be_done_and_orders_nothing() {
    for status in [Active, PendingActivation, Unknown, Good] {
        let (result, asked) = run(vec![shows(status)], Vec::new(), true).await;
        assert_eq!((told(&result), asked.as_str()), ((Outcome::WouldInactivate, Some(status), true, None), "find"));
        assert_eq!(result.status_before, Some(status));
    }
}

#[tokio::test(start_paused = true)]
async fn a_confirmed_order_is_believed_unless_reads_contradict_it() {
    let invalid = Some(ErrorCode::ProviderInvalidResponse);
    let cases: [(Vec<Shown>, Told, &str); 9] = [
        (vec![shows(Inactive)], (Outcome::Inactivated, Some(Inactive), true, None), "find order read"),
        (vec![shows(Unknown)], (Outcome::Inactivated, Some(Inactive), false, None), "find order read"),
        (vec![fails(ErrorCode::Timeout)], (Outcome::Inactivated, Some(Inactive), false, None), "find order read"),
        (vec![fails(ErrorCode::Throttled)], (Outcome::Inactivated, Some(Inactive), false, None), "find order read"),
        (vec![Ok(None), Ok(None)], (Outcome::NotFound, None, true, None), "find order read read"),
        (vec![Ok(None), shows(Inactive)], (Outcome::Inactivated, Some(Inactive), true, None), "find order read read"),
        (vec![shows(Active), shows(Inactive)], (Outcome::Inactivated, Some(Inactive), true, None), "find order read read"),
        (vec![shows(Active), shows(Active)], (Outcome::Failed, Some(Active), true, invalid), "find order read read"),
        (vec![shows(Active), shows(Unknown)], (Outcome::Failed, Some(Active), true, invalid), "find order read read"),
    ];
    for (reads, expected, sequence) in cases {
        let looks = [vec![shows(Active)], reads.clone()].concat();
        let (result, asked) = run(looks, vec![confirmed()], false).await;
        assert_eq!((told(&result), asked.as_str()), (expected, sequence), "{reads:?}");
        assert_eq!(result.status_before, Some(Active));
        assert_eq!(result.provider_request_id.as_deref(), Some("id-1"), "{reads:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_contradicting_read_is_given_a_moment() {
    let start = tokio::time::Instant::now();
    run(vec![shows(Active), shows(Active), shows(Inactive)], vec![confirmed()], false).await;
    assert_eq!(start.elapsed(), BEFORE_SECOND_LOOK);
}

#[tokio::test(start_paused = true)]
async fn every_status_that_is_not_off_is_switched_off() {
    for status in [Active, PendingActivation, Unknown, Good] {
        let (result, asked) = run(vec![shows(status), shows(Inactive)], vec![confirmed()], false).await;
        assert_eq!((told(&result), asked.as_str()), ((Outcome::Inactivated, Some(Inactive), true, None), "find order read"));
        assert_eq!(result.status_before, Some(status));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_is_not_repeated() {
    for (order, outcome, code) in [
        (refused(ErrorCode::ProviderRejected, false), Outcome::Refused, ErrorCode::ProviderRejected),
        (refused(ErrorCode::ProviderRejected, true), Outcome::Refused, ErrorCode::ProviderRejected),
        (refused(ErrorCode::Throttled, false), Outcome::Failed, ErrorCode::Throttled),
        (refused(ErrorCode::NotFound, false), Outcome::Failed, ErrorCode::NotFound),
        (refused(ErrorCode::Timeout, false), Outcome::Failed, ErrorCode::Timeout),
        (refused(ErrorCode::ProviderUnavailable, false), Outcome::Failed, ErrorCode::ProviderUnavailable),
    ] {
        let (result, asked) = run(vec![shows(Active)], vec![order], false).await;
        assert_eq!((told(&result), asked.as_str()), ((outcome, Some(Active), false, Some(code)), "find order"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_gone_when_the_order_arrives_is_not_found() {
    for (looks, orders, sequence) in [
        (vec![shows(Active), Ok(None)], vec![Ok(None)], "find order read"),
        (
            vec![shows(Active), shows(Active), Ok(None)],
            vec![unanswered(ErrorCode::ProviderUnavailable), Ok(None)],
            "find order read order read",
        ),
    ] {
        let (result, asked) = run(looks, orders, false).await;
        assert_eq!((result.outcome, result.status, result.error), (Outcome::NotFound, None, None));
        assert_eq!((result.status_before, asked.as_str()), (Some(Active), sequence));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_order_is_followed_by_a_read_and_given_again_only_when_that_shows_it_active() {
    use ErrorCode::{ProviderUnavailable, Timeout};
    let cases: [(Vec<Shown>, Vec<Order>, Told, &str); 8] = [
        (vec![shows(Inactive)], vec![], (Outcome::Inactivated, Some(Inactive), true, None), "find order read"),
        (vec![Ok(None)], vec![], (Outcome::NotFound, None, true, None), "find order read"),
        (vec![fails(Timeout)], vec![], (Outcome::Unknown, None, false, Some(ProviderUnavailable)), "find order read"),
        (
            vec![shows(Active), shows(Inactive)],
            vec![confirmed()],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find order read order read",
        ),
        (
            vec![shows(Active), shows(Inactive)],
            vec![unanswered(Timeout)],
            (Outcome::Inactivated, Some(Inactive), true, None),
            "find order read order read",
        ),
        (
            vec![shows(Active), shows(Active)],
            vec![unanswered(Timeout)],
            (Outcome::Failed, Some(Active), true, Some(Timeout)),
            "find order read order read",
        ),
        (
            vec![shows(Active), fails(Timeout)],
            vec![unanswered(Timeout)],
            (Outcome::Unknown, None, false, Some(Timeout)),
            "find order read order read",
        ),
        (
            vec![shows(Active)],
            vec![refused(ErrorCode::ProviderRejected, false)],
            (Outcome::Refused, Some(Active), false, Some(ErrorCode::ProviderRejected)),
            "find order read order",
        ),
    ];
    for (reads, further, expected, sequence) in cases {
        let looks = [vec![shows(Active)], reads.clone()].concat();
        let orders = [vec![unanswered(ProviderUnavailable)], further].concat();
        let (result, asked) = run(looks, orders, false).await;
        assert_eq!((told(&result), asked.as_str()), (expected, sequence), "{reads:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_says_why_in_its_detail() {
    let (result, _) = run(vec![shows(Active), fails(ErrorCode::Timeout)], vec![unanswered(ErrorCode::ProviderUnavailable)], false).await;
    let detail = result.error.unwrap().detail;
    assert!(detail.contains("the order was sent") && detail.contains("the order was not answered"), "{detail}");
}

#[test]
fn what_was_not_attempted_says_why_and_nothing_else() {
    let broker = Broker::new([], []);
    let reference = reference("0a");
    let case = Case { inactivator: &broker, reference: &reference, reason: None, caller: None };
    let result = case.not_attempted(Error::new(ErrorCode::Throttled, "too many"));
    assert_eq!(told(&result), (Outcome::NotAttempted, None, false, Some(ErrorCode::Throttled)));
    assert_eq!((result.status_before, result.provider_serial_number), (None, None));
    assert_eq!(result.ca_serial_number, SerialNumber::parse("0b").ok());
}

#[tokio::test(start_paused = true)]
async fn an_order_is_repeated_only_when_a_read_shows_the_certificate_as_it_was() {
    for (status, outcome, told) in [(Revoked, Outcome::Failed, Some(Revoked)), (Unknown, Outcome::Unknown, None)] {
        let (result, asked) = run(vec![shows(Active), shows(status)], vec![unanswered(ErrorCode::ProviderUnavailable)], false).await;
        assert_eq!(asked, "find order read", "{status:?}");
        assert_eq!((result.outcome, result.status), (outcome, told));
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_not_found_is_judged_by_another_read() {
    let invalid = Some(ErrorCode::ProviderInvalidResponse);
    for (read, expected) in [
        (shows(Active), (Outcome::Failed, Some(Active), true, invalid)),
        (shows(Inactive), (Outcome::Inactivated, Some(Inactive), true, None)),
        (fails(ErrorCode::Throttled), (Outcome::Failed, None, false, invalid)),
        (Ok(None), (Outcome::NotFound, None, true, None)),
    ] {
        let (result, asked) = run(vec![shows(Active), read], vec![Ok(None)], false).await;
        assert_eq!((told(&result), asked.as_str()), (expected, "find order read"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_status_told_is_the_one_last_read() {
    let (result, _) = run(
        vec![shows(PendingActivation), shows(Active), shows(Active)],
        vec![unanswered(ErrorCode::ProviderUnavailable), unanswered(ErrorCode::ProviderUnavailable)],
        false,
    )
    .await;
    assert_eq!((result.status, result.verified), (Some(Active), true));
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_that_a_read_contradicts_is_not_believed_because_the_next_read_fails() {
    let (result, _) = run(vec![shows(Active), shows(Active), fails(ErrorCode::Timeout)], vec![confirmed()], false).await;
    assert_ne!(result.outcome, Outcome::Inactivated);
}
