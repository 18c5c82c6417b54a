//! The interface to Lambda: recognises the kind of an event, takes the requests out of it, and answers
//! in the form that its source expects.

mod aws_service;
mod deferral;
mod direct;
mod event;
mod failure;
mod function;
mod group;
mod handler;
mod http;
mod idempotency;
mod invocation;
mod limits;
mod message;
mod metrics;
mod outcome;
mod parsed;
mod process;
mod publish;
mod results;
#[cfg(test)]
mod tests;

pub use failure::FunctionError;
pub use function::Function;
pub use handler::handle;

use std::fmt;

use bytes::Bytes;
use futures_util::future::join_all;
use lambda_runtime::tower::ServiceExt as _;
use lambda_runtime::tower::layer::layer_fn;
use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, Service, service_fn};

use crate::config::{Config, ConfigError};
use crate::model::Timestamp;
use crate::operation::Operation;
use crate::provider;
use crate::telemetry;
use crate::transport::{Endpoint, HttpClient, RetryQuota, Transport};

/// The variable with the address of the Lambda Runtime API.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// The reason why the function cannot start.
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
/// When a variable of the environment is missing or wrong, or the Runtime API cannot be reached.
pub async fn run<O: Operation>() -> Result<(), StartFailure> {
    // A value that is not UTF-8 must not count as unset: the variable's own check refuses it.
    let lookup =
        |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    if lookup(RUNTIME_API).is_none_or(|address| address.is_empty()) {
        return Err(StartFailure(started_by_hand(O::NAME)));
    }
    telemetry::init(O::NAME, &lookup);
    // Boxed: moving this large future between stack frames faults extra pages
    // (docs/performance.md).
    let served = Box::pin(serve::<O>(&lookup)).await;
    if let Err(failure) = &served {
        tracing::error!(reason = failure.0, "the function cannot run");
    }
    served
}

/// The text for a person who starts the binary in a terminal. It goes to stderr alone, because there
/// is no log outside Lambda.
fn started_by_hand(function: &str) -> String {
    format!(
        "{function} runs inside AWS Lambda, which starts it and names the address of its events in \
         {RUNTIME_API}. To try it on this machine, run `make demo` (simulated providers) or \
         `make local` (your own keys) in the project's folder."
    )
}

async fn serve<O: Operation>(lookup: &dyn Fn(&str) -> Option<String>) -> Result<(), StartFailure> {
    let config = Config::from_lookup(lookup)?;
    let http = HttpClient::new(config.extra_roots.as_deref(), config.https_proxy.clone())
        .map_err(|error| StartFailure(error.to_string()))?;
    // Connecting while Lambda initialises the sandbox saves the first event that time.
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
    let handler = service_fn(async move |invocation: LambdaEvent<()>| {
        let event = function.event.take();
        handle::<O>(function, &event, &invocation.context).await
    });
    let runtime = Runtime::new(handler).layer(layer_fn(|service| event_layer(service, function)));
    runtime
        .run()
        .await
        .map_err(|error| StartFailure(error.to_string()))
}

/// Takes the event out of its invocation. The runtime would read it as JSON, however long it is,
/// before the handler could look at its length.
fn take_event(mut invocation: LambdaInvocation, function: &Function) -> LambdaInvocation {
    const NO_EVENT: Bytes = Bytes::from_static(b"null");
    function
        .event
        .set(std::mem::replace(&mut invocation.body, NO_EVENT));
    invocation
}

/// Passes the event to the handler past the runtime, and pays for calls once the answer has been sent.
/// The runtime fetches the next event only after this service has ended.
fn event_layer<S: Service<LambdaInvocation>>(
    service: S,
    function: &Function,
) -> impl Service<LambdaInvocation, Response = S::Response, Error = S::Error> {
    let service = service.map_request(|invocation| take_event(invocation, function));
    service.then(async move |answered| {
        function.pay_for_calls().await;
        answered
    })
}

/// Connects to an endpoint. A failure is not fatal: the first call to the endpoint connects again.
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

/// Random bytes of the operating system. Without them the process aborts, because the nonces of any
/// two calls must differ.
fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes,
        Err(error) => {
            tracing::error!(%error, "the operating system gives no random bytes");
            std::process::abort()
        }
    }
}
