//! AWS IoT's recorded lists, given to describe.

use serde_json::{Value, json};
use simulator::{AwsCertificate, FaultRule, Fleet, Vendor};

use crate::cells::{actions, calls, place, request, with};
use crate::examples_aws::{DESCRIBED, ID, LIST, NOT_FOUND, READ};
use crate::recorded;
use crate::setup::pair;

const FIRST_PAGE: &str = "aws-iot/ListCertificates.ok-first-page";
const LAST_PAGE: &str = "aws-iot/ListCertificates.ok-last-page";
const OF_ONE_CA: &str = "aws-iot/ListCertificatesByCA.ok-one";

const CA: &str = "1a58e223fc3583480695645aa2c980ede94a91acf2a01772c425fc6f6c48adb4";
const SECOND: &str = "9971b9dceb6dfdf926d68e8f0750faf273789ee58a3ffb4c178a9f7757b0303a";
const THIRD: &str = "fa876064d4d57a0610e69791673a3aee54b9fd32afa03aeaf73eb1852477ccfa";

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    [FIRST_PAGE, LAST_PAGE, OF_ONE_CA].into_iter()
}

/// The listed certificates that no recorded answer describes. Their texts stand in answers of other
/// vendors.
fn others() -> Fleet {
    let text = |text: &Value| text.as_str().unwrap().to_owned();
    let of_alibaba = recorded::body("alibaba-mqtt/ListDeviceCertificate.ok-two");
    let of_tencent = recorded::body("tencent-mqtt/DescribeDeviceCertificate.ok");
    let bare = || AwsCertificate {
        ca_certificate_id: None,
        not_before: None,
        not_after: None,
        ..AwsCertificate::default()
    };
    Fleet::empty().with([
        AwsCertificate {
            certificate_id: SECOND.to_owned(),
            status: "REVOKED".to_owned(),
            certificate_pem: text(&of_alibaba["Data"]["DeviceCertificateVOS"][1]["DeviceContent"]),
            creation_date: 1_719_792_000_500,
            ..bare()
        },
        AwsCertificate {
            certificate_id: THIRD.to_owned(),
            status: "INACTIVE".to_owned(),
            certificate_pem: text(&of_tencent["Response"]["DeviceCertificate"]),
            creation_date: 1_734_619_706_000,
            ..bare()
        },
    ])
}

/// A whole record, with these members of its own.
fn record(own: &Value) -> Value {
    let bare = json!({
        "provider_serial_number": null, "serial_number_base": null, "ca_serial_number": null, "name": null, "client_id": null,
        "source": null, "updated_at": "2025-03-01T00:46:40Z", "last_activated_at": null, "last_inactivated_at": null, "revoked_at": null,
        "ca_fingerprint_sha256": null, "disagreements": [], "pem": null
    });
    with(bare, own)
}

/// The record of the certificate that is described.
fn first() -> Value {
    record(&json!({
        "serial_number": "8085f52ece5bd88308df6d98d9707716", "fingerprint_sha256": ID, "ca_fingerprint_sha256": CA,
        "subject": { "common_name": "vin-0001.example.test", "organizational_unit": "设备部" },
        "status": "active", "provider_status": "ACTIVE", "effective_status": "active", "usable": true,
        "not_before": "2025-03-01T00:00:00Z", "not_after": "2030-02-28T00:00:00Z", "created_at": "2025-03-01T00:00:00.123Z"
    }))
}

fn answer(certificates: &Value) -> Value {
    let answer = json!({
        "operation": "describe", "certificates": certificates, "total_count": null, "consistent": true, "next_cursor": null,
        "provider_request_ids": []
    });
    with(answer, &place(Vendor::AwsIot))
}

#[tokio::test]
async fn two_pages_are_one_list_of_described_certificates() {
    let (simulator, mut function) = pair("describe", others()).await;
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::once(recorded::answer(LAST_PAGE))
            .on(LIST)
            .containing("\"AAAb+c/d9==\""),
    );
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::once(recorded::answer(FIRST_PAGE)).on(LIST),
    );
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::once(recorded::answer(DESCRIBED))
            .on(READ)
            .containing(ID),
    );
    let second = record(&json!({
        "serial_number": "181cf3245523979e", "fingerprint_sha256": SECOND,
        "subject": { "common_name": "vin-0002.example.test", "organizational_unit": "fleet" },
        "status": "revoked", "provider_status": "REVOKED", "effective_status": "revoked", "usable": false,
        "not_before": "2024-07-01T00:00:00Z", "not_after": "2025-07-01T00:00:00Z", "created_at": "2024-07-01T00:00:00.500Z"
    }));
    let third = record(&json!({
        "serial_number": "0eef68a582b94254296e54ce754f94d707a59913", "fingerprint_sha256": THIRD,
        "subject": { "common_name": "tx", "organizational_unit": "tx" },
        "status": "inactive", "provider_status": "INACTIVE", "effective_status": "expired", "usable": false,
        "not_before": "2024-12-19T14:48:26Z", "not_after": "2025-12-19T14:48:26Z", "created_at": "2024-12-19T14:48:26Z"
    }));
    let told = function
        .invoke(request(Vendor::AwsIot, &json!({})))
        .await
        .json();
    assert_eq!(told, answer(&json!([first(), second, third])));
    let mut asked = calls(&simulator);
    // The certificates of a page are asked for side by side.
    asked.as_array_mut().unwrap()[1..3].sort_by_key(ToString::to_string);
    let described = |id: &str| json!([READ, { "certificateId": id }]);
    assert_eq!(
        asked,
        json!([
            [LIST, { "isAscendingOrder": "false", "pageSize": "100" }],
            described(ID),
            described(SECOND),
            [LIST, { "isAscendingOrder": "false", "marker": "AAAb+c/d9==", "pageSize": "98" }],
            described(THIRD)
        ])
    );
}

#[tokio::test]
async fn the_list_of_one_ca_is_that_of_its_own_action() {
    let (simulator, mut function) = pair("describe", Fleet::empty()).await;
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::once(recorded::answer(OF_ONE_CA))
            .on("ListCertificatesByCA")
            .containing(CA),
    );
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::once(recorded::answer(DESCRIBED)).on(READ),
    );
    let request = request(
        Vendor::AwsIot,
        &json!({ "filter": { "ca_fingerprints_sha256": [CA] } }),
    );
    assert_eq!(
        function.invoke(request).await.json(),
        answer(&json!([first()]))
    );
    assert_eq!(actions(&simulator), ["ListCertificatesByCA", READ]);
}

#[tokio::test]
async fn a_listed_certificate_that_is_gone_by_the_time_it_is_read_is_left_out() {
    let (simulator, mut function) = pair("describe", Fleet::empty()).await;
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::once(recorded::answer(LAST_PAGE)).on(LIST),
    );
    simulator.fail(
        Vendor::AwsIot,
        FaultRule::once(recorded::answer(NOT_FOUND)).on(READ),
    );
    assert_eq!(
        function
            .invoke(request(Vendor::AwsIot, &json!({})))
            .await
            .json(),
        answer(&json!([]))
    );
    assert_eq!(actions(&simulator), [LIST, READ]);
}
