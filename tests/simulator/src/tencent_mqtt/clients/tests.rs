use crate::testing::{TencentCall, exchange, with_options};
use crate::{Client, ClientIdMatch, Fault, Fleet, Options, Simulator, TencentInstance, Vendor};
use serde_json::{Value, json};

const INSTANCE: &str = "mqtt-1";

/// `truck-1`, `truck-10` and `a-truck-1` are connected, `truck-11` and `truck-12` are not, of which
/// only the former has a session.
async fn five(client_id_match: ClientIdMatch) -> Simulator {
    let client = |id: &str, connected_at| Client {
        connected_at,
        ..Client::of(id, "ab")
    };
    let clients = [
        client("truck-1", 1_000),
        client("truck-10", 3_000),
        client("a-truck-1", 2_000),
        client("truck-11", 2_000).offline(),
        Client {
            clean_session: true,
            ..client("truck-12", 4_000)
        }
        .offline(),
    ];
    let instance = TencentInstance {
        instance_id: INSTANCE.to_owned(),
        region: "ap-guangzhou".to_owned(),
        x509_mode: "mTLS".to_owned(),
        ..TencentInstance::default()
    };
    let fleet = Fleet::of([instance]).with_clients(Vendor::TencentMqtt, INSTANCE, clients);
    with_options(Options {
        client_id_match,
        ..Options::of(fleet)
    })
    .await
}

fn call(action: &'static str, parameters: &Value) -> TencentCall {
    let mut parameters = parameters.clone();
    let members = parameters.as_object_mut().unwrap();
    members
        .entry("InstanceId")
        .or_insert_with(|| json!(INSTANCE));
    TencentCall::new(action, &parameters)
}

