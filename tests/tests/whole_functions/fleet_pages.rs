//! A fleet that is planned page by page, and carried out by the signed orders of the pages: each
//! certificate is written once, and one that somebody has changed since is left alone.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::Vendor;
use whole_function_tests::Runtime;

use crate::cells::{BROKERS, request};
use crate::orders::{Stage, counts_above_zero};
use crate::setup::{TENCENT_INSTANCE, at_once, invoke_within, problem};

const FLEET: u8 = 250;
/// The devices that somebody else changes between the plan and the orders.
const CHANGED: [usize; 5] = [0, 99, 100, 123, 249];
const LONG: Duration = Duration::from_secs(60);
const CALLER: &str = "arn:aws:states:eu-west-1:123456789012:execution:bundle-fleet:2026-ca-7";
/// The calls by which docs/fleet.md computes the time of a fleet.
const COUNTED_CALLS: &str = include_str!("../../../scripts/fleet_document/calls.json");
const OWN: [(&str, &str); 2] = [
    ("RECEIPT_SECRETS", "0123456789abcdef0123456789abcdef"),
    ("REACTIVATE_ALLOWED_INSTANCES", "*"),
];

async fn ask(function: &mut Runtime, event: Value) -> Value {
    invoke_within(function, LONG, event).await.json()
}

/// The machine's own call of the function, under its name.
fn named(request: Value) -> Value {
    json!({ "caller": CALLER, "request": request })
}

/// Plans the fleet. Returns the answers.
async fn planned(stage: &Stage, function: &mut Runtime) -> Vec<Value> {
    let mut answers: Vec<Value> = Vec::new();
    loop {
        let cursor = answers
            .last()
            .map(|answer| answer["page"]["next_cursor"].clone());
        if cursor == Some(Value::Null) {
            return answers;
        }
        assert!(answers.len() < 10, "the cursors lead nowhere");
        let own = json!({
            "select": { "not_after_to": "2036-01-01T00:00:00Z" }, "reason": "the CA is compromised", "dry_run": true,
            "page": { "limit": 100, "cursor": cursor }
        });
        let event = named(request(stage.vendor, &own));
        answers.push(ask(function, event).await);
    }
}

fn orders(answers: &[Value]) -> Vec<Value> {
    let orders = answers.iter().map(|answer| &answer["page"]["order"]);
    orders.cloned().collect()
}

/// Somebody changes a device, so far as the vendor shows it: a time of Tencent's and AWS's, and at
/// Alibaba its status.
fn change(stage: &Stage, number: usize) {
    let key = stage.key(number);
    stage.simulator.with_fleet(|fleet| match stage.vendor {
        Vendor::TencentMqtt => {
            let found = fleet.tencent_certificate(TENCENT_INSTANCE, &key);
            found.unwrap().update_time += 1;
        }
        Vendor::AwsIot => fleet.aws_iot.get_mut(&key).unwrap().last_modified_date += 1,
        _ => {
            let (instance, ca) = (crate::setup::ALIBABA_INSTANCE, crate::cells::ALIBABA_CA);
            let found = fleet.alibaba_certificate(instance, &key, ca);
            found.unwrap().status = "0".to_owned();
        }
    });
}

/// Carries these orders out, each to its last part. Returns the answers.
async fn carried_out(function: &mut Runtime, orders: Vec<Value>) -> Vec<Value> {
    let mut answers = Vec::new();
    for mut order in orders {
        while !order.is_null() {
            answers.push(ask(function, order).await);
            order = answers.last().unwrap()["next_order"].clone();
        }
    }
    answers
}

fn sum(answers: &[Value], outcome: &str) -> u64 {
    let counts = answers.iter().map(|answer| &answer["summary"][outcome]);
    counts.filter_map(Value::as_u64).sum()
}

