//! Long-lived and temporary credentials, over plain connections and over TLS.

use std::io::Write as _;

use serde_json::{Value, json};
use simulator::{
    AlibabaInstance, CasCertificate, Fleet, Options, Simulator, TencentInstance, Vendor,
};
use tempfile::NamedTempFile;

use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, alibaba_certificates, at_once, aws_certificates,
    function_with, options, problem, tencent_certificates,
};

/// Each function with its own default, and with AWS.
const FUNCTIONS: [(&str, bool); 6] = [
    ("describe", false),
    ("inactivate", false),
    ("status", false),
    ("describe", true),
    ("inactivate", true),
    ("status", true),
];

fn fleet() -> Fleet {
    let certificates = tencent_certificates(300);
    let tencent = TencentInstance {
        instance_id: TENCENT_INSTANCE.to_owned(),
        region: "ap-guangzhou".to_owned(),
        certificates,
        ..TencentInstance::default()
    };
    let alibaba = AlibabaInstance {
        instance_id: ALIBABA_INSTANCE.to_owned(),
        certificates: alibaba_certificates(3),
    };
    Fleet::of([tencent])
        .with([alibaba])
        .with([CasCertificate::default()])
        .with(aws_certificates(3))
}

fn request(function: &str, at_aws: bool) -> Value {
    let ids: Vec<Value> = aws_certificates(3)
        .into_iter()
        .map(|one| json!({ "fingerprint_sha256": one.certificate_id }))
        .collect();
    match function {
        "describe" if at_aws => json!({ "provider": "aws-iot" }),
        "status" if at_aws => {
            json!({ "provider": "aws-iot", "certificates": [ids[0], { "fingerprint_sha256": "ff".repeat(32) }] })
        }
        _ if at_aws => json!({ "provider": "aws-iot", "certificates": ids }),
        "describe" => json!({ "instance_id": TENCENT_INSTANCE, "limit": 300 }),
        "inactivate" => {
            let serials = ["d00000000000", "d00000000001", "d00000000002"];
            let certificates = serials.map(
                |serial| json!({ "serial_number": serial, "ca_serial_number": "007269004887" }),
            );
            json!({ "instance_id": ALIBABA_INSTANCE, "certificates": certificates })
        }
        _ => {
            json!({ "certificates": [{ "serial_number": "b67e53ebcea9b77d65b0c3236646d715" }, { "serial_number": "0a" }] })
        }
    }
}

/// Whether the answer holds everything that was asked for.
fn is_complete(answer: &Value) -> bool {
    match answer["operation"].as_str().unwrap() {
        "describe" if answer["provider"] == "aws-iot" => {
            answer["certificates"].as_array().unwrap().len() == 3
        }
        "describe" => answer["certificates"].as_array().unwrap().len() == 300,
        "inactivate" => answer["summary"]["inactivated"] == 3,
        _ => {
            ["good", "active"].contains(&answer["results"][0]["status"].as_str().unwrap())
                && answer["results"][1]["found"] == false
        }
    }
}

fn connections(simulator: &Simulator) -> usize {
    Vendor::ALL
        .into_iter()
        .map(|vendor| simulator.connections(vendor))
        .sum()
}

