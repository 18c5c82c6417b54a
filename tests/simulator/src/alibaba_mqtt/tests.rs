use super::*;
use crate::testing::{AlibabaCall, simulator, with_options};
use crate::{Fault, FaultRule, Fleet, Options, Simulator, Vendor};

async fn five() -> Simulator {
    let certificates = ["00AB12", "ab12", "0f", "f", "356217374433"]
        .into_iter()
        .map(|device_sn| AlibabaMqttCertificate {
            device_sn: device_sn.to_owned(),
            ..AlibabaMqttCertificate::default()
        })
        .collect();
    let instance = AlibabaInstance {
        instance_id: "post-cn-1".to_owned(),
        certificates,
    };
    simulator(Fleet::of([instance])).await
}

fn call(action: &'static str, device_sn: &str, ca_sn: &str) -> AlibabaCall {
    let key = [
        ("MqttInstanceId", "post-cn-1"),
        ("DeviceSn", device_sn),
        ("CaSn", ca_sn),
    ];
    AlibabaCall::mqtt(action, &key)
}

const CA: &str = "007269004887";

fn status(simulator: &Simulator, device_sn: &str) -> String {
    let answer = call("GetDeviceCertificate", device_sn, CA).send(simulator);
    answer.json()["Data"]["Status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_certificate_is_switched_off_and_on_again() {
    let simulator = five().await;
    for (action, expected) in [
        ("InactivateDeviceCertificate", "0"),
        ("InactivateDeviceCertificate", "0"),
        ("ActiveDeviceCertificate", "1"),
    ] {
        let answer = call(action, "00AB12", CA).send(&simulator);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["DeviceSn"], "00AB12");
        assert_eq!(status(&simulator, "00AB12"), expected);
        assert_eq!(status(&simulator, "ab12"), "1");
    }
}

#[tokio::test]
async fn only_the_stored_spelling_finds_a_certificate() {
    let simulator = five().await;
    for (device_sn, ca_sn) in [
        ("00ab12", CA),
        ("AB12", CA),
        ("00f", CA),
        ("f", "7269004887"),
    ] {
        for action in [
            "GetDeviceCertificate",
            "InactivateDeviceCertificate",
            "ActiveDeviceCertificate",
        ] {
            assert_eq!(
                call(action, device_sn, ca_sn).code(&simulator),
                (500, "FindDeviceBySnError".to_owned()),
                "{device_sn} {ca_sn}"
            );
        }
    }
    let elsewhere = AlibabaCall::mqtt(
        "GetDeviceCertificate",
        &[
            ("MqttInstanceId", "post-cn-2"),
            ("DeviceSn", "f"),
            ("CaSn", CA),
        ],
    );
    assert_eq!(
        elsewhere.code(&simulator),
        (500, "MqttInstanceNotFound".to_owned())
    );
}

