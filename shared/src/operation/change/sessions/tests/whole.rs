//! The sessions of a whole order, beside its certificates.

use super::super::super::order::left;
use super::*;
use crate::error::Concerns;
use crate::request::OrderItem;

fn named(sessions: BrokerSessions) -> BrokerSessions {
    BrokerSessions {
        named: true,
        ..sessions
    }
}

#[tokio::test(start_paused = true)]
async fn the_sessions_of_a_certificate_that_was_inactive_before_are_ended() {
    let sessions = sessions(&[("a", vec![ON, OFF], vec![confirmed()])]);
    let broker = Broker::new([shows(Inactive)], []).with_sessions(sessions);
    let result = one(&broker, with_clients("0a", &["a"])).await;
    assert_eq!(broker.calls(), "find ids look end look look");
    assert_eq!(result.outcome, Outcome::AlreadyInactive);
    assert_eq!(
        (clients(&result)[0].outcome, result.cut_off),
        (Ended, Some(true))
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_not_verified_inactive_has_no_session_touched() {
    use ErrorCode::{ProviderInvalidResponse, ProviderRejected, ProviderUnavailable};
    let unavailable = || fails(ProviderUnavailable);
    let lost = || unanswered(ProviderUnavailable);
    let denied = || refused(ProviderRejected, Concerns::Parameters);
    let cases = [
        (
            vec![shows(Revoked)],
            vec![],
            Outcome::Refused,
            ErrorCode::Forbidden,
        ),
        (
            vec![shows(Active)],
            vec![denied()],
            Outcome::Refused,
            ProviderRejected,
        ),
        (
            vec![shows(Active), unavailable()],
            vec![lost()],
            Outcome::Unknown,
            ProviderUnavailable,
        ),
        (
            vec![shows(Active)],
            vec![lost(), lost()],
            Outcome::Unknown,
            ProviderUnavailable,
        ),
        // The provider's word alone is not enough; the order goes on until a read confirms it.
        (
            vec![shows(Active), unavailable()],
            vec![confirmed()],
            Outcome::Inactivated,
            ProviderInvalidResponse,
        ),
    ];
    for (reads, writes, outcome, error) in cases {
        let sessions = sessions(&[("a", vec![], vec![])]);
        let broker = Broker::new(reads, writes).with_sessions(sessions);
        let results = carry_out(
            &broker,
            &[with_clients("0a", &["a"])],
            ORDER,
            Duration::from_secs(6),
        )
        .await;
        let result = &results[0];
        assert_eq!(
            (result.outcome, code(result.error.as_ref())),
            (outcome, Some(error)),
            "{}",
            broker.calls()
        );
        let client = &clients(result)[0];
        assert_eq!(
            (client.outcome, client.was_connected, client.verified),
            (Unknown, None, false),
            "{outcome:?}"
        );
        assert_eq!(result.cut_off, Some(false), "{outcome:?}");
    }
    // A certificate that was not found has no known client.
    let broker = Broker::new([Ok(None)], []);
    let result = one(&broker, reference("0a")).await;
    assert_eq!(result.sessions, Some(Sessions::default()));
    assert_eq!((result.outcome, result.cut_off), (Outcome::NotFound, None));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_does_not_ask_for_sessions_has_none() {
    let broker = Broker::new([shows(Active), shows(Inactive)], [confirmed()]);
    let results = carry_out(&broker, &[reference("0a")], COMMAND, MINUTE).await;
    assert_eq!(broker.calls(), "find write read");
    assert_eq!((&results[0].sessions, results[0].cut_off), (&None, None));
}

#[tokio::test(start_paused = true)]
async fn the_clients_of_a_certificate_are_disconnected_side_by_side() {
    let client = |id| (id, vec![ON, OFF], vec![confirmed()]);
    let two = sessions(&[client("a"), client("b")]);
    let broker = inactivating(named(BrokerSessions {
        time: Duration::from_millis(10),
        ..tied(two, &[(KEY, &["a", "b"])])
    }));
    let result = one(&broker, reference("0a")).await;
    assert_eq!(
        broker.calls(),
        "find write ids read look:a look:b end:a end:b look:a look:b look:a look:b"
    );
    assert_eq!(result.cut_off, Some(true));
}

#[tokio::test(start_paused = true)]
async fn one_client_that_stays_makes_the_certificates_devices_not_cut_off() {
    let denied = refused(ErrorCode::ProviderRejected, Concerns::Parameters);
    let two = sessions(&[
        ("a", vec![ON, OFF], vec![confirmed()]),
        ("b", vec![ON], vec![denied]),
    ]);
    let broker = inactivating(tied(two, &[(KEY, &["a", "b"])]));
    let result = one(&broker, reference("0a")).await;
    let outcomes: Vec<_> = clients(&result)
        .iter()
        .map(|client| (client.client_id.as_str(), client.outcome))
        .collect();
    assert_eq!(outcomes, [("a", Ended), ("b", Failed)]);
    assert_eq!(result.cut_off, Some(false));
    let error = result.error.unwrap();
    assert!(error.detail.contains("the write was refused"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_client_of_two_certificates_is_disconnected_once() {
    let shared = sessions(&[("a", vec![ON, OFF], vec![confirmed()])]);
    let mut broker = Broker::new([shows(Inactive)], []).with_sessions(BrokerSessions {
        time: Duration::from_millis(10),
        ..tied(shared, &[(KEY, &["a"]), ("000b", &["a"])])
    });
    broker.group_size = 2;
    let order = [reference("0a"), reference("0b")];
    let results = carry_out(&broker, &order, ORDER, MINUTE).await;
    assert_eq!(broker.calls(), "find find ids ids look end look look look");
    let outcomes: Vec<_> = results
        .iter()
        .map(|result| (clients(result)[0].outcome, result.cut_off))
        .collect();
    assert_eq!(outcomes, [(Ended, Some(true)), (NotConnected, Some(true))]);
}

/// A permission that is missing for sessions, or a rate limit on them, says nothing about
/// certificates.
#[tokio::test(start_paused = true)]
async fn an_error_of_all_sessions_ends_the_sessions_and_not_the_certificates() {
    for (code_of_all, is_other_known) in [
        (ErrorCode::ProviderRejected, false),
        (ErrorCode::Throttled, false),
        (ErrorCode::ProviderUnavailable, true),
    ] {
        let sessions = tied(
            sessions(&[
                ("a", vec![ON], vec![refused(code_of_all, Concerns::Other)]),
                ("b", vec![OFF], vec![]),
            ]),
            &[(KEY, &["a"]), ("000b", &["b"])],
        );
        let reads = [shows(Inactive), shows(Active), shows(Inactive)];
        let broker = Broker::new(reads, [confirmed()]).with_sessions(named(BrokerSessions {
            time: Duration::from_millis(10),
            ..sessions
        }));
        let command = ORDER;
        let first = carry_out(
            &broker,
            &[reference("0a"), reference("0b")],
            command,
            MINUTE,
        )
        .await;
        let outcomes: Vec<_> = first.iter().map(|result| result.outcome).collect();
        assert_eq!(
            outcomes,
            [Outcome::AlreadyInactive, Outcome::Inactivated],
            "{code_of_all:?}"
        );
        assert_eq!(code(first[0].error.as_ref()), Some(code_of_all));
        let other = &clients(&first[1])[0];
        if !is_other_known && other.outcome == Unknown {
            assert_eq!(code(other.error.as_ref()), Some(code_of_all));
        } else {
            assert_eq!((other.outcome, other.verified), (NotConnected, true));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_continues_with_a_session_that_was_not_ended() {
    let throttled = refused(ErrorCode::Throttled, Concerns::Other);
    let broker = inactivating(sessions(&[("a", vec![ON], vec![throttled])]));
    let items = [OrderItem::from(with_clients("0a", &["a"]))];
    let result = one(&broker, items[0].certificate.clone()).await;
    assert_eq!(result.outcome, Outcome::Inactivated);
    let rest = left(&items, &[result]);
    assert_eq!(
        rest.len(),
        1,
        "the certificate is off, and its session is left"
    );
    assert_eq!(rest[0].certificate, items[0].certificate);
    let again = sessions(&[("a", vec![ON, OFF], vec![confirmed()])]);
    let broker = Broker::new([shows(Inactive)], []).with_sessions(again);
    let result = one(&broker, rest[0].certificate.clone()).await;
    assert_eq!(broker.calls(), "find ids look end look look");
    assert_eq!(
        (result.outcome, result.cut_off),
        (Outcome::AlreadyInactive, Some(true))
    );
    assert!(left(&items, &[result]).is_empty());
}

#[tokio::test(start_paused = true)]
async fn sessions_are_counted_by_their_outcomes() {
    let two = sessions(&[
        ("a", vec![ON, OFF], vec![confirmed()]),
        ("b", vec![OFF], vec![]),
    ]);
    let broker = inactivating(tied(two, &[(KEY, &["a", "b"])]));
    let result = one(&broker, reference("0a")).await;
    let counted = super::super::super::client_session::counts(result.sessions.iter());
    assert_eq!(
        serde_json::to_value(counted).unwrap(),
        serde_json::json!({"ended": 1, "not_connected": 1, "would_end": 0, "failed": 0, "unknown": 0})
    );
}
