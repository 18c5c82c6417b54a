//! An order that one run cannot finish is continued through the queue: every device once, every result
//! once, one summary of the whole.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Vendor};
use whole_function_tests::{EventSource, Tally, events};

use crate::cells::{BROKERS, with};
use crate::every_cell_inactivate::read_and_write;
use crate::orders::{
    LIMIT, RUN, SLOWLY, Stage, audited, counts, counts_above_zero, total, without_repetitions,
};
use crate::setup::{at_once, invoke_within, now};

const DEVICES: u8 = 18;
const NO_AGE: Duration = Duration::ZERO;

async fn stage(vendor: Vendor) -> Stage {
    Stage::new(vendor, DEVICES, Duration::from_secs(30)).await
}

/// Every part is there once, the last one alone has the summary of all, and every device has one
/// settled result.
fn assert_complete(stage: &Stage, order_id: &str) {
    let events = stage.events();
    let parts = events.len();
    assert!(parts > 1, "one run was enough: {events:?}");
    for (index, event) in events.iter().enumerate() {
        let part = index + 1;
        let id = if part == 1 {
            order_id.to_owned()
        } else {
            format!("{order_id}.{part}")
        };
        let data = &event["data"];
        let is_last = part == parts;
        assert_eq!(
            (event["id"].as_str(), data["order_id"].as_str()),
            (Some(id.as_str()), Some(order_id)),
            "{event}"
        );
        assert_eq!(
            (&data["part"], &data["last"]),
            (&json!(part), &json!(is_last)),
            "{event}"
        );
        assert_eq!(
            (data["order_summary"].is_object(), data["rest"].is_null()),
            (is_last, true),
            "{event}"
        );
        assert_eq!(
            total(&data["summary"]),
            data["results"].as_array().unwrap().len() as u64,
            "{event}"
        );
    }
    let settled = stage.settled(&events);
    assert!(
        settled.iter().all(|outcomes| outcomes.len() == 1),
        "{settled:?}"
    );
    assert_eq!(
        counts_above_zero(&events[parts - 1]["data"]["order_summary"]),
        counts(&settled)
    );
    assert_eq!(
        total(&events[parts - 1]["data"]["order_summary"]),
        stage.issued.len() as u64
    );
}

fn assert_done(stage: &Stage, tally: &Tally) {
    assert!(tally.emptied && stage.dead.is_empty(), "{tally:?}");
    assert!(stage.all_are_off());
    assert!(
        stage.writes().iter().all(|count| *count == 1),
        "{:?}",
        stage.writes()
    );
}

