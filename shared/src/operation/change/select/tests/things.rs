//! Selections by client ids at AWS IoT, whose certificates are found by the names of things.

use std::cell::Cell;
use std::rc::Rc;

use super::pages::{SECRETS, json_of, verified};
use super::*;
use crate::signing::sha256_hex;
use crate::testing::network::{answer, ok};

/// The names of things; `None` where they cannot be listed.
type Things = Option<&'static [&'static str]>;

/// A certificate with these things at AWS IoT.
struct World {
    network: Network,
    is_on: Rc<Cell<bool>>,
    things: Rc<Cell<Things>>,
}

impl World {
    fn new(things: Things) -> Self {
        let is_on = Rc::new(Cell::new(true));
        let status = Rc::clone(&is_on);
        let things = Rc::new(Cell::new(things));
        let listed = Rc::clone(&things);
        let id = sha256_hex(b"device");
        let arn = format!("arn:aws:iot:eu-west-1:123456789012:cert/{id}");
        let network = Network::new(move |request| match path_and_query(request) {
            path if path.starts_with("/things/truck-1/principals") => {
                ok(&json!({"principals": [arn]}))
            }
            path if path.starts_with("/principals/things") => match listed.get() {
                Some(things) => ok(&json!({"things": things})),
                None => answer(
                    503,
                    json!({"__type": "ServiceUnavailableException"}).to_string(),
                ),
            },
            path if path.ends_with("?newStatus=INACTIVE") => {
                status.set(false);
                answer(200, "")
            }
            "/connections/truck-1" => ok(&json!({"connected": true})),
            path => {
                assert_eq!(path, format!("/certificates/{id}"));
                let status = if status.get() { "ACTIVE" } else { "INACTIVE" };
                ok(&json!({"certificateDescription": {
                    "certificateId": id, "certificateArn": arn, "status": status
                }}))
            }
        });
        Self {
            network,
            is_on,
            things,
        }
    }

    async fn perform(&self, protected: &str, members: Value) -> Result<InactivateAnswer, Error> {
        let bench = Bench::with(
            &self.network,
            &[("INACTIVATE_PROTECTED", protected), SECRETS],
        );
        let mut request = source(AwsIot, "");
        let members = members.as_object().unwrap().clone();
        request.as_object_mut().unwrap().extend(members);
        let request = request::parse(&request.to_string())?;
        Inactivate::perform(&bench.context(), request, BUDGET).await
    }

    /// Plans a page, and carries its order out when the certificate has these things.
    async fn planned(&self, allow_shared: bool, things: Things) -> Result<InactivateAnswer, Error> {
        let mut members = by_name(allow_shared);
        members["dry_run"] = json!(true);
        members["page"] = json!({});
        let page = json_of(&self.perform("[]", members).await.unwrap());
        self.things.set(things);
        let bench = Bench::with(&self.network, &[SECRETS]);
        let request = verified(&bench.config, &page["page"]["order"]).unwrap();
        Inactivate::perform(&bench.context(), request, BUDGET).await
    }

    fn asked_for_things(&self) -> usize {
        let is_asked = |path: &String| path.starts_with("/principals/things");
        let paths = self
            .network
            .each(|sent| path_and_query(&sent.request).to_owned());
        paths.iter().filter(|path| is_asked(path)).count()
    }
}

