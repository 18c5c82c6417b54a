//! An order that continues in messages has one chain of them: after a crash, a second message for the same
//! part is dropped, and nothing is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::Vendor;
use whole_function_tests::key_table::{HoldAt, KeyTable};
use whole_function_tests::queue::{Message, SendFailure};
use whole_function_tests::{
    Deadline, EventSource, Invocation, Mapping, Redelivery, Runtime, events,
};

use crate::cells::BROKERS;
use crate::orders::{LIMIT, RUN, SLOWLY, Stage, total, without_repetitions};
use crate::setup::{at_once, invoke_within};

/// A number of devices that takes four runs.
const DEVICES: u8 = 26;

/// Lambda wants it no shorter than the time for one run.
const VISIBILITY: Duration = Duration::from_secs(7);

/// When the function is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// When the message of the second part is in the queue, before the first one is acknowledged.
    SecondPartSent,
    /// When the second part has begun and is not noted.
    BeforeTheNote,
    /// When the second part is noted, and has done nothing.
    Noted,
    /// After some of the writes of the second part.
    SecondPartWrites,
    /// When the message of the third part is in the queue, before the second one is acknowledged.
    ThirdPartSent,
}

async fn stage(vendor: Vendor) -> Stage {
    Stage::new(vendor, DEVICES, VISIBILITY).await
}

/// The variables of a slow function with this table.
fn own(table: &KeyTable) -> Vec<(&'static str, String)> {
    let slowly = SLOWLY.map(|(name, value)| (name, value.to_owned()));
    slowly.into_iter().chain(table.variables()).collect()
}

fn borrowed<'a>(own: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    own.iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

async fn function(stage: &Stage, table: &KeyTable) -> Runtime {
    stage.function(&borrowed(&own(table))).await
}

/// Number of events of each part.
fn events_of_parts(stage: &Stage) -> BTreeMap<u64, usize> {
    let mut parts = BTreeMap::new();
    for event in stage.events() {
        *parts
            .entry(event["data"]["part"].as_u64().unwrap())
            .or_default() += 1;
    }
    parts
}

/// Each device is off by one write and has a result, and one summary counts all of them.
fn assert_complete(stage: &Stage, what: &str) {
    assert!(
        stage.all_are_off() && stage.orders.is_empty() && stage.dead.is_empty(),
        "{what}"
    );
    assert!(
        stage.writes().iter().all(|count| *count == 1),
        "{what}: {:?}",
        stage.writes()
    );
    let events = without_repetitions(&stage.events());
    let settled = stage.settled(&events);
    assert!(
        settled.iter().all(|outcomes| !outcomes.is_empty()),
        "{what}: {settled:?}"
    );
    let summaries: Vec<&Value> = events
        .iter()
        .map(|event| &event["data"]["order_summary"])
        .filter(|summary| summary.is_object())
        .collect();
    assert_eq!(summaries.len(), 1, "{what}: {summaries:?}");
    assert_eq!(total(summaries[0]), u64::from(DEVICES), "{what}");
}

/// Checks that the results report each device as inactivated by the run that has done it, whichever
/// message carries them.
fn assert_all_told(stage: &Stage, what: &str) {
    let told = stage.settled(&without_repetitions(&stage.events()));
    let is_told = |outcomes: &Vec<String>| outcomes.iter().any(|outcome| outcome == "inactivated");
    assert!(told.iter().all(is_told), "{what}: {told:?}");
}

