//! Numbers as texts, and texts as numbers.

use serde_json::{Value, json};
use simulator::{FaultRule, Vendor};

use super::{answer_with, list, one, reads, reference, row, two, with};
use crate::cells::{inactivation, request, words};
use crate::setup::function;

use Vendor::{AlibabaCas, AlibabaMqtt, AwsIot, TencentMqtt};

/// A place in the vendor's row, its value as JSON, and the place in the record with its value.
fn values() -> Vec<(
    Vendor,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
)> {
    vec![
        (
            TencentMqtt,
            "/NotAfterTime",
            r#""1766073600000""#,
            "/not_after",
            "2025-12-18T16:00:00Z",
        ),
        (
            TencentMqtt,
            "/NotAfterTime",
            "1.766073600001E12",
            "/not_after",
            "2025-12-18T16:00:00.001Z",
        ),
        (TencentMqtt, "/ClientId", "7", "/client_id", "7"),
        (
            TencentMqtt,
            "/NotBeforeTime",
            r#""1.7345376e12""#,
            "/not_before",
            "2024-12-18T16:00:00Z",
        ),
        (
            TencentMqtt,
            "/CreatedTime",
            "1742983115198.0",
            "/created_at",
            "2025-03-26T09:58:35.198Z",
        ),
        (
            TencentMqtt,
            "/UpdateTime",
            r#""1742983115198""#,
            "/updated_at",
            "2025-03-26T09:58:35.198Z",
        ),
        (TencentMqtt, "/CaSn", "7", "/ca_serial_number", "07"),
        (
            TencentMqtt,
            "/OrganizationalUnit",
            "42",
            "/subject/organizational_unit",
            "42",
        ),
        (AlibabaMqtt, "/Status", "1", "/status", "active"),
        (
            AlibabaMqtt,
            "/ValidEnd",
            "1898467200000",
            "/not_after",
            "2030-02-28T00:00:00Z",
        ),
        (AlibabaMqtt, "/Status", "0", "/status", "inactive"),
        (AlibabaMqtt, "/Status", "0.0", "/status", "inactive"),
        (
            AlibabaMqtt,
            "/ValidBegin",
            "1.654137303E12",
            "/not_before",
            "2022-06-02T02:35:03Z",
        ),
        (
            AlibabaMqtt,
            "/ValidEnd",
            r#""1898467200000.0""#,
            "/not_after",
            "2030-02-28T00:00:00Z",
        ),
        (AlibabaMqtt, "/DeviceName", "5", "/name", "5"),
        (
            AlibabaMqtt,
            "/CaSn",
            "7269004887",
            "/provider_ca_serial_number",
            "7269004887",
        ),
        (
            AlibabaCas,
            "/BeforeDate",
            r#""1634283958000""#,
            "/not_before",
            "2021-10-15T07:45:58Z",
        ),
        (
            AlibabaCas,
            "/AfterDate",
            "1.665819958E12",
            "/not_after",
            "2022-10-15T07:45:58Z",
        ),
        (
            AlibabaCas,
            "/AfterDate",
            r#""2022-10-15T07:45Z""#,
            "/not_after",
            "2022-10-15T07:45:00Z",
        ),
        (AlibabaCas, "/CommonName", "7", "/subject/common_name", "7"),
        (AlibabaCas, "/AliasName", "-5", "/name", "-5"),
        (
            AwsIot,
            "/creationDate",
            r#""1740787200.123""#,
            "/created_at",
            "2025-03-01T00:00:00.123Z",
        ),
        (
            AwsIot,
            "/creationDate",
            "1.740787200123E9",
            "/created_at",
            "2025-03-01T00:00:00.123Z",
        ),
        (
            AwsIot,
            "/validity/notAfter",
            r#""1898467200""#,
            "/not_after",
            "2030-02-28T00:00:00Z",
        ),
        (
            AwsIot,
            "/lastModifiedDate",
            "1740790000",
            "/updated_at",
            "2025-03-01T00:46:40Z",
        ),
    ]
}

#[tokio::test]
async fn a_value_that_means_the_same_is_taken_and_the_other_row_is_there() {
    let simulator = two().await;
    let mut function = function("describe", &simulator).await;
    for (vendor, place, json, member, expected) in values() {
        simulator.reset();
        answer_with(
            &simulator,
            vendor,
            &[row(vendor, 0).to_string(), row(vendor, 1).to_string()],
        );
        let usual = function.invoke(request(vendor, &json!({}))).await.json();
        simulator.reset();
        answer_with(
            &simulator,
            vendor,
            &[
                with(row(vendor, 0), place, json),
                row(vendor, 1).to_string(),
            ],
        );
        let answer = function.invoke(request(vendor, &json!({}))).await.json();
        let case = format!("{vendor:?} {place} {json}: {answer}");
        let record = &answer["certificates"][0];
        assert_eq!(record.pointer(member), Some(&json!(expected)), "{case}");
        assert_eq!(record["error"], Value::Null, "{case}");
        assert_eq!(
            answer["certificates"][1], usual["certificates"][1],
            "{case}"
        );
        assert_eq!(answer["total_count"], usual["total_count"], "{case}");
    }
}

#[tokio::test]
async fn a_total_that_means_the_same_is_taken() {
    let simulator = two().await;
    let mut function = function("describe", &simulator).await;
    for vendor in [TencentMqtt, AlibabaMqtt, AlibabaCas] {
        for count in [1, 2] {
            let rows: Vec<String> = (0..count)
                .map(|number| row(vendor, number).to_string())
                .collect();
            for total in [
                format!("{count}"),
                format!("\"{count}\""),
                format!("{count}.0"),
                format!("{count}e0"),
                format!("\"{count}.0\""),
            ] {
                simulator.reset();
                simulator.fail(
                    vendor,
                    FaultRule::always(list(vendor, &rows, &total)).on(reads(vendor).0),
                );
                let answer = function.invoke(request(vendor, &json!({}))).await.json();
                let seen = (
                    &answer["total_count"],
                    &answer["consistent"],
                    &answer["next_cursor"],
                );
                assert_eq!(
                    seen,
                    (&json!(count), &json!(true), &Value::Null),
                    "{vendor:?} {total}: {answer}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_order_reads_a_state_that_is_written_as_a_number() {
    let simulator = two().await;
    let mut function = function("inactivate", &simulator).await;
    for (on, off) in [("1", "0"), ("1.0", "0.0"), (r#""1""#, "0"), ("1", r#""0""#)] {
        simulator.reset();
        for (status, times) in [(on, 1), (off, u32::MAX)] {
            let row = with(row(AlibabaMqtt, 0), "/Status", status);
            let read = FaultRule::times(one(AlibabaMqtt, &row), times).on(reads(AlibabaMqtt).1);
            simulator.fail(AlibabaMqtt, read);
        }
        let order = json!({ "certificates": [reference(AlibabaMqtt, 0)] });
        let answer = function.invoke(request(AlibabaMqtt, &order)).await.json();
        let result = &answer["results"][0];
        assert_eq!(
            (
                &result["outcome"],
                &result["verified"],
                &result["status_before"]
            ),
            (&json!("inactivated"), &json!(true), &json!("active")),
            "{on} {off}: {answer}"
        );
        assert_eq!(words(&simulator, AlibabaMqtt), ["0", "1"], "{on} {off}");
        let writes = simulator.count(AlibabaMqtt, inactivation(AlibabaMqtt).write);
        assert_eq!(writes, 1, "{on} {off}");
    }
}
