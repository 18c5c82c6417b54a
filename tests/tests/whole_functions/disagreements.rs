//! Records that say something else than the certificate itself: both are shown, and nothing looks
//! better than either says.

use serde_json::json;
use simulator::{Vendor, issue};

use crate::cells::{
    BROKERS, alibaba_serial, device, everywhere, pair_everywhere, reference, request,
};
use crate::setup::{ALIBABA_INSTANCE, TENCENT_INSTANCE, function, simulator};

#[tokio::test]
async fn a_record_whose_dates_differ_from_the_certificate_shows_both() {
    let issued = device(1);
    let simulator = simulator(everywhere(std::slice::from_ref(&issued))).await;
    let (begin, end) = (
        issued.not_before_ms + 3_600_000,
        issued.not_after_ms - 3_600_000,
    );
    simulator.with_fleet(|fleet| {
        let tencent = &mut fleet
            .tencent_mqtt
            .get_mut(TENCENT_INSTANCE)
            .unwrap()
            .certificates[0];
        (tencent.not_before_time, tencent.not_after_time) = (Some(begin), Some(end));
        let alibaba = &mut fleet
            .alibaba_mqtt
            .get_mut(ALIBABA_INSTANCE)
            .unwrap()
            .certificates[0];
        (alibaba.valid_begin, alibaba.valid_end) = (begin, end);
        let cas = fleet.alibaba_cas.get_mut(&issued.serial).unwrap();
        (cas.before_date, cas.after_date) = (Some(begin), Some(end));
        let aws = fleet.aws_iot.get_mut(&issued.fingerprint_sha256).unwrap();
        (aws.not_before, aws.not_after) = (Some(begin), Some(end));
    });
    let expected = json!([
        { "member": "not_before", "provider": "2025-01-01T01:00:00Z", "certificate": "2025-01-01T00:00:00Z" },
        { "member": "not_after", "provider": "2034-12-31T23:00:00Z", "certificate": "2035-01-01T00:00:00Z" }
    ]);
    let mut describe = function("describe", &simulator).await;
    for vendor in Vendor::ALL {
        let answer = describe.invoke(request(vendor, &json!({}))).await.json();
        let record = &answer["certificates"][0];
        assert_eq!(record["disagreements"], expected, "{vendor:?}");
        assert_eq!(
            (&record["not_before"], &record["not_after"]),
            (
                &json!("2025-01-01T01:00:00Z"),
                &json!("2034-12-31T23:00:00Z")
            ),
            "{vendor:?}"
        );
    }
    let mut status = function("status", &simulator).await;
    for vendor in BROKERS {
        let answer = status
            .invoke(request(
                vendor,
                &json!({ "certificates": [reference(vendor, &issued)] }),
            ))
            .await
            .json();
        assert_eq!(
            answer["results"][0]["disagreements"], expected,
            "{vendor:?}"
        );
    }
}

#[tokio::test]
async fn a_certificate_that_has_ended_looks_no_better_for_a_record_that_says_otherwise() {
    // 2021 to 2022, and the records say until 2035.
    let mut issued = issue(
        "0a7e4419c2d85b60f3918e2d7c55aa01",
        "gateway",
        None,
        1_609_459_200_000,
        1_640_995_200_000,
    );
    issued.not_after_ms = 2_051_222_400_000;
    let (_simulator, mut function) =
        pair_everywhere("describe", std::slice::from_ref(&issued)).await;
    for vendor in Vendor::ALL {
        let answer = function.invoke(request(vendor, &json!({}))).await.json();
        let record = &answer["certificates"][0];
        let told = json!([
            record["effective_status"],
            record["usable"],
            record["disagreements"]
        ]);
        let disagreement = json!([{ "member": "not_after", "provider": "2035-01-01T00:00:00Z", "certificate": "2022-01-01T00:00:00Z" }]);
        assert_eq!(
            told,
            json!(["expired", null, disagreement]),
            "{vendor:?}: {record}"
        );
    }
}

#[tokio::test]
async fn other_names_that_differ_are_shown_as_well() {
    let [one, two] = [1, 2].map(device);
    let simulator = simulator(everywhere(std::slice::from_ref(&one))).await;
    simulator.with_fleet(|fleet| {
        let tencent = &mut fleet
            .tencent_mqtt
            .get_mut(TENCENT_INSTANCE)
            .unwrap()
            .certificates[0];
        tencent.device_certificate_cn = "another".to_owned();
        tencent.organizational_unit = Some("Another".to_owned());
        fleet
            .alibaba_mqtt
            .get_mut(ALIBABA_INSTANCE)
            .unwrap()
            .certificates[0]
            .device_sn = alibaba_serial(&two);
        fleet.alibaba_cas.get_mut(&one.serial).unwrap().sha2 = Some("AB".repeat(32));
        fleet
            .aws_iot
            .get_mut(&one.fingerprint_sha256)
            .unwrap()
            .certificate_pem = two.pem.clone();
    });
    let mut function = function("describe", &simulator).await;
    let of = |member: &str, provider: &str, certificate: &str| json!({ "member": member, "provider": provider, "certificate": certificate });
    for (vendor, expected) in [
        (
            Vendor::TencentMqtt,
            json!([
                of("subject.common_name", "another", &one.common_name),
                of("subject.organizational_unit", "Another", "Werk München")
            ]),
        ),
        (
            Vendor::AlibabaMqtt,
            json!([of("serial_number", &two.serial, &one.serial)]),
        ),
        (
            Vendor::AlibabaCas,
            json!([of(
                "fingerprint_sha256",
                &"ab".repeat(32),
                &one.fingerprint_sha256
            )]),
        ),
        (
            Vendor::AwsIot,
            json!([of(
                "fingerprint_sha256",
                &one.fingerprint_sha256,
                &two.fingerprint_sha256
            )]),
        ),
    ] {
        let answer = function.invoke(request(vendor, &json!({}))).await.json();
        assert_eq!(
            answer["certificates"][0]["disagreements"], expected,
            "{vendor:?}"
        );
    }
}
