//! What repeats of a request meet, over a table that decides as DynamoDB does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::*;
use crate::testing::Bench;
use crate::testing::network::{Answer, Network, answer, cause, header, ok};
use crate::transport::{HttpRequest, SendError};

const TABLE: [(&str, &str); 2] = [("IDEMPOTENCY_TABLE", "keys"), ("AWS_REGION", "eu-west-1")];
const BODY: &[u8] = br#"{"certificates": []}"#;

type Items = Rc<RefCell<HashMap<String, Map<String, Value>>>>;

fn number(value: &Value) -> i64 {
    value["N"].as_str().unwrap().parse().unwrap()
}

/// Decides as DynamoDB does about the three calls that are made.
fn decide(items: &Items, request: &HttpRequest) -> Answer {
    let call: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(call["TableName"], "keys");
    let values = &call["ExpressionAttributeValues"];
    let mut items = items.borrow_mut();
    let id = call["Item"]["id"]["S"]
        .as_str()
        .or(call["Key"]["id"]["S"].as_str());
    let id = id.unwrap().to_owned();
    let found = items.get(&id).cloned();
    let refused = |found: Option<Map<String, Value>>| {
        answer(400, json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "Item": found}).to_string())
    };
    match header(request, "x-amz-target").unwrap() {
        "DynamoDB_20120810.PutItem" => {
            let holds = found.as_ref().is_none_or(|found| {
                number(&found["expires_at"]) < number(&values[":seconds"])
                    || (!found.contains_key("body")
                        && number(&found["claimed_until"]) < number(&values[":milliseconds"])
                        && found["request"] == values[":request"])
            });
            if !holds {
                return refused(found);
            }
            items.insert(id, call["Item"].as_object().unwrap().clone());
        }
        target => {
            let Some(mut found) = found.filter(|found| found["claim"] == values[":claim"]) else {
                return refused(None);
            };
            if target == "DynamoDB_20120810.DeleteItem" {
                items.remove(&id);
            } else {
                found.insert("status".to_owned(), values[":status"].clone());
                found.insert("body".to_owned(), values[":body"].clone());
                items.insert(id, found);
            }
        }
    }
    ok(&json!({}))
}

fn table() -> (Items, Network) {
    let items = Items::default();
    let shared = items.clone();
    (items, Network::new(move |request| decide(&shared, request)))
}

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
    keys.claim("inactivate", "AIDA", "key-1", BODY).await
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
    let (_, network) = table();
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
    let (_, network) = table();
    let bench = Bench::with(&network, &TABLE);
    let keys = keys(&bench);
    let first = claimed(&keys).await;
    for is_kept in [false, true] {
        if is_kept {
            keys.keep(&first, stored("answer")).await;
        }
        let other_body = keys.claim("inactivate", "AIDA", "key-1", b"{}").await;
        let code = other_body.unwrap_err().code;
        assert_eq!(
            (code.as_str(), code.http_status()),
            ("idempotency_mismatch", 422)
        );
    }
    for (operation, caller, key) in [
        ("describe", "AIDA", "key-1"),
        ("inactivate", "AIDB", "key-1"),
        ("inactivate", "AIDA", "key-2"),
        ("inactivate", "AIDAkey", "-1"),
    ] {
        let state = keys.claim(operation, caller, key, BODY).await.unwrap();
        assert!(
            matches!(state, KeyState::Claimed(_)),
            "{operation} {caller} {key}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_freed_key_is_claimed_again() {
    let (items, network) = table();
    let bench = Bench::with(&network, &TABLE);
    let keys = keys(&bench);
    let first = claimed(&keys).await;
    keys.free(&first).await;
    assert!(items.borrow().is_empty());
    claimed(&keys).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_the_key_is_taken_over_for_the_same_request_when_the_time_is_over() {
    let (items, network) = table();
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
    let other_body = keys.claim("inactivate", "AIDA", "key-1", b"{}").await;
    assert_eq!(other_body.unwrap_err().code, ErrorCode::IdempotencyMismatch);
    let second = claimed(&keys).await;
    // The first one was only slow. What the second one keeps stays.
    keys.keep(&second, stored("second")).await;
    keys.keep(&crashed, stored("first")).await;
    keys.free(&crashed).await;
    let items = items.borrow();
    assert_eq!(items.values().next().unwrap()["body"]["S"], "second");
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_for_seven_days() {
    let (items, network) = table();
    let bench = Bench::with(&network, &TABLE);
    let keys = keys(&bench);
    let first = claimed(&keys).await;
    keys.keep(&first, stored("answer")).await;
    let age_by = |seconds: i64| {
        for item in items.borrow_mut().values_mut() {
            let expires_at = number(&item["expires_at"]) - seconds;
            item["expires_at"] = json!({"N": expires_at.to_string()});
        }
    };
    age_by(7 * 24 * 60 * 60 - 10);
    assert!(matches!(claim(&keys).await.unwrap(), KeyState::Answered(_)));
    age_by(20);
    // The table's own expiry may be late by days.
    claimed(&keys).await;
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_answer_was_lost_is_recognised() {
    let (items, _) = table();
    let mut is_first = true;
    let network = Network::new(move |request| {
        let decided = decide(&items, request);
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
    let (_, network) = table();
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
