//! Orders at vendors whose reads are behind their writes, with answers that are lost and functions
//! that are killed: no outcome is untrue.

use std::time::Duration;

use serde_json::Value;
use simulator::{Fault, FaultRule, Options, Vendor};
use whole_function_tests::{EventSource, Mapping};

use crate::cells::BROKERS;
use crate::every_cell_inactivate::read_and_write;
use crate::orders::{LIMIT, Stage};
use crate::setup::at_once;

/// The failure of the first write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    Nothing,
    /// The answer, after the work.
    Answer,
    /// The order, before any work.
    Order,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    vendor: Vendor,
    lag: Duration,
    lost: Lost,
    is_killed: bool,
}

fn cases() -> impl Iterator<Item = Case> {
    let lags = [0, 1, 5].map(Duration::from_secs);
    BROKERS.into_iter().flat_map(move |vendor| {
        lags.into_iter().flat_map(move |lag| {
            [Lost::Nothing, Lost::Answer, Lost::Order]
                .into_iter()
                .flat_map(move |lost| {
                    [false, true].map(move |is_killed| Case {
                        vendor,
                        lag,
                        lost,
                        is_killed,
                    })
                })
        })
    })
}

/// Checks that what a result claims is so.
fn assert_true(case: Case, result: &Value, is_off: bool) {
    let verified = result["verified"] == true;
    match result["outcome"].as_str().unwrap() {
        "inactivated" | "already_inactive" => assert!(is_off, "{case:?}: it is on: {result}"),
        "failed" | "refused" => assert!(!(verified && is_off), "{case:?}: it is off: {result}"),
        "unknown" | "not_attempted" => assert!(
            !verified || result["status"] != "inactive",
            "{case:?}: {result}"
        ),
        other => panic!("{case:?}: {other} cannot be: {result}"),
    }
}

async fn carried_out(case: Case) {
    let Case {
        vendor,
        lag,
        lost,
        is_killed,
    } = case;
    // A round trip leaves time to kill the function before it hears of its write.
    let round_trip = Duration::from_millis(if is_killed { 150 } else { 0 });
    let slow = |options| Options {
        reads_lag: lag,
        round_trip,
        ..options
    };
    let stage = Stage::with(vendor, 2, Duration::from_secs(30), slow).await;
    let fault = match lost {
        Lost::Nothing => None,
        Lost::Answer => Some(Fault::CutAfter),
        Lost::Order => Some(Fault::CutBefore),
    };
    if let Some(fault) = fault {
        stage.simulator.fail(
            vendor,
            FaultRule::once(fault)
                .on(read_and_write(vendor).1)
                .containing(&stage.key(0)),
        );
    }
    let mapping = Mapping {
        timeout: Duration::from_secs(14),
        warm_processes: 1,
        ..stage.mapping(&[])
    };
    let source = EventSource::start(mapping).await;
    let killer = source.killer();
    stage.orders.send(stage.order().to_string());
    let kill = async {
        while is_killed && stage.writes()[0] == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if is_killed {
            killer.kill().await;
        }
    };
    let (tally, ()) = tokio::join!(source.run(LIMIT), kill);
    assert!(
        tally.emptied && tally.dead_letters == 0,
        "{case:?}: {tally:?}"
    );
    let writes = stage.writes();
    assert!(
        writes.iter().all(|count| *count <= 2),
        "{case:?}: {writes:?}"
    );
    if lag.is_zero() {
        let without_effect = usize::from(lost == Lost::Order);
        assert!(
            writes[0] <= 1 + without_effect && writes[1] <= 1,
            "{case:?}: {writes:?}"
        );
    }
    let events = stage.events();
    for result in events
        .iter()
        .filter_map(|event| event["data"]["results"].as_array())
        .flatten()
    {
        assert_true(case, result, stage.is_off(stage.number(result)));
    }
    let settled = stage.settled(&events);
    assert!(
        stage.all_are_off() && settled.iter().all(|outcomes| outcomes.len() == 1),
        "{case:?}: {settled:?}"
    );
}

#[tokio::test]
async fn no_outcome_is_untrue_however_far_reads_are_behind() {
    at_once(cases(), carried_out).await;
}
