//! When a function is done with an event.

use super::*;

/// Whether the future is still waiting after a while.
async fn waits<T>(future: impl Future<Output = T>) -> bool {
    timeout(Duration::from_millis(150), future).await.is_err()
}

#[tokio::test]
async fn a_function_is_idle_when_it_asks_for_the_next_event_and_not_when_it_has_answered() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    let ask = |number: &'static str| {
        let address = address.clone();
        tokio::spawn(async move { take_and_post(&address, "response", number).await })
    };
    for number in ["1", "2"] {
        ask(number);
        assert!(runtime.idle().await);
        assert!(runtime.idle().await, "it stays so");
        assert_eq!(runtime.invoke("{}").await.json().to_string(), number);
        assert!(
            waits(runtime.idle()).await,
            "it still works after the answer"
        );
    }
}

#[tokio::test]
async fn a_function_that_ends_or_is_killed_after_its_answer_is_not_idle() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    let _ = tokio::join!(
        runtime.invoke("{}"),
        take_and_post(&address, "response", "1")
    );
    runtime.kill().await;
    assert!(!runtime.idle().await);
    assert!(!runtime.is_alive());
}

#[tokio::test]
async fn a_function_that_works_past_its_deadline_after_the_answer_is_killed() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    let invocation = Invocation {
        deadline: Deadline::In(Duration::from_millis(300)),
        ..Invocation::new("{}")
    };
    let (answer, _) = tokio::join!(
        runtime.invoke_with(invocation),
        take_and_post(&address, "response", "1")
    );
    assert_eq!(answer.json(), json!(1));
    assert!(runtime.is_alive());
    assert!(!runtime.idle().await);
    assert!(!runtime.is_alive());
}

#[tokio::test]
async fn an_event_is_taken_when_the_function_has_asked_for_it_and_got_it() {
    let mut runtime = runtime(SLEEP).await;
    let address = runtime.api.address();
    assert!(waits(runtime.taken()).await);
    let taken = runtime.taken();
    let _ = tokio::join!(
        runtime.invoke("{}"),
        take_and_post(&address, "response", "1")
    );
    assert!(!waits(taken).await);
}
