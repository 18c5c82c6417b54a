//! The environment: what a function refuses to start with, and what it does without.

use serde_json::json;
use simulator::{AwsCertificate, Fleet, Simulator};
use tokio::net::TcpListener;
use whole_function_tests::{Answer, Runtime};

use crate::setup::{
    ALIBABA_INSTANCE, TENCENT_INSTANCE, at_once, function_with, pair, problem, simulator, tencent,
    tencent_certificates, variables,
};

async fn vendors() -> Simulator {
    simulator(Fleet::empty()).await
}

/// Function, variable, and a value with which it cannot work.
const UNUSABLE: &[(&str, &str, &str)] = &[
    ("describe", "TENCENTCLOUD_SECRET_KEY", ""),
    ("describe", "AWS_REGION", "EU-West-1"),
    ("describe", "DEFAULT_PROVIDER", "tencent"),
    ("describe", "SOURCES", "all"),
    (
        "inactivate",
        "ALIBABA_MQTT_ENDPOINT",
        "http://mqtt.example.test",
    ),
    ("inactivate", "INACTIVATE_ALLOWED_INSTANCES", "post-*"),
    ("inactivate", "DRY_RUNS_ONLY", "true"),
    ("inactivate", "WEBHOOK_SECRETS", "whsec_c2hvcnQ="),
    ("status", "AWS_SECRET_ACCESS_KEY", "with a blank"),
    ("status", "SSL_CERT_FILE", "/nowhere/roots.pem"),
    (
        "status",
        "SSL_CERT_FILE",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ),
];

#[tokio::test]
async fn a_function_does_not_start_with_a_value_that_cannot_be_used_and_says_which() {
    at_once(UNUSABLE, |&(function, variable, value)| async move {
        let simulator = vendors().await;
        let mut runtime = function_with(
            function,
            &simulator,
            &[(variable, value), ("AWS_LAMBDA_LOG_FORMAT", "JSON")],
        )
        .await;
        let answer = runtime.invoke(json!({})).await;
        assert!(
            matches!(answer, Answer::Exited { .. } | Answer::InitError(_)),
            "{variable}={value}: {answer}"
        );
        let lines = runtime.json_logs();
        let is_named = lines
            .iter()
            .any(|line| line["level"] == "ERROR" && line.to_string().contains(variable));
        assert!(is_named, "{variable}={value}: {lines:?}");
        assert!(!runtime.is_alive());
    })
    .await;
}

#[tokio::test]
async fn without_credentials_a_function_starts_and_says_what_to_set() {
    for (name, request, prefix) in [
        (
            "describe",
            json!({ "instance_id": TENCENT_INSTANCE }),
            "TENCENTCLOUD_SECRET_",
        ),
        (
            "inactivate",
            json!({ "instance_id": ALIBABA_INSTANCE, "certificates": [{ "serial_number": "0a", "ca_serial_number": "0b" }] }),
            "ALIBABA_CLOUD_ACCESS_KEY_",
        ),
        (
            "status",
            json!({ "certificates": [{ "serial_number": "0a" }] }),
            "ALIBABA_CLOUD_ACCESS_KEY_",
        ),
        (
            "describe",
            json!({ "provider": "aws-iot" }),
            "AWS_ACCESS_KEY_ID",
        ),
        (
            "inactivate",
            json!({ "provider": "aws-iot", "certificates": [{ "fingerprint_sha256": "ab".repeat(32) }] }),
            "AWS_ACCESS_KEY_ID",
        ),
        (
            "status",
            json!({ "provider": "aws-iot", "certificates": [{ "fingerprint_sha256": "ab".repeat(32) }] }),
            "AWS_ACCESS_KEY_ID",
        ),
    ] {
        let simulator = vendors().await;
        let unset = [
            "TENCENTCLOUD_SECRET_ID",
            "TENCENTCLOUD_SECRET_KEY",
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
        ]
        .map(|variable| (variable, ""));
        let mut function = function_with(name, &simulator, &unset).await;
        let problem = problem(&function.invoke(request).await);
        assert_eq!(
            (&problem["code"], &problem["retryable"]),
            (&json!("provider_rejected"), &json!(false)),
            "{name}"
        );
        assert!(
            problem["detail"].as_str().unwrap().contains(prefix),
            "{name}: {problem}"
        );
        assert_eq!(simulator.calls(), [], "{name}");
    }
}

