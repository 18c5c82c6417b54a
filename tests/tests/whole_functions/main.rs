//! The three functions as Lambda runs them: real binaries, events in, answers out, and what the vendors have seen.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "what goes wrong here has to fail the test"
)]

mod setup;

mod bad_input;
mod bad_requests;
mod configuration;
mod credentials;
mod deadlines;
mod describe_filter;
mod describe_pages;
mod examples_describe;
mod examples_inactivate;
mod examples_status;
mod inactivate;
mod inactivate_faults;
mod inactivate_guard;
mod recorded;
mod secrets;
mod status;
mod status_faults;
mod trigger_direct;
mod trigger_http;
mod trigger_queue;
mod vendor_faults;
