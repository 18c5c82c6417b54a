//! Properties that hold for any bytes from outside. A target panics when a property does not hold.
//!
//! Each target is a function of bytes: [`event`], [`vendor_answer`], [`serial_number`], [`cursor`],
//! [`webhook`], [`certificate`]. libFuzzer searches for bytes that make them panic (`make fuzz`). The tests
//! of this crate and the program `mutate` change the seeds of [`TARGETS`] at random.
//!
//! The functions catch a panic and answer `internal` in its place. A target counts both as a failure.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a target tells what it has found"
)]
#![allow(
    clippy::indexing_slicing,
    reason = "a JSON value is null where it has no such member"
)]

mod mutate;
mod recorded;
mod seeds;
mod target;
#[cfg(test)]
mod tests;
mod vendors;
mod world;

pub use mutate::{Random, mutated};
pub use target::{certificate, cursor, event, serial_number, vendor_answer, webhook};

/// A target and the inputs from which the search begins.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Runs it once.
    pub run: fn(&[u8]),
    /// Reads or makes its seeds.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: [Target; 6] = [
    Target {
        name: "event",
        run: event,
        seeds: seeds::events,
    },
    Target {
        name: "vendor_answer",
        run: vendor_answer,
        seeds: seeds::vendor_answers,
    },
    Target {
        name: "serial_number",
        run: serial_number,
        seeds: seeds::serial_numbers,
    },
    Target {
        name: "cursor",
        run: cursor,
        seeds: seeds::cursors,
    },
    Target {
        name: "webhook",
        run: webhook,
        seeds: seeds::webhooks,
    },
    Target {
        name: "certificate",
        run: certificate,
        seeds: seeds::certificates,
    },
];