fn by_name(allow_shared: bool) -> Value {
    json!({"select": {"client_ids": ["truck-1"]}, "allow_shared": allow_shared})
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_several_things_is_changed_only_where_the_request_allows_it() {
    for (things, allow_shared, expected) in [
        (&["truck-1"] as &[_], false, Outcome::Inactivated),
        (&["truck-1", "truck-2"], false, Outcome::Refused),
        (&["truck-1", "truck-2"], true, Outcome::Inactivated),
    ] {
        let world = World::new(Some(things));
        let answer = world.perform("[]", by_name(allow_shared)).await.unwrap();
        let result = answer.results()[0];
        assert_eq!(result.outcome, expected, "{things:?}");
        assert_eq!(world.is_on.get(), expected == Outcome::Refused);
        if let Some(error) = &result.error {
            assert!(
                error.detail.contains("2 devices") && error.detail.contains("allow_shared"),
                "{error}"
            );
        }
    }
    // One that was named itself needs no permission.
    let world = World::new(Some(&["truck-1", "truck-2"]));
    let named = json!({"certificates": [{"fingerprint_sha256": sha256_hex(b"device")}]});
    let answer = world.perform("[]", named).await.unwrap();
    assert_eq!(answer.results()[0].outcome, Outcome::Inactivated);
    assert_eq!(world.asked_for_things(), 0);
}

#[tokio::test(start_paused = true)]
async fn things_that_cannot_be_listed_for_a_while_are_an_error_that_may_pass() {
    let world = World::new(None);
    let error = world.perform("[]", by_name(false)).await.unwrap_err();
    assert!(error.code.retryable() && world.is_on.get(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_thing_that_is_protected_protects_its_certificate_however_it_is_named() {
    let named = json!({"certificates": [{"fingerprint_sha256": sha256_hex(b"device")}]});
    let filter = r#"[{"client_ids": ["gateway-*"]}]"#;
    for (things, expected) in [
        (&["truck-1", "gateway-7"] as &[_], Outcome::Refused),
        (&["truck-1"], Outcome::Inactivated),
        (&[], Outcome::Inactivated),
    ] {
        for members in [named.clone(), by_name(true)] {
            // A thing without the certificate does not find it.
            if things.is_empty() && members == by_name(true) {
                continue;
            }
            let world = World::new(Some(things));
            let answer = world.perform(filter, members).await.unwrap();
            assert_eq!(answer.results()[0].outcome, expected, "{things:?}");
            assert_eq!(world.is_on.get(), expected == Outcome::Refused);
        }
    }
    // Without the list nothing shows that the certificate is not protected.
    let world = World::new(None);
    let error = world.perform(filter, named).await.unwrap_err();
    assert!(error.code.retryable() && world.is_on.get(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_sessions_of_an_inactive_certificate_are_ended_and_count_as_no_change() {
    let world = World::new(Some(&["truck-1"]));
    world.is_on.set(false);
    let mut members = by_name(false);
    members["end_sessions"] = json!(true);
    members["dry_run"] = json!(true);
    let answer = world.perform("[]", members).await.unwrap();
    let result = answer.results()[0];
    assert_eq!(result.outcome, Outcome::AlreadyInactive);
    let sessions = result.sessions.as_ref().unwrap();
    assert_eq!(sessions.clients[0].client_id, "truck-1");
    assert!(answer.order().plan.is_none(), "there is nothing to change");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_cannot_be_read_for_a_while_is_not_left_out() {
    let id = sha256_hex(b"device");
    let network = Network::new(move |request| {
        if path_and_query(request).starts_with("/certificates?") {
            return ok(&json!({"certificates": [{"certificateId": id, "status": "ACTIVE"}]}));
        }
        answer(
            503,
            json!({"__type": "ServiceUnavailableException"}).to_string(),
        )
    });
    let bench = Bench::new(&network);
    let mut request = source(AwsIot, "");
    request["select"] = json!({"common_names": ["truck-1"]});
    let request = request::parse(&request.to_string()).unwrap();
    let error = Inactivate::perform(&bench.context(), request, BUDGET)
        .await
        .unwrap_err();
    assert!(error.code.retryable(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_planned_certificate_is_changed_only_while_it_is_the_selected_clients() {
    use ErrorCode::{Conflict, Forbidden};
    for (things, allow_shared, refused) in [
        (&["truck-1"] as &[_], false, None),
        (&["truck-1", "truck-2"], false, Some(Forbidden)),
        (&["truck-1", "truck-2"], true, None),
        (&["truck-2"], false, Some(Conflict)),
        (&["truck-2"], true, Some(Conflict)),
        (&[], false, Some(Conflict)),
    ] {
        let world = World::new(Some(&["truck-1"]));
        let answer = world.planned(allow_shared, Some(things)).await.unwrap();
        let result = answer.results()[0];
        let code = result.error.as_ref().map(|error| error.code);
        assert_eq!(code, refused, "{things:?} {allow_shared}");
        assert_eq!(result.outcome == Outcome::Refused, refused.is_some());
        assert_eq!(world.is_on.get(), refused.is_some(), "{things:?}");
    }
    let world = World::new(Some(&["truck-1"]));
    let error = world.planned(false, None).await.unwrap_err();
    assert!(error.code.retryable() && world.is_on.get(), "{error}");
}
