//! Inputs that somebody met in the field, and others of their kinds.

mod answers;
mod callers;
mod certificates;
mod filters;
mod long_http_events;
mod odd_http_events;
mod soonest_end;
