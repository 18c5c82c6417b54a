//! Plans: a large selection is carried out exactly as its dry run has found it, or not at all.

use super::*;

const SECRETS: (&str, &str) = ("RECEIPT_SECRETS", "0123456789abcdef0123456789abcdef");

/// The id of a plan for this request.
async fn planned(stage: &Stage, request: &Value) -> String {
    let mut request = request.clone();
    request["dry_run"] = json!(true);
    let answer = stage.perform(&request).await.unwrap();
    answer.order().plan.clone().unwrap().id
}

fn with_plan(request: &Value, id: &str) -> Value {
    let mut request = request.clone();
    request["plan_id"] = json!(id);
    request
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_plans_and_the_same_request_with_the_plan_carries_it_out_once() {
    for variables in [&[] as &[_], &[SECRETS]] {
        let stage = Stage::with(Clouds::of(fleet(12)), variables);
        let request = of_the_ca(json!({"reason": "recall"}));
        let mut dry_run = request.clone();
        dry_run["dry_run"] = json!(true);
        dry_run["max_certificates"] = json!(2);
        let answer = stage.perform(&dry_run).await.unwrap();
        let plan = serde_json::to_value(answer.order().plan.as_ref().unwrap()).unwrap();
        assert_eq!(
            (
                &plan["certificates"],
                &plan["undecided_count"],
                &plan["expires_at"]
            ),
            (&json!(12), &json!(0), &json!("2025-11-22T09:26:40Z"))
        );
        assert_eq!(
            (
                answer.order().summary.would_inactivate,
                answer.results().len()
            ),
            (12, 12)
        );
        assert_eq!(stage.writes(), 0);
        let real = with_plan(&request, plan["id"].as_str().unwrap());
        let answer = stage.perform(&real).await.unwrap();
        assert_eq!(
            (answer.order().summary.inactivated, stage.in_use()),
            (12, 0)
        );
        let error = stage.perform(&real).await.unwrap_err();
        assert_eq!(in_short(&error), (ErrorCode::Conflict, Some("plan_id")));
        assert_eq!(stage.writes(), 12);
    }
}

#[tokio::test(start_paused = true)]
async fn a_set_or_a_state_that_has_changed_is_a_conflict_and_nothing_is_touched() {
    type Change = fn(&Stage);
    let changes: [(Change, &str); 4] = [
        (
            |stage| stage.change("0002", Device::take_out_of_use),
            "3 would be",
        ),
        (
            |stage| stage.clouds.devices.borrow_mut().push(tencent(9, "")),
            "5 would be",
        ),
        (
            |stage| drop(stage.clouds.devices.borrow_mut().remove(0)),
            "3 would be",
        ),
        (
            |stage| stage.change("0003", |device| device.status = "PENDING_ACTIVATION"),
            "4 would be",
        ),
    ];
    for (change, counted) in changes {
        let stage = Stage::new(fleet(4));
        let request = of_the_ca(json!({}));
        let id = planned(&stage, &request).await;
        change(&stage);
        let error = stage.perform(&with_plan(&request, &id)).await.unwrap_err();
        assert_eq!(in_short(&error), (ErrorCode::Conflict, Some("plan_id")));
        assert!(
            error.detail.contains("4 certificates") && error.detail.contains(counted),
            "{error}"
        );
        assert_eq!(stage.writes(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_belongs_to_its_request() {
    let stage = Stage::with(Clouds::of(fleet(4)), &[SECRETS]);
    let request = of_the_ca(json!({}));
    let id = planned(&stage, &request).await;
    let mut others = Vec::new();
    for (member, value) in [
        ("force", json!(true)),
        ("allow_shared", json!(true)),
        ("region", json!("ap-beijing")),
        ("select", json!({"ca_serial_numbers": ["0b", "0c"]})),
    ] {
        let mut other = with_plan(&request, &id);
        other[member] = value;
        others.push(other);
    }
    let (first, tail) = id.split_at(1);
    let forged = format!("{}{tail}", if first == "A" { "B" } else { "A" });
    let unsigned = Stage::new(fleet(4));
    let unsigned = planned(&unsigned, &request).await;
    for id in [
        "",
        "plan",
        "AAAA",
        tail,
        &format!("{id}AA"),
        &forged,
        &unsigned,
    ] {
        others.push(with_plan(&request, id));
    }
    let calls = stage.calls();
    for other in others {
        let error = stage.perform(&other).await.unwrap_err();
        assert_eq!(
            in_short(&error),
            (ErrorCode::InvalidRequest, Some("plan_id")),
            "{other}"
        );
        let parsed = request::parse(&other.to_string()).unwrap();
        let deferred = Inactivate::deferral_message(&stage.context(), &parsed).unwrap_err();
        assert_eq!(deferred, error);
    }
    assert_eq!(stage.calls(), calls);
    for (member, value) in [
        ("reason", json!("another")),
        ("not_after", json!("2027-01-01T00:00:00Z")),
        ("max_certificates", json!(3)),
    ] {
        let mut same = with_plan(&request, &id);
        same["dry_run"] = json!(true);
        same[member] = value;
        stage.perform(&same).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_good_for_an_hour() {
    let stage = Stage::new(fleet(4));
    let request = of_the_ca(json!({}));
    let id = planned(&stage, &request).await;
    let real = with_plan(&request, &id);
    let minutes_later = async |minutes: u64| {
        let mut context = stage.context();
        context.now = context
            .now
            .plus(std::time::Duration::from_secs(60 * minutes));
        let request = request::parse(&real.to_string()).unwrap();
        Inactivate::perform(&context, request, BUDGET).await
    };
    let error = minutes_later(61).await.unwrap_err();
    assert_eq!(in_short(&error), (ErrorCode::Conflict, Some("plan_id")));
    assert!(
        error.detail.contains("expired at 2025-11-22T09:26:40Z"),
        "{error}"
    );
    assert_eq!(stage.writes(), 0);
    assert_eq!(
        minutes_later(60).await.unwrap().order().summary.inactivated,
        4
    );
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_more_than_one_answer_goes_through_the_queue_in_parts_of_one_answer() {
    let mut stage = Stage::new(fleet(250));
    let request = of_the_ca(json!({}));
    let mut dry_run = request.clone();
    dry_run["dry_run"] = json!(true);
    let answer = stage.perform(&dry_run).await.unwrap();
    let plan = answer.order().plan.clone().unwrap();
    assert_eq!((plan.certificates, answer.results().len()), (250, 100));
    assert!(answer.order().last && answer.order().rest.is_none());
    let real = with_plan(&request, &plan.id);
    let error = stage.perform(&real).await.unwrap_err();
    assert_eq!(
        in_short(&error),
        (ErrorCode::SelectionTooLarge, Some("select"))
    );
    assert!(error.detail.contains("respond-async"), "{error}");
    assert_eq!(stage.writes(), 0);

    stage.continues = true;
    let parsed = request::parse(&real.to_string()).unwrap();
    let calls = stage.calls();
    let mut message = Inactivate::deferral_message(&stage.context(), &parsed).unwrap();
    assert_eq!(stage.calls(), calls, "a deferred order makes no call");
    let mut parts = Vec::new();
    loop {
        assert!(message.len() < 1_048_576);
        let request = Inactivate::from_message(&message).unwrap();
        let answer = stage.carry_out(request.clone()).await.unwrap();
        parts.push((answer.order().part, answer.order().summary.inactivated));
        if parts.len() == 1 {
            // Somebody acts between the parts.
            stage.change("00fa", |device| device.status = "PENDING_ACTIVATION");
            stage.change("00f9", Device::take_out_of_use);
        }
        let context = stage.context();
        match Inactivate::continuation(&request, &answer, &context.request) {
            Some(rest) => message = Inactivate::continuation_message(&rest, identity(), None),
            None => {
                let summary = answer.order().order_summary.unwrap();
                assert_eq!(
                    (
                        summary.inactivated,
                        summary.already_inactive,
                        summary.refused
                    ),
                    (248, 1, 1)
                );
                let refused = answer.results().into_iter().find(|one| one.error.is_some());
                let error = refused.unwrap().error.as_ref().unwrap();
                assert_eq!(error.code, ErrorCode::Conflict);
                break;
            }
        }
    }
    assert_eq!(parts, [(1, 100), (2, 100), (3, 48)]);
    // The one that is not shown to be as it was planned is left alone.
    assert_eq!((stage.writes(), stage.in_use()), (248, 0));
}
