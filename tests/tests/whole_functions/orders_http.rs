//! Orders over HTTP that one answer cannot hold, or that nobody wants to wait for; and a
//! certificate that is named twice.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Simulator, Vendor};
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::queue::SendFailure;
use whole_function_tests::{Deadline, EventSource, HttpAnswer, Invocation, Runtime};

use crate::cells::{BROKERS, alibaba_serial, request};
use crate::every_cell_inactivate::own_reference;
use crate::orders::{LIMIT, RUN, SLOWLY, Stage, audited};
use crate::setup::{at_once, function, invoke_within, simulator};

const VISIBILITY: Duration = Duration::from_secs(30);

const TRIGGER: HttpTrigger = HttpTrigger::HttpApi;
const PERSON: &str = "person-7";

/// The event of this body, sent by [`PERSON`], who would rather have it carried out later or not.
fn event(body: &Value, later: bool) -> Value {
    let request = HttpRequest::post("/inactivate", body);
    let request = if later {
        request.header("prefer", "respond-async, wait=5")
    } else {
        request
    };
    let mut event = request.event(TRIGGER);
    event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": { "sub": PERSON } } });
    event
}

/// The answer to this body, which the client would rather have carried out later or not.
async fn posted(function: &mut Runtime, body: &Value, later: bool) -> HttpAnswer {
    HttpAnswer::read(
        TRIGGER,
        &invoke_within(function, RUN, event(body, later)).await,
    )
}

#[tokio::test]
async fn the_remainder_of_an_answer_is_sent_again_until_nothing_is_left() {
    at_once(BROKERS, |vendor| async move {
        let stage = Stage::new(vendor, 14, VISIBILITY).await;
        let mut function = stage.function(&SLOWLY).await;
        let mut body = stage.order();
        let mut events = Vec::new();
        while body.is_object() {
            assert!(events.len() < 10, "{vendor:?}: there is no end");
            let answer = posted(&mut function, &body, false).await;
            assert_eq!(answer.status, 200, "{vendor:?}: {}", answer.json());
            let mut answer = answer.json();
            assert_eq!(
                (&answer["part"], &answer["last"]),
                (&json!(1), &json!(answer["rest"].is_null())),
                "{vendor:?}: {answer}"
            );
            assert_eq!(
                answer["order_summary"].is_null(),
                answer["rest"].is_object(),
                "{vendor:?}: {answer}"
            );
            body = answer["rest"].take();
            if body.is_object() {
                let left = answer["results"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|result| result["outcome"] == "not_attempted")
                    .count();
                assert_eq!(
                    body["certificates"].as_array().unwrap().len(),
                    left,
                    "{vendor:?}: {body}"
                );
                assert_eq!(body["reason"], "stolen", "{vendor:?}: {body}");
            }
            events.push(json!({ "data": answer }));
        }
        assert!(events.len() > 1, "{vendor:?}: one run was enough");
        assert!(
            stage.all_are_off() && stage.writes().iter().all(|count| *count == 1),
            "{vendor:?}: {:?}",
            stage.writes()
        );
        assert!(
            stage
                .settled(&events)
                .iter()
                .all(|outcomes| outcomes == &["inactivated"]),
            "{vendor:?}: {:?}",
            stage.settled(&events)
        );
        assert_eq!(
            (stage.orders.send_calls(), stage.results.send_calls()),
            (0, 0),
            "the answers name every certificate"
        );
    })
    .await;
}

