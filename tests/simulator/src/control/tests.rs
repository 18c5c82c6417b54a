use crate::testing::{AlibabaCall, Answer, exchange, simulator};
use crate::{AlibabaInstance, AwsCertificate, CasCertificate, Fleet, Simulator, TencentInstance};
use serde_json::{Value, json};

async fn small() -> Simulator {
    let tencent = TencentInstance {
        instance_id: "mqtt-1".to_owned(),
        certificates: vec![Default::default(); 3],
        ..TencentInstance::default()
    };
    let alibaba = AlibabaInstance {
        instance_id: "post-cn-1".to_owned(),
        certificates: vec![Default::default()],
    };
    let fleet = Fleet::of([tencent])
        .with([alibaba])
        .with([CasCertificate::default()])
        .with([AwsCertificate::default()]);
    simulator(fleet).await
}

fn send(simulator: &Simulator, method: &str, path: &str, body: &str) -> Answer {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(&simulator.control_url(), &request)
        .unwrap()
        .unwrap()
}

fn get(simulator: &Simulator, path: &str) -> Value {
    let answer = send(simulator, "GET", path, "");
    assert_eq!(answer.status, 200);
    answer.json()
}

fn status(simulator: &Simulator) -> String {
    AlibabaCall::status("b67e53ebcea9b77d65b0c3236646d715")
        .code(simulator)
        .1
}

#[tokio::test]
async fn faults_are_set_and_calls_are_counted() {
    let simulator = small().await;
    let fault = json!({"vendor": "alibaba-cas", "times": 2, "fault": {"throttle_for": 500}});
    assert_eq!(
        send(&simulator, "POST", "/faults", &fault.to_string()).status,
        200
    );
    for expected in ["Throttling.User", "Throttling.User", "ok"] {
        assert_eq!(status(&simulator), expected);
    }
    let answer = get(&simulator, "/calls");
    let of_vendor = &answer["numbers"]["alibaba-cas"];
    assert_eq!(of_vendor["connections"], 3);
    assert_eq!(
        of_vendor["actions"]["DescribeClientCertificateStatusForSerialNumber"],
        json!({"count": 3, "most_in_any_second": 3})
    );
    assert_eq!(answer["numbers"]["tencent-mqtt"]["actions"], json!({}));
    let last = &answer["calls"][2];
    assert_eq!(last["vendor"], "alibaba-cas");
    assert_eq!(last["outcome"], "ok");
    assert_eq!(
        last["parameters"]["SerialNumber"],
        "b67e53ebcea9b77d65b0c3236646d715"
    );
    assert!(last["at"].as_u64().unwrap() > 1_700_000_000_000);
}

#[tokio::test]
async fn faults_are_taken_back_and_nothing_else() {
    let simulator = small().await;
    simulator.with_fleet(|fleet| fleet.tencent_mqtt.clear());
    send(
        &simulator,
        "POST",
        "/faults",
        &json!({"vendor": "alibaba-cas", "times": 9, "fault": "throttle"}).to_string(),
    );
    assert_eq!(status(&simulator), "Throttling.User");
    assert_eq!(send(&simulator, "DELETE", "/faults", "").status, 200);
    assert_eq!(status(&simulator), "ok");
    assert_eq!(
        get(&simulator, "/calls")["calls"].as_array().unwrap().len(),
        2
    );
    assert_eq!(
        get(&simulator, "/certificates?vendor=tencent-mqtt")["total"],
        0
    );
}

#[tokio::test]
async fn keys_are_replaced() {
    let simulator = small().await;
    let keys = json!({"vendor": "alibaba-cas", "keys": [{"id": "another", "secret": "s"}]});
    assert_eq!(
        send(&simulator, "POST", "/keys", &keys.to_string()).status,
        200
    );
    assert_eq!(status(&simulator), "InvalidAccessKeyId.NotFound");
}

