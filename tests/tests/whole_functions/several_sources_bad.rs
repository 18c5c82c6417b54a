//! Lists of sources with something wrong in them, and the most that is taken.

use serde_json::{Value, json};
use simulator::{TencentInstance, Vendor};
use whole_function_tests::HttpAnswer;
use whole_function_tests::events::{self, HttpRequest, HttpTrigger};

use crate::bad_input::assert_refused;
use crate::cells::{source, with};
use crate::setup::{function, function_with, simulator, tencent, tencent_certificates};

/// So many sources, none twice.
fn sources(count: usize) -> Value {
    (0..count)
        .map(
            |number| json!({ "provider": "tencent-mqtt", "instance_id": format!("mqtt-{number}") }),
        )
        .collect()
}

/// What else a request of this function holds.
fn rest(name: &str) -> Value {
    if name == "status" {
        json!({ "certificates": [{ "serial_number": "0a01" }] })
    } else {
        json!({})
    }
}

/// Members of a request with several sources, and the field that the error names.
fn cases() -> Vec<(Value, &'static str)> {
    let one = source(Vendor::TencentMqtt);
    vec![
        (json!({ "sources": [] }), "sources"),
        (json!({ "sources": sources(21) }), "sources"),
        (json!({ "sources": sources(1_000) }), "sources"),
        (json!({ "sources": [one, one] }), "sources"),
        // The configured region, written out.
        (
            json!({ "sources": [source(Vendor::AwsIot), one, with(source(Vendor::AwsIot), &json!({ "region": "eu-west-1" }))] }),
            "sources",
        ),
        (
            json!({ "sources": [with(one.clone(), &json!({ "region": "ap-guangzhou" })), one] }),
            "sources",
        ),
        (json!({ "sources": "some" }), "sources"),
        (json!({ "sources": "ALL" }), "sources"),
        (json!({ "sources": "" }), "sources"),
        (json!({ "sources": 7 }), "sources"),
        (json!({ "sources": one }), "sources"),
        (
            json!({ "sources": [one], "provider": "tencent-mqtt" }),
            "provider",
        ),
        (
            json!({ "sources": [one], "region": "ap-guangzhou" }),
            "region",
        ),
        (
            json!({ "sources": [one], "instance_id": "mqtt-1" }),
            "instance_id",
        ),
        (
            json!({ "sources": "all", "provider": "tencent-mqtt" }),
            "provider",
        ),
        (json!({ "sources": [one, "tencent-mqtt"] }), "sources[1]"),
        (json!({ "sources": [one, null] }), "sources[1]"),
        (
            json!({ "sources": [one, ["tencent-mqtt", null, "mqtt-1"]] }),
            "sources[1]",
        ),
        (json!({ "sources": [one, {}] }), "sources[1].provider"),
        (
            json!({ "sources": [one, with(one.clone(), &json!({ "colour": 1 }))] }),
            "sources[1].colour",
        ),
        (
            json!({ "sources": [{ "provider": "azure" }] }),
            "sources[0].provider",
        ),
        (
            json!({ "sources": [with(one.clone(), &json!({ "region": "nowhere" }))] }),
            "sources[0].region",
        ),
        (
            json!({ "sources": [with(one.clone(), &json!({ "instance_id": "a b" }))] }),
            "sources[0].instance_id",
        ),
    ]
}

#[tokio::test]
async fn a_list_that_cannot_be_taken_names_the_member_at_fault_on_every_trigger() {
    for name in ["describe", "status"] {
        let simulator = simulator(tencent(vec![])).await;
        let mut function = function(name, &simulator).await;
        for (members, field) in cases() {
            let request = with(rest(name), &members).to_string();
            assert_refused(
                &mut function,
                &simulator,
                &request,
                "invalid_request",
                Some(field),
            )
            .await;
        }
        // Not configured here.
        let request = with(rest(name), &json!({ "sources": "all" })).to_string();
        assert_refused(
            &mut function,
            &simulator,
            &request,
            "invalid_request",
            Some("sources"),
        )
        .await;
    }
}

#[tokio::test]
async fn a_get_takes_all_and_nothing_else() {
    let simulator = simulator(tencent(vec![])).await;
    let configured = json!([source(Vendor::TencentMqtt)]).to_string();
    let mut function = function_with("describe", &simulator, &[("SOURCES", &configured)]).await;
    for (value, status) in [
        ("all", 200),
        ("tencent-mqtt", 400),
        ("[]", 400),
        ("all,all", 400),
        ("", 400),
    ] {
        for trigger in HttpTrigger::ALL {
            let event = HttpRequest::get("/describe")
                .query("sources", value)
                .event(trigger);
            let answer = HttpAnswer::read(trigger, &function.invoke(event).await);
            assert_eq!(
                answer.status,
                status,
                "{trigger:?} {value}: {}",
                answer.json()
            );
            assert!(
                status == 200 || answer.json()["field"] == "sources",
                "{trigger:?} {value}: {}",
                answer.json()
            );
        }
    }
}

