//! Sessions: the things of a certificate, and connections on the data plane.

use http::Method;
use serde_json::json;

use super::super::tests::{arn, described, failed, id, named};
use super::*;
use crate::error::ErrorCode;
use crate::provider::Spellings;
use crate::testing::network::{Answer, Network, answer, cause, ok, path_and_query, with_header};
use crate::testing::{Bench, find_one, target};
use crate::transport::SendError;

/// Variables of a deployment that names no host.
const DEFAULT_HOSTS: &[(&str, &str)] = &[];

fn client(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

async fn is_connected(network: &Network, id: &str) -> Result<bool, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    AwsIot::new(&context, target(NAME))
        .unwrap()
        .is_connected(&client(id))
        .await
}

async fn disconnect(network: &Network, id: &str) -> Result<Option<ConfirmedWrite>, Failure> {
    disconnect_with(network, DEFAULT_HOSTS, id).await
}

async fn disconnect_with(
    network: &Network,
    variables: &[(&str, &str)],
    id: &str,
) -> Result<Option<ConfirmedWrite>, Failure> {
    let bench = Bench::with(network, variables);
    let context = bench.context();
    AwsIot::new(&context, target(NAME))
        .unwrap()
        .disconnect(&client(id))
        .await
}

/// The client ids of a certificate whose description holds these members.
async fn client_ids(
    description: &serde_json::Value,
    network: &Network,
) -> Result<Vec<String>, Error> {
    let mut members = json!({"certificateId": id(0xab).as_str(), "status": "ACTIVE"});
    let stated = description.as_object().unwrap().clone();
    members.as_object_mut().unwrap().extend(stated);
    let reads = Network::queue([ok(&json!({"certificateDescription": members}))]);
    let bench = Bench::new(&reads);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    let found = find_one(&provider, &named(&id(0xab)), Spellings::Own)
        .await
        .unwrap()
        .unwrap();
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    provider.client_ids(&found).await
}

