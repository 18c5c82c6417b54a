//! Client ids in results.

use super::*;

/// Client ids of each result about two certificates, of which the broker knows the first.
async fn client_ids(include: Option<bool>) -> Value {
    let network = Network::new(|_| {
        let row = json!({"DeviceCertificateSn": "a1", "Status": "ACTIVE", "ClientId": "truck-1"});
        ok(&json!({"Response": {"TotalCount": 1, "Data": [row], "RequestId": "id-1"}}))
    });
    let mut request = json!({
        "provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1",
        "certificates": [{"serial_number": "a1"}, {"serial_number": "a2"}]
    });
    if let Some(include) = include {
        request["include_clients"] = json!(include);
    }
    let answer = perform(&network, &request).await.unwrap();
    let results = answer["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| result["client_ids"].clone())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_client_id_of_the_record_is_the_list_of_client_ids_on_request() {
    assert_eq!(client_ids(None).await, json!([null, null]));
    assert_eq!(client_ids(Some(false)).await, json!([null, null]));
    assert_eq!(client_ids(Some(true)).await, json!([["truck-1"], null]));
}
