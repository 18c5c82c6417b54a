//! How describe walks over pages: limits, cursors, sizes.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, TencentCertificate, TencentInstance, Vendor};
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::{HttpAnswer, Runtime};

use crate::setup::{
    TENCENT_INSTANCE, invoke_within, pair, problem, simulator, tencent, tencent_certificates, texts,
};

const ACTION: &str = "DescribeDeviceCertificates";

/// Lambda takes no larger answer of a synchronous invocation, in bytes.
const LARGEST_ANSWER: usize = 6_291_556;
/// A load balancer takes no larger one.
const LARGEST_LOAD_BALANCER_ANSWER: usize = 1024 * 1024;

/// Every answer, until there is no cursor any more.
async fn all_answers(function: &mut Runtime, request: &Value) -> Vec<Value> {
    let mut request = request.clone();
    let mut answers: Vec<Value> = Vec::new();
    loop {
        let answer = function.invoke(request.clone()).await.json();
        request["cursor"] = answer["next_cursor"].clone();
        answers.push(answer);
        assert!(answers.len() <= 200, "the cursors lead nowhere");
        if request["cursor"].is_null() {
            return answers;
        }
    }
}

fn serials(answers: &[Value]) -> Vec<String> {
    answers
        .iter()
        .flat_map(|answer| texts(&answer["certificates"], "provider_serial_number"))
        .collect()
}

fn stored(certificates: &[TencentCertificate]) -> Vec<String> {
    certificates
        .iter()
        .map(|certificate| certificate.device_certificate_sn.clone())
        .collect()
}

#[tokio::test]
async fn answers_joined_by_their_cursors_are_the_whole_list() {
    let certificates = tencent_certificates(431);
    let (_simulator, mut function) = pair("describe", tencent(certificates.clone())).await;
    for limit in [1_000, 431, 430, 150, 100, 99] {
        let request =
            json!({ "instance_id": TENCENT_INSTANCE, "order_by": "created_asc", "limit": limit });
        let answers = all_answers(&mut function, &request).await;
        assert_eq!(serials(&answers), stored(&certificates), "limit {limit}");
        assert_eq!(answers.len(), 431_usize.div_ceil(limit), "limit {limit}");
        assert!(
            answers.iter().all(|answer| answer["total_count"] == 431),
            "limit {limit}"
        );
    }
}

#[tokio::test]
async fn a_hundred_certificates_are_the_default() {
    let (simulator, mut function) = pair("describe", tencent(tencent_certificates(101))).await;
    let answer = function
        .invoke(json!({ "instance_id": TENCENT_INSTANCE }))
        .await
        .json();
    assert_eq!(answer["certificates"].as_array().unwrap().len(), 100);
    assert!(answer["next_cursor"].is_string());
    assert_eq!(simulator.count(Vendor::TencentMqtt, ACTION), 1);
}

#[tokio::test]
async fn answers_that_are_filtered_here_join_as_well() {
    let mut certificates = tencent_certificates(523);
    for (number, certificate) in certificates.iter_mut().enumerate() {
        if number % 3 == 0 {
            certificate.not_after_time = Some(1_700_000_000_000);
        }
    }
    let wanted: Vec<_> = certificates
        .iter()
        .filter(|one| one.not_after_time > Some(1_700_000_000_000))
        .cloned()
        .collect();
    let (_simulator, mut function) = pair("describe", tencent(certificates)).await;
    for limit in [1, 37, 100, 150, 1_000] {
        let request = json!({
            "instance_id": TENCENT_INSTANCE, "order_by": "created_asc", "limit": limit,
            "filter": { "not_after_from": "2024-01-01T00:00:00Z" }
        });
        if limit > 1 {
            let answers = all_answers(&mut function, &request).await;
            assert_eq!(serials(&answers), stored(&wanted), "limit {limit}");
            assert!(
                answers.iter().all(|answer| answer["total_count"].is_null()),
                "limit {limit}"
            );
        } else {
            assert_eq!(
                serials(&[function.invoke(request).await.json()]),
                stored(&wanted[..1])
            );
        }
    }
}

#[tokio::test]
async fn ten_thousand_certificates_take_a_hundred_calls_on_one_connection() {
    let certificates = tencent_certificates(10_000);
    let (simulator, mut function) = pair("describe", tencent(certificates.clone())).await;
    let request =
        json!({ "instance_id": TENCENT_INSTANCE, "order_by": "created_asc", "limit": 10_000 });
    let serials = serials(&all_answers(&mut function, &request).await);
    assert!(
        serials == stored(&certificates),
        "{} certificates, not the list",
        serials.len()
    );
    assert_eq!(simulator.count(Vendor::TencentMqtt, ACTION), 100);
    let connections: BTreeSet<u64> = simulator
        .calls()
        .iter()
        .map(|call| call.connection)
        .collect();
    assert_eq!(connections.len(), 1);
}

