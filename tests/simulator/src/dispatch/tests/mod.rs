mod sessions;
mod times;

use crate::testing::{
    AlibabaCall, Answer, AwsCall, TencentCall, error_type, exchange, simulator, with_options,
};
use crate::{
    AlibabaInstance, AwsCertificate, CasCertificate, Fault, FaultRule, Fleet, Options, Simulator,
    TencentInstance, Vendor,
};
use serde_json::json;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

fn fleet() -> Fleet {
    let tencent = TencentInstance {
        instance_id: "mqtt-1".to_owned(),
        region: "ap-guangzhou".to_owned(),
        certificates: vec![Default::default()],
        ..TencentInstance::default()
    };
    let alibaba = AlibabaInstance {
        instance_id: "post-cn-1".to_owned(),
        certificates: vec![Default::default()],
    };
    Fleet::of([tencent])
        .with([alibaba])
        .with([CasCertificate::default()])
        .with([AwsCertificate::default()])
}

fn update() -> AwsCall {
    AwsCall::update(&AwsCertificate::default().certificate_id, "INACTIVE")
}

fn describe() -> TencentCall {
    TencentCall::new(
        "DescribeDeviceCertificates",
        &json!({"InstanceId": "mqtt-1"}),
    )
}

fn status() -> AlibabaCall {
    AlibabaCall::status("b67e53ebcea9b77d65b0c3236646d715")
}

fn inactivate() -> AlibabaCall {
    let key = [
        ("MqttInstanceId", "post-cn-1"),
        ("DeviceSn", "356217374433"),
        ("CaSn", "007269004887"),
    ];
    AlibabaCall::mqtt("InactivateDeviceCertificate", &key)
}

fn is_inactive(simulator: &Simulator) -> bool {
    simulator.with_fleet(|fleet| {
        let found = fleet.alibaba_certificate("post-cn-1", "356217374433", "007269004887");
        found.unwrap().status == "0"
    })
}

fn outcomes(simulator: &Simulator) -> Vec<String> {
    simulator
        .calls()
        .into_iter()
        .map(|call| call.outcome)
        .collect()
}

fn try_send(simulator: &Simulator, call: &AlibabaCall) -> std::io::Result<Option<Answer>> {
    let url = simulator.url(call.vendor);
    exchange(&url, &call.request(&url))
}

#[tokio::test]
async fn every_vendor_refuses_on_command_in_its_own_words() {
    let simulator = simulator(fleet()).await;
    let faults = [
        (
            Fault::Throttle,
            "RequestLimitExceeded",
            (400, "Throttling.User"),
            "ThrottlingException",
        ),
        (
            Fault::Internal,
            "InternalError",
            (500, "InternalError"),
            "InternalFailureException",
        ),
        (
            Fault::code("SystemOverFlow", 500),
            "SystemOverFlow",
            (500, "SystemOverFlow"),
            "SystemOverFlow",
        ),
    ];
    for (fault, tencent, (http, alibaba), aws) in faults {
        for vendor in Vendor::ALL {
            simulator.fail(vendor, fault.clone());
        }
        assert_eq!(describe().code(&simulator), tencent);
        assert_eq!(status().code(&simulator), (http, alibaba.to_owned()));
        assert_eq!(inactivate().code(&simulator), (http, alibaba.to_owned()));
        assert!(!is_inactive(&simulator));
        assert_eq!(update().code(&simulator), (http, aws.to_owned()));
        assert_eq!(
            simulator.with_fleet(|fleet| fleet.aws_iot.values().next().unwrap().status.clone()),
            "ACTIVE"
        );
    }
    assert_eq!(
        outcomes(&simulator)[..2],
        ["RequestLimitExceeded", "Throttling.User"]
    );
}

#[tokio::test]
async fn alibaba_names_the_wait_when_it_is_given() {
    let simulator = simulator(fleet()).await;
    simulator.fail(Vendor::AlibabaCas, Fault::ThrottleFor(2000));
    simulator.fail(Vendor::AlibabaCas, Fault::Throttle);
    let waits = [status().send(&simulator), status().send(&simulator)]
        .map(|answer| answer.header("x-acs-retry-after").map(str::to_owned));
    assert_eq!(waits, [Some("2000".to_owned()), None]);
}

