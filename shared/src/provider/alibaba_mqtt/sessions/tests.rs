//! Looking for one client, and disconnecting it.

use serde_json::json;

use super::*;
use crate::error::ErrorCode;
use crate::testing::network::{Answer, Network, answer, ok, recorded};
use crate::testing::{Bench, target};

const CLIENT: &str = "GID_test@@@excavator-7";

fn id() -> ClientId {
    ClientId::parse(CLIENT).unwrap()
}

async fn is_connected(network: &Network) -> Result<bool, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    provider.is_connected(&id()).await
}

async fn disconnect(network: &Network) -> Result<Option<ConfirmedWrite>, Failure> {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    provider.disconnect(&id()).await
}

fn closed() -> Answer {
    ok(&json!({"Code": 200, "Success": true, "Message": "operation success.", "RequestId": "id-2"}))
}

#[tokio::test(start_paused = true)]
async fn a_look_is_a_get_and_a_disconnection_a_post_and_both_name_the_instance_in_their_own_way() {
    let looks = Network::queue([ok(&json!({"OnlineStatus": true, "RequestId": "id-1"}))]);
    assert!(is_connected(&looks).await.unwrap());
    let closes = Network::queue([closed()]);
    let confirmed = disconnect(&closes).await.unwrap().unwrap();
    assert_eq!(confirmed.request_id.as_deref(), Some("id-2"));
    for (network, method, action) in [
        (looks, Method::GET, "QuerySessionByClientId"),
        (closes, Method::POST, "CloseConnection"),
    ] {
        let sent = network.sent();
        assert_eq!(sent[0].request.method(), method);
        assert_eq!(sent[0].header("x-acs-action"), Some(action));
        assert_eq!(
            sent[0].url(),
            "https://onsmqtt.cn-hangzhou.aliyuncs.com/?ClientId=GID_test%40%40%40excavator-7&InstanceId=post-cn-1"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn only_an_online_status_of_true_or_false_says_whether_a_client_is_connected() {
    for (status, expected) in [
        (json!(true), Some(true)),
        (json!("true"), Some(true)),
        (json!(false), Some(false)),
        (json!("false"), Some(false)),
        (json!(null), None),
        (json!(0), None),
        (json!("offline"), None),
    ] {
        let network =
            Network::new(move |_| ok(&json!({"OnlineStatus": status, "RequestId": "id-1"})));
        let found = is_connected(&network).await;
        assert_eq!(found.as_ref().ok().copied(), expected);
        let code = found.err().map(|error| error.code);
        let is_odd = code == Some(ErrorCode::ProviderInvalidResponse);
        assert_eq!(is_odd, expected.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_disconnection_is_confirmed_by_its_code_and_its_success_together() {
    for body in [
        json!({"Code": 500, "Success": true, "RequestId": "id-2"}),
        json!({"Code": 200, "Success": false, "RequestId": "id-2"}),
        json!({"Code": 200, "RequestId": "id-2"}),
        json!({"Success": true, "RequestId": "id-2"}),
        json!({"Code": null, "Success": true, "RequestId": "id-2"}),
        json!({"Code": "OK", "Success": true, "RequestId": "id-2"}),
        json!({"RequestId": "id-2"}),
    ] {
        let network = Network::queue([ok(&body)]);
        let failure = disconnect(&network).await.unwrap_err();
        assert!(failure.may_have_acted, "{body}: {}", failure.error);
        assert_eq!(network.sent().len(), 1, "it is not sent twice");
    }
    let network = Network::queue([answer(500, r#"{"Code": 200, "Success": true}"#)]);
    assert!(disconnect(&network).await.unwrap_err().may_have_acted);
}

#[tokio::test(start_paused = true)]
async fn a_code_beside_the_success_of_another_action_is_no_success() {
    let body = json!({"Code": 200, "OnlineStatus": false, "RequestId": "id-1"});
    let network = Network::new(move |_| ok(&body));
    let error = is_connected(&network).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ProviderInvalidResponse);
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_the_action_is_told_with_the_certificates_state_and_not_tried_again() {
    let network = Network::queue([recorded("alibaba-mqtt/Any.error-api-not-supported")]);
    let Failure {
        error,
        may_have_acted,
        ..
    } = disconnect(&network).await.unwrap_err();
    assert_eq!(
        (error.code, may_have_acted),
        (ErrorCode::ProviderRejected, false)
    );
    assert!(!error.needs_redelivery() && !error.ends_the_request());
    for words in ["the certificate is inactive", "until it reconnects"] {
        assert!(error.detail.contains(words), "{error}");
    }
    assert!(error.provider_error.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_refused_disconnection_has_not_acted() {
    let refused = recorded("alibaba-mqtt/Any.error-instance-permission");
    let failure = disconnect(&Network::queue([refused])).await.unwrap_err();
    assert_eq!(
        (failure.error.code, failure.may_have_acted),
        (ErrorCode::ProviderRejected, false)
    );
    let throttled = recorded("alibaba-common/Any.error-throttling");
    let network = Network::queue([throttled, closed()]);
    assert!(disconnect(&network).await.unwrap().is_some());
}
