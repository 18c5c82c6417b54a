//! status over several sources: what every source says that knows a certificate, and why one could
//! not be asked.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{AlibabaInstance, Fault, FaultRule, TencentInstance, Vendor};
use whole_function_tests::events::{self, message_id};

use crate::cells::{ALIBABA_CA, WRONG_SECRETS, device, everywhere, set_word, source};
use crate::setup::{function, function_with, in_short, invoke_within, simulator};
use crate::several_sources::{SECOND_ALIBABA, SECOND_TENCENT, six_sources};

/// All names of the certificate that any vendor may want, but for Alibaba's CA, which is not that
/// of the others.
fn named(issued: &simulator::IssuedCertificate) -> Value {
    json!({ "serial_number": issued.serial, "fingerprint_sha256": issued.fingerprint_sha256 })
}

#[tokio::test]
async fn a_certificate_has_a_result_of_every_source_that_knows_it() {
    let [one, two, stranger] = [1, 2, 3].map(device);
    let simulator = simulator(everywhere(&[one.clone(), two.clone()])).await;
    set_word(&simulator, Vendor::AlibabaCas, &one, "revoked");
    simulator.with_fleet(|fleet| fleet.aws_iot.remove(&two.fingerprint_sha256));
    let mut function = function("status", &simulator).await;
    let at_alibaba = json!({ "serial_number": one.serial, "ca_serial_number": ALIBABA_CA });
    let requested = json!({ "sources": Vendor::ALL.map(source), "certificates": [named(&one), named(&two), named(&stranger), at_alibaba] });
    let answer = function.invoke(requested).await.json();
    let actual: Vec<Value> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            json!([
                one["serial_number"],
                one["provider"],
                one["region"],
                one["found"],
                one["status"],
                one["error"]
            ])
        })
        .collect();
    assert_eq!(
        json!(actual),
        json!([
            [
                one.serial,
                "tencent-mqtt",
                "ap-guangzhou",
                true,
                "active",
                null
            ],
            [
                one.serial,
                "alibaba-pca",
                "cn-hangzhou",
                true,
                "revoked",
                null
            ],
            [one.serial, "aws-iot", "eu-west-1", true, "active", null],
            [
                two.serial,
                "tencent-mqtt",
                "ap-guangzhou",
                true,
                "active",
                null
            ],
            [two.serial, "alibaba-pca", "cn-hangzhou", true, "good", null],
            // Alibaba's broker could not be asked for the third, so that nobody can say that no
            // source knows it.
            [
                stranger.serial,
                null,
                null,
                false,
                "unknown",
                answer["results"][5]["error"]
            ],
            [
                one.serial,
                "alibaba-mqtt",
                "cn-hangzhou",
                true,
                "active",
                null
            ],
            [
                one.serial,
                "alibaba-pca",
                "cn-hangzhou",
                true,
                "revoked",
                null
            ]
        ])
    );
    assert_eq!(
        in_short(&answer["results"][5]["error"]).0,
        "invalid_request"
    );
    let sources: Vec<Value> = answer["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|actual| json!([actual["provider"], actual["found"], actual["failed"]]))
        .collect();
    assert_eq!(
        json!(sources),
        json!([
            ["tencent-mqtt", 2, 0],
            ["alibaba-mqtt", 1, 3],
            ["alibaba-pca", 3, 0],
            ["aws-iot", 1, 1]
        ])
    );
}

#[tokio::test]
async fn three_statuses_and_three_errors_are_one_answer_before_the_deadline() {
    let issued = device(1);
    let mut fleet = everywhere(std::slice::from_ref(&issued));
    let tencent = TencentInstance {
        instance_id: SECOND_TENCENT.to_owned(),
        region: "ap-guangzhou".to_owned(),
        ..TencentInstance::default()
    };
    fleet
        .tencent_mqtt
        .insert(SECOND_TENCENT.to_owned(), tencent);
    let alibaba = AlibabaInstance {
        instance_id: SECOND_ALIBABA.to_owned(),
        ..AlibabaInstance::default()
    };
    fleet
        .alibaba_mqtt
        .insert(SECOND_ALIBABA.to_owned(), alibaba);
    // One CA for both brokers, so that one name is good for both.
    for certificate in &mut fleet
        .tencent_mqtt
        .get_mut(crate::setup::TENCENT_INSTANCE)
        .unwrap()
        .certificates
    {
        certificate.ca_sn = ALIBABA_CA.to_owned();
    }
    let simulator = simulator(fleet).await;
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::always(Fault::Throttle).containing(SECOND_TENCENT),
    );
    simulator.fail(
        Vendor::AlibabaMqtt,
        FaultRule::always(Fault::Stall).containing(SECOND_ALIBABA),
    );
    let mut function = function_with("status", &simulator, &[WRONG_SECRETS[2]]).await;
    let name = json!({ "serial_number": issued.serial, "ca_serial_number": ALIBABA_CA, "fingerprint_sha256": issued.fingerprint_sha256 });
    let requested = json!({ "sources": six_sources(), "certificates": [name] });
    let deadline = Duration::from_secs(6);
    let begun = Instant::now();
    let answer = invoke_within(&mut function, deadline, requested.clone())
        .await
        .json();
    assert!(begun.elapsed() < deadline, "{:?}", begun.elapsed());
    let results: Vec<Value> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["provider"], one["status"]]))
        .collect();
    assert_eq!(
        json!(results),
        json!([
            ["tencent-mqtt", "active"],
            ["alibaba-mqtt", "active"],
            ["alibaba-pca", "good"]
        ])
    );
    let sources = answer["sources"].as_array().unwrap();
    assert!(
        sources[..3]
            .iter()
            .all(|actual| actual["error"].is_null() && actual["found"] == 1),
        "{answer}"
    );
    for (actual, expected) in sources[3..].iter().zip([
        ("throttled", true, Some("RequestLimitExceeded")),
        ("timeout", true, None),
        (
            "provider_rejected",
            false,
            Some("InvalidSignatureException"),
        ),
    ]) {
        assert_eq!(
            (
                in_short(&actual["error"]),
                &actual["found"],
                &actual["failed"]
            ),
            (expected, &json!(0), &json!(1)),
            "{actual}"
        );
    }
    let batch = events::sqs(&[requested.to_string()]);
    assert_eq!(
        invoke_within(&mut function, deadline, batch)
            .await
            .batch_item_failures(),
        [message_id(0)],
        "some may succeed later"
    );
}
