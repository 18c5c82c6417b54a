//! inactivate at each provider when the vendor falters: no order is repeated blindly, and success
//! is said only on evidence.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::Runtime;

use crate::cells::{BROKERS, actions, device, inactivation, pair_everywhere};
use crate::every_cell_inactivate::{order, read_and_write, switched_off};
use crate::order_members::untruths;
use crate::setup::{at_once, in_short, invoke_within, problem};

/// A vendor that falters, the function, and an order for its only certificate.
async fn faltering(vendor: Vendor, rules: &[FaultRule]) -> (Simulator, Runtime, Value) {
    let issued = device(1);
    let (simulator, function) = pair_everywhere("inactivate", std::slice::from_ref(&issued)).await;
    for rule in rules {
        simulator.fail(vendor, rule.clone());
    }
    (simulator, function, order(vendor, &[&issued]))
}

/// The calls in their order, `r` for a read and `w` for a write.
fn steps(simulator: &Simulator, vendor: Vendor) -> String {
    let (read, write) = read_and_write(vendor);
    let step = |action: &String| if action == write { 'w' } else { 'r' };
    let actions = actions(simulator);
    assert!(
        actions
            .iter()
            .all(|action| [read, write].contains(&action.as_str())),
        "{actions:?}"
    );
    actions.iter().map(step).collect()
}

