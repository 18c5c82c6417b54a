//! Orders of webhooks, which are deferred to the function's queue.

use super::*;

const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
/// A function that anybody can call has no key of a cloud.
const KEYLESS: [(&str, &str); 2] = [
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
];
const RESULTS: (&str, &str) = (
    "RESULTS_QUEUE_URL",
    "https://sqs.eu-west-1.amazonaws.com/123456789012/results",
);

fn webhook(body: &str, more: &[(&str, &str)]) -> Value {
    let [(_, event), ..] = http("POST", "", json!(body), false);
    let more = more
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let headers: Vec<_> = signed(body.as_bytes(), 0).into_iter().chain(more).collect();
    with_headers(event, &headers)
}

fn intake(world: &World) -> Function {
    let [id, secret] = KEYLESS;
    world.function_with(&[TABLE, id, secret])
}

/// Delivers the messages of the function's queue one after another, each for the first time, to a
/// function with a key. Returns the results: the id of the event, and its outcome.
fn carry_out(world: &World) -> Vec<(String, String)> {
    let function = world.function_with(&[RESULTS]);
    for message in world.take_messages("orders") {
        let batch = queue_batch([("m", message.as_str())]);
        assert_eq!(ids(&inactivate(&function, &batch)), [""; 0]);
    }
    let result = |event: Value| {
        let text = |pointer| event.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        (text("/id"), text("/data/results/0/outcome"))
    };
    events(world).into_iter().map(result).collect()
}

/// The events in the results queue since the last look.
fn events(world: &World) -> Vec<Value> {
    let messages = world.take_messages("results");
    let event = |message: &String| serde_json::from_str(message).unwrap();
    messages.iter().map(event).collect()
}

fn writes(world: &World) -> usize {
    let calls = world.take_calls();
    let is_write = |call: &&String| *call == "InactivateDeviceCertificate";
    calls.iter().filter(is_write).count()
}

#[test]
fn a_webhook_is_put_into_the_queue_and_carried_out_from_there() {
    let world = World::default();
    let function = intake(&world);
    let answer = inactivate(&function, &webhook(ORDER, &[]));
    assert_eq!(
        (status(&answer), problem(&answer)),
        (202, json!({ "order_id": ID }))
    );
    let headers = &answer["headers"];
    assert_eq!(headers["webhook-id"], ID);
    assert!(headers.get("preference-applied").is_none(), "{headers}");
    assert_eq!(world.take_calls(), ["AmazonSQS.SendMessageBatch"]);
    let message = world.messages.borrow()[0].1.clone();
    assert!(message.contains(&format!("webhook {ID}")), "{message}");
    let expected = (ID.to_owned(), "inactivated".to_owned());
    assert_eq!(carry_out(&world), [expected]);
    assert_eq!(writes(&world), 1);
}

fn later(caller: &str, order: &str) -> Value {
    let headers = [("idempotency-key", "key-1"), ("prefer", "respond-async")];
    of_caller(caller, order, &headers)
}

#[test]
fn an_order_with_a_key_has_its_id_and_results_of_its_own() {
    let world = World::default();
    let function = world.function();
    for caller in ["arn:a", "arn:b"] {
        let answer = inactivate(&function, &later(caller, ORDER));
        let expected = (202, json!({ "order_id": "key-1" }));
        assert_eq!((status(&answer), problem(&answer)), expected, "{caller}");
    }
    let batch: Vec<(&str, String)> = ["m-1", "m-2"]
        .into_iter()
        .zip(world.take_messages("orders"))
        .collect();
    let function = world.function_with(&[TABLE, RESULTS]);
    for (id, message) in &batch {
        let batch = queue_batch([(*id, message.as_str())]);
        assert_eq!(ids(&inactivate(&function, &batch)), [""; 0]);
    }
    let events = events(&world);
    assert_eq!(events.len(), 2);
    for event in &events {
        assert_eq!(event["data"]["order_id"], "key-1", "{event}");
        // Each invocation of these tests has the same id.
        assert_eq!(event["id"], "invocation-1", "{event}");
    }
}

#[test]
fn the_error_of_an_order_has_its_id() {
    let elsewhere = json!({"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-2", "select": {"serial_numbers": ["0a"]}});
    let order = json!({"id": "key-1", "event_id": "id-1", "part": 1, "caller": "arn:a", "expires_at": null, "earlier_results": {}});
    let deferred = json!({"order": order, "request": elsewhere});
    let world = World::default();
    let function = world.function_with(&[TABLE, RESULTS]);
    for (message, event_id, order_id) in [(elsewhere, "m-1", "m-1"), (deferred, "id-1", "key-1")] {
        let message = message.to_string();
        let batch = queue_batch([("m-1", message.as_str())]);
        assert_eq!(ids(&inactivate(&function, &batch)), [""; 0]);
        let events = events(&world);
        let data = &events[0]["data"];
        assert_eq!(
            (&events[0]["id"], &data["order_id"], &data["code"]),
            (&json!(event_id), &json!(order_id), &json!("forbidden"))
        );
    }
}

