//! The calls to each STS, and the meaning of its answers. The bytes are compared with those of the
//! official SDKs in tests/conformance.

use serde_json::json;

use super::*;
use crate::credentials::{CredentialSource, RoleAuth};
use crate::model::{Cloud, ProviderName};
use crate::testing::Bench;
use crate::testing::network::{Answer, Network, answer, ok};

mod refusals;

const TENCENT_ROLE: (&str, &str) = ("TENCENTCLOUD_ROLE_ARN", "qcs::cam::uin/1:roleName/devices");
const ALIBABA_ROLE: (&str, &str) = ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/devices");

fn keyless(provider: ProviderName) -> Vec<(&'static str, &'static str)> {
    let mut variables = vec![
        ("AWS_REGION", "eu-west-1"),
        ("AWS_SESSION_TOKEN", "aws-token"),
    ];
    match provider {
        ProviderName::TencentMqtt => {
            variables.extend([
                ("TENCENTCLOUD_SECRET_ID", ""),
                ("TENCENTCLOUD_SECRET_KEY", ""),
            ]);
            variables.extend([TENCENT_ROLE, ("TENCENTCLOUD_OIDC_PROVIDER_ID", "aws")]);
        }
        _ => {
            variables.extend([
                ("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
                ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
            ]);
            variables.extend([
                ALIBABA_ROLE,
                (
                    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
                    "acs:ram::1:oidc-provider/aws",
                ),
            ]);
        }
    }
    variables
}

fn with_key(provider: ProviderName) -> Vec<(&'static str, &'static str)> {
    vec![if provider == ProviderName::TencentMqtt {
        TENCENT_ROLE
    } else {
        ALIBABA_ROLE
    }]
}

async fn fetch(
    network: &Network,
    provider: ProviderName,
    variables: &[(&str, &str)],
) -> Result<Fetched, Error> {
    let bench = Bench::with(network, variables);
    let context = bench.context();
    let fetch_context = FetchContext {
        provider,
        transport: context.transport,
        lane: context.limiter.unlimited(),
        deadline: context.deadline,
    };
    let cloud = if provider == ProviderName::TencentMqtt {
        context.config.clouds.of(Cloud::Tencent)
    } else {
        context.config.clouds.of(Cloud::Alibaba)
    };
    match cloud.credentials.as_ref().unwrap() {
        CredentialSource::Role(role, RoleAuth::Identity(identity)) => {
            role.assume_as(identity, fetch_context).await
        }
        CredentialSource::Role(role, RoleAuth::Key(_)) => {
            let key = Credentials {
                id: "AKIDtest".to_owned(),
                secret: "key-canary".into(),
                token: Some("token-canary".into()),
            };
            role.assume_with(&key, fetch_context).await
        }
        CredentialSource::Key(_) => panic!("no role is configured"),
    }
}

fn aws_token() -> Answer {
    let body = "<GetWebIdentityTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetWebIdentityTokenResult>\
        <WebIdentityToken>head.jwt-canary.tail</WebIdentityToken><Expiration>2025-11-22T08:31:40Z</Expiration>\
        </GetWebIdentityTokenResult></GetWebIdentityTokenResponse>";
    answer(200, body)
}

fn tencent_key() -> Answer {
    ok(&json!({ "Response": {
        "ExpiredTime": 1_763_803_600, "Expiration": "2025-11-22T09:26:40Z", "RequestId": "id-1",
        "Credentials": { "Token": "t", "TmpSecretId": "AKIDtemporary", "TmpSecretKey": "s" } } }))
}

fn alibaba_key() -> Answer {
    ok(&json!({ "RequestId": "id-1", "Credentials": {
        "AccessKeyId": "STS.temporary", "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": "2025-11-22T09:26:40Z" } }))
}

#[tokio::test(start_paused = true)]
async fn a_key_and_its_end_come_from_the_sts() {
    for (provider, given, id) in [
        (ProviderName::TencentMqtt, tencent_key(), "AKIDtemporary"),
        (ProviderName::AlibabaMqtt, alibaba_key(), "STS.temporary"),
    ] {
        for variables in [with_key(provider), keyless(provider)] {
            let answers = if variables.len() > 1 {
                vec![aws_token(), given.clone()]
            } else {
                vec![given.clone()]
            };
            let network = Network::queue(answers);
            let fetched = fetch(&network, provider, &variables).await.unwrap();
            assert_eq!(
                fetched.credentials.texts().collect::<Vec<_>>(),
                [id, "s", "t"]
            );
            assert_eq!(
                fetched.expires_at,
                Timestamp::parse("2025-11-22T09:26:40Z").ok()
            );
            assert!(
                network
                    .sent()
                    .iter()
                    .all(|sent| !sent.url().contains("canary")),
                "nothing secret is in a URL"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_goes_in_the_body_to_the_one_it_is_meant_for() {
    let network = Network::queue([aws_token(), alibaba_key(), aws_token(), tencent_key()]);
    fetch(
        &network,
        ProviderName::AlibabaPca,
        &keyless(ProviderName::AlibabaPca),
    )
    .await
    .unwrap();
    fetch(
        &network,
        ProviderName::TencentMqtt,
        &keyless(ProviderName::TencentMqtt),
    )
    .await
    .unwrap();
    let sent = network.sent();
    let body = |number: usize| String::from_utf8(sent[number].request.body().to_vec()).unwrap();
    assert_eq!(sent[0].url(), "https://sts.eu-west-1.amazonaws.com/");
    assert!(
        body(0).contains("Audience.member.1=sts.aliyuncs.com"),
        "{}",
        body(0)
    );
    assert!(
        sent[0]
            .header("authorization")
            .unwrap()
            .contains("/eu-west-1/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date")
    );
    assert!(
        sent[1].url().starts_with(
            "https://sts.aliyuncs.com/?Action=AssumeRoleWithOIDC&Format=JSON&Timestamp="
        )
    );
    assert!(
        body(1).contains("OIDCToken=head.jwt-canary.tail"),
        "{}",
        body(1)
    );
    assert_eq!(sent[1].header("authorization"), None);
    assert!(
        body(2).contains("Audience.member.1=sts.tencentcloudapi.com"),
        "{}",
        body(2)
    );
    assert_eq!(sent[3].url(), "https://sts.tencentcloudapi.com/");
    assert_eq!(
        (
            sent[3].header("authorization"),
            sent[3].header("x-tc-region")
        ),
        (Some("SKIP"), Some("ap-guangzhou"))
    );
    assert_eq!(sent[3].body()["WebIdentityToken"], "head.jwt-canary.tail");
}

#[tokio::test(start_paused = true)]
async fn the_owner_of_a_role_may_require_an_external_id() {
    let network = Network::queue([alibaba_key()]);
    let variables = [
        ALIBABA_ROLE,
        ("ALIBABA_CLOUD_EXTERNAL_ID", "of us"),
        ("ALIBABA_CLOUD_ROLE_SESSION_NAME", "devices"),
    ];
    let refused = crate::config::Config::from_lookup(&|name| {
        variables
            .iter()
            .find(|(variable, _)| *variable == name)
            .map(|(_, value)| (*value).to_owned())
    });
    assert_eq!(refused.unwrap_err().variable, "ALIBABA_CLOUD_EXTERNAL_ID");
    let variables = [
        ALIBABA_ROLE,
        ("ALIBABA_CLOUD_EXTERNAL_ID", "of-us"),
        ("ALIBABA_CLOUD_ROLE_SESSION_NAME", "devices"),
    ];
    fetch(&network, ProviderName::AlibabaMqtt, &variables)
        .await
        .unwrap();
    let sent = network.sent();
    let parameter = |name| sent[0].parameter(name);
    assert_eq!(
        (
            parameter("ExternalId").as_deref(),
            parameter("RoleSessionName").as_deref()
        ),
        (Some("of-us"), Some("devices"))
    );
}

#[test]
fn each_sts_is_at_a_host_of_a_table_or_of_the_operator() {
    for (region, host) in [
        (Some("cn-hangzhou"), "sts.cn-hangzhou.aliyuncs.com"),
        (Some("mq-internet-access"), "sts.aliyuncs.com"),
        (None, "sts.aliyuncs.com"),
    ] {
        assert_eq!(alibaba::host(region), host);
    }
    for (region, host) in [
        ("eu-west-1", "sts.eu-west-1.amazonaws.com"),
        ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
    ] {
        assert_eq!(aws::host(&Region::parse(region).unwrap()), host);
    }
}
