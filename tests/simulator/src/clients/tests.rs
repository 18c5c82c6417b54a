use super::*;
use crate::testing::{AwsCall, TencentCall, with_options};
use crate::{AwsCertificate, Options, Simulator, TencentCertificate, TencentInstance};
use serde_json::json;
use std::time::Duration;

const INSTANCE: &str = "mqtt-1";
const REGION: &str = "eu-west-1";

/// Long enough for a test to see that nothing has come yet.
const WAIT: Duration = Duration::from_millis(300);

fn options(change: impl Fn(&mut Client)) -> Options {
    let certificate = TencentCertificate {
        device_certificate_sn: "ab".to_owned(),
        ..TencentCertificate::default()
    };
    let instance = TencentInstance {
        instance_id: INSTANCE.to_owned(),
        region: "ap-guangzhou".to_owned(),
        certificates: vec![certificate],
        ..TencentInstance::default()
    };
    let mut client = Client::of("truck-1", "ab");
    change(&mut client);
    Options::of(Fleet::of([instance]).with_clients(Vendor::TencentMqtt, INSTANCE, [client]))
}

async fn one(change: impl Fn(&mut Client)) -> Simulator {
    with_options(options(change)).await
}

fn call(action: &'static str, parameter: (&str, &str)) -> TencentCall {
    let (name, value) = parameter;
    TencentCall::new(action, &json!({"InstanceId": INSTANCE, name: value}))
}

fn kick(simulator: &Simulator) {
    let kick = call("KickOutClient", ("ClientId", "truck-1"));
    assert_eq!(kick.code(simulator), "ok");
}

fn switch(simulator: &Simulator, action: &'static str) {
    let switch = call(action, ("DeviceCertificateSn", "ab"));
    assert_eq!(switch.code(simulator), "ok");
}

fn is_connected(simulator: &Simulator) -> bool {
    simulator.is_connected(Vendor::TencentMqtt, INSTANCE, "truck-1")
}

fn is_listed_as_connected(simulator: &Simulator) -> bool {
    let answer = call("DescribeClientList", ("ClientId", "truck-1")).send(simulator);
    answer["Clients"][0]["ConnectionStatus"] == "CONNECTED"
}

#[tokio::test]
async fn a_client_is_back_at_once_while_its_certificate_is_active() {
    let simulator = one(|_| ()).await;
    kick(&simulator);
    assert!(is_connected(&simulator));
    let connected_at = simulator.with_fleet(|fleet| {
        let client = fleet.client(Vendor::TencentMqtt, INSTANCE, "truck-1");
        client.unwrap().connected_at
    });
    assert!(connected_at > 1_750_000_000_000);

    switch(&simulator, "DeactivateDeviceCertificate");
    assert!(
        is_connected(&simulator),
        "a session outlives its certificate"
    );
    kick(&simulator);
    assert!(!is_connected(&simulator));
    assert!(!simulator.connect(Vendor::TencentMqtt, INSTANCE, "truck-1"));
    switch(&simulator, "ActivateDeviceCertificate");
    assert!(is_connected(&simulator), "it has tried all the while");
}

#[tokio::test]
async fn a_client_may_stay_away_or_come_back_whatever_its_certificate() {
    for (reconnects, expected) in [(Reconnects::Never, false), (Reconnects::Always, true)] {
        let simulator = one(|client| client.reconnects = reconnects).await;
        switch(&simulator, "DeactivateDeviceCertificate");
        kick(&simulator);
        assert_eq!(is_connected(&simulator), expected);
    }
    let without_certificate = one(|client| client.certificate = None).await;
    switch(&without_certificate, "DeactivateDeviceCertificate");
    kick(&without_certificate);
    assert!(is_connected(&without_certificate));
}

#[tokio::test]
async fn only_one_certificate_a_device_makes_the_status_decide() {
    let simulator = one(|_| ()).await;
    simulator.with_fleet(|fleet| {
        let instance = fleet.tencent_mqtt.get_mut(INSTANCE).unwrap();
        "mTLS".clone_into(&mut instance.x509_mode);
    });
    switch(&simulator, "DeactivateDeviceCertificate");
    kick(&simulator);
    assert!(is_connected(&simulator));
}

#[tokio::test]
async fn a_client_may_take_its_time_to_come_back() {
    let simulator = one(|client| client.reconnects_after = 300).await;
    kick(&simulator);
    assert!(!is_connected(&simulator));
    tokio::time::sleep(WAIT + Duration::from_millis(50)).await;
    assert!(is_listed_as_connected(&simulator));

    kick(&simulator);
    switch(&simulator, "DeactivateDeviceCertificate");
    tokio::time::sleep(WAIT + Duration::from_millis(50)).await;
    assert!(!is_connected(&simulator), "it is not admitted any more");
}

