//! Device certificates on several clouds behind one contract.
//!
//! ```text
//! event bytes -> trigger -> request -> operation -> provider -> transport -> the vendor
//! answer bytes <- trigger          <- operation <- provider <- transport <-
//! ```
//!
//! * [`trigger`] knows Lambda: what kind of event it is, the requests in it, the form of the
//!   answer.
//! * [`request`] makes JSON into a request that cannot hold bad values.
//! * [`operation`] has the steps and guards of describe, inactivate and status.
//! * [`provider`] speaks each vendor's API.
//! * [`credentials`] finds what to sign with: a variable, a secret, or a role at the vendor's STS.
//! * [`transport`] signs (with [`signing`]), sends and retries within the deadline.
//! * [`model`] and [`error`] hold the types that all of them share; [`config`] is the environment as
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
