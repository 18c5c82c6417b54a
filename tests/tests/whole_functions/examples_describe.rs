//! Tencent's recorded answers, given to describe.

use serde_json::{Value, json};
use simulator::{FaultRule, Simulator, Vendor};
use whole_function_tests::Runtime;

use crate::recorded::{self, success};
use crate::setup::{TENCENT_INSTANCE, at_once, in_short, pair, problem, tencent};

const ACTION: &str = "DescribeDeviceCertificates";

const SEED: &str = "tencent-mqtt/DescribeDeviceCertificates.ok-seed";

/// Answer, code, retryable, the vendor's code. The HTTP status is 200 for all but the gateway's
/// page.
#[rustfmt::skip]
const REFUSALS: &[(&str, &str, bool, Option<&str>)] = &[
    ("tencent-mqtt/Any.error-failed-operation", "provider_rejected", false, Some("FailedOperation")),
    ("tencent-mqtt/Any.error-gateway-html", "provider_unavailable", true, None),
    ("tencent-mqtt/Any.error-instance-not-found", "not_found", false, Some("ResourceNotFound.Instance")),
    ("tencent-mqtt/Any.error-instance-not-ready", "provider_rejected", false, Some("FailedOperation.InstanceNotReady")),
    ("tencent-mqtt/Any.error-internal", "provider_unavailable", true, Some("InternalError")),
    ("tencent-mqtt/Any.error-invalid-action", "provider_rejected", false, Some("InvalidAction")),
    ("tencent-mqtt/Any.error-invalid-parameter-value", "provider_rejected", false, Some("InvalidParameterValue")),
    ("tencent-mqtt/Any.error-missing-parameter", "provider_rejected", false, Some("MissingParameter")),
    ("tencent-mqtt/Any.error-no-response-member", "provider_invalid_response", true, None),
    ("tencent-mqtt/Any.error-no-such-version", "provider_rejected", false, Some("NoSuchVersion")),
    ("tencent-mqtt/Any.error-not-authorized", "provider_rejected", false, Some("AuthFailure.UnauthorizedOperation")),
    ("tencent-mqtt/Any.error-not-found-plain", "not_found", false, Some("ResourceNotFound")),
    ("tencent-mqtt/Any.error-rate", "throttled", true, Some("RequestLimitExceeded")),
    ("tencent-mqtt/Any.error-rate-account", "throttled", true, Some("RequestLimitExceeded.UinLimitExceeded")),
    ("tencent-mqtt/Any.error-secret-id", "provider_rejected", false, Some("AuthFailure.SecretIdNotFound")),
    ("tencent-mqtt/Any.error-signature", "provider_rejected", false, Some("AuthFailure.SignatureFailure")),
    ("tencent-mqtt/Any.error-signature-expired", "provider_rejected", false, Some("AuthFailure.SignatureExpire")),
    ("tencent-mqtt/Any.error-token", "provider_rejected", false, Some("AuthFailure.TokenFailure")),
    ("tencent-mqtt/Any.error-unauthorized-operation", "provider_rejected", false, Some("UnauthorizedOperation")),
    ("tencent-mqtt/Any.error-unavailable", "provider_unavailable", true, Some("ResourceUnavailable")),
    ("tencent-mqtt/Any.error-unknown-parameter", "provider_rejected", false, Some("UnknownParameter")),
    ("tencent-mqtt/Any.error-unsupported-region", "provider_rejected", false, Some("UnsupportedRegion")),
];

type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<bool>,
);

