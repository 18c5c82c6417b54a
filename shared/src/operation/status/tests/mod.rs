//! Whole requests to a certificate authority with a few certificates, and to several sources.

mod by_text;
mod clients;
mod cross_check;
mod grouped;
mod named;
mod several;

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorCode;
use crate::model::{
    EffectiveStatus, LifecycleStatus, ProviderRecord, SerialNumber, SerialNumberBase, Timestamp,
    Validity,
};
use crate::operation::Answer as _;
use crate::request;
use crate::testing::network::{Answer, Network, answer, ok, parameter, recorded};
use crate::testing::{Bench, now};
use crate::transport::HttpRequest;

const BUDGET: AnswerBudget = AnswerBudget {
    bytes: 1_000_000,
    escaped: false,
};

fn requested(request: &HttpRequest) -> Vec<String> {
    parameter(request, "SerialNumber")
        .unwrap()
        .split(',')
        .map(str::to_owned)
        .collect()
}

/// A certificate authority that decides by the first character of a serial number: `a` is good, `b`
/// revoked, `c` unknown.
fn authority(request: &HttpRequest) -> Answer {
    let row = |text: String| {
        let status = match text.get(..1)? {
            "a" => "good",
            "b" => "revoked",
            "c" => "unknown",
            _ => return None,
        };
        Some(json!({"SerialNumber": text, "Status": status, "RevokeTime": 1_630_454_400_000_i64}))
    };
    ok(
        &json!({"RequestId": "id-1", "CertificateStatus": requested(request).into_iter().filter_map(row).collect::<Vec<_>>()}),
    )
}

async fn perform(network: &Network, request: &Value) -> Result<Value, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    let request = request::parse(&request.to_string()).unwrap();
    let answer = Status::perform(&context, request, BUDGET).await?;
    let failures = answer.failures().count();
    let answer = serde_json::to_value(answer).unwrap();
    let failed = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| !result["error"].is_null())
        .count();
    assert_eq!(failures, failed, "a queue decides by them");
    Ok(answer)
}

fn request_for(serials: &[&str]) -> Value {
    let certificates: Vec<Value> = serials
        .iter()
        .map(|serial| json!({"serial_number": serial}))
        .collect();
    json!({"provider": "alibaba-pca", "region": "cn-hangzhou", "certificates": certificates})
}

