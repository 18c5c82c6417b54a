//! Environment variables that can be used, and those that cannot.

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
fn the_allow_list_is_exact() {
    let listed = config(&[("INACTIVATE_ALLOWED_INSTANCES", "post-cn-1, post-cn-2")]).unwrap();
    for (instance, allowed) in [
        ("post-cn-1", true),
        ("post-cn-2", true),
        ("post-cn-", false),
        ("post-cn-11", false),
        ("POST-CN-1", false),
    ] {
        let instance = InstanceId::parse(instance).unwrap();
        assert_eq!(
            listed.inactivate_allowed_instances.allow(&instance),
            allowed,
            "{instance}"
        );
    }
    assert_eq!(
        config(&[("INACTIVATE_ALLOWED_INSTANCES", "*")])
            .unwrap()
            .inactivate_allowed_instances,
        AllowedInstances::All
    );
    for list in ["a,,b", ",", "a,*", "post-*", "a b"] {
        assert!(
            config(&[("INACTIVATE_ALLOWED_INSTANCES", list)]).is_err(),
            "{list}"
        );
    }
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
fn a_provider_without_instances_is_allowed_by_its_name() {
    for (list, allowed) in [
        ("aws-iot", true),
        ("post-cn-1,aws-iot", true),
        ("*", true),
        ("post-cn-1", false),
        ("aws", false),
        ("AWS-IOT", false),
        ("", false),
    ] {
        let config = config(&[("INACTIVATE_ALLOWED_INSTANCES", list)]).unwrap();
        assert_eq!(
            config
                .inactivate_allowed_instances
                .allow_provider(ProviderName::AwsIot),
            allowed,
            "{list}"
        );
        let of_another = list == "*";
        assert_eq!(
            config
                .inactivate_allowed_instances
                .allow_provider(ProviderName::AlibabaPca),
            of_another,
            "{list}"
        );
    }
}

#[test]
fn a_message_may_be_a_day_old_or_as_old_as_is_configured() {
    const VARIABLE: &str = "INACTIVATE_MESSAGE_MAX_AGE_SECONDS";
    for (text, seconds) in [
        ("", 86_400),
        ("60", 60),
        ("86400", 86_400),
        ("1209600", 1_209_600),
    ] {
        assert_eq!(
            config(&[(VARIABLE, text)])
                .unwrap()
                .inactivate_message_max_age,
            Duration::from_secs(seconds),
            "{text:?}"
        );
    }
    assert_eq!(
        config(&[]).unwrap().inactivate_message_max_age,
        Duration::from_secs(86_400)
    );
    for text in [
        "59",
        "0",
        "-60",
        "1209601",
        "1e3",
        "1 day",
        "24h",
        "60.5",
        "99999999999999999999",
    ] {
        assert_eq!(
            config(&[(VARIABLE, text)]).unwrap_err().variable,
            VARIABLE,
            "{text}"
        );
    }
}

#[test]
fn each_cloud_has_its_own_variables() {
    let config = config(&[
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_ENDPOINT_URL_IOT", "http://localhost:4566"),
    ])
    .unwrap();
    let regions = [Cloud::Tencent, Cloud::Alibaba, Cloud::Aws]
        .map(|cloud| config.clouds.of(cloud).region.as_ref().unwrap().as_str());
    assert_eq!(regions, ["ap-guangzhou", "cn-hangzhou", "eu-west-1"]);
    let Some(CredentialSource::Key(KeyOrigin::Environment(credentials))) =
        &config.clouds.of(Cloud::Aws).credentials
    else {
        panic!("AWS has no key")
    };
    assert_eq!(
        (credentials.id.as_str(), credentials.token.is_some()),
        ("AKIA", true)
    );
    assert!(
        [Cloud::Tencent, Cloud::Alibaba].iter().all(|cloud| config
            .clouds
            .of(*cloud)
            .credentials
            .is_none())
    );
    let endpoint = &config.endpoints[&ProviderName::AwsIot];
    assert_eq!(
        endpoint.at("/certificates?pageSize=1"),
        "http://localhost:4566/certificates?pageSize=1"
    );
    assert_eq!(config.endpoints.len(), 1);
}

#[test]
fn half_a_key_does_not_start() {
    for (variables, variable) in [
        (
            &[("TENCENTCLOUD_SECRET_ID", "id")][..],
            "TENCENTCLOUD_SECRET_KEY",
        ),
        (
            &[("TENCENTCLOUD_SECRET_KEY", "key")],
            "TENCENTCLOUD_SECRET_ID",
        ),
        (
            &[("ALIBABA_CLOUD_SECURITY_TOKEN", "token")],
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
        ),
        (&[("AWS_ACCESS_KEY_ID", "id")], "AWS_SECRET_ACCESS_KEY"),
        (&[("AWS_SECRET_ACCESS_KEY", "s3cr3t")], "AWS_ACCESS_KEY_ID"),
        (&[("AWS_SESSION_TOKEN", "s3cr3t")], "AWS_ACCESS_KEY_ID"),
        (
            &[
                ("ALIBABA_CLOUD_ACCESS_KEY_ID", "id"),
                ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s3cr3t\n"),
            ],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ),
    ] {
        let error = config(variables).unwrap_err();
        assert_eq!(error.variable, variable);
        assert!(!error.to_string().contains("s3cr3t"));
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

const LAMBDAS_OWN: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "ASIA"),
    ("AWS_SECRET_ACCESS_KEY", "key"),
    ("AWS_SESSION_TOKEN", "token"),
    ("AWS_REGION", "eu-west-1"),
];
const TENCENT_KEY: [(&str, &str); 2] = [
    ("TENCENTCLOUD_SECRET_ID", "id"),
    ("TENCENTCLOUD_SECRET_KEY", "s3cr3t"),
];
const ALIBABA_KEY: [(&str, &str); 2] = [
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "id"),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s3cr3t"),
];
const TENCENT_ROLE: (&str, &str) = ("TENCENTCLOUD_ROLE_ARN", "qcs::cam::uin/1:roleName/devices");
const ALIBABA_ROLE: (&str, &str) = ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/devices");
const TENCENT_PROVIDER: (&str, &str) = ("TENCENTCLOUD_OIDC_PROVIDER_ID", "aws");
const ALIBABA_PROVIDER: (&str, &str) = (
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "acs:ram::1:oidc-provider/aws",
);

