//! Records that say something else than the certificate itself: both are shown, and nothing looks
//! better than either says.

use serde_json::json;
use simulator::Vendor;

use crate::cells::{BROKERS, device, everywhere, reference, request};
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
