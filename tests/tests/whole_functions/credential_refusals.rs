//! Stores and token services that give nothing.

use serde_json::{Value, json};
use simulator::{IdentityService, Simulator, TokenAlgorithm, Vendor};
use whole_function_tests::canary::{Output, outputs_at_every_log_level};

use crate::setup::{at_once, full, problem, simulator};
use crate::ways::{
    SECRET_NAME, VENDORS, Way, another_key, assert_complete, cells, environment, fleet, is_tencent,
    pair, request, start,
};

/// The problem that is the answer of a new function, and how many calls it took.
async fn refused(
    vendor: Vendor,
    way: Way,
    simulator: &Simulator,
    own: &[(&str, &str)],
) -> (Value, usize) {
    let before = simulator.identity_calls().len();
    let mut function = start(vendor, way, simulator, own).await;
    let problem = problem(&function.invoke(request(vendor)).await);
    (problem, simulator.identity_calls().len() - before)
}

#[tokio::test]
async fn a_refused_identity_is_an_error_that_says_what_to_do() {
    at_once(VENDORS, |vendor| async move {
        let simulator = simulator(fleet()).await;
        let audience = if is_tencent(vendor) {
            "TENCENTCLOUD_OIDC_AUDIENCE"
        } else {
            "ALIBABA_CLOUD_OIDC_AUDIENCE"
        };
        // Without credentials there is no list of a CA, and the reads of its certificates ask for
        // credentials once more, all together.
        let times = if vendor == Vendor::AlibabaMqtt { 2 } else { 1 };
        let (problem, calls) = refused(
            vendor,
            Way::Keyless,
            &simulator,
            &[(audience, "somebody.else")],
        )
        .await;
        assert_eq!(
            (&problem["code"], &problem["retryable"], calls),
            (&json!("provider_rejected"), &json!(false), 2 * times),
            "{problem}"
        );
        assert!(
            problem["detail"].as_str().unwrap().contains(audience),
            "{problem}"
        );
        assert_ne!(problem["provider_error"]["code"], Value::Null);

        for change in [
            (|accounts| accounts.token_seconds = -1) as fn(&mut simulator::Accounts),
            |accounts| accounts.subject.push_str("-of-others"),
            |accounts| accounts.token_algorithm = TokenAlgorithm::None,
            |accounts| accounts.token_algorithm = TokenAlgorithm::Hs256,
            |accounts| accounts.token_algorithm = TokenAlgorithm::Forged,
        ] {
            simulator.reset();
            simulator.with_accounts(change);
            let (problem, calls) = refused(vendor, Way::Keyless, &simulator, &[]).await;
            assert_eq!(
                (&problem["code"], calls),
                (&json!("provider_rejected"), 2 * times),
                "{problem}"
            );
            assert_eq!(
                (simulator.calls().len(), simulator.issued_keys().len()),
                (0, 0)
            );
        }

        simulator.reset();
        simulator.with_accounts(|accounts| accounts.federation = false);
        let (problem, calls) = refused(vendor, Way::Keyless, &simulator, &[]).await;
        assert_eq!(
            (&problem["code"], calls),
            (&json!("provider_rejected"), times),
            "{problem}"
        );
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("EnableOutboundWebIdentityFederation"),
            "{problem}"
        );
        assert_eq!(problem["provider_error"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_the_vendor_refuses_is_fetched_once_more_and_then_reported() {
    at_once(
        cells().filter(|(_, way)| *way != Way::Keyless),
        |(vendor, way)| async move {
            let (simulator, mut function) = pair(vendor, way).await;
            simulator.replace_keys(vendor, [another_key(vendor, 1)]);
            let problem = problem(&function.invoke(request(vendor)).await);
            assert_eq!(
                (&problem["code"], &problem["retryable"]),
                (&json!("provider_rejected"), &json!(false)),
                "{problem}"
            );
            let refused = simulator.calls().len()
                + simulator
                    .identity_calls()
                    .iter()
                    .filter(|call| call.action == "AssumeRole")
                    .count();
            assert_eq!(
                refused, 1,
                "{vendor:?} {way:?}: the same key is not tried again"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn a_store_that_does_not_answer_may_answer_later() {
    at_once(
        cells().filter(|(_, way)| matches!(way, Way::Secret | Way::Parameter)),
        |(vendor, way)| async move {
            let (simulator, mut function) = pair(vendor, way).await;
            simulator.with_accounts(|accounts| accounts.down.insert(IdentityService::Extension));
            let actual = problem(&function.invoke(request(vendor)).await);
            assert_eq!(
                (&actual["code"], &actual["retryable"]),
                (&json!("provider_unavailable"), &json!(true)),
                "{actual}"
            );
            assert!(
                actual["detail"]
                    .as_str()
                    .unwrap()
                    .contains("AWS Parameters and Secrets"),
                "{actual}"
            );
            simulator.with_accounts(|accounts| accounts.down.clear());
            assert_complete(&function.invoke(request(vendor)).await);

            simulator.with_accounts(|accounts| accounts.secrets.clear());
            let (actual, calls) = refused(
                vendor,
                way,
                &simulator,
                &[("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "1")],
            )
            .await;
            assert_eq!(
                (&actual["code"], calls),
                (&json!("provider_unavailable"), 0),
                "{actual}"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn contradictory_credentials_stop_the_function_at_its_start() {
    let simulator = simulator(full(1)).await;
    let mut variables = environment(Vendor::AlibabaMqtt, Way::Keyless, &simulator);
    variables.push((
        "ALIBABA_CLOUD_SECRETS_MANAGER_SECRET",
        SECRET_NAME.to_owned(),
    ));
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let outputs = outputs_at_every_log_level("inactivate", &variables, &["{}".into()]).await;
    let (logs, answers): (Vec<_>, Vec<_>) = outputs
        .iter()
        .partition(|output| output.name.starts_with("the log"));
    assert!(!logs.is_empty() && answers.len() == logs.len());
    for Output { name, bytes } in logs {
        let log = String::from_utf8_lossy(bytes);
        assert!(
            log.contains("ALIBABA_CLOUD_OIDC_PROVIDER_ARN cannot be used"),
            "{name}: {log}"
        );
    }
}