#[test]
fn credentials_come_from_one_of_four_sources() {
    let secret = ("TENCENTCLOUD_SECRETS_MANAGER_SECRET", "tencent-key");
    let parameter = ("ALIBABA_CLOUD_SSM_PARAMETER", "/alibaba/key");
    for (tencent, alibaba, of_tencent, of_alibaba) in [
        (
            &TENCENT_KEY[..],
            &ALIBABA_KEY[..],
            "Key(Environment(",
            "Key(Environment(",
        ),
        (&[secret], &[parameter], "Key(Stored(", "Key(Stored("),
        (
            &[secret, TENCENT_ROLE],
            &[parameter, ALIBABA_ROLE],
            "Role(",
            "Role(",
        ),
        (
            &[TENCENT_ROLE, TENCENT_PROVIDER],
            &[ALIBABA_ROLE, ALIBABA_PROVIDER],
            "Role(",
            "Role(",
        ),
    ] {
        let config = config(&[tencent, alibaba, &LAMBDAS_OWN].concat()).unwrap();
        for (cloud, expected) in [(Cloud::Tencent, of_tencent), (Cloud::Alibaba, of_alibaba)] {
            let shown = format!(
                "{:?}",
                config.clouds.of(cloud).credentials.as_ref().unwrap()
            );
            assert!(shown.starts_with(expected), "{shown}");
            assert!(!shown.contains("s3cr3t"), "{shown}");
        }
    }
}

