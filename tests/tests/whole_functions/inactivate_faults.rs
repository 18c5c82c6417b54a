//! Inactivate when Alibaba falters in its own ways, is silent for long, or throttles throughout,
//! over HTTP as well.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Simulator, Vendor};
use whole_function_tests::Runtime;

use crate::setup::{ALIBABA_INSTANCE, alibaba, alibaba_certificates, at_once, invoke_within, pair};

const READ: &str = "GetDeviceCertificate";
const WRITE: &str = "InactivateDeviceCertificate";

fn request() -> Value {
    json!({
        "instance_id": ALIBABA_INSTANCE,
        "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }]
    })
}

async fn faltering(rules: &[FaultRule]) -> (Simulator, Runtime) {
    let (simulator, function) = pair("inactivate", alibaba(alibaba_certificates(1))).await;
    for rule in rules {
        simulator.fail(Vendor::AlibabaMqtt, rule.clone());
    }
    (simulator, function)
}

/// The calls in their order, `r` for a read and `w` for a write.
fn calls(simulator: &Simulator) -> String {
    simulator
        .calls()
        .iter()
        .map(|call| if call.action == WRITE { 'w' } else { 'r' })
        .collect()
}

fn state(simulator: &Simulator) -> String {
    simulator.with_fleet(|fleet| {
        fleet.alibaba_mqtt[ALIBABA_INSTANCE].certificates[0]
            .status
            .clone()
    })
}

/// Fault of the first write that is this vendor's own, or is not met at every provider, and the
/// calls that switch off all the same.
fn faults_of_one_write() -> Vec<(Fault, &'static str)> {
    vec![
        // The work was done and the answer lost: one order, and a read as evidence.
        (Fault::Truncated, "rwr"),
        // Nothing was done, which only reads can tell: a second order after four of them.
        (Fault::code("SystemOverFlow", 500), "rwrrrrwr"),
        (Fault::code("SomethingNew", 500), "rwrrrrwr"),
        (Fault::body(200, "application/json", ""), "rwrrrrwr"),
        (Fault::body(200, "application/json", "{}"), "rwrrrrwr"),
        (
            Fault::body(
                200,
                "application/json",
                r#"{"RequestId":7,"DeviceSn":["d00000000000"]}"#,
            ),
            "rwrrrrwr",
        ),
        (
            Fault::body(
                200,
                "application/json",
                r#"{"RequestId":"1","DeviceSn":"d00000000009"}"#,
            ),
            "rwrrrrwr",
        ),
        // Refused before anything was done: repeated at once.
        (Fault::Throttle, "rwwr"),
        (Fault::ThrottleFor(100), "rwwr"),
    ]
}

#[tokio::test]
async fn one_fault_of_this_vendors_own_is_overcome_like_those_of_all() {
    at_once(faults_of_one_write(), |(fault, expected)| async move {
        let (simulator, mut function) =
            faltering(&[FaultRule::once(fault.clone()).on(WRITE)]).await;
        let answer = function.invoke(request()).await.json();
        let result = &answer["results"][0];
        let told = json!([
            result["outcome"],
            result["status_before"],
            result["status"],
            result["verified"],
            result["error"]
        ]);
        assert_eq!(
            told,
            json!(["inactivated", "active", "inactive", true, null]),
            "{fault:?}: {answer}"
        );
        assert_eq!(calls(&simulator), expected, "{fault:?}");
        assert_eq!(state(&simulator), "0", "{fault:?}");
    })
    .await;
}

#[tokio::test]
async fn an_order_without_an_answer_and_without_a_read_back_is_unknown_within_the_deadline() {
    let after_the_first_read = |fault: Fault| {
        [
            FaultRule::once(Fault::Delay(1)).on(READ),
            FaultRule::always(fault).on(READ),
        ]
    };
    let cases = [
        (Fault::Stall, Fault::Stall, 3),
        (Fault::Stall, Fault::Internal, 3),
        (Fault::CutAfter, Fault::Stall, 3),
        (Fault::CutBefore, Fault::CutBefore, 30),
        (Fault::Internal, Fault::Throttle, 30),
        (
            Fault::CutAfter,
            Fault::body(200, "application/json", "{}"),
            30,
        ),
    ];
    at_once(cases, |(write, read, seconds)| async move {
        let (simulator, mut function) = faltering(&after_the_first_read(read.clone())).await;
        simulator.fail(
            Vendor::AlibabaMqtt,
            FaultRule::always(write.clone()).on(WRITE),
        );
        let begun = Instant::now();
        let answer = invoke_within(&mut function, Duration::from_secs(seconds), request())
            .await
            .json();
        assert!(
            begun.elapsed() < Duration::from_secs(seconds),
            "{write:?}, {read:?}"
        );
        let result = &answer["results"][0];
        let told = json!([
            result["outcome"],
            result["status_before"],
            result["status"],
            result["verified"]
        ]);
        assert_eq!(
            told,
            json!(["unknown", "active", null, false]),
            "{write:?}, {read:?}: {answer}"
        );
        assert_eq!(result["error"]["retryable"], true, "{answer}");
        assert_eq!(answer["summary"]["unknown"], 1);
        assert_eq!(
            simulator.count(Vendor::AlibabaMqtt, WRITE),
            1,
            "never a second order without a read: {write:?}, {read:?}"
        );
    })
    .await;
}
