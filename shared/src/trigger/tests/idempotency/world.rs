//! The network of these tests, and events with keys.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::super::http::{http, problem};
use super::super::webhooks::{SECRET, with_headers};
use super::super::*;
use crate::testing::network::{Answer, answer, header, ok, parameter};
use crate::testing::table::Items;

const TABLE: (&str, &str) = ("IDEMPOTENCY_TABLE", "keys");
pub(super) const ORDER: &str = r#"{"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-1", "certificates": [{"serial_number": "0A", "ca_serial_number": "0b"}]}"#;
/// The same order in other bytes.
pub(super) const OTHER: &str = r#"{"provider":"alibaba-mqtt","region":"cn-hangzhou","instance_id":"post-cn-1","certificates":[{"serial_number":"0A","ca_serial_number":"0b"}]}"#;

/// Everything that the function calls.
#[derive(Clone, Default)]
pub(super) struct World {
    pub(super) items: Items,
    /// Whether the vendor's certificate is off.
    is_off: Rc<Cell<bool>>,
    pub(super) table_is_away: Rc<Cell<bool>>,
    pub(super) queue_is_away: Rc<Cell<bool>>,
    /// The names of the calls of the vendor and of the queue.
    calls: Rc<RefCell<Vec<String>>>,
}

impl World {
    /// A function with a table of keys, with the clock of this machine.
    pub(super) fn function(&self) -> Function {
        self.function_with(&[TABLE])
    }

    pub(super) fn function_with(&self, variables: &[(&str, &str)]) -> Function {
        let world = self.clone();
        let network = Network::new(move |request| world.answer(request));
        let usual = [
            ("AWS_REGION", "eu-west-1"),
            ("WEBHOOK_SECRETS", SECRET),
            ("INACTIVATE_ALLOWED_INSTANCES", "post-cn-1"),
            (
                "ORDERS_QUEUE_URL",
                "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
            ),
        ];
        let variables: Vec<_> = usual.iter().chain(variables).copied().collect();
        let Bench {
            config,
            mut transport,
            ..
        } = Bench::with(&network, &variables);
        transport.clock = now;
        Function::new(config, transport)
    }

    pub(super) fn answer(&self, request: &HttpRequest) -> Answer {
        let target = header(request, "x-amz-target").unwrap_or_default();
        if target.starts_with("DynamoDB") {
            return if self.table_is_away.get() {
                answer(400, r#"{"__type": "x#ResourceNotFoundException"}"#)
            } else {
                self.items.decide(request)
            };
        }
        let action = header(request, "x-acs-action").unwrap_or(target);
        self.calls.borrow_mut().push(action.to_owned());
        match action {
            "AmazonSQS.SendMessageBatch" if self.queue_is_away.get() => answer(500, ""),
            "AmazonSQS.SendMessageBatch" => ok(&json!({"Successful": [{"Id": "0"}]})),
            "InactivateDeviceCertificate" => {
                self.is_off.set(true);
                ok(&json!({"RequestId": "id-1"}))
            }
            "GetDeviceCertificate" => {
                let member = |name| parameter(request, name).unwrap();
                let status = if self.is_off.get() { "0" } else { "1" };
                ok(
                    &json!({"Data": {"DeviceSn": member("DeviceSn"), "CaSn": member("CaSn"), "Status": status}, "RequestId": "id-1"}),
                )
            }
            other => panic!("{other}"),
        }
    }

    /// The calls since the last look.
    pub(super) fn take_calls(&self) -> Vec<String> {
        self.calls.take()
    }
}

/// An order over HTTP, of this caller, with these headers.
pub(super) fn of_caller(caller: &str, body: &str, headers: &[(&str, &str)]) -> Value {
    let [(_, mut event), ..] = http("POST", "", json!(body), false);
    event["requestContext"]["authorizer"] = json!({"iam": {"userArn": caller}});
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    with_headers(event, &headers)
}

pub(super) fn with_key(key: &str) -> Value {
    of_caller("arn:a", ORDER, &[("Idempotency-Key", key)])
}

pub(super) fn status(answer: &Value) -> u64 {
    answer["statusCode"].as_u64().unwrap()
}

/// Status, code and retryable of an answer that is an error.
pub(super) fn failure(answer: &Value) -> (u64, String, bool) {
    let problem = problem(answer);
    let code = problem["code"].as_str().unwrap().to_owned();
    (status(answer), code, problem["retryable"] == true)
}

pub(super) fn is_replayed(answer: &Value) -> bool {
    answer["headers"]["idempotency-replayed"] == "true"
}

pub(super) fn inactivate(function: &Function, event: &Value) -> Value {
    give::<Inactivate>(function, &event.to_string()).unwrap()
}
