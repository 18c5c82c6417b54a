//! Alibaba Cloud's recorded answers, given to inactivate.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Vendor};

use crate::order_members::apart_from_the_order;
use crate::recorded::{self, success};
use crate::setup::{
    ALIBABA_INSTANCE, alibaba, alibaba_certificates, at_once, in_short, invoke_within, pair,
    problem, refusal,
};

const READ: &str = "GetDeviceCertificate";
const WRITE: &str = "InactivateDeviceCertificate";

const SEED: [&str; 2] = [
    "alibaba-mqtt/GetDeviceCertificate.ok-doc-literal-newlines",
    "alibaba-mqtt/InactivateDeviceCertificate.ok",
];
const UNKNOWN_SERIAL: &str = "alibaba-mqtt/InactivateDeviceCertificate.error-not-found";

/// Answer to every call, code, retryable, the vendor's code. Permanent ones come with HTTP 500,
/// too.
#[rustfmt::skip]
const REFUSALS: &[(&str, &str, bool, &str)] = &[
    ("alibaba-mqtt/Any.error-api-not-supported", "provider_rejected", false, "ApiNotSupport"),
    ("alibaba-mqtt/Any.error-instance-permission", "provider_rejected", false, "InstancePermissionCheckFailed"),
    ("alibaba-mqtt/Any.error-internal", "provider_unavailable", true, "InternalError"),
    ("alibaba-mqtt/Any.error-system-overflow", "provider_unavailable", true, "SystemOverFlow"),
    ("alibaba-mqtt/InactivateDeviceCertificate.error-instance-not-found", "not_found", false, "MqttInstanceNotFound"),
    ("alibaba-mqtt/InactivateDeviceCertificate.error-owner", "provider_rejected", false, "MqttOwnerCheckError"),
    ("alibaba-mqtt/InactivateDeviceCertificate.error-owner-older", "provider_rejected", false, "MqttOwnerCheckError"),
    ("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400", "provider_rejected", false, "ParameterFieldCheckFailed"),
    ("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-500", "provider_rejected", false, "ParameterFieldCheckFailed"),
    ("alibaba-mqtt/InactivateDeviceCertificate.error-permission", "provider_rejected", false, "PermissionCheckFailed"),
];

/// Answer to the read, the status that it means, and what becomes of the certificate in a dry run.
const STATES: &[(&str, &str, &str)] = &[
    (
        "alibaba-mqtt/GetDeviceCertificate.ok-active",
        "active",
        "would_inactivate",
    ),
    (
        "alibaba-mqtt/GetDeviceCertificate.ok-inactive",
        "inactive",
        "already_inactive",
    ),
    (
        "alibaba-mqtt/GetDeviceCertificate.ok-unknown-status",
        "unknown",
        "would_inactivate",
    ),
];

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let states = STATES.iter().map(|(name, ..)| *name);
    REFUSALS
        .iter()
        .map(|(name, ..)| *name)
        .chain(states)
        .chain(SEED)
        .chain([UNKNOWN_SERIAL])
}

fn request(serial: &str, ca: &str) -> Value {
    json!({ "instance_id": ALIBABA_INSTANCE, "certificates": [{ "serial_number": serial, "ca_serial_number": ca }] })
}

/// The published example's texts with the masked digits left off, as the contract shows them.
fn unmasked(body: &Value) -> Value {
    let text = body
        .to_string()
        .replace("356217374433000001", "356217374433")
        .replace("00f26900ba87000001", "007269004887");
    serde_json::from_str(&text.replace("44EB31DF0001", "44EB31DF0000")).unwrap()
}

