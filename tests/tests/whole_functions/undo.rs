//! Changes that are taken back by their receipts: exactly those that were made, and none that
//! somebody has changed since.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Vendor};
use whole_function_tests::{Answer, EventSource, Runtime};

use crate::cells::BROKERS;
use crate::every_cell_inactivate::read_and_write;
use crate::orders::{LIMIT, SLOWLY, Stage, counts_above_zero};
use crate::setup::{TENCENT_INSTANCE, at_once, invoke_within};

const OWN: [(&str, &str); 2] = [
    ("RECEIPT_SECRETS", "0123456789abcdef0123456789abcdef"),
    ("REACTIVATE_ALLOWED_INSTANCES", "*"),
];

/// The action that switches a certificate on, and the vendor's refusal of one certificate.
fn activation(vendor: Vendor) -> (&'static str, Fault) {
    match vendor {
        Vendor::TencentMqtt => (
            "ActivateDeviceCertificate",
            Fault::code("InvalidParameterValue", 200),
        ),
        Vendor::AlibabaMqtt => (
            "ActiveDeviceCertificate",
            Fault::code("ParameterCheckFailed", 400),
        ),
        _ => (
            "UpdateCertificate",
            Fault::code("CertificateStateException", 406),
        ),
    }
}

/// Devices at this vendor, of which these could not be switched off; the function, and the receipts
/// of the others.
async fn switched_off(
    vendor: Vendor,
    count: u8,
    failing: &[usize],
) -> (Stage, Runtime, Vec<String>) {
    let stage = Stage::new(vendor, count, Duration::from_secs(30)).await;
    let mut function = stage.function(&OWN).await;
    for number in failing {
        let rule = FaultRule::once(activation(vendor).1)
            .on(read_and_write(vendor).1)
            .containing(&stage.key(*number));
        stage.simulator.fail(vendor, rule);
    }
    let answer = function.invoke(stage.order()).await.json();
    let results = answer["results"].as_array().unwrap();
    let receipts: Vec<String> = results
        .iter()
        .filter_map(|result| result["receipt"].as_str())
        .map(str::to_owned)
        .collect();
    assert_eq!(
        receipts.len(),
        usize::from(count) - failing.len(),
        "{answer}"
    );
    stage.simulator.reset_numbers();
    (stage, function, receipts)
}

fn undo(receipts: &[String]) -> Value {
    json!({ "undo": { "receipts": receipts }, "reason": "wrong devices" })
}

/// Number of reactivations of devices.
fn activations(stage: &Stage) -> usize {
    stage
        .simulator
        .count(stage.vendor, activation(stage.vendor).0)
}

/// Somebody changes a certificate in a way that its status does not show.
fn touch(stage: &Stage, number: usize) {
    let key = stage.key(number);
    stage.simulator.with_fleet(|fleet| match stage.vendor {
        Vendor::TencentMqtt => {
            fleet
                .tencent_certificate(TENCENT_INSTANCE, &key)
                .unwrap()
                .update_time += 1;
        }
        Vendor::AwsIot => fleet.aws_iot.get_mut(&key).unwrap().last_modified_date += 1,
        other => panic!("{other:?} shows no times"),
    });
}

#[tokio::test]
async fn exactly_the_devices_that_were_inactivated_are_reactivated() {
    at_once(BROKERS, |vendor| async move {
        let failing = [3, 17, 18, 40, 77, 98, 99];
        let (stage, mut function, receipts) = switched_off(vendor, 100, &failing).await;
        assert_eq!(receipts.len(), 93);
        let answer = function.invoke(undo(&receipts)).await.json();
        assert_eq!(
            json!(counts_above_zero(&answer["summary"])),
            json!({ "reactivated": 93 }),
            "{vendor:?}: {answer}"
        );
        assert_eq!(activations(&stage), 93, "{vendor:?}");
        assert!((0..100).all(|number| !stage.is_off(number)), "{vendor:?}");
        let verified = |result: &Value| result["verified"] == true && result["status"] == "active";
        assert!(answer["results"].as_array().unwrap().iter().all(verified));
    })
    .await;
}

