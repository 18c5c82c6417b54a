//! describe without a call for each certificate.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simulator::{Fleet, Vendor, issue};
use whole_function_tests::HttpAnswer;
use whole_function_tests::events::{HttpRequest, HttpTrigger};

use crate::cells::{actions, everywhere, request};
use crate::fleets_of_ten_thousand::{followed, names};
use crate::setup::{aws_certificates, pair};

const LIST: &str = "ListCertificates";

#[tokio::test]
async fn three_hundred_aws_certificates_come_complete_over_the_cursor_without_a_call_for_each() {
    let mut certificates = aws_certificates(300);
    certificates
        .iter_mut()
        .step_by(3)
        .for_each(|certificate| "INACTIVE".clone_into(&mut certificate.status));
    let newest_first: Vec<String> = certificates
        .iter()
        .rev()
        .map(|certificate| certificate.certificate_id.clone())
        .collect();
    let (simulator, mut function) = pair("describe", Fleet::empty().with(certificates)).await;
    // Answers by limit, and the calls that they take.
    for (limit, calls) in [(1_000, 2), (250, 2), (100, 3), (130, 3)] {
        simulator.reset_numbers();
        let answers = followed(
            &mut function,
            request(Vendor::AwsIot, &json!({ "limit": limit, "details": false })),
        )
        .await;
        assert_eq!(
            names(&answers, Vendor::AwsIot),
            newest_first,
            "limit {limit}"
        );
        assert_eq!(actions(&simulator), vec![LIST; calls], "limit {limit}");
        assert!(
            answers.iter().all(|answer| answer["consistent"] == true),
            "limit {limit}"
        );
    }
    let filtered = json!({ "limit": 30, "details": false, "filter": { "statuses": ["inactive"] } });
    let answers = followed(&mut function, request(Vendor::AwsIot, &filtered)).await;
    assert_eq!(names(&answers, Vendor::AwsIot).len(), 100);
    assert!(
        actions(&simulator).iter().all(|action| action == LIST),
        "{:?}",
        actions(&simulator)
    );
}

#[tokio::test]
async fn a_record_without_details_shows_what_the_list_holds_and_no_validity() {
    let over = issue(
        "0a7e4419c2d85b60f3918e2d7c55aa99",
        "gateway",
        None,
        1_577_836_800_000,
        1_609_459_200_000,
    );
    let (simulator, mut function) = pair("describe", everywhere(std::slice::from_ref(&over))).await;
    let get = HttpRequest::get("/describe")
        .query("provider", "aws-iot")
        .query("details", "false")
        .query("summary", "true");
    let answer = function.invoke(get.event(HttpTrigger::HttpApi)).await;
    let answer = HttpAnswer::read(HttpTrigger::HttpApi, &answer).json();
    let record = answer["certificates"][0].as_object().unwrap();
    let shown: BTreeSet<&str> = record
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(member, _)| member.as_str())
        .collect();
    let expected = [
        "created_at",
        "disagreements",
        "effective_status",
        "fingerprint_sha256",
        "provider_status",
        "status",
        "subject",
    ];
    assert_eq!(shown, expected.into());
    assert_eq!(
        (&record["effective_status"], &record["usable"]),
        (&json!("active"), &Value::Null),
        "that it is over is not known"
    );
    assert_eq!(
        (
            &answer["counts"]["by_expiry"]["unknown"],
            &answer["counts"]["by_effective_status"]["active"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(actions(&simulator), [LIST]);
    let with = function
        .invoke(request(Vendor::AwsIot, &json!({})))
        .await
        .json();
    assert_eq!(
        (
            &with["certificates"][0]["effective_status"],
            &with["certificates"][0]["usable"]
        ),
        (&json!("expired"), &json!(false))
    );
}
