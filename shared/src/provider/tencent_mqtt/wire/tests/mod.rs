//! Records as the vendor writes them.

mod odd;

use serde_json::{Value, json};

use super::*;
use crate::model::Timestamp;
use crate::model::{Certificate, EffectiveStatus};
use crate::testing::network::{NOW, recorded};
use crate::testing::now;
use crate::vendor::request_id;

fn rows(body: &[u8]) -> Vec<Item> {
    let body = String::from_utf8_lossy(body);
    match List::read(&response(&body).unwrap()).data {
        Data::Rows(items) => items,
        Data::LeftOut | Data::Unreadable => panic!("no rows: {body}"),
    }
}

fn certificates(body: &[u8], include_pem: bool) -> Vec<Certificate> {
    let items = rows(body).into_iter();
    items
        .map(|item| item.record.into_certificate(now(), include_pem))
        .collect()
}

/// The certificates of a recorded list, without their PEMs.
fn list(case: &str) -> Vec<Certificate> {
    certificates(
        &recorded(&format!("tencent-mqtt/DescribeDeviceCertificates.{case}"))
            .unwrap()
            .into_body(),
        false,
    )
}

fn item(item: &Value, include_pem: bool) -> Certificate {
    let body = json!({"Response": {"TotalCount": 1, "Data": [item]}}).to_string();
    certificates(body.as_bytes(), include_pem).remove(0)
}

#[test]
fn every_member_of_the_vendors_own_example_is_read() {
    let certificate = list("ok-seed").remove(0);
    assert_eq!(
        serde_json::to_value(&certificate).unwrap(),
        json!({
            "serial_number": "0eef68a582b94254296e54ce754f94d707a59913",
            "provider_serial_number": "0eef68a582b94254296e54ce754f94d707a59913", "serial_number_base": "hex",
            "ca_serial_number": "1b1e3bf3702110125887a3a721a7e66f05522513",
            "provider_ca_serial_number": "1b1e3bf3702110125887a3a721a7e66f05522513",
            "name": null, "client_id": "client-1", "client_ids": null,
            "subject": {"common_name": "tx", "organizational_unit": "tx"},
            "status": "active", "provider_status": "ACTIVE", "effective_status": "active", "usable": true,
            "source": "API",
            "not_before": "2024-12-18T16:00:00Z", "not_after": "2025-12-18T16:00:00Z",
            "created_at": "2025-03-26T09:58:35.198Z", "updated_at": "2025-03-26T09:58:35.198Z",
            "last_activated_at": "2025-03-26T09:58:19.435Z", "last_inactivated_at": null, "revoked_at": null,
            "fingerprint_sha256": null, "ca_fingerprint_sha256": null, "disagreements": [], "pem": null
        })
    );
}

#[test]
fn every_documented_status_has_its_own_lifecycle_status() {
    let read: Vec<_> = list("ok-four-statuses")
        .into_iter()
        .map(|it| (it.provider_status.unwrap(), it.status, it.effective_status))
        .collect();
    let expected = [
        ("ACTIVE", LifecycleStatus::Active, EffectiveStatus::Active),
        (
            "INACTIVE",
            LifecycleStatus::Inactive,
            EffectiveStatus::Inactive,
        ),
        (
            "REVOKED",
            LifecycleStatus::Revoked,
            EffectiveStatus::Revoked,
        ),
        (
            "PENDING_ACTIVATION",
            LifecycleStatus::PendingActivation,
            EffectiveStatus::PendingActivation,
        ),
    ];
    assert_eq!(
        read,
        expected.map(|(word, status, effective)| (word.to_owned(), status, effective))
    );
    for (word, status, _) in expected {
        assert_eq!(status_name(status), Some(word));
    }
    assert_eq!(STATUS_NAMES, expected.map(|(word, ..)| word));
}

#[test]
fn empty_texts_and_zero_times_are_no_facts() {
    let certificates = list("ok-four-statuses");
    let (itself_registered, pending) = (&certificates[2], &certificates[3]);
    assert_eq!(
        (
            itself_registered.client_id.as_str(),
            itself_registered.source.as_deref()
        ),
        (None, Some("JITP"))
    );
    assert_eq!(
        (pending.last_activated_at, pending.last_inactivated_at),
        (None, None)
    );
    let empty = item(
        &json!({
            "DeviceCertificateSn": "", "Status": "", "ClientId": "", "DeviceCertificateCn": "", "OrganizationalUnit": "", "CaSn": "",
            "CertificateSource": "", "DeviceCertificate": "", "NotBeforeTime": 0, "NotAfterTime": 0, "CreatedTime": 0,
            "UpdateTime": -1, "LastActivationTime": 0, "LastInactivationTime": 0
        }),
        true,
    );
    let json = serde_json::to_string(&empty).unwrap();
    assert!(!json.contains("\"\"") && !json.contains("1970"), "{json}");
    assert_eq!(
        (empty.status, empty.usable),
        (LifecycleStatus::Unknown, None)
    );
}

