//! The vendors. Each is one folder with the same files: `mod` (what it can do), `wire` (its requests and answers),
//! `codes` (its error codes). The tables below say who can do what: a provider is its folder, and a row for each operation
//! that it has.

mod alibaba;
mod alibaba_mqtt;
mod alibaba_pca;
mod codes;
mod connection;
#[cfg(test)]
pub(crate) mod fixture;
mod port;
mod tencent_mqtt;

pub use port::{Describe, Found, Inactivate, ListQuery, LookUp, Page, Scope, Session, Spellings, Status, StatusRecord, Target, Written};

use crate::error::{Error, ErrorCode};
use crate::model::ProviderName::{self, AlibabaMqtt, AlibabaPca, TencentMqtt};
use connection::{Connection, Facts, connect};

/// The provider that lists.
///
/// # Errors
/// `unsupported` when it cannot, `invalid_request` or `provider_rejected` when something that it needs is missing.
pub fn describer<'a>(session: &'a Session<'a>, target: Target) -> Result<Box<dyn Describe + 'a>, Error> {
    const ABLE: Able<MakeDescriber> = &[(TencentMqtt, |session, target| Ok(Box::new(tencent_mqtt::TencentMqtt::new(session, target)?)))];
    pick(ABLE, target.provider, "describe")?(session, target)
}

/// The provider that switches off.
///
/// # Errors
/// As [`describer`].
pub fn inactivator<'a>(session: &'a Session<'a>, target: Target) -> Result<Box<dyn Inactivate + 'a>, Error> {
    const ABLE: Able<MakeInactivator> = &[(AlibabaMqtt, |session, target| Ok(Box::new(alibaba_mqtt::AlibabaMqtt::new(session, target)?)))];
    pick(ABLE, target.provider, "inactivate")?(session, target)
}

/// The provider that tells the status.
///
/// # Errors
/// As [`describer`].
pub fn status_teller<'a>(session: &'a Session<'a>, target: Target) -> Result<Box<dyn Status + 'a>, Error> {
    const ABLE: Able<MakeStatusTeller> = &[(AlibabaPca, |session, target| Ok(Box::new(alibaba_pca::AlibabaPca::new(session, target)?)))];
    pick(ABLE, target.provider, "status")?(session, target)
}

/// The providers that can do one operation, and what makes each ready. One table for each operation, so that a function
/// holds only what it needs.
type Able<Make> = &'static [(ProviderName, Make)];
type MakeDescriber = for<'a> fn(&'a Session<'a>, Target) -> Result<Box<dyn Describe + 'a>, Error>;
type MakeInactivator = for<'a> fn(&'a Session<'a>, Target) -> Result<Box<dyn Inactivate + 'a>, Error>;
type MakeStatusTeller = for<'a> fn(&'a Session<'a>, Target) -> Result<Box<dyn Status + 'a>, Error>;

fn pick<Make: Copy>(able: Able<Make>, provider: ProviderName, operation: &str) -> Result<Make, Error> {
    let make = able.iter().find(|(name, _)| *name == provider).map(|(_, make)| *make);
    make.ok_or_else(|| {
        let names = able.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let detail = format!("{provider} has no {operation} in this version; these have: {names}");
        Error::new(ErrorCode::Unsupported, detail).with_field("provider")
    })
}

/// A vendor's text as a fact: an empty one is none.
fn fact(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
