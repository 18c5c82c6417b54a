//! Orders and their undo at AWS IoT, which shows the time of the last change.

mod later_parts;
mod pages;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::error::{Error, ErrorCode};
use crate::operation::change::receipt::Receipt;
use crate::operation::change::tests::BUDGET;
use crate::operation::{Inactivate, InactivateAnswer, Operation, Outcome};
use crate::request;
use crate::testing::Bench;
use crate::testing::network::{NOW, Network, answer, ok};

const SECRETS: &str = "0123456789abcdef0123456789abcdef";

/// A certificate as the cloud has it.
#[derive(Clone)]
struct Row {
    status: &'static str,
    /// Epoch seconds.
    changed_at: i64,
    not_after: i64,
}

/// A cloud that counts its changes.
#[derive(Clone)]
struct Cloud {
    rows: Rc<RefCell<BTreeMap<String, Row>>>,
    writes: Rc<RefCell<Vec<String>>>,
    /// The certificates whose changes are refused.
    refused: Rc<RefCell<Vec<String>>>,
    /// The certificates that cannot be read.
    hidden: Rc<RefCell<Vec<String>>>,
}

fn id(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

impl Cloud {
    fn of(count: u8) -> Self {
        let row = Row {
            status: "ACTIVE",
            changed_at: 1,
            not_after: NOW / 1_000 + 86_400,
        };
        Self {
            rows: Rc::new(RefCell::new(
                (0..count).map(|number| (id(number), row.clone())).collect(),
            )),
            writes: Rc::default(),
            refused: Rc::default(),
            hidden: Rc::default(),
        }
    }

    fn change(&self, number: u8, change: impl Fn(&mut Row)) {
        change(self.rows.borrow_mut().get_mut(&id(number)).unwrap());
    }

    fn network(&self) -> Network {
        let cloud = self.clone();
        Network::new(move |request| {
            let id = request.uri().path().rsplit('/').next().unwrap().to_owned();
            let mut rows = cloud.rows.borrow_mut();
            let Some(row) = rows.get_mut(&id) else {
                return answer(404, r#"{"__type": "ResourceNotFoundException"}"#);
            };
            if cloud.hidden.borrow().contains(&id) {
                return answer(503, r#"{"__type": "ServiceUnavailableException"}"#);
            }
            if request.method() != http::Method::PUT {
                return ok(&json!({"certificateDescription": {
                    "certificateId": id, "status": row.status, "lastModifiedDate": row.changed_at,
                    "validity": {"notBefore": 0, "notAfter": row.not_after}
                }}));
            }
            if cloud.refused.borrow().contains(&id) {
                return answer(406, r#"{"__type": "CertificateStateException"}"#);
            }
            let wanted = request.uri().query().unwrap();
            row.status = if wanted.ends_with("INACTIVE") {
                "INACTIVE"
            } else {
                "ACTIVE"
            };
            row.changed_at += 10;
            cloud
                .writes
                .borrow_mut()
                .push(format!("{} {}", id.get(..2).unwrap(), row.status));
            ok(&json!({}))
        })
    }

    async fn perform(
        &self,
        variables: &[(&str, &str)],
        request: Value,
    ) -> Result<InactivateAnswer, Error> {
        let network = self.network();
        let bench = Self::bench(&network, variables);
        let request = request::parse(&request.to_string())?;
        Inactivate::perform(&bench.context(), request, BUDGET).await
    }

    fn bench(network: &Network, variables: &[(&str, &str)]) -> Bench {
        let usual = [
            ("RECEIPT_SECRETS", SECRETS),
            ("REACTIVATE_ALLOWED_INSTANCES", "aws-iot"),
        ];
        Bench::with(network, &[variables, &usual].concat())
    }

    /// Inactivates all certificates. Returns the receipts.
    async fn inactivate(&self) -> Vec<Option<String>> {
        let ids: Vec<Value> = self
            .rows
            .borrow()
            .keys()
            .map(|id| json!({"fingerprint_sha256": id}))
            .collect();
        let order = json!({"provider": "aws-iot", "region": "eu-west-1", "certificates": ids});
        let answer = self.perform(&[], order).await.unwrap();
        self.writes.borrow_mut().clear();
        answer
            .results()
            .iter()
            .map(|result| result.receipt.clone())
            .collect()
    }

    async fn undo(
        &self,
        variables: &[(&str, &str)],
        receipts: &[&str],
    ) -> Vec<(Outcome, Option<String>)> {
        let answer = self
            .perform(variables, json!({"undo": {"receipts": receipts}}))
            .await
            .unwrap();
        let shown = |error: &Error| {
            error
                .field
                .clone()
                .unwrap_or_else(|| error.code.as_str().to_owned())
        };
        answer
            .results()
            .iter()
            .map(|result| (result.outcome, result.error.as_ref().map(shown)))
            .collect()
    }
}

fn texts(receipts: &[Option<String>]) -> Vec<&str> {
    receipts
        .iter()
        .map(|receipt| receipt.as_deref().unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_undo_reactivates_exactly_the_certificates_that_the_order_has_inactivated() {
    let cloud = Cloud::of(5);
    cloud.change(1, |row| row.status = "INACTIVE");
    cloud.refused.borrow_mut().push(id(3));
    let receipts = cloud.inactivate().await;
    let given: Vec<bool> = receipts.iter().map(Option::is_some).collect();
    assert_eq!(given, [true, false, true, false, true]);
    let receipts: Vec<&str> = receipts.iter().flatten().map(String::as_str).collect();
    let answer = cloud
        .perform(
            &[],
            json!({"undo": {"receipts": receipts}, "reason": "wrong device"}),
        )
        .await
        .unwrap();
    assert_eq!(
        *cloud.writes.borrow(),
        ["00 ACTIVE", "02 ACTIVE", "04 ACTIVE"]
    );
    let answer = serde_json::to_value(&answer).unwrap();
    assert_eq!(answer["summary"]["reactivated"], 3);
    for (result, number) in answer["results"].as_array().unwrap().iter().zip([0, 2, 4]) {
        assert_eq!(
            (
                &result["provider"],
                &result["region"],
                &result["fingerprint_sha256"]
            ),
            (&json!("aws-iot"), &json!("eu-west-1"), &json!(id(number)))
        );
        assert_eq!(
            (
                &result["outcome"],
                &result["status_before"],
                &result["status"],
                &result["verified"],
                &result["receipt"]
            ),
            (
                &json!("reactivated"),
                &json!("inactive"),
                &json!("active"),
                &json!(true),
                &Value::Null
            )
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_somebody_has_changed_since_is_left_alone() {
    let cloud = Cloud::of(5);
    let receipts = cloud.inactivate().await;
    // Reactivated and inactivated again; revoked; expired; reactivated; as the order has left it.
    cloud.change(0, |row| row.changed_at += 1);
    cloud.change(1, |row| row.status = "REVOKED");
    cloud.change(2, |row| row.not_after = NOW / 1_000 - 1);
    cloud.change(3, |row| row.status = "ACTIVE");
    let results = cloud.undo(&[], &texts(&receipts)).await;
    let refused = |code: &str| Some(code.to_owned());
    assert_eq!(
        results,
        [
            (Outcome::ChangedSince, refused("conflict")),
            (Outcome::Refused, refused("forbidden")),
            (Outcome::Refused, refused("forbidden")),
            (Outcome::AlreadyActive, None),
            (Outcome::Reactivated, None),
        ]
    );
    assert_eq!(*cloud.writes.borrow(), ["04 ACTIVE"]);
    // The same receipt finds the certificate active.
    assert_eq!(
        cloud.undo(&[], &texts(&receipts)[4..]).await,
        [(Outcome::AlreadyActive, None)]
    );
}

#[tokio::test(start_paused = true)]
async fn receipts_that_do_not_hold_are_refused_among_the_others() {
    let cloud = Cloud::of(2);
    let receipts = cloud.inactivate().await;
    let (good, other) = (texts(&receipts)[0], texts(&receipts)[1]);
    let forged = {
        let (contents, _) = good.split_once('.').unwrap();
        let (_, mac) = other.split_once('.').unwrap();
        format!("{contents}.{mac}")
    };
    let truncated = good.get(..good.len() - 1).unwrap();
    let results = cloud.undo(&[], &[&forged, good, truncated, good]).await;
    assert_eq!(
        results,
        [
            (Outcome::Refused, Some("undo.receipts[0]".to_owned())),
            (Outcome::Reactivated, None),
            (Outcome::Refused, Some("undo.receipts[2]".to_owned())),
            (Outcome::AlreadyActive, None),
        ]
    );
    assert_eq!(*cloud.writes.borrow(), ["00 ACTIVE"]);
    let another_secret = [("RECEIPT_SECRETS", "another-secret-of-32-characters!")];
    assert_eq!(
        cloud.undo(&another_secret, &[other]).await,
        [(Outcome::Refused, Some("undo.receipts[0]".to_owned()))]
    );
}

#[tokio::test(start_paused = true)]
async fn an_undo_needs_secrets_and_an_instance_on_its_own_list() {
    let cloud = Cloud::of(1);
    let receipts = cloud.inactivate().await;
    let undo = json!({"undo": {"receipts": receipts}});
    for (variables, code) in [
        ([("RECEIPT_SECRETS", "")], ErrorCode::Unsupported),
        ([("REACTIVATE_ALLOWED_INSTANCES", "")], ErrorCode::Forbidden),
        (
            [("REACTIVATE_ALLOWED_INSTANCES", "mqtt-1")],
            ErrorCode::Forbidden,
        ),
    ] {
        let error = cloud.perform(&variables, undo.clone()).await.unwrap_err();
        assert_eq!(error.code, code, "{variables:?}");
        assert!(error.detail.contains(variables[0].0), "{error}");
    }
    let would = cloud
        .perform(
            &[],
            json!({"undo": {"receipts": receipts}, "dry_run": true}),
        )
        .await
        .unwrap();
    assert_eq!(would.results()[0].outcome, Outcome::WouldReactivate);
    assert!(cloud.writes.borrow().is_empty());
    // Without secrets an order gives no receipts.
    let order = json!({"provider": "aws-iot", "region": "eu-west-1", "certificates": [{"fingerprint_sha256": id(0)}]});
    cloud.change(0, |row| row.status = "ACTIVE");
    let answer = cloud
        .perform(&[("RECEIPT_SECRETS", "")], order)
        .await
        .unwrap();
    assert_eq!(
        (answer.results()[0].outcome, &answer.results()[0].receipt),
        (Outcome::Inactivated, &None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_receipt_is_taken_until_its_age_is_reached() {
    let cloud = Cloud::of(1);
    let receipts = cloud.inactivate().await;
    let text = texts(&receipts)[0];
    let secrets = crate::config::ReceiptSecrets::parse(SECRETS).unwrap();
    let receipt = Receipt::decode(text, &secrets).unwrap();
    let aged = |seconds: u64| {
        let at = receipt.at.minus(std::time::Duration::from_secs(seconds));
        Receipt {
            at,
            ..receipt.clone()
        }
        .encode(&secrets)
        .unwrap()
    };
    let age = [("UNDO_MAX_AGE_SECONDS", "60")];
    assert_eq!(
        cloud.undo(&age, &[&aged(61)]).await,
        [(Outcome::Refused, Some("undo.receipts[0]".to_owned()))]
    );
    assert_eq!(
        cloud.undo(&age, &[&aged(60)]).await,
        [(Outcome::Reactivated, None)]
    );
}

#[tokio::test]
async fn an_undo_names_receipts_and_nothing_beside_them() {
    let cloud = Cloud::of(0);
    let long = "a".repeat(1025);
    for (request, field) in [
        (json!({"undo": {"receipts": []}}), "undo.receipts"),
        (json!({"undo": {"receipts": [""]}}), "undo.receipts[0]"),
        (
            json!({"undo": {"receipts": ["a", long]}}),
            "undo.receipts[1]",
        ),
        (json!({"undo": {}}), "undo.receipts"),
        (
            json!({"undo": {"receipts": ["a"]}, "provider": "aws-iot"}),
            "provider",
        ),
        (
            json!({"undo": {"receipts": ["a"]}, "certificates": [{"serial_number": "0a"}]}),
            "certificates",
        ),
        (json!({"undo": null}), "certificates"),
    ] {
        let error = cloud.perform(&[], request.clone()).await.unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (ErrorCode::InvalidRequest, Some(field)),
            "{request}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_receipt_without_the_time_of_its_change_accuses_nobody() {
    let cloud = Cloud::of(1);
    let receipts = cloud.inactivate().await;
    let secrets = crate::config::ReceiptSecrets::parse(SECRETS).unwrap();
    let mut receipt = Receipt::decode(texts(&receipts)[0], &secrets).unwrap();
    receipt.state.changed_at = None;
    let undo = json!({"undo": {"receipts": [receipt.encode(&secrets).unwrap()]}});
    let answer = cloud.perform(&[], undo).await.unwrap();
    let result = answer.results()[0];
    let detail = &result.error.as_ref().unwrap().detail;
    assert_eq!(result.outcome, Outcome::ChangedSince);
    assert!(detail.contains("nothing shows"), "{detail}");
    assert!(cloud.writes.borrow().is_empty());
}
