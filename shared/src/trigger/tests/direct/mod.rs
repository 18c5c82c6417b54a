//! Direct invocations with the name of their caller, and signed orders.

mod next_parts;

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use super::*;
use crate::model::ProviderName::TencentMqtt;
use crate::operation::{Describe, Inactivate};
use crate::testing::clouds::{Clouds, Device, Trouble, source};
use crate::testing::log::written;
use crate::testing::network::{header, ok};
use crate::testing::table::Items;

const MACHINE: &str = "arn:aws:states:eu-west-1:123456789012:execution:bundle-fleet:2026-ca-7";
const NAMED: &str = "unverified direct invocation: \
    arn:aws:states:eu-west-1:123456789012:execution:bundle-fleet:2026-ca-7";
const TABLE: (&str, &str) = ("IDEMPOTENCY_TABLE", "keys");

/// Clouds and a table of keys.
#[derive(Clone, Default)]
struct World {
    clouds: Clouds,
    items: Items,
    /// The serial numbers of devices whose writes the vendor refuses. It always refuses to look a
    /// client up.
    refusals: Rc<RefCell<HashSet<&'static str>>>,
}

impl World {
    fn of(count: usize) -> Self {
        let device = |number| Device::new(TencentMqtt, "mqtt-1", format!("{number:04x}"), 100);
        Self {
            clouds: Clouds::of((1..=count).map(device)),
            ..Self::default()
        }
    }

    fn function(&self, variables: &[(&str, &str)]) -> Function {
        let world = self.clone();
        let network = Network::new(move |request| {
            let target = header(request, "x-amz-target").unwrap_or_default();
            if target.starts_with("DynamoDB") {
                return world.items.decide(request);
            }
            let query: Value = serde_json::from_slice(request.body()).unwrap_or_default();
            let serial = query["DeviceCertificateSn"].as_str().unwrap_or_default();
            let is_refused = match header(request, "x-tc-action") {
                Some("DeactivateDeviceCertificate") => world.refusals.borrow().contains(serial),
                Some(action) => action.contains("Client"),
                None => false,
            };
            if is_refused {
                return ok(&json!({"Response": {"Error": {"Code": "InternalError"}}}));
            }
            world.clouds.answer(request)
        });
        let usual = [
            ("AWS_REGION", "eu-west-1"),
            ("RECEIPT_SECRETS", "0123456789abcdef0123456789abcdef"),
        ];
        let variables = [variables, &usual].concat();
        let Bench {
            config,
            mut transport,
            ..
        } = Bench::with(&network, &variables);
        transport.clock = now;
        Function::new(config, transport)
    }

    fn in_use(&self) -> usize {
        let devices = self.clouds.devices.borrow();
        devices.iter().filter(|device| device.is_in_use()).count()
    }

    /// Reactivates all devices, as somebody could.
    fn switch_on(&self) {
        for device in self.clouds.devices.borrow_mut().iter_mut() {
            device.status = "ACTIVE";
        }
    }
}

fn request(members: Value) -> Value {
    let mut request = source(TencentMqtt, "mqtt-1");
    let members = members.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(members);
    request
}

/// A dry run of all devices as a page, under the name of the machine.
fn page(members: Value) -> Value {
    let mut page = request(members);
    page["select"] = json!({"ca_serial_numbers": ["0b"]});
    page["dry_run"] = json!(true);
    page["page"] = json!({});
    json!({"caller": MACHINE, "request": page})
}

fn planned(function: &Function, members: Value) -> Value {
    let answer = inactivate(function, &page(members)).unwrap();
    answer["page"]["order"].clone()
}

fn inactivate(function: &Function, event: &Value) -> Result<Value, FunctionError> {
    give::<Inactivate>(function, event.to_string())
}

/// The lines of an event that is given, by their messages.
fn lines_of(message: &str, run: impl FnOnce()) -> Vec<Value> {
    let log = written("info", true, run);
    log.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["message"] == message)
        .collect()
}

#[test]
fn each_function_takes_a_request_with_the_name_of_its_caller() {
    let world = World::of(1);
    let function = world.function(&[]);
    let named = |request| json!({"caller": MACHINE, "request": request});
    let certificates = json!([{"serial_number": "01"}]);
    type Give = fn(&Function, &Value) -> Result<Value, FunctionError>;
    let events: [(Value, Give); 3] = [
        (named(request(json!({}))), |function, event| {
            give::<Describe>(function, event.to_string())
        }),
        (
            named(request(
                json!({"certificates": certificates, "dry_run": true}),
            )),
            inactivate,
        ),
        (
            named(request(json!({"certificates": certificates}))),
            |function, event| give::<Status>(function, event.to_string()),
        ),
    ];
    for (event, give) in events {
        let lines = lines_of("event", || {
            give(&function, &event).unwrap();
        });
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!(
            (&line["caller"], &line["caller_verified"], &line["trigger"]),
            (&json!(NAMED), &json!(false), &json!("direct")),
            "{line}"
        );
    }
}

