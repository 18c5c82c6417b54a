//! The pages of describe: limits, cursors and sizes.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, TencentCertificate, Vendor};
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::{HttpAnswer, Runtime};

use crate::setup::{
    TENCENT_INSTANCE, invoke_within, pair, simulator, tencent, tencent_certificates, texts,
};

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
        let actual = HttpAnswer::read(*trigger, &answer);
        assert_eq!(actual.status, 200);
        assert!(actual.json()["next_cursor"].is_string(), "{trigger:?}");
    }
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
