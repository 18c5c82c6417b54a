//! Optional members that are odd in one of several rows.

use serde_json::{Value, json};
use simulator::{FaultRule, Vendor};

use super::{answer_with, list, name, one, reads, reference, row, two, with};
use crate::cells::{BROKERS, inactivation, on_and_off, request, words};
use crate::setup::function;

use Vendor::{AlibabaCas, AlibabaMqtt, AwsIot, TencentMqtt};

/// Values that are no text and no number. The last one contradicts itself.
fn odd_values(place: &str) -> Vec<String> {
    let member = place.rsplit('/').next().unwrap();
    vec![
        r#""dev-\ud83d""#.to_owned(),
        r#""\udc00\ud83d""#.to_owned(),
        "1e400".to_owned(),
        "true".to_owned(),
        "{}".to_owned(),
        r#"["7"]"#.to_owned(),
        format!("{}{}", "[".repeat(130), "]".repeat(130)),
        format!(r#""a", "{member}": "b""#),
    ]
}

/// An optional member of a row, and the members of a record that state it.
fn optional() -> Vec<(Vendor, &'static str, &'static [&'static str])> {
    vec![
        (TencentMqtt, "/ClientId", &["/client_id"]),
        (
            TencentMqtt,
            "/DeviceCertificateCn",
            &["/subject/common_name"],
        ),
        (
            TencentMqtt,
            "/OrganizationalUnit",
            &["/subject/organizational_unit"],
        ),
        (TencentMqtt, "/CertificateSource", &["/source"]),
        (
            TencentMqtt,
            "/CaSn",
            &["/ca_serial_number", "/provider_ca_serial_number"],
        ),
        (TencentMqtt, "/NotBeforeTime", &["/not_before"]),
        (TencentMqtt, "/CreatedTime", &["/created_at"]),
        (TencentMqtt, "/DeviceCertificate", &[]),
        (AlibabaMqtt, "/DeviceName", &["/name"]),
        (AlibabaMqtt, "/ValidBegin", &["/not_before"]),
        (AlibabaMqtt, "/DeviceContent", &[]),
        (AlibabaCas, "/CommonName", &["/subject/common_name"]),
        (
            AlibabaCas,
            "/OrganizationUnit",
            &["/subject/organizational_unit"],
        ),
        (AlibabaCas, "/AliasName", &["/name"]),
        (AlibabaCas, "/BeforeDate", &["/not_before"]),
        (AlibabaCas, "/Sha2", &["/fingerprint_sha256"]),
        (AwsIot, "/creationDate", &["/created_at"]),
        (AwsIot, "/lastModifiedDate", &["/updated_at"]),
        (AwsIot, "/caCertificateId", &["/ca_fingerprint_sha256"]),
        (AwsIot, "/validity/notBefore", &["/not_before"]),
        (AwsIot, "/validity", &["/not_before", "/not_after"]),
        (AwsIot, "/certificatePem", &[]),
    ]
}

/// Whether a certificate can be used now is judged by its validity.
const JUDGED: [&str; 2] = ["/effective_status", "/usable"];

#[tokio::test]
async fn an_odd_member_is_null_and_costs_no_other_member_and_no_other_row() {
    let simulator = two().await;
    let mut function = function("describe", &simulator).await;
    for (vendor, place, members) in optional() {
        simulator.reset();
        let rows = [row(vendor, 0).to_string(), row(vendor, 1).to_string()];
        answer_with(&simulator, vendor, &rows);
        let mut usual = function.invoke(request(vendor, &json!({}))).await.json();
        for member in members {
            *usual["certificates"][0].pointer_mut(member).unwrap() = Value::Null;
        }
        for odd in odd_values(place) {
            simulator.reset();
            answer_with(
                &simulator,
                vendor,
                &[with(row(vendor, 0), place, &odd), rows[1].clone()],
            );
            let mut answer = function.invoke(request(vendor, &json!({}))).await.json();
            let case = format!("{vendor:?} {place} {odd:.40}: {answer}");
            if members.iter().any(|member| member.starts_with("/not_")) {
                for judged in JUDGED {
                    let judged_usually = usual["certificates"][0].pointer(judged).unwrap().clone();
                    *answer["certificates"][0].pointer_mut(judged).unwrap() = judged_usually;
                }
            }
            assert_eq!(answer["certificates"], usual["certificates"], "{case}");
            assert_eq!(answer["total_count"], usual["total_count"], "{case}");
        }
    }
}

#[tokio::test]
async fn an_order_needs_no_optional_member_to_inactivate_a_certificate() {
    let simulator = two().await;
    let mut function = function("inactivate", &simulator).await;
    for (vendor, place, _) in optional() {
        if !BROKERS.contains(&vendor) {
            continue;
        }
        let (on, off) = on_and_off(vendor);
        let status = if vendor == AwsIot { "status" } else { "Status" };
        let named = name(vendor, 0);
        for odd in odd_values(place) {
            simulator.reset();
            for (word, times) in [(on, 1), (off, u32::MAX)] {
                let mut row = row(vendor, 0);
                row[status] = json!(word);
                let odd = with(row, place, &odd);
                let (list_action, read_action) = reads(vendor);
                let read = FaultRule::times(one(vendor, &odd), times);
                simulator.fail(vendor, read.on(read_action).containing(&named));
                let listed = FaultRule::times(list(vendor, &[odd], "1"), times);
                simulator.fail(vendor, listed.on(list_action).containing(&named));
            }
            let order = json!({ "certificates": [reference(vendor, 0)] });
            let answer = function.invoke(request(vendor, &order)).await.json();
            let result = &answer["results"][0];
            let case = format!("{vendor:?} {place} {odd:.40}: {answer}");
            assert_eq!(
                (&result["outcome"], &result["verified"]),
                (&json!("inactivated"), &json!(true)),
                "{case}"
            );
            assert_eq!(words(&simulator, vendor), [off, on], "{case}");
            assert_eq!(
                simulator.count(vendor, inactivation(vendor).write),
                1,
                "{case}"
            );
        }
    }
}

/// Tencent finds several certificates by one list.
#[tokio::test]
async fn an_order_for_two_certificates_also_inactivates_the_one_with_an_odd_member() {
    let simulator = two().await;
    let mut function = function("inactivate", &simulator).await;
    let order = json!({ "certificates": [reference(TencentMqtt, 0), reference(TencentMqtt, 1)] });
    for (vendor, place, _) in optional() {
        if vendor != TencentMqtt {
            continue;
        }
        for odd in odd_values(place) {
            simulator.reset();
            for (word, times) in [("ACTIVE", 1), ("INACTIVE", u32::MAX)] {
                let mut rows = [row(vendor, 0), row(vendor, 1)];
                for row in &mut rows {
                    row["Status"] = json!(word);
                }
                let [first, second] = rows;
                let rows = [with(first, place, &odd), second.to_string()];
                let listed = FaultRule::times(list(vendor, &rows, "2"), times);
                simulator.fail(vendor, listed.on(reads(vendor).0));
            }
            let answer = function.invoke(request(vendor, &order)).await.json();
            let case = format!("{place} {odd:.40}: {answer}");
            for result in answer["results"].as_array().unwrap() {
                assert_eq!(
                    (&result["outcome"], &result["verified"]),
                    (&json!("inactivated"), &json!(true)),
                    "{case}"
                );
            }
            assert_eq!(
                words(&simulator, vendor),
                ["INACTIVE", "INACTIVE"],
                "{case}"
            );
            assert_eq!(
                simulator.count(vendor, inactivation(vendor).write),
                2,
                "{case}"
            );
        }
    }
}
