//! Counts, with and without the certificates that they count.

use std::time::Duration;

use serde_json::{Value, json};

use super::fleet::{Fleet, Listed, collect, follow};
use super::*;
use crate::error::ErrorCode;
use crate::model::{EffectiveStatus, LifecycleStatus};
use crate::operation::Answer as _;
use crate::request::{self, Verdict};
use crate::testing::network::{NOW, Network, ok};
use crate::testing::{Bench, now};

const DAY: i64 = 86_400_000;

/// 57 certificates in pages of 10: every third is inactive, every fifth has expired, and the others
/// expire on the following days.
fn mixed() -> Fleet {
    let mut fleet = Fleet {
        page_size: 10,
        ..Fleet::new(57)
    };
    for (number, certificate) in (0..).zip(&mut fleet.certificates) {
        let expired = number % 5 == 0;
        certificate.not_after = crate::model::Timestamp::from_epoch_milliseconds(
            NOW + if expired { -DAY } else { number * 3 * DAY },
        );
        (certificate.status, certificate.effective_status) = match number % 3 {
            _ if expired => (LifecycleStatus::Active, EffectiveStatus::Expired),
            0 => (LifecycleStatus::Inactive, EffectiveStatus::Inactive),
            _ => (LifecycleStatus::Active, EffectiveStatus::Active),
        };
    }
    fleet
}

/// The certificates of a fleet that satisfy the filter, counted one by one.
fn counted(fleet: &Fleet, filter: &Filter) -> Counts {
    let mut counts = Counts::default();
    fleet
        .certificates
        .iter()
        .filter(|certificate| filter.judge(certificate, now()) == Verdict::Match)
        .for_each(|it| counts.count(it, now()));
    counts
}

fn only_inactive() -> Filter {
    Filter {
        statuses: vec![LifecycleStatus::Inactive],
        ..Filter::default()
    }
}

#[tokio::test]
async fn without_certificates_all_pages_are_counted_and_no_certificate_is_kept() {
    for filter in [Filter::default(), only_inactive()] {
        // The maximum size of the answer does not limit the counts.
        for budget in [
            PLENTY,
            AnswerBudget {
                bytes: 0,
                escaped: false,
            },
        ] {
            let fleet = mixed();
            let listed = collect(&fleet, &filter, None, budget, None).await.unwrap();
            assert_eq!(
                (listed.counts, listed.certificates.len(), listed.rest),
                (counted(&fleet, &filter), 0, None)
            );
            assert_eq!((fleet.calls(), listed.request_ids.len()), (6, 6));
        }
    }
    assert_eq!(counted(&mixed(), &Filter::default()).certificates, 57);
    assert!(counted(&mixed(), &only_inactive()).certificates > 10);
}

#[tokio::test]
async fn out_of_time_the_counts_end_at_the_cursor_and_the_answers_add_up_to_the_whole() {
    let fleet = Fleet {
        failure: Some((3, ErrorCode::Timeout)),
        ..mixed()
    };
    let whole = counted(&fleet, &Filter::default());
    let listed = follow(&fleet, &Filter::default(), None, PLENTY).await;
    assert_eq!(
        listed
            .iter()
            .map(|listed| listed.counts.certificates)
            .collect::<Vec<_>>(),
        [20, 37]
    );
    assert_eq!(
        listed
            .iter()
            .map(|listed| listed.counts)
            .fold(Counts::default(), Counts::plus),
        whole
    );
}

#[tokio::test]
async fn with_certificates_only_shown_ones_are_counted_and_the_answers_add_up_to_the_whole() {
    for filter in [Filter::default(), only_inactive()] {
        for limit in [1, 7, 10, 25, 100] {
            for budget in [
                PLENTY,
                AnswerBudget {
                    bytes: 4_000,
                    escaped: false,
                },
            ] {
                for exact in [true, false] {
                    let fleet = Fleet { exact, ..mixed() };
                    let listed = follow(&fleet, &filter, limit, budget).await;
                    for listed in &listed {
                        assert_eq!(
                            listed.counts.certificates,
                            u64::try_from(listed.certificates.len()).unwrap()
                        );
                    }
                    let sum = listed
                        .iter()
                        .map(|listed: &Listed| listed.counts)
                        .fold(Counts::default(), Counts::plus);
                    assert_eq!(sum, counted(&fleet, &filter), "{limit} exact: {exact}");
                }
            }
        }
    }
}

