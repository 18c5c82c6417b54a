//! The signed request.

mod errors;

use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::json;

use super::*;
use crate::error::{Concerns, ErrorCode};
use crate::model::Cloud;
use crate::testing::Bench;
use crate::testing::network::{Answer, Network, Sent, answer, ok, recorded};
use crate::transport::Endpoint;

const API: Api = Api {
    provider: ProviderName::AlibabaPca,
    version: "2020-06-30",
    codes: &[],
};

async fn call(
    network: &Network,
    variables: &[(&str, &str)],
    call: &Call<'_>,
) -> Result<Option<String>, Failure> {
    let bench = Bench::with(network, variables);
    let context = bench.context();
    let origin = bench
        .config
        .clouds
        .of(Cloud::Alibaba)
        .credentials
        .as_ref()
        .unwrap();
    let endpoint = Endpoint::parse("https://cas.test:8443").unwrap();
    let connection = Connection::new(&context, endpoint, Some(origin), ProviderName::AlibabaPca);
    let accept = |answer: &Members<'_>| Ok(answer.text("RequestId").into_value());
    API.call(&connection, call, accept).await
}

async fn read(network: &Network) -> Result<Option<String>, Error> {
    let simple = Call {
        action: Action::GetDeviceCertificate,
        method: Method::POST,
        repeat: Repeat::Always,
        parameters: &[("A", "1")],
    };
    Ok(call(network, &[], &simple).await?)
}

/// The error that always comes of this answer.
async fn refused(given: impl Fn() -> Answer + 'static) -> Error {
    read(&Network::new(move |_| given())).await.unwrap_err()
}

fn signed_by(sent: &Sent, names: &[&str], secret: &str) -> String {
    let query = sent.request.uri().query().unwrap();
    let headers: Vec<(&str, &str)> = names
        .iter()
        .map(|name| {
            (
                *name,
                if *name == "host" {
                    "cas.test:8443"
                } else {
                    sent.header(name).unwrap()
                },
            )
        })
        .collect();
    let request = acs3::Request {
        method: sent.request.method().as_str(),
        canonical_query: query,
        headers: &headers,
        body: &[],
    };
    request.authorization(
        sent.header("x-acs-accesskey-id").unwrap_or("LTAItest"),
        &SecretString::from(secret),
    )
}

#[tokio::test(start_paused = true)]
async fn a_call_carries_everything_in_its_query_and_signs_what_it_sends() {
    for method in [Method::GET, Method::POST] {
        let network = Network::queue([ok(&json!({}))]);
        let parameters = [("SerialNumber", "0a,0B"), ("Awkward", "a b*~/+%&=@\"é")];
        call(
            &network,
            &[],
            &Call {
                action: Action::GetDeviceCertificate,
                method: method.clone(),
                repeat: Repeat::Always,
                parameters: &parameters,
            },
        )
        .await
        .unwrap();
        let sent = &network.sent()[0];
        assert_eq!(
            sent.url(),
            "https://cas.test:8443/?Awkward=a%20b%2A~%2F%2B%25%26%3D%40%22%C3%A9&SerialNumber=0a%2C0B",
            "sorted by name, as it was signed"
        );
        assert_eq!(
            (sent.request.method().clone(), sent.request.body().len()),
            (method, 0)
        );
        for (name, value) in [
            ("accept", "application/json"),
            ("x-acs-action", "GetDeviceCertificate"),
            ("x-acs-version", "2020-06-30"),
            ("x-acs-date", "2025-11-22T08:26:40Z"),
            ("x-acs-signature-nonce", "00000000000000000000000000000000"),
            (
                "x-acs-content-sha256",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
        ] {
            assert_eq!(sent.header(name), Some(value), "{name}");
        }
        let names = [
            "host",
            "x-acs-action",
            "x-acs-content-sha256",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-version",
        ];
        assert_eq!(
            sent.header("authorization"),
            Some(signed_by(sent, &names, "alibaba-key").as_str())
        );
        assert!(
            sent.header("authorization")
                .unwrap()
                .contains(&format!("SignedHeaders={},", names.join(";")))
        );
        assert_eq!(sent.header("x-acs-security-token"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_token_is_sent_and_signed() {
    let network = Network::queue([ok(&json!({}))]);
    let variables = [
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "token-1"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.test"),
    ];
    let simple = Call {
        action: Action::GetDeviceCertificate,
        method: Method::POST,
        repeat: Repeat::Always,
        parameters: &[("A", "")],
    };
    call(&network, &variables, &simple).await.unwrap();
    let sent = &network.sent()[0];
    assert_eq!(
        (
            sent.header("x-acs-security-token"),
            sent.header("x-acs-accesskey-id")
        ),
        (Some("token-1"), Some("STS.test"))
    );
    let names = [
        "host",
        "x-acs-accesskey-id",
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-security-token",
        "x-acs-signature-nonce",
        "x-acs-version",
    ];
    assert_eq!(
        sent.header("authorization"),
        Some(signed_by(sent, &names, "alibaba-key").as_str())
    );
    assert!(sent.url().ends_with("/?A="));
}

#[tokio::test(start_paused = true)]
async fn every_attempt_has_its_own_nonce_and_signature() {
    let network = Network::new(|_| recorded("alibaba-common/Any.error-nonce-used"));
    assert_eq!(
        read(&network).await.unwrap_err().code,
        ErrorCode::ProviderUnavailable
    );
    for name in ["x-acs-signature-nonce", "x-acs-date", "authorization"] {
        let mut values = network.each(|sent| sent.header(name).unwrap().to_owned());
        values.dedup();
        assert_eq!(values.len(), 3, "{name}: {values:?}");
    }
}

/// Values, as JSON, that are no text and no whole number.
pub(in crate::provider) fn odd() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "null",
        "true",
        "[]",
        "{}",
        r#""""#,
        r#""\ud83d""#,
        "1e400",
        "1.5",
        r#"["a"]"#,
        r#"{"a": {"b": []}}"#,
        "\"\u{fffd}\"",
        "[[[[[[[[[[]]]]]]]]]]",
    ])
}
