//! The names by which a certificate can be looked up, and the answer when they contradict each
//! other.

use super::*;
use crate::model::ProviderName::{self, AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::testing::clouds::{Clouds, Device, source};

const PEM: &str = include_str!("../../../model/x509/device.pem");
const SERIAL: &str = "8085f52ece5bd88308df6d98d9707716";

/// Every provider knows the tests' certificate.
fn clouds() -> Clouds {
    let instances = [
        (TencentMqtt, "mqtt-1"),
        (AlibabaMqtt, "post-cn-1"),
        (AlibabaPca, ""),
        (AwsIot, ""),
    ];
    Clouds::of(instances.map(|(provider, instance)| Device {
        pem: Some(PEM),
        ..Device::new(provider, instance, SERIAL, 0)
    }))
}

async fn ask(provider: ProviderName, certificates: Value) -> Result<Value, Error> {
    let instance = match provider {
        TencentMqtt => "mqtt-1",
        _ => "post-cn-1",
    };
    let mut request = source(provider, instance);
    request["certificates"] = certificates;
    perform(&clouds().network(), &request).await
}

fn fingerprint() -> String {
    Device {
        pem: Some(PEM),
        ..Device::new(AwsIot, "", SERIAL, 0)
    }
    .id()
}

#[tokio::test(start_paused = true)]
async fn each_provider_requires_the_names_by_which_it_identifies_certificates() {
    let serial = || json!({"serial_number": SERIAL});
    let both = || json!({"serial_number": SERIAL, "ca_serial_number": "0b"});
    let by_id = || json!({"fingerprint_sha256": fingerprint()});
    for (provider, reference, missing) in [
        (TencentMqtt, serial(), None),
        (TencentMqtt, by_id(), Some("serial_number")),
        (AlibabaMqtt, both(), None),
        (AlibabaMqtt, serial(), Some("ca_serial_number")),
        (
            AlibabaMqtt,
            json!({"fingerprint_sha256": fingerprint(), "ca_serial_number": "0b"}),
            Some("serial_number"),
        ),
        (AlibabaPca, serial(), None),
        (AlibabaPca, by_id(), Some("serial_number")),
        (AwsIot, by_id(), None),
        (AwsIot, both(), Some("fingerprint_sha256")),
    ] {
        let answer =
            ask(provider, json!([{"serial_number": SERIAL, "ca_serial_number": "0b", "fingerprint_sha256": fingerprint()}, reference]))
                .await;
        match missing {
            None => {
                let answer = answer.unwrap();
                let found: Vec<&Value> = answer["results"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|result| &result["found"])
                    .collect();
                assert_eq!(found, [true, true], "{provider} {reference}");
                assert_eq!(answer["results"][1]["serial_number"], SERIAL);
            }
            Some(member) => {
                let error = answer.unwrap_err();
                let field = format!("certificates[1].{member}");
                assert_eq!(
                    (error.code, error.field),
                    (ErrorCode::InvalidRequest, Some(field)),
                    "{provider} {reference}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_whose_other_names_differ_is_not_the_requested_one() {
    let right = json!({"serial_number": SERIAL, "ca_serial_number": "0b", "fingerprint_sha256": fingerprint()});
    let with = |member: &str, value: &str| {
        let mut reference = right.clone();
        reference[member] = json!(value);
        reference
    };
    let other_fingerprint = "ab".repeat(32);
    for (provider, wrong, field) in [
        (
            TencentMqtt,
            with("fingerprint_sha256", &other_fingerprint),
            "fingerprint_sha256",
        ),
        (
            AlibabaMqtt,
            with("fingerprint_sha256", &other_fingerprint),
            "fingerprint_sha256",
        ),
        (AwsIot, with("serial_number", "0a"), "serial_number"),
    ] {
        let answer = ask(provider, json!([wrong, right])).await.unwrap();
        let result = &answer["results"][0];
        assert_eq!(
            (&result["found"], &result["status"], &result["usable"]),
            (&json!(false), &json!("unknown"), &Value::Null),
            "{provider}"
        );
        assert_eq!(
            (&result["error"]["code"], &result["error"]["field"]),
            (&json!("invalid_request"), &json!(field)),
            "{provider}"
        );
        assert_eq!(
            (
                &answer["results"][1]["found"],
                &answer["results"][1]["error"]
            ),
            (&json!(true), &Value::Null)
        );
    }
    // The CA filters the list of certificates, and none is left.
    let answer = ask(TencentMqtt, json!([with("ca_serial_number", "0c"), right]))
        .await
        .unwrap();
    assert_eq!(
        (
            &answer["results"][0]["found"],
            &answer["results"][0]["error"]
        ),
        (&json!(false), &Value::Null)
    );
}

#[tokio::test(start_paused = true)]
async fn a_result_has_the_names_in_the_record_and_in_the_certificate_itself() {
    let by_id = json!([{"fingerprint_sha256": fingerprint()}]);
    let result = ask(AwsIot, by_id).await.unwrap()["results"][0].clone();
    assert_eq!(
        (&result["serial_number"], &result["provider_serial_number"]),
        (&json!(SERIAL), &Value::Null)
    );
    assert_eq!(
        (&result["fingerprint_sha256"], &result["not_before"]),
        (&json!(fingerprint()), &json!("2025-01-01T00:00:00Z"))
    );
    let named = json!([{"serial_number": SERIAL}]);
    let result = ask(TencentMqtt, named).await.unwrap()["results"][0].clone();
    assert_eq!(
        (&result["ca_serial_number"], &result["fingerprint_sha256"]),
        (&json!("0b"), &json!(fingerprint()))
    );
    assert_eq!(
        (&result["not_after"], &result["usable"]),
        (&json!("2035-01-01T00:00:00Z"), &json!(true))
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_digits_marked_as_hex_are_looked_up_separately() {
    // 255 in decimal is ff.
    let clouds = Clouds::of([Device::new(AlibabaMqtt, "post-cn-1", "ff", 0)]);
    for order in [["0x255", "255"], ["255", "0x255"]] {
        let mut request = source(AlibabaMqtt, "post-cn-1");
        request["certificates"] = order
            .iter()
            .map(|text| json!({"serial_number": text, "ca_serial_number": "0b"}))
            .collect();
        let answer = perform(&clouds.network(), &request).await.unwrap();
        let found: Vec<bool> = answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| result["found"] == true)
            .collect();
        assert_eq!(found, order.map(|text| text == "255"));
    }
}
