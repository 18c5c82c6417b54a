//! Writes the documents under `schemas/`, and the page that shows the OpenAPI document.

use std::fs;
use std::io;
use std::path::Path;

use whole_function_tests::schemas::{documents, page, written};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    fs::create_dir_all(&folder)?;
    for (name, document) in documents() {
        fs::write(folder.join(name), written(&document))?;
    }
    fs::write(folder.join("../docs/http-api.md"), page())
}
