//! The faults of each call that ends a session, and of the looks at it.

use simulator::{Fault, FaultRule};

use super::*;
use crate::setup::{at_once, invoke_within};

/// The expected end of one client after a fault.
struct Expected {
    outcome: &'static str,
    /// The code of the error.
    error: Option<&'static str>,
    /// The number of calls that end the session.
    ends: usize,
}

const fn ended(ends: usize) -> Expected {
    Expected {
        outcome: "ended",
        error: None,
        ends,
    }
}

const fn lacking(outcome: &'static str, error: &'static str, ends: usize) -> Expected {
    Expected {
        outcome,
        error: Some(error),
        ends,
    }
}

fn odd(bytes: &str) -> Fault {
    Fault::body(200, "application/json", bytes)
}

/// Faults of the first call that ends a session, and of every one.
fn faults_of_the_end(broker: Broker) -> Vec<(FaultRule, Expected)> {
    let (code, status) = broker.denial;
    let once = |fault, expected| (FaultRule::once(fault), expected);
    let always = |fault, expected| (FaultRule::always(fault), expected);
    vec![
        once(Fault::Delay(300), ended(1)),
        // The effect was there and the answer lost.
        once(Fault::CutAfter, ended(1)),
        once(Fault::Truncated, ended(1)),
        always(Fault::CutAfter, ended(1)),
        // There was no effect, which only looks can tell.
        once(Fault::CutBefore, ended(2)),
        once(Fault::Internal, ended(2)),
        once(Fault::Unavailable, ended(2)),
        once(Fault::Stall, ended(2)),
        once(Fault::SucceedWithoutEffect, ended(2)),
        once(odd("[]"), ended(2)),
        once(odd("{\"RequestId\":7}"), ended(2)),
        once(Fault::body(200, "text/html", "<html>"), ended(2)),
        always(
            Fault::CutBefore,
            lacking("failed", "provider_unavailable", 3),
        ),
        always(
            Fault::Internal,
            lacking("failed", "provider_unavailable", 3),
        ),
        always(
            Fault::SucceedWithoutEffect,
            lacking("failed", "provider_invalid_response", 3),
        ),
        // The vendor refused it, which therefore had no effect.
        once(Fault::Throttle, ended(2)),
        always(Fault::Throttle, lacking("failed", "throttled", 3)),
        always(
            Fault::code(code, status),
            lacking("failed", "provider_rejected", 1),
        ),
    ]
}

/// Faults of the reads of sessions, from the first or from the second read on.
fn faults_of_looks() -> Vec<(Vec<FaultRule>, Expected)> {
    let later = |fault| vec![FaultRule::once(Fault::Delay(1)), FaultRule::always(fault)];
    let first = |fault| vec![FaultRule::always(fault)];
    let unknown = |ends| lacking("unknown", "provider_unavailable", ends);
    vec![
        (first(Fault::Internal), unknown(0)),
        (first(Fault::CutAfter), unknown(0)),
        (
            first(odd("[]")),
            lacking("unknown", "provider_invalid_response", 0),
        ),
        (later(Fault::Internal), unknown(1)),
        (later(Fault::CutAfter), unknown(1)),
        (
            later(odd("[]")),
            lacking("unknown", "provider_invalid_response", 1),
        ),
        (vec![FaultRule::times(Fault::Internal, 2)], ended(1)),
    ]
}

async fn check(broker: Broker, rules: Vec<FaultRule>, expected: Expected) {
    let shown = format!("{broker:?} {rules:?}");
    let (simulator, mut function) = world(&[]).await;
    for rule in rules.clone() {
        simulator.fail(broker.vendor, rule);
    }
    let answer = invoke_within(&mut function, TIME, order(broker, &json!({})))
        .await
        .json();
    let is_proven = expected.error.is_none();
    assert_eq!(
        in_short(&answer),
        json!(["inactivated", expected.outcome, is_proven, is_proven]),
        "{shown}: {answer}"
    );
    let error = &answer["results"][0]["error"];
    assert_eq!(error["code"].as_str(), expected.error, "{shown}: {answer}");
    if is_proven {
        assert!(!is_connected(&simulator, broker), "{shown}: {answer}");
    }
    let calls = session_calls(&simulator, broker);
    assert_eq!(
        calls.matches('e').count(),
        expected.ends,
        "{shown}: {calls}"
    );
    let is_throttled = rules
        .iter()
        .any(|rule| matches!(rule.fault, Fault::Throttle));
    let between: Vec<&str> = calls.split('e').skip(1).collect();
    let looks_between = between.split_last().map_or(&[][..], |(_, looks)| looks);
    assert!(
        is_throttled || looks_between.iter().all(|looks| looks.len() >= 4),
        "{shown}: it is not repeated without evidence: {calls}"
    );
    assert!(
        simulator.is_connected(broker.vendor, broker.place(), &neighbour()),
        "{shown}"
    );
}

#[tokio::test]
async fn no_fault_of_a_disconnection_makes_a_success_without_evidence_or_doubles_it() {
    for broker in BROKERS {
        at_once(faults_of_the_end(broker), |(rule, expected)| {
            check(broker, vec![rule.on(broker.end)], expected)
        })
        .await;
    }
}

#[tokio::test]
async fn no_fault_of_a_session_read_makes_a_success_without_evidence() {
    for broker in BROKERS {
        at_once(faults_of_looks(), |(rules, expected)| {
            let rules = rules.into_iter().map(|rule| rule.on(broker.look));
            check(broker, rules.collect(), expected)
        })
        .await;
    }
}

/// A permission that is missing for sessions says nothing about certificates.
#[tokio::test]
async fn certificates_are_inactivated_although_no_session_can_be_ended() {
    for broker in BROKERS {
        let (simulator, mut function) = world(&[]).await;
        let (code, status) = broker.denial;
        simulator.fail(
            broker.vendor,
            FaultRule::always(Fault::code(code, status)).on(broker.look),
        );
        let references = ISSUED.clone().map(|issued| {
            let reference = own_reference(broker.vendor, &issued);
            match broker.vendor {
                Vendor::AlibabaMqtt => with(reference, &json!({ "client_ids": [stolen_client()] })),
                _ => reference,
            }
        });
        let own = json!({ "certificates": references });
        let answer = function.invoke(order(broker, &own)).await.json();
        assert_eq!(answer["summary"]["inactivated"], 2, "{answer}");
        for result in answer["results"].as_array().unwrap() {
            assert_eq!(result["error"]["code"], "provider_rejected", "{answer}");
            assert_eq!(result["cut_off"], false, "{answer}");
        }
    }
}
