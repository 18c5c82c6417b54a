//! The log lines that a piece of code writes.

use std::sync::{Arc, Mutex};

use crate::telemetry::{LogFormat, log};

/// The lines of the service `describe` at this level, as JSON or as text.
pub(crate) fn written(level: &str, json: bool, run: impl FnOnce()) -> String {
    let output = Arc::new(Mutex::new(String::new()));
    let lines = Arc::clone(&output);
    let format = if json {
        LogFormat::Json
    } else {
        LogFormat::Text
    };
    tracing::subscriber::with_default(
        log("describe", Some(level), format, move |line: &str| {
            lines.lock().unwrap().push_str(line)
        }),
        run,
    );
    output.lock().unwrap().clone()
}
