//! Inputs that somebody met in the field, and others of their kinds.

mod filters;
