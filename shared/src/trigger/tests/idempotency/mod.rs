//! Requests with an idempotency key, and webhooks, over one network of a vendor, of the table and
//! of a queue.

mod handed_over;
mod world;

use self::world::{
    ORDER, OTHER, QueueState, TABLE, World, failure, inactivate, is_replayed, of_caller, status,
    with_key,
};
use super::http::{http, problem};
use super::webhooks::{signed, with_headers};
use super::*;
use crate::testing::network::header;

const NO_QUEUE: (&str, &str) = ("ORDERS_QUEUE_URL", "");

/// Sends an order that is carried out, and then its repeat, which has to get the same answer
/// without a call.
fn check_first_and_repeat(world: &World, function: &Function, first: &Value, repeat: &Value) {
    let first = inactivate(function, first);
    assert_eq!(problem(&first)["summary"]["inactivated"], 1, "{first}");
    assert!(!is_replayed(&first), "{first}");
    let calls = world.take_calls();
    let writes = calls
        .iter()
        .filter(|call| *call == "InactivateDeviceCertificate");
    assert_eq!(writes.count(), 1, "{calls:?}");
    let second = inactivate(function, repeat);
    assert_eq!(
        (status(&second), is_replayed(&second)),
        (200, true),
        "{second}"
    );
    assert_eq!(second["body"], first["body"]);
    assert_eq!(second["headers"]["content-type"], "application/json");
    assert_eq!(world.take_calls(), [""; 0]);
}

#[test]
fn an_order_with_a_key_is_carried_out_once() {
    let world = World::default();
    let function = world.function();
    check_first_and_repeat(&world, &function, &with_key("key-1"), &with_key("key-1"));
    let answer = problem(&inactivate(&function, &with_key("key-1")));
    assert_eq!(answer["order_id"], "key-1");
    let other = of_caller("arn:a", OTHER, &[("idempotency-key", "key-1")]);
    assert_eq!(
        failure(&inactivate(&function, &other)),
        (422, "idempotency_mismatch".to_owned(), false)
    );
    assert_eq!(world.take_calls(), [""; 0]);
}

#[test]
fn a_repeat_gets_its_answer_through_every_gateway() {
    for (form, event) in http("POST", "", json!(ORDER), false) {
        let world = World::default();
        let function = world.function();
        let event = with_headers(event, &signed(ORDER.as_bytes(), 0));
        inactivate(&function, &event);
        let repeat = inactivate(&function, &event);
        let values = ["headers", "multiValueHeaders"]
            .map(|member| repeat[member]["idempotency-replayed"].to_string());
        let is_told = values.iter().any(|value| value.contains("true"));
        assert!(is_told, "{form} {repeat}");
    }
}

#[test]
fn the_key_of_another_caller_is_another_key() {
    let world = World::default();
    let function = world.function();
    let key = [("idempotency-key", "key-1")];
    for caller in ["arn:a", "arn:b", "webhooks"] {
        let answer = inactivate(&function, &of_caller(caller, ORDER, &key));
        assert!(!is_replayed(&answer), "{caller} {answer}");
        assert!(!world.take_calls().is_empty(), "{caller}");
    }
    assert_eq!(world.items.all().len(), 3);
}

#[test]
fn a_repeat_that_comes_too_early_is_refused_for_now() {
    let world = World::default();
    let function = world.function();
    inactivate(&function, &with_key("key-1"));
    world.items.forget_answers();
    world.take_calls();
    let too_early = inactivate(&function, &with_key("key-1"));
    assert_eq!(failure(&too_early), (409, "conflict".to_owned(), true));
    let seconds = too_early["headers"]["retry-after"].as_str().unwrap();
    assert!((1..=20).contains(&seconds.parse().unwrap()), "{seconds}");
    assert_eq!(world.take_calls(), [""; 0]);
    // Lambda ends the first one after at most so long.
    world.items.change("claimed_until", -21_000);
    let taken_over = inactivate(&function, &with_key("key-1"));
    assert_eq!(problem(&taken_over)["summary"]["already_inactive"], 1);
}

