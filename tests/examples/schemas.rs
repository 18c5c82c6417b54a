//! Writes the documents under `schemas/`.

use std::fs;
use std::io;
use std::path::Path;

use whole_function_tests::schemas::{documents, written};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    fs::create_dir_all(&folder)?;
    for (name, document) in documents() {
        fs::write(folder.join(name), written(&document))?;
    }
    Ok(())
}
