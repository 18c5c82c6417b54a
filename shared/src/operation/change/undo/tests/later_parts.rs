//! The later parts of an undo from a queue, each of which checks its receipts.

use std::time::Duration;

use super::*;
use crate::operation::change::answer::InactivateResult;
use crate::request::MessageIdentity;

/// The message that continues an undo of two receipts of which the first one's certificate could not
/// be read, and that receipt.
async fn message(cloud: &Cloud) -> (Value, String) {
    let receipts = cloud.inactivate().await;
    let receipts = texts(&receipts);
    cloud.hidden.borrow_mut().push(id(0));
    let network = cloud.network();
    let bench = Cloud::bench(&network, &[]);
    let context = bench.context();
    let request = json!({"undo": {"receipts": receipts}, "not_after": "2030-01-01T00:00:00Z"});
    let request = request::parse(&request.to_string()).unwrap();
    let answer = Inactivate::perform(&context, request, BUDGET)
        .await
        .unwrap();
    let request = json!({"undo": {"receipts": receipts}, "not_after": "2030-01-01T00:00:00Z"});
    let request = request::parse(&request.to_string()).unwrap();
    let rest = Inactivate::continuation(&request, &answer, &context.request).unwrap();
    let identity = MessageIdentity {
        origin: "origin".to_owned(),
        id: "random".to_owned(),
    };
    let message = Inactivate::continuation_message(&rest, identity, None);
    cloud.hidden.borrow_mut().clear();
    cloud.writes.borrow_mut().clear();
    (
        serde_json::from_str(&message).unwrap(),
        receipts[0].to_owned(),
    )
}

async fn carry_out(cloud: &Cloud, message: &Value, later: Duration) -> Vec<InactivateResult> {
    let network = cloud.network();
    let bench = Cloud::bench(&network, &[]);
    let mut context = bench.context();
    context.now = context.now.plus(later);
    let request = Inactivate::from_message(&message.to_string()).unwrap();
    let answer = Inactivate::perform(&context, request, BUDGET)
        .await
        .unwrap();
    answer.results().into_iter().cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn a_part_takes_back_what_its_receipts_name_as_long_as_they_hold() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for (later, expected) in [
        (Duration::ZERO, Outcome::Reactivated),
        (8 * DAY, Outcome::Refused),
    ] {
        let cloud = Cloud::of(2);
        cloud.change(0, |row| row.not_after += 30 * 86_400);
        let (message, left) = message(&cloud).await;
        assert_eq!(message["request"]["undo"]["receipts"], json!([left]));
        assert_eq!(message["order"]["places"], Value::Null);
        let results = carry_out(&cloud, &message, later).await;
        assert_eq!(results.len(), 1);
        assert_eq!(results[0].outcome, expected, "{later:?}");
        let writes = usize::from(expected == Outcome::Reactivated);
        assert_eq!(cloud.writes.borrow().len(), writes, "{later:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_without_a_receipt_takes_nothing_back_whatever_certificates_it_has() {
    let cloud = Cloud::of(2);
    let (mut message, _) = message(&cloud).await;
    message["order"]["places"] = json!([{
        "source": {"provider": "aws-iot", "region": "eu-west-1", "instance_id": null},
        "items": [{"certificate": {"fingerprint_sha256": id(0)}, "expected": {"status": "inactive"}}]
    }, {
        "source": {"provider": "aws-iot", "region": "eu-west-1", "instance_id": null},
        "items": [{"certificate": {"fingerprint_sha256": id(0)}}]
    }]);
    message["request"]["undo"]["receipts"] = json!(["AAAA.AAAA"]);
    let results = carry_out(&cloud, &message, Duration::ZERO).await;
    let outcomes: Vec<Outcome> = results.iter().map(|result| result.outcome).collect();
    assert_eq!(outcomes, [Outcome::Refused]);
    assert!(cloud.writes.borrow().is_empty());
}