#[test]
fn the_sts_is_at_its_own_host_or_where_the_operator_says() {
    let hosts = |more: &[(&str, &str)]| {
        let roles = [
            TENCENT_ROLE,
            TENCENT_PROVIDER,
            ALIBABA_ROLE,
            ALIBABA_PROVIDER,
        ];
        let config = config(&[more, &roles, &LAMBDAS_OWN].concat()).unwrap();
        [Cloud::Tencent, Cloud::Alibaba].map(|cloud| match &config.clouds.of(cloud).credentials {
            Some(CredentialSource::Role(role, RoleAuth::Identity(identity))) => {
                format!(
                    "{} {} {}",
                    role.endpoint.host(),
                    identity.endpoint.host(),
                    identity.audience
                )
            }
            other => panic!("{other:?}"),
        })
    };
    let aws = "sts.eu-west-1.amazonaws.com";
    let tencent = format!("sts.tencentcloudapi.com {aws} sts.tencentcloudapi.com");
    for (more, expected) in [
        (&[][..], "sts.aliyuncs.com"),
        (
            &[("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")],
            "sts.cn-hangzhou.aliyuncs.com",
        ),
        (
            &[("ALIBABA_CLOUD_REGION_ID", "mq-internet-access")],
            "sts.aliyuncs.com",
        ),
        (
            &[
                ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
                ("ALIBABA_CLOUD_STS_REGION", "eu-new-1"),
            ],
            "sts.eu-new-1.aliyuncs.com",
        ),
    ] {
        assert_eq!(
            hosts(more),
            [
                tencent.clone(),
                format!("{expected} {aws} sts.aliyuncs.com")
            ]
        );
    }
    let own = [
        ("TENCENT_STS_ENDPOINT", "https://a.test"),
        ("ALIBABA_STS_ENDPOINT", "https://b.test"),
        ("AWS_ENDPOINT_URL_STS", "https://c.test"),
        ("TENCENTCLOUD_OIDC_AUDIENCE", "us"),
        ("ALIBABA_CLOUD_OIDC_AUDIENCE", "them"),
    ];
    assert_eq!(hosts(&own), ["a.test c.test us", "b.test c.test them"]);
}

#[test]
fn a_session_has_the_functions_name_unless_it_has_its_own() {
    for (more, expected) in [
        (&[][..], "device-certificate-functions"),
        (&[("AWS_LAMBDA_FUNCTION_NAME", "describe")], "describe"),
        (
            &[("AWS_LAMBDA_FUNCTION_NAME", "d")],
            "device-certificate-functions",
        ),
        (
            &[
                ("AWS_LAMBDA_FUNCTION_NAME", "describe"),
                ("TENCENTCLOUD_ROLE_SESSION_NAME", "fleet@eu"),
            ],
            "fleet@eu",
        ),
    ] {
        let config = config(&[more, &TENCENT_KEY, &[TENCENT_ROLE]].concat()).unwrap();
        let Some(CredentialSource::Role(role, _)) = &config.clouds.of(Cloud::Tencent).credentials
        else {
            panic!("there is no role")
        };
        assert_eq!(role.session_name, expected);
    }
}