/// A broker with 1000 certificates whose last answers are these.
fn slow_broker(delay: Duration) -> Network {
    Network::new(|request| {
        let parameters: Value = serde_json::from_slice(request.body()).unwrap();
        let begin = parameters["Offset"].as_u64().unwrap();
        let end = (begin + parameters["Limit"].as_u64().unwrap()).min(1_000);
        let status = |number| if number % 4 == 0 { "INACTIVE" } else { "ACTIVE" };
        let items: Vec<Value> =
            (begin..end).map(|number| json!({"DeviceCertificateSn": format!("a{number}"), "Status": status(number)})).collect();
        ok(&json!({"Response": {"TotalCount": 1000, "Data": items, "RequestId": "id"}}))
    })
    .delayed(delay)
}

async fn perform(network: &Network, request: Value) -> Value {
    let bench = Bench::new(network);
    let request = request::parse(&request.to_string()).unwrap();
    let answer = Describe::perform(&bench.context(), request, PLENTY)
        .await
        .unwrap();
    assert_eq!(answer.failures().count(), 0);
    serde_json::to_value(answer).unwrap()
}

fn describe_request(limit: u16, summary: bool) -> Value {
    json!({"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1", "limit": limit, "summary": summary})
}

#[tokio::test(start_paused = true)]
async fn members_that_were_not_requested_are_not_in_the_answer() {
    let network = slow_broker(Duration::ZERO);
    for (limit, summary, certificates, counts) in [
        (0, true, None, Some(1_000)),
        (10, true, Some(10), Some(10)),
        (10, false, Some(10), None),
    ] {
        let answer = perform(&network, describe_request(limit, summary)).await;
        assert_eq!(
            answer
                .get("certificates")
                .map(|list| list.as_array().unwrap().len()),
            certificates,
            "{limit} {summary}"
        );
        assert_eq!(
            answer
                .get("counts")
                .map(|counts| counts["certificates"].as_u64().unwrap()),
            counts,
            "{limit} {summary}"
        );
        assert_eq!(
            (&answer["total_count"], answer["next_cursor"].is_null()),
            (&json!(1_000), limit == 0)
        );
    }
    let counts = &perform(&network, describe_request(0, true)).await["counts"];
    let expected = json!({
        "certificates": 1000,
        "by_effective_status": {
            "active": 750, "inactive": 250, "pending_activation": 0, "revoked": 0, "good": 0, "unknown": 0, "expired": 0, "not_yet_valid": 0
        },
        "by_expiry": {"expired": 0, "within_7_days": 0, "within_30_days": 0, "within_90_days": 0, "later": 0, "unknown": 1000}
    });
    assert_eq!(*counts, expected);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_cannot_be_counted_in_time_is_counted_in_several_answers() {
    // A minute has room for seven calls of eight seconds, and there are ten pages.
    let network = slow_broker(Duration::from_millis(7_990));
    let mut request = describe_request(0, true);
    let first = perform(&network, request.clone()).await;
    assert_eq!(
        (&first["counts"]["certificates"], &first["total_count"]),
        (&json!(700), &json!(1_000))
    );
    request["cursor"] = first["next_cursor"].clone();
    let second = perform(&network, request).await;
    assert_eq!(
        (&second["counts"]["certificates"], &second["next_cursor"]),
        (&json!(300), &Value::Null)
    );
    assert_eq!(second["counts"]["by_effective_status"]["inactive"], 75);
}

#[tokio::test]
async fn the_request_ids_of_very_many_calls_do_not_exceed_the_answer() {
    let fleet = Fleet {
        page_size: 1,
        ..Fleet::new(MOST_REQUEST_IDS + 20)
    };
    let listed = collect(&fleet, &Filter::default(), None, PLENTY, None)
        .await
        .unwrap();
    assert_eq!(
        (listed.request_ids.len(), fleet.calls()),
        (MOST_REQUEST_IDS, MOST_REQUEST_IDS + 20)
    );
    let bytes = MOST_REQUEST_IDS * "\"9b2f5c0e-1111-4222-8333-444455556666\",".len();
    assert!(bytes < ENVELOPE_BYTES, "{bytes}");
}
