//! From source and configuration to an API: instance, region, host, credentials.

use super::*;
use crate::error::ProviderError;
use crate::model::{Cloud, InstanceId, ProviderName, RequestId};
use crate::testing::Bench;
use crate::testing::network::{Network, answer, get, url};

struct Setup<'a> {
    variables: &'a [(&'a str, &'a str)],
    region: Option<&'a str>,
    /// One host for all regions, or one for each known region.
    central_host: Option<&'static str>,
}

/// Region and URL of a call to a provider that knows `aa-one` and `aa-two`.
fn connected(setup: &Setup<'_>) -> Result<(String, String), Error> {
    let network = Network::queue([]);
    let bench = Bench::with(&network, setup.variables);
    let context = bench.context();
    let profile = ProviderHosts {
        host: |region| {
            ["aa-one", "aa-two"]
                .contains(&region.as_str())
                .then(|| format!("{region}.vendor.test"))
        },
        central_host: setup.central_host,
    };
    let region = setup.region.map(|region| Region::parse(region).unwrap());
    let source = Source {
        provider: ProviderName::TencentMqtt,
        region,
        instance_id: InstanceId::parse("mqtt-1").ok(),
    };
    let (scope, connection) = connect(&context, source, &profile)?;
    Ok((
        scope.region.as_str().to_owned(),
        connection.endpoint.url(""),
    ))
}

#[test]
fn the_requests_region_comes_before_the_configured_one_and_the_endpoint_before_the_table() {
    let endpoint = ("TENCENT_MQTT_ENDPOINT", "https://private.test");
    let here = ("TENCENTCLOUD_REGION", "aa-one");
    let new = ("TENCENTCLOUD_REGION", "bb-new");
    for (variables, region, central_host, expected) in [
        (
            &[][..],
            Some("aa-one"),
            None,
            Ok(("aa-one", "https://aa-one.vendor.test/")),
        ),
        (
            &[here],
            None,
            None,
            Ok(("aa-one", "https://aa-one.vendor.test/")),
        ),
        (
            &[here],
            Some("aa-two"),
            None,
            Ok(("aa-two", "https://aa-two.vendor.test/")),
        ),
        (
            &[here, endpoint],
            None,
            None,
            Ok(("aa-one", "https://private.test/")),
        ),
        // A configured region is used as it is, unless it would become part of a host name.
        (
            &[new, endpoint],
            None,
            None,
            Ok(("bb-new", "https://private.test/")),
        ),
        (
            &[new, endpoint],
            Some("bb-new"),
            None,
            Ok(("bb-new", "https://private.test/")),
        ),
        (
            &[new],
            None,
            Some("central.test"),
            Ok(("bb-new", "https://central.test/")),
        ),
        (&[new], None, None, Err("region")),
        (&[endpoint], Some("bb-new"), None, Err("region")),
        (
            &[here, endpoint],
            Some("bb-new"),
            Some("central.test"),
            Err("region"),
        ),
        (&[endpoint], None, Some("central.test"), Err("region")),
    ] {
        let result = connected(&Setup {
            variables,
            region,
            central_host,
        });
        match (&result, expected) {
            (Ok((region, url)), Ok(expected)) => {
                assert_eq!((region.as_str(), url.as_str()), expected, "{variables:?}")
            }
            (Err(error), Err(field)) => {
                assert_eq!(
                    (error.code, error.field.as_deref()),
                    (ErrorCode::InvalidRequest, Some(field)),
                    "{variables:?}"
                );
            }
            _ => panic!("{result:?} for {variables:?}, {region:?}"),
        }
    }
}

