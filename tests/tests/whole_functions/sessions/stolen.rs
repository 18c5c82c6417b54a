//! A stolen device, by one event with its name, at every broker at once.

use serde_json::{Value, json};
use simulator::Vendor;
use whole_function_tests::events;

use super::{BROKERS, TIME, is_connected, neighbour, stolen_client, world};
use crate::cells::source;
use crate::setup::invoke_within;

/// The calls of one vendor, in their order.
fn actions_of(calls: &[simulator::Call], vendor: Vendor) -> Vec<&str> {
    calls
        .iter()
        .filter(|call| call.vendor == vendor)
        .map(|call| call.action.as_str())
        .collect()
}

#[tokio::test]
async fn one_event_with_its_name_cuts_a_device_off_wherever_its_name_is_known() {
    let sources: Vec<Value> = BROKERS.iter().map(|broker| source(broker.vendor)).collect();
    let own = [("SOURCES", &*json!(sources).to_string())];
    let (simulator, mut function) = world(&own).await;
    let order = json!({
        "sources": "all", "select": { "client_ids": [stolen_client()] }, "max_certificates": 2,
        "end_sessions": true, "reason": "reported stolen"
    });
    let event = events::eventbridge_rule(order);
    let answer = invoke_within(&mut function, TIME, event).await.json();
    let results: Vec<Value> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| json!([result["provider"], result["outcome"], result["cut_off"]]))
        .collect();
    assert_eq!(
        json!(results),
        json!([
            ["tencent-mqtt", "inactivated", true],
            ["aws-iot", "inactivated", true]
        ]),
        "{answer}"
    );
    assert_eq!(answer["sources"][1]["error"]["code"], "unsupported");
    let calls = simulator.calls();
    let mut tencent = actions_of(&calls, Vendor::TencentMqtt);
    // It runs beside the others.
    tencent.retain(|action| *action != "DescribeInstance");
    assert_eq!(
        tencent,
        [
            "DescribeDeviceCertificates",
            "DescribeDeviceCertificate",
            "DeactivateDeviceCertificate",
            "DescribeDeviceCertificate",
            "DescribeClientList",
            "KickOutClient",
            "DescribeClientList",
            "DescribeClientList",
        ]
    );
    let mut aws = actions_of(&calls, Vendor::AwsIot);
    // The things are listed beside the write.
    let listed = aws
        .iter()
        .rposition(|action| *action == "ListPrincipalThings");
    aws.remove(listed.unwrap());
    assert_eq!(
        aws,
        [
            "ListThingPrincipals",
            "DescribeCertificate",
            "ListPrincipalThings",
            "DescribeCertificate",
            "UpdateCertificate",
            "DescribeCertificate",
            "GetConnection",
            "DeleteConnection",
            "GetConnection",
            "GetConnection",
        ]
    );
    assert_eq!(actions_of(&calls, Vendor::AlibabaMqtt), Vec::<&str>::new());
    let [tencent, alibaba, aws] = BROKERS;
    for (broker, is_there) in [(tencent, false), (alibaba, true), (aws, false)] {
        assert_eq!(is_connected(&simulator, broker), is_there, "{broker:?}");
        let neighbour = simulator.is_connected(broker.vendor, broker.place(), &neighbour());
        assert!(neighbour, "{broker:?}");
    }
}
