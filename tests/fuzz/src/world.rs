//! The functions with their surroundings: configuration, clock and vendors. Each run starts with fresh
//! state.

use std::cell::{Cell, RefCell};
use std::sync::Once;

use certificate_provider::config::Config;
use certificate_provider::error::{Error, ErrorCode};
use certificate_provider::model::Timestamp;
use certificate_provider::operation::Operation;
use certificate_provider::provider::Learned;
use certificate_provider::signing::webhook::Secrets;
use certificate_provider::transport::{RetryQuota, Transport};
use certificate_provider::trigger::{Function, FunctionError, handle};
use lambda_runtime::Context;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::vendors::{Answers, Network};

/// The one secret of webhooks, as bytes and as it is configured.
pub(crate) const SECRET: &[u8; 32] = b"fuzz-webhook-secret-0123456789ab";
pub(crate) const SECRET_TEXT: &str = "whsec_ZnV6ei13ZWJob29rLXNlY3JldC0wMTIzNDU2Nzg5YWI=";

/// The time of the clock, which stands still: 2025-11-22T08:26:40Z, in epoch milliseconds.
const NOW: i64 = 1_763_800_000_000;

/// The callers that are let in over HTTP.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callers {
    /// Every caller, as the function has no webhook secret.
    All,
    /// A caller whom the gateway has authenticated, or who has signed a webhook.
    Known,
}

struct World {
    runtime: Runtime,
    network: Network,
    open: RefCell<Function>,
    guarded: RefCell<Function>,
}

thread_local! {
    static WORLD: World = World::new();
    static PANICS: Cell<u64> = const { Cell::new(0) };
}

impl World {
    fn new() -> Self {
        let network = Network::new();
        let function = |secrets: &str| {
            let transport = Transport {
                http: Box::new(network.clone()),
                clock: now,
                random: || [0; 16],
                quota: RetryQuota::default(),
            };
            RefCell::new(Function::new(config(secrets), transport))
        };
        Self {
            // Waiting costs no time.
            runtime: Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .expect("a runtime can be made"),
            open: function(""),
            guarded: function(SECRET_TEXT),
            network,
        }
    }
}

fn config(secrets: &str) -> Config {
    let variables = [
        ("TENCENTCLOUD_SECRET_ID", "AKIDfuzz"),
        ("TENCENTCLOUD_SECRET_KEY", "tencent-key"),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIfuzz"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "alibaba-key"),
        ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
        ("AWS_ACCESS_KEY_ID", "AKIAfuzz"),
        ("AWS_SECRET_ACCESS_KEY", "aws-key"),
        ("AWS_REGION", "us-east-1"),
        ("DEFAULT_PROVIDER", "tencent-mqtt"),
        (
            "SOURCES",
            r#"[{"provider":"tencent-mqtt","instance_id":"mqtt-1"},{"provider":"aws-iot"}]"#,
        ),
        ("INACTIVATE_ALLOWED_INSTANCES", "*"),
        ("REACTIVATE_ALLOWED_INSTANCES", "*"),
        // It has signed the orders in `corpus/event`.
        ("RECEIPT_SECRETS", "fuzz-receipts-0123456789abcdef0123"),
    ];
    let lookup = |name: &str| {
        variables
            .iter()
            .find(|(variable, _)| *variable == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let mut config = Config::from_lookup(&lookup).expect("the configuration is sound");
    config.webhook_secrets =
        (!secrets.is_empty()).then(|| Secrets::parse(secrets).expect("the secret is sound"));
    config
}

/// The time at which everything happens.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_epoch_milliseconds(NOW).expect("the calendar holds it")
}

/// Gives an event to a function.
///
/// # Panics
/// When the function panicked inside, or answers `internal`.
pub(crate) fn perform<O: Operation>(
    callers: Callers,
    event: &str,
    answers: Answers,
) -> Result<String, Error> {
    count_panics();
    WORLD.with(|world| {
        let mut function = if callers == Callers::Known {
            &world.guarded
        } else {
            &world.open
        }
        .borrow_mut();
        function.transport.quota = RetryQuota::default();
        function.learned = Learned::default();
        world.network.set(answers);
        let before = PANICS.get();
        let result = world.runtime.block_on(handle::<O>(
            &function,
            event.as_bytes(),
            &Context::default(),
        ));
        assert!(PANICS.get() == before, "{} contained a panic", O::NAME);
        let result = result
            .map(|answer| answer.get().to_owned())
            .map_err(|FunctionError(error)| error);
        let has_a_defect = match &result {
            Ok(answer) => {
                answer.contains("internal")
                    && serde_json::from_str(answer)
                        .is_ok_and(|answer: Value| tells_a_defect(&answer))
            }
            Err(error) => error.code == ErrorCode::Internal,
        };
        assert!(!has_a_defect, "{} has a defect: {result:?}", O::NAME);
        result
    })
}

/// Whether an answer holds a problem document with `internal`, or the body of one over HTTP.
fn tells_a_defect(answer: &Value) -> bool {
    match answer {
        Value::Object(members) => {
            let is_problem = members
                .get("type")
                .is_some_and(|kind| kind == "about:blank");
            let body = members
                .get("body")
                .and_then(Value::as_str)
                .and_then(|body| serde_json::from_str(body).ok());
            (is_problem
                && members
                    .get("code")
                    .is_some_and(|code| code == ErrorCode::Internal.as_str()))
                || body.as_ref().is_some_and(tells_a_defect)
                || members.values().any(tells_a_defect)
        }
        Value::Array(items) => items.iter().any(tells_a_defect),
        _ => false,
    }
}

/// Counts the panics of each thread, the contained ones as well.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let earlier = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.set(PANICS.get().saturating_add(1));
            earlier(panic);
        }));
    });
}

#[cfg(test)]
mod tests {
    use certificate_provider::operation::Describe;
    use serde_json::json;

    use super::*;

    #[test]
    #[should_panic(expected = "describe contained a panic")]
    fn a_contained_panic_is_found() {
        let _ = perform::<Describe>(
            Callers::All,
            r#"{"instance_id": "mqtt-1"}"#,
            Answers::Defect,
        );
    }

    #[test]
    fn a_defect_is_seen_wherever_it_is_reported() {
        let problem = json!({"type": "about:blank", "code": "internal"});
        for answer in [
            json!([problem]),
            json!({"results": [{"error": problem}]}),
            json!({"statusCode": 500, "body": problem.to_string()}),
        ] {
            assert!(tells_a_defect(&answer), "{answer}");
        }
        // A vendor's own code, and a caller's text.
        for answer in [
            json!({"provider_error": {"code": "internal"}}),
            json!({"detail": problem.to_string()}),
        ] {
            assert!(!tells_a_defect(&answer), "{answer}");
        }
    }
}