/// Answer, and of each certificate its serial number, status, the vendor's word, effective status
/// and whether it is usable.
const LISTS: &[(&str, &[Row])] = &[
    ("tencent-mqtt/DescribeDeviceCertificates.ok-empty", &[]),
    (
        "tencent-mqtt/DescribeDeviceCertificates.ok-four-statuses",
        &[
            (
                "0eef68a582b94254296e54ce754f94d707a59913",
                "active",
                "ACTIVE",
                "expired",
                Some(false),
            ),
            (
                "8085f52ece5bd88308df6d98d9707716",
                "inactive",
                "INACTIVE",
                "inactive",
                Some(false),
            ),
            (
                "181cf3245523979e",
                "revoked",
                "REVOKED",
                "revoked",
                Some(false),
            ),
            (
                "37593a",
                "pending_activation",
                "PENDING_ACTIVATION",
                "pending_activation",
                Some(false),
            ),
        ],
    ),
    (
        "tencent-mqtt/DescribeDeviceCertificates.ok-one",
        &[(
            "0eef68a582b94254296e54ce754f94d707a59913",
            "active",
            "ACTIVE",
            "expired",
            Some(false),
        )],
    ),
    (
        // The vendor leaves out the dates, and the certificate itself tells them.
        "tencent-mqtt/DescribeDeviceCertificates.ok-only-guaranteed-fields",
        &[(
            "0eef68a582b94254296e54ce754f94d707a59913",
            "active",
            "ACTIVE",
            "expired",
            Some(false),
        )],
    ),
    (
        "tencent-mqtt/DescribeDeviceCertificates.ok-page-2-of-3",
        &[
            (
                "181cf3245523979e",
                "revoked",
                "REVOKED",
                "revoked",
                Some(false),
            ),
            (
                "37593a",
                "pending_activation",
                "PENDING_ACTIVATION",
                "pending_activation",
                Some(false),
            ),
        ],
    ),
    (
        "tencent-mqtt/DescribeDeviceCertificates.ok-unknown-values",
        &[(
            "0eef68a582b94254296e54ce754f94d707a59913",
            "unknown",
            "SUSPENDED",
            "expired",
            Some(false),
        )],
    ),
];

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let lists = LISTS.iter().map(|(name, _)| *name);
    REFUSALS
        .iter()
        .map(|(name, ..)| *name)
        .chain(lists)
        .chain([SEED])
}

async fn asked(name: &str) -> (Simulator, Runtime) {
    let (simulator, function) = pair("describe", tencent(vec![])).await;
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::always(recorded::answer(name)),
    );
    (simulator, function)
}

#[tokio::test]
async fn the_published_example_gives_the_contracts_answer() {
    let (simulator, mut function) = asked(SEED).await;
    let answer = function
        .invoke(json!({ "instance_id": TENCENT_INSTANCE }))
        .await
        .json();
    assert_eq!(
        answer,
        json!({
            "operation": "describe", "provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-qgzaawn9",
            "certificates": [{
                "serial_number": "0eef68a582b94254296e54ce754f94d707a59913",
                "provider_serial_number": "0eef68a582b94254296e54ce754f94d707a59913",
                "ca_serial_number": "1b1e3bf3702110125887a3a721a7e66f05522513", "client_id": "client-1",
                "name": null, "subject": { "common_name": "tx", "organizational_unit": "tx" },
                "serial_number_base": "hex", "status": "active", "provider_status": "ACTIVE", "effective_status": "expired", "usable": false,
                "source": "API", "not_before": "2024-12-18T16:00:00Z", "not_after": "2025-12-18T16:00:00Z",
                "created_at": "2025-03-26T09:58:35.198Z", "updated_at": "2025-03-26T09:58:35.198Z",
                "last_activated_at": "2025-03-26T09:58:19.435Z", "last_inactivated_at": null, "revoked_at": null,
                "fingerprint_sha256": null, "ca_fingerprint_sha256": null, "disagreements": [], "pem": null
            }],
            "total_count": 1, "consistent": true, "next_cursor": null, "provider_request_ids": ["378f8c36-a6a1-406c-85ac-f2379386eed6"]
        })
    );
    assert_eq!(simulator.count(Vendor::TencentMqtt, ACTION), 1);
}

