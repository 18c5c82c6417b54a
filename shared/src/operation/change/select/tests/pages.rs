//! Plans that are made page by page, and their signed orders.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::config::Config;
use crate::signing::sha256_hex;
use crate::testing::network::answer;

pub(super) const ONE: &str = "0123456789abcdef0123456789abcdef";
pub(super) const SECRETS: (&str, &str) = ("RECEIPT_SECRETS", ONE);

/// A request for a page of all devices of the fleet.
pub(super) fn page_of(page: Value, members: Value) -> Value {
    let mut request = of_the_ca(members);
    request["dry_run"] = json!(true);
    request["page"] = page;
    request
}

pub(super) fn json_of(answer: &InactivateAnswer) -> Value {
    serde_json::to_value(answer).unwrap()
}

impl Stage {
    /// Plans one page.
    pub(super) async fn page(&self, page: Value, members: Value) -> Value {
        json_of(&self.perform(&page_of(page, members)).await.unwrap())
    }

    /// All pages of the fleet, by the cursors.
    async fn pages(&self, limit: u16, members: Value) -> Vec<Value> {
        let mut pages = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let page = json!({"limit": limit, "cursor": cursor});
            pages.push(self.page(page, members.clone()).await);
            cursor = pages.last().unwrap()["page"]["next_cursor"].clone();
            if cursor.is_null() {
                return pages;
            }
        }
    }

    pub(super) fn verified(&self, order: &Value) -> Result<InactivateRequest, Error> {
        verified(&self.bench.config, order)
    }

    /// Carries out a signed order.
    pub(super) async fn send(&self, order: &Value) -> Value {
        let request = self.verified(order).unwrap();
        json_of(&self.carry_out(request).await.unwrap())
    }
}

pub(super) fn verified(config: &Config, order: &Value) -> Result<InactivateRequest, Error> {
    Inactivate::from_signed(&order.to_string(), config)
}