#[tokio::test]
async fn an_unavailable_vendor_answers_503() {
    let simulator = simulator(fleet()).await;
    simulator.fail(Vendor::TencentMqtt, Fault::Unavailable);
    simulator.fail(Vendor::AlibabaCas, Fault::Unavailable);
    let url = simulator.url(Vendor::TencentMqtt);
    let page = exchange(&url, &describe().request(&url)).unwrap().unwrap();
    assert_eq!(
        (page.status, page.header("content-type")),
        (503, Some("text/html"))
    );
    assert_eq!(
        status().code(&simulator),
        (503, "ServiceUnavailable".to_owned())
    );
    simulator.fail(Vendor::AwsIot, Fault::Unavailable);
    assert_eq!(
        update().code(&simulator),
        (503, "ServiceUnavailableException".to_owned())
    );
    assert_eq!(
        outcomes(&simulator),
        [
            "unavailable",
            "ServiceUnavailable",
            "ServiceUnavailableException"
        ]
    );
}

#[tokio::test]
async fn a_cut_connection_brings_no_answer_and_tells_not_what_was_done() {
    let simulator = simulator(fleet()).await;
    simulator.fail(Vendor::AlibabaMqtt, Fault::CutBefore);
    assert!(try_send(&simulator, &inactivate()).unwrap().is_none());
    assert!(!is_inactive(&simulator));
    simulator.fail(Vendor::AlibabaMqtt, Fault::CutAfter);
    assert!(try_send(&simulator, &inactivate()).unwrap().is_none());
    assert!(is_inactive(&simulator));
    assert_eq!(outcomes(&simulator), ["cut_before", "cut_after"]);
}

#[tokio::test]
async fn a_truncated_answer_is_shorter_than_it_says() {
    let simulator = simulator(fleet()).await;
    simulator.fail(Vendor::AlibabaMqtt, Fault::Truncated);
    let answer = try_send(&simulator, &inactivate()).unwrap().unwrap();
    let declared: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert!(!answer.body.is_empty() && answer.body.len() < declared);
    assert!(answer.body.starts_with(b"{"));
    assert!(is_inactive(&simulator));
}

#[tokio::test]
async fn an_empty_answer_can_be_truncated() {
    let simulator = simulator(fleet()).await;
    simulator.fail(Vendor::AwsIot, Fault::Truncated);
    let answer = update().send(&simulator);
    assert_eq!(
        (answer.header("content-length"), answer.body.len()),
        (Some("1"), 0)
    );
    assert_eq!(error_type(&answer), (200, "ok".to_owned()));
}

#[tokio::test]
async fn the_fleet_changes_once_after_so_many_successful_calls() {
    let simulator = simulator(fleet()).await;
    let list = || {
        let parameters = [
            ("MqttInstanceId", "post-cn-1"),
            ("PageNo", "1"),
            ("PageSize", "10"),
        ];
        let answer = AlibabaCall::mqtt("ListDeviceCertificate", &parameters)
            .send(&simulator)
            .json();
        answer["Data"]["DeviceCertificateVOS"]
            .as_array()
            .map(Vec::len)
    };
    simulator.change_after(Vendor::AlibabaMqtt, "ListDeviceCertificate", 2, |fleet| {
        let instance = fleet.alibaba_mqtt.get_mut("post-cn-1").unwrap();
        instance.certificates.push(Default::default());
    });
    assert_eq!(list(), Some(1));
    simulator.fail(Vendor::AlibabaMqtt, Fault::Throttle);
    assert_eq!(list(), None);
    assert_eq!(inactivate().code(&simulator).1, "ok");
    assert_eq!(list(), Some(1));
    assert_eq!(
        simulator.with_fleet(|fleet| fleet.alibaba_mqtt["post-cn-1"].certificates.len()),
        2
    );
    assert_eq!([list(), list()], [Some(2), Some(2)]);

    simulator.change_after(Vendor::AlibabaMqtt, "ListDeviceCertificate", 0, |fleet| {
        fleet.alibaba_mqtt.clear()
    });
    simulator.change_after(Vendor::AlibabaMqtt, "ListDeviceCertificate", 1, |_| {
        unreachable!("a reset forgets it")
    });
    assert!(simulator.with_fleet(|fleet| fleet.alibaba_mqtt.is_empty()));
    simulator.reset();
    assert_eq!(list(), Some(1));
}