#[tokio::test]
async fn some_brokers_end_the_sessions_of_a_certificate_that_is_off() {
    let certificate = AwsCertificate::default();
    let id = certificate.certificate_id.clone();
    let clients = [
        Client::of("truck-1", &id),
        Client::of("truck-2", &"ef".repeat(32)),
    ];
    let fleet = Fleet::of([certificate]).with_clients(Vendor::AwsIot, REGION, clients);
    let given = Options::of(fleet);
    assert_eq!(
        given.deactivation_ends_sessions,
        BTreeMap::from([(Vendor::AwsIot, Duration::from_secs(120))])
    );
    let simulator = with_options(Options {
        deactivation_ends_sessions: BTreeMap::from([(Vendor::AwsIot, WAIT)]),
        ..given
    })
    .await;
    let connected =
        || ["truck-1", "truck-2"].map(|id| simulator.is_connected(Vendor::AwsIot, REGION, id));
    for (status, before, after) in [
        ("INACTIVE", [true, true], [false, true]),
        ("ACTIVE", [true, true], [true, true]),
    ] {
        assert_eq!(AwsCall::update(&id, status).code(&simulator).0, 200);
        assert_eq!(connected(), before, "{status}");
        tokio::time::sleep(WAIT + Duration::from_millis(50)).await;
        assert_eq!(connected(), after, "{status}");
    }
    // Back in time: the certificate is on again before the broker looks.
    for status in ["INACTIVE", "ACTIVE"] {
        assert_eq!(AwsCall::update(&id, status).code(&simulator).0, 200);
    }
    tokio::time::sleep(WAIT + Duration::from_millis(50)).await;
    assert_eq!(connected(), [true, true]);
}

#[tokio::test]
async fn reads_of_sessions_may_lag_behind_while_certificates_do_not() {
    let lag = Duration::from_secs(60);
    let simulator = with_options(Options {
        sessions_lag: lag,
        ..options(|client| client.reconnects = Reconnects::Never)
    })
    .await;
    kick(&simulator);
    assert!(!is_connected(&simulator));
    assert!(is_listed_as_connected(&simulator));
    switch(&simulator, "DeactivateDeviceCertificate");
    let described = call("DescribeDeviceCertificate", ("DeviceCertificateSn", "ab"));
    assert_eq!(described.send(&simulator)["Status"], "INACTIVE");
    simulator.set_sessions_lag(Duration::ZERO);
    assert!(!is_listed_as_connected(&simulator));

    simulator.reset();
    simulator.with_fleet(|fleet| {
        let client = fleet.client(Vendor::TencentMqtt, INSTANCE, "truck-1");
        client.unwrap().connected = false;
    });
    assert!(is_listed_as_connected(&simulator), "the lag is back");
    assert!(!is_connected(&simulator));
}

#[tokio::test]
async fn a_reset_forgets_what_was_to_come() {
    let simulator = one(|client| client.reconnects_after = 300).await;
    kick(&simulator);
    simulator.reset();
    assert!(is_connected(&simulator));
    simulator.with_fleet(|fleet| {
        let client = fleet.client(Vendor::TencentMqtt, INSTANCE, "truck-1");
        client.unwrap().connected = false;
    });
    tokio::time::sleep(WAIT + Duration::from_millis(50)).await;
    assert!(!is_connected(&simulator));
}

#[tokio::test]
async fn a_client_is_added_and_connects_on_command() {
    let simulator = one(|_| ()).await;
    let added = Client::of("truck-2", "ab").offline();
    simulator.add_client(Vendor::TencentMqtt, INSTANCE, added);
    assert!(!simulator.is_connected(Vendor::TencentMqtt, INSTANCE, "truck-2"));
    assert!(simulator.connect(Vendor::TencentMqtt, INSTANCE, "truck-2"));
    assert!(simulator.is_connected(Vendor::TencentMqtt, INSTANCE, "truck-2"));
    assert!(!simulator.connect(Vendor::TencentMqtt, INSTANCE, "truck-3"));
    assert!(!simulator.connect(Vendor::TencentMqtt, "mqtt-2", "truck-1"));
}

#[test]
fn the_clients_of_a_broker_are_found_among_those_of_others() {
    let mut fleet = Fleet::empty();
    for place in ["a", "b", "c"] {
        let clients = ["1", "2"].map(|id| Client::of(id, "ab"));
        fleet = fleet.with_clients(Vendor::AlibabaMqtt, place, clients);
    }
    let ids: Vec<&str> = fleet
        .clients_of(Vendor::AlibabaMqtt, "b")
        .map(|client| client.client_id.as_str())
        .collect();
    assert_eq!(ids, ["1", "2"]);
    assert_eq!(fleet.clients_of(Vendor::TencentMqtt, "b").count(), 0);
}
