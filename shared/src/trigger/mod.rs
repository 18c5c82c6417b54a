//! Lambda's side: what kind of event it is, the requests in it, and the answer in the form that its
//! source expects.

mod batch;
mod carry;
mod event;
mod http;
mod invocation;
mod message;
mod outcome;
mod publish;
mod queue;
mod record;
#[cfg(test)]
mod tests;

pub use invocation::{FunctionError, handle};

use std::cell::Cell;
use std::fmt;

use futures_util::future::join_all;
use lambda_runtime::tower::ServiceExt as _;
use lambda_runtime::tower::layer::layer_fn;
use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, Service, service_fn};
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::config::{Config, ConfigError};
use crate::credentials::CredentialCaches;
use crate::model::Timestamp;
use crate::operation::Operation;
use crate::provider::{self, Learned};
use crate::telemetry;
use crate::transport::Endpoint;
use crate::transport::{HttpClient, RetryQuota, Transport};

/// What lives as long as the sandbox.
pub struct Function {
    /// The configuration.
    pub config: Config,
    /// The way out.
    pub transport: Transport,
    /// What calls are signed with.
    pub credential_caches: CredentialCaches,
    /// Knowledge about the vendors.
    pub learned: Learned,
    /// When the calls of the last event are paid for; see [`Limiter`](crate::transport::Limiter).
    pub next_event_at: Cell<Option<Instant>>,
}

impl Function {
    /// What lives as long as the sandbox, when it begins.
    pub fn new(config: Config, transport: Transport) -> Self {
        Self {
            config,
            transport,
            credential_caches: CredentialCaches::default(),
            learned: Learned::default(),
            next_event_at: Cell::default(),
        }
    }

    /// Waits until the next event may be taken. Lambda has the answer by then: it keeps the
    /// instance busy, and nobody waiting.
    async fn pay(&self) {
        if let Some(at) = self.next_event_at.take() {
            tokio::time::sleep_until(at).await;
        }
    }
}

/// Why the function cannot start. It has been logged.
pub struct StartFailure(String);

impl fmt::Debug for StartFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ConfigError> for StartFailure {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

/// Reads the environment, then serves one operation until Lambda ends the sandbox.
///
/// # Errors
/// When the environment cannot be used, or the Runtime API is gone.
pub async fn run<O: Operation>() -> Result<(), StartFailure> {
    // A value that is no UTF-8 must not count as unset: it is refused by what it should be.
    let lookup =
        |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    telemetry::init(O::NAME, &lookup);
    // By value it would be copied on its way to the executor, and each copy has pages of stack
    // brought in.
    let served = Box::pin(serve::<O>(&lookup)).await;
    if let Err(failure) = &served {
        tracing::error!(reason = failure.0, "the function cannot run");
    }
    served
}

async fn serve<O: Operation>(lookup: &dyn Fn(&str) -> Option<String>) -> Result<(), StartFailure> {
    let config = Config::from_lookup(lookup)?;
    let http = HttpClient::new(config.extra_roots.as_deref(), config.proxy())
        .map_err(|error| StartFailure(error.to_string()))?;
    // Lambda's time to start is there for it; the first event finds the connections open.
    join_all(
        provider::first_endpoints(&config)
            .iter()
            .map(|endpoint| connect_ahead(&http, endpoint)),
    )
    .await;
    let transport = Transport {
        http: Box::new(http),
        clock: now,
        random,
        quota: RetryQuota::default(),
    };
    let function = Function::new(config, transport);
    let function = &function;
    let handler = service_fn(async move |event: LambdaEvent<Box<RawValue>>| {
        handle::<O>(function, event.payload.get(), &event.context).await
    });
    let runtime = Runtime::new(handler).layer(layer_fn(|answering| pay_after(answering, function)));
    runtime
        .run()
        .await
        .map_err(|error| StartFailure(error.to_string()))
}

/// Pays for calls when the answer has been sent. The runtime asks for the next event when this
/// service has ended.
fn pay_after<S: Service<LambdaInvocation>>(
    answering: S,
    function: &Function,
) -> impl Service<LambdaInvocation, Response = S::Response, Error = S::Error> {
    answering.then(async move |answered| {
        function.pay().await;
        answered
    })
}

/// What cannot be reached now may be by the first call.
async fn connect_ahead(http: &HttpClient, endpoint: &Endpoint) {
    if let Err(error) = http.connect_ahead(&endpoint.url("")).await {
        tracing::debug!(
            reason = %error,
            host = endpoint.host(),
            "no connection could be opened ahead of the first call"
        );
    }
}

fn now() -> Timestamp {
    Timestamp::from_system_time(std::time::SystemTime::now())
}

/// Nonces must differ between any two calls; without the system's randomness none can be made.
fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes,
        Err(error) => {
            tracing::error!(%error, "the system has no randomness");
            std::process::abort()
        }
    }
}