#[tokio::test]
async fn a_stalled_call_is_never_answered_and_holds_up_no_other() {
    let simulator = simulator(fleet()).await;
    simulator.fail(
        Vendor::AlibabaMqtt,
        FaultRule::once(Fault::Stall).on("InactivateDeviceCertificate"),
    );
    let error = try_send(&simulator, &inactivate()).unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut
    ));
    assert!(!is_inactive(&simulator));
    assert_eq!(inactivate().code(&simulator).1, "ok");
    assert_eq!(outcomes(&simulator), ["stall", "ok"]);
}

#[tokio::test]
async fn a_delayed_call_is_answered_properly() {
    let simulator = simulator(fleet()).await;
    simulator.fail(Vendor::AlibabaCas, Fault::Delay(150));
    let start = Instant::now();
    assert_eq!(status().code(&simulator).1, "ok");
    assert!(start.elapsed() >= Duration::from_millis(150));
    assert_eq!(outcomes(&simulator), ["ok"]);
}

#[tokio::test]
async fn any_body_is_sent_as_it_was_given() {
    let simulator = simulator(fleet()).await;
    let bodies: [(u16, &str, &[u8]); 4] = [
        (200, "application/json", b""),
        (502, "text/html", b"<html>"),
        (200, "application/json", b"{\"Error\": null}"),
        (200, "application/json", b"\xff\xfe\x00"),
    ];
    for (http, content_type, bytes) in bodies {
        simulator.fail(Vendor::AlibabaCas, Fault::body(http, content_type, bytes));
        let answer = status().send(&simulator);
        assert_eq!(answer.status, http);
        assert_eq!(answer.header("content-type"), Some(content_type));
        assert_eq!(answer.body, bytes);
    }
    assert_eq!(outcomes(&simulator), ["body"; 4]);
}

#[tokio::test]
async fn a_body_may_have_headers_of_its_own() {
    let simulator = simulator(fleet()).await;
    let headers = [
        ("x-amzn-ErrorType", "CertificateStateException:"),
        ("x-amzn-RequestId", "1"),
    ];
    let headers = headers
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    simulator.fail(
        Vendor::AwsIot,
        Fault::body_with_headers(406, "application/json", headers, r#"{"message": ""}"#),
    );
    let answer = update().send(&simulator);
    assert_eq!(
        error_type(&answer),
        (406, "CertificateStateException".to_owned())
    );
    assert_eq!(
        (
            answer.header("x-amzn-requestid"),
            answer.header("content-type")
        ),
        (Some("1"), Some("application/json"))
    );
}

#[tokio::test]
async fn faults_befall_only_the_calls_they_are_meant_for() {
    let simulator = simulator(fleet()).await;
    let rule = FaultRule::times(Fault::Internal, 2)
        .on("InactivateDeviceCertificate")
        .containing("356217374433");
    simulator.fail(Vendor::AlibabaMqtt, rule);
    let mut other = inactivate();
    "1".clone_into(&mut other.parameters[1].1);
    let wrong = AlibabaCall {
        version: "1",
        ..inactivate()
    };
    assert_eq!(status().code(&simulator).1, "ok");
    assert_eq!(other.code(&simulator).1, "FindDeviceBySnError");
    assert_eq!(wrong.code(&simulator).1, "NoSuchVersion");
    assert_eq!(inactivate().code(&simulator).1, "InternalError");
    assert_eq!(inactivate().code(&simulator).1, "InternalError");
    assert_eq!(inactivate().code(&simulator).1, "ok");
}

#[tokio::test]
async fn limits_hold_when_they_are_to_be_enforced() {
    let with_limits = |enforce_rate_limits| {
        with_options(Options {
            enforce_rate_limits,
            ..Options::of(fleet())
        })
    };
    let enforced = with_limits(true).await;
    let codes: Vec<String> = (0..11).map(|_| status().code(&enforced).1).collect();
    assert_eq!(codes[..10], ["ok"; 10]);
    assert_eq!(codes[10], "Throttling.User");
    let free = with_limits(false).await;
    assert!((0..11).all(|_| status().code(&free).1 == "ok"));
}
