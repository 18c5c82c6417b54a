//! Tencent's recorded answers about one certificate, given to inactivate.

use serde_json::{Value, json};
use simulator::{FaultRule, Vendor};

use crate::cells::{actions, calls, place, request, with};
use crate::order_members::apart_from_the_order;
use crate::recorded::{self, success};
use crate::setup::{TENCENT_INSTANCE, in_short, pair, problem, tencent};

const READ: &str = "DescribeDeviceCertificate";
const WRITE: &str = "DeactivateDeviceCertificate";

const DESCRIBED: &str = "tencent-mqtt/DescribeDeviceCertificate.ok";
const DONE: &str = "tencent-mqtt/DeactivateDeviceCertificate.ok";
/// The vendor lists it for an action that is never called. Any other may answer it as well.
const NOT_FOUND: &str = "tencent-mqtt/RevokedDeviceCertificate.error-certificate-not-found";

const SERIAL: &str = "0eef68a582b94254296e54ce754f94d707a59913";

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    [DESCRIBED, DONE, NOT_FOUND].into_iter()
}

fn order(dry_run: bool) -> Value {
    request(
        Vendor::TencentMqtt,
        &json!({ "certificates": [{ "serial_number": SERIAL }], "dry_run": dry_run }),
    )
}

/// The whole answer about the described certificate, with these members of the result's own.
fn answer(dry_run: bool, own: &Value) -> Value {
    let result = json!({
        "serial_number": SERIAL, "provider_serial_number": SERIAL, "serial_number_base": "hex",
        "ca_serial_number": "1b1e3bf3702110125887a3a721a7e66f05522513",
        "fingerprint_sha256": "fa876064d4d57a0610e69791673a3aee54b9fd32afa03aeaf73eb1852477ccfa", "status_before": "active",
        "verified": true, "provider_request_id": null, "error": null
    });
    let mut summary = json!({
        "inactivated": 0, "already_inactive": 0, "would_inactivate": 0, "not_found": 0, "refused": 0, "failed": 0, "unknown": 0,
        "not_attempted": 0
    });
    summary[own["outcome"].as_str().unwrap()] = json!(1);
    let answer = json!({ "operation": "inactivate", "dry_run": dry_run, "results": [with(result, own)], "summary": summary });
    with(answer, &place(Vendor::TencentMqtt))
}

#[tokio::test]
async fn the_described_certificate_would_be_switched_off() {
    let (simulator, mut function) = pair("inactivate", tencent(vec![])).await;
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::once(recorded::answer(DESCRIBED)).on(READ),
    );
    let told = apart_from_the_order(&order(true), function.invoke(order(true)).await.json());
    assert_eq!(
        told,
        answer(
            true,
            &json!({ "outcome": "would_inactivate", "status": "active" })
        )
    );
    assert_eq!(
        calls(&simulator),
        json!([[READ, { "InstanceId": TENCENT_INSTANCE, "DeviceCertificateSn": SERIAL }]])
    );
}

#[tokio::test]
async fn an_answer_with_nothing_but_its_request_id_and_a_read_are_the_evidence() {
    let (simulator, mut function) = pair("inactivate", tencent(vec![])).await;
    let mut off = recorded::body(DESCRIBED);
    off["Response"]["Status"] = json!("INACTIVE");
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::once(recorded::answer(DESCRIBED)).on(READ),
    );
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::once(recorded::answer(DONE)).on(WRITE),
    );
    simulator.fail(Vendor::TencentMqtt, FaultRule::once(success(&off)).on(READ));
    let own = json!({ "outcome": "inactivated", "status": "inactive", "provider_request_id": "f33b58df-866a-4ff0-b047-f9d72c4e08ea" });
    let told = apart_from_the_order(&order(false), function.invoke(order(false)).await.json());
    assert_eq!(told, answer(false, &own));
    let names = json!({ "InstanceId": TENCENT_INSTANCE, "DeviceCertificateSn": SERIAL });
    assert_eq!(
        calls(&simulator),
        json!([[READ, names], [WRITE, names], [READ, names]])
    );
}

#[tokio::test]
async fn a_certificate_that_is_not_there_is_a_result() {
    let (simulator, mut function) = pair("inactivate", tencent(vec![])).await;
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::always(recorded::answer(NOT_FOUND)),
    );
    let own = json!({
        "outcome": "not_found", "status_before": null, "status": null, "verified": false, "provider_serial_number": null,
        "serial_number_base": null, "ca_serial_number": null, "fingerprint_sha256": null
    });
    let told = apart_from_the_order(&order(false), function.invoke(order(false)).await.json());
    assert_eq!(told, answer(false, &own));
    assert!(
        actions(&simulator).iter().all(|action| action == READ),
        "no order"
    );
}

#[tokio::test]
async fn a_certificate_that_is_shown_but_not_found_by_the_write_is_not_off() {
    let (simulator, mut function) = pair("inactivate", tencent(vec![])).await;
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::always(recorded::answer(DESCRIBED)).on(READ),
    );
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::always(recorded::answer(NOT_FOUND)).on(WRITE),
    );
    let problem = problem(&function.invoke(order(false)).await);
    assert_eq!(
        in_short(&problem),
        ("provider_invalid_response", true, None),
        "{problem}"
    );
    assert_eq!(actions(&simulator), [READ, WRITE, READ, READ, READ, READ]);
}