#[tokio::test]
async fn temporary_credentials_are_taken_with_their_token_only() {
    at_once(FUNCTIONS, |(name, at_aws)| async move {
        let simulator = Simulator::start(options(fleet())).await.unwrap();
        let tencent = simulator.temporary_credentials(Vendor::TencentMqtt);
        let alibaba = simulator.temporary_credentials(Vendor::AlibabaMqtt);
        let aws = simulator.temporary_credentials(Vendor::AwsIot);
        let with_tokens = |tencent_token: &str, alibaba_token: &str, aws_token: &str| {
            [
                ("TENCENTCLOUD_SECRET_ID", tencent.id.clone()),
                ("TENCENTCLOUD_SECRET_KEY", tencent.secret.clone()),
                ("TENCENTCLOUD_TOKEN", tencent_token.to_owned()),
                ("ALIBABA_CLOUD_ACCESS_KEY_ID", alibaba.id.clone()),
                ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", alibaba.secret.clone()),
                ("ALIBABA_CLOUD_SECURITY_TOKEN", alibaba_token.to_owned()),
                ("AWS_ACCESS_KEY_ID", aws.id.clone()),
                ("AWS_SECRET_ACCESS_KEY", aws.secret.clone()),
                ("AWS_SESSION_TOKEN", aws_token.to_owned()),
            ]
        };
        for (variables, is_taken) in [
            (with_tokens("", "", ""), false),
            (
                with_tokens("another-token", "another-token", "another-token"),
                false,
            ),
            (
                with_tokens(&tencent.token, &alibaba.token, &aws.token),
                true,
            ),
        ] {
            let own: Vec<(&str, &str)> = variables
                .iter()
                .map(|(variable, value)| (*variable, value.as_str()))
                .collect();
            let mut function = function_with(name, &simulator, &own).await;
            let answer = function.invoke(request(name, at_aws)).await;
            if is_taken {
                assert!(is_complete(&answer.json()), "{name}: {answer}");
            } else {
                let problem = problem(&answer);
                assert_eq!(
                    (&problem["code"], &problem["retryable"]),
                    (&json!("provider_rejected"), &json!(false)),
                    "{name}: {problem}"
                );
                // AWS is asked for all certificates of a small request side by side.
                let calls = match (name, at_aws) {
                    ("status", true) => 2,
                    ("inactivate", true) => 3,
                    _ => 1,
                };
                assert_eq!(
                    simulator.calls().len(),
                    calls,
                    "{name}: refused credentials are not tried again"
                );
                simulator.reset();
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_trusted_server_gets_no_more_connections_than_calls_at_a_time() {
    at_once(FUNCTIONS, |(name, at_aws)| async move {
        let simulator = Simulator::start(Options {
            tls: true,
            ..options(fleet())
        })
        .await
        .unwrap();
        let mut roots = NamedTempFile::new().unwrap();
        roots
            .write_all(simulator.ca_pem().unwrap().as_bytes())
            .unwrap();
        let mut function = function_with(
            name,
            &simulator,
            &[("SSL_CERT_FILE", roots.path().to_str().unwrap())],
        )
        .await;
        let answer = function.invoke(request(name, at_aws)).await;
        assert!(is_complete(&answer.json()), "{name}: {answer}");
        function.invoke(request(name, at_aws)).await.json();
        assert!(simulator.calls().len() > 2, "{name}");
        // The three orders are given side by side. AWS is asked for several certificates side by
        // side as well, and the connection to the default provider is there all the same.
        let most = match (name, at_aws) {
            (_, true) => 4,
            ("inactivate", false) => 3,
            _ => 1,
        };
        assert!(
            (1..=most).contains(&connections(&simulator)),
            "{name}: {} connections for two invocations",
            connections(&simulator)
        );
    })
    .await;
}

#[tokio::test]
async fn an_untrusted_server_is_sent_nothing() {
    at_once(FUNCTIONS, |(name, at_aws)| async move {
        let simulator = Simulator::start(Options {
            tls: true,
            ..options(fleet())
        })
        .await
        .unwrap();
        let other = Simulator::start(Options {
            tls: true,
            ..options(Fleet::empty())
        })
        .await
        .unwrap();
        let mut roots = NamedTempFile::new().unwrap();
        roots.write_all(other.ca_pem().unwrap().as_bytes()).unwrap();
        for file in ["", roots.path().to_str().unwrap()] {
            let mut function = function_with(name, &simulator, &[("SSL_CERT_FILE", file)]).await;
            let problem = problem(&function.invoke(request(name, at_aws)).await);
            assert_eq!(
                (&problem["code"], &problem["status"]),
                (&json!("provider_unavailable"), &json!(503)),
                "{name}: {problem}"
            );
            assert!(
                problem["detail"].as_str().unwrap().contains("certificate"),
                "{name} says why: {problem}"
            );
            assert_eq!(simulator.calls(), [], "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_without_tls_is_sent_nothing() {
    at_once(FUNCTIONS, |(name, at_aws)| async move {
        let simulator = Simulator::start(options(fleet())).await.unwrap();
        let endpoints = [
            (
                "TENCENT_MQTT_ENDPOINT",
                simulator
                    .url(Vendor::TencentMqtt)
                    .replace("http://", "https://"),
            ),
            (
                "ALIBABA_MQTT_ENDPOINT",
                simulator
                    .url(Vendor::AlibabaMqtt)
                    .replace("http://", "https://"),
            ),
            (
                "ALIBABA_CAS_ENDPOINT",
                simulator
                    .url(Vendor::AlibabaCas)
                    .replace("http://", "https://"),
            ),
            (
                "AWS_ENDPOINT_URL_IOT",
                simulator.url(Vendor::AwsIot).replace("http://", "https://"),
            ),
        ];
        let own: Vec<(&str, &str)> = endpoints
            .iter()
            .map(|(variable, value)| (*variable, value.as_str()))
            .collect();
        let mut function = function_with(name, &simulator, &own).await;
        assert_eq!(
            problem(&function.invoke(request(name, at_aws)).await)["code"],
            "provider_unavailable",
            "{name}"
        );
        assert_eq!(simulator.calls(), [], "{name}");
    })
    .await;
}
