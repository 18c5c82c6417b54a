//! Selections at several places: each has its own error, and the others are carried out.

use super::*;

/// A device at each broker, and the request for the client id `truck-1` or for a CA.
fn everywhere() -> [Device; 3] {
    [
        tencent(1, "truck-1"),
        Device::new(AlibabaMqtt, "post-cn-1", "02", 1),
        Device::new(AwsIot, "", "03", 1),
    ]
}

fn sources() -> Value {
    json!([
        source(TencentMqtt, "mqtt-1"),
        source(AlibabaMqtt, "post-cn-1")
    ])
}

fn at_sources(select: Value, members: Value) -> Value {
    let mut request = json!({"sources": sources(), "select": select});
    let members = members.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(members);
    request
}

fn by_ca(members: Value) -> Value {
    at_sources(json!({"ca_serial_numbers": ["0b"]}), members)
}

fn errors(answer: &InactivateAnswer) -> Vec<Option<ErrorCode>> {
    match answer {
        InactivateAnswer::One(_) => panic!("one place"),
        InactivateAnswer::Several(answer) => answer
            .sources
            .iter()
            .map(|source| source.error.as_ref().map(|error| error.code))
            .collect(),
    }
}

#[tokio::test(start_paused = true)]
async fn all_places_are_changed_side_by_side_and_each_result_names_its_place() {
    let stage = Stage::new(everywhere());
    let answer = stage
        .perform(&by_ca(json!({"max_certificates": 2})))
        .await
        .unwrap();
    assert_eq!(
        outcomes(&answer),
        [("0001", Outcome::Inactivated), ("02", Outcome::Inactivated)]
    );
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["results"][1]["instance_id"], "post-cn-1");
    assert_eq!(json["sources"][1]["summary"]["inactivated"], 1);
    assert_eq!((&json["undecided_count"], stage.writes()), (&json!(0), 2));
}

