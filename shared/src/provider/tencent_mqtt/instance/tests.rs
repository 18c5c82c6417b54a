//! The warning of an instance whose certificates' status decides nothing.

use serde_json::{Value, json};

use super::super::tests::refused;
use super::*;
use crate::provider::{Learned, StatusWriter};
use crate::testing::network::{Answer, Network, ok};
use crate::testing::{Bench, target};

fn instance(mode: &Value) -> Answer {
    ok(&json!({"Response": {"InstanceId": "mqtt-1", "X509Mode": mode, "RequestId": "id-1"}}))
}

async fn warnings(bench: &Bench) -> Vec<String> {
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    provider.warnings().unwrap().await
}

#[tokio::test(start_paused = true)]
async fn only_one_certificate_a_device_is_a_mode_without_a_warning() {
    for (mode, is_warned) in [
        ("BYOC", false),
        ("mTLS", true),
        ("TLS", true),
        ("NEW", true),
    ] {
        let network = Network::queue([instance(&json!(mode))]);
        let warnings = warnings(&Bench::new(&network)).await;
        assert_eq!(warnings.len(), usize::from(is_warned), "{mode}");
        for warning in warnings {
            assert!(
                warning.contains("mqtt-1") && warning.contains(mode),
                "{warning}"
            );
        }
        let sent = network.sent();
        assert_eq!(sent[0].header("x-tc-action"), Some("DescribeInstance"));
        assert_eq!(sent[0].body(), json!({"InstanceId": "mqtt-1"}));
    }
}

#[tokio::test(start_paused = true)]
async fn a_mode_is_kept_for_a_minute() {
    let network = Network::new(|_| instance(&json!("mTLS")));
    let bench = Bench::new(&network);
    for _ in 0..3 {
        assert_eq!(warnings(&bench).await.len(), 1);
    }
    assert_eq!(network.sent().len(), 1);
    let context = bench.context();
    let scope = TencentMqtt::new(&context, target(NAME)).unwrap().scope;
    let learned = Learned::default();
    learned.learn_x509_mode(&scope, "TLS".to_owned(), context.now);
    let later = |seconds| context.now.plus(std::time::Duration::from_secs(seconds));
    assert!(learned.x509_mode(&scope, later(59)).is_some());
    assert!(learned.x509_mode(&scope, later(60)).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_mode_that_cannot_be_read_is_no_warning_and_no_error() {
    for mode in [
        json!(null),
        json!(""),
        json!(7),
        json!("a b"),
        json!("x".repeat(21)),
    ] {
        let network = Network::new(move |_| instance(&mode));
        let bench = Bench::new(&network);
        assert_eq!(warnings(&bench).await, [""; 0]);
    }
    let network = Network::new(|_| refused("UnauthorizedOperation"));
    let bench = Bench::new(&network);
    for calls in [1, 2] {
        assert_eq!(warnings(&bench).await, [""; 0]);
        assert_eq!(network.sent().len(), calls, "it is not kept");
    }
}
