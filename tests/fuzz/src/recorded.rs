//! The vendors' recorded answers, from `tests/responses`.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

/// One recorded answer.
pub(crate) struct Recorded {
    /// Its name, like `aws-iot/ListCertificates.ok-first-page`.
    pub(crate) name: String,
    pub(crate) status: u16,
    /// The header by which AWS names a failure.
    pub(crate) error_type: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// All recorded answers, by their names.
pub(crate) static RECORDED: LazyLock<Vec<Recorded>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../responses");
    let mut recorded: Vec<Recorded> = files(&folder)
        .into_iter()
        .flat_map(|(product, _)| {
            files(&folder.join(&product))
                .into_iter()
                .map(move |(file, text)| read(&product, &file, &text))
        })
        .collect();
    recorded.sort_by(|one, other| one.name.cmp(&other.name));
    recorded
});

/// The body of the recorded answer with this name.
pub(crate) fn body(name: &str) -> Vec<u8> {
    let found = RECORDED.iter().find(|recorded| recorded.name == name);
    found
        .unwrap_or_else(|| panic!("tests/responses has no {name}"))
        .body
        .clone()
}

/// The names and the contents of the files in a folder, in their order, without READMEs, licences and
/// expected answers.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<_> = paths
        .filter_map(|path| {
            Some((
                path.file_name()?.to_str()?.to_owned(),
                std::fs::read(&path).unwrap_or_default(),
            ))
        })
        .filter(|(name, _)| {
            !matches!(name.as_str(), "README.md" | "LICENSE") && !name.ends_with(".expected.json")
        })
        .collect();
    files.sort();
    files
}

fn read(product: &str, file: &str, text: &[u8]) -> Recorded {
    let record: Value =
        serde_json::from_slice(text).unwrap_or_else(|error| panic!("{product}/{file}: {error}"));
    let at = |path: &str| record.pointer(path);
    Recorded {
        name: format!("{product}/{}", file.trim_end_matches(".json")),
        status: at("/http/status")
            .and_then(Value::as_u64)
            .and_then(|status| status.try_into().ok())
            .unwrap_or(200),
        error_type: at("/http/headers/x-amzn-ErrorType")
            .and_then(Value::as_str)
            .map(str::to_owned),
        body: match at("/body_text").and_then(Value::as_str) {
            Some(text) => text.as_bytes().to_vec(),
            None => at("/body")
                .map(Value::to_string)
                .unwrap_or_default()
                .into_bytes(),
        },
    }
}
