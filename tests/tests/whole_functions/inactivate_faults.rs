//! Inactivate when writes at Alibaba's broker fail, or neither writes nor reads are answered.

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

/// A fault of the first write, and how many writes deactivate the certificate all the same.
fn faults_of_one_write() -> Vec<(Fault, usize)> {
    let about_another = r#"{"RequestId":"1","DeviceSn":"d00000000009"}"#;
    let odd_types = r#"{"RequestId":7,"DeviceSn":["d00000000000"]}"#;
    vec![
        // The write took effect and its response was lost.
        (Fault::Truncated, 1),
        // The write had no effect, which only reads can tell.
        (Fault::code("SystemOverFlow", 500), 2),
        (Fault::code("SomethingNew", 500), 2),
        (Fault::body(200, "application/json", ""), 2),
        (Fault::body(200, "application/json", "{}"), 2),
        (Fault::body(200, "application/json", odd_types), 2),
        (Fault::body(200, "application/json", about_another), 2),
        // The vendor refused the write, which therefore had no effect.
        (Fault::Throttle, 2),
        (Fault::ThrottleFor(100), 2),
    ]
}

#[tokio::test]
async fn after_a_fault_of_one_write_the_certificate_is_deactivated_and_a_read_proves_it() {
    at_once(faults_of_one_write(), |(fault, writes)| async move {
        let (simulator, mut function) =
            faltering(&[FaultRule::once(fault.clone()).on(WRITE)]).await;
        let answer = function.invoke(request()).await.json();
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
            "{fault:?}: {answer}"
        );
        let calls = calls(&simulator);
        assert_eq!(calls.matches('w').count(), writes, "{fault:?}: {calls}");
        let is_throttled = matches!(fault, Fault::Throttle | Fault::ThrottleFor(_));
        assert!(
            calls.starts_with("rw") && calls.ends_with('r'),
            "{fault:?}: reads before and after the writes: {calls}"
        );
        assert!(
            is_throttled || !calls.contains("ww"),
            "{fault:?}: an uncertain write is not repeated without a read: {calls}"
        );
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
        let actual = json!([
            result["outcome"],
            result["status_before"],
            result["status"],
            result["verified"]
        ]);
        assert_eq!(
            actual,
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
