//! The sources of credentials, and variables that do not fit together.

use super::*;

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
        (
            vec![("AWS_ENDPOINT_URL_IOT_DATA_PLANE", "http://iot.test")],
            &LAMBDAS_OWN,
            "AWS_ENDPOINT_URL_IOT_DATA_PLANE",
        ),
    ] {
        let error = config(&[&variables, lambdas_own].concat()).unwrap_err();
        assert_eq!(error.variable, variable, "{variables:?}: {error}");
        assert!(!error.to_string().contains("s3cr3t"));
    }
}