#[test]
fn sources_of_credentials_that_are_incomplete_or_contradictory_do_not_start() {
    let secret = ("ALIBABA_CLOUD_SECRETS_MANAGER_SECRET", "alibaba-key");
    let parameter = ("ALIBABA_CLOUD_SSM_PARAMETER", "/alibaba/key");
    let without = |variable: &'static str| {
        LAMBDAS_OWN
            .iter()
            .copied()
            .filter(|(name, _)| *name != variable)
            .collect::<Vec<_>>()
    };
    let bare = without("AWS_SESSION_TOKEN");
    let homeless = without("AWS_REGION");
    for (variables, lambdas_own, variable) in [
        (
            vec![secret, ALIBABA_KEY[0], ALIBABA_KEY[1]],
            &LAMBDAS_OWN[..],
            "ALIBABA_CLOUD_SECRETS_MANAGER_SECRET",
        ),
        (
            vec![parameter, ALIBABA_KEY[0], ALIBABA_KEY[1]],
            &LAMBDAS_OWN,
            "ALIBABA_CLOUD_SSM_PARAMETER",
        ),
        (
            vec![secret, parameter],
            &LAMBDAS_OWN,
            "ALIBABA_CLOUD_SECRETS_MANAGER_SECRET",
        ),
        (vec![secret], &bare, "AWS_SESSION_TOKEN"),
        (
            vec![("ALIBABA_CLOUD_SECRETS_MANAGER_SECRET", "a b")],
            &LAMBDAS_OWN,
            "ALIBABA_CLOUD_SECRETS_MANAGER_SECRET",
        ),
        (
            vec![secret, ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "http")],
            &LAMBDAS_OWN,
            "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT",
        ),
        (vec![ALIBABA_ROLE], &LAMBDAS_OWN, "ALIBABA_CLOUD_ROLE_ARN"),
        (
            vec![("ALIBABA_CLOUD_ROLE_ARN", TENCENT_ROLE.1), secret],
            &LAMBDAS_OWN,
            "ALIBABA_CLOUD_ROLE_ARN",
        ),
        (
            vec![("TENCENTCLOUD_ROLE_ARN", ALIBABA_ROLE.1), TENCENT_PROVIDER],
            &LAMBDAS_OWN,
            "TENCENTCLOUD_ROLE_ARN",
        ),
        (
            vec![ALIBABA_PROVIDER],
            &LAMBDAS_OWN,
            "ALIBABA_CLOUD_ROLE_ARN",
        ),
        (
            vec![ALIBABA_PROVIDER, ALIBABA_ROLE, secret],
            &LAMBDAS_OWN,
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
        ),
        (
            vec![
                ALIBABA_PROVIDER,
                ALIBABA_ROLE,
                ("ALIBABA_CLOUD_EXTERNAL_ID", "us"),
            ],
            &LAMBDAS_OWN,
            "ALIBABA_CLOUD_EXTERNAL_ID",
        ),
        (
            vec![ALIBABA_ROLE, secret, ("ALIBABA_CLOUD_OIDC_AUDIENCE", "us")],
            &LAMBDAS_OWN,
            "ALIBABA_CLOUD_OIDC_AUDIENCE",
        ),
        (
            vec![
                ALIBABA_ROLE,
                secret,
                ("ALIBABA_CLOUD_ROLE_SESSION_NAME", "a b"),
            ],
            &LAMBDAS_OWN,
            "ALIBABA_CLOUD_ROLE_SESSION_NAME",
        ),
        (
            vec![("TENCENTCLOUD_ROLE_SESSION_NAME", "us")],
            &LAMBDAS_OWN,
            "TENCENTCLOUD_ROLE_ARN",
        ),
        (
            vec![TENCENT_PROVIDER, TENCENT_ROLE],
            &homeless,
            "AWS_REGION",
        ),
        (
            vec![TENCENT_PROVIDER, TENCENT_ROLE],
            &[("AWS_REGION", "eu-west-1")],
            "AWS_ACCESS_KEY_ID",
        ),
        (
            vec![("TENCENT_STS_ENDPOINT", "http://sts.test")],
            &LAMBDAS_OWN,
            "TENCENT_STS_ENDPOINT",
        ),
        (
            vec![("ALIBABA_CLOUD_STS_REGION", "evil.test/")],
            &LAMBDAS_OWN,
            "ALIBABA_CLOUD_STS_REGION",
        ),
    ] {
        let error = config(&[&variables, lambdas_own].concat()).unwrap_err();
        assert_eq!(error.variable, variable, "{variables:?}: {error}");
        assert!(!error.to_string().contains("s3cr3t"));
    }
}