#[tokio::test]
async fn the_published_example_gives_the_contracts_answer() {
    let (simulator, mut function) = pair("inactivate", alibaba(vec![])).await;
    let [on, done] = SEED.map(|name| unmasked(&recorded::body(name)));
    let mut off = on.clone();
    off["Data"]["Status"] = json!("0");
    let own = |fault, action| {
        FaultRule::once(fault)
            .on(action)
            .containing("\"DeviceSn\":\"356217374433\"")
    };
    simulator.fail(Vendor::AlibabaMqtt, own(success(&on), READ));
    simulator.fail(Vendor::AlibabaMqtt, own(success(&done), WRITE));
    simulator.fail(Vendor::AlibabaMqtt, own(success(&off), READ));

    let request = json!({
        "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-7mz2d0000",
        "certificates": [{ "serial_number": "356217374433", "ca_serial_number": "007269004887" }],
        "reason": "device reported stolen", "dry_run": false
    });
    assert_eq!(
        apart_from_the_order(&request, function.invoke(&request).await.json()),
        json!({
            "operation": "inactivate", "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-7mz2d0000",
            "dry_run": false,
            "results": [{
                "serial_number": "356217374433", "provider_serial_number": "356217374433", "serial_number_base": null,
                "ca_serial_number": "7269004887", "fingerprint_sha256": null,
                "outcome": "inactivated", "status_before": "active", "status": "inactive", "verified": true,
                "provider_request_id": "020F6A43-19E6-4B6E-B846-44EB31DF0000", "error": null
            }],
            "summary": {
                "inactivated": 1, "already_inactive": 0, "would_inactivate": 0, "not_found": 0, "refused": 0,
                "failed": 0, "unknown": 0, "not_attempted": 0
            }
        })
    );
    let calls = simulator.calls();
    let own: Vec<&str> = calls
        .iter()
        .filter(|call| call.parameters["DeviceSn"] == "356217374433")
        .map(|call| call.action.as_str())
        .collect();
    assert_eq!(own, [READ, WRITE, READ]);
    // The digits allow another reading, and the certificate is not at hand: a write makes sure that
    // nothing else is meant.
    let others: Vec<&str> = calls
        .iter()
        .filter_map(|call| {
            call.parameters["DeviceSn"]
                .as_str()
                .filter(|sn| *sn != "356217374433")
        })
        .collect();
    assert_eq!(
        others,
        [
            "52f035c6e1",
            "52F035C6E1",
            "0052f035c6e1",
            "0052F035C6E1",
            "58695412565043"
        ]
    );
}