/// Certificates whose texts together are more than any front can carry.
fn large_certificates() -> Vec<TencentCertificate> {
    let lines = format!("{}\n", "M".repeat(64)).repeat(50);
    let mut certificates = tencent_certificates(2_500);
    for certificate in &mut certificates {
        certificate.device_certificate =
            format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n");
    }
    certificates
}

async fn assert_fits(triggers: &[HttpTrigger], largest: usize) {
    let (_simulator, mut function) = pair("describe", tencent(large_certificates())).await;
    let request = HttpRequest::post(
        "/describe",
        json!({ "instance_id": TENCENT_INSTANCE, "limit": 10_000, "include_pem": true }),
    );
    for trigger in triggers {
        let answer = function.invoke(request.event(*trigger)).await;
        let size = answer.output().len();
        assert!(size <= largest, "{size} bytes are too many for {trigger:?}");
        assert!(
            size > largest / 2,
            "{size} bytes use little of what {trigger:?} can carry"
        );
        let told = HttpAnswer::read(*trigger, &answer);
        assert_eq!(told.status, 200);
        assert!(told.json()["next_cursor"].is_string(), "{trigger:?}");
    }
}

#[tokio::test]
async fn an_answer_never_outgrows_what_lambda_carries() {
    assert_fits(
        &[
            HttpTrigger::HttpApi,
            HttpTrigger::FunctionUrl,
            HttpTrigger::RestApi,
        ],
        LARGEST_ANSWER,
    )
    .await;
}

#[tokio::test]
async fn an_answer_never_outgrows_what_a_load_balancer_carries() {
    assert_fits(
        &[
            HttpTrigger::LoadBalancer,
            HttpTrigger::LoadBalancerMultiValue,
        ],
        LARGEST_LOAD_BALANCER_ANSWER,
    )
    .await;
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_request_only() {
    let mut fleet = tencent(tencent_certificates(250));
    let other = TencentInstance {
        instance_id: "mqtt-other".to_owned(),
        ..fleet.tencent_mqtt[TENCENT_INSTANCE].clone()
    };
    fleet.tencent_mqtt.insert(other.instance_id.clone(), other);
    let (simulator, mut function) = pair("describe", fleet).await;
    let filter = json!({ "statuses": ["active"] });
    let request = json!({ "instance_id": TENCENT_INSTANCE, "filter": filter, "order_by": "created_asc", "limit": 50 });
    let cursor = function.invoke(request.clone()).await.json()["next_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    simulator.reset_numbers();

    let with = |member: &str, value: Value| {
        let mut request = request.clone();
        request["cursor"] = json!(cursor);
        request[member] = value;
        request
    };
    let mut flipped = cursor.clone();
    let last = flipped.pop().unwrap();
    flipped.push(if last == 'A' { 'B' } else { 'A' });
    for (what, request) in [
        ("altered", with("cursor", json!(flipped))),
        ("cut off", with("cursor", json!(cursor[..cursor.len() - 1]))),
        ("lengthened", with("cursor", json!(format!("{cursor}A")))),
        ("no cursor", with("cursor", json!("100"))),
        ("empty", with("cursor", json!(""))),
        ("not base64", with("cursor", json!("\u{0}\r\n é/+="))),
        (
            "of another filter",
            with("filter", json!({ "statuses": ["inactive"] })),
        ),
        ("of no filter", with("filter", Value::Null)),
        ("of another order", with("order_by", json!("created_desc"))),
        (
            "of another instance",
            with("instance_id", json!("mqtt-other")),
        ),
        ("of another region", with("region", json!("ap-shanghai"))),
    ] {
        let problem = problem(&function.invoke(request).await);
        assert_eq!(
            (problem["code"].as_str(), problem["field"].as_str()),
            (Some("invalid_request"), Some("cursor")),
            "{what}: {problem}"
        );
    }
    assert_eq!(simulator.calls().len(), 0);

    let next = function.invoke(with("limit", json!(200))).await.json();
    assert_eq!(
        next["certificates"].as_array().unwrap().len(),
        200,
        "the limit may change on the way"
    );
}

#[tokio::test]
async fn near_the_deadline_what_was_read_is_answered_with_a_cursor() {
    let certificates = tencent_certificates(300);
    let simulator = simulator(tencent(certificates.clone())).await;
    let mut function = crate::setup::function("describe", &simulator).await;
    let request =
        json!({ "instance_id": TENCENT_INSTANCE, "order_by": "created_asc", "limit": 300 });
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::once(Fault::Stall).containing("\"Offset\":200"),
    );
    let first = invoke_within(&mut function, Duration::from_secs(3), request.clone())
        .await
        .json();
    assert_eq!(first["certificates"].as_array().unwrap().len(), 200);
    let mut rest = request;
    rest["cursor"] = first["next_cursor"].clone();
    let second = function.invoke(rest).await.json();
    assert_eq!(serials(&[first, second]), stored(&certificates));
}