fn listed(simulator: &Simulator, parameters: &Value) -> Vec<String> {
    let answer = call("DescribeClientList", parameters).send(simulator);
    let clients = answer["Clients"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    clients
        .iter()
        .map(|client| client["ClientId"].as_str().unwrap().to_owned())
        .collect()
}

fn is_connected(simulator: &Simulator, client_id: &str) -> bool {
    simulator.is_connected(Vendor::TencentMqtt, INSTANCE, client_id)
}

#[tokio::test]
async fn an_id_matches_more_than_the_client_of_that_id() {
    for (how, expected) in [
        (
            ClientIdMatch::Prefix,
            &["truck-11", "truck-10", "truck-1"][..],
        ),
        (
            ClientIdMatch::Substring,
            &["truck-11", "truck-10", "a-truck-1", "truck-1"],
        ),
        (ClientIdMatch::Exact, &["truck-1"]),
    ] {
        let simulator = five(how).await;
        assert_eq!(
            listed(&simulator, &json!({"ClientId": "truck-1"})),
            expected
        );
        assert_eq!(listed(&simulator, &json!({})).len(), 4);
        assert!(listed(&simulator, &json!({"ClientId": "TRUCK-1"})).is_empty());
    }
}

#[tokio::test]
async fn a_client_is_told_in_the_vendors_words() {
    let simulator = five(ClientIdMatch::Exact).await;
    let client = |id: &str| {
        let answer = call("DescribeClientList", &json!({ "ClientId": id })).send(&simulator);
        answer["Clients"][0].clone()
    };
    assert_eq!(
        client("truck-1"),
        json!({
            "ClientId": "truck-1",
            "ClientAddress": "203.0.113.7:52144",
            "ProtocolVersion": 4,
            "Keepalive": 60,
            "ConnectionStatus": "CONNECTED",
            "CreateTime": 1_742_983_115_198_i64,
            "ConnectTime": 1_000,
            "DisconnectTime": 0,
            "MQTTClientSubscriptions": [{
                "TopicFilter": "fleet/commands", "Qos": 1, "Lag": 0, "Inflight": 0, "UserProperties": []
            }],
            "CleanSession": false,
            "ExpireIntervalInSeconds": 86_400
        })
    );
    let offline = client("truck-11");
    assert_eq!(
        (&offline["ConnectionStatus"], &offline["DisconnectTime"]),
        (&json!("DISCONNECTED"), &json!(3_602_000))
    );
}

#[tokio::test]
async fn a_list_is_cut_and_goes_on_by_its_latest_time() {
    let simulator = five(ClientIdMatch::Prefix).await;
    for (parameters, expected) in [
        (json!({"Number": "2"}), &["truck-11", "truck-10"][..]),
        (
            json!({"MaxTimestamp": 2_999}),
            &["a-truck-1", "truck-1"][..],
        ),
        (json!({"MaxTimestamp": 1_000, "Number": "9"}), &["truck-1"]),
        (
            json!({"OnlineStatus": 1}),
            &["truck-10", "a-truck-1", "truck-1"],
        ),
        (json!({"OnlineStatus": 2}), &["truck-11"]),
        (json!({"OnlineStatus": 0, "Number": "1"}), &["truck-11"]),
    ] {
        assert_eq!(listed(&simulator, &parameters), expected, "{parameters}");
    }
    simulator.with_fleet(|fleet| {
        let many = (0..1_100).map(|number| Client::of(&format!("bus-{number}"), "ab"));
        *fleet = std::mem::take(fleet).with_clients(Vendor::TencentMqtt, INSTANCE, many);
    });
    assert_eq!(listed(&simulator, &json!({"ClientId": "bus"})).len(), 1_024);
}

#[tokio::test]
async fn a_wrong_parameter_is_refused_with_its_code() {
    let simulator = five(ClientIdMatch::Prefix).await;
    for (action, parameters, code) in [
        (
            "DescribeClientList",
            json!({"Number": 10}),
            "InvalidParameter",
        ),
        (
            "DescribeClientList",
            json!({"Number": "1025"}),
            "InvalidParameterValue",
        ),
        (
            "DescribeClientList",
            json!({"Number": "0"}),
            "InvalidParameterValue",
        ),
        (
            "DescribeClientList",
            json!({"OnlineStatus": 3}),
            "InvalidParameterValue",
        ),
        (
            "DescribeClientList",
            json!({"Offset": 0}),
            "UnknownParameter",
        ),
        ("KickOutClient", json!({}), "MissingParameter"),
        (
            "KickOutClient",
            json!({"ClientId": ""}),
            "InvalidParameterValue",
        ),
        (
            "KickOutClient",
            json!({"ClientId": "truck-1", "DeleteSession": "true"}),
            "InvalidParameter",
        ),
        (
            "KickOutClient",
            json!({"ClientId": "truck-1", "InstanceId": "mqtt-2"}),
            "ResourceNotFound.Instance",
        ),
        ("DescribeInstance", json!({"Limit": 1}), "UnknownParameter"),
    ] {
        assert_eq!(
            call(action, &parameters).code(&simulator),
            code,
            "{action} {parameters}"
        );
    }
    assert!(is_connected(&simulator, "truck-1"));
}

#[tokio::test]
async fn the_client_of_exactly_that_id_is_kicked_out() {
    let simulator = five(ClientIdMatch::Prefix).await;
    simulator.with_fleet(|fleet| {
        for client in fleet.clients.values_mut() {
            client.reconnects = crate::Reconnects::Never;
        }
    });
    for client_id in ["truck", "truck-*", "unknown", "truck-11", "truck-1"] {
        assert_eq!(
            call("KickOutClient", &json!({ "ClientId": client_id })).code(&simulator),
            "ok"
        );
    }
    let connected: Vec<bool> = ["truck-1", "truck-10", "a-truck-1"]
        .map(|client_id| is_connected(&simulator, client_id))
        .into();
    assert_eq!(connected, [false, true, true]);
    assert_eq!(
        listed(&simulator, &json!({"ClientId": "truck-1"})),
        ["truck-1", "truck-11", "truck-10"],
        "a persistent session stays"
    );
    let forget = json!({"ClientId": "truck-1", "DeleteSession": true});
    assert_eq!(call("KickOutClient", &forget).code(&simulator), "ok");
    assert_eq!(
        listed(&simulator, &json!({"ClientId": "truck-1"})),
        ["truck-11", "truck-10"]
    );
}

#[tokio::test]
async fn a_kick_can_be_made_to_succeed_without_effect() {
    let simulator = five(ClientIdMatch::Prefix).await;
    simulator.fail(Vendor::TencentMqtt, Fault::SucceedWithoutEffect);
    let kick = call("KickOutClient", &json!({"ClientId": "truck-10"}));
    let before = simulator.with_fleet(|fleet| fleet.clients.clone());
    assert_eq!(kick.code(&simulator), "ok");
    assert_eq!(simulator.with_fleet(|fleet| fleet.clients.clone()), before);
}

#[tokio::test]
async fn the_answer_of_a_kick_is_that_of_the_published_example() {
    let simulator = five(ClientIdMatch::Prefix).await;
    let url = simulator.url(Vendor::TencentMqtt);
    let kick = call("KickOutClient", &json!({"ClientId": "truck-10"}));
    let answer = exchange(&url, &kick.request(&url)).unwrap().unwrap().json();
    assert_eq!(
        (&answer["Error"], answer.as_object().unwrap().len()),
        (&Value::Null, 3)
    );
    assert_eq!(answer["Response"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn a_query_serves_as_well_as_a_body() {
    let simulator = five(ClientIdMatch::Prefix).await;
    let get = |action, query| TencentCall {
        method: "GET",
        content_type: "application/x-www-form-urlencoded",
        query,
        ..call(action, &json!({}))
    };
    let query = "InstanceId=mqtt-1&Number=1&OnlineStatus=1&MaxTimestamp=2000";
    let answer = get("DescribeClientList", query).send(&simulator);
    assert_eq!(answer["Clients"][0]["ClientId"], "a-truck-1");
    let query = "InstanceId=mqtt-1&ClientId=truck-11&DeleteSession=true";
    assert_eq!(get("KickOutClient", query).code(&simulator), "ok");
    assert_eq!(listed(&simulator, &json!({})).len(), 3);
}

#[tokio::test]
async fn an_instance_tells_its_mode() {
    let simulator = five(ClientIdMatch::Prefix).await;
    let answer = call("DescribeInstance", &json!({})).send(&simulator);
    assert_eq!(
        (&answer["InstanceId"], &answer["X509Mode"]),
        (&json!(INSTANCE), &json!("mTLS"))
    );
}