#[test]
fn an_error_that_a_repeat_may_mend_frees_the_key() {
    let world = World::default();
    let function = world.function();
    let headers = [("idempotency-key", "key-1"), ("prefer", "respond-async")];
    let event = of_caller("arn:a", ORDER, &headers);
    world.queue.set(QueueState::Fails);
    assert_eq!(status(&inactivate(&function, &event)), 503);
    assert!(world.items.all().is_empty());
    world.queue.set(QueueState::Takes);
    let answer = inactivate(&function, &event);
    assert_eq!((status(&answer), is_replayed(&answer)), (202, false));
}

/// A network whose queue never answers.
struct Silent(Network);

impl SendHttp for Silent {
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> LocalFuture<'_, Result<HttpResponse, SendError>> {
        if header(&request, "x-amz-target") == Some("AmazonSQS.SendMessageBatch") {
            return Box::pin(async move {
                tokio::time::sleep(timeout).await;
                Err(SendError::TimedOut)
            });
        }
        self.0.send(request, timeout)
    }
}

#[test]
fn a_queue_that_takes_all_the_time_leaves_enough_to_free_the_key() {
    let world = World::default();
    let function = world.function();
    let answering = world.clone();
    let network = Network::new(move |request| answering.answer(request));
    let function = Function {
        transport: Transport {
            http: Box::new(Silent(network)),
            ..function.transport
        },
        ..function
    };
    let headers = [("idempotency-key", "key-1"), ("prefer", "respond-async")];
    let answer = inactivate(&function, &of_caller("arn:a", ORDER, &headers));
    assert!(failure(&answer).2, "{answer}");
    assert!(world.items.all().is_empty());
}

#[test]
fn another_error_is_the_answer_to_its_repeats() {
    let world = World::default();
    let function = world.function();
    let forbidden = ORDER.replace("post-cn-1", "post-cn-2");
    let event = of_caller("arn:a", &forbidden, &[("idempotency-key", "key-1")]);
    let first = inactivate(&function, &event);
    let second = inactivate(&function, &event);
    assert_eq!((status(&first), is_replayed(&first)), (403, false));
    assert_eq!((status(&second), is_replayed(&second)), (403, true));
    assert_eq!(first["body"], second["body"]);
    assert_eq!(
        second["headers"]["content-type"],
        "application/problem+json"
    );
}

#[test]
fn an_order_is_put_into_the_queue_once() {
    let world = World::default();
    let function = world.function();
    let headers = [("idempotency-key", "key-1"), ("prefer", "respond-async")];
    let event = of_caller("arn:a", ORDER, &headers);
    let first = inactivate(&function, &event);
    assert_eq!(world.take_calls(), ["AmazonSQS.SendMessageBatch"]);
    let second = inactivate(&function, &event);
    assert_eq!((status(&second), is_replayed(&second)), (202, true));
    assert_eq!(second["body"], first["body"]);
    assert_eq!(second["headers"]["preference-applied"], "respond-async");
    assert_eq!(world.take_calls(), [""; 0]);
}

#[test]
fn the_repeats_of_a_webhook_get_the_answer_of_the_first() {
    let world = World::default();
    let function = world.function_with(&[TABLE, NO_QUEUE]);
    let webhook = |seconds| {
        let [(_, event), ..] = http("POST", "", json!(ORDER), false);
        with_headers(event, &signed(ORDER.as_bytes(), seconds))
    };
    // A sender signs each repeat anew, with its own time.
    check_first_and_repeat(&world, &function, &webhook(-200), &webhook(0));
    let [(_, event), ..] = http("POST", "", json!(OTHER), false);
    let other = with_headers(event, &signed(OTHER.as_bytes(), 0));
    assert_eq!(status(&inactivate(&function, &other)), 422);
}

#[test]
fn the_id_of_a_webhook_is_its_only_key() {
    let world = World::default();
    let function = world.function();
    // It is not signed, and stands in place of no id.
    for key in ["key-1", "key-2", ""] {
        let [(_, event), ..] = http("POST", "", json!(ORDER), false);
        let mut headers = signed(ORDER.as_bytes(), 0).to_vec();
        headers.push(("idempotency-key".to_owned(), key.to_owned()));
        assert_eq!(
            status(&inactivate(&function, &with_headers(event, &headers))),
            202
        );
    }
    assert_eq!(world.items.all().len(), 1);
}

