//! The recorded responses of the vendors: each is given to the functions that can meet it, and the
//! file beside it holds what is expected (tests/responses/README.md).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Vendor};
use whole_function_tests::{Answer, events};

use crate::cells::actions;
use crate::setup::{at_once, full, pair, problem};

const EXPECTED: &str = ".expected.json";
/// Enough to wait side by side, and few enough processes for two cores.
const AT_A_TIME: usize = 16;

/// An invocation of each of these functions, in which recorded responses take the place of the simulator's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    case: String,
    functions: Vec<String>,
    request: Value,
    /// Without any, every call is given the response that the file stands beside.
    #[serde(default)]
    responses: Vec<Response>,
    /// Number of calls to each action.
    calls: BTreeMap<String, usize>,
    /// The answer's members that the case is about; a function error is the member `error`.
    answer: Value,
}

/// The response to some calls.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Response {
    /// Only calls of this action.
    to: Option<String>,
    /// Only calls with this text in their parameters, written as JSON.
    containing: Option<String>,
    /// Another recorded response than the one that the file stands beside.
    recorded: Option<String>,
    /// New values in the response's body, by their JSON pointers.
    changed: BTreeMap<String, Value>,
    /// All calls where it is left out.
    times: Option<u32>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("responses")
}

fn read(name: &str) -> Value {
    let text = std::fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// `<product>/<Action>.<case>` of every recorded response, in order.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for product in std::fs::read_dir(folder()).unwrap() {
        let product = product.unwrap();
        if product.file_type().unwrap().is_dir() {
            let folder = product.file_name().into_string().unwrap();
            let files = std::fs::read_dir(product.path()).unwrap();
            let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            let files = files.filter(|file| !file.ends_with(EXPECTED));
            names.extend(files.map(|file| format!("{folder}/{}", file.trim_end_matches(".json"))));
        }
    }
    names.sort();
    names
}

/// The simulated vendor that a folder's responses come from. Alibaba Cloud's gateway stands before
/// both of its products; the private CA has the tests of both.
fn vendor(name: &str) -> Vendor {
    match name.split('/').next().unwrap() {
        "alibaba-cas" | "alibaba-common" => Vendor::AlibabaCas,
        "alibaba-mqtt" => Vendor::AlibabaMqtt,
        "aws-iot" => Vendor::AwsIot,
        "tencent-mqtt" => Vendor::TencentMqtt,
        other => panic!("no vendor is simulated for {other}"),
    }
}

impl Response {
    fn rule(&self, own_name: &str) -> FaultRule {
        let mut record = read(&format!(
            "{}.json",
            self.recorded.as_deref().unwrap_or(own_name)
        ));
        for (pointer, value) in &self.changed {
            *record["body"].pointer_mut(pointer).unwrap() = value.clone();
        }
        let status = record["http"]["status"].as_u64().unwrap();
        let mut headers: BTreeMap<String, String> =
            serde_json::from_value(record["http"]["headers"].take()).unwrap();
        let content_type = headers.remove("Content-Type").unwrap();
        let bytes = match record.get("body_text") {
            Some(text) => text.as_str().unwrap().to_owned(),
            None => record["body"].to_string(),
        };
        let status = status.try_into().unwrap();
        FaultRule {
            action: self.to.clone(),
            containing: self.containing.clone(),
            times: self.times.unwrap_or(u32::MAX),
            fault: Fault::body_with_headers(status, &content_type, headers, bytes),
        }
    }
}

/// Every place at which the answer differs from the expected one. Members that the expected answer
/// leaves out may have any value, and a cursor may be any text.
fn differences(expected: &Value, actual: &Value, path: &str, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (member, expected) in expected {
                let path = format!("{path}/{member}");
                match actual.get(member) {
                    Some(actual) => differences(expected, actual, &path, found),
                    None => found.push(format!("{path} is missing")),
                }
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                differences(expected, actual, &format!("{path}/{index}"), found);
            }
        }
        _ if path == "/next_cursor" && expected.is_string() && actual.is_string() => {}
        _ if expected == actual => {}
        _ => found.push(format!("{path} is {actual} in place of {expected}")),
    }
}

/// Whether reads prove the answer: a read follows the last write of a verified result, and between any
/// two writes there is a read.
fn is_proven_by_reads(actions: &[String], answer: &Value) -> bool {
    let is_write = |action: &String| {
        let reads = ["Describe", "Get", "List"];
        !reads.iter().any(|read| action.starts_with(read))
    };
    let twice = actions.windows(2).any(|two| two.iter().all(is_write));
    let results = answer["results"].as_array().map_or(&[][..], Vec::as_slice);
    let is_verified = results.iter().any(|result| result["verified"] == true);
    !twice && (!is_verified || actions.last().is_some_and(|last| !is_write(last)))
}

async fn check(name: String, case: Arc<Case>, function: String) {
    let (simulator, mut runtime) = pair(&function, full(0)).await;
    let every_call = [Response::default()];
    let responses = if case.responses.is_empty() {
        &every_call[..]
    } else {
        &case.responses
    };
    for response in responses {
        simulator.fail(vendor(&name), response.rule(&name));
    }
    let answer = runtime.invoke(&case.request).await;
    let actions = actions(&simulator);
    // The log of a message has the answer's figures. It is searched for names when the function ends.
    for response in responses {
        simulator.fail(vendor(&name), response.rule(&name));
    }
    let message = events::sqs(&[case.request.to_string()]);
    runtime.invoke(message).await.batch_item_failures();
    let actual = match &answer {
        Answer::Error(_) => json!({ "error": problem(&answer) }),
        _ => answer.json(),
    };
    let mut found = Vec::new();
    differences(&case.answer, &actual, "", &mut found);
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    for action in &actions {
        *calls.entry(action.clone()).or_default() += 1;
    }
    if calls != case.calls {
        found.push(format!(
            "the calls are {calls:?} in place of {:?}",
            case.calls
        ));
    }
    if !is_proven_by_reads(&actions, &actual) {
        found.push(format!("no reads stand behind the answer: {actions:?}"));
    }
    assert_eq!(
        found, [""; 0],
        "{function} with {name}: {}\n{actual}",
        case.case
    );
}

#[tokio::test]
async fn every_recorded_response_gives_the_answers_in_the_file_beside_it() {
    let mut cases = Vec::new();
    for name in names() {
        let own: Vec<Case> = serde_json::from_value(read(&format!("{name}{EXPECTED}")))
            .unwrap_or_else(|error| panic!("{name}{EXPECTED}: {error}"));
        assert!(!own.is_empty(), "{name} has no case");
        for case in own.into_iter().map(Arc::new) {
            let functions = case.functions.clone().into_iter();
            cases.extend(functions.map(|function| (name.clone(), case.clone(), function)));
        }
    }
    for some in cases.chunks(AT_A_TIME) {
        at_once(some.to_vec(), |(name, case, function)| {
            check(name, case, function)
        })
        .await;
    }
}
