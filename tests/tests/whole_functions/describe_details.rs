//! describe without a call for each certificate.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simulator::{Fleet, Vendor, issue};
use whole_function_tests::HttpAnswer;
use whole_function_tests::events::{HttpRequest, HttpTrigger};

use crate::cells::{actions, device, everywhere, request, source};
use crate::fleets_of_ten_thousand::{followed, names};
use crate::setup::{aws_certificates, function, pair, problem, simulator};

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

#[tokio::test]
async fn one_ca_and_ids_are_found_in_the_list_and_other_facts_are_refused() {
    let mut certificates = aws_certificates(300);
    let ca = "ab".repeat(32);
    certificates
        .iter_mut()
        .take(270)
        .for_each(|certificate| certificate.ca_certificate_id = Some(ca.clone()));
    let (first, last) = (
        certificates[0].certificate_id.clone(),
        certificates[299].certificate_id.clone(),
    );
    let (simulator, mut function) = pair("describe", Fleet::empty().with(certificates)).await;
    let asked = |filter: Value| {
        request(
            Vendor::AwsIot,
            &json!({ "limit": 1_000, "details": false, "filter": filter }),
        )
    };
    let of_ca = followed(
        &mut function,
        asked(json!({ "ca_fingerprints_sha256": [ca] })),
    )
    .await;
    assert_eq!(names(&of_ca, Vendor::AwsIot).len(), 270);
    assert!(
        of_ca[0]["certificates"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["ca_fingerprint_sha256"] == ca.as_str())
    );
    assert_eq!(
        actions(&simulator),
        ["ListCertificatesByCA", "ListCertificatesByCA"]
    );
    // The newest one stands on the first page, the oldest one on the second.
    for (ids, expected, calls) in [
        (json!([last]), vec![&last], 1),
        (json!([first, last]), vec![&last, &first], 2),
    ] {
        simulator.reset_numbers();
        let found = followed(&mut function, asked(json!({ "fingerprints_sha256": ids }))).await;
        assert_eq!(
            names(&found, Vendor::AwsIot).iter().collect::<Vec<_>>(),
            expected
        );
        assert_eq!(actions(&simulator), vec![LIST; calls]);
    }
    simulator.reset_numbers();
    for (filter, field) in [
        (json!({ "serial_numbers": ["0a"] }), "filter.serial_numbers"),
        (
            json!({ "expires_within_days": 30 }),
            "filter.expires_within_days",
        ),
        (
            json!({ "ca_fingerprints_sha256": [ca, first] }),
            "filter.ca_fingerprints_sha256",
        ),
    ] {
        let problem = problem(&function.invoke(asked(filter)).await);
        assert_eq!(
            (problem["code"].as_str(), problem["field"].as_str()),
            (Some("unsupported"), Some(field)),
            "{problem}"
        );
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("leave details out"),
            "{problem}"
        );
    }
    let problem = problem(
        &function
            .invoke(request(
                Vendor::AwsIot,
                &json!({ "details": false, "include_pem": true }),
            ))
            .await,
    );
    assert_eq!(
        (problem["code"].as_str(), problem["field"].as_str()),
        (Some("invalid_request"), Some("include_pem"))
    );
    assert!(actions(&simulator).is_empty(), "nobody is asked");
}

#[tokio::test]
async fn the_other_providers_show_the_same_with_details_and_without() {
    let issued = [device(1), device(2)];
    let simulator = simulator(everywhere(&issued)).await;
    let mut function = function("describe", &simulator).await;
    for vendor in [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AlibabaCas] {
        let with = function.invoke(request(vendor, &json!({}))).await.json();
        let without = function
            .invoke(request(vendor, &json!({ "details": false })))
            .await
            .json();
        assert_eq!(with["certificates"], without["certificates"], "{vendor:?}");
        assert_eq!(
            without["certificates"].as_array().unwrap().len(),
            2,
            "{vendor:?}"
        );
    }
    let sources = Vendor::ALL.map(source);
    let several = function
        .invoke(json!({ "sources": sources, "details": false }))
        .await
        .json();
    assert!(
        several["sources"]
            .as_array()
            .unwrap()
            .iter()
            .all(|told| told["error"].is_null() && told["count"] == 2),
        "{several}"
    );
    assert!(
        !actions(&simulator)
            .iter()
            .any(|action| action == "DescribeCertificate" || action == "GetDeviceCertificate")
    );
}