#[test]
fn without_a_table_a_webhook_is_taken_and_a_key_is_refused() {
    let world = World::default();
    let function = world.function_with(&[NO_QUEUE]);
    for expected in ["inactivated", "already_inactive"] {
        let [(_, event), ..] = http("POST", "", json!(ORDER), false);
        let event = with_headers(event, &signed(ORDER.as_bytes(), 0));
        let answer = inactivate(&function, &event);
        assert_eq!(problem(&answer)["summary"][expected], 1, "{answer}");
    }
    world.take_calls();
    let refused = inactivate(&function, &with_key("key-1"));
    assert_eq!(failure(&refused), (422, "unsupported".to_owned(), false));
    assert_eq!(problem(&refused)["field"], "idempotency-key");
    assert_eq!(world.take_calls(), [""; 0]);
}

#[test]
fn a_key_that_is_none_is_refused() {
    let world = World::default();
    let function = world.function();
    let long = "a".repeat(256);
    let values = [
        json!(""),
        json!("a b"),
        json!("a\n"),
        json!("é"),
        json!(long),
    ];
    // These cannot be read.
    let odd = [Value::Null, json!(7), json!(["\u{1}"])];
    for value in values.into_iter().chain(odd) {
        let mut event = with_key("");
        event["headers"]["Idempotency-Key"] = value.clone();
        let answer = inactivate(&function, &event);
        assert_eq!(
            (status(&answer), &problem(&answer)["field"]),
            (400, &json!("idempotency-key")),
            "{value}"
        );
    }
    let half = with_key("half")
        .to_string()
        .replace(r#""half""#, r#""\ud83d""#);
    assert_eq!(status(&give::<Inactivate>(&function, &half).unwrap()), 400);
    assert_eq!(world.take_calls(), [""; 0]);
    assert!(world.items.all().is_empty());
}

#[test]
fn without_the_table_nothing_is_carried_out() {
    let world = World::default();
    let function = world.function();
    world.table_is_away.set(true);
    let [(_, event), ..] = http("POST", "", json!(ORDER), false);
    let webhook = with_headers(event, &signed(ORDER.as_bytes(), 0));
    for event in [with_key("key-1"), webhook] {
        let answer = inactivate(&function, &event);
        assert_eq!(
            failure(&answer),
            (503, "provider_unavailable".to_owned(), true)
        );
    }
    assert_eq!(world.take_calls(), [""; 0]);
    world.table_is_away.set(false);
    assert_eq!(status(&inactivate(&function, &with_key("key-1"))), 200);
}

#[test]
fn an_order_is_answered_when_the_table_goes_away_after_the_claim() {
    let world = World::default();
    let function = world.function();
    let lost = world.clone();
    let network = Network::new(move |request| {
        let answer = lost.answer(request);
        lost.table_is_away.set(true);
        answer
    });
    let function = Function {
        transport: Transport {
            http: Box::new(network),
            ..function.transport
        },
        ..function
    };
    let first = inactivate(&function, &with_key("key-1"));
    assert_eq!(problem(&first)["summary"]["inactivated"], 1);
    let item = world.items.all().remove(0);
    assert!(!item.contains_key("body"));
}

#[test]
fn reads_need_no_key() {
    let world = World::default();
    let function = world.function();
    let [(_, mut event), ..] = http("POST", "", json!(ORDER), false);
    event["requestContext"]["authorizer"] = json!({"iam": {"userArn": "arn:a"}});
    for key in ["key-1", "key-1", "no key"] {
        let headers = [("idempotency-key".to_owned(), key.to_owned())];
        let event = with_headers(event.clone(), &headers);
        let answer = give::<Status>(&function, &event.to_string()).unwrap();
        assert_eq!(
            (status(&answer), is_replayed(&answer)),
            (200, false),
            "{answer}"
        );
    }
    let [(_, mut event), ..] = http("GET", "limit=0", Value::Null, false);
    event["requestContext"]["authorizer"] = json!({"iam": {"userArn": "arn:a"}});
    let headers = [("idempotency-key".to_owned(), "no key".to_owned())];
    let answer = give::<Describe>(&function, &with_headers(event, &headers).to_string()).unwrap();
    assert_eq!(problem(&answer)["field"], "limit");
    assert!(world.items.all().is_empty());
}
