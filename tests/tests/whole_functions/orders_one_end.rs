//! An order that continues in messages has one end: also when a message that is delivered again
//! finishes the order, although its earlier delivery has sent the message of the next part.

use std::time::Duration;

use serde_json::Value;
use simulator::Vendor;
use whole_function_tests::Runtime;
use whole_function_tests::key_table::KeyTable;
use whole_function_tests::queue::Message;

use crate::orders::{SLOWLY, Stage, without_repetitions};
use crate::orders_one_chain::{DEVICES, assert_complete, finish, give, give_within};
use crate::setup::at_once;

/// More time than the whole order takes.
const WHOLE: Duration = Duration::from_secs(30);

const SECRETS: (&str, &str) = ("RECEIPT_SECRETS", "0123456789abcdef0123456789abcdef");

/// A slow function, each of whose runs carries out one part, and one that finishes the order in one run.
async fn functions(stage: &Stage, table: &KeyTable) -> [Runtime; 2] {
    let table = table.variables();
    let table = table.iter().map(|(name, value)| (*name, value.as_str()));
    let own: Vec<(&str, &str)> = table.chain([SECRETS]).collect();
    let slowly: Vec<(&str, &str)> = own.iter().copied().chain(SLOWLY).collect();
    [stage.function(&slowly).await, stage.function(&own).await]
}

/// Receives the oldest message, which was delivered this often before.
fn receive(stage: &Stage, deliveries_before: u32) -> Message {
    let message = stage.orders.receive(1).pop().unwrap();
    assert_eq!(message.receive_count, deliveries_before + 1);
    message
}

/// Checks that each device has exactly one result with a receipt, among the events that count.
fn assert_receipts(stage: &Stage, what: &str) {
    let events = without_repetitions(&stage.events());
    let mut receipts = vec![0; stage.issued.len()];
    let results = events
        .iter()
        .filter_map(|event| event["data"]["results"].as_array())
        .flatten();
    for result in results.filter(|result| result["outcome"] == "inactivated") {
        assert!(result["receipt"].is_string(), "{what}: {result}");
        receipts[stage.number(result)] += 1;
    }
    assert!(
        receipts.iter().all(|count| *count == 1),
        "{what}: {receipts:?}"
    );
    let is_last = |event: &&Value| event["data"]["last"] == true;
    assert_eq!(events.iter().filter(is_last).count(), 1, "{what}");
}

#[tokio::test]
async fn a_message_that_finishes_its_order_when_it_is_delivered_again_leaves_one_end_and_all_receipts()
 {
    let cases = [1, 2]
        .into_iter()
        .flat_map(|part| [false, true].map(|next_comes_first| (part, next_comes_first)));
    at_once(cases, |(part, next_comes_first)| async move {
        let what = format!("part {part}, the next message comes first: {next_comes_first}");
        // No message comes again by itself.
        let stage = Stage::new(Vendor::TencentMqtt, DEVICES, WHOLE * 10).await;
        let table = KeyTable::start().await;
        let [mut slow, mut quick] = functions(&stage, &table).await;
        stage.orders.send(stage.order().to_string());
        for _ in 1..part {
            let message = receive(&stage, 0);
            assert!(give(&stage, &mut slow, &message).await, "{what}");
            assert!(stage.orders.delete(&message));
        }
        // The function ends before the message is acknowledged.
        let mut message = receive(&stage, 0);
        assert!(give(&stage, &mut slow, &message).await, "{what}");
        if next_comes_first {
            let next = receive(&stage, 0);
            assert!(give(&stage, &mut slow, &next).await, "{what}");
            assert!(stage.orders.delete(&next));
        }
        // The third delivery recognises what the second one has noted.
        for deliveries_before in [1, 2] {
            let writes: usize = stage.writes().iter().sum();
            assert_eq!(
                writes < usize::from(DEVICES),
                deliveries_before == 1,
                "{what}"
            );
            let events = without_repetitions(&stage.events()).len();
            assert!(stage.orders.release(&message));
            message = receive(&stage, deliveries_before);
            assert!(
                give_within(&stage, &mut quick, &message, WHOLE).await,
                "{what}"
            );
            assert!(stage.all_are_off(), "{what}");
            let has_new_event = without_repetitions(&stage.events()).len() > events;
            assert_eq!(
                has_new_event,
                deliveries_before == 1 || next_comes_first,
                "{what}"
            );
        }
        assert!(stage.orders.delete(&message));
        let calls = stage.simulator.calls().len();
        finish(&stage, &mut quick).await;
        let makes_calls = stage.simulator.calls().len() > calls;
        assert_eq!(makes_calls, next_comes_first, "{what}");
        assert_complete(&stage, &what);
        assert_receipts(&stage, &what);
    })
    .await;
}