#[tokio::test]
async fn a_fleet_is_inactivated_page_by_page_and_reactivated() {
    at_once(BROKERS, |vendor| async move {
        let stage = Stage::new(vendor, FLEET, Duration::from_secs(30)).await;
        let mut function = stage.function(&OWN).await;
        let plan = planned(&stage, &mut function).await;
        let certificates = plan.iter().map(|page| &page["page"]["certificates"]);
        let certificates: u64 = certificates.filter_map(Value::as_u64).sum();
        assert_eq!(certificates, u64::from(FLEET), "{vendor:?}");
        assert_eq!(stage.writes(), [0; FLEET as usize], "{vendor:?}");

        CHANGED.iter().for_each(|number| change(&stage, *number));
        let mut dry_run = orders(&plan).remove(0);
        dry_run["dry_run"] = json!(true);
        let dry_run = ask(&mut function, dry_run).await;
        assert_eq!(dry_run["dry_run"], true);
        assert_eq!(stage.writes(), [0; FLEET as usize], "{vendor:?}");
        let answers = carried_out(&mut function, orders(&plan)).await;
        let left_alone = match vendor {
            Vendor::AlibabaMqtt => "already_inactive",
            _ => "refused",
        };
        let (inactivated, left_alone) = (sum(&answers, "inactivated"), sum(&answers, left_alone));
        assert_eq!((inactivated, left_alone), (245, 5), "{vendor:?}");
        let writes: Vec<usize> = (0..usize::from(FLEET))
            .map(|number| usize::from(!CHANGED.contains(&number)))
            .collect();
        assert_eq!(stage.writes(), writes, "{vendor:?}");
        let all = answers.iter().flat_map(|answer| answer["results"].as_array().unwrap());
        let conflicts = all.filter(|result| result["error"]["code"] == "conflict");
        let expected = if vendor == Vendor::AlibabaMqtt { 0 } else { 5 };
        assert_eq!(conflicts.count(), expected, "{vendor:?}");

        let mut undone = Vec::new();
        for answer in &answers {
            let results = answer["results"].as_array().unwrap().iter();
            let receipts: Vec<&Value> = results
                .map(|result| &result["receipt"])
                .filter(|receipt| !receipt.is_null())
                .collect();
            let undo = json!({ "undo": { "receipts": receipts }, "reason": "a mistake", "dry_run": true, "page": {} });
            let calls = stage.simulator.calls().len();
            let page = ask(&mut function, named(undo)).await;
            assert_eq!(stage.simulator.calls().len(), calls, "a plan takes no call");
            assert_eq!(page["summary"]["would_reactivate"], receipts.len());
            undone.push(page);
        }
        let answers = carried_out(&mut function, orders(&undone)).await;
        assert_eq!(sum(&answers, "reactivated"), 245, "{vendor:?}");
        assert_eq!(
            json!(counts_above_zero(&answers[0]["order_summary"])),
            json!(counts_above_zero(&answers[0]["summary"]))
        );
        let still_off: Vec<usize> = (0..usize::from(FLEET)).filter(|one| stage.is_off(*one)).collect();
        let expected: &[usize] = if vendor == Vendor::AlibabaMqtt { &CHANGED } else { &[] };
        assert_eq!(still_off, expected, "{vendor:?}");
    })
    .await;
}

#[tokio::test]
async fn an_order_is_accepted_only_as_it_was_signed() {
    let stage = Stage::new(Vendor::TencentMqtt, 3, Duration::from_secs(30)).await;
    let mut function = stage.function(&OWN).await;
    let plan = planned(&stage, &mut function).await;
    let order = orders(&plan).remove(0);
    let without_mac = json!({ "order": order["order"], "request": order["request"] });
    let mut changed = order.clone();
    changed["order"]["places"][0]["items"][0]["expected"]["status"] = json!("inactive");
    for event in [without_mac, changed] {
        let answer = invoke_within(&mut function, LONG, event).await;
        let problem = problem(&answer);
        assert_eq!(
            (&problem["code"], &problem["field"]),
            (&json!("forbidden"), &json!("mac"))
        );
    }
    assert_eq!(stage.writes(), [0; 3]);
    let answer = ask(&mut function, order).await;
    assert_eq!(answer["summary"]["inactivated"], 3);
}

/// The calls that a vendor has had since these many.
fn calls_since(stage: &Stage, before: usize) -> Value {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for call in stage.simulator.calls().into_iter().skip(before) {
        *counts.entry(call.action).or_default() += 1;
    }
    json!(counts)
}

#[tokio::test]
async fn the_documented_time_of_a_fleet_counts_the_calls_that_a_page_takes() {
    at_once(BROKERS, |vendor| async move {
        let stage = Stage::new(vendor, 200, Duration::from_secs(30)).await;
        let mut function = stage.function(&OWN).await;
        let before = stage.simulator.calls().len();
        let plan = planned(&stage, &mut function).await;
        let plan_calls = calls_since(&stage, before);
        let mut orders = orders(&plan);
        orders.retain(|order| !order.is_null());
        let before = stage.simulator.calls().len();
        carried_out(&mut function, orders).await;
        let real = json!({ "pages": plan.len(), "plan": plan_calls, "orders": calls_since(&stage, before) });
        let counted: Value = serde_json::from_str(COUNTED_CALLS).unwrap();
        assert!(is_about(&real, &counted[vendor.name()]["of_200"]), "{vendor:?}: {real}");
    })
    .await;
}

/// Whether both have the same actions, with at most two calls of difference: the list of a CA is read
/// again after a while.
fn is_about(real: &Value, counted: &Value) -> bool {
    match (real, counted) {
        (Value::Object(real), Value::Object(counted)) => {
            real.keys().eq(counted.keys())
                && real
                    .iter()
                    .all(|(name, value)| is_about(value, &counted[name]))
        }
        _ => real.as_u64().unwrap().abs_diff(counted.as_u64().unwrap()) <= 2,
    }
}
