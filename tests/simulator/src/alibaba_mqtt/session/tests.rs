use crate::testing::{AlibabaCall, with_options};
use crate::{
    AlibabaInstance, Client, CloseConnection, Fault, Fleet, Options, Reconnects, Simulator, Vendor,
};
use serde_json::json;

const INSTANCE: &str = "post-cn-1";
const CLIENT: &str = "GID_trucks@@@truck-1";

async fn two(close_connection: CloseConnection) -> Simulator {
    let clients = [CLIENT, "GID_trucks@@@truck-10"].map(|id| Client {
        reconnects: Reconnects::Never,
        ..Client::of(id, "ab")
    });
    let instance = AlibabaInstance {
        instance_id: INSTANCE.to_owned(),
        ..AlibabaInstance::default()
    };
    let fleet = Fleet::of([instance]).with_clients(Vendor::AlibabaMqtt, INSTANCE, clients);
    with_options(Options {
        close_connection,
        ..Options::of(fleet)
    })
    .await
}

fn call(action: &'static str, client_id: &str) -> AlibabaCall {
    AlibabaCall::mqtt(action, &[("InstanceId", INSTANCE), ("ClientId", client_id)])
}

fn is_online(simulator: &Simulator, client_id: &str) -> bool {
    let answer = call("QuerySessionByClientId", client_id)
        .send(simulator)
        .json();
    answer["OnlineStatus"].as_bool().unwrap()
}

#[tokio::test]
async fn the_connection_of_exactly_that_client_is_closed() {
    let simulator = two(CloseConnection::Closes).await;
    assert!(is_online(&simulator, CLIENT) && is_online(&simulator, "GID_trucks@@@truck-10"));
    for id in [CLIENT, CLIENT, "GID_trucks@@@truck", "unknown"] {
        let mut answer = call("CloseConnection", id).send(&simulator).json();
        assert!(answer["RequestId"].take().is_string());
        assert_eq!(
            answer,
            json!({"Code": 200, "Success": true, "Message": "operation success.", "RequestId": null})
        );
    }
    assert!(!is_online(&simulator, CLIENT) && is_online(&simulator, "GID_trucks@@@truck-10"));
    assert!(!is_online(&simulator, "unknown"));
}

#[tokio::test]
async fn a_close_that_failed_is_told_beside_http_200() {
    for (how, code, success) in [
        (CloseConnection::Unsuccessful, 200, false),
        (CloseConnection::CodeOf500, 500, true),
    ] {
        let simulator = two(how).await;
        let answer = call("CloseConnection", CLIENT).send(&simulator);
        let body = answer.json();
        assert_eq!(
            (answer.status, &body["Code"], &body["Success"]),
            (200, &json!(code), &json!(success))
        );
        assert!(is_online(&simulator, CLIENT));
    }
    let simulator = two(CloseConnection::NotSupported).await;
    assert_eq!(
        call("CloseConnection", CLIENT).code(&simulator),
        (404, "ApiNotSupport".to_owned())
    );
    assert!(is_online(&simulator, CLIENT));
}

#[tokio::test]
async fn a_close_can_be_made_to_succeed_without_effect() {
    let simulator = two(CloseConnection::Closes).await;
    simulator.fail(Vendor::AlibabaMqtt, Fault::SucceedWithoutEffect);
    let answer = call("CloseConnection", CLIENT).send(&simulator);
    assert_eq!(answer.json()["Success"], true);
    assert!(is_online(&simulator, CLIENT));
}

#[tokio::test]
async fn a_wrong_call_is_refused() {
    let simulator = two(CloseConnection::Closes).await;
    let by_get = AlibabaCall {
        method: "GET",
        ..call("CloseConnection", CLIENT)
    };
    assert_eq!(
        by_get.code(&simulator),
        (403, "UnsupportedHTTPMethod".to_owned())
    );
    for action in ["CloseConnection", "QuerySessionByClientId"] {
        assert_eq!(call(action, "").code(&simulator).0, 400);
        let of_certificates = AlibabaCall::mqtt(
            action,
            &[("MqttInstanceId", INSTANCE), ("ClientId", CLIENT)],
        );
        assert_eq!(of_certificates.code(&simulator).0, 400);
        let elsewhere =
            AlibabaCall::mqtt(action, &[("InstanceId", "post-cn-2"), ("ClientId", CLIENT)]);
        assert_eq!(
            elsewhere.code(&simulator),
            (500, "MqttInstanceNotFound".to_owned())
        );
    }
    assert!(is_online(&simulator, CLIENT));
}
