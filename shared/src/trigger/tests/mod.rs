//! Events of every kind with the real operations: over a network that panics at any call, or over
//! one that answers.

mod ages;
mod any;
mod batches;
mod direct;
mod fixtures;
mod http;
mod idempotency;
mod kinds;
mod lengths;
mod messages;
mod queue;
mod results;
mod webhooks;

use std::time::{Duration, SystemTime};

use lambda_runtime::{Context, Diagnostic};
use serde_json::{Value, json};

use super::{Function, FunctionError, handle, now, random};
use crate::config::Config;
use crate::model::Timestamp;
use crate::operation::{Describe, Inactivate, Operation, Status};
use crate::testing::Bench;
use crate::testing::network::{NOW, Network};
use crate::transport::{
    HttpRequest, HttpResponse, LocalFuture, RetryQuota, SendError, SendHttp, Transport,
};

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:bundle-describe";

/// A network whose every call panics.
struct Broken;

impl SendHttp for Broken {
    fn send(
        &self,
        _: HttpRequest,
        _: Duration,
    ) -> LocalFuture<'_, Result<HttpResponse, SendError>> {
        panic!("no call may be made for this event: secret-4711");
    }
}

fn function() -> Function {
    let variables = [
        ("TENCENTCLOUD_SECRET_ID", "id"),
        ("TENCENTCLOUD_SECRET_KEY", "key"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "id"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "key"),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
        ("INACTIVATE_ALLOWED_INSTANCES", "post-cn-1"),
    ];
    let lookup = |name: &str| {
        variables
            .iter()
            .find(|(variable, _)| *variable == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let config = Config::from_lookup(&lookup).unwrap();
    let transport = Transport {
        http: Box::new(Broken),
        clock: now,
        random,
        quota: RetryQuota::default(),
    };
    Function::new(config, transport)
}

/// The function's answer to an event for which no call may be made.
fn send<O: Operation>(event: impl AsRef<[u8]>) -> Result<Value, FunctionError> {
    give::<O>(&function(), event)
}

/// Its answer over this network, whose clock starts anew.
fn send_over<O: Operation>(network: &Network, event: &Value) -> Result<Value, FunctionError> {
    let Bench {
        config, transport, ..
    } = Bench::new(network);
    give::<O>(&Function::new(config, transport), &event.to_string())
}

fn give<O: Operation>(
    function: &Function,
    event: impl AsRef<[u8]>,
) -> Result<Value, FunctionError> {
    let mut context = Context::default();
    context.request_id = "invocation-1".to_owned();
    context.invoked_function_arn = ARN.to_owned();
    let deadline = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        + Duration::from_secs(20);
    context.deadline = u64::try_from(deadline.as_millis()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let answer = runtime.block_on(handle::<O>(function, event.as_ref(), &context))?;
    Ok(serde_json::from_str(answer.get()).unwrap())
}

/// A batch of a queue: a message id and a body for each record.
fn queue_batch<'a>(records: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    json!({ "Records": queue_records(records) })
}

fn queue_records<'a>(records: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Value> {
    let record = |(id, body)| json!({"messageId": id, "body": body, "eventSource": "aws:sqs", "attributes": {}});
    records.into_iter().map(record).collect()
}

/// An event of a topic, one record for each message.
fn topic(messages: &[&str]) -> Value {
    let sent_at = Timestamp::from_epoch_milliseconds(NOW).unwrap().to_string();
    let record = |(index, message): (usize, &&str)| {
        json!({
            "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:subscription",
            "Sns": {
                "Type": "Notification", "MessageId": format!("n-{index}"), "TopicArn": "arn:topic",
                "Message": message, "Timestamp": sent_at, "SignatureVersion": "1", "Signature": "",
                "SigningCertUrl": "", "UnsubscribeUrl": ""
            }
        })
    };
    json!({"Records": messages.iter().enumerate().map(record).collect::<Vec<_>>()})
}

/// An event of a bus.
fn bus(detail: &str) -> Value {
    json!({"detail-type": "Request", "source": "own", "detail": serde_json::from_str::<Value>(detail).unwrap()})
}

/// The ids of the batch item failures.
fn ids(answer: &Value) -> Vec<&str> {
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
    let failures = answer["batchItemFailures"].as_array().unwrap();
    assert!(
        failures
            .iter()
            .all(|failure| failure.as_object().unwrap().len() == 1),
        "{answer}"
    );
    failures
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str().unwrap())
        .collect()
}

fn field_of(error: &FunctionError) -> &str {
    assert_eq!(error.0.code.as_str(), "invalid_request", "{error:?}");
    error.0.field.as_deref().unwrap()
}

/// A request whose call panics, one that the provider does not support, a text that is no request,
/// and a request that is refused without a call.
const PANICS: &str = r#"{"provider": "alibaba-pca", "certificates": [{"serial_number": "1"}]}"#;
const UNSUPPORTED: &str =
    r#"{"provider": "alibaba-mqtt", "instance_id": "i", "certificates": [{"serial_number": "1"}]}"#;
const BAD: &str = "not json";
const FORBIDDEN: &str = r#"{"provider": "alibaba-mqtt", "instance_id": "other", "certificates": [{"serial_number": "1", "ca_serial_number": "2"}]}"#;
