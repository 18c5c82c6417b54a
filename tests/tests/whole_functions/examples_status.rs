//! The private CA's recorded answers and those of Alibaba Cloud's gateway, given to status.

use serde_json::{Value, json};
use simulator::{FaultRule, Simulator, Vendor};
use whole_function_tests::Runtime;

use crate::recorded::{self, success};
use crate::setup::{at_once, cas, in_short, pair, refusal};

const ACTION: &str = "DescribeClientCertificateStatusForSerialNumber";
const SERIAL: &str = "b67e53ebcea9b77d65b0c3236646d7150001";

const SEED: &str = "alibaba-cas/DescribeClientCertificateStatusForSerialNumber.ok-good";
const MIXED: &str = "alibaba-cas/DescribeClientCertificateStatusForSerialNumber.ok-three-mixed";
const MISSING: &str = "alibaba-cas/DescribeClientCertificateStatusForSerialNumber.ok-one-missing";
const NOT_FOUND: &str = "alibaba-cas/Any.error-not-found";

/// Answer, code, retryable, the vendor's code, whether the vendor's message may be shown.
#[rustfmt::skip]
const REFUSALS: &[(&str, &str, bool, &str, bool)] = &[
    ("alibaba-common/Any.error-access-key-inactive", "provider_rejected", false, "InvalidAccessKeyId.Inactive", false),
    ("alibaba-common/Any.error-access-key-not-found", "provider_rejected", false, "InvalidAccessKeyId.NotFound", false),
    ("alibaba-common/Any.error-action-not-found", "provider_rejected", false, "InvalidAction.NotFound", true),
    ("alibaba-common/Any.error-internal", "provider_unavailable", true, "InternalError", true),
    ("alibaba-common/Any.error-lower-case-keys", "provider_rejected", false, "InvalidParameter", true),
    ("alibaba-common/Any.error-missing-parameter", "provider_rejected", false, "MissingParameter", true),
    ("alibaba-common/Any.error-nonce-used", "provider_unavailable", true, "SignatureNonceUsed", true),
    ("alibaba-common/Any.error-ram", "provider_rejected", false, "NoPermission", true),
    ("alibaba-common/Any.error-signature", "provider_rejected", false, "SignatureDoesNotMatch", false),
    ("alibaba-common/Any.error-signature-incomplete", "provider_rejected", false, "IncompleteSignature", false),
    ("alibaba-common/Any.error-throttling", "throttled", true, "Throttling", true),
    ("alibaba-common/Any.error-throttling-api", "throttled", true, "Throttling.Api", true),
    ("alibaba-common/Any.error-throttling-user", "throttled", true, "Throttling.User", true),
    ("alibaba-common/Any.error-throttling-user-ratelimit-headers", "throttled", true, "Throttling.User", true),
    ("alibaba-common/Any.error-throttling-user-retry-after", "throttled", true, "Throttling.User", true),
    ("alibaba-common/Any.error-timestamp-expired", "provider_rejected", false, "InvalidTimeStamp.Expired", false),
    ("alibaba-common/Any.error-token-expired", "provider_rejected", false, "InvalidSecurityToken.Expired", false),
    ("alibaba-common/Any.error-token-malformed", "provider_rejected", false, "InvalidSecurityToken.Malformed", false),
    ("alibaba-common/Any.error-unavailable", "provider_unavailable", true, "ServiceUnavailable", true),
    ("alibaba-common/Any.error-xml", "throttled", true, "Throttling.User", true),
];

/// Answer, whether the certificate is found, status, the vendor's word, when it was revoked.
type Row = (
    &'static str,
    bool,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("alibaba-cas/DescribeClientCertificateStatusForSerialNumber.ok-empty", false, "unknown", None, None),
    ("alibaba-cas/DescribeClientCertificateStatusForSerialNumber.ok-revoked-ms", true, "revoked", Some("revoked"), Some("2021-09-01T00:00:00Z")),
    ("alibaba-cas/DescribeClientCertificateStatusForSerialNumber.ok-revoked-seconds", true, "revoked", Some("revoked"), Some("2021-09-01T00:00:00Z")),
    ("alibaba-cas/DescribeClientCertificateStatusForSerialNumber.ok-revoked-text", true, "revoked", Some("revoked"), Some("2021-01-01T00:00:00Z")),
    ("alibaba-cas/DescribeClientCertificateStatusForSerialNumber.ok-unknown-no-time", true, "unknown", Some("unknown"), None),
    (NOT_FOUND, false, "unknown", None, None),
];

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let rows = ROWS.iter().map(|(name, ..)| *name);
    REFUSALS
        .iter()
        .map(|(name, ..)| *name)
        .chain(rows)
        .chain([SEED, MIXED, MISSING])
}

