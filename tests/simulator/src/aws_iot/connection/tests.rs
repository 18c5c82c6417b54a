use crate::testing::{AwsCall, simulator, with_options};
use crate::{AwsCertificate, Client, Fault, Fleet, Options, Reconnects, Simulator, Thing, Vendor};
use serde_json::json;

const REGION: &str = "eu-west-1";

fn client(id: &str) -> Client {
    Client {
        reconnects: Reconnects::Never,
        ..Client::of(id, &AwsCertificate::default().certificate_id)
    }
}

/// `truck-1` is connected and `a/b 车` too; `truck-2` is not, but has a session; `truck-3` has none.
fn fleet() -> Fleet {
    let clean = Client {
        clean_session: true,
        ..client("truck-3")
    };
    let clients = [
        client("truck-1"),
        client("a/b 车"),
        client("truck-2").offline(),
        clean.offline(),
    ];
    let certificate = AwsCertificate::default();
    Fleet::of([certificate.clone()])
        .with([Thing::of("truck-1", [&certificate])])
        .with_clients(Vendor::AwsIot, REGION, clients)
}

fn not_found() -> (u16, String) {
    (404, "ResourceNotFoundException".to_owned())
}

fn get(client_id: &str) -> AwsCall {
    AwsCall::connection("GET", client_id, "")
}

fn delete(client_id: &str) -> AwsCall {
    AwsCall::connection("DELETE", client_id, "")
}

fn is_connected(simulator: &Simulator, client_id: &str) -> bool {
    simulator.is_connected(Vendor::AwsIot, REGION, client_id)
}

#[tokio::test]
async fn a_connection_is_told_with_its_thing() {
    let simulator = simulator(fleet()).await;
    assert_eq!(
        get("truck-1").send(&simulator).json(),
        json!({
            "connected": true,
            "clientId": "truck-1",
            "thingName": "truck-1",
            "cleanSession": false,
            "sessionExpiry": 86_400,
            "keepAliveDuration": 60,
            "connectedSince": 1_742_983_120_000_i64
        })
    );
    let with_socket = AwsCall::connection("GET", "truck-1", "includeSocketInformation=true");
    let answer = with_socket.send(&simulator).json();
    assert_eq!(
        (&answer["sourceIp"], &answer["sourcePort"]),
        (&json!("203.0.113.7"), &json!(52144))
    );
    let encoded = get("a%2Fb%20%E8%BD%A6").send(&simulator).json();
    assert_eq!(
        (&encoded["clientId"], encoded.get("thingName")),
        (&json!("a/b 车"), None)
    );
}

#[tokio::test]
async fn an_end_is_told_for_half_an_hour_and_a_session_as_long_as_it_is_kept() {
    let simulator = simulator(fleet()).await;
    let offline = get("truck-2").send(&simulator).json();
    assert_eq!(
        (&offline["connected"], offline.get("disconnectedSince")),
        (&json!(false), None)
    );
    assert_eq!(get("truck-3").code(&simulator), not_found());
    assert_eq!(delete("truck-1").code(&simulator), (200, "ok".to_owned()));
    let ended = get("truck-1").send(&simulator).json();
    assert_eq!(
        (&ended["connected"], &ended["disconnectReason"]),
        (&json!(false), &json!("API_INITIATED_DISCONNECT"))
    );
    assert!(ended["disconnectedSince"].as_i64().unwrap() > 1_750_000_000_000);
    assert!(ended.get("connectedSince").is_none());
}

#[tokio::test]
async fn a_client_without_a_session_is_not_found() {
    let simulator = simulator(fleet()).await;
    for id in ["truck", "truck-3", "unknown"] {
        assert_eq!(get(id).code(&simulator), not_found(), "{id}");
        assert_eq!(delete(id).code(&simulator), not_found(), "{id}");
    }
    let elsewhere = AwsCall {
        region: "us-east-1",
        ..delete("truck-1")
    };
    assert_eq!(elsewhere.code(&simulator), not_found());
    assert!(is_connected(&simulator, "truck-1"));

    let answering = with_options(Options {
        unknown_connections_are_answered: true,
        ..Options::of(fleet())
    })
    .await;
    assert_eq!(
        get("unknown").send(&answering).json(),
        json!({"connected": false, "clientId": "unknown"})
    );
}

#[tokio::test]
async fn the_session_of_an_ended_connection_can_be_cleaned() {
    let simulator = simulator(fleet()).await;
    for (id, connection_is_left) in [("truck-1", 200), ("truck-2", 404)] {
        assert_eq!(delete(id).code(&simulator).0, 200);
        let clean = AwsCall::connection("DELETE", id, "cleanSession=true&preventWillMessage=false");
        assert_eq!(clean.code(&simulator).0, 200);
        assert_eq!(clean.code(&simulator), not_found());
        assert_eq!(get(id).code(&simulator).0, connection_is_left, "{id}");
    }
    assert_eq!(
        delete("a%2Fb%20%E8%BD%A6").code(&simulator),
        (200, "ok".to_owned())
    );
    assert!(!is_connected(&simulator, "a/b 车"));
}

#[tokio::test]
async fn a_wrong_id_or_flag_is_refused() {
    let simulator = simulator(fleet()).await;
    let wrong_flag = AwsCall::connection("DELETE", "truck-1", "cleanSession=1");
    for call in [
        get(""),
        get("%24truck"),
        delete(&"x".repeat(129)),
        wrong_flag,
    ] {
        assert_eq!(
            call.code(&simulator),
            (400, "InvalidRequestException".to_owned()),
            "{}",
            call.path
        );
    }
    assert!(is_connected(&simulator, "truck-1"));
}

#[tokio::test]
async fn the_data_plane_has_its_own_service_and_status() {
    let simulator = simulator(fleet()).await;
    for call in [get("truck-1"), delete("truck-1")] {
        let of_control_plane = AwsCall {
            service: "iot",
            ..call.clone()
        };
        assert_eq!(
            of_control_plane.code(&simulator),
            (403, "InvalidSignatureException".to_owned())
        );
        simulator.fail(Vendor::AwsIot, Fault::Throttle);
        assert_eq!(
            call.code(&simulator),
            (429, "ThrottlingException".to_owned())
        );
    }
    let control_plane = AwsCall {
        service: "iotdata",
        ..AwsCall::list("")
    };
    assert_eq!(control_plane.code(&simulator).0, 403);
    simulator.fail(Vendor::AwsIot, Fault::Throttle);
    assert_eq!(AwsCall::list("").code(&simulator).0, 400);
}

#[tokio::test]
async fn an_end_can_be_made_to_succeed_without_effect() {
    let simulator = simulator(fleet()).await;
    simulator.fail(Vendor::AwsIot, Fault::SucceedWithoutEffect);
    assert_eq!(delete("truck-1").code(&simulator), (200, "ok".to_owned()));
    assert!(is_connected(&simulator, "truck-1"));
    let call = simulator.calls().pop().unwrap();
    assert_eq!(
        (call.action.as_str(), call.parameters),
        ("DeleteConnection", json!({"clientId": "truck-1"}))
    );
}
