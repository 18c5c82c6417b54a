//! The order by the end of validity, which needs the whole list in one answer.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorCode;
use crate::request;
use crate::testing::Bench;
use crate::testing::network::{Network, ok};

/// Ends of validity in days from the epoch: equal ones, one without, and one on a later page.
fn ends(count: usize) -> Vec<Option<i64>> {
    let end = |number: usize| match number % 5 {
        4 => None,
        rest => Some(20_400 + i64::try_from((number * 7 + rest) % 40).unwrap()),
    };
    (0..count).map(end).collect()
}

/// A broker whose certificates end then.
fn broker(ends: Vec<Option<i64>>) -> Network {
    Network::new(move |request| {
        let parameters: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(parameters["OrderBy"], "CREATE_TIME_DESC", "its own order");
        let number = |name: &str| usize::try_from(parameters[name].as_u64().unwrap()).unwrap();
        let begin = number("Offset");
        let end = (begin + number("Limit")).min(ends.len());
        let row = |number: usize| {
            json!({
                "DeviceCertificateSn": format!("{number:04x}"), "Status": if number.is_multiple_of(3) { "INACTIVE" } else { "ACTIVE" },
                "NotAfterTime": ends[number].map(|day| day * 86_400_000)
            })
        };
        let rows: Vec<Value> = (begin..end).map(row).collect();
        ok(&json!({"Response": {"TotalCount": ends.len(), "Data": rows, "RequestId": "id"}}))
    })
}

fn request(own: &Value) -> Value {
    let mut request = json!({
        "provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1", "order_by": "not_after_asc"
    });
    request
        .as_object_mut()
        .unwrap()
        .extend(own.as_object().unwrap().clone());
    request
}

async fn perform(network: &Network, own: &Value, bytes: usize) -> Result<Value, Error> {
    let bench = Bench::new(network);
    let request = request::parse(&request(own).to_string()).unwrap();
    let budget = AnswerBudget { bytes, ..PLENTY };
    let answer = Describe::perform(&bench.context(), request, budget).await?;
    Ok(serde_json::to_value(answer).unwrap())
}

fn numbers(answer: &Value, member: &str) -> Vec<usize> {
    let number = |one: &Value| usize::from_str_radix(one["serial_number"].as_str().unwrap(), 16);
    let certificates = answer[member].as_array().unwrap();
    certificates
        .iter()
        .map(|one| number(one).unwrap())
        .collect()
}

/// The numbers of certificates, soonest end first; those with equal ends stay in their order.
fn sorted(ends: &[Option<i64>], wanted: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..ends.len()).filter(|number| wanted(*number)).collect();
    numbers.sort_by_key(|number| (ends[*number].is_none(), ends[*number]));
    numbers
}

