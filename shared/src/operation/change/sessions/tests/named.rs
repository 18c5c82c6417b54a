//! The client ids: the provider's, the caller's, and those that may reach no call.

use super::*;

const OWN: &str = "excavator-7";

/// Sessions of these clients, none of which is connected.
fn away(clients: &[&str]) -> BrokerSessions {
    let clients: Vec<_> = clients
        .iter()
        .map(|client| (*client, vec![OFF], vec![]))
        .collect();
    sessions(&clients)
}

fn ids(result: &InactivateResult) -> Vec<&str> {
    let clients = clients(result).iter();
    clients.map(|client| client.client_id.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_clients_are_those_that_the_provider_ties_to_the_certificate() {
    let sessions = tied(away(&[OWN, "b"]), &[(KEY, &[OWN, "b", OWN])]);
    let broker = inactivating(sessions);
    let result = one(&broker, reference("0a")).await;
    // Its ids are asked for beside the write.
    assert_eq!(broker.calls(), "find write ids read look look");
    assert_eq!(ids(&result), [OWN, "b"], "each once");
    assert_eq!(result.cut_off, Some(true));
}

#[tokio::test(start_paused = true)]
async fn the_callers_clients_must_be_among_those_of_the_provider_before_any_write() {
    for (named, is_accepted) in [
        (vec![OWN], true),
        (vec!["b", OWN], true),
        (vec!["excavator-70"], false),
        (vec!["excavator-"], false),
        (vec!["EXCAVATOR-7"], false),
        (vec![OWN, "c"], false),
    ] {
        for status in [Active, Inactive] {
            let sessions = tied(away(&[OWN, "b"]), &[(KEY, &[OWN, "b"])]);
            let writes = (status == Active).then(confirmed);
            let broker =
                Broker::new([shows(status), shows(Inactive)], writes).with_sessions(sessions);
            let result = one(&broker, with_clients("0a", &named)).await;
            if is_accepted {
                assert_eq!(ids(&result), [OWN, "b"], "all its sessions are ended");
                assert_eq!((&result.error, result.cut_off), (&None, Some(true)));
                continue;
            }
            assert_eq!(broker.calls(), "find ids", "{named:?}");
            let error = result.error.as_ref().unwrap();
            assert_eq!(result.outcome, Outcome::Refused, "{named:?}");
            assert_eq!(error.field.as_deref(), Some("client_ids"));
            assert!(!error.needs_redelivery());
            assert_eq!(result.status, Some(status));
            assert_eq!(result.cut_off, Some(false));
            assert!(
                clients(&result)
                    .iter()
                    .all(|client| client.outcome == Unknown)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_callers_clients_are_compared_even_where_no_session_is_to_be_ended() {
    for (named, calls) in [(OWN, "find ids write read"), ("b", "find ids")] {
        let broker = inactivating(tied(away(&[]), &[(KEY, &[OWN])]));
        let order = [with_clients("0a", &[named])];
        let results = carry_out(&broker, &order, COMMAND, MINUTE).await;
        assert_eq!(broker.calls(), calls);
        assert_eq!((&results[0].sessions, results[0].cut_off), (&None, None));
        assert_eq!(results[0].error.is_none(), named == OWN);
    }
}

#[tokio::test(start_paused = true)]
async fn clients_that_cannot_be_compared_leave_the_certificate_alone() {
    let sessions = BrokerSessions {
        tied: HashMap::from([(
            KEY.to_owned(),
            Err(Error::new(ErrorCode::ProviderUnavailable, "no things")),
        )]),
        ..away(&[OWN])
    };
    let broker = inactivating(sessions);
    let result = one(&broker, with_clients("0a", &[OWN])).await;
    assert_eq!(broker.calls(), "find ids");
    assert_eq!(result.outcome, Outcome::Failed);
    let error = result.error.unwrap();
    assert!(error.needs_redelivery(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn clients_that_cannot_be_read_are_an_error_beside_the_change() {
    let sessions = BrokerSessions {
        tied: HashMap::from([(
            KEY.to_owned(),
            Err(Error::new(ErrorCode::ProviderUnavailable, "no things")),
        )]),
        ..away(&[OWN])
    };
    let broker = inactivating(sessions);
    let result = one(&broker, reference("0a")).await;
    assert_eq!(result.outcome, Outcome::Inactivated);
    assert_eq!(result.sessions, Some(Sessions::default()));
    assert_eq!(result.cut_off, None);
    assert!(result.error.unwrap().needs_redelivery());
}

#[tokio::test(start_paused = true)]
async fn without_any_client_id_nothing_is_known_and_nothing_failed() {
    let broker = inactivating(away(&[]));
    let result = one(&broker, reference("0a")).await;
    assert_eq!(broker.calls(), "find write ids read");
    assert_eq!(result.sessions, Some(Sessions::default()));
    assert_eq!((result.cut_off, result.error), (None, None));
}

/// The stand-in takes no other ids than `ClientId`s, as the providers do.
#[tokio::test(start_paused = true)]
async fn an_id_that_may_stand_for_several_clients_reaches_no_call() {
    let long = "a".repeat(257);
    for odd in ["*", "excavator-?", "a/#", "+", "", "a\u{7}", &long] {
        let broker = inactivating(tied(away(&[OWN]), &[(KEY, &[odd, OWN])]));
        let result = one(&broker, reference("0a")).await;
        assert_eq!(broker.calls(), "find write ids read look", "{odd:?}");
        let [refused, other] = clients(&result) else {
            panic!("{odd:?}")
        };
        assert_eq!((refused.outcome, refused.verified), (Failed, false));
        assert_eq!(code(refused.error.as_ref()), Some(ErrorCode::Forbidden));
        assert_eq!((other.outcome, other.verified), (NotConnected, true));
        assert_eq!(result.cut_off, Some(false));
        let error = result.error.unwrap();
        assert!(!error.needs_redelivery(), "no repetition helps: {error}");
    }
}