/// The texts of one member of every result.
fn texts<'a>(answer: &'a Value, member: &str) -> Vec<&'a str> {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result[member].as_str().unwrap_or("-"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn there_is_one_result_for_each_certificate_in_the_order_of_the_request() {
    let answer = perform(
        &Network::new(authority),
        &request_for(&["b2", "d4", "a1", "c3"]),
    )
    .await
    .unwrap();
    assert_eq!(texts(&answer, "serial_number"), ["b2", "d4", "a1", "c3"]);
    assert_eq!(
        texts(&answer, "status"),
        ["revoked", "unknown", "good", "unknown"]
    );
    assert_eq!(
        texts(&answer, "provider_status"),
        ["revoked", "-", "good", "unknown"]
    );
    assert_eq!(
        texts(&answer, "revoked_at"),
        ["2021-09-01T00:00:00Z", "-", "-", "-"]
    );
    let found: Vec<bool> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["found"].as_bool().unwrap())
        .collect();
    assert_eq!(found, [true, false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn the_answer_has_the_documented_members_and_no_others() {
    let answer = perform(&Network::new(authority), &request_for(&["A1"]))
        .await
        .unwrap();
    let expected = json!({
        "operation": "status", "provider": "alibaba-pca", "region": "cn-hangzhou", "instance_id": null,
        "results": [{
            "serial_number": "a1", "provider_serial_number": "a1", "serial_number_base": "hex", "ca_serial_number": null, "provider_ca_serial_number": null,
            "fingerprint_sha256": null, "client_ids": null, "found": true, "status": "good", "provider_status": "good", "effective_status": "good",
            "usable": null, "revoked_at": null, "not_before": null, "not_after": null, "disagreements": [], "error": null
        }],
        "provider_request_ids": ["id-1", "id-1"]
    });
    assert_eq!(
        answer, expected,
        "requested in the caller's upper case first, then in lower case"
    );
}

#[tokio::test(start_paused = true)]
async fn duplicates_are_looked_up_once_and_answered_each_time() {
    let network = Network::new(authority);
    let answer = perform(
        &network,
        &request_for(&["a1", "b2", "A1", "0x00a1", "a1", "b2"]),
    )
    .await
    .unwrap();
    assert_eq!(
        texts(&answer, "status"),
        ["good", "revoked", "good", "good", "good", "revoked"]
    );
    assert_eq!(
        network.each(|sent| requested(&sent.request).join(",")),
        ["a1,b2"]
    );
}

#[tokio::test(start_paused = true)]
async fn one_number_with_two_issuers_has_two_results_with_their_own_issuers() {
    let mut request = request_for(&["a1", "a1", "a1"]);
    request["certificates"][1]["ca_serial_number"] = json!("0C");
    request["certificates"][2]["ca_serial_number"] = json!("0D");
    let answer = perform(&Network::new(authority), &request).await.unwrap();
    assert_eq!(texts(&answer, "ca_serial_number"), ["-", "0c", "0d"]);
    assert_eq!(texts(&answer, "status"), ["good", "good", "good"]);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_fails_alone_has_an_error_and_nothing_decides_whether_it_is_usable() {
    let network = Network::new(|request| {
        let refused = requested(request).iter().any(|text| text == "a3");
        if refused {
            recorded("alibaba-common/Any.error-missing-parameter")
        } else {
            authority(request)
        }
    });
    let answer = perform(&network, &request_for(&["a1", "a3", "b2"]))
        .await
        .unwrap();
    assert_eq!(texts(&answer, "status"), ["good", "unknown", "revoked"]);
    let failed = &answer["results"][1];
    assert_eq!(
        (
            &failed["found"],
            &failed["usable"],
            &failed["provider_serial_number"]
        ),
        (&json!(false), &Value::Null, &Value::Null)
    );
    assert_eq!(failed["error"]["code"], "provider_rejected");
    assert_eq!(answer["results"][0]["error"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn when_no_certificate_could_be_looked_up_the_reason_is_the_answer() {
    for (case, expected) in [
        ("unavailable", ErrorCode::ProviderUnavailable),
        ("throttling", ErrorCode::Throttled),
        ("ram", ErrorCode::ProviderRejected),
    ] {
        let network = Network::new(move |_| recorded(&format!("alibaba-common/Any.error-{case}")));
        let error = perform(&network, &request_for(&["a1", "b2"]))
            .await
            .unwrap_err();
        assert_eq!(error.code, expected, "{case}");
        assert_eq!(
            error.retry_after.is_some(),
            expected == ErrorCode::Throttled
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_retryable_error_comes_before_a_permanent_one() {
    let network = Network::new(|request| {
        let requested = requested(request);
        match requested.len() {
            1 if requested[0] == "b2" => answer(503, ""),
            _ => recorded("alibaba-common/Any.error-missing-parameter"),
        }
    });
    assert_eq!(
        perform(&network, &request_for(&["a1", "b2"]))
            .await
            .unwrap_err()
            .code,
        ErrorCode::ProviderUnavailable
    );
}

#[test]
fn the_validity_of_a_record_decides_with_its_status() {
    let record = |status, not_after: Option<&str>| {
        let not_after = not_after.map(|text| Timestamp::parse(text).unwrap());
        let validity = Validity {
            not_before: Timestamp::parse("2020-01-01T00:00:00Z").ok(),
            not_after,
        };
        ProviderRecord {
            serial_number: Some("0A".to_owned()),
            status,
            validity,
            ..ProviderRecord::default()
        }
    };
    let reference = CertificateReference {
        serial_number: SerialNumber::parse("0a").ok(),
        ..CertificateReference::default()
    };
    for (status, not_after, effective, usable) in [
        (
            LifecycleStatus::Good,
            Some("2030-01-01T00:00:00Z"),
            EffectiveStatus::Good,
            None,
        ),
        (
            LifecycleStatus::Good,
            Some("2021-01-01T00:00:00Z"),
            EffectiveStatus::Expired,
            Some(false),
        ),
        (
            LifecycleStatus::Active,
            Some("2030-01-01T00:00:00Z"),
            EffectiveStatus::Active,
            Some(true),
        ),
        (LifecycleStatus::Active, None, EffectiveStatus::Active, None),
        (
            LifecycleStatus::Revoked,
            Some("2021-01-01T00:00:00Z"),
            EffectiveStatus::Revoked,
            Some(false),
        ),
    ] {
        let result = StatusResult::new(
            &reference,
            Ok(Some(
                record(status, not_after).into_certificate(now(), false),
            )),
            now(),
        );
        assert_eq!(
            (result.effective_status, result.usable),
            (effective, usable),
            "{status:?} until {not_after:?}"
        );
        assert_eq!(
            result.not_after.map(|moment| moment.to_string()).as_deref(),
            not_after
        );
        assert_eq!(
            result
                .not_before
                .map(|moment| moment.to_string())
                .as_deref(),
            Some("2020-01-01T00:00:00Z")
        );
        assert_eq!(
            (result.found, result.provider_serial_number.as_deref()),
            (true, Some("0A"))
        );
        assert_eq!(result.serial_number_base, Some(SerialNumberBase::Hex));
    }
}
