//! A queue and its event source mapping around the function: deliveries, failures, dead letters,
//! killed processes, slots.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{AlibabaMqttCertificate, Fault, FaultRule, Options, Simulator, Vendor};
use whole_function_tests::queue::{DeadLetters, Queue, QueueSettings, Queues, SendFailure};
use whole_function_tests::{EventSource, Mapping, Redelivery, Slots};

use crate::setup::{ALIBABA_INSTANCE, alibaba, alibaba_certificates, options, variables};

const WRITE: &str = "InactivateDeviceCertificate";
const LIMIT: Duration = Duration::from_secs(60);

/// A simulator with this many certificates, and the queues around the function.
struct Stage {
    simulator: Simulator,
    certificates: Vec<AlibabaMqttCertificate>,
    orders: Queue,
    results: Queue,
    dead: Queue,
    _queues: Queues,
}

impl Stage {
    async fn new(count: usize, visibility_timeout: Duration, round_trip: Duration) -> Self {
        let certificates = alibaba_certificates(count);
        let simulator = Simulator::start(Options {
            round_trip,
            ..options(alibaba(certificates.clone()))
        })
        .await
        .unwrap();
        let queues = Queues::start().await;
        let dead = queues.create("dead", QueueSettings::default());
        let dead_letters = Some(DeadLetters {
            queue: dead.clone(),
            max_receive_count: 3,
        });
        let orders = queues.create(
            "orders",
            QueueSettings {
                visibility_timeout,
                dead_letters,
            },
        );
        let results = queues.create("results", QueueSettings::default());
        Self {
            simulator,
            certificates,
            orders,
            results,
            dead,
            _queues: queues,
        }
    }

    fn mapping(&self) -> Mapping {
        let results = ("RESULTS_QUEUE_URL", self.results.url().to_owned());
        let wired = variables("inactivate", &self.simulator)
            .into_iter()
            .chain([results]);
        Mapping {
            redelivery: Redelivery::AtOnce,
            ..Mapping::new("inactivate", wired, &self.orders)
        }
    }

    /// One order for each certificate, each in a message of its own. The ids of the messages.
    fn order_all(&self) -> BTreeSet<String> {
        self.certificates
            .iter()
            .map(|certificate| self.orders.send(order(certificate).to_string()))
            .collect()
    }

