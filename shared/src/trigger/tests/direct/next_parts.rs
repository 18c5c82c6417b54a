//! The next part of a signed order, for certificates of which only the sessions are left to do.

use super::*;

/// Two devices, of which the first has a client. No client of this cloud can be looked up, and no
/// certificate shows the time of its change.
fn world() -> World {
    let world = World::of(2);
    world.clouds.devices.borrow_mut()[0].client_id = Some("truck-1");
    world
}

fn outcome_of(answer: &Value) -> (&Value, &Value) {
    let result = &answer["results"][0];
    (&result["outcome"], &result["error"]["code"])
}

#[test]
fn a_certificate_that_was_reactivated_after_the_part_before_is_left_alone() {
    for (force, was_off) in [(false, false), (true, false), (false, true)] {
        let world = world();
        let function = world.function(&[TABLE]);
        let order = planned(&function, json!({"end_sessions": true, "force": force}));
        if was_off {
            world.clouds.devices.borrow_mut()[0].take_out_of_use();
        }
        let first = inactivate(&function, &order).unwrap();
        let outcome = if was_off {
            "already_inactive"
        } else {
            "inactivated"
        };
        let retryable = json!("provider_unavailable");
        assert_eq!(outcome_of(&first), (&json!(outcome), &retryable));
        assert_eq!(world.in_use(), 0);
        let next = &first["next_order"];
        let items = &next["order"]["places"][0]["items"];
        assert_eq!(items.as_array().map(Vec::len), Some(1));
        let mut dry_run = next.clone();
        dry_run["dry_run"] = json!(true);
        world.switch_on();
        for order in [&dry_run, next] {
            let answer = inactivate(&function, order).unwrap();
            let expected = (&json!("refused"), &json!("conflict"));
            assert_eq!(outcome_of(&answer), expected, "{answer}");
        }
        assert_eq!(world.in_use(), 2);
    }
}

#[test]
fn a_certificate_that_is_still_off_has_its_sessions_ended_also_by_a_forced_order() {
    for force in [false, true] {
        let world = world();
        let function = world.function(&[TABLE]);
        let order = planned(&function, json!({"end_sessions": true, "force": force}));
        let first = inactivate(&function, &order).unwrap();
        let second = inactivate(&function, &first["next_order"]).unwrap();
        // The first part has switched it off: a second write would void the receipt of the first one.
        assert_eq!(
            second["results"][0]["outcome"], "already_inactive",
            "{second}"
        );
        assert_eq!(second["results"][0]["sessions"]["known"], true);
    }
}
