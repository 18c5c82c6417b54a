//! Device certificates on several clouds, behind one API.
//!
//! ```text
//! event bytes -> trigger -> request -> operation -> provider -> transport -> the vendor
//! answer bytes <- trigger          <- operation <- provider <- transport <-
//! ```
//!
//! * [`trigger`] knows Lambda: it recognises the kind of an event, takes the requests out of it, and
//!   answers in the form that its source expects.
//! * [`request`] reads JSON as requests that cannot hold invalid values.
//! * [`operation`] has the steps and guards of describe, inactivate and status.
//! * [`provider`] speaks each vendor's API.
//! * [`credentials`] finds the credentials that sign the calls: in variables, in a secret, or by a role
//!   at the vendor's security token service.
//! * [`transport`] signs (with [`signing`]), sends and retries calls within the deadline.
//! * [`model`] and [`error`] hold the types that all modules share; [`config`] is the environment as
//!   one value.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        reason = "tests compute with their own numbers"
    )
)]

pub mod config;
pub mod credentials;
pub mod error;
pub mod model;
mod object;
pub mod operation;
pub mod provider;
pub mod request;
#[cfg(feature = "schema")]
pub mod schema;
pub mod signing;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod transport;
pub mod trigger;
mod vendor;
