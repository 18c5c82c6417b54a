//! Certificates that are named by the provider's own text.

use super::*;
use crate::model::ProviderName::{self, AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::testing::clouds::{Clouds, Device, source};

/// No number in any base.
const TEXT: &str = "device-7/\u{fc}";
const CA: &str = "ca of the plant";

fn clouds() -> Clouds {
    let instances = [
        (TencentMqtt, "mqtt-1"),
        (AlibabaMqtt, "post-cn-1"),
        (AlibabaPca, ""),
    ];
    let device = |(provider, instance), serial, ca| Device {
        ca,
        ..Device::new(provider, instance, serial, 0)
    };
    Clouds::of(instances.into_iter().flat_map(|place| {
        [
            device(place, TEXT, CA),
            device(place, "0A", CA),
            device(place, "0b", "22"),
        ]
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

fn found(answer: &Value) -> Vec<bool> {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["found"].as_bool().unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_text_finds_the_certificate_that_the_provider_spells_exactly_so() {
    let certificates = json!([
        {"provider_serial_number": TEXT, "provider_ca_serial_number": CA},
        {"provider_serial_number": "0A", "provider_ca_serial_number": CA},
        // Another spelling of the same number is another text.
        {"provider_serial_number": "0a", "provider_ca_serial_number": CA},
        {"serial_number": "0b", "ca_serial_number": "22"},
        {"provider_serial_number": "unknown", "provider_ca_serial_number": CA},
        {"provider_serial_number": TEXT, "provider_ca_serial_number": CA}
    ]);
    for provider in [TencentMqtt, AlibabaMqtt, AlibabaPca] {
        let answer = ask(provider, certificates.clone()).await.unwrap();
        assert_eq!(
            found(&answer),
            [true, true, false, true, false, true],
            "{provider} {answer}"
        );
        assert_eq!(
            texts(&answer, "provider_serial_number"),
            [TEXT, "0A", "0a", "0b", "unknown", TEXT],
            "the provider's text, or else the request's"
        );
        assert_eq!(
            texts(&answer, "serial_number"),
            ["-", "0a", "-", "0b", "-", "-"]
        );
        let ca = texts(&answer, "provider_ca_serial_number");
        assert_eq!((ca[0], ca[4]), (CA, CA), "{provider}");
    }
}

#[tokio::test(start_paused = true)]
async fn at_alibaba_mqtt_one_of_the_two_may_be_a_number() {
    let certificates = json!([
        {"provider_serial_number": "0b", "ca_serial_number": "22"},
        // The number is tried in the caller's own spelling only.
        {"serial_number": "0xa", "provider_ca_serial_number": CA},
        {"serial_number": "0A", "provider_ca_serial_number": CA}
    ]);
    let answer = ask(AlibabaMqtt, certificates).await.unwrap();
    assert_eq!(found(&answer), [true, false, true], "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_text_beside_a_number_is_compared_with_the_certificate_that_is_found() {
    for (certificate, member) in [
        (
            json!({"provider_serial_number": "0b", "provider_ca_serial_number": "23"}),
            "provider_ca_serial_number",
        ),
        (
            json!({"serial_number": "0c", "provider_serial_number": "0b"}),
            "serial_number",
        ),
    ] {
        let answer = ask(TencentMqtt, json!([certificate, {"serial_number": "0b"}]))
            .await
            .unwrap();
        assert_eq!(answer["results"][0]["error"]["field"], member, "{answer}");
        assert_eq!(found(&answer), [false, true]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_that_a_provider_cannot_look_up_is_refused_before_any_call() {
    let id = "ab".repeat(32);
    for (provider, certificate, member) in [
        (
            AwsIot,
            json!({"fingerprint_sha256": id, "provider_serial_number": TEXT}),
            "provider_serial_number",
        ),
        (
            AwsIot,
            json!({"fingerprint_sha256": id, "provider_ca_serial_number": TEXT}),
            "provider_ca_serial_number",
        ),
        (
            AlibabaPca,
            json!({"provider_serial_number": "0a,0b"}),
            "provider_serial_number",
        ),
        (
            AlibabaMqtt,
            json!({"provider_serial_number": TEXT}),
            "ca_serial_number",
        ),
    ] {
        let error = ask(provider, json!([certificate])).await.unwrap_err();
        let field = format!("certificates[0].{member}");
        assert_eq!(
            (error.code, error.field.as_deref()),
            (ErrorCode::InvalidRequest, Some(field.as_str()))
        );
        assert!(error.detail.contains(provider.as_str()), "{}", error.detail);
    }
}

#[tokio::test(start_paused = true)]
async fn two_certificates_of_one_number_are_told_apart_by_the_text_of_the_ca() {
    let with_ca = |ca| Device {
        ca,
        ..Device::new(TencentMqtt, "mqtt-1", "0b", 0)
    };
    let network = Clouds::of([with_ca("22"), with_ca(CA)]).network();
    let mut request = source(TencentMqtt, "mqtt-1");
    request["certificates"] = json!([
        {"serial_number": "0b", "provider_ca_serial_number": CA},
        {"serial_number": "0b", "provider_ca_serial_number": "22"}
    ]);
    let answer = perform(&network, &request).await.unwrap();
    assert_eq!(texts(&answer, "provider_ca_serial_number"), [CA, "22"]);
}
