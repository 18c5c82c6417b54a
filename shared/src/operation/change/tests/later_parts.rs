//! The later parts of an order, which never take back what somebody has decided since this order's
//! own earlier write.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::*;
use crate::model::Timestamp;
use crate::provider::CallContext;
use crate::request::MessageIdentity;
use crate::testing::network::{Answer, NOW, answer};
use crate::transport::{Deadline, HttpRequest, SendError};

/// A certificate at AWS IoT, whose thing has its name.
#[derive(Default)]
struct Row {
    is_off: Cell<bool>,
    /// Epoch seconds.
    changed_at: Cell<i64>,
    writes: Cell<usize>,
    /// Whether its session can be looked at, and its record be read.
    is_silent: Cell<bool>,
    /// Whether its status can be read.
    is_hidden: Cell<bool>,
    /// Whether the answer to a write is lost.
    loses_answers: Cell<bool>,
}

impl Row {
    fn switch(&self, is_off: bool) {
        self.is_off.set(is_off);
        self.changed_at.set(self.changed_at.get() + 10);
    }
}

/// Two certificates: the second one has no trouble.
#[derive(Clone, Default)]
struct Cloud(Rc<[Row; 2]>);

fn id(index: usize) -> String {
    format!("0{index}").repeat(32)
}

impl Cloud {
    fn row(&self) -> &Row {
        &self.0[0]
    }

    fn answer(&self, request: &HttpRequest) -> Answer {
        let path = request.uri().path();
        let unavailable = || {
            answer(
                503,
                json!({"__type": "ServiceUnavailableException"}).to_string(),
            )
        };
        if path == "/principals/things" {
            let arn = crate::testing::network::header(request, "x-amzn-principal").unwrap();
            let number = usize::from(arn.ends_with(&id(1)));
            return ok(&json!({"things": [format!("truck-{number}")]}));
        }
        if let Some(client) = path.strip_prefix("/connections/") {
            let row = &self.0[usize::from(client == "truck-1")];
            return match row.is_silent.get() {
                true => unavailable(),
                false => ok(&json!({"connected": false})),
            };
        }
        let named = path.strip_prefix("/certificates/").unwrap();
        let row = &self.0[usize::from(named == id(1))];
        if request.method() == http::Method::PUT {
            row.writes.set(row.writes.get() + 1);
            row.switch(true);
            if row.loses_answers.get() {
                row.is_hidden.set(true);
                return Err(SendError::TimedOut);
            }
            return answer(200, "");
        }
        if row.is_hidden.get() {
            return unavailable();
        }
        let status = if row.is_off.get() {
            "INACTIVE"
        } else {
            "ACTIVE"
        };
        ok(&json!({"certificateDescription": {
            "certificateId": named, "status": status, "lastModifiedDate": row.changed_at.get(),
            "certificateArn": format!("arn:aws:iot:eu-west-1:1:cert/{named}")
        }}))
    }

    fn bench(&self) -> Bench {
        let cloud = self.clone();
        let network = Network::new(move |request| cloud.answer(request));
        Bench {
            deadline: Deadline::after(Duration::from_secs(10)),
            ..Bench::new(&network)
        }
    }

    fn order(&self, members: Value) -> InactivateRequest {
        let certificates = [0, 1].map(|index| json!({"fingerprint_sha256": id(index)}));
        let mut order =
            json!({"provider": "aws-iot", "region": "eu-west-1", "certificates": certificates});
        let members = members.as_object().unwrap().clone();
        order.as_object_mut().unwrap().extend(members);
        request::parse(&order.to_string()).unwrap()
    }

    async fn part(
        &self,
        request: &InactivateRequest,
        context: &CallContext<'_>,
    ) -> InactivateAnswer {
        Inactivate::perform(context, request.clone(), BUDGET)
            .await
            .unwrap()
    }

    /// Carries out the first part, and returns the message that continues the order.
    async fn first_part(
        &self,
        request: &InactivateRequest,
        redelivered_since: Option<Timestamp>,
    ) -> String {
        let bench = self.bench();
        let mut context = bench.context();
        context.request.redelivered_since = redelivered_since;
        let answer = self.part(request, &context).await;
        let rest = Inactivate::continuation(request, &answer, &context.request).unwrap();
        let identity = MessageIdentity {
            origin: "origin".to_owned(),
            id: "random".to_owned(),
        };
        Inactivate::continuation_message(&rest, identity, None)
    }