#[tokio::test]
async fn missing_empty_and_long_parameters_are_refused() {
    let simulator = five().await;
    let refused = (400, "ParameterFieldCheckFailed".to_owned());
    let long = "1".repeat(129);
    for action in ["GetDeviceCertificate", "InactivateDeviceCertificate"] {
        assert_eq!(call(action, "", CA).code(&simulator), refused);
        assert_eq!(call(action, "f", &long).code(&simulator), refused);
        assert_eq!(call(action, &long, CA).code(&simulator), refused);
        for missing in 0..3 {
            let mut call = call(action, "f", CA);
            call.parameters.remove(missing);
            assert_eq!(call.code(&simulator), refused);
        }
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let simulator = five().await;
    let page = |number: &str, size: &str| {
        AlibabaCall::mqtt(
            "ListDeviceCertificate",
            &[
                ("MqttInstanceId", "post-cn-1"),
                ("PageNo", number),
                ("PageSize", size),
            ],
        )
    };
    for (number, rows) in [("1", 2), ("2", 2), ("3", 1), ("4", 0)] {
        let data = page(number, "2").send(&simulator).json()["Data"].clone();
        assert_eq!(data["DeviceCertificateVOS"].as_array().unwrap().len(), rows);
        assert_eq!(data["PageNo"].to_string(), number);
        assert_eq!((&data["PageSize"], &data["Total"]), (&json!(2), &json!(3)));
    }
    for (number, size) in [("0", "2"), ("1", "0"), ("1", "101"), ("x", "2"), ("1", "")] {
        let refused = (400, "ParameterFieldCheckFailed".to_owned());
        assert_eq!(
            page(number, size).code(&simulator),
            refused,
            "{number} {size}"
        );
    }
}

#[tokio::test]
async fn a_list_can_be_restricted_to_one_ca() {
    let simulator = five().await;
    let serials = ["00AB12", "0f", "356217374433"];
    simulator.with_fleet(|fleet| {
        for serial in serials {
            "0B7E".clone_into(
                &mut fleet
                    .alibaba_certificate("post-cn-1", serial, CA)
                    .unwrap()
                    .ca_sn,
            );
        }
    });
    let page = |ca_sn: &str, number: &str, size: &str| {
        let parameters = [
            ("MqttInstanceId", "post-cn-1"),
            ("CaSn", ca_sn),
            ("PageNo", number),
            ("PageSize", size),
        ];
        AlibabaCall::mqtt("ListDeviceCertificateByCaSn", &parameters)
    };
    for (ca_sn, number, expected, total) in [
        ("0B7E", "1", &serials[..2], 3),
        ("0B7E", "2", &serials[2..], 3),
        ("0B7E", "3", &[], 3),
        (CA, "1", &["ab12", "f"], 2),
        ("0b7e", "1", &[], 0),
    ] {
        let data = page(ca_sn, number, "2").send(&simulator).json()["Data"].clone();
        let found: Vec<&str> = data["DeviceCertificateVOS"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["DeviceSn"].as_str().unwrap())
            .collect();
        assert_eq!(
            (found.as_slice(), &data["Total"]),
            (expected, &json!(total)),
            "{ca_sn} {number}"
        );
    }
    for (ca_sn, number, size) in [
        ("", "1", "2"),
        (&*"1".repeat(129), "1", "2"),
        (CA, "0", "2"),
        (CA, "1", "101"),
    ] {
        assert_eq!(
            page(ca_sn, number, size).code(&simulator),
            (400, "ParameterFieldCheckFailed".to_owned())
        );
    }
}

#[tokio::test]
async fn a_ca_without_certificates_can_be_made_to_be_refused() {
    let fleet = five().await.with_fleet(|fleet| fleet.clone());
    let simulator = with_options(Options {
        refuse_cas_without_certificates: true,
        ..Options::of(fleet)
    })
    .await;
    let page = |ca_sn: &str, number: &str| {
        let parameters = [
            ("MqttInstanceId", "post-cn-1"),
            ("CaSn", ca_sn),
            ("PageNo", number),
            ("PageSize", "10"),
        ];
        AlibabaCall::mqtt("ListDeviceCertificateByCaSn", &parameters).code(&simulator)
    };
    assert_eq!(
        page("7269004887", "1"),
        (500, "FindDeviceBySnError".to_owned())
    );
    for number in ["1", "2"] {
        assert_eq!(
            page(CA, number),
            (200, "ok".to_owned()),
            "a page behind the last one is empty"
        );
    }
    let whole = [
        ("MqttInstanceId", "post-cn-1"),
        ("PageNo", "1"),
        ("PageSize", "10"),
    ];
    assert_eq!(
        AlibabaCall::mqtt("ListDeviceCertificate", &whole).code(&simulator),
        (200, "ok".to_owned())
    );
}

#[tokio::test]
async fn total_can_be_made_to_count_results() {
    let fleet = five().await.with_fleet(|fleet| fleet.clone());
    let simulator = with_options(Options {
        total_counts_results: true,
        ..Options::of(fleet)
    })
    .await;
    let parameters = [
        ("MqttInstanceId", "post-cn-1"),
        ("PageNo", "1"),
        ("PageSize", "2"),
    ];
    let data = AlibabaCall::mqtt("ListDeviceCertificate", &parameters)
        .send(&simulator)
        .json()["Data"]
        .clone();
    assert_eq!(data["Total"], 5);
}

#[tokio::test]
async fn a_write_can_be_made_to_succeed_without_effect() {
    let simulator = five().await;
    let rule = FaultRule::once(Fault::SucceedWithoutEffect).on("InactivateDeviceCertificate");
    simulator.fail(Vendor::AlibabaMqtt, rule);
    let inactivate = || call("InactivateDeviceCertificate", "f", CA).code(&simulator);
    assert_eq!(inactivate(), (200, "ok".to_owned()));
    assert_eq!(status(&simulator, "f"), "1");
    assert_eq!(inactivate(), (200, "ok".to_owned()));
    assert_eq!(status(&simulator, "f"), "0");
}