#[tokio::test(start_paused = true)]
async fn the_client_ids_are_the_things_of_the_certificate() {
    let arn = arn(id(0xab).as_str());
    let network = Network::queue([ok(&json!({"things": ["excavator-7940", "a:b_c"]}))]);
    let ids = client_ids(&json!({"certificateArn": arn}), &network).await;
    assert_eq!(ids.unwrap(), ["excavator-7940", "a:b_c"]);
    let sent = &network.sent()[0];
    assert_eq!(
        (
            path_and_query(&sent.request),
            sent.header("x-amzn-principal")
        ),
        ("/principals/things?maxResults=250", Some(arn.as_str()))
    );
    let authorization = sent.header("authorization").unwrap();
    assert!(
        authorization.contains("SignedHeaders=host;x-amz-date;x-amzn-principal,"),
        "{authorization}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_without_things_and_one_that_is_gone_have_no_client_ids() {
    let arn = arn(id(0xab).as_str());
    for none in [
        ok(&json!({"things": []})),
        failed(404, "ResourceNotFoundException"),
    ] {
        let ids = client_ids(&json!({"certificateArn": arn}), &Network::queue([none])).await;
        assert_eq!(ids.unwrap(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_name_of_exactly_this_certificate_no_things_are_listed() {
    for stated in [
        json!({}),
        json!({"certificateArn": null}),
        json!({"certificateArn": 7}),
        json!({"certificateArn": arn(id(0xac).as_str())}),
        json!({"certificateArn": arn("ab")}),
        json!({"certificateArn": id(0xab).as_str()}),
    ] {
        let network = Network::queue([]);
        let error = client_ids(&stated, &network).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::ProviderInvalidResponse, "{stated}");
        assert!(error.detail.contains("certificateArn"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_asked_about_on_the_data_plane() {
    let network = Network::queue([ok(
        &json!({"connected": true, "clientId": "excavator-7940"}),
    )]);
    assert_eq!(is_connected(&network, "excavator-7940").await, Ok(true));
    let sent = &network.sent()[0];
    assert_eq!(
        (sent.request.method(), sent.url().as_str()),
        (
            &Method::GET,
            "https://data-ats.iot.eu-west-1.amazonaws.com/connections/excavator-7940"
        )
    );
    let authorization = sent.header("authorization").unwrap();
    assert!(
        authorization.contains("/eu-west-1/iotdata/aws4_request"),
        "{authorization}"
    );
}

#[tokio::test(start_paused = true)]
async fn only_the_answer_about_this_client_says_whether_it_is_connected() {
    for (given, expected) in [
        (ok(&json!({"connected": false, "clientId": "a"})), Ok(false)),
        // The thing is that of the connection's certificate.
        (ok(&json!({"connected": true, "thingName": "b"})), Ok(true)),
        (failed(404, "ResourceNotFoundException"), Ok(false)),
        (
            failed(403, "ForbiddenException"),
            Err(ErrorCode::ProviderRejected),
        ),
    ] {
        let shown = format!("{given:?}");
        let connected = is_connected(&Network::queue([given]), "a").await;
        assert_eq!(connected.map_err(|error| error.code), expected, "{shown}");
    }
    let odd: [fn() -> Answer; 6] = [
        || ok(&json!({"connected": true, "clientId": "A"})),
        || ok(&json!({"connected": true, "clientId": "ab"})),
        || ok(&json!({"connected": "true"})),
        || ok(&json!({})),
        || answer(404, "<html>"),
        || answer(404, r#"{"message": "Not Found"}"#),
    ];
    for given in odd {
        let error = is_connected(&Network::new(move |_| given()), "a")
            .await
            .unwrap_err();
        assert_eq!(
            error.code,
            ErrorCode::ProviderInvalidResponse,
            "{:?}",
            given()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_is_disconnected_by_a_delete_whose_success_is_empty() {
    let unknown = Network::queue([failed(404, "ResourceNotFoundException")]);
    assert!(disconnect(&unknown, "a").await.unwrap().is_none());
    let given = with_header(answer(200, ""), "x-amzn-requestid", "id-2");
    let network = Network::queue([given]);
    let write = disconnect(&network, "excavator-7940").await.unwrap();
    assert_eq!(write.unwrap().request_id.as_deref(), Some("id-2"));
    let sent = &network.sent()[0];
    assert_eq!(
        (sent.request.method(), sent.url().as_str()),
        (
            &Method::DELETE,
            "https://data-ats.iot.eu-west-1.amazonaws.com/connections/excavator-7940"
        )
    );
    assert!(sent.request.body().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_disconnection_whose_answer_is_lost_may_have_acted_and_is_not_repeated() {
    for (given, may_have_acted) in [
        (Err(SendError::NoAnswer(cause("reset"))), true),
        (answer(200, "<html>"), true),
        (answer(404, "<html>"), true),
        (failed(500, "InternalFailureException"), true),
        (failed(403, "ForbiddenException"), false),
        (failed(400, "InvalidRequestException"), false),
    ] {
        let shown = format!("{given:?}");
        let network = Network::queue([given]);
        let failure = disconnect(&network, "a").await.unwrap_err();
        assert_eq!(
            (failure.may_have_acted, network.sent().len()),
            (may_have_acted, 1),
            "{shown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_data_plane_throttles_with_another_status_and_is_called_again() {
    let throttled = || failed(429, "ThrottlingException");
    let network = Network::queue([throttled(), answer(200, "")]);
    assert!(disconnect(&network, "a").await.unwrap().is_some());
    assert_eq!(network.sent().len(), 2);
    let error = is_connected(&Network::new(move |_| throttled()), "a").await;
    assert_eq!(error.unwrap_err().code, ErrorCode::Throttled);
}

#[tokio::test(start_paused = true)]
async fn an_id_is_one_encoded_segment_of_the_path() {
    for (id, path) in [
        ("a/b", "/connections/a%2Fb"),
        ("../certificates", "/connections/..%2Fcertificates"),
        ("a b&c=d%2F", "/connections/a%20b%26c%3Dd%252F"),
        ("ü", "/connections/%C3%BC"),
        ("...", "/connections/..."),
        (
            &"a".repeat(128),
            &format!("/connections/{}", "a".repeat(128)),
        ),
    ] {
        let network = Network::queue([answer(200, "")]);
        assert!(disconnect(&network, id).await.unwrap().is_some());
        assert_eq!(path_and_query(&network.sent()[0].request), path);
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_no_client_of_aws_has_is_refused_without_a_call() {
    for id in ["$aws", "$", &"a".repeat(129), ".", ".."] {
        let network = Network::queue([]);
        let failure = disconnect(&network, id).await.unwrap_err();
        let error = is_connected(&network, id).await.unwrap_err();
        assert_eq!((&failure.error, failure.may_have_acted), (&error, false));
        assert_eq!(
            (error.code, error.field.as_deref(), error.concerns),
            (
                ErrorCode::InvalidRequest,
                Some("client_ids"),
                Concerns::Parameters
            ),
            "{id}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_configured_host_replaces_that_of_the_data_plane_alone() {
    let variables = [("AWS_ENDPOINT_URL_IOT_DATA_PLANE", "https://a1-ats.iot.test")];
    let network = Network::queue([answer(200, ""), described(id(1).as_str(), "ACTIVE")]);
    disconnect_with(&network, &variables, "a").await.unwrap();
    let bench = Bench::with(&network, &variables);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    find_one(&provider, &named(&id(1)), Spellings::Own)
        .await
        .unwrap();
    assert_eq!(
        network.each(|sent| sent.request.uri().host().unwrap().to_owned()),
        ["a1-ats.iot.test", "iot.eu-west-1.amazonaws.com"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_region_without_a_known_data_plane_needs_the_configured_host() {
    let new_region = [
        ("AWS_REGION", "xx-new-1"),
        ("AWS_ENDPOINT_URL_IOT", "https://iot.test"),
    ];
    let network = Network::queue([]);
    let bench = Bench::with(&network, &new_region);
    let context = bench.context();
    let source = crate::model::Source {
        region: None,
        ..target(NAME)
    };
    let provider = AwsIot::new(&context, source).unwrap();
    let error = provider.is_connected(&client("a")).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("region"));
    assert!(
        error.detail.contains("AWS_ENDPOINT_URL_IOT_DATA_PLANE"),
        "{error}"
    );
}