#[test]
fn members_that_the_vendor_may_leave_out_are_null() {
    let mut body: Value = serde_json::from_slice(
        &recorded("tencent-mqtt/DescribeDeviceCertificates.ok-only-guaranteed-fields")
            .unwrap()
            .into_body(),
    )
    .unwrap();
    body["Response"]["Data"][0]["DeviceCertificate"] = json!("");
    let certificate = certificates(body.to_string().as_bytes(), true).remove(0);
    assert_eq!(
        (
            certificate.not_before,
            certificate.not_after,
            certificate.source
        ),
        (None, None, None)
    );
    assert_eq!(certificate.subject.organizational_unit.value(), None);
    assert_eq!(
        (certificate.effective_status, certificate.usable),
        (EffectiveStatus::Active, None)
    );
    let least = item(
        &json!({"DeviceCertificateSn": "0A", "Status": "ACTIVE"}),
        true,
    );
    assert_eq!(
        (
            least.serial_number.unwrap().as_str(),
            least.provider_serial_number.as_deref()
        ),
        ("0a", Some("0A"))
    );
    assert_eq!(
        (least.ca_serial_number, least.created_at, least.pem),
        (None, None, None)
    );
    let nulls = json!({"DeviceCertificateSn": "0A", "Status": "ACTIVE", "ClientId": null, "DeviceCertificate": null, "NotAfterTime": null});
    assert_eq!(item(&nulls, true).not_after, None);
}

#[test]
fn members_that_the_vendor_lacks_come_from_the_certificate() {
    let certificate = list("ok-only-guaranteed-fields").remove(0);
    assert_eq!(
        certificate.not_before.unwrap().to_string(),
        "2024-12-19T14:48:26Z"
    );
    assert_eq!(
        certificate.not_after.unwrap().to_string(),
        "2025-12-19T14:48:26Z"
    );
    assert_eq!(
        (
            certificate.subject.organizational_unit.as_str(),
            certificate.usable
        ),
        (Some("tx"), Some(true))
    );
    assert_eq!(
        (certificate.source, certificate.disagreements.len()),
        (None, 0)
    );
}

#[test]
fn undocumented_statuses_and_members_are_kept_apart_and_decide_nothing() {
    let certificate = list("ok-unknown-values").remove(0);
    assert_eq!(
        (certificate.status, certificate.provider_status.as_deref()),
        (LifecycleStatus::Unknown, Some("SUSPENDED"))
    );
    assert_eq!(
        (certificate.usable, certificate.source.as_deref()),
        (None, Some("IMPORT"))
    );
    for word in ["active", "Active", "ACTIVE ", "GOOD", "UNKNOWN"] {
        let certificate = item(&json!({"DeviceCertificateSn": "0a", "Status": word}), false);
        assert_eq!(
            (certificate.status, certificate.provider_status.as_deref()),
            (LifecycleStatus::Unknown, Some(word))
        );
    }
}

#[test]
fn a_serial_number_that_is_not_hex_stays_visible_in_the_vendors_spelling() {
    let certificate = item(
        &json!({"DeviceCertificateSn": "356217374433******", "CaSn": "n/a", "Status": "ACTIVE"}),
        false,
    );
    assert_eq!(
        (certificate.serial_number, certificate.ca_serial_number),
        (None, None)
    );
    assert_eq!(
        certificate.provider_serial_number.as_deref(),
        Some("356217374433******")
    );
}

#[test]
fn the_certificate_itself_is_included_only_on_request_and_only_when_there_is_one() {
    let with = |pem: Value| {
        item(
            &json!({"DeviceCertificateSn": "0a", "Status": "ACTIVE", "DeviceCertificate": pem}),
            true,
        )
        .pem
    };
    let real = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    assert_eq!(with(json!(real)).as_deref(), Some(real));
    for nothing in [
        "",
        "\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----",
    ] {
        assert_eq!(with(json!(nothing)), None, "{nothing:?}");
    }
    assert_eq!(with(json!(null)), None);
    for odd in [json!(17), json!({"a": 1}), json!(["x"]), json!("\u{fffd}")] {
        assert_eq!(with(odd.clone()), None, "{odd}");
    }
    let body = recorded("tencent-mqtt/DescribeDeviceCertificates.ok-one")
        .unwrap()
        .into_body();
    assert_eq!(certificates(&body, false)[0].pem, None);
    assert!(
        certificates(&body, true)[0]
            .pem
            .as_ref()
            .unwrap()
            .contains("MIIBmTCCAT+gAwIBAgIUDu9opYK5")
    );
}

#[test]
fn times_beyond_the_calendar_are_no_facts() {
    for (milliseconds, expected) in [
        (NOW, Some(now())),
        (1, Timestamp::from_epoch_milliseconds(1)),
        (i64::MAX, None),
        (i64::MIN, None),
    ] {
        assert_eq!(
            item(&json!({"DeviceCertificateSn": "0a", "Status": "ACTIVE", "NotAfterTime": milliseconds}), false).not_after,
            expected
        );
    }
}

#[test]
fn a_rounded_date_is_a_disagreement_with_the_certificate() {
    let certificate = list("ok-one").remove(0);
    let shown: Vec<(&str, &str, &str)> = certificate
        .disagreements
        .iter()
        .map(|one| (one.member, one.provider.as_str(), one.certificate.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("not_before", "2024-12-18T16:00:00Z", "2024-12-19T14:48:26Z"),
            ("not_after", "2025-12-18T16:00:00Z", "2025-12-19T14:48:26Z"),
        ]
    );
    assert_eq!(
        certificate.not_after.unwrap().to_string(),
        "2025-12-18T16:00:00Z",
        "the vendor's word stays"
    );
    assert_eq!(certificate.fingerprint_sha256.unwrap().as_str().len(), 64);
}

#[test]
fn one_certificate_stands_beside_its_request_id() {
    let body = recorded("tencent-mqtt/DescribeDeviceCertificate.ok")
        .unwrap()
        .into_body();
    let body = String::from_utf8_lossy(&body);
    let answer = response(&body).unwrap();
    assert_eq!(
        request_id(&answer).as_deref(),
        Some("1b5fc3fa-4bbf-421a-aad1-c45d49119a2c")
    );
    let certificate = record(&answer).into_certificate(now(), false);
    assert_eq!(certificate, list("ok-one").remove(0), "as in the list");
}