#[test]
fn a_name_that_is_none_and_a_member_beside_it_are_refused() {
    let function = World::of(0).function(&[]);
    let long = "字".repeat(257);
    for (event, field) in [
        (json!({"caller": "", "request": {}}), "caller"),
        (json!({"caller": long, "request": {}}), "caller"),
        (json!({"caller": "a\nb", "request": {}}), "caller"),
        (json!({"caller": 7, "request": {}}), "caller"),
        (json!({"caller": ["a"], "request": {}}), "caller"),
        (json!({"request": {}}), "caller"),
        (json!({"caller": "a"}), "request"),
        (
            json!({"caller": "a", "request": {}, "dry_run": true}),
            "dry_run",
        ),
        (json!({"caller": "a", "request": []}), "body"),
        (json!({"caller": "a", "request": {"caller": "b"}}), "caller"),
        // An order inside is none: it is signed by itself.
        (
            json!({"caller": "a", "request": {"order": {}, "request": {}, "mac": ""}}),
            "mac",
        ),
    ] {
        let error = give::<Describe>(&function, event.to_string()).unwrap_err();
        assert_eq!(field_of(&error), field, "{event}");
    }
    let longest = json!({"caller": "字".repeat(256), "request": {"limit": 0}});
    let error = give::<Describe>(&function, longest.to_string()).unwrap_err();
    assert_eq!(field_of(&error), "limit");
}

#[test]
fn the_audit_of_a_signed_order_names_the_caller_that_has_planned_it() {
    let world = World::of(1);
    let function = world.function(&[]);
    let order = planned(&function, json!({}));
    let mut other = order.clone();
    other["order"]["caller"] = json!("somebody else");
    let lines = lines_of("event", || {
        inactivate(&function, &other).unwrap_err();
    });
    assert_eq!(lines[0]["caller"], "unverified direct invocation");
    let log = written("info", true, || {
        inactivate(&function, &order).unwrap();
    });
    let callers: Vec<(String, String)> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| !line["caller"].is_null())
        .map(|line| (line["message"].to_string(), line["caller"].to_string()))
        .collect();
    assert_eq!(callers.len(), 3, "{log}");
    assert!(callers.iter().all(|(_, caller)| caller.contains(NAMED)));
    assert!(!log.contains(order["mac"].as_str().unwrap()), "{log}");
}

#[test]
fn only_inactivate_takes_a_signed_order_and_only_by_direct_invocation() {
    let world = World::of(1);
    let function = world.function(&[]);
    let order = planned(&function, json!({}));
    for result in [
        give::<Describe>(&function, order.to_string()),
        give::<Status>(&function, order.to_string()),
    ] {
        assert_eq!(result.unwrap_err().0.code.as_str(), "invalid_request");
    }
    let text = order.to_string();
    let queued = inactivate(&function, &queue_batch([("1", text.as_str())]));
    assert_eq!(ids(&queued.unwrap()), ["1"]);
    for event in [topic(&[&text]), bus(&text)] {
        let answer = inactivate(&function, &event);
        let refused = answer.map_or_else(|error| json!(error.0), |answer| answer[0].clone());
        assert_eq!(refused["code"], "invalid_request", "{refused}");
    }
    let [(_, over_http), ..] = http::http("POST", "", json!(text), false);
    let answer = inactivate(&function, &over_http).unwrap();
    assert_eq!(http::problem(&answer)["code"], "invalid_request");
    assert_eq!(world.in_use(), 1);
}

#[test]
fn a_signed_order_is_carried_out_once_and_its_repeat_has_the_same_answer() {
    let world = World::of(3);
    let function = world.function(&[TABLE]);
    let order = planned(&function, json!({}));
    assert!(world.items.all().is_empty());
    // A dry run has no key.
    let mut dry_run = order.clone();
    dry_run["dry_run"] = json!(true);
    let dry_run = inactivate(&function, &dry_run).unwrap();
    assert_eq!(
        (&dry_run["summary"]["would_inactivate"], world.in_use()),
        (&json!(3), 3)
    );
    assert!(world.items.all().is_empty());

    let first = inactivate(&function, &order).unwrap();
    assert_eq!(
        (&first["summary"]["inactivated"], world.in_use()),
        (&json!(3), 0)
    );
    // Somebody reactivates the devices. A repeat is no new order, however its JSON is written.
    world.switch_on();
    let spaced = serde_json::to_string_pretty(&order).unwrap();
    let mut repeat = None;
    let lines = lines_of("a repeat has the answer of the first request", || {
        repeat = give::<Inactivate>(&function, spaced).ok();
    });
    assert_eq!(repeat, Some(first));
    assert_eq!((lines.len(), world.in_use()), (1, 3));
    assert_eq!(lines[0]["caller"], NAMED);
    // The answer is kept for longer than the order holds.
    let kept = world.items.all()[0]["expires_at"]["N"]
        .as_str()
        .unwrap()
        .to_owned();
    let days = (kept.parse::<i64>().unwrap() - now().epoch_seconds()) / 86_400;
    assert!((20..=21).contains(&days), "{days}");
    world.items.change("expires_at", -14 * 86_400);
    inactivate(&function, &order).unwrap();
    assert_eq!(world.in_use(), 3);
    // Another order of the same page is an order of its own.
    let mut other = Value::Null;
    let second = world.function(&[TABLE]);
    give_as(&second, "invocation-2", &page(json!({})), |answer| {
        other = answer["page"]["order"].clone();
    });
    inactivate(&function, &other).unwrap();
    assert_eq!((world.in_use(), world.items.all().len()), (0, 2));
}

