//! Repeats of a request, over a table that decides as DynamoDB does.

use std::time::Duration;

use super::*;
use crate::testing::Bench;
use crate::testing::network::{Answer, Network, answer, cause};
use crate::testing::table::Items;
use crate::transport::SendError;

const TABLE: [(&str, &str); 2] = [("IDEMPOTENCY_TABLE", "keys"), ("AWS_REGION", "eu-west-1")];
const AIDA: Owner<'static> = Owner::Caller(Some("AIDA"));
const BODY: &[u8] = br#"{"certificates": []}"#;

fn keys(bench: &Bench) -> IdempotencyKeys<'_> {
    IdempotencyKeys::new(
        &bench.config,
        &bench.transport,
        bench.deadline,
        bench.limiter.unlimited(),
    )
    .unwrap()
}

async fn claim(keys: &IdempotencyKeys<'_>) -> Result<KeyState, Error> {
    keys.claim("inactivate", AIDA, "key-1", BODY, None).await
}

async fn claimed(keys: &IdempotencyKeys<'_>) -> Claim {
    match claim(keys).await.unwrap() {
        KeyState::Claimed(claim) => claim,
        KeyState::Answered(answer) => panic!("{answer:?}"),
    }
}

fn stored(body: &str) -> StoredAnswer {
    StoredAnswer {
        status: 200,
        body: body.to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeat_waits_for_the_first_one_and_then_has_its_answer() {
    let network = Items::default().network();
    let bench = Bench::with(&network, &TABLE);
    let keys = keys(&bench);
    let first = claimed(&keys).await;
    let error = claim(&keys).await.unwrap_err();
    assert_eq!(
        (
            error.code.as_str(),
            error.code.http_status(),
            error.code.retryable()
        ),
        ("conflict", 409, true)
    );
    keys.keep(&first, stored("answer")).await;
    for _ in 0..50 {
        let KeyState::Answered(answer) = claim(&keys).await.unwrap() else {
            panic!("it is carried out twice")
        };
        assert_eq!(answer, stored("answer"));
    }
    let sent = network.sent();
    assert_eq!(sent[0].url(), "https://dynamodb.eu-west-1.amazonaws.com/");
    assert!(
        sent[0]
            .header("authorization")
            .unwrap()
            .contains("/eu-west-1/dynamodb/aws4_request")
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_belongs_to_one_request_of_one_caller_of_one_operation() {
    let network = Items::default().network();
    let bench = Bench::with(&network, &TABLE);
    let keys = keys(&bench);
    let first = claimed(&keys).await;
    for is_kept in [false, true] {
        if is_kept {
            keys.keep(&first, stored("answer")).await;
        }
        let other_body = keys.claim("inactivate", AIDA, "key-1", b"{}", None).await;
        let code = other_body.unwrap_err().code;
        assert_eq!(
            (code.as_str(), code.http_status()),
            ("idempotency_mismatch", 422)
        );
    }
    for (operation, owner, key) in [
        ("describe", AIDA, "key-1"),
        ("inactivate", Owner::Caller(Some("AIDB")), "key-1"),
        ("inactivate", AIDA, "key-2"),
        ("inactivate", Owner::Caller(Some("AIDAkey")), "-1"),
        ("inactivate", Owner::Caller(None), "key-1"),
        ("inactivate", Owner::Webhooks, "key-1"),
        // A token's subject can be any word.
        ("inactivate", Owner::Caller(Some("webhooks")), "key-1"),
    ] {
        let state = keys.claim(operation, owner, key, BODY, None).await.unwrap();
        assert!(matches!(state, KeyState::Claimed(_)), "{operation} {key}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_freed_key_is_claimed_again() {
    let items = Items::default();
    let network = items.network();
    let bench = Bench::with(&network, &TABLE);
    let keys = keys(&bench);
    let first = claimed(&keys).await;
    keys.free(&first).await;
    assert!(items.all().is_empty());
    claimed(&keys).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_freeing_had_no_answer_is_free() {
    let items = Items::default();
    let table = items.clone();
    let mut calls = 0;
    let network = Network::new(move |request| {
        calls += 1;
        let decided = table.decide(request);
        assert!(decided.as_ref().unwrap().status() == 200, "call {calls}");
        if calls == 2 {
            return Err(SendError::NoAnswer(cause("reset")));
        }
        decided
    });
    let bench = Bench::with(&network, &TABLE);
    let keys = keys(&bench);
    let first = claimed(&keys).await;
    keys.free(&first).await;
    assert_eq!((network.sent().len(), items.all().len()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_the_key_is_taken_over_for_the_same_request_when_the_time_is_over() {
    let items = Items::default();
    let network = items.network();
    let mut bench = Bench::with(&network, &TABLE);
    // The clock goes on by two seconds with each claim.
    bench.deadline = Deadline::after(Duration::from_millis(4500));
    let keys = keys(&bench);
    let crashed = claimed(&keys).await;
    for _ in 0..2 {
        assert_eq!(
            claim(&keys).await.unwrap_err().code,
            ErrorCode::RequestInProgress
        );
    }
    let other_body = keys.claim("inactivate", AIDA, "key-1", b"{}", None).await;
    assert_eq!(other_body.unwrap_err().code, ErrorCode::IdempotencyMismatch);
    let second = claimed(&keys).await;
    // The first one was only slow. What the second one keeps stays.
    keys.keep(&second, stored("second")).await;
    keys.keep(&crashed, stored("first")).await;
    keys.free(&crashed).await;
    assert_eq!(items.all()[0]["body"]["S"], "second");
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_for_seven_days() {
    let items = Items::default();
    let network = items.network();
    let bench = Bench::with(&network, &TABLE);
    let keys = keys(&bench);
    let first = claimed(&keys).await;
    keys.keep(&first, stored("answer")).await;
    let age_by = |seconds: i64| items.change("expires_at", -seconds);
    age_by(7 * 24 * 60 * 60 - 10);
    assert!(matches!(claim(&keys).await.unwrap(), KeyState::Answered(_)));
    age_by(20);
    // The table's own expiry may be late by days.
    claimed(&keys).await;
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_answer_was_lost_is_recognised() {
    let items = Items::default();
    let mut is_first = true;
    let network = Network::new(move |request| {
        let decided = items.decide(request);
        if std::mem::take(&mut is_first) {
            return Err(SendError::NoAnswer(cause("reset")));
        }
        decided
    });
    let bench = Bench::with(&network, &TABLE);
    claimed(&keys(&bench)).await;
    assert_eq!(network.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_claimed_without_the_table() {
    let failures: [fn() -> Answer; 5] = [
        || answer(400, r#"{"__type": "x#AccessDeniedException"}"#),
        || answer(400, r#"{"__type": "x#ResourceNotFoundException"}"#),
        || {
            answer(
                400,
                r#"{"__type": "x#ProvisionedThroughputExceededException"}"#,
            )
        },
        || answer(500, ""),
        || Err(SendError::NoAnswer(cause("reset"))),
    ];
    for failure in failures {
        let network = Network::new(move |_| failure());
        let bench = Bench::with(&network, &TABLE);
        let error = claim(&keys(&bench)).await.unwrap_err();
        assert_eq!(error.code.http_status(), 503, "{error}");
        assert!(error.detail.contains("IDEMPOTENCY_TABLE"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_large_to_be_kept_is_no_reason_to_carry_out_the_request_again() {
    let network = Items::default().network();
    let bench = Bench::with(&network, &TABLE);
    let keys = keys(&bench);
    let first = claimed(&keys).await;
    keys.keep(&first, stored(&"x".repeat(LARGEST_ANSWER + 1)))
        .await;
    let KeyState::Answered(answer) = claim(&keys).await.unwrap() else {
        panic!("it is carried out twice")
    };
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("was carried out"), "{}", answer.body);
}

#[test]
fn a_key_is_visible_ascii() {
    for key in [
        "a",
        "8e03978e-40d5-43dd-bc93-6894a57f9324",
        &"~".repeat(255),
    ] {
        assert!(check_key(key).is_ok(), "{key}");
    }
    for key in ["", " ", "a b", "a\n", "é", &"a".repeat(256)] {
        let error = check_key(key).unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (ErrorCode::InvalidRequest, Some("idempotency-key")),
            "{key:?}"
        );
    }
}
