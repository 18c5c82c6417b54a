//! The documents under `schemas/` are those that the types make.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use whole_function_tests::schemas::{documents, page, written};

#[test]
fn the_documents_have_not_drifted_from_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    let there: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let documents = documents();
    assert_eq!(
        there,
        documents.keys().map(|name| (*name).to_owned()).collect()
    );
    for (name, document) in documents {
        let file = fs::read_to_string(folder.join(name)).unwrap();
        assert!(
            file == written(&document),
            "schemas/{name} is not what the types make; run `make schemas` and look at the difference"
        );
    }
}

#[test]
fn the_page_of_the_http_api_shows_the_document() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/http-api.md");
    assert!(
        fs::read_to_string(file).unwrap() == page(),
        "docs/http-api.md is not what schemas/openapi.json says; run `make schemas` and look at the difference"
    );
}

#[test]
fn descriptions_are_for_readers_without_the_code() {
    for (name, document) in documents() {
        let mut descriptions = Vec::new();
        collect(&document, &mut descriptions);
        assert!(!descriptions.is_empty(), "{name}");
        for text in descriptions {
            for mark in ["::", "[`", "`]", "\n"] {
                assert!(!text.contains(mark), "schemas/{name} has {mark:?}: {text}");
            }
            assert!(
                text.ends_with('.') && text.split(' ').count() > 1,
                "schemas/{name} has no complete phrase: {text}"
            );
            let first = text.split(' ').next();
            assert!(
                !first.is_some_and(|word| ["What", "Where", "Who", "Why"].contains(&word)),
                "schemas/{name} begins with a question word: {text}"
            );
        }
    }
}

/// Every description in a document.
fn collect<'a>(schema: &'a Value, descriptions: &mut Vec<&'a str>) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" => descriptions.push(text),
                    member => collect(member, descriptions),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, descriptions)),
        _ => {}
    }
}

#[test]
fn every_parameter_of_a_route_has_a_description() {
    let open_api = &documents()["openapi.json"];
    let paths = open_api["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|methods| methods.as_object().unwrap().values());
    let parameters: Vec<&Value> = operations
        .filter_map(|operation| operation["parameters"].as_array())
        .flatten()
        .collect();
    assert!(!parameters.is_empty());
    for parameter in parameters {
        let of_schema = &parameter["schema"]["description"];
        assert!(
            parameter["description"].is_string() || of_schema.is_string(),
            "{parameter}"
        );
    }
}
