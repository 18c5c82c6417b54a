//! Events as AWS sends them: recorded ones (`tests/events`), with a test's own content put in, sent
//! just now unless [`aged`].

mod http;
mod message;
mod moment;

pub(crate) use http::joined;
pub use http::{HttpRequest, HttpTrigger};
pub use message::{
    eventbridge_rule, eventbridge_schedule, message_id, pipes, sns, sns_envelope, sqs, sqs_fifo,
    sqs_messages,
};
pub use moment::aged;

use serde_json::{Map, Value};

/// Events that no function of this project takes, each with its name: CloudWatch Logs, DynamoDB,
/// Kinesis, S3 and VPC Lattice.
pub fn unknown_kinds() -> [(&'static str, Value); 5] {
    [
        (
            "cloudwatch-logs",
            recorded(include_str!("../../events/cloudwatch-logs.json")),
        ),
        (
            "dynamodb",
            recorded(include_str!("../../events/dynamodb.json")),
        ),
        (
            "kinesis",
            recorded(include_str!("../../events/kinesis.json")),
        ),
        ("s3", recorded(include_str!("../../events/s3.json"))),
        (
            "vpc-lattice",
            recorded(include_str!("../../events/vpc-lattice.json")),
        ),
    ]
}

fn recorded(event: &str) -> Value {
    match serde_json::from_str(event) {
        Ok(event) => event,
        Err(error) => panic!("a recorded event is not JSON: {error}"),
    }
}

/// The members of the object at this pointer of a recorded event.
fn members<'a>(event: &'a mut Value, pointer: &str) -> &'a mut Map<String, Value> {
    match event.pointer_mut(pointer).and_then(Value::as_object_mut) {
        Some(members) => members,
        None => panic!("the recorded event has no object at {pointer:?}"),
    }
}

fn put(event: &mut Value, pointer: &str, name: &str, value: impl Into<Value>) {
    members(event, pointer).insert(name.to_owned(), value.into());
}