#[tokio::test]
async fn every_refusal_of_a_read_becomes_the_error_that_its_code_means() {
    at_once(
        REFUSALS,
        |&(name, code, retryable, vendor_code)| async move {
            let (simulator, mut function) =
                pair("inactivate", alibaba(alibaba_certificates(1))).await;
            simulator.fail(
                Vendor::AlibabaMqtt,
                FaultRule::always(recorded::answer(name)),
            );
            let problem = refusal(
                &function
                    .invoke(request("d00000000000", "007269004887"))
                    .await,
                vendor_code,
            );
            assert_eq!(
                in_short(&problem),
                (code, retryable, Some(vendor_code)),
                "{name}: {problem}"
            );
            assert_eq!(
                problem["provider_error"]["request_id"],
                recorded::body(name)["RequestId"],
                "{name}"
            );
            assert_eq!(
                problem["provider_error"]["message"],
                recorded::body(name)["Message"],
                "{name}"
            );
            let calls = if retryable { 3 } else { 1 };
            assert_eq!(
                (
                    simulator.count(Vendor::AlibabaMqtt, READ),
                    simulator.count(Vendor::AlibabaMqtt, WRITE)
                ),
                (calls, 0),
                "{name}"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn a_permanent_refusal_of_the_write_is_not_repeated_and_leaves_the_certificate_on() {
    let permanent = REFUSALS.iter().filter(|(_, _, retryable, _)| !retryable);
    at_once(permanent, |&(name, code, _, vendor_code)| async move {
        let (simulator, mut function) = pair("inactivate", alibaba(alibaba_certificates(1))).await;
        simulator.fail(
            Vendor::AlibabaMqtt,
            FaultRule::always(recorded::answer(name)).on(WRITE),
        );
        let answer = function
            .invoke(request("d00000000000", "007269004887"))
            .await;
        let error = if code == "provider_rejected" {
            let mut result = answer.json()["results"][0].take();
            let told = json!([
                result["outcome"],
                result["status_before"],
                result["status"],
                result["provider_request_id"]
            ]);
            assert_eq!(
                told,
                json!(["refused", "active", "active", null]),
                "{name}: {answer}"
            );
            result["error"].take()
        } else {
            // It is the instance that the vendor does not know.
            problem(&answer)
        };
        assert_eq!(
            in_short(&error),
            (code, false, Some(vendor_code)),
            "{name}: {answer}"
        );
        assert_eq!(simulator.count(Vendor::AlibabaMqtt, WRITE), 1, "{name}");
    })
    .await;
}

#[tokio::test]
async fn a_serial_number_that_the_vendor_does_not_know_is_a_result() {
    let (simulator, mut function) = pair("inactivate", alibaba(vec![])).await;
    simulator.fail(
        Vendor::AlibabaMqtt,
        FaultRule::always(recorded::answer(UNKNOWN_SERIAL)),
    );
    let answer = function
        .invoke(request("356217374433000001", "00f26900ba87000001"))
        .await
        .json();
    assert_eq!(
        answer["results"],
        json!([{
            "serial_number": "356217374433000001", "provider_serial_number": null, "serial_number_base": null,
            "ca_serial_number": "f26900ba87000001", "fingerprint_sha256": null,
            "outcome": "not_found", "status_before": null, "status": null, "verified": false,
            "provider_request_id": null, "error": null
        }])
    );
    assert_eq!(answer["summary"]["not_found"], 1);
    assert_eq!(simulator.count(Vendor::AlibabaMqtt, WRITE), 0);
}

#[tokio::test]
async fn every_state_is_read_as_the_vendor_writes_it() {
    at_once(STATES, |&(name, status, outcome)| async move {
        let (simulator, mut function) = pair("inactivate", alibaba(vec![])).await;
        simulator.fail(
            Vendor::AlibabaMqtt,
            FaultRule::always(recorded::answer(name)).on(READ),
        );
        let mut request = request(
            "8085f52ece5bd88308df6d98d9707716",
            "1b1e3bf3702110125887a3a721a7e66f05522513",
        );
        request["dry_run"] = json!(true);
        let answer = function.invoke(request).await.json();
        let result = &answer["results"][0];
        assert_eq!(
            (&result["status_before"], &result["outcome"]),
            (&json!(status), &json!(outcome)),
            "{name}: {answer}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_answer_about_another_certificate_is_never_a_success() {
    let (simulator, mut function) = pair("inactivate", alibaba(alibaba_certificates(1))).await;
    let other = json!({ "RequestId": "020F6A43-19E6-4B6E-B846-44EB31DF0001", "DeviceSn": "356217374433000001" });
    simulator.fail(
        Vendor::AlibabaMqtt,
        FaultRule::always(Fault::body(200, "application/json", other.to_string())).on(WRITE),
    );
    let problem = problem(
        &invoke_within(
            &mut function,
            Duration::from_secs(6),
            request("d00000000000", "007269004887"),
        )
        .await,
    );
    assert_eq!(
        (&problem["code"], &problem["retryable"]),
        (&json!("provider_invalid_response"), &json!(true))
    );
    let calls: Vec<String> = simulator
        .calls()
        .into_iter()
        .map(|call| call.action)
        .collect();
    let (before, after) = calls.split_at(calls.len().min(8));
    assert_eq!(
        before,
        [READ, WRITE, READ, READ, READ, READ, WRITE, READ],
        "a second order only after four reads"
    );
    assert!(
        after.iter().all(|action| action == READ),
        "{after:?}: a third order is never given"
    );
}