#[tokio::test]
async fn a_device_that_somebody_has_changed_since_is_left_as_it_is() {
    at_once([Vendor::TencentMqtt, Vendor::AwsIot], |vendor| async move {
        let (stage, mut function, receipts) = switched_off(vendor, 3, &[]).await;
        touch(&stage, 1);
        let answer = function.invoke(undo(&receipts)).await.json();
        let outcomes: Vec<&str> = answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| result["outcome"].as_str().unwrap())
            .collect();
        assert_eq!(
            outcomes,
            ["reactivated", "changed_since", "reactivated"],
            "{vendor:?}"
        );
        assert!(stage.is_off(1) && activations(&stage) == 2, "{vendor:?}");
    })
    .await;
}

#[tokio::test]
async fn an_undo_of_many_runs_is_continued_through_the_queue() {
    at_once(BROKERS, |vendor| async move {
        let (stage, function, receipts) = switched_off(vendor, 12, &[5]).await;
        drop(function);
        stage.orders.send(undo(&receipts).to_string());
        // Whole answers are in the log, and yet no receipt is: the end of each process looks for them.
        let slowly: Vec<(&str, &str)> = SLOWLY
            .iter()
            .chain(&OWN)
            .chain(&[("LOG_ANSWERS", "yes")])
            .map(|(name, value)| {
                let slow = "tencent-mqtt:ActivateDeviceCertificate=8+8,alibaba-mqtt:ActiveDeviceCertificate=8+8,aws-iot:UpdateCertificate=8+8";
                (*name, if *name == "CALLS_PER_SECOND" { slow } else { *value })
            })
            .collect();
        let tally = EventSource::start(stage.mapping(&slowly)).await.run(LIMIT).await;
        let events = stage.events();
        assert!(
            tally.emptied && stage.dead.is_empty() && events.len() > 1,
            "{vendor:?}: {tally:?} {events:?}"
        );
        let last = &events[events.len() - 1]["data"];
        assert_eq!(
            json!(counts_above_zero(&last["order_summary"])),
            json!({ "reactivated": 11 }),
            "{vendor:?}"
        );
        assert_eq!(activations(&stage), 11, "{vendor:?}");
        assert!((0..12).all(|number| !stage.is_off(number)), "{vendor:?}");
    })
    .await;
}

/// Faults of the first write, or of every one; the outcome, how often the write was sent, and whether
/// the device is on in the end.
fn faults(vendor: Vendor) -> Vec<(FaultRule, &'static str, usize, bool)> {
    let once = |fault, writes| (FaultRule::once(fault), "reactivated", writes, true);
    let always = |fault, outcome, writes, is_on| (FaultRule::always(fault), outcome, writes, is_on);
    let odd = |bytes: &str| Fault::body(200, "application/json", bytes);
    vec![
        once(Fault::Delay(300), 1),
        // The effect was there and the answer lost.
        once(Fault::CutAfter, 1),
        once(Fault::Truncated, 1),
        always(Fault::CutAfter, "reactivated", 1, true),
        // There was no effect, which only reads can tell.
        once(Fault::CutBefore, 2),
        once(Fault::Internal, 2),
        once(Fault::Unavailable, 2),
        once(Fault::Stall, 2),
        once(odd("[]"), 2),
        once(Fault::body(200, "text/html", "<html>"), 2),
        always(Fault::CutBefore, "an error", 2, false),
        // A success of the call proves nothing.
        always(Fault::SucceedWithoutEffect, "unknown", 1, false),
        // The vendor refused it, which therefore had no effect.
        once(Fault::Throttle, 2),
        always(activation(vendor).1, "refused", 1, false),
    ]
}

#[tokio::test]
async fn no_fault_of_a_write_makes_a_success_without_evidence_or_doubles_it() {
    let cells = BROKERS.into_iter().flat_map(|vendor| {
        let faults = faults(vendor).into_iter();
        faults.map(move |fault| (vendor, fault))
    });
    at_once(
        cells.collect::<Vec<_>>(),
        |(vendor, (rule, outcome, writes, is_on))| async move {
            let (stage, mut function, receipts) = switched_off(vendor, 1, &[]).await;
            let rule = rule.on(activation(vendor).0);
            stage.simulator.fail(vendor, rule.clone());
            let answer =
                invoke_within(&mut function, Duration::from_secs(30), undo(&receipts)).await;
            let seen = match &answer {
                Answer::Response(_) => answer.json()["results"][0]["outcome"].clone(),
                _ => json!("an error"),
            };
            assert_eq!(
                (seen.as_str(), activations(&stage), !stage.is_off(0)),
                (Some(outcome), writes, is_on),
                "{vendor:?} {rule:?}: {answer}"
            );
        },
    )
    .await;
}
