//! A broker's word held against the certificate authority's.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, IssuedCertificate, RevokeTime, Simulator, Vendor};
use whole_function_tests::Runtime;
use whole_function_tests::events::{self, message_id};

use crate::cells::{
    BROKERS, WRONG_SECRETS, device, everywhere, on_and_off, reference, request, set_word,
};
use crate::setup::{function, function_with, in_short, simulator};

const CHECK: &str = "DescribeClientCertificateStatusForSerialNumber";

/// Good, revoked and unknown at the authority and active at each broker; then revoked at the
/// authority and inactive at the broker; then known to the authority only.
struct Bench {
    simulator: Simulator,
    function: Runtime,
    issued: Vec<IssuedCertificate>,
}

impl Bench {
    async fn new() -> Self {
        let issued: Vec<IssuedCertificate> = (1..=5).map(device).collect();
        let simulator = simulator(everywhere(&issued[..4])).await;
        for (index, word) in [(1, "revoked"), (3, "revoked")] {
            set_word(&simulator, Vendor::AlibabaCas, &issued[index], word);
        }
        simulator.with_fleet(|fleet| {
            fleet.alibaba_cas.remove(&issued[2].serial);
            fleet
                .alibaba_cas
                .get_mut(&issued[1].serial)
                .unwrap()
                .revoke_time = RevokeTime::Number(1_750_000_000_000);
            let known = simulator::CasCertificate::of(&issued[4]);
            fleet.alibaba_cas.insert(known.serial_number.clone(), known);
        });
        for vendor in BROKERS {
            set_word(&simulator, vendor, &issued[3], on_and_off(vendor).1);
        }
        let function = function("status", &simulator).await;
        Self {
            simulator,
            function,
            issued,
        }
    }

    fn request(&self, vendor: Vendor) -> Value {
        let certificates: Vec<Value> = self
            .issued
            .iter()
            .map(|one| reference(vendor, one))
            .collect();
        request(
            vendor,
            &json!({ "certificates": certificates, "cross_check": { "provider": "alibaba-pca" } }),
        )
    }
}

fn checked(found: bool, status: &str, revoked_at: Option<&str>) -> Value {
    json!({
        "provider": "alibaba-pca", "region": "cn-hangzhou", "found": found, "status": status,
        "provider_status": if found { json!(status) } else { Value::Null }, "revoked_at": revoked_at, "error": null
    })
}

#[tokio::test]
async fn each_pair_of_statuses_has_its_flags_at_every_broker() {
    let mut bench = Bench::new().await;
    for vendor in BROKERS {
        bench.simulator.reset_numbers();
        let request = bench.request(vendor);
        let answer = bench.function.invoke(request).await.json();
        let actual: Vec<Value> = answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| json!([one["status"], one["flags"]]))
            .collect();
        assert_eq!(
            json!(actual),
            json!([
                ["active", []],
                ["active", ["revoked_at_ca_but_active"]],
                ["active", ["active_at_broker_but_unknown_to_ca"]],
                ["inactive", []],
                ["unknown", []]
            ]),
            "{vendor:?}"
        );
        let words: Vec<&Value> = answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["cross_check"])
            .collect();
        assert_eq!(words[0], &checked(true, "good", None), "{vendor:?}");
        assert_eq!(
            words[1],
            &checked(true, "revoked", Some("2025-06-15T15:06:40Z")),
            "{vendor:?}"
        );
        assert_eq!(words[2], &checked(false, "unknown", None), "{vendor:?}");
        assert_eq!(words[3]["status"], "revoked", "{vendor:?}");
        if vendor == Vendor::AwsIot {
            // The broker does not know the certificate, and the authority knows none by its
            // fingerprint.
            assert_eq!(
                (in_short(&words[4]["error"]).0, &words[4]["found"]),
                ("invalid_request", &json!(false))
            );
        } else {
            assert_eq!(words[4], &checked(true, "good", None), "{vendor:?}");
        }
        let ids = answer["provider_request_ids"].as_array().unwrap().len();
        assert!(
            ids > bench.simulator.count(Vendor::AlibabaCas, CHECK),
            "{vendor:?}: those of both"
        );
        let first = bench
            .simulator
            .calls()
            .into_iter()
            .find(|call| call.action == CHECK)
            .unwrap();
        let first = first.parameters["SerialNumber"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(
            first.split(',').count(),
            if vendor == Vendor::AwsIot { 4 } else { 5 },
            "{vendor:?}: all in one call: {first}"
        );
    }
}

#[tokio::test]
async fn a_throttled_ca_adds_no_flag_and_its_error_is_shown() {
    let mut bench = Bench::new().await;
    bench
        .simulator
        .fail(Vendor::AlibabaCas, FaultRule::always(Fault::ThrottleFor(1)));
    for vendor in BROKERS {
        let request = bench.request(vendor);
        let answer = bench.function.invoke(request.clone()).await.json();
        for (index, result) in answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
            .take(4)
        {
            assert_eq!(
                result["status"],
                if index == 3 { "inactive" } else { "active" },
                "{vendor:?}: the broker's word stays"
            );
            assert_eq!(
                (&result["flags"], &result["error"]),
                (&json!([]), &Value::Null),
                "{vendor:?} {index}"
            );
            let check = &result["cross_check"];
            assert_eq!(
                (&check["found"], &check["status"]),
                (&json!(false), &json!("unknown")),
                "{vendor:?} {index}"
            );
            assert_eq!(
                in_short(&check["error"]),
                ("throttled", true, Some("Throttling.User")),
                "{vendor:?} {index}"
            );
        }
        let batch = events::sqs(&[request.to_string()]);
        assert_eq!(
            bench.function.invoke(batch).await.batch_item_failures(),
            [message_id(0)],
            "{vendor:?}"
        );
    }
    bench.simulator.reset();
    let mut bench = Bench::new().await;
    let batch = events::sqs(&BROKERS.map(|vendor| bench.request(vendor).to_string()));
    assert_eq!(
        bench.function.invoke(batch).await.batch_item_failures(),
        [""; 0],
        "all was said that can be"
    );
}

#[tokio::test]
async fn refused_credentials_of_the_ca_are_shown_beside_the_brokers_status() {
    let issued = device(1);
    let simulator = simulator(everywhere(std::slice::from_ref(&issued))).await;
    let alibaba = WRONG_SECRETS[1];
    let mut function = function_with("status", &simulator, &[alibaba]).await;
    for vendor in [Vendor::TencentMqtt, Vendor::AwsIot] {
        let requested = json!({ "certificates": [reference(vendor, &issued)], "cross_check": { "provider": "alibaba-pca" } });
        let answer = function.invoke(request(vendor, &requested)).await.json();
        let result = &answer["results"][0];
        assert_eq!(
            (&result["status"], &result["flags"]),
            (&json!("active"), &json!([])),
            "{vendor:?}"
        );
        let actual = in_short(&result["cross_check"]["error"]);
        assert_eq!(
            actual,
            ("provider_rejected", false, Some("SignatureDoesNotMatch")),
            "{vendor:?}"
        );
    }
}
