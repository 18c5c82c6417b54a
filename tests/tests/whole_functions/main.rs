//! The three functions as Lambda runs them: real binaries, events in, answers out, and what the
//! vendors have seen.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "what goes wrong here has to fail the test"
)]

mod cells;
mod orders;
mod setup;
mod tls;
mod ways;

mod bad_input;
mod callers_in_lines;
mod cases;
mod client_ids;
mod configuration;
mod connected_at_start;
mod credential_refusals;
mod credential_rotation;
mod credential_sources;
mod credentials;
mod cross_check;
mod deadlines;
mod decimal_serial_numbers;
mod describe_details;
mod describe_filter;
mod describe_pages;
mod disagreements;
mod every_cell_describe;
mod every_cell_faults;
mod every_cell_inactivate;
mod every_cell_orders;
mod every_cell_status;
mod fault_matrix;
mod fleet_pages;
mod fleets_of_ten_thousand;
mod handshakes;
mod hostile_vendor;
mod inactivate;
mod inactivate_faults;
mod inactivate_guard;
mod lists_that_change;
mod log_lines;
mod names_in_orders;
mod one_identity;
mod order_members;
mod orders_crash;
mod orders_go_on;
mod orders_http;
mod orders_lag;
mod orders_long;
mod orders_one_chain;
mod orders_urgent;
mod orders_with_keys;
mod queue_stand_in;
mod rate_limits;
mod recorded;
mod secrets;
mod selections;
mod sessions;
mod several_sources;
mod several_sources_counts;
mod several_sources_status;
mod status;
mod status_faults;
mod trigger_direct;
mod trigger_http;
mod trigger_messages;
mod trigger_queue;
mod undo;
mod vendor_faults;
mod webhooks;
