//! Looking for one client among those that the vendor lists, and disconnecting it.

use serde_json::{Value, json};

use super::super::tests::{named, refused};
use super::*;
use crate::provider::Spellings;
use crate::testing::network::{Answer, Network, answer, ok, recorded};
use crate::testing::{Bench, find_one, target};

fn id(text: &str) -> ClientId {
    ClientId::parse(text).unwrap()
}

fn client(client_id: &str, status: &str) -> Value {
    json!({"ClientId": client_id, "ConnectionStatus": status, "ClientAddress": "192.0.2.7:51234", "ProtocolVersion": 5})
}

fn listed(clients: &[Value]) -> Answer {
    ok(&json!({"Response": {"Clients": clients, "RequestId": "id-1"}}))
}

async fn is_connected(network: &Network, client_id: &str) -> Result<bool, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    provider.is_connected(&id(client_id)).await
}

async fn disconnect(network: &Network) -> Result<Option<ConfirmedWrite>, Failure> {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    provider.disconnect(&id("excavator-7")).await
}

#[tokio::test(start_paused = true)]
async fn a_look_and_a_disconnection_have_the_documented_form() {
    let looks = Network::queue([listed(&[])]);
    is_connected(&looks, "excavator-7").await.unwrap();
    let kicks = Network::queue([ok(
        &json!({"Response": {"RequestId": "id-2", "Error": null}}),
    )]);
    let confirmed = disconnect(&kicks).await.unwrap().unwrap();
    assert_eq!(confirmed.request_id.as_deref(), Some("id-2"));
    for (network, action, body) in [
        (
            looks,
            "DescribeClientList",
            json!({"InstanceId": "mqtt-1", "ClientId": "excavator-7", "Number": "1024"}),
        ),
        (
            kicks,
            "KickOutClient",
            json!({"InstanceId": "mqtt-1", "ClientId": "excavator-7"}),
        ),
    ] {
        let sent = network.sent();
        assert_eq!(sent[0].header("x-tc-action"), Some(action));
        assert_eq!(sent[0].body(), body);
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_client_with_exactly_this_id_counts() {
    const ON: &str = "CONNECTED";
    const OFF: &str = "DISCONNECTED";
    for (clients, expected) in [
        (vec![], false),
        (vec![("excavator-7", ON)], true),
        (vec![("excavator-7", OFF)], false),
        (vec![("excavator-70", ON), ("an-excavator-7", ON)], false),
        (vec![("EXCAVATOR-7", ON), ("excavator-7 ", ON)], false),
        (vec![("excavator-70", ON), ("excavator-7", OFF)], false),
        (vec![("excavator-70", OFF), ("excavator-7", ON)], true),
        // A client that is listed twice is connected if one row says so.
        (vec![("excavator-7", OFF), ("excavator-7", ON)], true),
    ] {
        let rows: Vec<Value> = clients
            .iter()
            .map(|(client_id, status)| client(client_id, status))
            .collect();
        let network = Network::queue([listed(&rows)]);
        let found = is_connected(&network, "excavator-7").await.unwrap();
        assert_eq!(found, expected, "{clients:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_list_without_the_client_shows_nothing_about_it() {
    let neighbours = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| client(&format!("excavator-7-{number}"), "CONNECTED"))
            .collect()
    };
    let almost_full = Network::queue([listed(&neighbours(1_023))]);
    assert!(!is_connected(&almost_full, "excavator-7").await.unwrap());
    let full = Network::queue([listed(&neighbours(1_024))]);
    let error = is_connected(&full, "excavator-7").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unsupported);
    assert!(error.detail.contains("excavator-7"), "{error}");
    for status in ["CONNECTED", "DISCONNECTED"] {
        let mut rows = neighbours(1_023);
        rows.push(client("excavator-7", status));
        let found = is_connected(&Network::queue([listed(&rows)]), "excavator-7").await;
        assert_eq!(found.unwrap(), status == "CONNECTED");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_may_hide_the_client_is_no_evidence_that_it_is_gone() {
    for answer in [
        json!({"RequestId": "id-1"}),
        json!({"Clients": null}),
        json!({"Clients": "none"}),
        json!({"Clients": [{"ConnectionStatus": "CONNECTED"}]}),
        json!({"Clients": [{"ClientId": ["excavator-7"], "ConnectionStatus": "CONNECTED"}]}),
        json!({"Clients": ["excavator-7"]}),
        json!({"Clients": [client("excavator-7", "CONNECTING")]}),
        json!({"Clients": [client("excavator-7", "connected")]}),
        json!({"Clients": [{"ClientId": "excavator-7"}]}),
        json!({"Clients": [{"ClientId": "excavator-7", "ConnectionStatus": 2}]}),
    ] {
        let network = Network::new(move |_| ok(&json!({ "Response": answer })));
        let error = is_connected(&network, "excavator-7").await.unwrap_err();
        assert_eq!(error.code, ErrorCode::ProviderInvalidResponse);
    }
    // A row that cannot be read costs nothing where the client's own can.
    let rows = [json!({}), client("excavator-7", "DISCONNECTED")];
    let network = Network::queue([listed(&rows)]);
    assert!(!is_connected(&network, "excavator-7").await.unwrap());
    let network = Network::new(|_| refused("ResourceNotFound.Instance"));
    let error = is_connected(&network, "excavator-7").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_disconnection_whose_answer_cannot_be_trusted_may_have_acted() {
    for given in [
        ok(&json!({"Response": {}})),
        ok(&json!({"Response": {"RequestId": ""}})),
        answer(200, "<html>"),
        recorded("tencent-mqtt/Any.error-internal"),
        refused("SomeNewCode"),
    ] {
        let network = Network::queue([given]);
        let failure = disconnect(&network).await.unwrap_err();
        assert!(failure.may_have_acted, "{}", failure.error);
        assert_eq!(network.sent().len(), 1, "it is not sent twice");
    }
    for code in ["ResourceNotFound", "ResourceNotFound.Client"] {
        let network = Network::queue([refused(code)]);
        assert!(disconnect(&network).await.unwrap().is_none(), "{code}");
    }
    for code in [
        "ResourceNotFound.Instance",
        "FailedOperation",
        "UnauthorizedOperation",
    ] {
        let network = Network::queue([refused(code)]);
        let failure = disconnect(&network).await.unwrap_err();
        assert!(!failure.may_have_acted, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_ids_of_a_certificate_are_its_records_own() {
    for (client_id, expected) in [
        (json!("excavator-7"), vec!["excavator-7"]),
        (json!("*"), vec!["*"]),
        (json!(""), vec![]),
        (Value::Null, vec![]),
    ] {
        let record = json!({"DeviceCertificateSn": "ab", "Status": "ACTIVE", "ClientId": client_id, "RequestId": "id-1"});
        let network = Network::queue([ok(&json!({ "Response": record }))]);
        let bench = Bench::new(&network);
        let context = bench.context();
        let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
        let found = find_one(&provider, &named("ab"), Spellings::Own).await;
        let found = found.unwrap().unwrap();
        assert_eq!(provider.client_ids(&found).await.unwrap(), expected);
        assert_eq!(network.sent().len(), 1, "they cost no call");
    }
}