#[tokio::test]
async fn every_refusal_becomes_the_error_that_its_code_means() {
    at_once(
        REFUSALS,
        |&(name, code, retryable, vendor_code)| async move {
            let (simulator, mut function) = asked(name).await;
            let problem = problem(
                &function
                    .invoke(json!({ "instance_id": TENCENT_INSTANCE }))
                    .await,
            );
            assert_eq!(
                in_short(&problem),
                (code, retryable, vendor_code),
                "{name}: {problem}"
            );
            let calls = if retryable { 3 } else { 1 };
            assert_eq!(
                simulator.count(Vendor::TencentMqtt, ACTION),
                calls,
                "calls for {name}"
            );
            if let Some(request_id) = recorded::body(name)["Response"]["RequestId"].as_str() {
                assert_eq!(
                    problem["provider_error"]["request_id"], request_id,
                    "{name}"
                );
                assert_eq!(
                    problem["provider_error"]["provider"], "tencent-mqtt",
                    "{name}"
                );
            }
        },
    )
    .await;
}

#[tokio::test]
async fn every_list_keeps_what_the_vendor_says() {
    at_once(LISTS, |&(name, rows)| async move {
        let (_simulator, mut function) = asked(name).await;
        let request = json!({ "instance_id": TENCENT_INSTANCE, "limit": rows.len().max(1) });
        let answer = function.invoke(request).await.json();
        let row = |one: &Value| {
            json!([
                one["serial_number"],
                one["status"],
                one["provider_status"],
                one["effective_status"],
                one["usable"]
            ])
        };
        let told: Vec<Value> = answer["certificates"]
            .as_array()
            .unwrap()
            .iter()
            .map(row)
            .collect();
        assert_eq!(json!(told), json!(rows), "{name}");
        let response = &recorded::body(name)["Response"];
        assert_eq!(answer["total_count"], response["TotalCount"], "{name}");
        let is_more = response["TotalCount"].as_u64().unwrap() > rows.len() as u64;
        assert_eq!(answer["next_cursor"].is_string(), is_more, "{name}");
    })
    .await;
}

const ONLY_GUARANTEED: &str = "tencent-mqtt/DescribeDeviceCertificates.ok-only-guaranteed-fields";

#[tokio::test]
async fn what_the_vendor_leaves_out_is_told_by_the_certificate_or_null() {
    let (_simulator, mut function) = asked(ONLY_GUARANTEED).await;
    let answer = function
        .invoke(json!({ "instance_id": TENCENT_INSTANCE }))
        .await
        .json();
    let certificate = &answer["certificates"][0];
    for member in ["source", "last_inactivated_at"] {
        assert_eq!(certificate.get(member), Some(&Value::Null), "{member}");
    }
    assert_eq!(
        (&certificate["not_before"], &certificate["not_after"]),
        (
            &json!("2024-12-19T14:48:26Z"),
            &json!("2025-12-19T14:48:26Z")
        )
    );
    assert_eq!(certificate["disagreements"], json!([]));
}

#[tokio::test]
async fn what_neither_the_vendor_nor_a_certificate_tells_is_null() {
    let (simulator, mut function) = pair("describe", tencent(vec![])).await;
    let mut body = recorded::body(ONLY_GUARANTEED);
    body["Response"]["Data"][0]["DeviceCertificate"] =
        json!("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
    simulator.fail(Vendor::TencentMqtt, FaultRule::always(success(&body)));
    let answer = function
        .invoke(json!({ "instance_id": TENCENT_INSTANCE }))
        .await
        .json();
    let certificate = &answer["certificates"][0];
    for member in [
        "source",
        "not_before",
        "not_after",
        "last_inactivated_at",
        "fingerprint_sha256",
    ] {
        assert_eq!(certificate.get(member), Some(&Value::Null), "{member}");
    }
    assert_eq!(
        certificate["subject"],
        json!({ "common_name": "tx", "organizational_unit": null })
    );
    // Without dates nobody can say whether it is accepted.
    assert_eq!(
        (&certificate["effective_status"], &certificate["usable"]),
        (&json!("active"), &Value::Null)
    );
}