#[tokio::test(start_paused = true)]
async fn the_soonest_end_comes_first_over_all_pages_and_unknown_ends_last() {
    for count in [0, 1, 5, 100, 101, 250] {
        let ends = ends(count);
        // As many as there are is just enough.
        let network = broker(ends.clone());
        let answer = perform(&network, &json!({"limit": count.max(1)}), 6_000_000)
            .await
            .unwrap();
        assert_eq!(numbers(&answer, "certificates"), sorted(&ends, |_| true));
        assert_eq!(
            (&answer["total_count"], &answer["next_cursor"]),
            (&json!(count), &Value::Null)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_makes_a_large_list_fit_and_both_lists_are_sorted() {
    let ends = ends(250);
    let network = broker(ends.clone());
    // 250 rows, of which 167 are active, and 33 of these have no known end.
    let filter = json!({"statuses": ["active"], "not_after_to": "2025-12-01T00:00:00Z"});
    let is_active = |number: usize| !number.is_multiple_of(3);
    let limit = 20_423;
    for include in [false, true] {
        let own = json!({"filter": filter, "include_undecided": include, "limit": 200});
        let answer = perform(&network, &own, 6_000_000).await.unwrap();
        let ends_in_time = |number: usize| ends[number].is_some_and(|day| day <= limit);
        let matches = sorted(&ends, |number| is_active(number) && ends_in_time(number));
        assert!(matches.len() > 20);
        assert_eq!(numbers(&answer, "certificates"), matches);
        let unknown = sorted(&ends, |number| is_active(number) && ends[number].is_none());
        assert_eq!(answer["undecided_count"], json!(unknown.len()));
        if include {
            assert_eq!(numbers(&answer, "undecided"), unknown);
        }
    }
}

fn refusal(answer: Result<Value, Error>) -> String {
    let error = answer.unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::Unsupported, Some("order_by"))
    );
    assert!(error.detail.contains("narrow the filter"), "{error}");
    error.detail
}

#[tokio::test(start_paused = true)]
async fn a_list_that_does_not_fit_is_refused_with_the_reason() {
    for (count, limit) in [(101, 100_usize), (2, 1), (250, 249), (250, 30)] {
        let network = broker(ends(count));
        let detail = refusal(perform(&network, &json!({ "limit": limit }), 6_000_000).await);
        assert!(detail.contains(&format!("limit ({limit})")), "{detail}");
        assert_eq!(
            network.sent().len(),
            (limit + 1).div_ceil(100),
            "no call more"
        );
    }
    let network = broker(ends(250));
    let whole = perform(&network, &json!({"limit": 250}), 6_000_000)
        .await
        .unwrap();
    let bytes = serde_json::to_string(&whole["certificates"]).unwrap().len() - 1;
    for (missing, fits) in [(0, true), (1, false)] {
        let budget = ENVELOPE_BYTES + bytes - missing;
        let answer = perform(&network, &json!({"limit": 250}), budget).await;
        assert_eq!(answer.is_ok(), fits, "{missing} bytes too few");
        if !fits {
            assert!(refusal(answer).contains("larger than an answer"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn undecided_certificates_count_towards_the_limit_only_when_they_are_listed() {
    let network = broker(ends(10));
    let filter = json!({"not_after_to": "2035-01-01T00:00:00Z"});
    let own = json!({"filter": filter, "limit": 8});
    let answer = perform(&network, &own, 6_000_000).await.unwrap();
    assert_eq!(answer["undecided_count"], 2);
    let own = json!({"filter": filter, "limit": 8, "include_undecided": true});
    refusal(perform(&network, &own, 6_000_000).await);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_read_in_time_is_refused_and_a_throttled_one_may_be_tried_again() {
    // Fifteen pages of five seconds in one minute.
    let network = broker(ends(1_500)).delayed(Duration::from_secs(5));
    let detail = refusal(perform(&network, &json!({"limit": 2_000}), 6_000_000).await);
    assert!(detail.contains("in time"), "{detail}");
    let calls = std::cell::Cell::new(0);
    let throttled = Network::new(move |request| {
        calls.set(calls.get() + 1);
        if calls.get() > 1 {
            return ok(
                &json!({"Response": {"Error": {"Code": "RequestLimitExceeded"}, "RequestId": "id"}}),
            );
        }
        let parameters: Value = serde_json::from_slice(request.body()).unwrap();
        let rows: Vec<Value> = (0..parameters["Limit"].as_u64().unwrap())
            .map(|number| json!({"DeviceCertificateSn": format!("a{number}"), "Status": "ACTIVE"}))
            .collect();
        ok(&json!({"Response": {"TotalCount": 250, "Data": rows, "RequestId": "id"}}))
    });
    let error = perform(&throttled, &json!({"limit": 250}), 6_000_000).await;
    assert_eq!(error.unwrap_err().code, ErrorCode::Throttled);
}

#[tokio::test(start_paused = true)]
async fn counts_alone_need_the_whole_list_too() {
    let network = broker(ends(250));
    let own = json!({"limit": 0, "summary": true});
    let answer = perform(&network, &own, 6_000_000).await.unwrap();
    assert_eq!(answer["counts"]["certificates"], 250);
}
