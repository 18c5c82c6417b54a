//! The broker's status compared with the authority's.

use super::several::device;
use super::*;
use crate::model::ProviderName::{AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::testing::clouds::{Clouds, Device, Trouble, provider_of, source};

/// The serial number in the tests' certificate.
const OF_THE_CERTIFICATE: &str = "8085f52ece5bd88308df6d98d9707716";
const PEM: &str = include_str!("../../../model/x509/device.pem");

/// One certificate for each flag, and some without.
fn clouds() -> Clouds {
    Clouds::of([
        device(TencentMqtt, "mqtt-1", "a1", "ACTIVE"),
        device(TencentMqtt, "mqtt-1", "a2", "ACTIVE"),
        device(TencentMqtt, "mqtt-1", "a3", "ACTIVE"),
        device(TencentMqtt, "mqtt-1", "a4", "INACTIVE"),
        device(TencentMqtt, "mqtt-1", "a5", "INACTIVE"),
        device(AlibabaPca, "", "a1", "good"),
        device(AlibabaPca, "", "a2", "revoked"),
        device(AlibabaPca, "", "a4", "revoked"),
        device(AlibabaPca, "", "a6", "revoked"),
    ])
}

struct Checked {
    answer: Value,
    failures: usize,
    /// The serial numbers that the authority had to look up, call by call.
    requested: Vec<String>,
}

async fn check(clouds: &Clouds, mut request: Value, certificates: Value) -> Result<Checked, Error> {
    let network = clouds.network();
    let bench = Bench::new(&network);
    request["certificates"] = certificates;
    if request.get("cross_check").is_none() {
        request["cross_check"] = json!({"provider": "alibaba-pca", "region": "cn-hangzhou"});
    }
    let answer = Status::perform(
        &bench.context(),
        request::parse(&request.to_string()).unwrap(),
        BUDGET,
    )
    .await?;
    let failures = answer.failures().count();
    let sent = network.sent();
    let of_authority = sent
        .iter()
        .filter(|sent| provider_of(&sent.request) == AlibabaPca);
    let requested = of_authority
        .map(|sent| requested(&sent.request).join(","))
        .collect();
    Ok(Checked {
        answer: serde_json::to_value(answer).unwrap(),
        failures,
        requested,
    })
}

fn named(serials: &[&str]) -> Value {
    serials
        .iter()
        .map(|serial| json!({"serial_number": serial}))
        .collect()
}

/// Serial number, the broker's status, the authority's, and the flags of each result.
fn lines(answer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let flags = |result: &Value| {
        result["flags"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect::<Vec<_>>()
            .join(",")
    };
    let line = |result: &Value| {
        let statuses = [
            &result["serial_number"],
            &result["status"],
            &result["cross_check"]["status"],
        ]
        .map(text)
        .join(" ");
        format!("{statuses} {}", flags(result))
            .trim_end()
            .to_owned()
    };
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn certificates_that_can_connect_but_are_revoked_or_unknown_at_the_authority_are_flagged() {
    let serials = ["a1", "a2", "a3", "a4", "a5", "a6", "ff"];
    let Checked {
        answer,
        failures,
        requested,
    } = check(&clouds(), source(TencentMqtt, "mqtt-1"), named(&serials))
        .await
        .unwrap();
    let expected = [
        "a1 active good",
        "a2 active revoked revoked_at_ca_but_active",
        "a3 active unknown active_at_broker_but_unknown_to_ca",
        "a4 inactive revoked",
        "a5 inactive unknown",
        "a6 unknown revoked",
        "ff unknown unknown",
    ];
    assert_eq!(lines(&answer), expected);
    let second = &answer["results"][1]["cross_check"];
    let expected = json!({
        "provider": "alibaba-pca", "region": "cn-hangzhou", "found": true, "status": "revoked", "provider_status": "revoked",
        "revoked_at": "2021-09-01T00:00:00Z", "error": null
    });
    assert_eq!(*second, expected);
    assert_eq!(answer["results"][2]["cross_check"]["found"], false);
    assert_eq!(
        (failures, requested[0].as_str()),
        (0, serials.join(",").as_str())
    );
    let ids = answer["provider_request_ids"].as_array().unwrap();
    assert!(
        ids.contains(&json!("tencent-id")) && ids.contains(&json!("pca-id")),
        "{ids:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_fails_raises_no_flag() {
    for (trouble, code) in [
        (Trouble::Busy, "throttled"),
        (Trouble::Refusing, "provider_rejected"),
    ] {
        let clouds = clouds().with(AlibabaPca, trouble);
        let Checked {
            answer, failures, ..
        } = check(
            &clouds,
            source(TencentMqtt, "mqtt-1"),
            named(&["a1", "a2", "a3"]),
        )
        .await
        .unwrap();
        assert_eq!(
            lines(&answer),
            [
                "a1 active unknown",
                "a2 active unknown",
                "a3 active unknown"
            ]
        );
        for result in answer["results"].as_array().unwrap() {
            assert_eq!(
                (&result["error"], &result["cross_check"]["error"]["code"]),
                (&Value::Null, &json!(code))
            );
            assert_eq!(
                (&result["found"], &result["cross_check"]["found"]),
                (&json!(true), &json!(false))
            );
        }
        assert_eq!(failures, 3, "a queue must bring it again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_no_authority_is_refused_before_any_call() {
    let network = Network::queue([]);
    for provider in ["tencent-mqtt", "alibaba-mqtt", "aws-iot"] {
        let bench = Bench::new(&network);
        let mut request = source(TencentMqtt, "mqtt-1");
        request["certificates"] = named(&["a1"]);
        request["cross_check"] = json!({ "provider": provider });
        let error = Status::perform(
            &bench.context(),
            request::parse(&request.to_string()).unwrap(),
            BUDGET,
        )
        .await
        .unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (ErrorCode::Unsupported, Some("cross_check.provider")),
            "{provider}"
        );
        assert!(error.detail.contains("alibaba-pca"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_about_the_authority_name_its_own_member() {
    for (requested, field) in [
        (json!({"provider": "alibaba-pca"}), "cross_check.region"),
        (
            json!({"provider": "alibaba-pca", "region": "us-mars-1"}),
            "cross_check.region",
        ),
    ] {
        let mut request = source(TencentMqtt, "mqtt-1");
        request["cross_check"] = requested;
        let error = check(&clouds(), request, named(&["a1"]))
            .await
            .err()
            .unwrap();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (ErrorCode::InvalidRequest, Some(field))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_authority_looks_up_the_serial_number_in_the_brokers_record() {
    // The broker's record has no serial number; only the certificate has one.
    let shown = Device {
        pem: Some(PEM),
        ..device(AwsIot, "", "x", "ACTIVE")
    };
    let by_id = json!([{"fingerprint_sha256": shown.id()}]);
    let clouds = Clouds::of([shown, device(AlibabaPca, "", OF_THE_CERTIFICATE, "revoked")]);
    let Checked {
        answer, requested, ..
    } = check(&clouds, source(AwsIot, ""), by_id).await.unwrap();
    assert_eq!(
        lines(&answer),
        [format!(
            "{OF_THE_CERTIFICATE} active revoked revoked_at_ca_but_active"
        )]
    );
    assert_eq!(requested, [OF_THE_CERTIFICATE]);

    // The caller's digits are decimal; the broker's record has the number.
    let number = SerialNumber::parse(OF_THE_CERTIFICATE).unwrap();
    let shown = Device {
        pem: Some(PEM),
        ..device(AlibabaMqtt, "post-cn-1", OF_THE_CERTIFICATE, "1")
    };
    let clouds = Clouds::of([shown, device(AlibabaPca, "", OF_THE_CERTIFICATE, "revoked")]);
    let decimal = json!([{"serial_number": number.to_decimal(), "ca_serial_number": "0b"}]);
    let Checked {
        answer, requested, ..
    } = check(&clouds, source(AlibabaMqtt, "post-cn-1"), decimal)
        .await
        .unwrap();
    assert_eq!(
        lines(&answer),
        [format!(
            "{OF_THE_CERTIFICATE} active revoked revoked_at_ca_but_active"
        )]
    );
    assert_eq!(requested, [OF_THE_CERTIFICATE]);
}

#[tokio::test(start_paused = true)]
async fn digits_whose_base_is_not_known_are_checked_in_both() {
    for (known, expected) in [
        (
            &[("ff", "revoked")][..],
            "0255 active revoked revoked_at_ca_but_active",
        ),
        (
            &[("0255", "revoked")],
            "0255 active revoked revoked_at_ca_but_active",
        ),
        (&[("ff", "good")], "0255 active good"),
        (
            &[],
            "0255 active unknown active_at_broker_but_unknown_to_ca",
        ),
    ] {
        let known = known
            .iter()
            .map(|(serial, status)| device(AlibabaPca, "", serial, status));
        let clouds = Clouds::of(known.chain([device(AlibabaMqtt, "post-cn-1", "255", "1")]));
        let one = json!([{"serial_number": "255", "ca_serial_number": "0b"}]);
        let Checked { answer, .. } = check(&clouds, source(AlibabaMqtt, "post-cn-1"), one)
            .await
            .unwrap();
        assert_eq!(lines(&answer), [expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_with_an_unknown_serial_number_has_an_error_in_place_of_a_cross_check() {
    // AWS returns one certificate without its PEM, and does not know the other.
    let shown = device(AwsIot, "", "x", "ACTIVE");
    let by_id =
        json!([{"fingerprint_sha256": shown.id()}, {"fingerprint_sha256": "ab".repeat(32)}]);
    let Checked {
        answer,
        failures,
        requested,
    } = check(&Clouds::of([shown]), source(AwsIot, ""), by_id)
        .await
        .unwrap();
    assert_eq!(lines(&answer), ["- active unknown", "- unknown unknown"]);
    assert_eq!(
        (failures, requested),
        (0, Vec::new()),
        "it will not be known another time either"
    );
    for result in answer["results"].as_array().unwrap() {
        let check = &result["cross_check"];
        assert_eq!(
            (&check["found"], &check["error"]["code"]),
            (&json!(false), &json!("invalid_request"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn every_result_of_several_sources_is_checked() {
    let clouds = clouds();
    clouds
        .devices
        .borrow_mut()
        .push(device(TencentMqtt, "mqtt-2", "a2", "INACTIVE"));
    let sources =
        json!({"sources": [source(TencentMqtt, "mqtt-1"), source(TencentMqtt, "mqtt-2")]});
    let Checked {
        answer,
        failures,
        requested,
    } = check(&clouds, sources, named(&["a2", "a1"])).await.unwrap();
    assert_eq!(
        lines(&answer),
        [
            "a2 active revoked revoked_at_ca_but_active",
            "a2 inactive revoked",
            "a1 active good"
        ]
    );
    assert_eq!(
        (failures, requested, &answer["provider_request_ids"]),
        (0, vec!["a2,a1".to_owned()], &json!(["pca-id"]))
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_the_broker_could_not_look_up_is_not_flagged() {
    let clouds = clouds();
    clouds.devices.borrow_mut().push(Device {
        ca: "0c",
        ..device(TencentMqtt, "mqtt-1", "a2", "ACTIVE")
    });
    let Checked {
        answer, failures, ..
    } = check(&clouds, source(TencentMqtt, "mqtt-1"), named(&["a2", "a1"]))
        .await
        .unwrap();
    assert_eq!(
        lines(&answer),
        ["a2 unknown revoked", "a1 active good"],
        "two certificates have this number"
    );
    assert_eq!(
        (failures, &answer["results"][0]["error"]["field"]),
        (1, &json!("ca_serial_number"))
    );
}
