//! Lists in the order by the end of validity.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, IssuedCertificate, Vendor, issue};

use crate::cells::{everywhere, request, source};
use crate::setup::{DAY, now, pair, problem, texts};

/// Real certificates that end in these numbers of days.
fn ending(days: &[i64]) -> Vec<IssuedCertificate> {
    let today = now() / DAY * DAY;
    let one = |(number, days): (usize, &i64)| {
        issue(
            &format!("0a7e4419{number:02x}"),
            &format!("in-{days}-days"),
            None,
            today - 100 * DAY,
            today + days * DAY,
        )
    };
    days.iter().enumerate().map(one).collect()
}

#[tokio::test]
async fn the_soonest_end_comes_first_at_every_provider_and_over_all_of_them() {
    let days = [90, -3, 400, 12, 12, 55];
    let (_simulator, mut function) = pair("describe", everywhere(&ending(&days))).await;
    let mut sorted = days;
    sorted.sort_unstable();
    let ends = |answer: &Value| {
        let ends = texts(&answer["certificates"], "not_after");
        assert!(ends.is_sorted(), "{ends:?}");
        ends.len()
    };
    for vendor in Vendor::ALL {
        let own = json!({ "order_by": "not_after_asc", "limit": days.len() });
        let answer = function.invoke(request(vendor, &own)).await.json();
        assert_eq!(ends(&answer), days.len(), "{vendor:?}");
        assert_eq!(answer["next_cursor"], Value::Null);
        let soon = json!({ "order_by": "not_after_asc", "filter": { "expires_within_days": 60 }, "limit": 3 });
        let answer = function.invoke(request(vendor, &soon)).await.json();
        assert_eq!(
            (ends(&answer), &answer["undecided_count"]),
            (3, &json!(0)),
            "{vendor:?}"
        );
        let short = json!({ "order_by": "not_after_asc", "limit": days.len() - 1 });
        let refused = problem(&function.invoke(request(vendor, &short)).await);
        assert_eq!(
            (&refused["code"], &refused["field"], &refused["status"]),
            (&json!("unsupported"), &json!("order_by"), &json!(422)),
            "{vendor:?}"
        );
        let detail = refused["detail"].as_str().unwrap();
        assert!(
            detail.contains("limit (5)") && detail.contains("10000"),
            "{detail}"
        );
    }
    let sources = Vendor::ALL.map(source);
    let all = json!({ "sources": sources, "order_by": "not_after_asc" });
    let answer = function.invoke(all).await.json();
    assert_eq!(ends(&answer), days.len() * 4);
}

#[tokio::test]
async fn an_order_that_cannot_be_kept_is_refused_by_the_member_at_fault() {
    let (simulator, mut function) = pair("describe", everywhere(&ending(&[5, 9]))).await;
    for (vendor, own, code, field) in [
        (
            Vendor::TencentMqtt,
            json!({ "cursor": "x" }),
            "invalid_request",
            "cursor",
        ),
        (
            Vendor::AwsIot,
            json!({ "details": false }),
            "unsupported",
            "order_by",
        ),
        (
            Vendor::AwsIot,
            json!({ "details": false, "filter": { "not_after_to": "2030-01-01T00:00:00Z" } }),
            "unsupported",
            "filter.not_after_to",
        ),
    ] {
        let mut request = request(vendor, &own);
        request["order_by"] = json!("not_after_asc");
        let refused = problem(&function.invoke(request).await);
        assert_eq!(
            (&refused["code"], &refused["field"]),
            (&json!(code), &json!(field)),
            "{own}"
        );
    }
    assert_eq!(simulator.calls().len(), 0);
    // Without details the rows of the others hold their ends.
    for vendor in [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AlibabaCas] {
        let own = json!({ "details": false, "order_by": "not_after_asc" });
        let answer = function.invoke(request(vendor, &own)).await.json();
        assert!(texts(&answer["certificates"], "not_after").is_sorted());
    }
    // A source that may answer later: its certificates may end sooner than all others.
    simulator.fail(Vendor::AwsIot, FaultRule::always(Fault::Throttle));
    let sources = Vendor::ALL.map(source);
    let all = json!({ "sources": sources, "order_by": "not_after_asc" });
    let refused = problem(&function.invoke(all).await);
    assert_eq!(
        (&refused["code"], &refused["retryable"]),
        (&json!("throttled"), &json!(true))
    );
}
