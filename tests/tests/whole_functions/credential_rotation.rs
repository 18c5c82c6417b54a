//! Keys that are rotated or end while calls run.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Vendor};

use crate::setup::{ALIBABA_INSTANCE, at_once, simulator};
use crate::ways::{
    VENDORS, WAYS, Way, actions, another_key, assert_complete, cells, fleet, pair, request, start,
    store,
};

#[tokio::test]
async fn a_key_that_is_rotated_while_calls_run_fails_no_answer() {
    let with_secret = cells().filter(|(_, way)| matches!(way, Way::Secret | Way::RoleWithSecret));
    at_once(with_secret, |(vendor, way)| async move {
        let (simulator, mut function) = pair(vendor, way).await;
        simulator.fail(vendor, FaultRule::always(Fault::Delay(60)));
        let mut old = vendor.credentials();
        for number in 0..5 {
            let new = another_key(vendor, number);
            let rotate = async {
                tokio::time::sleep(Duration::from_millis(90)).await;
                store(&simulator, vendor, &new, Some(&old));
                // The old key is dead at once, and with it what was got for it.
                simulator.replace_keys(vendor, [new.clone()]);
                simulator.end_issued_keys();
                // The extension's answer of five minutes ago would be the old key.
                simulator.with_accounts(|accounts| {
                    accounts.extension_cache = Duration::from_millis(300)
                });
            };
            let (answer, ()) = tokio::join!(function.invoke(request(vendor)), rotate);
            assert_complete(&answer);
            assert_complete(&function.invoke(request(vendor)).await);
            // By then the extension has forgotten what it was asked for by stage.
            tokio::time::sleep(Duration::from_millis(300)).await;
            old = new;
        }
        assert!(
            simulator.calls().iter().any(|call| call.outcome != "ok"),
            "{vendor:?} {way:?}: the test has seen refused keys"
        );
    })
    .await;
}

#[tokio::test]
async fn a_stale_answer_of_the_extension_is_gone_past_by_naming_the_stage() {
    at_once(VENDORS, |vendor| async move {
        let (simulator, mut function) = pair(vendor, Way::Secret).await;
        assert_complete(&function.invoke(request(vendor)).await);
        let new = another_key(vendor, 1);
        store(&simulator, vendor, &new, Some(&vendor.credentials()));
        simulator.replace_keys(vendor, [new]);
        assert_complete(&function.invoke(request(vendor)).await);
        let stages: Vec<bool> = simulator
            .identity_calls()
            .iter()
            .map(|call| call.query.contains("versionStage=AWSCURRENT"))
            .collect();
        assert_eq!(stages, [false, true], "{vendor:?}");
    })
    .await;
}

#[tokio::test]
async fn while_the_new_key_is_not_good_yet_the_previous_one_is_used() {
    at_once(VENDORS, |vendor| async move {
        let simulator = simulator(fleet()).await;
        store(
            &simulator,
            vendor,
            &another_key(vendor, 1),
            Some(&vendor.credentials()),
        );
        let mut function = start(vendor, Way::Secret, &simulator, &[]).await;
        for _ in 0..2 {
            assert_complete(&function.invoke(request(vendor)).await);
        }
        assert_eq!(
            simulator.identity_calls().len(),
            3,
            "{vendor:?}: as it is, by AWSCURRENT, by AWSPREVIOUS"
        );
    })
    .await;
}

#[tokio::test]
async fn a_temporary_key_that_ends_before_its_time_is_replaced() {
    at_once(
        cells().filter(|(_, way)| way.has_role()),
        |(vendor, way)| async move {
            let (simulator, mut function) = pair(vendor, way).await;
            for _ in 0..3 {
                assert_complete(&function.invoke(request(vendor)).await);
                simulator.end_issued_keys();
            }
            assert_complete(&function.invoke(request(vendor)).await);
            assert_eq!(simulator.issued_keys().len(), 4, "{vendor:?} {way:?}");
        },
    )
    .await;
}

#[tokio::test]
async fn calls_that_run_side_by_side_share_one_key_and_one_replacement() {
    at_once(WAYS, |way| async move {
        let vendor = Vendor::AlibabaCas;
        let (simulator, mut function) = pair(vendor, way).await;
        simulator.with_accounts(|accounts| accounts.delay = Duration::from_millis(200));
        let certificates: Vec<Value> =
            (0..20).map(|number| json!({ "serial_number": format!("d{number:011x}"), "ca_serial_number": "007269004887" })).collect();
        let request = json!({ "provider": "alibaba-mqtt", "instance_id": ALIBABA_INSTANCE, "certificates": certificates });
        let mut invoke = async || {
            let answer = function.invoke(&request).await.json();
            assert!(answer["results"].as_array().unwrap().iter().all(|result| result["status"] == "active"), "{answer}");
        };
        invoke().await;
        assert_eq!(actions(&simulator), way.calls(vendor), "{way:?}");
        let (old, new) = (vendor.credentials(), another_key(vendor, 1));
        if way.has_role() {
            simulator.end_issued_keys();
        } else {
            store(&simulator, vendor, &new, Some(&old));
            simulator.replace_keys(vendor, [new]);
            simulator.with_accounts(|accounts| accounts.extension_cache = Duration::ZERO);
        }
        let before = simulator.identity_calls().len();
        invoke().await;
        let refused = simulator.calls().iter().filter(|call| call.outcome != "ok").count();
        assert!(refused > 1, "{way:?}: several calls were refused at once");
        let fetches = if way == Way::Keyless { 2 } else { 1 };
        assert_eq!(simulator.identity_calls().len() - before, fetches, "{way:?}");
    })
    .await;
}