#[test]
fn a_missing_region_is_reported_by_the_name_of_its_variable() {
    let error = connected(&Setup {
        variables: &[],
        region: None,
        central_host: None,
    })
    .unwrap_err();
    assert!(error.detail.contains("TENCENTCLOUD_REGION"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_key_is_reported_by_the_names_of_its_variables_when_a_call_needs_it() {
    let network = Network::queue([]);
    let bench = Bench::new(&network);
    let context = bench.context();
    let endpoint = Endpoint::https("vendor.test");
    let connection = Connection::new(&context, endpoint, None, ProviderName::TencentMqtt);
    let sign = |_: &Credentials, _, _| -> Result<HttpRequest, Error> { panic!("it is signed") };
    let call = connection.call(
        Action::DescribeDeviceCertificates,
        Repeat::Always,
        sign,
        |_| Ok(()),
    );
    let error = call.await.unwrap_err().error;
    assert_eq!(error.code, ErrorCode::ProviderRejected);
    assert!(
        error
            .detail
            .contains("set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY"),
        "{error}"
    );
}

#[test]
fn an_instance_is_named_exactly_where_there_are_instances() {
    let network = Network::queue([]);
    let bench = Bench::new(&network);
    let context = bench.context();
    for (provider, instance_id, fits) in [
        (ProviderName::TencentMqtt, Some("mqtt-1"), true),
        (ProviderName::TencentMqtt, None, false),
        (ProviderName::AwsIot, None, true),
        (ProviderName::AwsIot, Some("mqtt-1"), false),
    ] {
        let profile = ProviderHosts {
            host: |_| Some("vendor.test".to_owned()),
            central_host: None,
        };
        let instance_id = instance_id.map(|text| InstanceId::parse(text).unwrap());
        let source = Source {
            provider,
            region: Region::parse("aa-one").ok(),
            instance_id,
        };
        match connect(&context, source, &profile) {
            Ok((scope, _)) => {
                assert!(fits && scope.instance_id.is_some() == provider.has_instances())
            }
            Err(error) => assert!(
                !fits && error.field.as_deref() == Some("instance_id"),
                "{error}"
            ),
        }
    }
}

/// The JSON of an error with this text of the vendor, from a connection with these credentials.
async fn reported(message: String) -> String {
    let network = Network::queue([answer(200, "")]);
    let bench = Bench::with(&network, &[("TENCENTCLOUD_TOKEN", "token-canary")]);
    let context = bench.context();
    let origin = bench
        .config
        .clouds
        .of(Cloud::Tencent)
        .credentials
        .as_ref()
        .unwrap();
    let endpoint = Endpoint::https("vendor.test");
    let connection = Connection::new(&context, endpoint, Some(origin), ProviderName::TencentMqtt);
    let read = |_: &HttpResponse| -> Result<(), Error> {
        let provider_error = ProviderError::new(
            ProviderName::TencentMqtt,
            "Odd.AKIDtest",
            Some(&message),
            RequestId::read("id-tencent-key"),
        );
        Err(Error::new(ErrorCode::ProviderRejected, "odd").with_provider_error(provider_error))
    };
    let sign = |_: &Credentials, _, _| Ok(get("https://vendor.test/"));
    let failure = connection
        .call(
            Action::DescribeDeviceCertificate,
            Repeat::OnlyIfNotDone,
            sign,
            read,
        )
        .await
        .unwrap_err();
    serde_json::to_string(&failure.error).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_repeats_the_credentials_is_reported_without_them() {
    let json =
        reported("key tencent-key of AKIDtest with token-canary, twice: tencent-key".to_owned())
            .await;
    assert!(
        json.contains("key *** of *** with ***, twice: ***")
            && json.contains("Odd.***")
            && json.contains("id-***"),
        "{json}"
    );
    for value in ["AKIDtest", "tencent-key", "token-canary"] {
        assert!(!json.contains(value), "{json}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_is_cut_with_a_long_message_goes_no_further_either() {
    for length in 495..512 {
        let json = reported(format!("{}token-canary and more", " ".repeat(length))).await;
        assert!(!json.contains("token"), "{length}: {json}");
    }
}

const SECRET: [(&str, &str); 4] = [
    ("TENCENTCLOUD_SECRET_ID", ""),
    ("TENCENTCLOUD_SECRET_KEY", ""),
    ("TENCENTCLOUD_SECRETS_MANAGER_SECRET", "tencent-key"),
    ("AWS_SESSION_TOKEN", "aws-token"),
];

/// A secret that holds these keys one after the other, the last one from then on, and a vendor that
/// takes the good ones and answers this status to all others; 403 is about the key.
fn rotated(ids: &'static [&'static str], good: &'static [&'static str], refusal: u16) -> Network {
    let mut calls = 0;
    Network::new(move |request| {
        if url(request).contains("/secretsmanager/") {
            let id = ids[calls.min(ids.len() - 1)];
            calls += 1;
            let text = format!(
                r#"{{\"TENCENTCLOUD_SECRET_ID\": \"{id}\", \"TENCENTCLOUD_SECRET_KEY\": \"tencent-key\"}}"#
            );
            return answer(200, format!(r#"{{"SecretString": "{text}"}}"#));
        }
        let is_good = good.iter().any(|id| url(request).ends_with(id));
        answer(if is_good { 200 } else { refusal }, "")
    })
}

/// Makes so many calls at once with the key of this environment, and returns the number of those
/// that succeeded, and the URLs that were called.
async fn calls(
    network: &Network,
    variables: &[(&str, &str)],
    count: usize,
) -> (usize, Vec<String>) {
    let bench = Bench::with(network, variables);
    let context = bench.context();
    let origin = bench
        .config
        .clouds
        .of(Cloud::Tencent)
        .credentials
        .as_ref()
        .unwrap();
    let endpoint = Endpoint::https("vendor.test");
    let connection = Connection::new(&context, endpoint, Some(origin), ProviderName::TencentMqtt);
    let read = |response: &HttpResponse| match response.status().as_u16() {
        200 => Ok(()),
        status => Err(
            Error::new(ErrorCode::ProviderRejected, "no").about(match status {
                403 => Concerns::Key,
                _ => Concerns::Other,
            }),
        ),
    };
    let sign = |credentials: &Credentials, _, _| {
        Ok(get(&format!("https://vendor.test/{}", credentials.id)))
    };
    let called = futures_util::future::join_all((0..count).map(|_| {
        connection.call(
            Action::DescribeDeviceCertificate,
            Repeat::OnlyIfNotDone,
            sign,
            read,
        )
    }))
    .await;
    for failure in called.iter().filter_map(|called| called.as_ref().err()) {
        assert!(!failure.may_have_acted && failure.error.code == ErrorCode::ProviderRejected);
    }
    (
        called.iter().filter(|called| called.is_ok()).count(),
        network.each(|sent| sent.url().rsplit('/').next().unwrap().to_owned()),
    )
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_fetched_anew_once_and_the_call_made_once_more() {
    let first = "get?secretId=tencent-key";
    let current = "get?secretId=tencent-key&versionStage=AWSCURRENT";
    let previous = "get?secretId=tencent-key&versionStage=AWSPREVIOUS";
    for (ids, good, well, expected) in [
        (
            &["old", "new"][..],
            &["new"][..],
            1,
            &[first, "old", current, "new"][..],
        ),
        // While a key is rotated the previous one may be the one that is good.
        (
            &["new", "new", "old"],
            &["old"],
            1,
            &[first, "new", current, previous, "old"],
        ),
        (&["old", "new"], &[], 0, &[first, "old", current, "new"]),
        (&["old"], &[], 0, &[first, "old", current, previous]),
    ] {
        let network = rotated(ids, good, 403);
        assert_eq!(
            calls(&network, &SECRET, 1).await,
            (
                well,
                expected.iter().map(|text| (*text).to_owned()).collect()
            )
        );
    }
}

#[tokio::test(start_paused = true)]
async fn however_many_calls_are_refused_the_key_is_fetched_anew_once() {
    let network =
        rotated(&["old", "new"], &["new"], 403).delayed(std::time::Duration::from_millis(50));
    let (well, called) = calls(&network, &SECRET, 100).await;
    let count = |what: &str| {
        called
            .iter()
            .filter(|called| called.starts_with(what))
            .count()
    };
    // The calls that wait for their turn meanwhile are made with the new key.
    assert_eq!(
        (well, count("get?"), count("old"), count("new")),
        (100, 2, MAX_CONCURRENT_CALLS, 100)
    );
}

#[tokio::test(start_paused = true)]
async fn there_is_no_other_key_in_the_environment() {
    let network = rotated(&["new"], &["new"], 403);
    assert_eq!(
        calls(&network, &[], 1).await,
        (0, vec!["AKIDtest".to_owned()])
    );
}

#[tokio::test(start_paused = true)]
async fn for_what_is_no_matter_of_the_key_none_is_fetched() {
    let network = rotated(&["old", "new"], &["new"], 404);
    let expected = ["get?secretId=tencent-key", "old"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(calls(&network, &SECRET, 1).await, (0, expected));
}