#[tokio::test]
async fn after_a_crash_at_any_point_one_chain_of_messages_carries_the_order_out() {
    let moments = [
        Moment::SecondPartSent,
        Moment::BeforeTheNote,
        Moment::Noted,
        Moment::SecondPartWrites,
        Moment::ThirdPartSent,
    ];
    let cases = BROKERS
        .into_iter()
        .flat_map(|vendor| moments.map(|moment| (vendor, moment)));
    at_once(cases, |(vendor, moment)| async move {
        let what = format!("{vendor:?} {moment:?}");
        let stage = stage(vendor).await;
        let table = KeyTable::start().await;
        let own = own(&table);
        let mapping = Mapping {
            redelivery: Redelivery::AfterVisibilityTimeout,
            ..stage.mapping(&borrowed(&own))
        };
        let source = EventSource::start(mapping).await;
        let killer = source.killer();
        stage.orders.send(stage.order().to_string());
        let kill = async {
            match moment {
                Moment::SecondPartSent | Moment::ThirdPartSent => {
                    if moment == Moment::ThirdPartSent {
                        stage.orders.hold_answer().sent().await;
                    }
                    let mut held = stage.orders.hold_answer();
                    held.sent().await;
                    killer.kill().await;
                }
                Moment::BeforeTheNote | Moment::Noted => {
                    let at = match moment {
                        Moment::Noted => HoldAt::Written,
                        _ => HoldAt::BeforeWriting,
                    };
                    table.hold(at).await.unwrap();
                    killer.kill().await;
                }
                Moment::SecondPartWrites => {
                    stage.orders.hold_answer().sent().await;
                    let before: usize = stage.writes().iter().sum();
                    while stage.writes().iter().sum::<usize>() < before + 2 {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    killer.kill().await;
                }
            }
        };
        let (tally, ()) = tokio::join!(source.run(LIMIT), kill);
        assert!(tally.emptied, "{what}: {tally:?}");
        assert_eq!(
            (tally.ended_processes, tally.failed_deliveries),
            (1, 1),
            "{what}: {tally:?}"
        );
        assert_complete(&stage, &what);
        // The part that was carried out again after its message was sent has two events, and so has
        // the part before the one that has sent the event and then crashed. No other part has.
        let twice = match moment {
            Moment::BeforeTheNote | Moment::Noted => [].as_slice(),
            Moment::SecondPartSent | Moment::SecondPartWrites => &[1],
            Moment::ThirdPartSent => &[1, 2],
        };
        if moment != Moment::SecondPartWrites {
            assert_all_told(&stage, &what);
        }
        let parts = events_of_parts(&stage);
        assert!(parts.len() >= 3, "{what}: {parts:?}");
        for (part, count) in &parts {
            let expected = 1 + usize::from(twice.contains(part));
            assert_eq!(*count, expected, "{what}: {parts:?}");
        }
        assert_eq!(
            table.items().len(),
            parts.len() - 1,
            "{what}: a note for each further part"
        );
    })
    .await;
}

/// Gives the function this message of the queue. Returns whether it is acknowledged.
async fn give(stage: &Stage, function: &mut Runtime, message: &Message) -> bool {
    let event = events::sqs_messages(&stage.orders.arn(), std::slice::from_ref(message));
    let answer = invoke_within(function, RUN, event).await;
    assert!(function.idle().await);
    answer.batch_item_failures().is_empty()
}

/// Two messages that continue the same order with the same part, as a crash leaves them. The one
/// that was sent first comes first.
async fn twins(stage: &Stage, function: &mut Runtime) -> [Message; 2] {
    stage.orders.send(stage.order().to_string());
    let first = stage.orders.receive(1).pop().unwrap();
    for _ in 0..2 {
        assert!(give(stage, function, &first).await);
    }
    assert!(stage.orders.delete(&first));
    let twins = stage.orders.receive(10);
    assert_eq!(twins.len(), 2);
    twins.try_into().unwrap()
}

fn lines_about_second_messages(function: &Runtime) -> Vec<Value> {
    let lines = function.json_logs().into_iter();
    lines
        .filter(|line| line["message"] == "another message carries out this part of the order")
        .collect()
}

/// Carries out all messages in the queue.
async fn finish(stage: &Stage, function: &mut Runtime) {
    while let Some(message) = stage.orders.receive(1).pop() {
        assert!(give(stage, function, &message).await);
        assert!(stage.orders.delete(&message));
    }
}

#[tokio::test]
async fn whichever_message_comes_first_the_other_one_makes_no_call_and_loses_no_event() {
    at_once([true, false], |in_order| async move {
        let stage = stage(Vendor::TencentMqtt).await;
        let table = KeyTable::start().await;
        let mut function = function(&stage, &table).await;
        let [first, second] = twins(&stage, &mut function).await;
        let [winner, loser] = match in_order {
            true => [first, second],
            false => [second, first],
        };
        assert!(give(&stage, &mut function, &winner).await);
        for _ in 0..2 {
            let (calls, sent) = (stage.simulator.calls().len(), stage.orders.send_calls());
            let events = stage.events().len();
            assert!(give(&stage, &mut function, &loser).await, "{in_order}");
            assert_eq!(
                (stage.simulator.calls().len(), stage.orders.send_calls()),
                (calls, sent),
                "{in_order}"
            );
            let events = stage.events()[events..].to_vec();
            // The results of the part before, which nothing but this message has.
            let carried: Value = serde_json::from_str(&loser.body).unwrap();
            let order = &carried["order"];
            let text = order["unsent_event"].as_str().unwrap();
            let mut expected: Value = serde_json::from_str(text).unwrap();
            let id = [&order["id"], &order["message"]["id"]].map(|id| id.as_str().unwrap());
            expected["id"] = json!(id.join("."));
            assert_eq!(events, [expected], "{in_order}");
        }
        let lines = lines_about_second_messages(&function);
        assert_eq!(lines.len(), 2, "{in_order}: {lines:?}");
        for line in &lines {
            assert_eq!(
                (&line["message_id"], &line["part"]),
                (&json!(loser.id), &json!(2)),
                "{in_order}: {line}"
            );
        }
        assert!(stage.orders.delete(&winner) && stage.orders.delete(&loser));
        finish(&stage, &mut function).await;
        assert_complete(&stage, &format!("{in_order}"));
        assert_all_told(&stage, &format!("{in_order}"));
    })
    .await;
}

#[tokio::test]
async fn a_message_that_is_moved_back_from_the_dead_letter_queue_under_another_id_continues_its_order()
 {
    let stage = stage(Vendor::AlibabaMqtt).await;
    let table = KeyTable::start().await;
    let mut function = function(&stage, &table).await;
    let [first, second] = twins(&stage, &mut function).await;
    // The first message fails after its note, as often as it is delivered. The second one, which is
    // dropped, must not be needed then.
    stage.orders.fail_sends(1, SendFailure::AccessDenied);
    assert!(!give(&stage, &mut function, &first).await);
    assert!(give(&stage, &mut function, &second).await);
    assert_eq!(lines_about_second_messages(&function).len(), 1);
    assert!(stage.orders.delete(&first) && stage.orders.delete(&second));
    let moved = stage.orders.send(first.body);
    assert_ne!(moved, first.id);
    finish(&stage, &mut function).await;
    assert_complete(&stage, "moved");
    assert_eq!(lines_about_second_messages(&function).len(), 1);
}

#[tokio::test]
async fn without_a_usable_table_both_messages_continue_until_one_of_them_can_be_noted() {
    at_once([true, false], |has_table| async move {
        let stage = stage(Vendor::TencentMqtt).await;
        let table = KeyTable::start().await;
        table.set_away(true);
        let mut function = match has_table {
            true => function(&stage, &table).await,
            false => stage.function(&SLOWLY).await,
        };
        let [first, second] = twins(&stage, &mut function).await;
        for twin in [first, second] {
            let before = stage.simulator.calls().len();
            assert!(give(&stage, &mut function, &twin).await, "{has_table}");
            assert!(stage.simulator.calls().len() > before, "{has_table}");
            assert!(stage.orders.delete(&twin));
        }
        table.set_away(false);
        finish(&stage, &mut function).await;
        assert_complete(&stage, &format!("{has_table}"));
        let logs = function.json_logs();
        let warnings = logs.iter().filter(|line| {
            line["level"] == "WARN"
                && line["message"]
                    == "the order goes on, although a second message may carry out the same part"
        });
        assert_eq!(warnings.count(), if has_table { 2 } else { 0 });
    })
    .await;
}

#[tokio::test]
async fn two_orders_with_the_same_id_do_not_drop_each_others_messages() {
    // Two runs do one half.
    let stage = stage(Vendor::AwsIot).await;
    let table = KeyTable::start().await;
    let mut function = function(&stage, &table).await;
    // An input transformer of EventBridge may write one id into all its events.
    let half = |numbers: std::ops::Range<usize>| {
        let mut order = stage.order();
        let all = order["certificates"].as_array().unwrap();
        order["certificates"] = json!(all[numbers]);
        events::eventbridge_rule(order)
    };
    let count = usize::from(DEVICES);
    for event in [half(0..count / 2), half(count / 2..count)] {
        let sent = stage.orders.send_calls();
        let mut invocation = Invocation::new(event);
        invocation.deadline = Deadline::In(RUN);
        function.invoke_with(invocation).await.json();
        assert!(function.idle().await);
        assert_eq!(stage.orders.send_calls(), sent + 1);
        finish(&stage, &mut function).await;
    }
    assert!(stage.all_are_off());
    assert!(lines_about_second_messages(&function).is_empty());
}
