//! An undo that is planned as a page, and its signed order.

use std::time::Duration;

use super::*;
use crate::model::Timestamp;
use crate::request::InactivateRequest;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A dry run of an undo of these receipts, as a page.
fn page_of(receipts: &[&str]) -> Value {
    json!({"undo": {"receipts": receipts}, "reason": "a mistake", "dry_run": true, "page": {}})
}

async fn planned(cloud: &Cloud, request: Value) -> Value {
    let calls = cloud.writes.borrow().len();
    let answer = cloud.perform(&[], request).await.unwrap();
    assert_eq!(cloud.writes.borrow().len(), calls);
    serde_json::to_value(&answer).unwrap()
}

/// Carries out a signed order at this moment, with these variables.
async fn send(cloud: &Cloud, variables: &[(&str, &str)], order: &Value, later: Duration) -> Value {
    let network = cloud.network();
    let bench = Cloud::bench(&network, variables);
    let mut context = bench.context();
    context.now = context.now.plus(later);
    let request = Inactivate::from_signed(&order.to_string(), &bench.config).unwrap();
    let answer = Inactivate::perform(&context, request, BUDGET).await;
    serde_json::to_value(answer.unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_receipts_that_hold_become_an_order_and_the_others_are_told() {
    let cloud = Cloud::of(3);
    let receipts = cloud.inactivate().await;
    let [one, two, three] = texts(&receipts)[..] else {
        panic!("{receipts:?}")
    };
    let forged = one.replace('.', "A.");
    let answer = planned(&cloud, page_of(&[one, &forged, two])).await;
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(
        (&results[0]["outcome"], &results[0]["error"]["field"]),
        (&json!("refused"), &json!("undo.receipts[1]"))
    );
    let counts = |summary: &Value| {
        (
            summary["would_reactivate"].clone(),
            summary["refused"].clone(),
        )
    };
    for summary in [&answer["summary"], &answer["order_summary"]] {
        assert_eq!(counts(summary), (json!(2), json!(1)));
    }
    assert_eq!(answer["sources"][0]["summary"]["would_reactivate"], 2);
    let page = &answer["page"];
    assert_eq!(
        (
            &page["certificates"],
            &page["consistent"],
            &page["next_cursor"]
        ),
        (&json!(2), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&answer["last"], &answer["plan"], &answer["rest"]),
        (&json!(true), &Value::Null, &Value::Null)
    );

    // One is changed between the plan and the order.
    cloud.change(1, |row| row.changed_at += 1);
    let answer = send(&cloud, &[], &page["order"], Duration::ZERO).await;
    let outcomes: Vec<&Value> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["outcome"])
        .collect();
    assert_eq!(outcomes, ["reactivated", "changed_since"]);
    assert_eq!(
        (&answer["last"], &answer["next_order"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(*cloud.writes.borrow(), ["00 ACTIVE"]);
    // The same order is sent once more, and another one as a dry run, which writes nothing.
    let again = send(&cloud, &[], &page["order"], Duration::ZERO).await;
    assert_eq!(again["summary"]["already_active"], 1);
    let mut dry_run = planned(&cloud, page_of(&[three])).await["page"]["order"].clone();
    dry_run["dry_run"] = json!(true);
    let dry_run = send(&cloud, &[], &dry_run, Duration::ZERO).await;
    assert_eq!(dry_run["summary"]["would_reactivate"], 1);
    assert_eq!(cloud.writes.borrow().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_next_order_of_an_undo_has_the_certificates_that_are_left() {
    let cloud = Cloud::of(2);
    let receipts = cloud.inactivate().await;
    let page = planned(&cloud, page_of(&texts(&receipts))).await["page"].clone();
    cloud.hidden.borrow_mut().push(id(0));
    let answer = send(&cloud, &[], &page["order"], Duration::ZERO).await;
    assert_eq!(answer["summary"]["reactivated"], 1, "{answer}");
    cloud.hidden.borrow_mut().clear();
    let answer = send(&cloud, &[], &answer["next_order"], Duration::ZERO).await;
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["results"][0]["outcome"], "reactivated");
    assert_eq!(*cloud.writes.borrow(), ["01 ACTIVE", "00 ACTIVE"]);
}

#[tokio::test(start_paused = true)]
async fn an_order_ends_before_one_of_its_receipts_is_too_old() {
    let cloud = Cloud::of(2);
    for number in [0, 1] {
        cloud.change(number, |row| row.not_after += 30 * 86_400);
    }
    let receipts = cloud.inactivate().await;
    let secrets = crate::config::ReceiptSecrets::parse(SECRETS).unwrap();
    let mut older = Receipt::decode(texts(&receipts)[0], &secrets).unwrap();
    older.at = older.at.minus(2 * DAY);
    let older = older.encode(&secrets).unwrap();
    let request = page_of(&[&older, texts(&receipts)[1]]);
    let end_of = |answer: &Value| {
        let end = answer["page"]["order"]["order"]["expires_at"].as_str();
        Timestamp::parse(end.unwrap()).unwrap()
    };
    let now = crate::testing::now();
    let answer = planned(&cloud, request.clone()).await;
    assert_eq!(
        end_of(&answer),
        now.plus(5 * DAY),
        "seven days after it was given"
    );
    let order = &answer["page"]["order"];
    let late = send(&cloud, &[], order, 5 * DAY + Duration::from_secs(1)).await;
    assert_eq!(late["summary"]["refused"], 2, "{late}");
    // A later end that the request sets does not make receipts hold longer; a sooner one holds.
    for (not_after, expected) in [
        ("2999-01-01T00:00:00Z", 5 * DAY),
        ("2025-11-23T08:26:40Z", DAY),
    ] {
        let mut request = request.clone();
        request["not_after"] = json!(not_after);
        let answer = planned(&cloud, request).await;
        let end = answer["page"]["order"]["request"]["not_after"]
            .as_str()
            .unwrap();
        assert_eq!(Timestamp::parse(end).unwrap(), now.plus(expected));
    }
    assert!(cloud.writes.borrow().is_empty());
    let answer = send(&cloud, &[], order, 5 * DAY).await;
    assert_eq!(answer["summary"]["reactivated"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_page_of_an_undo_obeys_its_guards() {
    let cloud = Cloud::of(1);
    let receipts = cloud.inactivate().await;
    let request = page_of(&texts(&receipts));
    for (variables, code, field) in [
        (("RECEIPT_SECRETS", ""), ErrorCode::Unsupported, "page"),
        (
            ("REACTIVATE_ALLOWED_INSTANCES", "mqtt-1"),
            ErrorCode::Forbidden,
            "provider",
        ),
    ] {
        let error = cloud
            .perform(&[variables], request.clone())
            .await
            .unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (code, Some(field)));
    }
    let mut late = request.clone();
    late["not_after"] = json!("2025-01-01T00:00:00Z");
    let error = cloud.perform(&[], late).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("not_after"));
    // The allow-list at the time of the order counts.
    let order = planned(&cloud, request).await["page"]["order"].clone();
    let none = ("REACTIVATE_ALLOWED_INSTANCES", "mqtt-1");
    let answer = send(&cloud, &[none], &order, Duration::ZERO).await;
    assert_eq!(answer["summary"]["refused"], 1);
    // Receipts that are refused make no order.
    let answer = planned(&cloud, page_of(&["forged"])).await;
    assert_eq!(
        (&answer["page"]["order"], &answer["page"]["certificates"]),
        (&Value::Null, &json!(0))
    );
    assert!(cloud.writes.borrow().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_page_of_an_undo_is_the_last_part_even_where_a_place_cannot_be_entered_now() {
    let cloud = Cloud::of(1);
    let receipts = cloud.inactivate().await;
    let secrets = crate::config::ReceiptSecrets::parse(SECRETS).unwrap();
    let mut elsewhere = Receipt::decode(texts(&receipts)[0], &secrets).unwrap();
    elsewhere.source = serde_json::from_value(
        json!({"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1"}),
    )
    .unwrap();
    let elsewhere = elsewhere.encode(&secrets).unwrap();
    let request = page_of(&[texts(&receipts)[0], &elsewhere, "forged"]);
    let network = cloud.network();
    let bench = Cloud::bench(
        &network,
        &[
            ("TENCENTCLOUD_SECRET_ID", ""),
            ("TENCENTCLOUD_SECRET_KEY", ""),
            ("REACTIVATE_ALLOWED_INSTANCES", "aws-iot,mqtt-1"),
        ],
    );
    let request: InactivateRequest = request::parse(&request.to_string()).unwrap();
    let context = bench.context();
    let answer = Inactivate::perform(&context, request.clone(), BUDGET).await;
    let answer = answer.unwrap();
    // A message that continued it would plan all receipts anew, without end.
    let next = Inactivate::continuation(&request, &answer, &context.request);
    assert!(next.is_none(), "{next:?}");
    let answer = serde_json::to_value(&answer).unwrap();
    assert_eq!(
        (
            &answer["last"],
            &answer["page"]["certificates"],
            &answer["summary"]["refused"]
        ),
        (&json!(true), &json!(1), &json!(1)),
        "{answer}"
    );
    assert_eq!(answer["order_summary"], answer["summary"]);
}
