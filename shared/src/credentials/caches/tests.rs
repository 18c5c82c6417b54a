//! The sources of a key, how often it is fetched, and what follows from a refusal.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::super::fetch_context::LONGEST_AHEAD;
use super::*;
use crate::error::ErrorCode;
use crate::model::Cloud;
use crate::testing::Bench;
use crate::testing::network::{Answer, Network, answer, ok};
use crate::transport::HttpRequest;

const STORED: [(&str, &str); 4] = [
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
    ("ALIBABA_CLOUD_SECRETS_MANAGER_SECRET", "alibaba-key"),
    ("AWS_SESSION_TOKEN", "aws-token"),
];
const ROLE: (&str, &str) = ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/devices");

fn secret(id: &str) -> Answer {
    let text = json!({ "ALIBABA_CLOUD_ACCESS_KEY_ID": id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s" })
        .to_string();
    ok(&json!({ "SecretString": text }))
}

fn temporary_key() -> Answer {
    ok(&json!({ "Credentials": {
        "AccessKeyId": "STS.temporary", "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": "2025-11-22T09:26:40Z" } }))
}

fn disabled_key() -> Answer {
    answer(403, r#"{"Code": "InvalidAccessKeyId.Inactive"}"#)
}

/// The calls in order: the extension's stage, or the key that signed.
fn called(network: &Network) -> Vec<String> {
    network.each(|sent| match sent.url().contains("secretsmanager") {
        true => sent
            .parameter("versionStage")
            .unwrap_or_else(|| "the secret".to_owned()),
        false => sent
            .header("authorization")
            .unwrap()
            .split(['=', ','])
            .nth(1)
            .unwrap()
            .to_owned(),
    })
}

async fn ids(
    network: &Network,
    variables: &[(&str, &str)],
    callers: usize,
) -> Vec<Result<String, ErrorCode>> {
    let bench = Bench::with(network, variables);
    let context = bench.context();
    let fetch_context = FetchContext {
        provider: ProviderName::AlibabaMqtt,
        transport: context.transport,
        lane: context.limiter.unlimited(),
        deadline: context.deadline,
    };
    let credential_cache = context.credential_caches.of(ProviderName::AlibabaPca);
    let source = context
        .config
        .clouds
        .of(Cloud::Alibaba)
        .credentials
        .as_ref()
        .unwrap();
    let got =
        join_all((0..callers).map(|_| credential_cache.credentials(source, fetch_context))).await;
    got.into_iter()
        .map(|got| {
            got.map(|credentials| credentials.id.clone())
                .map_err(|error| error.code)
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_need_one_secret_and_one_role() {
    let network =
        Network::queue([secret("LTAI1"), temporary_key()]).delayed(Duration::from_millis(80));
    let got = ids(&network, &[&STORED[..], &[ROLE]].concat(), 1000).await;
    assert!(got.iter().all(|got| got.as_deref() == Ok("STS.temporary")));
    assert_eq!(called(&network), ["the secret", "LTAI1"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_the_sts_refuses_is_fetched_anew_once() {
    let variables = [&STORED[..], &[ROLE]].concat();
    for (answers, got, calls) in [
        (
            vec![
                secret("LTAI1"),
                disabled_key(),
                secret("LTAI2"),
                temporary_key(),
            ],
            Ok("STS.temporary".to_owned()),
            vec!["the secret", "LTAI1", "AWSCURRENT", "LTAI2"],
        ),
        (
            vec![
                secret("LTAI1"),
                disabled_key(),
                secret("LTAI1"),
                secret("LTAI0"),
                disabled_key(),
            ],
            Err(ErrorCode::ProviderRejected),
            vec!["the secret", "LTAI1", "AWSCURRENT", "AWSPREVIOUS", "LTAI0"],
        ),
        (
            vec![
                secret("LTAI1"),
                disabled_key(),
                secret("LTAI1"),
                secret("LTAI1"),
            ],
            Err(ErrorCode::ProviderRejected),
            vec!["the secret", "LTAI1", "AWSCURRENT", "AWSPREVIOUS"],
        ),
    ] {
        let network = Network::queue(answers);
        assert_eq!(ids(&network, &variables, 1).await, [got]);
        assert_eq!(called(&network), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_the_environment_is_tried_once() {
    let network = Network::queue([disabled_key()]);
    assert_eq!(
        ids(&network, &[ROLE], 1).await,
        [Err(ErrorCode::ProviderRejected)]
    );
    let network = Network::queue([]);
    assert_eq!(
        ids(&network, &[], 2).await,
        [Ok("LTAItest".to_owned()), Ok("LTAItest".to_owned())]
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_sts_does_not_hold_up_calls_whose_key_is_still_good() {
    let network = Network::new(|_: &HttpRequest| temporary_key());
    let bench = Bench::with(&network, &[ROLE]);
    let context = bench.context();
    let fetch_context = FetchContext {
        provider: ProviderName::AlibabaMqtt,
        transport: context.transport,
        lane: context.limiter.unlimited(),
        deadline: context.deadline,
    };
    let credential_cache = CredentialCache::default();
    let source = context
        .config
        .clouds
        .of(Cloud::Alibaba)
        .credentials
        .as_ref()
        .unwrap();
    credential_cache
        .credentials(source, fetch_context)
        .await
        .unwrap();
    // The key is good for an hour; the clock of the test shows one second more each time that it is
    // read.
    let reads = 3600 - 200;
    for _ in 0..reads {
        (context.transport.clock)();
    }
    let _slow = network.clone().delayed(Duration::from_secs(3600));
    let began = tokio::time::Instant::now();
    assert_eq!(
        credential_cache
            .credentials(source, fetch_context)
            .await
            .unwrap()
            .id,
        "STS.temporary"
    );
    assert!(began.elapsed() <= LONGEST_AHEAD, "{:?}", began.elapsed());
    assert_eq!(network.sent().len(), 2);
}
