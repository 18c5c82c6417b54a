//! A function that is killed while it carries an order out: nothing is lost, nothing is switched
//! off twice, and what somebody has switched on in the meantime stays on.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::Vendor;
use whole_function_tests::{EventSource, Mapping, Redelivery};

use crate::cells::BROKERS;
use crate::orders::{LIMIT, RUN, SLOWLY, Stage, total, without_repetitions};
use crate::setup::{TENCENT_INSTANCE, at_once, now};

/// When the function is killed, for the first time.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// After some of the writes.
    BetweenWrites,
    /// When the results are in their queue, before the function knows.
    ResultsSent,
    /// When the message that continues the order is in the queue, before the function knows.
    GoneOn,
    /// When the results of the last part are in their queue.
    LastResultsSent,
}

/// A number of devices that takes two runs.
const DEVICES: u8 = 11;

/// Lambda wants it no shorter than the time for one run.
const VISIBILITY: Duration = Duration::from_secs(7);

async fn crashed(vendor: Vendor, moment: Moment) -> (Stage, String) {
    let stage = Stage::new(vendor, DEVICES, VISIBILITY).await;
    let mapping = Mapping {
        redelivery: Redelivery::AfterVisibilityTimeout,
        ..stage.mapping(&SLOWLY)
    };
    let source = EventSource::start(mapping).await;
    let killer = source.killer();
    let order_id = stage.orders.send(stage.order().to_string());
    let kill = async {
        match moment {
            Moment::BetweenWrites => {
                while stage.writes().iter().sum::<usize>() < 3 {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                killer.kill().await;
            }
            Moment::ResultsSent | Moment::GoneOn => {
                let queue = if matches!(moment, Moment::GoneOn) {
                    &stage.orders
                } else {
                    &stage.results
                };
                let mut held = queue.hold_answer();
                held.sent().await;
                killer.kill().await;
            }
            Moment::LastResultsSent => loop {
                let mut held = stage.results.hold_answer();
                held.sent().await;
                if stage
                    .events()
                    .iter()
                    .any(|event| event["data"]["last"] == true)
                {
                    killer.kill().await;
                    break;
                }
            },
        }
    };
    let (tally, ()) = tokio::join!(source.run(LIMIT), kill);
    assert!(
        tally.emptied && stage.dead.is_empty(),
        "{vendor:?} {moment:?}: {tally:?}"
    );
    assert_eq!(
        (tally.ended_processes, tally.failed_deliveries),
        (1, 1),
        "{vendor:?} {moment:?}: {tally:?}"
    );
    (stage, order_id)
}

#[tokio::test]
async fn a_crash_at_any_point_loses_nothing_and_writes_nothing_twice() {
    let moments = [
        Moment::BetweenWrites,
        Moment::ResultsSent,
        Moment::GoneOn,
        Moment::LastResultsSent,
    ];
    let cases = BROKERS
        .into_iter()
        .flat_map(|vendor| moments.map(|moment| (vendor, moment)));
    at_once(cases, |(vendor, moment)| async move {
        let (stage, order_id) = crashed(vendor, moment).await;
        assert!(stage.all_are_off(), "{vendor:?} {moment:?}");
        assert!(
            stage.writes().iter().all(|count| *count == 1),
            "{vendor:?} {moment:?}: {:?}",
            stage.writes()
        );
        let events = without_repetitions(&stage.events());
        let ids: Vec<&Value> = events.iter().map(|event| &event["id"]).collect();
        assert!(
            events
                .iter()
                .all(|event| event["data"]["order_id"] == order_id.as_str()),
            "{vendor:?} {moment:?}: {ids:?}"
        );
        let settled = stage.settled(&events);
        assert!(
            settled.iter().all(|outcomes| !outcomes.is_empty()),
            "{vendor:?} {moment:?}: {ids:?} {settled:?}"
        );
        let summaries: Vec<&Value> = events
            .iter()
            .map(|event| &event["data"]["order_summary"])
            .filter(|one| one.is_object())
            .collect();
        assert_eq!(
            summaries.len(),
            1,
            "{vendor:?} {moment:?}: {ids:?} {summaries:?}"
        );
        assert_eq!(
            total(summaries[0]),
            u64::from(DEVICES),
            "{vendor:?} {moment:?}: {summaries:?}"
        );
    })
    .await;
}

/// Somebody reactivates a device, in the vendor's spelling.
fn switch_on(stage: &Stage, number: usize) {
    let key = stage.key(number);
    stage.simulator.with_fleet(|fleet| match stage.vendor {
        Vendor::TencentMqtt => {
            let certificate = fleet.tencent_certificate(TENCENT_INSTANCE, &key).unwrap();
            (certificate.status, certificate.last_activation_time) = ("ACTIVE".to_owned(), now());
        }
        _ => {
            let certificate = fleet.aws_iot.get_mut(&key).unwrap();
            (certificate.status, certificate.last_modified_date) = ("ACTIVE".to_owned(), now());
        }
    });
}

#[tokio::test]
async fn a_device_that_somebody_has_reactivated_after_a_crash_stays_active_and_the_answer_says_so()
{
    at_once([Vendor::TencentMqtt, Vendor::AwsIot], |vendor| async move {
        let stage = Stage::new(vendor, 3, RUN).await;
        stage.simulator.set_round_trip(Duration::from_millis(100));
        let mapping = Mapping {
            redelivery: Redelivery::AfterVisibilityTimeout,
            ..stage.mapping(&[])
        };
        let source = EventSource::start(mapping).await;
        let killer = source.killer();
        stage.orders.send(stage.order().to_string());
        let restore = async {
            while !stage.all_are_off() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            killer.kill().await;
            switch_on(&stage, 1);
        };
        let (tally, ()) = tokio::join!(source.run(LIMIT), restore);
        assert!(
            tally.emptied && tally.dead_letters == 0 && tally.deliveries == 2,
            "{vendor:?}: {tally:?}"
        );
        assert_eq!(stage.writes(), [1, 1, 1], "{vendor:?}");
        assert_eq!(
            [0, 1, 2].map(|number| stage.is_off(number)),
            [true, false, true],
            "{vendor:?}"
        );
        let events = stage.events();
        assert_eq!(events.len(), 1, "{vendor:?}: {events:?}");
        let results = &events[0]["data"]["results"];
        let outcomes = [0, 1, 2].map(|number| results[number]["outcome"].as_str().unwrap());
        assert_eq!(
            outcomes,
            ["already_inactive", "refused", "already_inactive"],
            "{vendor:?}"
        );
        let refused = &results[1];
        assert_eq!(
            (&refused["status"], &refused["verified"]),
            (&json!("active"), &json!(true)),
            "{vendor:?}: {refused}"
        );
        assert_eq!(
            refused["error"]["code"], "forbidden",
            "{vendor:?}: {refused}"
        );
        let detail = refused["error"]["detail"].as_str().unwrap();
        assert!(
            detail.contains("redelivered") && detail.contains("activated or changed at"),
            "{vendor:?}: {detail}"
        );
    })
    .await;
}
