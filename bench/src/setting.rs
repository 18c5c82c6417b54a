//! The surroundings that all contestants share.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::provider::Provider;
use crate::relay;

/// The surroundings that all contestants share.
pub(crate) struct Setting {
    /// The root of the workspace.
    pub(crate) root: PathBuf,
    /// The folder of the files of a run: `target/bench`.
    pub(crate) output: PathBuf,
    /// The folder of another build's binaries.
    pub(crate) other: Option<PathBuf>,
    pub(crate) provider: Provider,
    /// The base URL of every provider.
    pub(crate) endpoint: String,
    /// The stand-in's root as a PEM file.
    pub(crate) root_file: PathBuf,
    /// A file of the public roots and the stand-in's root, for a client that reads one file only.
    pub(crate) all_roots_file: PathBuf,
}

impl Setting {
    /// Starts the provider stand-in, at this distance.
    pub(crate) fn new(round_trip: Duration, other: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap_or(Path::new("."))
            .to_owned();
        let output = root.join("target/bench");
        fs::create_dir_all(&output)?;
        let provider = Provider::start()?;
        let port = if round_trip.is_zero() {
            provider.port
        } else {
            relay::start(provider.port, round_trip)?
        };
        let root_file = output.join("root.pem");
        fs::write(&root_file, &provider.root_pem)?;
        // Without the Python peers there is no file of public roots, and none is needed.
        let public_roots = fs::read_to_string(output.join("public-roots.pem")).unwrap_or_default();
        let all_roots_file = output.join("all-roots.pem");
        fs::write(&all_roots_file, public_roots + &provider.root_pem)?;
        let other = other.map(Path::to_owned);
        Ok(Self {
            root,
            output,
            other,
            provider,
            endpoint: format!("https://localhost:{port}"),
            root_file,
            all_roots_file,
        })
    }
}
