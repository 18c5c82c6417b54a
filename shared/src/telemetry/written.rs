//! What is written while something runs.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::subscriber;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines of the service `describe` at this level, as JSON or as text.
pub(crate) fn written(level: &str, json: bool, run: impl FnOnce()) -> String {
    let output = Written::default();
    let writer = output.clone();
    tracing::subscriber::with_default(subscriber("describe", Some(level), json, move || writer.clone()), run);
    String::from_utf8(output.0.lock().unwrap().clone()).unwrap()
}
