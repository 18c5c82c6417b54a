//! Direct invocations, and events of kinds that are not taken.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Vendor};
use whole_function_tests::{Answer, Deadline, Event, Invocation, events};

use crate::setup::{
    TENCENT_INSTANCE, at_once, cas, cas_certificates, pair, problem, tencent, tencent_certificates,
};

fn request() -> Value {
    json!({ "certificates": [{ "serial_number": "50000000000000000000000000000000" }] })
}

#[tokio::test]
async fn an_error_of_a_direct_invocation_has_its_code_as_type_and_the_problem_as_message() {
    let (simulator, mut function) = pair("describe", tencent(tencent_certificates(1))).await;
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::once(Fault::code("AuthFailure.UnauthorizedOperation", 200)),
    );
    let answer = function
        .invoke(json!({ "instance_id": TENCENT_INSTANCE }))
        .await;
    assert_eq!(answer.error().error_type, "provider_rejected");
    let problem = problem(&answer);
    assert_eq!(
        (&problem["status"], &problem["title"]),
        (&json!(502), &json!("Provider rejected"))
    );
    assert_eq!(
        problem["provider_error"]["code"],
        "AuthFailure.UnauthorizedOperation"
    );
    let answer = function
        .invoke(json!({ "instance_id": TENCENT_INSTANCE }))
        .await
        .json();
    assert_eq!(answer["operation"], "describe");
}

/// Events that the functions do not take. The other shapes are proven beside the recognition.
fn not_taken() -> Vec<(String, Event)> {
    let mut all: Vec<(String, Event)> = events::unknown_kinds()
        .into_iter()
        .map(|(name, event)| (name.to_owned(), event.into()))
        .collect();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let named: [(&str, Event); 4] = [
        ("nothing", json!({}).into()),
        ("number", json!(7).into()),
        ("deep", deep.as_str().into()),
        (
            "large",
            json!({ "certificates": "a".repeat(5_000_000) }).into(),
        ),
    ];
    all.extend(named.map(|(name, event)| (name.to_owned(), event)));
    all
}

#[tokio::test]
async fn other_kinds_of_events_are_refused_and_the_next_one_is_answered() {
    at_once(["describe", "inactivate", "status"], |name| async move {
        let (simulator, mut function) = pair(name, cas(cas_certificates(1))).await;
        function.invoke(json!({})).await;
        let pid = function.pid();
        for (kind, event) in not_taken() {
            let problem = problem(&function.invoke(event).await);
            let expected = if kind == "large" {
                "payload_too_large"
            } else {
                "invalid_request"
            };
            assert_eq!(problem["code"], expected, "{name}, {kind}: {problem}");
            assert!(
                problem["detail"].as_str().unwrap().len() < 1_000,
                "{name}, {kind}: {problem}"
            );
            assert_eq!(simulator.calls(), [], "{name}, {kind}");
            assert_eq!(
                (function.pid(), function.is_alive()),
                (pid, true),
                "{name}, {kind}"
            );
        }
        if name == "status" {
            assert_eq!(
                function.invoke(request()).await.json()["results"][0]["status"],
                "good"
            );
        }
    })
    .await;
}

/// Lambda itself lets only JSON through; the runtime answers these from an emulator.
const NO_JSON: [&[u8]; 6] = [
    b"",
    b"{",
    b"not JSON",
    b"{}{}",
    b"\xff\xfe{\0}\0",
    b"{\"certificates\":[{\"serial_number\":\"\xff\"}]}",
];

#[tokio::test]
async fn after_bytes_that_are_no_json_the_next_event_is_answered() {
    let (simulator, mut function) = pair("status", cas(cas_certificates(1))).await;
    for event in NO_JSON {
        let answer = function.invoke(event).await;
        assert!(
            matches!(answer, Answer::Error(_)),
            "{}: {answer}",
            String::from_utf8_lossy(event)
        );
        assert_eq!(simulator.calls(), []);
        assert_eq!(
            function.invoke(request()).await.json()["results"][0]["status"],
            "good"
        );
        simulator.reset_numbers();
    }
}

#[tokio::test]
async fn a_deadline_in_the_past_is_not_believed() {
    let (_simulator, mut function) = pair("status", cas(cas_certificates(1))).await;
    let invocation = Invocation {
        deadline: Deadline::Past,
        trace_id: None,
        ..Invocation::new(request())
    };
    assert_eq!(
        function.invoke_with(invocation).await.json()["results"][0]["status"],
        "good"
    );
}
