//! Vendors' answers that are nested so deeply that reading them by recursion would exhaust the stack.

use serde_json::{Value, json};

use super::hostile_answers::{ID, perform, reference, reference_for, request_to};
use crate::error::ErrorCode;
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

#[test]
fn a_nested_member_or_body_is_an_invalid_answer_or_costs_only_its_row() {
    for provider in ProviderName::ALL {
        let reads_each_row = matches!(provider, AlibabaMqtt | AlibabaPca);
        let member = list(provider, &row(provider, &json!(MARK)), &Value::Null);
        let list_member = list(provider, &json!(MARK), &Value::Null);
        let bodies = [(member, true), (list_member, true), (json!(MARK), false)];
        let bodies = bodies
            .iter()
            .flat_map(|(body, is_list)| nested(body).map(|body| (body, *is_list)));
        for (body, is_list) in bodies {
            let answers = || vec![(200, body.clone())];
            let request = request_to(provider, "limit", json!(10));
            match perform::<Describe>(&request, answers()) {
                Ok(answer) => {
                    let answer = serde_json::to_value(answer).unwrap();
                    assert!(reads_each_row && is_list, "{provider}");
                    assert_eq!(answer["certificates"].as_array().unwrap().len(), 1);
                    assert_eq!(answer["certificates"][0]["provider_status"], Value::Null);
                }
                Err(error) => {
                    assert!(!(reads_each_row && is_list), "{provider}: {error}");
                    assert_eq!(error.code, ErrorCode::ProviderInvalidResponse, "{provider}");
                }
            }

            let request = request_to(provider, "certificates", json!([reference()]));
            let error = perform::<Status>(&request, answers()).err().unwrap();
            assert_eq!(error.code, ErrorCode::ProviderInvalidResponse, "{provider}");

            let request = request_to(provider, "certificates", json!([reference_for(provider)]));
            if let Ok(answer) = perform::<Inactivate>(&request, answers()) {
                assert_eq!(answer.results[0].outcome, Outcome::Failed, "{provider}");
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