#[tokio::test(start_paused = true)]
async fn a_fleet_is_planned_page_by_page_and_each_order_carries_its_page_out_once() {
    let stage = Stage::with(Clouds::of(fleet(25)), &[SECRETS]);
    let pages = stage.pages(10, json!({"reason": "recall"})).await;
    let counts: Vec<u64> = pages
        .iter()
        .map(|page| page["page"]["certificates"].as_u64().unwrap())
        .collect();
    assert_eq!((counts, stage.writes()), (vec![10, 10, 5], 0));
    for page in &pages {
        assert_eq!(page["results"], json!([]));
        assert_eq!(page["summary"], page["order_summary"]);
        assert_eq!(
            page["summary"]["would_inactivate"],
            page["page"]["certificates"]
        );
        assert_eq!(
            (&page["dry_run"], &page["last"]),
            (&json!(true), &json!(true))
        );
        assert!(page["plan"].is_null() && page["rest"].is_null(), "{page}");
        assert_eq!(page["page"]["consistent"], true);
        assert!(page.get("next_order").is_none());
        let order = &page["page"]["order"]["order"];
        assert_eq!(
            (&order["id"], &order["part"]),
            (&json!("order-1"), &json!(1))
        );
        assert_eq!(order["expires_at"], "2025-12-06T08:26:40Z", "after 14 days");
    }
    for (index, page) in pages.iter().enumerate() {
        let answer = stage.send(&page["page"]["order"]).await;
        assert_eq!(
            answer["summary"]["inactivated"], page["page"]["certificates"],
            "{index}"
        );
        assert_eq!(
            (&answer["last"], &answer["dry_run"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(answer["order_summary"], answer["summary"]);
        assert_eq!(answer["next_order"], Value::Null);
        assert!(answer.get("next_order").is_some() && answer["rest"].is_null());
        assert!(answer.get("page").is_none());
    }
    assert_eq!((stage.writes(), stage.in_use()), (25, 0));
    // The same order again writes nothing.
    let answer = stage.send(&pages[0]["page"]["order"]).await;
    assert_eq!(answer["summary"]["already_inactive"], 10);
    assert_eq!(stage.writes(), 25);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_needs_no_change_or_must_not_be_changed_is_told_and_not_in_the_order() {
    let mut devices = fleet(6);
    devices[0].take_out_of_use();
    devices[1].status = "REVOKED";
    devices[2].client_id = Some("gateway-1");
    devices[3].serial = String::new();
    let protected = ("INACTIVATE_PROTECTED", r#"[{"client_ids": ["gateway-*"]}]"#);
    let stage = Stage::with(Clouds::of(devices), &[SECRETS, protected]);
    let answer = stage.page(json!({}), json!({})).await;
    let mut told: Vec<&str> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["outcome"].as_str().unwrap())
        .collect();
    told.sort_unstable();
    assert_eq!(told, ["already_inactive", "refused", "refused", "refused"]);
    let summary = &answer["summary"];
    assert_eq!(
        (
            &summary["would_inactivate"],
            &summary["refused"],
            &summary["already_inactive"]
        ),
        (&json!(2), &json!(3), &json!(1))
    );
    let items = &answer["page"]["order"]["order"]["places"][0]["items"];
    let names: Vec<&Value> = items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["certificate"]["provider_serial_number"])
        .collect();
    assert_eq!(names, ["0005", "0006"]);
    assert_eq!(answer["page"]["certificates"], 2);
    // No certificate was read by itself.
    let actions = stage
        .network
        .each(|sent| sent.header("x-tc-action").unwrap().to_owned());
    let of_lists = ["DescribeDeviceCertificates", "DescribeInstance"];
    assert!(
        actions.iter().all(|action| of_lists.contains(&&**action)),
        "{actions:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_inactive_certificate_is_in_the_order_if_its_sessions_end_or_it_is_forced() {
    let stage = |variables: &[(&str, &str)]| {
        let mut devices = fleet(3);
        devices[0].take_out_of_use();
        Stage::with(Clouds::of(devices), &[&[SECRETS], variables].concat())
    };
    let (yes, no) = (("END_SESSIONS", "yes"), ("END_SESSIONS", "no"));
    for (variable, members, order, would, already) in [
        (no, json!({}), 2, 2, 1),
        (yes, json!({}), 3, 2, 1),
        (yes, json!({"end_sessions": false}), 2, 2, 1),
        (no, json!({"end_sessions": true}), 3, 2, 1),
        (no, json!({"force": true}), 3, 3, 0),
    ] {
        let answer = stage(&[variable]).page(json!({}), members.clone()).await;
        let summary = &answer["summary"];
        assert_eq!(
            (
                &answer["page"]["certificates"],
                &summary["would_inactivate"],
                &summary["already_inactive"]
            ),
            (&json!(order), &json!(would), &json!(already)),
            "{members}"
        );
        // The order ends sessions as the plan said, whatever the configuration is now.
        let ends = members["end_sessions"].as_bool().unwrap_or(variable == yes);
        let request = &answer["page"]["order"]["request"];
        assert_eq!(request["end_sessions"], ends, "{members}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_without_a_certificate_is_no_error_and_has_no_order() {
    for devices in [Vec::new(), {
        let mut devices = fleet(2);
        devices.iter_mut().for_each(Device::take_out_of_use);
        devices
    }] {
        let count = devices.len();
        let stage = Stage::with(Clouds::of(devices), &[SECRETS]);
        let answer = stage.page(json!({}), json!({})).await;
        assert_eq!(
            answer["page"],
            json!({"order": null, "certificates": 0, "consistent": true, "next_cursor": null})
        );
        assert_eq!(answer["results"].as_array().unwrap().len(), count);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_continues_only_its_own_selection() {
    let stage = Stage::with(Clouds::of(fleet(4)), &[SECRETS]);
    let first = stage.page(json!({"limit": 1}), json!({})).await;
    let cursor = &first["page"]["next_cursor"];
    let page = json!({"limit": 3, "cursor": cursor});
    assert_eq!(
        stage.page(page.clone(), json!({})).await["page"]["certificates"],
        3
    );
    let calls = stage.calls();
    let mut others = vec![page_of(json!({"cursor": "AAAA"}), json!({}))];
    for (member, value) in [
        ("instance_id", json!("mqtt-2")),
        ("region", json!("ap-beijing")),
        ("select", json!({"ca_serial_numbers": ["0c"]})),
    ] {
        let mut other = page_of(page.clone(), json!({}));
        other[member] = value;
        others.push(other);
    }
    for other in others {
        let error = stage.perform(&other).await.unwrap_err();
        assert_eq!(
            in_short(&error),
            (ErrorCode::InvalidRequest, Some("page.cursor")),
            "{other}"
        );
    }
    // The mode of each other instance may have been asked for.
    let listed = |action: &String| action == "DescribeDeviceCertificates";
    let actions = stage
        .network
        .each(|sent| sent.header("x-tc-action").unwrap().to_owned());
    assert!(!actions[calls..].iter().any(listed));
}

/// A certificate at `alibaba-mqtt` shows no time of its change, so an old order would not notice that
/// somebody has reactivated it.
#[tokio::test(start_paused = true)]
async fn an_order_holds_for_fourteen_days_at_most_whatever_its_request_says() {
    let stage = Stage::with(Clouds::of(fleet(1)), &[SECRETS]);
    for (not_after, end) in [
        ("2999-01-01T00:00:00Z", "2025-12-06T08:26:40Z"),
        ("2025-12-01T00:00:00Z", "2025-12-01T00:00:00Z"),
    ] {
        let page = stage.page(json!({}), json!({"not_after": not_after})).await;
        assert_eq!(page["page"]["order"]["request"]["not_after"], end);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_obeys_the_guards_of_a_selection_before_any_call() {
    let request = page_of(json!({}), json!({}));
    let mut late = request.clone();
    late["not_after"] = json!("2025-01-01T00:00:00Z");
    for (variables, request, expected) in [
        (
            &[] as &[_],
            &request,
            (ErrorCode::Unsupported, Some("page")),
        ),
        (
            &[SECRETS, ("INACTIVATE_ALLOWED_INSTANCES", "mqtt-2")],
            &request,
            (ErrorCode::Forbidden, Some("instance_id")),
        ),
        (&[SECRETS], &late, (ErrorCode::Forbidden, Some("not_after"))),
    ] {
        let stage = Stage::with(Clouds::of(fleet(1)), variables);
        let error = stage.perform(request).await.unwrap_err();
        assert_eq!(in_short(&error), expected);
        let parsed = request::parse(&request.to_string()).unwrap();
        let deferred = Inactivate::deferral_message(&stage.context(), &parsed).unwrap_err();
        assert_eq!((deferred, stage.calls()), (error, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_has_changed_says_so_and_is_no_error() {
    let stage = Stage::with(Clouds::of(fleet(6)), &[SECRETS]);
    let first = stage.page(json!({"limit": 2}), json!({})).await;
    assert_eq!(first["page"]["consistent"], true);
    stage.clouds.devices.borrow_mut().pop();
    let page = json!({"limit": 2, "cursor": first["page"]["next_cursor"]});
    let second = stage.page(page, json!({})).await;
    assert_eq!(second["page"]["consistent"], false);
    // Each page speaks of what came after the page before.
    let page = json!({"cursor": second["page"]["next_cursor"]});
    let third = stage.page(page, json!({})).await;
    assert_eq!(third["page"]["consistent"], true);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_cannot_be_read_for_a_while_begins_the_next_page() {
    let devices = (1..=3).map(|number| Device::new(AwsIot, "", format!("{number:04x}"), 100));
    let clouds = Clouds::of(devices);
    let failing = sha256_hex(b"0003");
    let away = Rc::new(Cell::new(true));
    let is_away = Rc::clone(&away);
    let network = Network::new(move |request| {
        if is_away.get() && path_and_query(request).contains(&failing) {
            return answer(503, r#"{"__type": "ServiceUnavailableException"}"#);
        }
        clouds.answer(request)
    });
    let bench = Bench::with(&network, &[SECRETS]);
    let page = async |cursor: &Value| {
        let mut request = source(AwsIot, "");
        request["select"] = json!({"not_after_to": "2036-01-01T00:00:00Z"});
        request["dry_run"] = json!(true);
        request["page"] = json!({"cursor": cursor});
        let request: InactivateRequest = request::parse(&request.to_string()).unwrap();
        Inactivate::perform(&bench.context(), request, BUDGET).await
    };
    let first = json_of(&page(&Value::Null).await.unwrap());
    assert_eq!(first["undecided_count"], 2, "{first}");
    let cursor = &first["page"]["next_cursor"];
    // At the beginning of a page, it is the retryable error of the page.
    let error = page(cursor).await.unwrap_err();
    assert!(error.code.retryable(), "{error}");
    away.set(false);
    let last = json_of(&page(cursor).await.unwrap());
    assert_eq!(
        (&last["undecided_count"], &last["page"]["next_cursor"]),
        (&json!(1), &Value::Null)
    );
}
