//! AWS IoT's recorded answers about one certificate and its refusals, given to every function.

use serde_json::{Value, json};
use simulator::{FaultRule, Fleet, Simulator, Vendor};
use whole_function_tests::Runtime;

use crate::cells::{actions, place, request, with};
use crate::order_members::apart_from_the_order;
use crate::recorded::{self, success};
use crate::setup::{at_once, in_short, pair, problem, refusal};

pub(crate) const LIST: &str = "ListCertificates";
pub(crate) const READ: &str = "DescribeCertificate";
const WRITE: &str = "UpdateCertificate";

pub(crate) const DESCRIBED: &str = "aws-iot/DescribeCertificate.ok";
pub(crate) const NOT_FOUND: &str = "aws-iot/DescribeCertificate.error-not-found";
const STATE: &str = "aws-iot/UpdateCertificate.error-state";
const UPDATED: &str = "aws-iot/UpdateCertificate.ok";

/// The certificate that is described.
pub(crate) const ID: &str = "39636fff4d30831a202d04374cdebf241b117cab1cd5954a8da1a7fd8474be33";

/// The vendor's id of every refusal.
const REQUEST_ID: &str = "0d0f6c2e-0000-4000-8000-000000000001";

/// Answer, code, retryable, the vendor's code, whether the vendor's message may be shown.
#[rustfmt::skip]
const REFUSALS: &[(&str, &str, bool, &str, bool)] = &[
    ("aws-iot/Any.error-access-denied", "provider_rejected", false, "AccessDeniedException", true),
    ("aws-iot/Any.error-bad-token", "provider_rejected", false, "UnrecognizedClientException", false),
    ("aws-iot/Any.error-internal", "provider_unavailable", true, "InternalFailureException", true),
    ("aws-iot/Any.error-invalid-request", "provider_rejected", false, "InvalidRequestException", true),
    ("aws-iot/Any.error-throttling", "throttled", true, "ThrottlingException", true),
    ("aws-iot/Any.error-unauthorized", "provider_rejected", false, "UnauthorizedException", true),
    ("aws-iot/Any.error-unavailable", "provider_unavailable", true, "ServiceUnavailableException", true),
];

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    REFUSALS
        .iter()
        .map(|(name, ..)| *name)
        .chain([DESCRIBED, NOT_FOUND, STATE, UPDATED])
}

fn asked_for_one() -> Value {
    request(
        Vendor::AwsIot,
        &json!({ "certificates": [{ "fingerprint_sha256": ID }] }),
    )
}

/// A function whose reads of a certificate are answered by the recorded one.
async fn reading(name: &str) -> (Simulator, Runtime) {
    let (simulator, function) = pair(name, Fleet::empty()).await;
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::always(recorded::answer(DESCRIBED)).on(READ),
    );
    (simulator, function)
}

/// The error is the recorded refusal, with what it says.
#[track_caller]
fn assert_is(
    error: &Value,
    name: &str,
    code: &str,
    retryable: bool,
    vendor_code: &str,
    is_shown: bool,
) {
    assert_eq!(
        in_short(error),
        (code, retryable, Some(vendor_code)),
        "{name}: {error}"
    );
    assert_eq!(error["provider_error"]["request_id"], REQUEST_ID, "{name}");
    let message = if is_shown {
        recorded::body(name)["message"].take()
    } else {
        Value::Null
    };
    assert_eq!(error["provider_error"]["message"], message, "{name}");
}

