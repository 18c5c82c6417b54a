//! One session: the conditions for ending it, and the result of each evidence.

use super::*;
use crate::error::Concerns;

const CLIENT: &str = "excavator-7";

fn not_read() -> ConnectionRead {
    Err(Error::new(
        ErrorCode::ProviderUnavailable,
        "the look failed",
    ))
}

/// Reads that show the client as connected until the disconnection counts as without effect.
fn still_on() -> Vec<ConnectionRead> {
    vec![ON; 4]
}

fn in_turn(looks: &[&[ConnectionRead]]) -> Vec<ConnectionRead> {
    looks.concat()
}

/// The certificate's result, and the calls after its read-back.
async fn end(
    looks: Vec<ConnectionRead>,
    disconnections: Vec<Disconnection>,
) -> (InactivateResult, String) {
    let broker = inactivating(sessions(&[(CLIENT, looks, disconnections)]));
    let result = one(&broker, with_clients("0a", &[CLIENT])).await;
    assert_eq!(result.outcome, Outcome::Inactivated);
    let calls = broker.calls();
    let calls = calls.strip_prefix("find ids write read ").unwrap();
    (result, calls.to_owned())
}

#[tokio::test(start_paused = true)]
async fn the_certificate_comes_first_then_the_session_then_reads_that_it_stays_away() {
    let (result, calls) = end(vec![ON, OFF], vec![confirmed()]).await;
    assert_eq!(calls, "look end look look");
    let expected = serde_json::json!({"known": true, "clients": [
        {"client_id": CLIENT, "was_connected": true, "outcome": "ended", "verified": true, "error": null}
    ]});
    let shown = serde_json::to_value(&result).unwrap();
    assert_eq!(
        (&shown["sessions"], &shown["cut_off"], &shown["error"]),
        (&expected, &true.into(), &serde_json::Value::Null)
    );
}

