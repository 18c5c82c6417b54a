//! Whole functions under test: the real binaries, over real sockets, as Lambda runs them.
//!
//! [`Runtime`] starts a function's binary with Lambda's environment and plays the Lambda Runtime
//! API for it. [`events`] makes events in the shapes that AWS sends, [`HttpAnswer`] reads the HTTP
//! answers as AWS does, and [`canary`] looks for secrets in everything a function gives out. Whatever a
//! test is about, the log of each process that it starts is searched for secrets, signatures,
//! certificates and their names when the process ends.
//! [`HttpApi`] puts the functions behind a real HTTP port. [`queue`] stands in for Amazon SQS,
//! [`key_table`] for the table of idempotency keys, [`EventSource`] for the mapping that feeds a
//! function from a queue. [`providers`] describes what differs between the providers under test.
//!
//! The binaries are taken from the folder that the variable `FUNCTIONS_DIR` names, else from beside
//! the test's own executable (`target/debug`); build them first with `cargo build`.

#![allow(
    clippy::panic,
    reason = "what goes wrong here has to fail the test that met it"
)]

mod answer;
pub mod canary;
mod event_source;
pub mod events;
mod function_process;
mod http_answer;
mod http_api;
mod invocation;
pub mod key_table;
mod leaks;
pub mod providers;
pub mod queue;
mod runtime;
mod runtime_api;
pub mod schemas;
pub mod signing_input;
mod slots;

pub use answer::{Answer, FunctionError};
pub use event_source::{EventSource, Killer, Mapping, Redelivery, Tally};
pub use http_answer::HttpAnswer;
pub use http_api::{HttpApi, Variables};
pub use invocation::{Deadline, Event, Invocation};
pub use runtime::Runtime;
pub use slots::{Slot, Slots};
