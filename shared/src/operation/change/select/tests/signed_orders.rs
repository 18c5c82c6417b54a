//! Signed orders: they are taken only as this function has signed them, and hold only for the state
//! that was planned.

use super::pages::{ONE, SECRETS, json_of, page_of, verified};
use super::*;
use crate::testing::TWENTY_CALLS_A_SECOND;
use crate::transport::Deadline;

const TWO: &str = "another-secret-of-32-characters!";
const DAY: u64 = 24 * 60 * 60;

fn outcome_of(answer: &Value, serial: &str) -> (String, Option<String>) {
    let results = answer["results"].as_array().unwrap();
    let of = |result: &&Value| result["provider_serial_number"] == serial;
    let result = results.iter().find(of).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (
        text(&result["outcome"]).unwrap(),
        text(&result["error"]["code"]),
    )
}

/// The order of a page of the whole fleet.
async fn planned(stage: &Stage, members: Value) -> Value {
    let answer = stage.page(json!({}), members).await;
    answer["page"]["order"].clone()
}

#[tokio::test(start_paused = true)]
async fn nothing_of_an_order_can_be_changed_except_dry_run() {
    let stage = Stage::with(Clouds::of(fleet(2)), &[SECRETS]);
    let members = json!({
        "reason": "Rückruf \u{1f525} \"A\"", "not_after": "2026-02-01T12:00:00.5+02:00", "allow_shared": true
    });
    let order = planned(&stage, members).await;
    let request = stage.verified(&order).unwrap();
    assert!(request.is_signed && !request.dry_run && request.allow_shared);
    assert_eq!(json!(request.order), order["order"]);
    // The sender may write it in another form.
    let spaced = serde_json::to_string_pretty(&order).unwrap();
    assert!(Inactivate::from_signed(&spaced, &stage.bench.config).is_ok());

    let item = "/order/places/0/items/0";
    let at = |path: &str| format!("{item}{path}");
    let changes: &[(String, Value)] = &[
        (at("/expected/status"), json!("inactive")),
        (at("/expected"), Value::Null),
        (at("/certificate/provider_serial_number"), json!("0003")),
        (
            "/order/places/0/source/instance_id".to_owned(),
            json!("mqtt-2"),
        ),
        ("/order/places/0/items".to_owned(), json!([])),
        ("/order/places".to_owned(), json!([])),
        ("/order/id".to_owned(), json!("order-2")),
        ("/order/part".to_owned(), json!(2)),
        ("/order/caller".to_owned(), json!("somebody else")),
        (
            "/order/expires_at".to_owned(),
            json!("2999-01-01T00:00:00Z"),
        ),
        ("/order/earlier_results/inactivated".to_owned(), json!(1)),
        ("/request/reason".to_owned(), json!("another")),
        (
            "/request/not_after".to_owned(),
            json!("2999-01-01T00:00:00Z"),
        ),
        ("/request/end_sessions".to_owned(), json!(true)),
        ("/request/allow_shared".to_owned(), json!(false)),
        ("/request/dry_run".to_owned(), json!(true)),
        ("/request/instance_id".to_owned(), json!("mqtt-2")),
        ("/request/select".to_owned(), json!({"client_ids": ["a"]})),
        ("/mac".to_owned(), json!("")),
        ("/mac".to_owned(), Value::Null),
        ("/mac".to_owned(), json!("A".repeat(43))),
    ];
    let mut others = Vec::new();
    for (path, value) in changes {
        let mut other = order.clone();
        *other.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value.clone();
        others.push(other);
    }
    for (name, value) in [
        ("force", json!(true)),
        ("page", json!({})),
        ("plan_id", json!("a")),
    ] {
        let mut other = order.clone();
        other["request"][name] = value;
        others.push(other);
    }
    let mut with_time = order.clone();
    with_time["order"]["places"][0]["items"][0]["expected"]["changed_at"] =
        json!("2026-01-01T00:00:00Z");
    let mut with_event = order.clone();
    with_event["order"]["unsent_event"] = json!("{}");
    let unsigned = json!({"order": order["order"], "request": order["request"]});
    let mut padded = order.clone();
    padded["mac"] = json!(format!("{}=", order["mac"].as_str().unwrap()));
    others.extend([with_time, with_event, unsigned, padded]);
    let calls = stage.calls();
    for other in others {
        let error = stage.verified(&other).unwrap_err();
        assert_eq!(
            in_short(&error),
            (ErrorCode::Forbidden, Some("mac")),
            "{other}"
        );
        assert!(!error.detail.contains(order["mac"].as_str().unwrap()));
    }
    // A text that is no order at all names the member at fault.
    for (path, field) in [
        ("/order/part", "order.part"),
        ("/request/reason", "request.reason"),
    ] {
        let mut other = order.clone();
        *other.pointer_mut(path).unwrap() = json!([]);
        let error = stage.verified(&other).unwrap_err();
        assert_eq!(in_short(&error), (ErrorCode::InvalidRequest, Some(field)));
    }
    let mut more = order.clone();
    more["more"] = json!(1);
    assert_eq!(
        stage.verified(&more).unwrap_err().field.as_deref(),
        Some("more")
    );
    assert_eq!((stage.calls(), stage.writes()), (calls, 0));
    for whether in [true, false] {
        let mut dry_run = order.clone();
        dry_run["dry_run"] = json!(whether);
        assert_eq!(stage.verified(&dry_run).unwrap().dry_run, whether);
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_verifies_as_long_as_it_is_listed() {
    let stage = Stage::with(Clouds::of(fleet(1)), &[SECRETS]);
    let order = planned(&stage, json!({})).await;
    let both = format!("{TWO},{ONE}");
    for (secrets, is_taken) in [(both.as_str(), true), (TWO, false), ("", false)] {
        let other = Stage::with(Clouds::default(), &[("RECEIPT_SECRETS", secrets)]);
        let taken = verified(&other.bench.config, &order);
        assert_eq!(taken.is_ok(), is_taken, "{secrets}");
        if let Err(error) = taken {
            assert_eq!(in_short(&error), (ErrorCode::Forbidden, Some("mac")));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_takes_no_signed_order_and_an_order_of_the_queue_is_not_signed() {
    let stage = Stage::with(Clouds::of(fleet(1)), &[SECRETS]);
    let order = planned(&stage, json!({})).await;
    let error = Inactivate::from_message(&order.to_string()).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidRequest, "{error}");
    let parsed = request::parse(&of_the_ca(json!({})).to_string()).unwrap();
    let message = Inactivate::deferral_message(&stage.context(), &parsed).unwrap();
    let error = Inactivate::from_signed(&message, &stage.bench.config).unwrap_err();
    assert_eq!(in_short(&error), (ErrorCode::Forbidden, Some("mac")));
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_has_changed_since_the_plan_is_left_alone() {
    let stage = Stage::with(Clouds::of(fleet(4)), &[SECRETS]);
    let order = planned(&stage, json!({})).await;
    stage.change("0001", |device| device.status = "PENDING_ACTIVATION");
    stage.change("0002", Device::take_out_of_use);
    let is_there = |device: &Device| device.serial != "0003";
    stage.clouds.devices.borrow_mut().retain(is_there);
    let answer = stage.send(&order).await;
    let conflict = Some("conflict".to_owned());
    assert_eq!(
        outcome_of(&answer, "0001"),
        ("refused".to_owned(), conflict)
    );
    assert_eq!(
        outcome_of(&answer, "0002"),
        ("already_inactive".to_owned(), None)
    );
    assert_eq!(outcome_of(&answer, "0003"), ("not_found".to_owned(), None));
    assert_eq!(
        outcome_of(&answer, "0004"),
        ("inactivated".to_owned(), None)
    );
    assert_eq!(stage.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_guards_hold_when_an_order_is_carried_out() {
    let clouds = Clouds::of(fleet(2));
    let stage = Stage::with(clouds.clone(), &[SECRETS]);
    let order = planned(&stage, json!({})).await;
    let everything = r#"[{"serial_numbers": ["1", "2"]}]"#;
    for variable in [
        ("INACTIVATE_ALLOWED_INSTANCES", "mqtt-2"),
        ("INACTIVATE_PROTECTED", everything),
    ] {
        let later = Stage::with(clouds.clone(), &[SECRETS, variable]);
        let answer = later.send(&order).await;
        assert_eq!(answer["summary"]["refused"], 2, "{answer}");
        assert_eq!((&answer["last"], later.writes()), (&json!(true), 0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_is_good_for_fourteen_days_or_as_long_as_its_request_says() {
    let clouds = Clouds::of(fleet(2));
    let stage = Stage::with(clouds, &[SECRETS]);
    let usual = planned(&stage, json!({})).await;
    let own = planned(&stage, json!({"not_after": "2025-11-23T08:26:40Z"})).await;
    let days_later = async |order: &Value, seconds: u64| {
        let mut context = stage.context();
        context.now = context.now.plus(std::time::Duration::from_secs(seconds));
        let mut order = order.clone();
        order["dry_run"] = json!(true);
        let request = stage.verified(&order).unwrap();
        let answer = Inactivate::perform(&context, request, BUDGET).await;
        let summary = answer.unwrap().order().summary;
        (summary.would_inactivate, summary.refused)
    };
    assert_eq!(days_later(&usual, 14 * DAY).await, (2, 0));
    assert_eq!(days_later(&usual, 14 * DAY + 1).await, (0, 2));
    assert_eq!(days_later(&own, DAY).await, (2, 0));
    assert_eq!(days_later(&own, DAY + 1).await, (0, 2));
    assert_eq!(stage.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_order_of_several_parts_continues_with_the_order_of_the_next_part() {
    let slowly = TWENTY_CALLS_A_SECOND.map(|(name, value)| match name {
        "CALLS_PER_SECOND" => (name, "tencent-mqtt:DeactivateDeviceCertificate=20+20"),
        _ => (name, value),
    });
    let mut stage = Stage::with(Clouds::of(fleet(40)), &[&[SECRETS], &slowly[..]].concat());
    let mut order = planned(&stage, json!({"reason": "recall"})).await;
    let mut dry_run = order.clone();
    dry_run["dry_run"] = json!(true);
    let dry_run = stage.send(&dry_run).await;
    assert_eq!(
        (&dry_run["summary"]["would_inactivate"], stage.writes()),
        (&json!(40), 0)
    );
    assert_eq!(
        (&dry_run["last"], &dry_run["next_order"]),
        (&json!(true), &Value::Null)
    );
    let mut parts = Vec::new();
    while !order.is_null() {
        stage.bench.deadline = Deadline::after(std::time::Duration::from_secs(3));
        let answer = stage.send(&order).await;
        assert_eq!(
            (&answer["part"], &answer["rest"]),
            (&json!(parts.len() + 1), &Value::Null)
        );
        assert_eq!(
            (&answer["order_id"], answer.get("page")),
            (&json!("order-1"), None)
        );
        parts.push(answer["summary"]["inactivated"].as_u64().unwrap());
        order = answer["next_order"].clone();
        assert_eq!(answer["last"], order.is_null());
        if order.is_null() {
            assert_eq!(answer["order_summary"]["inactivated"], 40);
        } else {
            assert_eq!(order["order"]["expires_at"], "2025-12-06T08:26:40Z");
            assert_eq!(order["request"]["reason"], "recall");
        }
    }
    assert!(
        parts.len() > 1 && parts.iter().sum::<u64>() == 40,
        "{parts:?}"
    );
    assert_eq!((stage.writes(), stage.in_use()), (40, 0));
}

#[tokio::test(start_paused = true)]
async fn an_order_of_which_nothing_can_be_finished_is_an_error_or_has_no_next_order() {
    let clouds = Clouds::of(fleet(2));
    let stage = Stage::with(clouds.clone(), &[SECRETS]);
    let order = planned(&stage, json!({})).await;
    let busy = Stage::with(clouds.with(TencentMqtt, Trouble::Busy), &[SECRETS]);
    let request = busy.verified(&order).unwrap();
    let error = busy.carry_out(request).await.unwrap_err();
    assert!(error.code.retryable(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_log_has_neither_the_order_of_a_page_nor_that_of_the_next_part() {
    let stage = Stage::with(Clouds::of(fleet(1)), &[SECRETS]);
    let answer = stage.perform(&page_of(json!({}), json!({}))).await.unwrap();
    assert!(json_of(&answer).to_string().contains("\"mac\""));
    let logged = json_of(&answer.for_log());
    assert!(!logged.to_string().contains("\"mac\""), "{logged}");
    assert_eq!(logged["page"]["certificates"], 1);
}
