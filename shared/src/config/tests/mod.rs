//! Environment variables that can be used, and those that cannot.

mod credentials;
mod inactivation;

use super::*;
use crate::credentials::{KeyOrigin, RoleAuth};

fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_lookup(&|name| {
        variables
            .iter()
            .find(|(variable, _)| *variable == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn an_empty_environment_allows_nothing() {
    let config = config(&[
        ("INACTIVATE_ALLOWED_INSTANCES", ""),
        ("TENCENTCLOUD_SECRET_ID", ""),
    ])
    .unwrap();
    assert!(config.clouds.of(Cloud::Tencent).credentials.is_none());
    assert_eq!(
        config.inactivate_allowed_instances,
        AllowedInstances::Only(Vec::new())
    );
    assert!(
        !config
            .inactivate_allowed_instances
            .allow(&InstanceId::parse("mqtt-1").unwrap())
    );
}

#[test]
fn secrets_of_webhooks_are_strong_or_not_there_at_all() {
    let strong = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert!(config(&[]).unwrap().webhook_secrets.is_none());
    assert!(
        config(&[("WEBHOOK_SECRETS", strong)])
            .unwrap()
            .webhook_secrets
            .is_some()
    );
    for value in [
        "",
        "whsec_",
        "whsec_c2hvcnQ=",
        "secret",
        &format!("{strong},"),
    ] {
        let error = config(&[("WEBHOOK_SECRETS", value)]).unwrap_err();
        assert_eq!(error.variable, "WEBHOOK_SECRETS", "{value}");
        assert!(!error.reason.contains("c2hvcnQ="), "{}", error.reason);
    }
}

#[test]
fn whole_answers_are_logged_only_on_request() {
    let log_answers = |value| config(&[("LOG_ANSWERS", value)]).map(|config| config.log_answers);
    assert!(!config(&[]).unwrap().log_answers);
    assert_eq!(
        ["", "no", "yes"].map(|value| log_answers(value).unwrap()),
        [false, false, true]
    );
    for value in ["true", "1", "YES", " yes"] {
        assert_eq!(
            log_answers(value).unwrap_err().variable,
            "LOG_ANSWERS",
            "{value}"
        );
    }
}

#[test]
fn sources_are_read_as_a_request_names_them() {
    let list = r#"[{"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1"}, {"provider": "aws-iot"}]"#;
    let sources = config(&[("SOURCES", list)]).unwrap().sources;
    assert_eq!(
        (sources.len(), sources[1].provider, &sources[1].region),
        (2, ProviderName::AwsIot, &None)
    );
    assert_eq!(config(&[]).unwrap().sources, []);
    let many = format!("[{}]", [r#"{"provider": "aws-iot"}"#; 21].join(","));
    for list in [
        "[]",
        "{}",
        "all",
        r#"[{"provider": "aws-iot", "x": 1}]"#,
        r#"[["aws-iot", null, null]]"#,
        &many,
        r#"[{"provider": "aws-iot"}, {"provider": "aws-iot"}]"#,
    ] {
        assert_eq!(
            config(&[("SOURCES", list)]).unwrap_err().variable,
            "SOURCES",
            "{list}"
        );
    }
}

#[test]
fn endpoints_are_bare_and_encrypted() {
    for (text, host, url) in [
        (
            "https://mqtt.intl.tencentcloudapi.com",
            "mqtt.intl.tencentcloudapi.com",
            "https://mqtt.intl.tencentcloudapi.com/?a=b",
        ),
        (
            "https://localhost:8443/",
            "localhost:8443",
            "https://localhost:8443/?a=b",
        ),
        (
            "http://127.0.0.1:9000",
            "127.0.0.1:9000",
            "http://127.0.0.1:9000/?a=b",
        ),
        ("http://[::1]:9000", "[::1]:9000", "http://[::1]:9000/?a=b"),
        (
            "https://example.test:443",
            "example.test",
            "https://example.test/?a=b",
        ),
    ] {
        let endpoint = Endpoint::parse(text).unwrap();
        assert_eq!((endpoint.host(), endpoint.url("a=b").as_str()), (host, url));
    }
    for text in [
        "http://example.test",
        "http://10.0.0.1",
        "ftp://localhost",
        "https://a/b",
        "https://a/?q",
        "https://a/#f",
        "https://u:p@a",
        "localhost:80",
        "",
        "http://localhost.evil.test",
        "https://",
    ] {
        assert!(Endpoint::parse(text).is_err(), "{text}");
    }
}

#[test]
fn secrets_cannot_be_printed() {
    let config = config(&[
        ("TENCENTCLOUD_SECRET_ID", "AKIDcanary"),
        ("TENCENTCLOUD_SECRET_KEY", "canarykey"),
        ("TENCENTCLOUD_TOKEN", "canarytoken"),
        ("AWS_ACCESS_KEY_ID", "AKIAcanary"),
        ("AWS_SECRET_ACCESS_KEY", "canarykey"),
        ("AWS_SESSION_TOKEN", "canarytoken"),
    ])
    .unwrap();
    assert!(!format!("{config:?}").contains("canary"));
}

#[test]
fn a_proxy_that_cannot_be_used_does_not_start_and_is_not_shown() {
    for url in [
        "http://proxy.test:3128",
        "http://user:canary@proxy.test:3128",
        "https://proxy.test",
        "10.0.0.1:3128",
    ] {
        let config = config(&[("HTTPS_PROXY", url), ("NO_PROXY", "localhost")]).unwrap();
        assert!(config.https_proxy.is_some(), "{url}");
        assert!(!format!("{config:?}").contains("canary"));
    }
    for url in [
        "http://user:canary@[",
        "http://user:canary@",
        "http://user:canary@proxy.test:port",
        "socks5://user:canary@proxy.test:1080",
        "ftp://user:canary@proxy.test",
        "user canary",
    ] {
        let error = config(&[("HTTPS_PROXY", url)]).unwrap_err();
        assert_eq!(error.variable, "HTTPS_PROXY", "{url}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    assert!(
        config(&[("HTTPS_PROXY", "")])
            .unwrap()
            .https_proxy
            .is_none()
    );
}

#[test]
fn a_results_queue_needs_credentials_and_a_region() {
    const AWS: [(&str, &str); 3] = [
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let of = |url: &'static str, others: &[(&'static str, &'static str)]| {
        config(&[&[("RESULTS_QUEUE_URL", url)], others].concat())
    };
    for (url, endpoint) in [
        (
            "https://sqs.eu-west-1.amazonaws.com/123456789012/results",
            "https://sqs.eu-west-1.amazonaws.com/",
        ),
        (
            "http://localhost:4566/000000000000/results",
            "http://localhost:4566/",
        ),
    ] {
        let queue = of(url, &AWS).unwrap().results_queue.unwrap();
        assert_eq!(
            (queue.as_str(), queue.endpoint().url("").as_str()),
            (url, endpoint)
        );
        assert_eq!(
            of(url, &AWS[1..]).unwrap_err().variable,
            "AWS_ACCESS_KEY_ID"
        );
        for others in [&AWS[..2], &AWS[2..], &[]] {
            assert_eq!(of(url, others).unwrap_err().variable, "RESULTS_QUEUE_URL");
        }
    }
    for url in [
        "results",
        "https://sqs.eu-west-1.amazonaws.com",
        "https://h/1",
        "https://h/1/2/3",
        "https://h/1/2?x",
        "http://h/1/2",
        "https://u@h/1/2",
    ] {
        assert_eq!(
            of(url, &AWS).unwrap_err().variable,
            "RESULTS_QUEUE_URL",
            "{url}"
        );
    }
    assert!(
        config(&[("RESULTS_QUEUE_URL", "")])
            .unwrap()
            .results_queue
            .is_none()
    );
}
