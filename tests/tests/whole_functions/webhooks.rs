//! Signed webhooks through every kind of HTTP front.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certificate_provider::signing::hmac_sha256;
use serde_json::{Value, json};
use simulator::{Simulator, Vendor};
use whole_function_tests::events::{HttpRequest, HttpTrigger};
use whole_function_tests::{HttpAnswer, Runtime};

use crate::orders::{Stage, audited};
use crate::setup::{
    ALIBABA_INSTANCE, alibaba, alibaba_certificates, function_with, now, simulator,
};

const OLD_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
pub(crate) const NEW_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const ID: &str = "msg_2026-stolen";

async fn guarded() -> (Simulator, Runtime) {
    let simulator = simulator(alibaba(alibaba_certificates(1))).await;
    let secrets = format!("{OLD_SECRET},{NEW_SECRET}");
    let variables = [
        ("WEBHOOK_SECRETS", secrets.as_str()),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ];
    let function = function_with("inactivate", &simulator, &variables).await;
    (simulator, function)
}

fn order() -> String {
    json!({ "instance_id": ALIBABA_INSTANCE, "certificates": [{ "serial_number": "d00000000000", "ca_serial_number": "007269004887" }] })
        .to_string()
}

/// This body, signed for now with this secret.
fn signed(secret: &str, body: &str) -> HttpRequest {
    signed_to("/inactivate", secret, body)
}

/// The same to this path.
pub(crate) fn signed_to(path: &str, secret: &str, body: &str) -> HttpRequest {
    let timestamp = (now() / 1000).to_string();
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let signature = STANDARD.encode(hmac_sha256(
        &key,
        format!("{ID}.{timestamp}.{body}").as_bytes(),
    ));
    let headers = [
        ("webhook-id", ID),
        ("webhook-timestamp", &timestamp),
        ("webhook-signature", &format!("v1,{signature}")),
    ];
    headers
        .iter()
        .fold(HttpRequest::post(path, body), |request, (name, value)| {
            request.header(name, value)
        })
}

/// The request through a route that is open to anyone.
pub(crate) fn open(request: &HttpRequest, trigger: HttpTrigger) -> Value {
    let mut event = request.event(trigger);
    for member in ["authorizer", "identity"] {
        event["requestContext"]
            .as_object_mut()
            .unwrap()
            .remove(member);
    }
    event
}

#[tokio::test]
async fn a_webhook_signed_with_either_secret_inactivates_a_certificate() {
    let (simulator, mut function) = guarded().await;
    for secret in [OLD_SECRET, NEW_SECRET] {
        for trigger in HttpTrigger::ALL {
            simulator.reset();
            for request in [
                signed(secret, &order()),
                signed(secret, &order()).base64_body(order().as_bytes()),
            ] {
                let answer =
                    HttpAnswer::read(trigger, &function.invoke(open(&request, trigger)).await);
                assert_eq!(
                    (answer.status, answer.headers["webhook-id"].as_str()),
                    (200, ID),
                    "{trigger:?}"
                );
                assert_eq!(
                    answer.json()["order_id"],
                    ID,
                    "{trigger:?}: an order is called by its webhook"
                );
                let outcome = &answer.json()["results"][0]["outcome"];
                assert!(
                    outcome == "inactivated" || outcome == "already_inactive",
                    "{trigger:?}: {outcome}"
                );
            }
        }
    }
    let accepted = function
        .json_logs()
        .into_iter()
        .filter(|line| line["webhook_id"] == ID);
    assert_eq!(
        accepted.count(),
        2 * HttpTrigger::ALL.len() * 2,
        "{:?}",
        function.json_logs().first()
    );
    assert!(!function.logs().contains("whsec_") && !function.logs().contains("v1,"));
}

/// A function that anybody can call: it has a queue for its orders, and no key of a cloud.
const INTAKE: [(&str, &str); 6] = [
    ("WEBHOOK_SECRETS", NEW_SECRET),
    ("RESULTS_QUEUE_URL", ""),
    ("TENCENTCLOUD_SECRET_ID", ""),
    ("TENCENTCLOUD_SECRET_KEY", ""),
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
];

#[tokio::test]
async fn a_function_without_a_key_puts_a_webhook_into_the_queue_of_one_that_has_it() {
    let stage = Stage::new(Vendor::AlibabaMqtt, 2, Duration::from_secs(30)).await;
    let mut intake = stage.function(&INTAKE).await;
    intake.ready().await;
    let connections = Vendor::ALL.map(|vendor| stage.simulator.connections(vendor));
    assert!(
        connections.iter().all(|count| *count == 0),
        "{connections:?}"
    );
    let order = stage.order().to_string();
    for trigger in HttpTrigger::ALL {
        let request = signed(NEW_SECRET, &order);
        let answer = HttpAnswer::read(trigger, &intake.invoke(open(&request, trigger)).await);
        assert_eq!(
            (answer.status, answer.json()),
            (202, json!({ "order_id": ID })),
            "{trigger:?}"
        );
        assert_eq!(answer.headers["webhook-id"], ID);
        assert!(!answer.headers.contains_key("preference-applied"));
    }
    assert_eq!(
        (stage.simulator.calls(), stage.orders.len()),
        (vec![], HttpTrigger::ALL.len())
    );

    let mut function = stage.function(&[]).await;
    for _ in HttpTrigger::ALL {
        let sent_long_ago = Duration::from_secs(60 * 60);
        assert!(
            stage
                .deliver(&mut function, "AROAINTAKE:inactivate", sent_long_ago)
                .await
        );
    }
    assert!(stage.all_are_off() && stage.writes() == [1, 1]);
    let events = stage.events();
    assert!(events.iter().all(|event| event["id"] == ID), "{events:?}");
    for outcomes in stage.settled(&events) {
        assert_eq!(outcomes[0], "inactivated");
        let repeated = &outcomes[1..];
        assert!(
            repeated.len() == 4 && repeated.iter().all(|outcome| outcome == "already_inactive")
        );
    }
    for line in audited(&function) {
        assert_eq!(line["caller"], format!("webhook {ID}"), "{line}");
    }
}

#[tokio::test]
async fn unsigned_and_changed_webhooks_reach_no_provider() {
    let (simulator, mut function) = guarded().await;
    let unsigned = HttpRequest::post("/inactivate", order());
    let by_a_stranger = signed("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &order());
    let changed =
        signed(NEW_SECRET, &order()).body(&order().replace("d00000000000", "d00000000001"));
    for request in [unsigned, by_a_stranger, changed] {
        for trigger in HttpTrigger::ALL {
            let answer = HttpAnswer::read(trigger, &function.invoke(open(&request, trigger)).await);
            assert_eq!(
                (answer.status, &answer.json()["code"]),
                (401, &json!("unauthenticated")),
                "{trigger:?}"
            );
            assert!(!answer.headers.contains_key("webhook-id"));
        }
    }
    assert_eq!(simulator.calls(), []);
    assert!(!function.logs().contains("whsec_") && !function.logs().contains("v1,"));
}
