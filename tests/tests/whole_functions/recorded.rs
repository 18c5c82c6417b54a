//! The recorded answers, and that none of them is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use simulator::Fault;

use crate::{
    examples_aws, examples_aws_lists, examples_describe, examples_inactivate, examples_lists,
    examples_status, examples_tencent,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("responses")
}

fn read(name: &str) -> Value {
    let text = std::fs::read(folder().join(format!("{name}.json")))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_slice(&text).unwrap()
}

/// The body of `<product>/<Action>.<case>`.
pub(crate) fn body(name: &str) -> Value {
    read(name)["body"].clone()
}

/// The answer `<product>/<Action>.<case>` as a fault.
pub(crate) fn answer(name: &str) -> Fault {
    let recorded = read(name);
    let status = recorded["http"]["status"]
        .as_u64()
        .unwrap()
        .try_into()
        .unwrap();
    let headers = recorded["http"]["headers"].as_object().unwrap();
    let mut headers: BTreeMap<String, String> = headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let content_type = headers.remove("Content-Type").unwrap();
    let bytes = match recorded.get("body_text") {
        Some(text) => text.as_str().unwrap().to_owned(),
        None => recorded["body"].to_string(),
    };
    Fault::body_with_headers(status, &content_type, headers, bytes)
}

/// A success with this body.
pub(crate) fn success(body: &Value) -> Fault {
    Fault::body(200, "application/json", body.to_string())
}

#[test]
fn every_recorded_answer_is_put_to_a_test() {
    let mut recorded = BTreeSet::new();
    for product in std::fs::read_dir(folder()).unwrap() {
        let product = product.unwrap();
        if product.file_type().unwrap().is_dir() {
            for file in std::fs::read_dir(product.path()).unwrap() {
                let file = file.unwrap().file_name().into_string().unwrap();
                let product = product.file_name().into_string().unwrap();
                recorded.insert(format!("{product}/{}", file.strip_suffix(".json").unwrap()));
            }
        }
    }
    let tested = examples_describe::names()
        .chain(examples_inactivate::names())
        .chain(examples_status::names())
        .chain(examples_aws::names())
        .chain(examples_aws_lists::names())
        .chain(examples_lists::names())
        .chain(examples_tencent::names());
    assert_eq!(tested.map(str::to_owned).collect::<BTreeSet<_>>(), recorded);
}