#[tokio::test]
async fn every_refusal_of_a_read_becomes_the_error_that_its_type_means() {
    let cases = ["describe", "inactivate", "status"]
        .into_iter()
        .flat_map(|name| REFUSALS.iter().map(move |refusal| (name, refusal)));
    at_once(
        cases,
        |(function_name, &(name, code, retryable, vendor_code, is_shown))| async move {
            let (simulator, mut function) = pair(function_name, Fleet::empty()).await;
            simulator.fail(Vendor::AwsIot, FaultRule::always(recorded::answer(name)));
            let (error, action) = if function_name == "describe" {
                (
                    problem(&function.invoke(request(Vendor::AwsIot, &json!({}))).await),
                    LIST,
                )
            } else {
                (
                    refusal(&function.invoke(asked_for_one()).await, vendor_code),
                    READ,
                )
            };
            assert_is(&error, name, code, retryable, vendor_code, is_shown);
            assert_eq!(
                actions(&simulator),
                vec![action; if retryable { 3 } else { 1 }],
                "{function_name} {name}"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn a_permanent_refusal_of_the_write_is_not_repeated() {
    let permanent = REFUSALS.iter().filter(|(_, _, retryable, ..)| !retryable);
    let state = (
        STATE,
        "provider_rejected",
        false,
        "CertificateStateException",
        true,
    );
    at_once(permanent.copied().chain([state]), |(name, code, retryable, vendor_code, is_shown)| async move {
        let (simulator, mut function) = reading("inactivate").await;
        simulator.fail(Vendor::AwsIot, FaultRule::always(recorded::answer(name)).on(WRITE));
        let answer = function.invoke(asked_for_one()).await.json();
        let mut result = answer["results"][0].clone();
        assert_is(&result["error"].take(), name, code, retryable, vendor_code, is_shown);
        let own = json!({ "outcome": "refused", "status_before": "active", "status": "active", "verified": false });
        assert_eq!(result, with(known_result(), &own), "{name}");
        assert_eq!(answer["summary"]["refused"], 1, "{name}");
        let asked: &[&str] = if name == STATE { &[READ, WRITE, READ, READ, READ, READ] } else { &[READ, WRITE] };
        assert_eq!(actions(&simulator), asked, "{name}");
    })
    .await;
}

/// What inactivate tells of the described certificate, apart from what became of it.
fn known_result() -> Value {
    json!({
        "serial_number": "8085f52ece5bd88308df6d98d9707716", "provider_serial_number": null, "serial_number_base": null,
        "ca_serial_number": null, "fingerprint_sha256": ID, "provider_request_id": null, "error": null
    })
}

#[tokio::test]
async fn the_described_certificate_has_the_whole_status() {
    let (simulator, mut function) = reading("status").await;
    let expected = json!({
        "operation": "status",
        "results": [{
            "serial_number": "8085f52ece5bd88308df6d98d9707716", "provider_serial_number": null, "serial_number_base": null,
            "ca_serial_number": null, "fingerprint_sha256": ID, "found": true,
            "status": "active", "provider_status": "ACTIVE", "effective_status": "active", "usable": true,
            "revoked_at": null, "not_before": "2025-03-01T00:00:00Z", "not_after": "2030-02-28T00:00:00Z",
            "disagreements": [], "error": null
        }],
        "provider_request_ids": []
    });
    assert_eq!(
        function.invoke(asked_for_one()).await.json(),
        with(expected, &place(Vendor::AwsIot))
    );
    assert_eq!(actions(&simulator), [READ]);
}

#[tokio::test]
async fn an_empty_answer_to_the_write_and_a_read_are_the_evidence() {
    let (simulator, mut function) = pair("inactivate", Fleet::empty()).await;
    let mut off = recorded::body(DESCRIBED);
    off["certificateDescription"]["status"] = json!("INACTIVE");
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::once(recorded::answer(DESCRIBED)).on(READ),
    );
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::once(recorded::answer(UPDATED)).on(WRITE),
    );
    simulator.fail(Vendor::AwsIot, FaultRule::once(success(&off)).on(READ));
    let own = json!({ "outcome": "inactivated", "status_before": "active", "status": "inactive", "verified": true });
    let expected = json!({
        "operation": "inactivate", "dry_run": false, "results": [with(known_result(), &own)],
        "summary": {
            "inactivated": 1, "already_inactive": 0, "would_inactivate": 0, "not_found": 0, "refused": 0, "failed": 0, "unknown": 0,
            "not_attempted": 0
        }
    });
    let answer = apart_from_the_order(
        &asked_for_one(),
        function.invoke(asked_for_one()).await.json(),
    );
    assert_eq!(answer, with(expected, &place(Vendor::AwsIot)));
    assert_eq!(actions(&simulator), [READ, WRITE, READ]);
}

#[tokio::test]
async fn a_certificate_that_is_not_there_is_a_result() {
    let own = json!({
        "serial_number": null, "provider_serial_number": null, "serial_number_base": null, "ca_serial_number": null,
        "fingerprint_sha256": ID, "error": null
    });
    let status = json!({
        "found": false, "status": "unknown", "provider_status": null, "effective_status": "unknown", "usable": false,
        "revoked_at": null, "not_before": null, "not_after": null, "disagreements": []
    });
    let inactivate = json!({ "outcome": "not_found", "status_before": null, "status": null, "verified": false, "provider_request_id": null });
    for (name, expected) in [("status", status), ("inactivate", inactivate)] {
        let (simulator, mut function) = pair(name, Fleet::empty()).await;
        simulator.fail(
            Vendor::AwsIot,
            FaultRule::always(recorded::answer(NOT_FOUND)),
        );
        let answer = function.invoke(asked_for_one()).await.json();
        assert_eq!(answer["results"], json!([with(expected, &own)]), "{name}");
        assert_eq!(actions(&simulator), [READ], "{name}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_shown_but_not_found_by_the_write_is_not_off() {
    let (simulator, mut function) = reading("inactivate").await;
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::always(recorded::answer(NOT_FOUND)).on(WRITE),
    );
    let problem = problem(&function.invoke(asked_for_one()).await);
    assert_eq!(
        in_short(&problem),
        ("provider_invalid_response", true, None),
        "{problem}"
    );
    assert_eq!(actions(&simulator), [READ, WRITE, READ, READ, READ, READ]);
}