#[tokio::test]
async fn an_order_that_is_to_be_carried_out_later_is_accepted_at_once_and_done_from_the_queue() {
    at_once(BROKERS, |vendor| async move {
        let stage = Stage::new(vendor, 10, VISIBILITY).await;
        let mut function = stage.function(&SLOWLY).await;
        let invocation = Invocation {
            deadline: Deadline::In(RUN),
            ..Invocation::new(event(&stage.order(), true))
        };
        let order_id = invocation.request_id.clone();
        let answer = HttpAnswer::read(TRIGGER, &function.invoke_with(invocation).await);
        assert_eq!(
            (answer.status, answer.json()),
            (202, json!({ "order_id": order_id })),
            "{vendor:?}"
        );
        assert_eq!(
            answer.headers["preference-applied"], "respond-async",
            "{vendor:?}"
        );
        assert_eq!(
            (stage.simulator.calls().len(), stage.orders.len()),
            (0, 1),
            "{vendor:?}"
        );

        assert!(
            stage
                .deliver(&mut function, "AROAOWN:inactivate", Duration::ZERO)
                .await,
            "{vendor:?}"
        );
        let tally = EventSource::start(stage.mapping(&SLOWLY))
            .await
            .run(LIMIT)
            .await;
        assert!(
            tally.emptied && tally.failed_deliveries == 0,
            "{vendor:?}: {tally:?}"
        );
        assert!(
            stage.all_are_off() && stage.writes().iter().all(|count| *count == 1),
            "{vendor:?}: {:?}",
            stage.writes()
        );
        let events = stage.events();
        assert_eq!(events[0]["id"], order_id.as_str(), "{vendor:?}");
        assert!(
            events
                .iter()
                .all(|event| event["data"]["order_id"] == order_id.as_str()),
            "{vendor:?}: {events:?}"
        );
        let settled = stage.settled(&events);
        assert!(
            settled.iter().all(|outcomes| outcomes == &["inactivated"]),
            "{vendor:?}: {settled:?}"
        );
        let lines = audited(&function);
        assert!(!lines.is_empty(), "{vendor:?}");
        for line in lines {
            assert_eq!(
                (&line["order_id"], &line["caller"]),
                (&json!(order_id), &json!(PERSON)),
                "{vendor:?}: {line}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_order_that_cannot_be_carried_out_later_is_refused_at_once_and_nothing_is_done() {
    const ORDERS: &str = "ORDERS_QUEUE_URL";
    const ALLOWED: &str = "INACTIVATE_ALLOWED_INSTANCES";
    let cases = [
        (Some((ORDERS, "")), None, 422, "unsupported", "prefer"),
        (
            Some((ALLOWED, "post-cn-other")),
            None,
            403,
            "forbidden",
            "instance_id",
        ),
        (
            Some((ORDERS, "http://127.0.0.1:1/123456789012/orders")),
            None,
            503,
            "provider_unavailable",
            "",
        ),
        (
            None,
            Some(SendFailure::InternalError),
            503,
            "provider_unavailable",
            "",
        ),
        (
            None,
            Some(SendFailure::AccessDenied),
            503,
            "provider_unavailable",
            "",
        ),
    ];
    at_once(cases, |(own, failure, status, code, field)| async move {
        let stage = Stage::new(Vendor::AlibabaMqtt, 2, VISIBILITY).await;
        if let Some(failure) = failure {
            stage.orders.fail_sends(100, failure);
        }
        let mut function = stage.function(&own.into_iter().collect::<Vec<_>>()).await;
        let answer = posted(&mut function, &stage.order(), true).await;
        let problem = answer.json();
        assert_eq!(
            (answer.status, problem["code"].as_str()),
            (status, Some(code)),
            "{own:?} {failure:?}: {problem}"
        );
        assert_eq!(
            problem["field"].as_str().unwrap_or_default(),
            field,
            "{problem}"
        );
        assert!(
            !answer.headers.contains_key("preference-applied"),
            "{own:?} {failure:?}"
        );
        assert_eq!(
            (
                stage.simulator.calls().len(),
                stage.orders.len(),
                stage.results.len()
            ),
            (0, 0, 0),
            "{own:?} {failure:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_order_that_is_late_or_names_nothing_usable_is_not_accepted_for_later() {
    let stage = Stage::new(Vendor::AlibabaMqtt, 1, VISIBILITY).await;
    let mut function = stage.function(&[]).await;
    let mut late = stage.order();
    late["not_after"] = json!("2026-01-01T00:00:00Z");
    let mut unusable = stage.order();
    unusable["certificates"][0]
        .as_object_mut()
        .unwrap()
        .remove("ca_serial_number");
    for (body, status) in [
        (late, 403),
        (unusable, 400),
        (json!({ "certificates": [] }), 400),
    ] {
        let answer = posted(&mut function, &body, true).await;
        assert_eq!(answer.status, status, "{}", answer.json());
    }
    assert!(stage.orders.is_empty() && stage.simulator.calls().is_empty());
}

#[tokio::test]
async fn functions_that_only_read_ignore_the_preference() {
    let simulator: Simulator = simulator(crate::setup::full(1)).await;
    for (name, body) in [
        (
            "describe",
            json!({ "instance_id": crate::setup::TENCENT_INSTANCE }),
        ),
        (
            "status",
            json!({ "certificates": [{ "serial_number": "50000000000000000000000000000000" }] }),
        ),
    ] {
        let mut function = function(name, &simulator).await;
        let request =
            HttpRequest::post(&format!("/{name}"), body).header("prefer", "respond-async");
        let answer = HttpAnswer::read(TRIGGER, &function.invoke(request.event(TRIGGER)).await);
        assert_eq!(
            (answer.status, &answer.json()["operation"]),
            (200, &json!(name)),
            "{}",
            answer.json()
        );
        assert!(!answer.headers.contains_key("preference-applied"), "{name}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_named_twice_in_two_spellings_is_inactivated_once() {
    at_once(BROKERS, |vendor| async move {
        let stage = Stage::new(vendor, 3, VISIBILITY).await;
        let own = own_reference(vendor, &stage.issued[1]);
        let mut other = own.clone();
        let serial = &stage.issued[1].serial;
        let pairs: Vec<&str> = (0..serial.len() / 2)
            .map(|index| &serial[2 * index..2 * index + 2])
            .collect();
        match vendor {
            Vendor::TencentMqtt => other["serial_number"] = json!(pairs.join(":")),
            Vendor::AlibabaMqtt => {
                other["serial_number"] = json!(alibaba_serial(&stage.issued[1]).to_lowercase())
            }
            _ => {
                other["fingerprint_sha256"] =
                    json!(stage.issued[1].fingerprint_sha256.to_uppercase())
            }
        }
        assert_ne!(own, other, "{vendor:?}");
        for (names, number) in [([&own, &other], 1), ([&other, &own], 1)] {
            stage.simulator.reset();
            let first = own_reference(vendor, &stage.issued[0]);
            let order = request(
                vendor,
                &json!({ "certificates": [names[0], first, names[1]] }),
            );
            let answer = stage.function(&[]).await.invoke(order).await.json();
            let mut outcomes =
                [1, 0, 2].map(|place| answer["results"][place]["outcome"].as_str().unwrap());
            // The name whose read is answered first is the one that switches the device off.
            outcomes[1..].sort_unstable();
            assert_eq!(
                outcomes,
                ["inactivated", "already_inactive", "inactivated"],
                "{vendor:?}: {answer}"
            );
            assert_eq!(stage.writes(), [1, 1, 0], "{vendor:?}");
            assert!(
                stage.is_off(number) && stage.is_off(0) && !stage.is_off(2),
                "{vendor:?}"
            );
        }
    })
    .await;
}