#[tokio::test]
async fn a_function_starts_with_nothing_of_its_own_set() {
    for name in ["describe", "inactivate", "status"] {
        let mut function = Runtime::start(name, &[]).await;
        assert_eq!(
            problem(&function.invoke(json!({ "provider": "azure" })).await)["field"],
            "provider",
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_requests_own_region_and_provider_win_over_the_configured_ones() {
    let mut fleet = tencent(tencent_certificates(1));
    fleet.tencent_mqtt.get_mut(TENCENT_INSTANCE).unwrap().region = "ap-shanghai".to_owned();
    let simulator = simulator(fleet).await;
    let mut function =
        function_with("describe", &simulator, &[("DEFAULT_PROVIDER", "aws-iot")]).await;
    let request = json!({ "provider": "tencent-mqtt", "region": "ap-shanghai", "instance_id": TENCENT_INSTANCE });
    let answer = function.invoke(request).await.json();
    assert_eq!(
        (
            &answer["provider"],
            &answer["region"],
            &answer["total_count"]
        ),
        (&json!("tencent-mqtt"), &json!("ap-shanghai"), &json!(1))
    );
    let elsewhere = json!({ "provider": "tencent-mqtt", "instance_id": TENCENT_INSTANCE });
    assert_eq!(
        problem(&function.invoke(elsewhere).await)["code"],
        "not_found"
    );
}

#[tokio::test]
async fn aws_is_called_in_the_region_of_lambda_unless_the_request_names_another() {
    let [near, far] = ["eu-west-1", "us-east-1"].map(|region| AwsCertificate {
        certificate_id: if region == "us-east-1" { "ab" } else { "cd" }.repeat(32),
        region: region.to_owned(),
        ..AwsCertificate::default()
    });
    let simulator = simulator(Fleet::empty().with([near, far])).await;
    let mut function = function_with("describe", &simulator, &[]).await;
    for (region, expected, id) in [
        (None, "eu-west-1", "cd"),
        (Some("us-east-1"), "us-east-1", "ab"),
    ] {
        let answer = function
            .invoke(json!({ "provider": "aws-iot", "region": region }))
            .await
            .json();
        assert_eq!(
            (
                &answer["region"],
                answer["certificates"].as_array().unwrap().len()
            ),
            (&json!(expected), 1)
        );
        assert_eq!(
            answer["certificates"][0]["fingerprint_sha256"],
            id.repeat(32)
        );
    }
    let unknown = problem(
        &function
            .invoke(json!({ "provider": "aws-iot", "region": "eu-nowhere-9" }))
            .await,
    );
    assert_eq!(
        (&unknown["code"], &unknown["field"]),
        (&json!("invalid_request"), &json!("region"))
    );
    let mut function = function_with("describe", &simulator, &[("AWS_REGION", "")]).await;
    let missing = problem(&function.invoke(json!({ "provider": "aws-iot" })).await);
    assert_eq!(
        (&missing["code"], &missing["field"]),
        (&json!("invalid_request"), &json!("region"))
    );
    assert!(
        missing["detail"].as_str().unwrap().contains("AWS_REGION"),
        "{missing}"
    );
}

#[tokio::test]
async fn a_proxy_in_the_environment_is_not_used() {
    let (simulator, _) = pair("describe", tencent(tencent_certificates(1))).await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let names = [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ];
    let mut function = function_with(
        "describe",
        &simulator,
        &names.map(|name| (name, url.as_str())),
    )
    .await;
    let answer = function
        .invoke(json!({ "instance_id": TENCENT_INSTANCE }))
        .await
        .json();
    assert_eq!(answer["total_count"], 1);
    let visited = tokio::time::timeout(std::time::Duration::from_millis(50), proxy.accept()).await;
    assert!(visited.is_err(), "the proxy was called");
}

#[tokio::test]
async fn every_line_of_a_json_log_is_json_and_of_the_configured_level() {
    let simulator = vendors().await;
    let hostile = json!({ "certificates": [{ "serial_number": "x\n{\"level\":\"INFO\"}\r\u{2028}\u{1b}[0m" }] });
    for (level, warnings) in [
        ("TRACE", 1),
        ("DEBUG", 1),
        ("INFO", 1),
        ("WARN", 1),
        ("ERROR", 0),
        ("FATAL", 0),
        ("nonsense", 1),
    ] {
        let own = [
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_LEVEL", level),
        ];
        let mut function = function_with("status", &simulator, &own).await;
        problem(&function.invoke(&hostile).await);
        let lines = function.json_logs();
        let messages = lines.iter().filter(|line| line["message"] != "event");
        assert_eq!(
            messages.filter(|line| line["level"] == "WARN").count(),
            warnings,
            "{level}: {lines:?}"
        );
        for line in &lines {
            for member in ["timestamp", "level", "message"] {
                assert!(line[member].is_string(), "{level}: {line}");
            }
        }
    }
    let wired = variables("status", &simulator);
    let wired: Vec<(&str, &str)> = wired
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut as_text = Runtime::start("status", &wired).await;
    problem(&as_text.invoke(&hostile).await);
    let logs = as_text.logs();
    let (records, lines): (Vec<&str>, Vec<&str>) =
        logs.lines().partition(|line| line.starts_with('{'));
    assert_eq!(
        records.len(),
        1,
        "the event's own line is JSON whatever the format: {records:?}"
    );
    for line in lines {
        let words: Vec<&str> = line.split(' ').take(2).collect();
        assert!(
            words[0].ends_with('Z') && ["WARN", "ERROR"].contains(&words[1]),
            "a line begins within a text: {line}"
        );
    }
}

#[tokio::test]
async fn a_binary_that_is_started_by_hand_says_where_it_runs_and_how_to_try_it() {
    for name in ["describe", "inactivate", "status"] {
        let mut function = Runtime::start(name, &[("AWS_LAMBDA_RUNTIME_API", "")]).await;
        let answer = function.invoke(json!({})).await;
        let Answer::Exited { status, .. } = &answer else {
            panic!("{name}: {answer}");
        };
        assert!(!status.success(), "{name}: {answer}");
        let text = function.logs();
        for part in [name, "AWS Lambda", "`make demo`", "`make local`"] {
            assert!(text.contains(part), "{name}: {text}");
        }
        assert!(!text.contains("panicked"), "{name}: {text}");
        assert_eq!(text.trim().lines().count(), 1, "{name}: {text}");
    }
}