    /// Carries out the next part. Returns the result of the one certificate that was left.
    async fn next_part(&self, message: &str) -> InactivateResult {
        let bench = self.bench();
        let request = Inactivate::from_message(message).unwrap();
        let answer = self.part(&request, &bench.context()).await;
        let results = answer.results();
        assert_eq!(results.len(), 1);
        results[0].clone()
    }
}

#[track_caller]
fn assert_refused_as_changed(result: &InactivateResult, code: ErrorCode) {
    assert_eq!(result.outcome, Outcome::Refused, "{result:?}");
    assert_eq!(result.error.as_ref().unwrap().code, code);
}

#[tokio::test(start_paused = true)]
async fn a_named_certificate_of_which_only_the_session_is_left_is_not_switched_off_again() {
    for is_switched_on in [false, true] {
        for force in [false, true] {
            let cloud = Cloud::default();
            cloud.row().is_silent.set(true);
            let order = cloud.order(json!({"end_sessions": true, "force": force}));
            let message = cloud.first_part(&order, None).await;
            cloud.row().is_silent.set(false);
            if is_switched_on {
                cloud.row().switch(false);
            }
            let result = cloud.next_part(&message).await;
            if is_switched_on {
                assert_refused_as_changed(&result, ErrorCode::Conflict);
            } else {
                assert_eq!(result.outcome, Outcome::AlreadyInactive, "force: {force}");
            }
            assert_eq!(cloud.row().writes.get(), 1, "{is_switched_on} {force}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_write_without_an_answer_the_next_part_writes_only_where_nothing_has_changed() {
    for (after, expected, writes) in [
        (None, Outcome::AlreadyInactive, 1),
        // The write had no effect.
        (Some(0), Outcome::Inactivated, 2),
        // Somebody has switched it on again.
        (Some(20), Outcome::Refused, 1),
    ] {
        let cloud = Cloud::default();
        cloud.row().loses_answers.set(true);
        let message = cloud.first_part(&cloud.order(json!({})), None).await;
        cloud.row().loses_answers.set(false);
        cloud.row().is_hidden.set(false);
        if let Some(changed_at) = after {
            cloud.row().is_off.set(false);
            cloud.row().changed_at.set(changed_at);
        }
        let result = cloud.next_part(&message).await;
        assert_eq!(result.outcome, expected, "{after:?}");
        assert_eq!(cloud.row().writes.get(), writes, "{after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_parts_behind_a_redelivered_message_know_that_it_was_redelivered() {
    for (changed_at, is_left_alone) in [(NOW / 1000 - 60, false), (NOW / 1000 + 60, true)] {
        let cloud = Cloud::default();
        cloud.row().is_hidden.set(true);
        let sent = Timestamp::from_epoch_milliseconds(NOW);
        let message = cloud.first_part(&cloud.order(json!({})), sent).await;
        cloud.row().is_hidden.set(false);
        cloud.row().changed_at.set(changed_at);
        let result = cloud.next_part(&message).await;
        if is_left_alone {
            assert_refused_as_changed(&result, ErrorCode::Forbidden);
        } else {
            assert_eq!(result.outcome, Outcome::Inactivated);
        }
        assert_eq!(cloud.row().writes.get(), usize::from(!is_left_alone));
    }
}

#[tokio::test(start_paused = true)]
async fn a_forced_order_that_names_a_certificate_twice_writes_once() {
    let cloud = Cloud::default();
    let named = json!({"fingerprint_sha256": id(0)});
    let order = cloud.order(json!({"force": true, "certificates": [named, named]}));
    let bench = cloud.bench();
    let answer = cloud.part(&order, &bench.context()).await;
    let outcomes: Vec<Outcome> = answer
        .results()
        .iter()
        .map(|result| result.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Inactivated, Outcome::AlreadyInactive]);
    assert_eq!(cloud.row().writes.get(), 1);
}
