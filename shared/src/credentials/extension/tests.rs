//! The calls to the extension, and the meaning of its answers.

use serde_json::json;

use super::*;
use crate::model::ProviderName;
use crate::testing::Bench;
use crate::testing::network::{Answer as Sent, Network, answer, cause, ok};

fn stored(store: Store) -> StoredKey {
    StoredKey {
        store,
        name: "arn:aws:secretsmanager:eu-west-1:1:secret:a/b +c".to_owned(),
        variable: "TENCENTCLOUD_SECRETS_MANAGER_SECRET",
        members: ["ID", "KEY", "TOKEN"],
        endpoint: Endpoint::parse("http://localhost:2773").unwrap(),
        session_token: "lambda-token".into(),
    }
}

fn secret(text: &str) -> Sent {
    ok(&json!({ "ARN": "arn", "SecretString": text, "VersionStages": ["AWSCURRENT"] }))
}

fn key(id: &str) -> String {
    json!({ "ID": id, "KEY": "secret" }).to_string()
}

async fn fetch(
    store: Store,
    network: &Network,
    refused: Option<&str>,
) -> Result<Credentials, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    let fetch_context = FetchContext {
        provider: ProviderName::TencentMqtt,
        transport: context.transport,
        lane: context.limiter.unlimited(),
        deadline: context.deadline,
    };
    let stored = stored(store);
    let fetched = match refused {
        None => stored.fetch(fetch_context).await,
        Some(id) => {
            stored
                .fetch_other_than(
                    &Credentials {
                        id: id.to_owned(),
                        secret: "secret".into(),
                        token: None,
                    },
                    fetch_context,
                )
                .await
        }
    };
    fetched.map(|fetched| fetched.credentials)
}

#[tokio::test(start_paused = true)]
async fn a_secret_and_a_parameter_are_read_by_the_extensions_documented_calls() {
    let network = Network::queue([secret(
        r#"{"ID": "AKID", "KEY": "s", "TOKEN": "t", "OTHER": 1}"#,
    )]);
    let credentials = fetch(Store::SecretsManager, &network, None).await.unwrap();
    assert_eq!(credentials.texts().collect::<Vec<_>>(), ["AKID", "s", "t"]);
    let name = "arn%3Aaws%3Asecretsmanager%3Aeu-west-1%3A1%3Asecret%3Aa%2Fb%20%2Bc";
    let url = format!("http://localhost:2773/secretsmanager/get?secretId={name}");
    assert_eq!(network.each(|sent| sent.url()), [url]);
    assert_eq!(
        network.sent()[0].header("x-aws-parameters-secrets-token"),
        Some("lambda-token")
    );

    let network = Network::queue([ok(
        &json!({ "Parameter": { "Value": r#"{"ID": "AKID", "KEY": "s", "TOKEN": ""}"# } }),
    )]);
    let credentials = fetch(Store::ParameterStore, &network, None).await.unwrap();
    assert_eq!(credentials.texts().collect::<Vec<_>>(), ["AKID", "s"]);
    let url = format!(
        "http://localhost:2773/systemsmanager/parameters/get?name={name}&withDecryption=true"
    );
    assert_eq!(network.each(|sent| sent.url()), [url]);
}

#[tokio::test(start_paused = true)]
async fn in_place_of_a_refused_key_the_current_one_is_read_and_then_the_previous_one() {
    let stages = |network: &Network| network.each(|sent| sent.parameter("versionStage"));
    let (current, previous) = (
        Some("AWSCURRENT".to_owned()),
        Some("AWSPREVIOUS".to_owned()),
    );
    for (answers, got, requested) in [
        (vec![secret(&key("new"))], "new", vec![current.clone()]),
        (
            vec![secret(&key("old")), secret(&key("older"))],
            "older",
            vec![current.clone(), previous.clone()],
        ),
        (
            vec![
                secret(&key("old")),
                answer(400, "ResourceNotFoundException"),
            ],
            "old",
            vec![current, previous],
        ),
    ] {
        let network = Network::queue(answers);
        assert_eq!(
            fetch(Store::SecretsManager, &network, Some("old"))
                .await
                .unwrap()
                .id,
            got
        );
        assert_eq!(stages(&network), requested);
    }
    let network = Network::queue([ok(&json!({ "Parameter": { "Value": key("old") } }))]);
    assert_eq!(
        fetch(Store::ParameterStore, &network, Some("old"))
            .await
            .unwrap()
            .id,
        "old"
    );
    assert_eq!(stages(&network), [None]);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_cannot_be_used_is_an_error_without_its_text() {
    for (given, code, words) in [
        (
            answer(403, "denied"),
            ErrorCode::ProviderRejected,
            "function's role may read",
        ),
        (answer(404, ""), ErrorCode::ProviderRejected, "HTTP 404"),
        (answer(429, ""), ErrorCode::Throttled, "throttles"),
        (answer(500, ""), ErrorCode::ProviderUnavailable, "HTTP 500"),
        (
            answer(400, "not ready to serve traffic, please wait"),
            ErrorCode::ProviderUnavailable,
            "not ready",
        ),
        (
            Err(crate::transport::SendError::NotSent(cause("refused"))),
            ErrorCode::ProviderUnavailable,
            "Lambda layer",
        ),
        (
            answer(200, "canary"),
            ErrorCode::ProviderInvalidResponse,
            "has no value",
        ),
        (
            ok(&json!([1])),
            ErrorCode::ProviderInvalidResponse,
            "has no value",
        ),
        (
            secret("canary"),
            ErrorCode::ProviderRejected,
            "not a JSON object",
        ),
        (
            secret("[\"canary\"]"),
            ErrorCode::ProviderRejected,
            "not a JSON object",
        ),
        (
            secret(r#"{"ID": "canary"}"#),
            ErrorCode::ProviderRejected,
            "no member KEY",
        ),
        (
            secret(r#"{"ID": "", "KEY": "canary"}"#),
            ErrorCode::ProviderRejected,
            "no member ID",
        ),
        (
            secret(r#"{"ID": "a", "KEY": "canary\n"}"#),
            ErrorCode::ProviderRejected,
            "member KEY holds",
        ),
        (
            secret(r#"{"ID": "a", "KEY": 7}"#),
            ErrorCode::ProviderRejected,
            "member KEY is not a string",
        ),
    ] {
        let network = Network::new(move |_| given.clone());
        let error = fetch(Store::SecretsManager, &network, None)
            .await
            .unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert!(
            error.detail.contains(words)
                && error.detail.contains("TENCENTCLOUD_SECRETS_MANAGER_SECRET"),
            "{error}"
        );
        assert!(!error.detail.contains("canary"), "{error}");
        let attempts = if code.retryable() { 3 } else { 1 };
        assert_eq!(network.sent().len(), attempts, "{error}");
    }
}