#[test]
fn only_a_preference_that_was_stated_is_applied() {
    let world = World::default();
    let preferring = webhook(ORDER, &[("prefer", "respond-async")]);
    let answer = inactivate(&intake(&world), &preferring);
    assert_eq!(answer["headers"]["preference-applied"], "respond-async");
    let without_queue = world.function_with(&[TABLE, NO_QUEUE]);
    let refused = inactivate(
        &without_queue,
        &webhook(OTHER, &[("prefer", "respond-async")]),
    );
    assert_eq!(status(&refused), 422);
}

#[test]
fn an_order_that_may_not_be_carried_out_is_not_put_into_the_queue() {
    let world = World::default();
    let forbidden = ORDER.replace("post-cn-1", "post-cn-2");
    let answer = inactivate(&intake(&world), &webhook(&forbidden, &[]));
    assert_eq!(failure(&answer), (403, "forbidden".to_owned(), false));
    assert_eq!(world.take_calls(), [""; 0]);
}

#[test]
fn an_order_in_the_queue_may_wait_as_long_as_any_message() {
    let world = World::default();
    let received = now().epoch_milliseconds() - 14 * 60 * 1000;
    let mut event = webhook(ORDER, &[]);
    event["requestContext"]["timeEpoch"] = json!(received);
    assert_eq!(status(&inactivate(&intake(&world), &event)), 202);
    let message: Value = serde_json::from_str(&world.messages.borrow()[0].1).unwrap();
    let text = message.to_string();
    let expires_at = message["order"]["expires_at"].as_str();
    let expires_at = Timestamp::parse(expires_at.unwrap_or_else(|| panic!("{text}"))).unwrap();
    let left = expires_at.epoch_seconds() - now().epoch_seconds();
    assert!((86_300..=86_400).contains(&left), "{left}");
    // Before it is in the queue, it is a request like any other.
    event["requestContext"]["timeEpoch"] = json!(received - 2 * 60 * 1000);
    let late = webhook(OTHER, &[]);
    event["body"] = late["body"].clone();
    event["headers"] = late["headers"].clone();
    let world = World::default();
    assert_eq!(status(&inactivate(&intake(&world), &event)), 403);
}

#[test]
fn the_repeats_of_a_webhook_send_one_message() {
    let world = World::default();
    let function = intake(&world);
    let first = inactivate(&function, &webhook(ORDER, &[]));
    for seconds in 1..50 {
        let [(_, event), ..] = http("POST", "", json!(ORDER), false);
        let repeat = with_headers(event, &signed(ORDER.as_bytes(), seconds));
        let answer = inactivate(&function, &repeat);
        assert_eq!((status(&answer), is_replayed(&answer)), (202, true));
        assert_eq!(answer["body"], first["body"]);
    }
    assert_eq!(world.messages.borrow().len(), 1);
}

#[test]
fn a_message_that_was_perhaps_sent_is_sent_again_and_changes_nothing_twice() {
    let lost: fn(&World, &Function) = |world, function| {
        world.queue.set(QueueState::AnswersAreLost);
        let answer = inactivate(function, &webhook(ORDER, &[]));
        assert!(failure(&answer).2, "{answer}");
        assert_eq!(world.items.all().len(), 0);
        world.queue.set(QueueState::Takes);
    };
    let stopped: fn(&World, &Function) = |world, function| {
        inactivate(function, &webhook(ORDER, &[]));
        world.items.forget_answers();
        let too_early = inactivate(function, &webhook(ORDER, &[]));
        assert_eq!(failure(&too_early), (409, "conflict".to_owned(), true));
        world.items.change("claimed_until", -21_000);
    };
    for first in [lost, stopped] {
        let world = World::default();
        let function = intake(&world);
        first(&world, &function);
        let repeat = inactivate(&function, &webhook(ORDER, &[]));
        assert_eq!((status(&repeat), is_replayed(&repeat)), (202, false));
        let results = carry_out(&world);
        assert!(results.len() > 1 && results.iter().all(|(id, _)| id == ID));
        assert_eq!(results[0].1, "inactivated");
        let others = results.iter().skip(1);
        assert!(
            others
                .clone()
                .all(|(_, outcome)| outcome == "already_inactive")
        );
        assert_eq!(writes(&world), 1);
    }
}

#[test]
fn a_queue_that_refuses_an_order_does_not_use_up_its_key() {
    let world = World::default();
    let function = intake(&world);
    world.queue.set(QueueState::Refuses);
    let refused = inactivate(&function, &webhook(ORDER, &[]));
    assert_eq!(
        failure(&refused),
        (503, "provider_unavailable".to_owned(), true)
    );
    world.queue.set(QueueState::Takes);
    assert_eq!(status(&inactivate(&function, &webhook(ORDER, &[]))), 202);
}

#[test]
fn reads_are_answered_at_once() {
    let world = World::default();
    let answer = give::<Status>(&world.function(), webhook(ORDER, &[]).to_string()).unwrap();
    assert_eq!(status(&answer), 200, "{answer}");
    assert_eq!(world.messages.borrow().len(), 0);
}
