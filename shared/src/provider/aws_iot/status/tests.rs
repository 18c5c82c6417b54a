//! Looking many certificates up: one call each, side by side.

use std::time::Duration;

use serde_json::json;

use super::super::NAME;
use super::super::tests::{attachable, described, described_id, failed, id, named};
use super::*;
use crate::model::{Certificate, SerialNumber};
use crate::testing::network::{Network, header, ok, recorded};
use crate::testing::{Bench, target};

async fn look_up(network: &Network, certificates: &[CertificateReference]) -> Lookups {
    look_up_with(network, certificates, false).await
}

async fn look_up_with(
    network: &Network,
    certificates: &[CertificateReference],
    include_clients: bool,
) -> Lookups {
    let bench = Bench::new(network);
    let context = bench.context();
    AwsIot::new(&context, target(NAME))
        .unwrap()
        .look_up(certificates, include_clients)
        .await
}

/// The result for each: its status, `-` when the provider does not know it, or the code of the
/// error.
fn results_of(look_up: &Lookups) -> Vec<&'static str> {
    let word = |record: &Result<Option<Certificate>, Error>| match record {
        Ok(record) => record
            .as_ref()
            .map_or("-", |certificate| certificate.status.as_str()),
        Err(error) => error.code.as_str(),
    };
    look_up.records.iter().map(word).collect()
}

fn numbered(count: usize) -> Vec<CertificateReference> {
    (1..=count).map(|number| named(&id(number))).collect()
}

#[tokio::test(start_paused = true)]
async fn answers_keep_the_order_of_the_certificates() {
    let network = Network::new(|request| {
        let requested = described_id(request).unwrap();
        match requested.trim_start_matches('0') {
            "2" => described(requested, "REVOKED"),
            "3" => failed(404, "ResourceNotFoundException:"),
            "4" => recorded("aws-iot/Any.error-internal"),
            _ => described(requested, "ACTIVE"),
        }
    });
    let answer = look_up(&network, &numbered(5)).await;
    assert_eq!(
        results_of(&answer),
        ["active", "revoked", "-", "provider_unavailable", "active"]
    );
    assert_eq!(
        answer.request_ids,
        crate::testing::ids(["id-1", "id-2", "id-5"])
    );
}

#[tokio::test(start_paused = true)]
async fn calls_wait_side_by_side() {
    let network = Network::new(|request| described(described_id(request).unwrap(), "ACTIVE"))
        .delayed(Duration::from_secs(1));
    let begin = tokio::time::Instant::now();
    assert_eq!(
        results_of(&look_up(&network, &numbered(16)).await),
        ["active"; 16]
    );
    assert_eq!(
        (begin.elapsed(), network.sent().len()),
        (Duration::from_secs(2), 16)
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_that_concerns_all_ends_the_calls() {
    for (case, word, most_calls) in [
        ("bad-token", "provider_rejected", 16),
        ("throttling", "throttled", 3 * 16),
    ] {
        let network = Network::new(move |_| recorded(&format!("aws-iot/Any.error-{case}")));
        let answer = look_up(&network, &numbered(100)).await;
        assert!(
            results_of(&answer).iter().all(|shown| *shown == word),
            "{case}"
        );
        assert!(
            network.sent().len() <= most_calls,
            "{case}: {}",
            network.sent().len()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_named_by_its_id_fails_alone() {
    let network = Network::new(|request| described(described_id(request).unwrap(), "ACTIVE"));
    let by_number = CertificateReference {
        serial_number: SerialNumber::parse("0a").ok(),
        fingerprint_sha256: None,
        ..named(&id(1))
    };
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    assert_eq!(
        StatusReader::check(&provider, &by_number)
            .unwrap_err()
            .field
            .as_deref(),
        Some("fingerprint_sha256")
    );
    StatusReader::check(&provider, &named(&id(1))).unwrap();
    assert_eq!(
        results_of(&provider.look_up(&[by_number, named(&id(1))], false).await),
        ["invalid_request", "active"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_things_are_read_for_each_certificate_and_fail_with_it() {
    let network = Network::new(|request| match header(request, "x-amzn-principal") {
        None if described_id(request) == Some(id(4).as_str()) => {
            failed(404, "ResourceNotFoundException")
        }
        None => attachable(described_id(request).unwrap()),
        Some(arn) => match arn.chars().last() {
            Some('1') => ok(&json!({"things": ["a", "b"]})),
            Some('2') => ok(&json!({"things": []})),
            _ => recorded("aws-iot/Any.error-internal"),
        },
    });
    let answer = look_up_with(&network, &numbered(4), true).await;
    let things = answer.records.iter().map(|record| match record {
        Ok(Some(certificate)) => certificate.client_ids.all().map(<[_]>::len),
        _ => None,
    });
    assert_eq!(things.collect::<Vec<_>>(), [Some(2), Some(0), None, None]);
    assert_eq!(
        results_of(&answer),
        ["active", "active", "provider_unavailable", "-"]
    );
}
