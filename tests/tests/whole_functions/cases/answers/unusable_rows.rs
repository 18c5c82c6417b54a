//! Rows that cannot be used, and certificates that cannot be described.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Vendor};

use super::{fleet, list, name, own_name, reads, row};
use crate::cells::request;
use crate::fleets_of_ten_thousand::followed;
use crate::setup::{function, simulator, texts};

const COUNT: usize = 7;
/// The place of the one that cannot be described.
const BAD: usize = 3;

const FAILING: &str = "always failing";

/// Answers of DescribeCertificate that no repetition changes.
fn permanent_failures() -> Vec<(&'static str, Fault)> {
    let body = |text: &str| Fault::body(200, "application/json", text);
    vec![
        ("refused", Fault::code("InvalidRequestException", 400)),
        (FAILING, Fault::code("InternalFailureException", 500)),
        ("an empty object", body("{}")),
        ("no object", body("[]")),
        (
            "a page in HTML",
            Fault::body(200, "text/html", "<html></html>"),
        ),
        (
            "a description of another type",
            body(r#"{"certificateDescription": "odd"}"#),
        ),
        (
            "no description",
            body(r#"{"certificateDescription": null}"#),
        ),
        (
            "half a surrogate for it",
            body(r#"{"certificateDescription": "\ud83d"}"#),
        ),
        (
            "another certificate",
            body(&format!(
                r#"{{"certificateDescription": {}}}"#,
                row(Vendor::AwsIot, 99)
            )),
        ),
    ]
}

#[tokio::test]
async fn one_certificate_that_can_never_be_described_does_not_stop_the_list() {
    let simulator = simulator(fleet(COUNT)).await;
    let mut function = function("describe", &simulator).await;
    let bad = name(Vendor::AwsIot, BAD);
    let all: Vec<String> = (0..COUNT)
        .map(|number| name(Vendor::AwsIot, number))
        .collect();
    for (case, fault) in permanent_failures() {
        simulator.reset();
        simulator.fail(
            Vendor::AwsIot,
            FaultRule::always(fault)
                .on("DescribeCertificate")
                .containing(&bad),
        );
        // Only another certificate of the page shows that the vendor does not fail at all of them.
        let limits = if case == FAILING {
            &[2, 3, 4, 100][..]
        } else {
            &[1, 2, 3, 4, 100]
        };
        for limit in limits.iter().copied() {
            let answers = followed(
                &mut function,
                request(Vendor::AwsIot, &json!({ "limit": limit })),
            )
            .await;
            assert_eq!(answers.len(), COUNT.div_ceil(limit), "{case} {limit}");
            let records: Vec<&Value> = answers
                .iter()
                .flat_map(|answer| answer["certificates"].as_array().unwrap())
                .collect();
            let ids: Vec<&str> = records
                .iter()
                .map(|record| record["fingerprint_sha256"].as_str().unwrap())
                .collect();
            assert_eq!(ids, all, "{case} {limit}");
            for record in records {
                let is_bad = record["fingerprint_sha256"] == json!(bad);
                assert_eq!(
                    record["error"].is_object(),
                    is_bad,
                    "{case} {limit}: {record}"
                );
                assert_eq!(
                    record["updated_at"].is_null(),
                    is_bad,
                    "{case} {limit}: {record}"
                );
                // The row of the list states it.
                assert_eq!(record["status"], "active", "{case} {limit}");
            }
        }
        let filter = json!({ "filter": { "not_after_to": "2031-01-01T00:00:00Z" }, "include_undecided": true });
        let answer = function
            .invoke(request(Vendor::AwsIot, &filter))
            .await
            .json();
        assert_eq!(
            texts(&answer["undecided"], "fingerprint_sha256"),
            [bad.as_str()],
            "{case}"
        );
        assert_eq!(
            answer["undecided"][0]["undecided_by"],
            json!(["not_after_to"]),
            "{case}"
        );
        assert_eq!(
            answer["certificates"].as_array().unwrap().len(),
            COUNT - 1,
            "{case}"
        );
    }
}

#[tokio::test]
async fn a_row_that_names_no_certificate_is_a_record_with_an_error_in_its_place() {
    let simulator = simulator(fleet(3)).await;
    let mut function = function("describe", &simulator).await;
    for vendor in Vendor::ALL {
        let good: Vec<String> = (0..3)
            .map(|number| row(vendor, number).to_string())
            .collect();
        for odd in [
            "7",
            "null",
            "\"row\"",
            "[]",
            "{}",
            "true",
            "1e400",
            r#""\ud83d""#,
            r#"{"\udc00": 7}"#,
        ] {
            for place in 0..=3 {
                simulator.reset();
                let mut rows = good.clone();
                rows.insert(place, odd.to_owned());
                let listed = FaultRule::always(list(vendor, &rows, "4")).on(reads(vendor).0);
                simulator.fail(vendor, listed);
                let answer = function.invoke(request(vendor, &json!({}))).await.json();
                let case = format!("{vendor:?} {odd} {place}: {answer}");
                let records = answer["certificates"].as_array().unwrap();
                let names: Vec<Value> = records
                    .iter()
                    .map(|record| record[own_name(vendor)].clone())
                    .collect();
                let mut expected: Vec<Value> =
                    (0..3).map(|number| json!(name(vendor, number))).collect();
                expected.insert(place, Value::Null);
                assert_eq!(names, expected, "{case}");
                let codes: Vec<&Value> = records
                    .iter()
                    .map(|record| &record["error"]["code"])
                    .collect();
                for (at, code) in codes.into_iter().enumerate() {
                    let expected = if at == place {
                        json!("provider_invalid_response")
                    } else {
                        Value::Null
                    };
                    assert_eq!(*code, expected, "{case}");
                }
                assert_eq!(answer["next_cursor"], Value::Null, "{case}");
            }
        }
    }
}