    /// Number of orders for each certificate.
    fn writes(&self) -> BTreeMap<String, usize> {
        let mut writes = BTreeMap::new();
        for call in self
            .simulator
            .calls()
            .iter()
            .filter(|call| call.action == WRITE)
        {
            *writes
                .entry(call.parameters["DeviceSn"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
        writes
    }

    fn all_are_off(&self) -> bool {
        self.simulator.with_fleet(|fleet| {
            fleet.alibaba_mqtt[ALIBABA_INSTANCE]
                .certificates
                .iter()
                .all(|one| one.status == "0")
        })
    }

    /// The outcome in each message of the results queue, by the id of the message that asked.
    fn outcomes(&self) -> BTreeMap<String, Value> {
        let read = |body: String| {
            let event: Value = serde_json::from_str(&body).unwrap();
            (
                event["id"].as_str().unwrap().to_owned(),
                event["data"]["results"][0]["outcome"].clone(),
            )
        };
        self.results.bodies().into_iter().map(read).collect()
    }
}

fn order(certificate: &AlibabaMqttCertificate) -> Value {
    let requested =
        json!({ "serial_number": certificate.device_sn, "ca_serial_number": certificate.ca_sn });
    json!({ "instance_id": ALIBABA_INSTANCE, "certificates": [requested] })
}

#[tokio::test]
async fn twenty_orders_inactivate_each_certificate_once_and_leave_nothing() {
    let stage = Stage::new(20, Duration::from_secs(30), Duration::ZERO).await;
    let ids = stage.order_all();
    let source = EventSource::start(Mapping {
        batch_size: 3,
        ..stage.mapping()
    })
    .await;
    let tally = source.run(LIMIT).await;
    assert!(
        tally.emptied && stage.orders.is_empty() && stage.dead.is_empty(),
        "{tally:?}"
    );
    assert_eq!(
        (
            tally.invocations,
            tally.deliveries,
            tally.failed_deliveries,
            tally.ended_processes
        ),
        (7, 20, 0, 0),
        "{tally:?}"
    );
    assert!(stage.all_are_off());
    assert_eq!(
        (stage.writes().len(), stage.writes().values().max()),
        (20, Some(&1))
    );
    let outcomes = stage.outcomes();
    assert_eq!(
        (stage.results.len(), outcomes.keys().cloned().collect()),
        (20, ids),
        "one result for each order, under its id"
    );
    assert!(
        outcomes.values().all(|outcome| outcome == "inactivated"),
        "{outcomes:?}"
    );
    if cfg!(target_os = "linux") {
        assert!(
            (1_000_000..1_000_000_000).contains(&tally.peak_memory.unwrap()),
            "{tally:?}"
        );
    }
    let again = source.run(LIMIT).await;
    assert_eq!((again.emptied, again.invocations), (true, 0));
}

#[tokio::test]
async fn a_killed_process_acknowledges_nothing_and_a_new_one_continues() {
    let stage = Stage::new(6, Duration::from_secs(30), Duration::ZERO).await;
    stage
        .simulator
        .fail(Vendor::AlibabaMqtt, FaultRule::once(Fault::Stall).on(WRITE));
    stage.order_all();
    let source = EventSource::start(Mapping {
        batch_size: 2,
        ..stage.mapping()
    })
    .await;
    let killer = source.killer();
    let kill = async {
        while !stage
            .simulator
            .calls()
            .iter()
            .any(|call| call.outcome == "stall")
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The process whose call stalls is the only one that stays at work.
        while killer.at_work() != 1
            || stage
                .orders
                .messages()
                .iter()
                .any(|message| message.receive_count == 0)
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        killer.kill().await
    };
    let (tally, killed) = tokio::join!(source.run(LIMIT), kill);
    assert!(killed > 0 && tally.emptied, "{tally:?}");
    assert_eq!(
        (
            tally.ended_processes,
            tally.invocations,
            tally.deliveries,
            tally.failed_deliveries
        ),
        (1, 4, 8, 2),
        "{tally:?}"
    );
    assert!(stage.all_are_off());
    assert_eq!((stage.outcomes().len(), stage.dead.len()), (6, 0));
}

#[tokio::test]
async fn a_message_that_nobody_can_use_becomes_a_dead_letter_and_harms_no_other() {
    let stage = Stage::new(3, Duration::from_secs(30), Duration::ZERO).await;
    stage.order_all();
    stage.orders.send("not JSON");
    let tally = EventSource::start(stage.mapping()).await.run(LIMIT).await;
    assert_eq!(
        (
            tally.emptied,
            tally.dead_letters,
            tally.failed_deliveries,
            tally.deliveries
        ),
        (true, 1, 3, 6),
        "{tally:?}"
    );
    assert_eq!(stage.dead.bodies(), ["not JSON"]);
    assert_eq!(stage.writes().values().max(), Some(&1));
    assert!(stage.all_are_off());
}

#[tokio::test]
async fn a_result_that_cannot_be_sent_at_first_is_there_in_the_end() {
    let stage = Stage::new(1, Duration::from_secs(30), Duration::ZERO).await;
    stage.results.fail_sends(1, SendFailure::InternalError);
    stage.results.fail_sends(1, SendFailure::AccessDenied);
    let ids = stage.order_all();
    let tally = EventSource::start(stage.mapping()).await.run(LIMIT).await;
    assert!(tally.emptied && tally.dead_letters == 0, "{tally:?}");
    assert_eq!(stage.outcomes().into_keys().collect::<BTreeSet<_>>(), ids);
    assert_eq!(
        (stage.results.send_calls(), stage.writes().values().max()),
        (3, Some(&1))
    );
}

#[tokio::test]
async fn a_mapping_that_gets_no_slot_drops_its_messages_and_loses_them_in_the_end() {
    let stage = Stage::new(2, Duration::from_millis(200), Duration::ZERO).await;
    stage.order_all();
    let slots = Slots::new(1);
    let held = slots.try_acquire().unwrap();
    let source = EventSource::start(Mapping {
        slots: Some(slots.clone()),
        batch_size: 2,
        ..stage.mapping()
    })
    .await;
    let tally = source.run(LIMIT).await;
    assert_eq!(
        (
            tally.emptied,
            tally.invocations,
            tally.throttled,
            tally.dead_letters
        ),
        (true, 0, 3, 2),
        "{tally:?}"
    );
    assert_eq!(stage.writes(), BTreeMap::new());
    drop(held);
    assert_eq!(slots.free(), 1);
}
