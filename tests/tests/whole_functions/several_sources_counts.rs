//! describe over several sources: how many certificates there are of each kind.

use serde_json::{Value, json};
use simulator::Fleet;
use whole_function_tests::HttpAnswer;
use whole_function_tests::events::{HttpRequest, HttpTrigger};

use crate::setup::{DAY, TENCENT_INSTANCE, function_with, now, simulator};
use crate::several_sources::{SECOND_TENCENT, fleet};

/// Ends, seen from now, and how many days.
fn expiring() -> Fleet {
    let mut fleet = fleet(4);
    for instance in fleet.tencent_mqtt.values_mut() {
        for (certificate, days) in instance.certificates.iter_mut().zip([-1, 3, 20, 60]) {
            certificate.not_after_time = Some(now() + days * DAY);
        }
        instance.certificates[1].status = "INACTIVE".to_owned();
    }
    fleet
}

#[tokio::test]
async fn a_summary_without_certificates_counts_all_sources() {
    let simulator = simulator(expiring()).await;
    let configured = json!([
        { "provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": TENCENT_INSTANCE },
        { "provider": "tencent-mqtt", "instance_id": SECOND_TENCENT },
        { "provider": "alibaba-pca" }
    ]);
    let mut function = function_with(
        "describe",
        &simulator,
        &[("SOURCES", &configured.to_string())],
    )
    .await;
    let one = json!({
        "certificates": 4,
        "by_effective_status": {
            "active": 2, "inactive": 1, "pending_activation": 0, "revoked": 0, "good": 0, "unknown": 0, "expired": 1, "not_yet_valid": 0
        },
        "by_expiry": { "expired": 1, "within_7_days": 1, "within_30_days": 1, "within_90_days": 1, "later": 0, "unknown": 0 }
    });
    // Those of the example are over since 2022.
    let authority = json!({
        "certificates": 4,
        "by_effective_status": {
            "active": 0, "inactive": 0, "pending_activation": 0, "revoked": 0, "good": 0, "unknown": 0, "expired": 4, "not_yet_valid": 0
        },
        "by_expiry": { "expired": 4, "within_7_days": 0, "within_30_days": 0, "within_90_days": 0, "later": 0, "unknown": 0 }
    });
    let all = json!({
        "certificates": 12,
        "by_effective_status": {
            "active": 4, "inactive": 2, "pending_activation": 0, "revoked": 0, "good": 0, "unknown": 0, "expired": 6, "not_yet_valid": 0
        },
        "by_expiry": { "expired": 6, "within_7_days": 2, "within_30_days": 2, "within_90_days": 2, "later": 0, "unknown": 0 }
    });
    let get = HttpRequest::get("/describe")
        .query("sources", "all")
        .query("summary", "true")
        .query("limit", "0");
    let over_http = HttpAnswer::read(
        HttpTrigger::HttpApi,
        &function.invoke(get.event(HttpTrigger::HttpApi)).await,
    )
    .json();
    let direct = function
        .invoke(json!({ "sources": "all", "summary": true, "limit": 0 }))
        .await
        .json();
    for answer in [over_http, direct] {
        assert_eq!(answer["counts"], all, "{answer}");
        assert_eq!(
            (answer.get("certificates"), &answer["next_cursor"]),
            (None, &Value::Null)
        );
        let each: Vec<&Value> = answer["sources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|actual| &actual["counts"])
            .collect();
        assert_eq!(each, [&one, &one, &authority]);
    }
    let both = function
        .invoke(json!({ "sources": "all", "summary": true, "limit": 5 }))
        .await
        .json();
    assert_eq!(
        (
            both["certificates"].as_array().unwrap().len(),
            &both["counts"]["certificates"]
        ),
        (5, &json!(5)),
        "of what it shows"
    );
}
