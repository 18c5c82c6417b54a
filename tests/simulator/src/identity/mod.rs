//! The services that issue keys: the security token services (STS) of three clouds, and the Lambda
//! extension that reads secrets.
//!
//! The STS of AWS signs tokens with a key of its own, which it publishes; those of Tencent and
//! Alibaba check what they are given (signature, issuer, audience, subject, time) and give out keys
//! that the simulated vendors take until they end.

mod accounts;
mod alibaba;
mod aws;
mod extension;
mod tencent;
mod token;

pub use accounts::{
    ALIBABA_PROVIDER, ALIBABA_ROLE, Accounts, FUNCTION_ROLE, SESSION_TOKEN, Secret,
    TENCENT_PROVIDER, TENCENT_ROLE, TokenAlgorithm,
};
pub(crate) use extension::Cache;

use crate::exchange::{Received, Reply};
use crate::signature::sha256_hex;
use crate::state::{Shared, State};
use crate::{TemporaryCredentials, Vendor};
use std::time::Duration;

/// A service that gives out keys, or tokens for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdentityService {
    /// Tencent Cloud STS, version 2018-08-13.
    TencentSts,
    /// Alibaba Cloud STS, version 2015-04-01.
    AlibabaSts,
    /// AWS STS, version 2011-06-15, with the documents that its tokens are checked by.
    AwsSts,
    /// The Lambda extension "AWS Parameters and Secrets".
    Extension,
}

impl IdentityService {
    /// Every service.
    pub const ALL: [Self; 4] = [
        Self::TencentSts,
        Self::AlibabaSts,
        Self::AwsSts,
        Self::Extension,
    ];

    /// The vendor with whose keys its calls are signed.
    pub(crate) fn vendor(self) -> Vendor {
        self.served_by().0
    }

    fn served_by(self) -> (Vendor, Answer) {
        match self {
            Self::TencentSts => (Vendor::TencentMqtt, tencent::answer),
            Self::AlibabaSts => (Vendor::AlibabaMqtt, alibaba::answer),
            Self::AwsSts => (Vendor::AwsIot, aws::answer),
            Self::Extension => (Vendor::AwsIot, extension::answer),
        }
    }
}

/// Answers a call, under a request id.
type Answer = fn(&mut State, &Received, &str) -> Answered;

/// A call of such a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityCall {
    /// The service that was called.
    pub service: IdentityService,
    /// The action, or the path of an extension's call.
    pub action: String,
    /// The query, as it came.
    pub query: String,
    /// `ok`, or the code of the refusal.
    pub outcome: String,
}

/// The answer to a request, and its outcome for the log.
pub(crate) struct Answered {
    action: String,
    outcome: Result<(), String>,
    reply: Reply,
}

/// Answers a call, after the time that the service takes.
pub(crate) async fn answer(
    shared: &Shared,
    service: IdentityService,
    received: &Received,
) -> Reply {
    let delay = shared.state().accounts.delay;
    if delay > Duration::ZERO {
        tokio::time::sleep(delay).await;
    }
    let request_id = shared.request_id();
    let mut state = shared.state();
    let state = &mut *state;
    let Answered {
        action,
        outcome,
        reply,
    } = if state.accounts.down.contains(&service) {
        Answered {
            action: String::new(),
            outcome: Err("down".to_owned()),
            reply: Reply::of(
                503,
                "text/html",
                "<html><body>503 Service Unavailable</body></html>",
            ),
        }
    } else {
        let (_, answer) = service.served_by();
        answer(state, received, &request_id)
    };
    let outcome = outcome.err().unwrap_or_else(|| "ok".to_owned());
    state.identity_calls.push(IdentityCall {
        service,
        action,
        query: received.query.clone(),
        outcome,
    });
    reply
}

impl State {
    /// Gives out a key that this vendor takes until it ends.
    fn issue(
        &mut self,
        received: &Received,
        prefix: &str,
        seed: &str,
    ) -> (TemporaryCredentials, i64) {
        let digits = |what: &str| sha256_hex(format!("{what} {seed}").as_bytes());
        let id: String = digits("id").chars().take(24).collect();
        let key = TemporaryCredentials {
            id: format!("{prefix}FAKEissued{id}"),
            secret: format!("FAKE-issued-{}", digits("secret")),
            token: format!("FAKE+issued/token/{}==", digits("token")),
        };
        let lifetime = self.accounts.key_lifetime;
        let ends = received.at.checked_add(lifetime).unwrap_or(received.at);
        self.keys.issue(received.vendor, key.clone(), ends);
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        (
            key,
            received
                .milliseconds()
                .div_euclid(1000)
                .saturating_add(seconds),
        )
    }
}

#[cfg(test)]
mod tests;
