//! The certificates that describe lists, and their order.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, TencentCertificate, Vendor};
use whole_function_tests::Runtime;

use crate::setup::{DAY, TENCENT_INSTANCE, pair, tencent, tencent_certificates, texts};

const ACTION: &str = "DescribeDeviceCertificates";

/// 2027-01-15T08:00:00Z
const END: i64 = 1_800_000_000_000;

/// Four trucks, oldest record first, last changed in the order c, a, d, b. The vendor shows `a`
/// without its leading zero.
fn fleet() -> Vec<TencentCertificate> {
    let of = |name: &str,
              serial: &str,
              ca: &str,
              unit: &str,
              status: &str,
              created: i64,
              updated: i64,
              not_after: i64| TencentCertificate {
        client_id: name.to_owned(),
        device_certificate_sn: serial.to_owned(),
        device_certificate_cn: format!("{name}.example.test"),
        ca_sn: ca.to_owned(),
        organizational_unit: Some(unit.to_owned()),
        status: status.to_owned(),
        created_time: created,
        update_time: updated,
        not_before_time: Some(1_700_000_000_000),
        not_after_time: Some(not_after),
        ..TencentCertificate::default()
    };
    vec![
        of("a", "a1b2", "ca01", "North", "ACTIVE", 1_000, 6_000, END),
        of(
            "b",
            "0b2c",
            "ca01",
            "Flotte Süd 车队",
            "INACTIVE",
            2_000,
            8_000,
            END + 1,
        ),
        of(
            "c",
            "c3d4e5",
            "ca02",
            "North",
            "REVOKED",
            3_000,
            5_000,
            END - 1,
        ),
        of(
            "d",
            "d4e5f6",
            "ca02",
            "West, \"old\"",
            "PENDING_ACTIVATION",
            4_000,
            7_000,
            END + DAY,
        ),
    ]
}

fn request(filter: Value) -> Value {
    json!({ "instance_id": TENCENT_INSTANCE, "filter": filter, "order_by": "created_asc" })
}

/// Client ids of the answer, joined.
async fn listed(function: &mut Runtime, request: Value) -> String {
    let answer = function.invoke(request.clone()).await.json();
    assert_eq!(answer["next_cursor"], Value::Null, "{request}");
    texts(&answer["certificates"], "client_id").concat()
}

#[tokio::test]
async fn each_member_of_the_filter_narrows_and_its_values_are_alternatives() {
    let (_simulator, mut function) = pair("describe", tencent(fleet())).await;
    for (filter, expected) in [
        (json!({}), "abcd"),
        (json!({ "client_ids": ["d", "a", "z"] }), "ad"),
        (
            json!({ "serial_numbers": ["0xC3:D4:E5", "d4 e5 f6"] }),
            "cd",
        ),
        (json!({ "ca_serial_numbers": ["0xCA01"] }), "ab"),
        (
            json!({ "common_names": ["c.example.test", "a.example.test"] }),
            "ac",
        ),
        (json!({ "organizational_units": ["Flotte Süd 车队"] }), "b"),
        (json!({ "statuses": ["inactive", "revoked"] }), "bc"),
        (
            json!({ "not_after_from": "2027-01-15T16:00:00+08:00" }),
            "abd",
        ),
        (json!({ "not_after_to": "2027-01-15T08:00:00Z" }), "ac"),
        (
            json!({ "ca_serial_numbers": ["ca02"], "organizational_units": ["North"] }),
            "c",
        ),
        (
            json!({
                "client_ids": ["a", "b"], "serial_numbers": ["a1b2", "0b2c"], "ca_serial_numbers": ["ca01"],
                "common_names": ["a.example.test"], "organizational_units": ["North"], "statuses": ["active", "inactive"],
                "not_after_from": "2027-01-01T00:00:00Z", "not_after_to": "2027-02-01T00:00:00Z", "expires_within_days": 3650
            }),
            "a",
        ),
    ] {
        assert_eq!(
            listed(&mut function, request(filter.clone())).await,
            expected,
            "{filter}"
        );
    }
}

#[tokio::test]
async fn an_answer_is_in_the_requested_order() {
    let (simulator, mut function) = pair("describe", tencent(fleet())).await;
    for (order, expected) in [
        (None, "dcba"),
        (Some("created_desc"), "dcba"),
        (Some("created_asc"), "abcd"),
        (Some("updated_desc"), "bdac"),
        (Some("updated_asc"), "cadb"),
    ] {
        let mut request = json!({ "instance_id": TENCENT_INSTANCE });
        if let Some(order) = order {
            request["order_by"] = json!(order);
        }
        assert_eq!(listed(&mut function, request).await, expected, "{order:?}");
    }
    assert_eq!(simulator.count(Vendor::TencentMqtt, ACTION), 5);
}

#[tokio::test]
async fn the_pem_is_included_only_when_requested() {
    let pem = "-----BEGIN CERTIFICATE-----\nMIIBmTCCAT+gAwIBAgIUDu9opYK5QlQpblTOdU+U1welmRMwCgYIKoZIzj0EAwIw\n-----END CERTIFICATE-----\n";
    let mut certificates = tencent_certificates(2);
    certificates[0].device_certificate = pem.to_owned();
    let (_simulator, mut function) = pair("describe", tencent(certificates)).await;
    let mut request = request(json!({}));
    for (include, expected) in [
        (None, json!([null, null])),
        (Some(false), json!([null, null])),
        (Some(true), json!([pem, null])),
    ] {
        if let Some(include) = include {
            request["include_pem"] = json!(include);
        }
        let answer = function.invoke(request.clone()).await.json();
        // The second one's text is the published example's: two marks with nothing in between.
        assert_eq!(
            json!([
                answer["certificates"][0]["pem"],
                answer["certificates"][1]["pem"]
            ]),
            expected,
            "{include:?}"
        );
    }
}

#[tokio::test]
async fn a_vendor_that_matches_parts_of_texts_is_corrected() {
    let (simulator, mut function) = pair("describe", tencent(fleet())).await;
    let rows = [
        fleet()[0].clone(),
        TencentCertificate {
            client_id: "abc".to_owned(),
            ..fleet()[1].clone()
        },
    ];
    let partial = json!({ "Response": { "TotalCount": 2, "Data": rows, "RequestId": "1" } });
    simulator.fail(
        Vendor::TencentMqtt,
        FaultRule::once(Fault::body(200, "application/json", partial.to_string())),
    );
    let answer = function
        .invoke(request(json!({ "client_ids": ["a"] })))
        .await
        .json();
    assert_eq!(texts(&answer["certificates"], "client_id"), ["a"]);
    assert_eq!(
        answer["total_count"],
        Value::Null,
        "the vendor's total is of another filter"
    );
}