#[tokio::test]
async fn to_switch_off_takes_one_provider_only() {
    let simulator = simulator(tencent(vec![])).await;
    let mut function = function("inactivate", &simulator).await;
    let request = json!({ "sources": [source(Vendor::TencentMqtt)], "certificates": [{ "serial_number": "0a01" }] }).to_string();
    assert_refused(
        &mut function,
        &simulator,
        &request,
        "invalid_request",
        Some("sources"),
    )
    .await;
}

#[tokio::test]
async fn several_sources_are_asked_for_two_hundred_certificates_at_most() {
    let simulator = simulator(tencent(tencent_certificates(1))).await;
    let mut function = function("status", &simulator).await;
    let asked = |count: usize| {
        let certificates: Vec<Value> = (0..count)
            .map(|number| json!({ "serial_number": format!("d{number:07x}") }))
            .collect();
        json!({ "sources": [source(Vendor::TencentMqtt)], "certificates": certificates })
    };
    assert_refused(
        &mut function,
        &simulator,
        &asked(201).to_string(),
        "invalid_request",
        Some("certificates"),
    )
    .await;
    assert_eq!(
        function.invoke(asked(200)).await.json()["results"]
            .as_array()
            .unwrap()
            .len(),
        200
    );
}

#[tokio::test]
async fn twenty_sources_are_taken_on_every_trigger() {
    let mut fleet = tencent(vec![]);
    for number in 0..20 {
        let instance_id = format!("mqtt-{number}");
        let instance = TencentInstance {
            instance_id: instance_id.clone(),
            region: "ap-guangzhou".to_owned(),
            certificates: tencent_certificates(2),
        };
        fleet.tencent_mqtt.insert(instance_id, instance);
    }
    let simulator = simulator(fleet).await;
    let configured = sources(20).to_string();
    let mut function = function_with("describe", &simulator, &[("SOURCES", &configured)]).await;
    for request in [
        json!({ "sources": sources(20) }),
        json!({ "sources": "all" }),
    ] {
        for trigger in HttpTrigger::ALL {
            let answer = HttpAnswer::read(
                trigger,
                &function
                    .invoke(HttpRequest::post("/", &request).event(trigger))
                    .await,
            );
            let told = answer.json();
            let counts = (
                told["sources"].as_array().unwrap().len(),
                told["certificates"].as_array().unwrap().len(),
            );
            assert_eq!((answer.status, counts), (200, (20, 40)), "{trigger:?}");
        }
        simulator.reset_numbers();
        assert_eq!(
            function
                .invoke(events::sqs(&[request.to_string()]))
                .await
                .batch_item_failures(),
            [""; 0]
        );
        assert_eq!(simulator.calls().len(), 20);
    }
}

#[tokio::test]
async fn a_source_that_cannot_be_asked_fails_alone_and_says_why() {
    let simulator = simulator(tencent(tencent_certificates(1))).await;
    let unset = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
    ];
    let mut function = function_with("describe", &simulator, &unset).await;
    let sources = json!([
        source(Vendor::TencentMqtt),
        { "provider": "tencent-mqtt" },
        { "provider": "aws-iot", "instance_id": "mqtt-1" },
        { "provider": "aws-iot", "region": "xx-nowhere" },
        { "provider": "tencent-mqtt", "instance_id": "mqtt-nowhere" },
        source(Vendor::AlibabaCas)
    ]);
    let answer = function.invoke(json!({ "sources": sources })).await.json();
    let told: Vec<Value> = answer["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["count"], one["error"]["code"], one["error"]["field"]]))
        .collect();
    assert_eq!(
        json!(told),
        json!([
            [1, null, null],
            [0, "invalid_request", "instance_id"],
            [0, "invalid_request", "instance_id"],
            [0, "invalid_request", "region"],
            [0, "not_found", null],
            [0, "provider_rejected", null]
        ])
    );
    assert_eq!(
        answer["next_cursor"],
        Value::Null,
        "none of these would pass another time"
    );
}

#[tokio::test]
async fn configured_sources_that_cannot_be_taken_stop_the_function_at_its_start() {
    let one = source(Vendor::TencentMqtt);
    let unusable = [
        "all".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        one.to_string(),
        json!([one, one]).to_string(),
        json!(["tencent-mqtt"]).to_string(),
        json!([{ "provider": "azure" }]).to_string(),
        json!([{ "instance_id": "mqtt-1" }]).to_string(),
        json!([with(one.clone(), &json!({ "colour": 1 }))]).to_string(),
        sources(21).to_string(),
    ];
    let simulator = simulator(tencent(vec![])).await;
    for value in unusable {
        let mut function = function_with(
            "describe",
            &simulator,
            &[("SOURCES", &value), ("AWS_LAMBDA_LOG_FORMAT", "JSON")],
        )
        .await;
        let answer = function.invoke(json!({})).await;
        assert!(
            !matches!(
                answer,
                whole_function_tests::Answer::Response(_) | whole_function_tests::Answer::Error(_)
            ),
            "{value}: {answer}"
        );
        let lines = function.json_logs();
        assert!(
            lines
                .iter()
                .any(|line| line["level"] == "ERROR" && line.to_string().contains("SOURCES")),
            "{value}: {lines:?}"
        );
        assert!(!function.is_alive(), "{value}");
    }
}
