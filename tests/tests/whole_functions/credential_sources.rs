//! The sources of credentials: stores of AWS, roles at the vendors' STS, and no key at all.

use std::time::Duration;

use serde_json::json;
use simulator::{IdentityService, Vendor};
use whole_function_tests::Event;
use whole_function_tests::canary::{Secrets, outputs_at_every_log_level};

use crate::setup::{at_once, full, problem, simulator};
use crate::ways::{
    actions, another_key, assert_complete, cells, environment, function_of, is_tencent, pair,
    request, store,
};

#[tokio::test]
async fn each_source_of_credentials_leads_to_a_key_which_is_kept() {
    at_once(cells(), |(vendor, way)| async move {
        let (simulator, mut function) = pair(vendor, way).await;
        assert_eq!(
            simulator.identity_calls(),
            [],
            "{vendor:?} {way:?}: nothing is fetched before the first event"
        );
        for _ in 0..3 {
            assert_complete(&function.invoke(request(vendor)).await);
        }
        assert_eq!(actions(&simulator), way.calls(vendor), "{vendor:?} {way:?}");
        assert_eq!(simulator.issued_keys().len(), usize::from(way.has_role()));
        for call in simulator.identity_calls() {
            assert_eq!(call.outcome, "ok");
            let token = simulator.issued_tokens();
            assert!(
                token.iter().all(|token| !call.query.contains(token)),
                "no token is in a URL"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_is_replaced_ahead_of_its_end_and_used_on_while_the_sts_is_down() {
    at_once(
        cells().filter(|(_, way)| way.has_role()),
        |(vendor, way)| async move {
            let (simulator, mut function) = pair(vendor, way).await;
            // Less than five minutes: due at once, good for two minutes more.
            simulator.with_accounts(|accounts| accounts.key_lifetime = Duration::from_secs(180));
            assert_complete(&function.invoke(request(vendor)).await);
            let first = simulator.issued_keys().len();
            assert_complete(&function.invoke(request(vendor)).await);
            assert!(simulator.issued_keys().len() > first, "{vendor:?} {way:?}");
            let sts = if is_tencent(vendor) {
                IdentityService::TencentSts
            } else {
                IdentityService::AlibabaSts
            };
            simulator.with_accounts(|accounts| accounts.down.insert(sts));
            assert_complete(&function.invoke(request(vendor)).await);
            simulator.end_issued_keys();
            let problem = problem(&function.invoke(request(vendor)).await);
            assert_eq!(
                (&problem["code"], &problem["retryable"]),
                (&json!("provider_unavailable"), &json!(true)),
                "{problem}"
            );
            assert!(
                problem["detail"].as_str().unwrap().contains("STS"),
                "{problem}"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn no_secret_shows_with_any_source_of_credentials() {
    at_once(cells(), |(vendor, way)| async move {
        let simulator = simulator(full(2)).await;
        store(&simulator, vendor, &vendor.credentials(), None);
        let variables = environment(vendor, way, &simulator);
        let variables: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let event = || Event::from(request(vendor));
        let mut outputs =
            outputs_at_every_log_level(function_of(vendor), &variables, &[event(), "{}".into()])
                .await;
        simulator.with_accounts(|accounts| accounts.token_seconds = -1);
        simulator.replace_keys(vendor, [another_key(vendor, 1)]);
        outputs
            .extend(outputs_at_every_log_level(function_of(vendor), &variables, &[event()]).await);
        let actual = outputs
            .iter()
            .any(|output| String::from_utf8_lossy(&output.bytes).contains("provider_rejected"));
        assert!(actual, "{vendor:?} {way:?}: the test has seen refusals");
        let (key, lambda) = (
            vendor.credentials(),
            simulator.temporary_credentials(Vendor::AwsIot),
        );
        let issued = simulator.issued_keys();
        let tokens = simulator.issued_tokens();
        let mut secrets = vec![key.id, key.secret, lambda.id, lambda.secret, lambda.token];
        secrets.extend(
            issued
                .into_iter()
                .flat_map(|key| [key.id, key.secret, key.token])
                .chain(tokens),
        );
        let secrets: Vec<(&str, &str)> = secrets
            .iter()
            .map(|secret| ("a secret", secret.as_str()))
            .collect();
        Secrets::new(&secrets).assert_absent(&outputs);
    })
    .await;
}