#[tokio::test]
async fn an_order_of_many_runs_inactivates_each_device_once_and_no_message_is_delivered_twice() {
    at_once(BROKERS, |vendor| async move {
        let stage = stage(vendor).await;
        let order_id = stage.orders.send(stage.order().to_string());
        let tally = EventSource::start(stage.mapping(&SLOWLY))
            .await
            .run(LIMIT)
            .await;
        assert_done(&stage, &tally);
        assert_eq!(
            (
                tally.failed_deliveries,
                tally.ended_processes,
                tally.deliveries
            ),
            (0, 0, stage.results.len()),
            "{vendor:?}: {tally:?}"
        );
        assert_complete(&stage, &order_id);
        let actual = stage.settled(&stage.events()).concat();
        assert!(
            actual.iter().all(|outcome| outcome == "inactivated"),
            "{vendor:?}: {actual:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn later_parts_are_carried_out_in_the_name_of_the_caller_of_the_order() {
    let stage = stage(Vendor::AlibabaMqtt).await;
    let mut function = stage.function(&SLOWLY).await;
    let order_id = stage.orders.send(stage.order().to_string());
    assert!(
        stage
            .deliver(&mut function, "AIDAFIRST:person", NO_AGE)
            .await
    );
    let of_first_part = audited(&function).len();
    while !stage.orders.is_empty() {
        assert!(
            stage
                .deliver(&mut function, "AROAOWN:inactivate", NO_AGE)
                .await
        );
    }
    assert_complete(&stage, &order_id);
    let lines = audited(&function);
    assert!(
        (1..stage.issued.len()).contains(&of_first_part) && lines.len() >= stage.issued.len(),
        "{of_first_part} {}",
        lines.len()
    );
    for line in lines {
        let actual = (&line["order_id"], &line["caller"], &line["reason"]);
        assert_eq!(
            actual,
            (
                &json!(order_id),
                &json!("AIDAFIRST:person"),
                &json!("stolen")
            ),
            "{line}"
        );
    }
}

#[tokio::test]
async fn the_remainder_of_an_expired_order_is_refused_as_its_last_part() {
    let own_end = |stage: &Stage, end: i64| {
        let end = time::OffsetDateTime::from_unix_timestamp(end / 1000).unwrap();
        let end = end
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap();
        with(stage.order(), &json!({ "not_after": end }))
    };
    at_once([true, false], |names_its_end| async move {
        let stage = stage(Vendor::TencentMqtt).await;
        let end = now() + 4000;
        let age = Duration::from_secs(if names_its_end { 0 } else { 56 });
        let order = if names_its_end {
            own_end(&stage, end)
        } else {
            stage.order()
        };
        let own = [("INACTIVATE_MESSAGE_MAX_AGE_SECONDS", "60")]
            .into_iter()
            .chain(SLOWLY)
            .collect::<Vec<_>>();
        let mut function = stage.function(&own).await;
        let order_id = stage.orders.send(order.to_string());
        assert!(stage.deliver(&mut function, "AIDAFIRST", age).await);
        let written: usize = stage.writes().iter().sum();
        tokio::time::sleep(Duration::from_millis(
            u64::try_from(end - now()).unwrap_or_default() + 1100,
        ))
        .await;
        assert!(
            stage.deliver(&mut function, "AROAOWN", NO_AGE).await,
            "a refusal is final"
        );
        assert!(stage.orders.is_empty() && written > 0);
        assert_eq!(
            stage.writes().iter().sum::<usize>(),
            written,
            "nothing is switched off too late"
        );
        assert_complete(&stage, &order_id);
        let events = stage.events();
        let data = &events[1]["data"];
        let summary = json!({ "inactivated": written, "refused": stage.issued.len() - written });
        assert_eq!(
            json!(counts_above_zero(&data["order_summary"])),
            summary,
            "{data}"
        );
        for result in data["results"].as_array().unwrap() {
            let error = &result["error"];
            assert_eq!(
                (&result["outcome"], &error["code"], &error["field"]),
                (&json!("refused"), &json!("forbidden"), &json!("not_after"))
            );
            assert_eq!(
                (&result["status"], &result["verified"]),
                (&Value::Null, &json!(false)),
                "nothing was read: {result}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_always_fails_holds_up_no_other_and_becomes_a_dead_letter_alone() {
    let throttled_first = (Vendor::AwsIot, Fault::ThrottleFor(1));
    let cases = BROKERS
        .map(|vendor| (vendor, Fault::Internal))
        .into_iter()
        .chain([throttled_first]);
    at_once(cases, |(vendor, fault)| async move {
        let stage = Stage::new(vendor, 10, Duration::from_secs(30)).await;
        let rule = FaultRule::always(fault.clone())
            .on(read_and_write(vendor).1)
            .containing(&stage.key(0));
        stage.simulator.fail(vendor, rule);
        let order_id = stage.orders.send(stage.order().to_string());
        let tally = EventSource::start(stage.mapping(&SLOWLY))
            .await
            .run(LIMIT)
            .await;
        assert!(tally.emptied, "{vendor:?} {fault:?}: {tally:?}");
        assert_eq!(
            (
                tally.dead_letters,
                tally.failed_deliveries,
                stage.dead.len()
            ),
            (1, 3, 1),
            "{vendor:?} {fault:?}: {tally:?}"
        );
        let dead: Value = serde_json::from_str(&stage.dead.bodies()[0]).unwrap();
        assert_eq!(
            dead["request"]["certificates"],
            json!([stage.order()["certificates"][0]]),
            "{vendor:?} {fault:?}: {dead}"
        );
        assert_eq!(dead["order"]["id"], order_id.as_str());
        let off: Vec<bool> = (0..10).map(|number| stage.is_off(number)).collect();
        assert!(
            !off[0] && off[1..].iter().all(|is_off| *is_off),
            "{vendor:?} {fault:?}: {off:?}"
        );
        assert!(
            stage.writes()[1..].iter().all(|count| *count == 1),
            "{vendor:?} {fault:?}: {:?}",
            stage.writes()
        );
        // Each delivery of what is left tells of the part before again, under the same id.
        let settled = stage.settled(&without_repetitions(&stage.events()));
        assert!(
            settled[0].is_empty()
                && settled[1..]
                    .iter()
                    .all(|outcomes| outcomes == &["inactivated"]),
            "{vendor:?}: {settled:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_order_that_cannot_be_continued_is_redelivered_until_it_is_done() {
    at_once([true, false], |is_fifo| async move {
        let stage = stage(Vendor::AwsIot).await;
        let own = [(
            "ORDERS_QUEUE_URL",
            if is_fifo { stage.orders.url() } else { "" },
        )]
        .into_iter()
        .chain(SLOWLY)
        .collect::<Vec<_>>();
        let mut function = stage.function(&own).await;
        let order = stage.order().to_string();
        let mut event = if is_fifo {
            events::sqs_fifo(&[("a", order.as_str())])
        } else {
            events::sqs(&[order])
        };
        for delivery in 1..10 {
            event["Records"][0]["attributes"]["ApproximateReceiveCount"] =
                json!(delivery.to_string());
            let failures = invoke_within(&mut function, RUN, &event)
                .await
                .batch_item_failures();
            if failures.is_empty() {
                assert!(delivery > 1, "one run was enough");
                break;
            }
            assert_eq!(failures, [events::message_id(0)]);
            assert!(function.idle().await);
            assert!(
                stage.results.is_empty(),
                "only the last delivery has the outcome"
            );
        }
        assert!(stage.orders.is_empty() && stage.orders.send_calls() == 0);
        assert!(
            stage.all_are_off() && stage.writes().iter().all(|count| *count == 1),
            "{:?}",
            stage.writes()
        );
        let events = stage.events();
        assert_eq!(
            (
                events.len(),
                &events[0]["data"]["part"],
                &events[0]["data"]["last"]
            ),
            (1, &json!(1), &json!(true))
        );
        assert!(
            stage
                .settled(&events)
                .iter()
                .all(|outcomes| outcomes.len() == 1)
        );
    })
    .await;
}

#[tokio::test]
async fn an_order_of_a_topic_or_a_bus_is_continued_through_the_queue() {
    at_once([true, false], |is_topic| async move {
        let stage = stage(Vendor::AlibabaMqtt).await;
        let mut function = stage.function(&SLOWLY).await;
        let event = if is_topic {
            events::sns(&[stage.order().to_string()])
        } else {
            events::eventbridge_rule(stage.order())
        };
        let order_id = if is_topic {
            json!(events::message_id(0))
        } else {
            event["id"].clone()
        };
        let answer = invoke_within(&mut function, RUN, event).await.json();
        let answer = if is_topic { answer[0].clone() } else { answer };
        assert_eq!(
            (&answer["part"], &answer["last"], &answer["order_id"]),
            (&json!(1), &json!(false), &order_id),
            "{answer}"
        );
        assert_eq!(stage.orders.len(), 1);
        let tally = EventSource::start(stage.mapping(&SLOWLY))
            .await
            .run(LIMIT)
            .await;
        assert_done(&stage, &tally);
        assert_complete(&stage, order_id.as_str().unwrap());
    })
    .await;
}
