//! Answers that come later, and reads that are behind.

use super::*;

const LAG: Duration = Duration::from_millis(400);

/// The status of the one certificate of each vendor, as its get or status read and its list show
/// it.
fn seen(simulator: &Simulator) -> [[String; 2]; 4] {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let id = AwsCertificate::default().certificate_id;
    let tencent = TencentCall::new(
        "DescribeDeviceCertificate",
        &json!({"InstanceId": "mqtt-1", "DeviceCertificateSn": "0eef68a582b94254296e54ce754f94d707a59913"}),
    );
    let key = [
        ("MqttInstanceId", "post-cn-1"),
        ("DeviceSn", "356217374433"),
        ("CaSn", "007269004887"),
    ];
    let alibaba = AlibabaCall::mqtt("GetDeviceCertificate", &key)
        .send(simulator)
        .json();
    let page = [
        ("MqttInstanceId", "post-cn-1"),
        ("PageNo", "1"),
        ("PageSize", "10"),
    ];
    let alibaba_list = AlibabaCall::mqtt("ListDeviceCertificate", &page)
        .send(simulator)
        .json();
    [
        [
            text(&tencent.send(simulator)["Status"]),
            text(&describe().send(simulator)["Data"][0]["Status"]),
        ],
        [
            text(&alibaba["Data"]["Status"]),
            text(&alibaba_list["Data"]["DeviceCertificateVOS"][0]["Status"]),
        ],
        [
            text(&status().send(simulator).json()["CertificateStatus"][0]["Status"]),
            text(
                &AlibabaCall::cas("ListClientCertificate", &[])
                    .send(simulator)
                    .json()["CertificateList"][0]["Status"],
            ),
        ],
        [
            text(
                &AwsCall::describe(&id).send(simulator).json()["certificateDescription"]["status"],
            ),
            text(&AwsCall::list("").send(simulator).json()["certificates"][0]["status"]),
        ],
    ]
}

fn switch_all(simulator: &Simulator) {
    let serial = "0eef68a582b94254296e54ce754f94d707a59913";
    let tencent = TencentCall::new(
        "DeactivateDeviceCertificate",
        &json!({"InstanceId": "mqtt-1", "DeviceCertificateSn": serial}),
    );
    assert_eq!(tencent.code(simulator), "ok");
    assert_eq!(inactivate().code(simulator).1, "ok");
    assert_eq!(update().code(simulator).1, "ok");
    // The private CA has no action that changes a status.
    simulator.with_fleet(|fleet| {
        "revoked".clone_into(&mut fleet.alibaba_cas.values_mut().next().unwrap().status)
    });
}

const BEFORE: [[&str; 2]; 4] = [
    ["ACTIVE", "ACTIVE"],
    ["1", "1"],
    ["good", "ISSUE"],
    ["ACTIVE", "ACTIVE"],
];
const AFTER: [[&str; 2]; 4] = [
    ["INACTIVE", "INACTIVE"],
    ["0", "0"],
    ["revoked", "REVOKE"],
    ["INACTIVE", "INACTIVE"],
];

#[tokio::test]
async fn the_reads_of_every_vendor_are_behind_and_its_writes_are_not() {
    // So long a lag that the reads are made within it, however slow the machine is.
    let simulator = with_options(Options {
        reads_lag: Duration::from_secs(60),
        ..Options::of(fleet())
    })
    .await;
    switch_all(&simulator);
    assert_eq!(seen(&simulator), BEFORE);
    assert!(is_inactive(&simulator), "the true state");
    let version = |simulator: &Simulator| {
        simulator.with_fleet(|fleet| fleet.aws_iot.values().next().unwrap().customer_version)
    };
    let changed = version(&simulator);
    assert_eq!(update().code(&simulator).1, "ok");
    assert_eq!(
        version(&simulator),
        changed,
        "the second write finds the true state"
    );
    simulator.set_reads_lag(Duration::ZERO);
    assert_eq!(seen(&simulator), AFTER);
    simulator.reset();
    switch_all(&simulator);
    assert_eq!(
        seen(&simulator),
        BEFORE,
        "a reset brings the lag of the start back"
    );
}

#[tokio::test]
async fn reads_catch_up() {
    let simulator = with_options(Options {
        reads_lag: LAG,
        ..Options::of(fleet())
    })
    .await;
    let start = Instant::now();
    switch_all(&simulator);
    while seen(&simulator) != AFTER {
        assert!(start.elapsed() < Duration::from_secs(20));
    }
    assert!(start.elapsed() >= LAG);
}

#[tokio::test]
async fn every_answer_comes_a_round_trip_later_and_calls_do_not_wait_for_each_other() {
    let round_trip = Duration::from_millis(150);
    let simulator = with_options(Options {
        round_trip,
        ..Options::of(fleet())
    })
    .await;
    let took = |call: &dyn Fn() -> String| {
        let start = Instant::now();
        (call(), start.elapsed() >= round_trip)
    };
    assert_eq!(
        took(&|| describe().code(&simulator)),
        ("ok".to_owned(), true)
    );
    assert_eq!(
        took(&|| status().code(&simulator).1),
        ("ok".to_owned(), true)
    );
    assert_eq!(
        took(&|| update().code(&simulator).1),
        ("ok".to_owned(), true)
    );
    simulator.fail(Vendor::AlibabaMqtt, Fault::Throttle);
    assert_eq!(
        took(&|| inactivate().code(&simulator).1),
        ("Throttling.User".to_owned(), true),
        "a refusal too"
    );
    simulator.set_round_trip(Duration::from_secs(1));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(status().code(&simulator).1, "ok"));
        }
    });
    assert!(
        (1..7).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
    simulator.reset();
    let calls = Instant::now();
    assert_eq!(
        took(&|| status().code(&simulator).1),
        ("ok".to_owned(), true)
    );
    assert!(
        calls.elapsed() < Duration::from_secs(1),
        "a reset brings the round trip of the start back"
    );
}
