//! The network of these tests, and events with keys.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::super::http::{http, problem};
use super::super::webhooks::{SECRET, with_headers};
use super::super::*;
use crate::testing::network::{Answer, answer, cause, header, ok, parameter};
use crate::testing::table::Items;

pub(super) const TABLE: (&str, &str) = ("IDEMPOTENCY_TABLE", "keys");
pub(super) const ORDER: &str = r#"{"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-1", "certificates": [{"serial_number": "0A", "ca_serial_number": "0b"}]}"#;
/// The same order in other bytes.
pub(super) const OTHER: &str = r#"{"provider":"alibaba-mqtt","region":"cn-hangzhou","instance_id":"post-cn-1","certificates":[{"serial_number":"0A","ca_serial_number":"0b"}]}"#;

/// The steps of a queue with a message.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum QueueState {
    #[default]
    Takes,
    Fails,
    /// The function's role may not send to it.
    Refuses,
    /// The queue accepts the message, and its answers are lost.
    AnswersAreLost,
}

/// The services that the function calls.
#[derive(Clone, Default)]
pub(super) struct World {
    pub(super) items: Items,
    /// Whether the vendor's certificate is inactive.
    is_off: Rc<Cell<bool>>,
    pub(super) table_is_away: Rc<Cell<bool>>,
    pub(super) queue: Rc<Cell<QueueState>>,
    /// The queue and the body of each message that was sent.
    pub(super) messages: Rc<RefCell<Vec<(String, String)>>>,
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
        let variables: Vec<_> = variables.iter().chain(&usual).copied().collect();
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
            "AmazonSQS.SendMessageBatch" => self.send(request),
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

    fn send(&self, request: &HttpRequest) -> Answer {
        match self.queue.get() {
            QueueState::Fails => return answer(500, ""),
            QueueState::Refuses => return answer(403, r#"{"__type": "x#AccessDeniedException"}"#),
            QueueState::Takes | QueueState::AnswersAreLost => {}
        }
        let call: Value = serde_json::from_slice(request.body()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let queue = text(&call["QueueUrl"]);
        let queue = queue.rsplit('/').next().unwrap().to_owned();
        let body = text(&call["Entries"][0]["MessageBody"]);
        self.messages.borrow_mut().push((queue, body));
        if self.queue.get() == QueueState::AnswersAreLost {
            return Err(SendError::NoAnswer(cause("reset")));
        }
        ok(&json!({"Successful": [{"Id": "0"}]}))
    }

    /// The bodies of the messages in this queue since the last look.
    pub(super) fn take_messages(&self, queue: &str) -> Vec<String> {
        let mut messages = self.messages.borrow_mut();
        messages
            .extract_if(.., |(name, _)| name == queue)
            .map(|(_, body)| body)
            .collect()
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
