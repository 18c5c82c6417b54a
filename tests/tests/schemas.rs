//! The documents under `schemas/` are those that the types make.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use whole_function_tests::schemas::{documents, written};

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