/// Fault of the first write, and the calls that switch off all the same.
fn faults_of_one_write() -> Vec<(Fault, &'static str)> {
    vec![
        // The work was done and the answer lost: one order, and a read as evidence.
        (Fault::CutAfter, "rwr"),
        // Nothing was done, which only reads can tell: a second order after four of them, which may
        // lag behind.
        (Fault::CutBefore, "rwrrrrwr"),
        (Fault::Internal, "rwrrrrwr"),
        (Fault::Unavailable, "rwrrrrwr"),
        (Fault::body(200, "text/html", "<html>"), "rwrrrrwr"),
        (
            Fault::body(502, "text/html", "<html>502 Bad Gateway</html>"),
            "rwrrrrwr",
        ),
        (
            Fault::body(200, "application/json", r#"{"certificates":[]}"#),
            "rwrrrrwr",
        ),
        (Fault::body(200, "application/json", "[]"), "rwrrrrwr"),
        // Refused before anything was done: repeated at once.
        (Fault::ThrottleFor(1), "rwwr"),
        (Fault::Delay(200), "rwr"),
    ]
}

#[tokio::test]
async fn one_fault_of_the_write_is_overcome_with_reads_in_between_and_no_order_too_many() {
    let cases = BROKERS.into_iter().flat_map(|vendor| {
        faults_of_one_write()
            .into_iter()
            .map(move |(fault, steps)| (vendor, fault, steps))
    });
    at_once(cases, |(vendor, fault, expected)| async move {
        let (simulator, mut function, order) = faltering(
            vendor,
            &[FaultRule::once(fault.clone()).on(read_and_write(vendor).1)],
        )
        .await;
        let answer = function.invoke(order).await.json();
        let result = &answer["results"][0];
        let actual = json!([
            result["outcome"],
            result["status_before"],
            result["status"],
            result["verified"],
            result["error"]
        ]);
        assert_eq!(
            actual,
            json!(["inactivated", "active", "inactive", true, null]),
            "{vendor:?} {fault:?}: {answer}"
        );
        assert_eq!(steps(&simulator, vendor), expected, "{vendor:?} {fault:?}");
        assert_eq!(switched_off(&simulator, vendor), 1, "{vendor:?} {fault:?}");
    })
    .await;
}

#[tokio::test]
async fn reads_that_lag_behind_an_order_cause_no_second_one() {
    let cases = BROKERS
        .into_iter()
        .flat_map(|vendor| [None, Some(Fault::CutAfter)].map(|fault| (vendor, fault)));
    at_once(cases, |(vendor, fault)| async move {
        let rule = fault
            .iter()
            .map(|fault| FaultRule::once(fault.clone()).on(read_and_write(vendor).1))
            .collect::<Vec<_>>();
        let (simulator, mut function, order) = faltering(vendor, &rule).await;
        simulator.set_reads_lag(Duration::from_millis(1_000));
        let answer = function.invoke(&order).await.json();
        let result = &answer["results"][0];
        let actual = json!([
            result["outcome"],
            result["status_before"],
            result["status"],
            result["verified"],
            result["error"]
        ]);
        assert_eq!(
            actual,
            json!(["inactivated", "active", "inactive", true, null]),
            "{vendor:?} {fault:?}: {answer}"
        );
        assert_eq!(
            untruths(&order, &answer),
            [""; 0],
            "{vendor:?} {fault:?}: {answer}"
        );
        assert_eq!(
            steps(&simulator, vendor).matches('w').count(),
            1,
            "{vendor:?} {fault:?}: {}",
            steps(&simulator, vendor)
        );
    })
    .await;
}

#[tokio::test]
async fn a_success_answer_without_effect_is_no_success() {
    at_once(BROKERS, |vendor| async move {
        let (simulator, mut function, order) =
            faltering(vendor, &[FaultRule::always(Fault::SucceedWithoutEffect)]).await;
        let begun = Instant::now();
        let answer = invoke_within(&mut function, Duration::from_secs(4), &order)
            .await
            .json();
        assert!(begun.elapsed() < Duration::from_secs(4), "{vendor:?}");
        assert_eq!(untruths(&order, &answer), [""; 0], "{vendor:?}: {answer}");
        let result = &answer["results"][0];
        let actual = json!([
            result["outcome"],
            result["status_before"],
            result["status"],
            result["verified"],
            result["error"]["code"]
        ]);
        assert_eq!(
            actual,
            json!([
                "unknown",
                "active",
                null,
                false,
                "provider_invalid_response"
            ]),
            "{vendor:?}: {answer}"
        );
        assert_eq!(
            (
                &answer["summary"]["unknown"],
                &answer["summary"]["inactivated"]
            ),
            (&json!(1), &json!(0)),
            "{vendor:?}"
        );
        // The change may take a while to show, so that reads continue until the deadline. A confirmed
        // order is never repeated.
        let steps = steps(&simulator, vendor);
        assert!(
            steps
                .strip_prefix("rw")
                .is_some_and(|reads| reads.len() >= 4 && !reads.contains('w')),
            "{vendor:?}: {steps}"
        );
        assert_eq!(switched_off(&simulator, vendor), 0, "{vendor:?}");
    })
    .await;
}

#[tokio::test]
async fn an_order_without_an_answer_and_without_a_read_back_is_unknown() {
    let cases = BROKERS.into_iter().flat_map(|vendor| {
        [
            (vendor, Fault::CutAfter),
            (vendor, Fault::CutBefore),
            (vendor, Fault::Stall),
        ]
    });
    at_once(cases, |(vendor, fault)| async move {
        let (read, write) = read_and_write(vendor);
        let rules = [
            FaultRule::once(Fault::Delay(1)).on(read),
            FaultRule::always(Fault::CutBefore).on(read),
            FaultRule::always(fault.clone()).on(write),
        ];
        let (simulator, mut function, order) = faltering(vendor, &rules).await;
        let answer = invoke_within(&mut function, Duration::from_secs(5), order)
            .await
            .json();
        let result = &answer["results"][0];
        let actual = json!([
            result["outcome"],
            result["status_before"],
            result["status"],
            result["verified"],
            result["error"]["retryable"]
        ]);
        assert_eq!(
            actual,
            json!(["unknown", "active", null, false, true]),
            "{vendor:?} {fault:?}: {answer}"
        );
        assert_eq!(
            simulator.count(vendor, write),
            1,
            "{vendor:?} {fault:?}: never a second order without a read"
        );
    })
    .await;
}

#[tokio::test]
async fn a_success_answer_is_evidence_when_the_state_cannot_be_read_afterwards() {
    let unreadable = [
        Fault::Internal,
        Fault::CutBefore,
        Fault::body(200, "text/html", "<html>"),
    ];
    let cases = BROKERS
        .into_iter()
        .flat_map(|vendor| unreadable.clone().map(|fault| (vendor, fault)));
    at_once(cases, |(vendor, fault)| async move {
        let (read, _) = read_and_write(vendor);
        // The first read is answered properly; all later ones are not.
        let rules = [
            FaultRule::once(Fault::Delay(1)).on(read),
            FaultRule::always(fault.clone()).on(read),
        ];
        let (simulator, mut function, order) = faltering(vendor, &rules).await;
        let answer = function.invoke(order).await.json();
        let result = &answer["results"][0];
        let actual = json!([
            result["outcome"],
            result["status"],
            result["verified"],
            result["error"]
        ]);
        assert_eq!(
            actual,
            json!(["inactivated", "inactive", false, null]),
            "{vendor:?} {fault:?}: {answer}"
        );
        assert!(result["provider_request_id"].is_string(), "{answer}");
        assert_eq!(switched_off(&simulator, vendor), 1);
    })
    .await;
}

#[tokio::test]
async fn an_order_that_the_provider_denies_is_refused_and_not_repeated() {
    for vendor in BROKERS {
        let (code, status) = inactivation(vendor).denial;
        let (simulator, mut function, order) = faltering(
            vendor,
            &[FaultRule::always(Fault::code(code, status)).on(read_and_write(vendor).1)],
        )
        .await;
        let answer = function.invoke(order).await.json();
        let result = &answer["results"][0];
        assert_eq!(
            (&result["outcome"], &result["status"], &result["verified"]),
            (&json!("refused"), &json!("active"), &Value::from(false))
        );
        assert_eq!(
            in_short(&result["error"]),
            ("provider_rejected", false, Some(code)),
            "{vendor:?}"
        );
        // Where the state forbids it, four reads tell whether that is because another was faster.
        assert_eq!(
            steps(&simulator, vendor),
            if vendor == Vendor::AlibabaMqtt {
                "rw"
            } else {
                "rwrrrr"
            },
            "{vendor:?}"
        );
        assert_eq!(switched_off(&simulator, vendor), 0, "{vendor:?}");
    }
}

#[tokio::test]
async fn an_order_that_is_not_found_although_a_read_shows_the_certificate_is_not_done() {
    for vendor in BROKERS {
        let (code, status) = inactivation(vendor).not_found;
        let (simulator, mut function, order) = faltering(
            vendor,
            &[FaultRule::once(Fault::code(code, status)).on(read_and_write(vendor).1)],
        )
        .await;
        let answer = function.invoke(order).await;
        assert_eq!(
            in_short(&problem(&answer)),
            ("provider_invalid_response", true, None),
            "{vendor:?}: {answer}"
        );
        assert_eq!(
            (
                steps(&simulator, vendor).as_str(),
                switched_off(&simulator, vendor)
            ),
            ("rwrrrr", 0),
            "{vendor:?}"
        );
    }
}
