//! Vendors' answers that are nested so deeply that reading them by recursion would exhaust the stack.

use serde::Serialize;
use serde_json::{Value, json};

use super::hostile_answers::{ID, perform, reference, reference_for, request_to};
use crate::error::{Error, ErrorCode};
use crate::model::ProviderName::{self, AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::operation::{Describe, Inactivate, Outcome, Status};

const DEPTH: usize = 100_000;

/// Stands in an answer for the nested value.
const MARK: &str = "NESTED";

/// The answer with nested arrays, and with nested objects, in place of the mark.
fn nested(answer: &Value) -> [String; 2] {
    let arrays = "[".repeat(DEPTH) + &"]".repeat(DEPTH);
    let objects = r#"{"a":"#.repeat(DEPTH) + "0" + &"}".repeat(DEPTH);
    [arrays, objects].map(|value| answer.to_string().replace(&format!("\"{MARK}\""), &value))
}

/// One row of the vendor's list, with a member that the contract reads.
fn row(provider: ProviderName, member: &Value) -> Value {
    match provider {
        TencentMqtt => json!({"DeviceCertificateSn": "0a", "CaSn": "0b", "Status": member}),
        AlibabaMqtt => json!({"DeviceSn": "0a", "CaSn": "0b", "Status": member}),
        AlibabaPca => json!({"SerialNumber": "0a", "Status": member}),
        AwsIot => json!({"certificateId": ID, "status": member, "creationDate": 1}),
    }
}

/// A list of one row, with one more member that nothing reads.
fn list(provider: ProviderName, row: &Value, ignored: &Value) -> Value {
    match provider {
        TencentMqtt => {
            json!({"Response": {"TotalCount": 1, "Data": [row], "RequestId": "id", "Ignored": ignored}})
        }
        AlibabaMqtt => {
            json!({"RequestId": "id", "Data": {"DeviceCertificateVOS": [row], "Total": 1, "Ignored": ignored}})
        }
        AlibabaPca => {
            json!({"RequestId": "id", "CertificateList": [row], "TotalCount": 1, "ShowSize": 50, "Ignored": ignored})
        }
        AwsIot => json!({"certificates": [row], "nextMarker": null, "Ignored": ignored}),
    }
}

fn status(provider: ProviderName) -> Value {
    json!(match provider {
        TencentMqtt | AwsIot => "ACTIVE",
        AlibabaMqtt => "1",
        AlibabaPca => "ISSUE",
    })
}

/// Whether a request failed as a whole, or no record claims a status.
fn claims_no_status<T: Serialize>(result: Result<T, Error>, records: &str) -> bool {
    match result {
        Err(error) => error.code == ErrorCode::ProviderInvalidResponse,
        Ok(answer) => {
            let answer = serde_json::to_value(answer).unwrap();
            let records = answer[records].as_array().unwrap().clone();
            !records.is_empty() && records.iter().all(|record| record["status"] == "unknown")
        }
    }
}

#[test]
fn a_nested_member_or_row_claims_nothing_and_a_nested_body_is_an_invalid_answer() {
    for provider in ProviderName::ALL {
        let member = list(provider, &row(provider, &json!(MARK)), &Value::Null);
        let list_member = list(provider, &json!(MARK), &Value::Null);
        for (body, is_whole) in [(member, false), (list_member, false), (json!(MARK), true)]
            .iter()
            .flat_map(|(body, is_whole)| nested(body).map(|body| (body, *is_whole)))
        {
            let answers = || vec![(200, body.clone())];
            let request = request_to(provider, "limit", json!(10));
            let result = perform::<Describe>(&request, answers());
            assert!(!is_whole || result.is_err(), "{provider}");
            assert!(claims_no_status(result, "certificates"), "{provider}");

            let request = request_to(provider, "certificates", json!([reference()]));
            let result = perform::<Status>(&request, answers());
            assert!(!is_whole || result.is_err(), "{provider}");
            assert!(claims_no_status(result, "results"), "{provider}");

            let request = request_to(provider, "certificates", json!([reference_for(provider)]));
            if let Ok(answer) = perform::<Inactivate>(&request, answers()) {
                assert_eq!(answer.results()[0].outcome, Outcome::Failed, "{provider}");
            }
        }
    }
}

#[test]
fn a_nested_refusal_is_an_error() {
    for provider in ProviderName::ALL {
        for body in nested(&json!({"Code": MARK, "__type": MARK, "Response": {"Error": MARK}})) {
            for status in [400, 500] {
                let request = request_to(provider, "limit", json!(10));
                let result = perform::<Describe>(&request, vec![(status, body.clone())]);
                assert!(result.is_err(), "{provider} {status}");
            }
        }
    }
}

#[test]
fn a_nested_member_that_nothing_reads_does_no_harm() {
    for provider in ProviderName::ALL {
        let mut row = row(provider, &status(provider));
        row["Ignored"] = json!(MARK);
        for body in nested(&list(provider, &row, &json!(MARK))) {
            // Without calls for each certificate: this vendor has the same answer to every call.
            let request = request_to(provider, "details", json!(false));
            let answer = perform::<Describe>(&request, vec![(200, body)]);
            let answer = answer.unwrap_or_else(|error| panic!("{provider}: {error}"));
            let answer = serde_json::to_value(answer).unwrap();
            let certificates = answer["certificates"].as_array().unwrap();
            assert_eq!(certificates.len(), 1, "{provider}");
        }
    }
}
