//! Orders whose callers have given them idempotency keys, by which they find them again.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::Vendor;
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::key_table::KeyTable;
use whole_function_tests::{EventSource, HttpAnswer};

use crate::orders::{LIMIT, RUN, SLOWLY, Stage, audited};
use crate::setup::invoke_within;

const TRIGGER: HttpTrigger = HttpTrigger::HttpApi;
const VISIBILITY: Duration = Duration::from_secs(30);
/// Devices of each order, more than one run switches off.
const DEVICES: usize = 14;
const KEY: &str = "stolen-2026-11";
const CALLERS: [&str; 2] = ["person-1", "person-2"];

/// An order of this caller for these devices, to be carried out from the queue.
fn event(caller: &str, body: &Value) -> Value {
    let request = HttpRequest::post("/inactivate", body)
        .header("prefer", "respond-async")
        .header("idempotency-key", KEY);
    let mut event = request.event(TRIGGER);
    event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": { "sub": caller } } });
    event
}

#[tokio::test]
async fn orders_of_two_callers_with_one_key_have_its_id_and_no_result_of_the_other() {
    let devices = u8::try_from(2 * DEVICES).unwrap();
    let stage = Stage::new(Vendor::AlibabaMqtt, devices, VISIBILITY).await;
    let table = KeyTable::start().await;
    let slowly = SLOWLY.map(|(name, value)| (name, value.to_owned()));
    let own: Vec<_> = slowly.into_iter().chain(table.variables()).collect();
    let own: Vec<_> = own
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut function = stage.function(&own).await;
    let whole = stage.order();
    let certificates = whole["certificates"].as_array().unwrap();
    for (caller, certificates) in CALLERS.iter().zip(certificates.chunks(DEVICES)) {
        let mut order = whole.clone();
        order["certificates"] = json!(certificates);
        let answer = invoke_within(&mut function, RUN, event(caller, &order)).await;
        let answer = HttpAnswer::read(TRIGGER, &answer);
        let expected = (202, json!({ "order_id": KEY }));
        assert_eq!((answer.status, answer.json()), expected, "{caller}");
    }
    for _ in CALLERS {
        assert!(
            stage
                .deliver(&mut function, "AROAOWN:inactivate", Duration::ZERO)
                .await
        );
    }
    let callers: HashSet<String> = audited(&function)
        .iter()
        .map(|line| {
            assert_eq!(line["order_id"], KEY, "{line}");
            line["caller"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(callers, CALLERS.map(str::to_owned).into());
    let tally = EventSource::start(stage.mapping(&own))
        .await
        .run(LIMIT)
        .await;
    assert!(tally.emptied && tally.failed_deliveries == 0, "{tally:?}");
    assert!(stage.all_are_off() && stage.writes().iter().all(|count| *count == 1));

    // Consumers drop the second event of an id.
    let events = stage.events();
    let ids: HashSet<&str> = events
        .iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), events.len(), "{ids:?}");
    assert!(
        ids.iter().any(|id| id.ends_with(".2")),
        "one run was enough"
    );
    assert!(events.iter().all(|event| event["data"]["order_id"] == KEY));
    let settled = stage.settled(&events);
    assert!(
        settled.iter().all(|outcomes| outcomes == &["inactivated"]),
        "{settled:?}"
    );
    let ends = events.iter().filter(|event| event["data"]["last"] == true);
    let told: Vec<&Value> = ends
        .map(|event| &event["data"]["order_summary"]["inactivated"])
        .collect();
    assert_eq!(told, [&json!(DEVICES); 2]);
}
