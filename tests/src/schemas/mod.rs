//! The documents under `schemas/`, made from the functions' own types, and the validation of every
//! answer against them.

mod open_api;
mod page;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use certificate_provider::error::Error;
use certificate_provider::operation::{DescribeAnswer, InactivateAnswer, StatusAnswer};
use certificate_provider::request::{DescribeRequest, InactivateRequest, StatusRequest};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::Answer;

/// Every document by its file name.
pub fn documents() -> BTreeMap<&'static str, Value> {
    let mut documents = BTreeMap::from([
        ("describe-request.json", request::<DescribeRequest>()),
        ("describe-answer.json", answer::<DescribeAnswer>()),
        ("inactivate-request.json", request::<InactivateRequest>()),
        ("inactivate-answer.json", answer::<InactivateAnswer>()),
        ("status-request.json", request::<StatusRequest>()),
        ("status-answer.json", answer::<StatusAnswer>()),
        ("error.json", answer::<Error>()),
        ("openapi.json", open_api::document()),
    ]);
    documents.values_mut().for_each(join_lines);
    documents
}

/// The OpenAPI document as a page to read, `docs/http-api.md`.
pub fn page() -> String {
    documents()
        .get("openapi.json")
        .map(page::page)
        .unwrap_or_default()
}

/// Joins the lines of every description: a doc comment's line breaks are those of the source.
fn join_lines(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" => *text = text.replace('\n', " "),
                    member => join_lines(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(join_lines),
        _ => {}
    }
}

/// A document in the form of its file.
pub fn written(document: &Value) -> String {
    format!("{document:#}\n")
}

fn request<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

fn answer<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Validates a function's answer against the schema of its answers, or of errors.
///
/// # Panics
///
/// When the answer does not conform to the schema; the message has the path.
pub(crate) fn check(function: &str, answer: &Answer) {
    match answer {
        Answer::Response(bytes) => {
            let Ok(response) = serde_json::from_slice::<Value>(bytes) else {
                return;
            };
            if let Value::Array(outcomes) = &response {
                outcomes
                    .iter()
                    .for_each(|outcome| check_outcome(function, outcome));
                return;
            }
            match (
                response.get("statusCode"),
                response.get("batchItemFailures"),
            ) {
                (Some(status), _) if status == 202 => {
                    check_acceptance(response.get("body").and_then(Value::as_str))
                }
                (Some(status), _) => check_body(
                    function,
                    status == 200,
                    response.get("body").and_then(Value::as_str),
                ),
                // A queue takes no answers; the log has them.
                (None, Some(_)) => {}
                (None, None) => validate(&format!("{function}-answer.json"), &response),
            }
        }
        // An error that is no problem document is the runtime's own.
        Answer::Error(error) if error.message.starts_with('{') => {
            check_body(function, false, Some(&error.message))
        }
        _ => {}
    }
}

/// The answer to one message of a topic or a pipe.
fn check_outcome(function: &str, outcome: &Value) {
    let document = if outcome.get("code").is_some() {
        "error.json".to_owned()
    } else {
        format!("{function}-answer.json")
    };
    validate(&document, outcome);
}

fn check_acceptance(body: Option<&str>) {
    let body = serde_json::from_str(body.unwrap_or_default()).unwrap_or_default();
    assert!(
        jsonschema::is_valid(&open_api::accepted(), &body),
        "not the answer to an order that is accepted for later: {body}"
    );
}

fn check_body(function: &str, is_success: bool, body: Option<&str>) {
    let Some(body) = body else { return };
    let Ok(body) = serde_json::from_str(body) else {
        panic!("the body is not JSON: {body}")
    };
    // The answer to a health check is no answer of the operation.
    if is_success && body == serde_json::json!({ "status": "ok" }) {
        return;
    }
    if is_success {
        validate(&format!("{function}-answer.json"), &body)
    } else {
        validate("error.json", &body)
    }
}

fn validate(document: &str, instance: &Value) {
    static VALIDATORS: OnceLock<BTreeMap<&'static str, jsonschema::Validator>> = OnceLock::new();
    let validators = VALIDATORS.get_or_init(|| {
        let compile = |(name, schema)| match jsonschema::draft202012::new(&schema) {
            Ok(validator) => (name, validator),
            Err(error) => panic!("{name} is no JSON Schema: {error}"),
        };
        documents()
            .into_iter()
            .filter(|(name, _)| *name != "openapi.json")
            .map(compile)
            .collect()
    });
    let Some(validator) = validators.get(document) else {
        panic!("there is no schema {document}")
    };
    if let Err(error) = validator.validate(instance) {
        panic!(
            "the answer is off {document} at {}: {error}",
            error.instance_path()
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_leave_out_what_answers_always_have() {
        let documents = documents();
        assert_eq!(
            documents["status-request.json"]["required"],
            json!(["certificates"])
        );
        assert_eq!(
            documents["status-request.json"]["additionalProperties"],
            false
        );
        let result = &documents["status-answer.json"]["$defs"]["StatusResult"];
        assert!(
            result["required"]
                .as_array()
                .unwrap()
                .contains(&json!("revoked_at"))
        );
        assert!(
            !result["required"]
                .as_array()
                .unwrap()
                .contains(&json!("cross_check")),
            "left out unless it was requested"
        );
    }

    #[test]
    fn an_answer_off_schema_fails_the_test() {
        let off = |function: &str, answer: Answer| {
            let function = function.to_owned();
            std::panic::catch_unwind(move || check(&function, &answer)).is_err()
        };
        let response = |value: Value| Answer::Response(value.to_string().into_bytes());
        let right = json!({
            "operation": "status", "provider": "alibaba-pca", "region": "cn-hangzhou", "instance_id": null,
            "results": [], "provider_request_ids": []
        });
        assert!(!off("status", response(right.clone())));
        for (member, value) in [
            ("operation", json!("describe")),
            ("provider", json!("x")),
            ("results", json!([{}])),
            ("region", json!("")),
        ] {
            let mut wrong = right.clone();
            wrong[member] = value;
            assert!(off("status", response(wrong)), "{member}");
        }
        assert!(
            !off("status", response(json!([right])))
                && off("status", response(json!([right, {}])))
                && off("status", response(json!([7])))
        );
        assert!(off(
            "status",
            response(json!({"statusCode": 404, "body": "{}"}))
        ));
        assert!(!off("status", response(json!({"batchItemFailures": []}))));
    }
}