#[tokio::test(start_paused = true)]
async fn a_success_needs_evidence_and_a_disconnection_is_repeated_only_on_evidence() {
    use ErrorCode::{ProviderInvalidResponse, ProviderRejected, ProviderUnavailable, Throttled};
    let lost = || unanswered(ProviderUnavailable);
    let gone = || Ok(None);
    let on_again = || vec![OFF, ON];
    let four = "look look look look";
    let state = || refused(ProviderRejected, Concerns::CertificateState);
    let denied = || refused(ProviderRejected, Concerns::Other);
    let cases = [
        // The client is not connected, or the read fails: nothing is ended.
        (vec![OFF], vec![], NotConnected, None, "look".to_owned()),
        (
            vec![not_read()],
            vec![],
            Unknown,
            Some(ProviderUnavailable),
            "look".to_owned(),
        ),
        // Not answered, with and without effect.
        (
            vec![ON, OFF],
            vec![lost()],
            Ended,
            None,
            "look end look look".to_owned(),
        ),
        (
            in_turn(&[&[ON], &still_on(), &[OFF]]),
            vec![lost(), confirmed()],
            Ended,
            None,
            format!("look end {four} end look look"),
        ),
        (
            vec![ON],
            vec![lost(), lost(), lost()],
            Failed,
            Some(ProviderUnavailable),
            format!("look end {four} end {four} end {four}"),
        ),
        // Confirmed without effect: a success of the call proves nothing.
        (
            vec![ON],
            vec![confirmed(), confirmed(), confirmed()],
            Failed,
            Some(ProviderInvalidResponse),
            format!("look end {four} end {four} end {four}"),
        ),
        // The reads lag behind.
        (
            vec![ON, ON, ON, OFF],
            vec![confirmed()],
            Ended,
            None,
            "look end look look look look".to_owned(),
        ),
        // The client comes back once, or as fast as it is disconnected.
        (
            in_turn(&[&[ON], &on_again(), &[OFF]]),
            vec![confirmed(), confirmed()],
            Ended,
            None,
            "look end look look end look look".to_owned(),
        ),
        (
            in_turn(&[&[ON], &on_again(), &on_again(), &on_again()]),
            vec![confirmed(), confirmed(), confirmed()],
            Failed,
            Some(ProviderInvalidResponse),
            "look end look look end look look end look look".to_owned(),
        ),
        // The provider does not find the connection that it shows.
        (
            vec![ON, OFF],
            vec![gone()],
            Ended,
            None,
            "look end look look".to_owned(),
        ),
        (
            vec![ON],
            vec![gone(), gone(), gone()],
            Failed,
            Some(ProviderInvalidResponse),
            format!("look end {four} end {four} end {four}"),
        ),
        // Refused: once and for all, or because the client has just gone by itself.
        (
            vec![ON],
            vec![denied()],
            Failed,
            Some(ProviderRejected),
            "look end".to_owned(),
        ),
        (
            vec![ON],
            vec![state()],
            Failed,
            Some(ProviderRejected),
            "look end look".to_owned(),
        ),
        (
            vec![ON, OFF],
            vec![state()],
            Ended,
            None,
            "look end look look".to_owned(),
        ),
        (
            vec![ON],
            vec![refused(Throttled, Concerns::Other)],
            Failed,
            Some(Throttled),
            "look end".to_owned(),
        ),
        // The reads after it fail, at first or always.
        (
            in_turn(&[&[ON], &[not_read(), not_read()], &[OFF]]),
            vec![confirmed()],
            Ended,
            None,
            "look end look look look look".to_owned(),
        ),
        (
            vec![ON, not_read()],
            vec![confirmed()],
            Unknown,
            Some(ProviderUnavailable),
            format!("look end {four}"),
        ),
        (
            vec![ON, not_read()],
            vec![lost()],
            Unknown,
            Some(ProviderUnavailable),
            format!("look end {four}"),
        ),
        (
            vec![ON, OFF, not_read()],
            vec![confirmed()],
            Ended,
            Some(ProviderUnavailable),
            "look end look look".to_owned(),
        ),
    ];
    for (looks, disconnections, outcome, error, expected_calls) in cases {
        let was_connected = looks[0].clone().ok();
        let shown = format!("{looks:?} {disconnections:?}");
        let (result, calls) = end(looks, disconnections).await;
        let [client] = clients(&result) else {
            panic!("{shown}")
        };
        assert_eq!(calls, expected_calls, "{shown}");
        assert_eq!(
            (
                client.outcome,
                client.was_connected,
                code(client.error.as_ref())
            ),
            (outcome, was_connected, error),
            "{shown}"
        );
        // Only two consecutive reads without the client, or one before any disconnection, are evidence.
        // A result without evidence has an error.
        assert_eq!(client.verified, error.is_none(), "{shown}");
        assert_eq!(result.cut_off, Some(error.is_none()), "{shown}");
        assert_eq!(code(result.error.as_ref()), error, "{shown}");
        assert_eq!(
            (result.outcome, result.status, result.verified),
            (Outcome::Inactivated, Some(Inactive), true),
            "the certificate is off all the same: {shown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_time_to_read_a_client_is_neither_called_gone_nor_disconnected_again() {
    let slow = Duration::from_millis(700);
    for (looks, outcome, calls) in [
        (vec![ON, OFF], Ended, "look end look"),
        (vec![ON, ON, OFF], Unknown, "look end look"),
    ] {
        let sessions = sessions(&[(CLIENT, looks, vec![confirmed()])]);
        let broker = inactivating(BrokerSessions {
            time: slow,
            ..sessions
        });
        let order = [with_clients("0a", &[CLIENT])];
        let results = carry_out(&broker, &order, ORDER, Duration::from_secs(3)).await;
        assert_eq!(
            broker.calls(),
            format!("find ids write read {calls}"),
            "{outcome:?}"
        );
        let client = &clients(&results[0])[0];
        assert_eq!((client.outcome, client.verified), (outcome, false));
        assert_eq!(code(client.error.as_ref()), Some(ErrorCode::Timeout));
        assert_eq!(results[0].cut_off, Some(false));
        assert!(results[0].error.as_ref().unwrap().needs_redelivery());
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_only_reads() {
    for (status, look, outcome, cut_off) in [
        (Active, ON, WouldEnd, false),
        (Active, OFF, NotConnected, false),
        (Inactive, ON, WouldEnd, false),
        (Inactive, OFF, NotConnected, true),
    ] {
        let sessions = sessions(&[(CLIENT, vec![look.clone()], vec![])]);
        let broker = Broker::new([shows(status)], []).with_sessions(sessions);
        let command = Command {
            dry_run: true,
            ..ORDER
        };
        let order = [with_clients("0a", &[CLIENT])];
        let results = carry_out(&broker, &order, command, MINUTE).await;
        assert_eq!(broker.calls(), "find ids look");
        let client = &clients(&results[0])[0];
        assert_eq!(
            (client.outcome, client.was_connected, client.verified),
            (outcome, look.ok(), outcome == NotConnected)
        );
        assert_eq!(results[0].cut_off, Some(cut_off), "{status:?} {outcome:?}");
        assert_eq!(results[0].error, None);
    }
}