/// Gives an event under the id of another invocation.
fn give_as(function: &Function, id: &str, event: &Value, look: impl FnOnce(&Value)) {
    let mut context = Context::default();
    context.request_id = id.to_owned();
    context.deadline = u64::MAX / 2;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let event = event.to_string();
    let answer = runtime.block_on(handle::<Inactivate>(function, event.as_bytes(), &context));
    look(&serde_json::from_str(answer.unwrap().get()).unwrap());
}

#[test]
fn while_the_first_one_runs_a_repeat_is_told_to_come_again() {
    let world = World::of(1);
    let function = world.function(&[TABLE]);
    let order = planned(&function, json!({}));
    inactivate(&function, &order).unwrap();
    world.items.forget_answers();
    let error = inactivate(&function, &order).unwrap_err().0;
    assert_eq!(
        (error.code.as_str(), error.code.retryable()),
        ("conflict", true)
    );
    // After the time of the first one, the order is carried out again, and finds nothing to do.
    world.items.change("claimed_until", -3_600_000);
    let answer = inactivate(&function, &order).unwrap();
    assert_eq!(answer["summary"]["already_inactive"], 1);
}

#[test]
fn an_error_frees_the_key_and_without_a_table_an_order_is_carried_out_all_the_same() {
    let world = World::of(2);
    let function = world.function(&[TABLE]);
    let order = planned(&function, json!({}));
    world
        .clouds
        .troubles
        .borrow_mut()
        .insert(TencentMqtt, Trouble::Busy);
    let error = inactivate(&function, &order).unwrap_err().0;
    assert!(
        error.code.retryable() && world.items.all().is_empty(),
        "{error}"
    );
    world.clouds.troubles.borrow_mut().clear();
    let answer = inactivate(&world.function(&[]), &order).unwrap();
    assert_eq!(answer["summary"]["inactivated"], 2);
    assert!(world.items.all().is_empty());
}

#[test]
fn the_answer_to_a_part_is_kept_and_the_next_one_has_a_key_of_its_own() {
    let world = World::of(3);
    let function = world.function(&[TABLE]);
    let order = planned(&function, json!({}));
    world.refusals.borrow_mut().extend(["0001", "0002"]);
    let first = inactivate(&function, &order).unwrap();
    assert_eq!(
        (&first["last"], &first["summary"]["inactivated"]),
        (&json!(false), &json!(1))
    );
    world.refusals.borrow_mut().clear();
    assert_eq!(inactivate(&function, &order).unwrap(), first);
    assert_eq!(world.in_use(), 2);
    let last = inactivate(&function, &first["next_order"]).unwrap();
    assert_eq!((&last["part"], &last["last"]), (&json!(2), &json!(true)));
    assert_eq!(last["order_summary"]["inactivated"], 3);
    assert_eq!((world.in_use(), world.items.all().len()), (0, 2));
}

#[test]
fn an_answer_that_has_done_nothing_frees_the_key_and_one_with_a_receipt_is_kept() {
    let world = World::of(1);
    world.clouds.devices.borrow_mut()[0].client_id = Some("truck-1");
    let function = world.function(&[TABLE]);
    let order = planned(&function, json!({"end_sessions": true}));
    // No client of this cloud can be looked up. The certificate is off, and its session is not.
    let first = inactivate(&function, &order).unwrap();
    let result = &first["results"][0];
    assert_eq!(
        (&result["outcome"], &result["error"]["retryable"]),
        (&json!("inactivated"), &json!(true)),
        "{result}"
    );
    assert!(result["receipt"].is_string() && first["next_order"].is_object());
    assert_eq!(inactivate(&function, &order).unwrap(), first);
    let second = inactivate(&function, &first["next_order"]).unwrap();
    assert_eq!(second["results"][0]["outcome"], "already_inactive");
    assert_eq!(
        (&second["last"], &second["next_order"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(world.items.all().len(), 1);
}