#[tokio::test]
async fn times_are_set_one_by_one() {
    let simulator = small().await;
    assert_eq!(
        send(&simulator, "POST", "/times", r#"{"reads_lag": 60000}"#).status,
        200
    );
    assert_eq!(
        send(&simulator, "POST", "/times", r#"{"round_trip": 100}"#).status,
        200
    );
    simulator.with_fleet(|fleet| {
        "revoked".clone_into(&mut fleet.alibaba_cas.values_mut().next().unwrap().status)
    });
    let start = std::time::Instant::now();
    let answer = AlibabaCall::status("b67e53ebcea9b77d65b0c3236646d715")
        .send(&simulator)
        .json();
    assert!(start.elapsed().as_millis() >= 100);
    assert_eq!(answer["CertificateStatus"][0]["Status"], "good");
    let shown = get(&simulator, "/certificates?vendor=alibaba-cas");
    assert_eq!(
        shown["certificates"][0]["Status"], "revoked",
        "the control listener shows the true state"
    );
}

#[tokio::test]
async fn a_reset_brings_back_the_first_state() {
    let simulator = small().await;
    let fault = json!({"vendor": "alibaba-cas", "fault": "internal"}).to_string();
    send(&simulator, "POST", "/faults", &fault);
    simulator.with_fleet(|fleet| fleet.tencent_mqtt.clear());
    status(&simulator);
    send(&simulator, "POST", "/faults", &fault);
    assert_eq!(send(&simulator, "POST", "/reset", "").status, 200);
    assert_eq!(get(&simulator, "/calls")["calls"], json!([]));
    assert_eq!(
        get(&simulator, "/certificates?vendor=tencent-mqtt")["total"],
        3
    );
    assert_eq!(status(&simulator), "ok");
}

#[tokio::test]
async fn the_fleet_is_shown_in_plain_form() {
    let simulator = small().await;
    let tencent = get(&simulator, "/certificates?vendor=tencent-mqtt&limit=2");
    assert_eq!(
        (&tencent["total"], &tencent["certificates"][1]["InstanceId"]),
        (&json!(3), &json!("mqtt-1"))
    );
    assert_eq!(tencent["certificates"].as_array().unwrap().len(), 2);
    let elsewhere = get(
        &simulator,
        "/certificates?vendor=tencent-mqtt&instance_id=mqtt-2",
    );
    assert_eq!(elsewhere["total"], 0);
    let mqtt = get(&simulator, "/certificates?vendor=alibaba-mqtt");
    assert_eq!(mqtt["certificates"][0]["DeviceSn"], "356217374433");
    let cas = get(&simulator, "/certificates?vendor=alibaba-cas");
    assert_eq!(
        (
            &cas["certificates"][0]["Status"],
            &cas["certificates"][0]["RevokeTime"]
        ),
        (&json!("good"), &json!(0))
    );
    let aws = get(&simulator, "/certificates?vendor=aws-iot");
    assert_eq!(
        (
            &aws["certificates"][0]["status"],
            &aws["certificates"][0]["region"]
        ),
        (&json!("ACTIVE"), &json!("eu-west-1"))
    );
}

#[tokio::test]
async fn clients_are_added_connected_and_shown() {
    let simulator = small().await;
    let certificate = AwsCertificate::default().certificate_id;
    let added = json!({
        "vendor": "aws-iot",
        "place": "eu-west-1",
        "client": {
            "client_id": "truck-1", "certificate": certificate, "connected": false, "has_session": false,
            "reconnects": "never", "reconnects_after": 20,
        },
    });
    assert_eq!(
        send(&simulator, "POST", "/clients", &added.to_string()).status,
        200
    );
    let shown = |query: &str| {
        let answer = get(
            &simulator,
            &format!("/clients?vendor=aws-iot&place={query}"),
        );
        answer["clients"].as_array().unwrap().clone()
    };
    let client = &shown("eu-west-1&client_id=truck-1")[0];
    assert_eq!(
        (
            &client["connected"],
            &client["reconnects"],
            &client["keep_alive"]
        ),
        (&json!(false), &json!("never"), &json!(60))
    );
    assert!(shown("eu-west-1&client_id=truck").is_empty() && shown("us-east-1").is_empty());
    for (client_id, expected) in [("truck-1", true), ("truck-2", false)] {
        let named = json!({"vendor": "aws-iot", "place": "eu-west-1", "client_id": client_id});
        let answer = send(&simulator, "POST", "/clients/connect", &named.to_string());
        assert_eq!(answer.json(), json!({ "connected": expected }));
    }
    assert_eq!(shown("eu-west-1")[0]["connected"], true);
}

#[tokio::test]
async fn things_are_added_and_shown() {
    let simulator = small().await;
    let thing = json!({"name": "truck-1", "region": "eu-west-1", "principals": ["eu-west-1:0f"]});
    assert_eq!(
        send(&simulator, "POST", "/things", &thing.to_string()).status,
        200
    );
    assert_eq!(get(&simulator, "/things"), json!({ "things": [thing] }));
}

#[tokio::test]
async fn a_mistake_is_named() {
    let simulator = small().await;
    for (method, path, body, status, named) in [
        ("POST", "/faults", "{", 400, "EOF"),
        ("POST", "/faults", r#"{"fault": "stall"}"#, 400, "vendor"),
        (
            "POST",
            "/faults",
            r#"{"vendor": "azure-iot", "fault": "stall"}"#,
            400,
            "azure-iot",
        ),
        (
            "POST",
            "/faults",
            r#"{"vendor": "alibaba-cas", "fault": "stal"}"#,
            400,
            "stal",
        ),
        (
            "POST",
            "/faults",
            r#"{"vendor": "alibaba-cas", "fault": "stall", "actoin": "x"}"#,
            400,
            "actoin",
        ),
        ("POST", "/times", r#"{"reads_lag": -1}"#, 400, "-1"),
        ("POST", "/times", r#"{"lag": 1}"#, 400, "lag"),
        ("GET", "/certificates", "", 400, "vendor"),
        (
            "GET",
            "/certificates?vendor=alibaba-cas&limit=x",
            "",
            400,
            "limit",
        ),
        (
            "GET",
            "/certificates?vendor=alibaba-cas&offset=1",
            "",
            400,
            "offset",
        ),
        ("GET", "/clients?vendor=aws-iot", "", 400, "place"),
        ("GET", "/clients?region=x", "", 400, "region"),
        (
            "POST",
            "/clients",
            r#"{"vendor": "aws-iot", "place": "x", "client": {"id": "truck-1"}}"#,
            400,
            "id",
        ),
        ("POST", "/clients/connect", "{}", 400, "vendor"),
        ("POST", "/things", r#"{"name": "truck-1"}"#, 400, "region"),
        ("POST", "/times", r#"{"sessions_lag": "x"}"#, 400, "x"),
        ("GET", "/faults", "", 404, "POST /faults"),
    ] {
        let answer = send(&simulator, method, path, body);
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, status);
        assert!(error.contains(named), "{named} in {error}");
    }
}