#[tokio::test(start_paused = true)]
async fn the_bound_holds_for_all_places_together() {
    let stage = Stage::new(everywhere());
    let error = stage.perform(&by_ca(json!({}))).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::SelectionTooLarge);
    assert!(error.detail.contains("2 certificates"), "{error}");
    assert_eq!(stage.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_cannot_look_up_clients_has_an_error_and_the_others_continue() {
    let stage = Stage::new(everywhere());
    let clients = json!({"client_ids": ["truck-1"]});
    let answer = stage
        .perform(&at_sources(clients.clone(), json!({})))
        .await
        .unwrap();
    assert_eq!(outcomes(&answer), [("0001", Outcome::Inactivated)]);
    assert_eq!(errors(&answer), [None, Some(ErrorCode::Unsupported)]);
    assert!(answer.order().last);
    assert!(
        !answer.failures().any(Error::needs_redelivery),
        "a redelivery would not change it"
    );
    let field = serde_json::to_value(&answer).unwrap()["sources"][1]["error"]["field"].clone();
    assert_eq!(field, "select.client_ids");
    // Alone it is the answer.
    let mut alone = source(AlibabaMqtt, "post-cn-1");
    alone["select"] = clients;
    let error = stage.perform(&alone).await.unwrap_err();
    assert_eq!(
        in_short(&error),
        (ErrorCode::Unsupported, Some("select.client_ids"))
    );
    // And a device that is nowhere else is not found.
    let nobody = at_sources(json!({"client_ids": ["nobody"]}), json!({}));
    let error = stage.perform(&nobody).await.unwrap_err();
    assert_eq!(in_short(&error), (ErrorCode::NotFound, Some("select")));
    assert!(error.detail.contains("1 of 2 sources"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_not_allowed_is_not_even_read() {
    let variables = [("INACTIVATE_ALLOWED_INSTANCES", "mqtt-1")];
    let stage = Stage::with(Clouds::of(everywhere()), &variables);
    let answer = stage.perform(&by_ca(json!({}))).await.unwrap();
    assert_eq!(errors(&answer), [None, Some(ErrorCode::Forbidden)]);
    assert_eq!(outcomes(&answer), [("0001", Outcome::Inactivated)]);
    let is_alibaba = |sent: &crate::testing::network::Sent| sent.header("x-acs-action").is_some();
    assert!(!stage.network.each(is_alibaba).contains(&true));
    // A plan needs all places.
    let dry_run = stage
        .perform(&by_ca(json!({"dry_run": true})))
        .await
        .unwrap();
    assert!(dry_run.order().plan.is_none());
    let stage = Stage::with(
        Clouds::of(everywhere()),
        &[("INACTIVATE_ALLOWED_INSTANCES", "mqtt-2")],
    );
    let error = stage.perform(&by_ca(json!({}))).await.unwrap_err();
    assert_eq!((error.code, stage.calls()), (ErrorCode::Forbidden, 0));
    let request = request::parse(&by_ca(json!({})).to_string()).unwrap();
    let deferred = Inactivate::deferral_message(&stage.context(), &request).unwrap_err();
    assert_eq!(deferred.code, ErrorCode::Forbidden);
}

#[tokio::test(start_paused = true)]
async fn a_plan_fails_where_one_of_its_places_does() {
    let stage = Stage::new(everywhere());
    let dry_run = stage
        .perform(&by_ca(json!({"dry_run": true})))
        .await
        .unwrap();
    let id = dry_run.order().plan.clone().unwrap().id;
    stage
        .clouds
        .troubles
        .borrow_mut()
        .insert(AlibabaMqtt, Trouble::Refusing);
    let real = by_ca(json!({"plan_id": id}));
    let error = stage.perform(&real).await.unwrap_err();
    assert_eq!(
        (error.code, stage.writes()),
        (ErrorCode::ProviderRejected, 0)
    );
    stage.clouds.troubles.borrow_mut().clear();
    assert_eq!(
        stage
            .perform(&real)
            .await
            .unwrap()
            .order()
            .summary
            .inactivated,
        2
    );
}

#[tokio::test(start_paused = true)]
async fn a_place_that_fails_for_a_while_is_selected_at_by_the_message_that_continues() {
    let mut stage = Stage::with(
        Clouds::of(everywhere()).with(AlibabaMqtt, Trouble::Busy),
        &[],
    );
    stage.continues = true;
    let request = |max: u16| -> InactivateRequest {
        let request = by_ca(json!({"max_certificates": max}));
        request::parse(&request.to_string()).unwrap()
    };
    for max in [2, 1] {
        let first = request(max);
        let answer = stage.carry_out(first.clone()).await.unwrap();
        assert_eq!(errors(&answer), [None, Some(ErrorCode::Throttled)]);
        assert!(!answer.order().last);
        let context = stage.context();
        let next = Inactivate::continuation(&first, &answer, &context.request).unwrap();
        let message = Inactivate::continuation_message(&next, identity(), None);
        stage.clouds.troubles.borrow_mut().clear();
        let next = Inactivate::from_message(&message).unwrap();
        let answer = stage.carry_out(next).await.unwrap();
        assert!(answer.order().last);
        let summary = answer.order().order_summary.unwrap();
        if max == 2 {
            assert_eq!(outcomes(&answer), [("02", Outcome::Inactivated)]);
            assert_eq!((summary.inactivated, stage.in_use()), (2, 1));
        } else {
            assert_eq!(errors(&answer), [Some(ErrorCode::SelectionTooLarge)]);
            assert_eq!((summary.inactivated, stage.in_use()), (1, 2));
        }
        stage.change("0001", |device| device.status = "ACTIVE");
        stage.change("02", |device| device.status = "1");
        stage
            .clouds
            .troubles
            .borrow_mut()
            .insert(AlibabaMqtt, Trouble::Busy);
    }
}

#[tokio::test(start_paused = true)]
async fn two_sources_that_are_the_same_place_are_refused() {
    let variables = [("TENCENTCLOUD_REGION", "ap-guangzhou")];
    let stage = Stage::with(Clouds::of(everywhere()), &variables);
    let mut request = by_ca(json!({"max_certificates": 2}));
    request["sources"] = json!([
        source(TencentMqtt, "mqtt-1"),
        {"provider": ProviderName::TencentMqtt, "instance_id": "mqtt-1"},
    ]);
    let error = stage.perform(&request).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidRequest);
    assert_eq!(stage.writes(), 0);
}
