//! Client ids in answers.

use serde_json::{Value, json};

use super::*;
use crate::request;
use crate::testing::Bench;
use crate::testing::network::{Network, ok};

/// Client ids of each certificate of a broker.
async fn client_ids(include: Option<bool>) -> Value {
    let row = |serial, client_id: Value| json!({"DeviceCertificateSn": serial, "Status": "ACTIVE", "ClientId": client_id});
    let rows = [
        row("a1", json!("truck-1")),
        row("a2", json!("")),
        row("a3", json!({"truck": 1})),
    ];
    let network = Network::new(move |_| {
        ok(&json!({"Response": {"TotalCount": 3, "Data": rows, "RequestId": "id-1"}}))
    });
    let bench = Bench::new(&network);
    let mut request =
        json!({"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1"});
    if let Some(include) = include {
        request["include_clients"] = json!(include);
    }
    let request = request::parse(&request.to_string()).unwrap();
    let answer = Describe::perform(&bench.context(), request, PLENTY)
        .await
        .unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    let certificates = answer["certificates"].as_array().unwrap();
    certificates
        .iter()
        .map(|certificate| certificate["client_ids"].clone())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_client_id_of_the_record_is_the_list_of_client_ids_on_request() {
    let nothing = json!([null, null, null]);
    assert_eq!(client_ids(None).await, nothing);
    assert_eq!(client_ids(Some(false)).await, nothing);
    let known = json!([["truck-1"], [], null]);
    assert_eq!(client_ids(Some(true)).await, known);
}