async fn asked(name: &str) -> (Simulator, Runtime) {
    let (simulator, function) = pair("status", cas(vec![])).await;
    simulator.fail(
        Vendor::AlibabaCas,
        FaultRule::always(recorded::answer(name)),
    );
    (simulator, function)
}

fn request(serials: &[&str]) -> Value {
    let certificates: Vec<Value> = serials
        .iter()
        .map(|serial| json!({ "serial_number": serial }))
        .collect();
    json!({ "certificates": certificates })
}

#[tokio::test]
async fn the_published_example_gives_the_contracts_answer() {
    let (simulator, mut function) = pair("status", cas(vec![])).await;
    // The contract shows the serial number with the masked digits left off.
    let body: Value =
        serde_json::from_str(&recorded::body(SEED).to_string().replace("d7150001", "d715"))
            .unwrap();
    simulator.fail(Vendor::AlibabaCas, FaultRule::always(success(&body)));
    let request = json!({
        "provider": "alibaba-pca", "region": "cn-hangzhou",
        "certificates": [{ "serial_number": "b67e53ebcea9b77d65b0c3236646d715" }]
    });
    assert_eq!(
        function.invoke(request).await.json(),
        json!({
            "operation": "status", "provider": "alibaba-pca", "region": "cn-hangzhou", "instance_id": null,
            "results": [{
                "serial_number": "b67e53ebcea9b77d65b0c3236646d715",
                "provider_serial_number": "b67e53ebcea9b77d65b0c3236646d715", "serial_number_base": "hex",
                "ca_serial_number": null, "fingerprint_sha256": null, "found": true,
                "status": "good", "provider_status": "good", "effective_status": "good", "usable": null,
                "revoked_at": null, "not_before": null, "not_after": null, "disagreements": [], "error": null
            }],
            "provider_request_ids": ["15C66C7B-671A-4297-9187-2C4477247A74"]
        })
    );
    let calls = simulator.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(
        calls[0].action, ACTION,
        "the action that finds by serial number"
    );
    assert_eq!(
        calls[0].parameters,
        json!({ "SerialNumber": "b67e53ebcea9b77d65b0c3236646d715" })
    );
}

#[tokio::test]
async fn every_refusal_becomes_the_error_that_its_code_means() {
    at_once(
        REFUSALS,
        |&(name, code, retryable, vendor_code, is_shown)| async move {
            let (simulator, mut function) = asked(name).await;
            let problem = refusal(&function.invoke(request(&[SERIAL])).await, vendor_code);
            assert_eq!(
                in_short(&problem),
                (code, retryable, Some(vendor_code)),
                "{name}: {problem}"
            );
            assert_eq!(
                problem["provider_error"]["request_id"], "07AB2E7F-1EF8-4D08-A423-D58E3A260001",
                "{name}"
            );
            assert_eq!(
                problem["provider_error"]["message"].is_string(),
                is_shown,
                "{name}: {problem}"
            );
            let calls = if retryable { 3 } else { 1 };
            assert_eq!(
                simulator.count(Vendor::AlibabaCas, ACTION),
                calls,
                "calls for {name}"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn every_row_keeps_what_the_vendor_says() {
    at_once(
        ROWS,
        |&(name, found, status, word, revoked_at)| async move {
            let (_simulator, mut function) = asked(name).await;
            let answer = function.invoke(request(&[SERIAL])).await.json();
            let result = &answer["results"][0];
            let told = json!([
                result["found"],
                result["status"],
                result["provider_status"],
                result["revoked_at"],
                result["error"]
            ]);
            assert_eq!(
                told,
                json!([found, status, word, revoked_at, null]),
                "{name}"
            );
            assert_eq!(
                (&result["effective_status"], &result["usable"]),
                (&json!(status), &json!(false)),
                "{name}"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn rows_are_matched_by_serial_number_whatever_their_order() {
    let (_simulator, mut function) = asked(MIXED).await;
    let serials = [
        SERIAL,
        "62b2b943a32d96883a6650e672ea02760002",
        "084bde9cd233f0ddae33adc438cfbbbd0003",
    ];
    let answer = function.invoke(request(&serials)).await.json();
    let told: Vec<Value> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["serial_number"], one["status"]]))
        .collect();
    assert_eq!(
        json!(told),
        json!([
            [serials[0], "good"],
            [serials[1], "revoked"],
            [serials[2], "unknown"]
        ])
    );
}

#[tokio::test]
async fn a_serial_number_without_a_row_does_not_disappear() {
    let (_simulator, mut function) = asked(MISSING).await;
    let answer = function
        .invoke(request(&[
            "62b2b943a32d96883a6650e672ea02760002",
            SERIAL,
            "0a",
        ]))
        .await
        .json();
    let found: Vec<&Value> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["found"])
        .collect();
    assert_eq!(found, [false, true, false]);
    assert_eq!(answer["results"][2]["status"], "unknown");
    assert_eq!(answer["results"][2]["provider_serial_number"], Value::Null);
}
