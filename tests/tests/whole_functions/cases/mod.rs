//! Inputs that somebody met in the field, and others of their kinds.

mod filters;
mod soonest_end;
