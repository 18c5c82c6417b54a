//! The size of JSON, without writing it.

use std::io::{self, Write};

use serde::Serialize;

/// Number of bytes of the value's JSON. `escaped` counts quotes and backslashes twice, as they are
/// written inside a JSON string.
pub(super) fn of(value: &impl Serialize, escaped: bool) -> usize {
    let mut counter = Counter { bytes: 0, escaped };
    match serde_json::to_writer(&mut counter, value) {
        Ok(()) => counter.bytes,
        Err(_) => usize::MAX,
    }
}

/// Counts the bytes that are written to it.
struct Counter {
    bytes: usize,
    escaped: bool,
}

impl Write for Counter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let doubled = if self.escaped {
            buffer
                .iter()
                .filter(|byte| matches!(byte, b'"' | b'\\'))
                .count()
        } else {
            0
        };
        self.bytes = self
            .bytes
            .saturating_add(buffer.len())
            .saturating_add(doubled);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
