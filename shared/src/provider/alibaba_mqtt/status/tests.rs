//! Looking many certificates up: in which order, and when it ends early.

use super::super::API;
use super::super::tests::{certificate, reference, requested, unknown, vendor};
use super::*;
use crate::testing::network::{Network, parameter, recorded};
use crate::testing::{Bench, target};

async fn look_up(network: &Network, certificates: &[CertificateReference]) -> Lookups {
    let bench = Bench::new(network);
    let context = bench.context();
    AlibabaMqtt::new(&context, target(API.provider))
        .unwrap()
        .look_up(certificates, false)
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
    (1..=count)
        .map(|number| reference(&format!("0xa{number:03}"), "0xca"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn all_are_looked_up_in_their_own_spelling_before_any_in_another() {
    let network = vendor(&[("00ab", "ca"), ("ac", "ca")]);
    let answer = look_up(
        &network,
        &[
            reference("ab", "ca"),
            reference("ac", "ca"),
            reference("ad", "ca"),
        ],
    )
    .await;
    assert_eq!(
        (results_of(&answer), answer.request_ids),
        (
            vec!["active", "active", "-"],
            crate::testing::ids(["id-1"]).to_vec()
        )
    );
    let requested = requested(&network);
    assert_eq!(requested[..3], ["ab/ca", "ac/ca", "ad/ca"]);
    assert!(
        requested[3..]
            .iter()
            .all(|pair| !pair.starts_with("ac/") && *pair != "ab/ca"),
        "{requested:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_cas_text_is_learned_once_for_all() {
    let network = vendor(&[("a001", "00ca")]).delayed(std::time::Duration::from_millis(10));
    let answer = look_up(&network, &numbered(30)).await;
    assert_eq!(
        (results_of(&answer)[0], &results_of(&answer)[1..]),
        ("active", &["-"; 29][..])
    );
    let requested = requested(&network);
    assert_eq!(
        requested[30..33],
        ["list/ca", "list/00ca", "a001/00ca"],
        "the row of the one that is known has no dates"
    );
    assert_eq!(
        requested.len(),
        33,
        "the complete list decides for all: {requested:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn answers_keep_the_order_of_the_certificates() {
    let network = Network::new(|request| {
        let (device, ca) = (
            parameter(request, "DeviceSn").unwrap(),
            parameter(request, "CaSn").unwrap(),
        );
        let status = if device.ends_with('2') { "0" } else { "1" };
        certificate(&device, &ca, status)
    });
    assert_eq!(
        results_of(&look_up(&network, &numbered(4)).await),
        ["active", "inactive", "active", "active"]
    );
    assert_eq!(network.sent().len(), 4, "one call each");
}

#[tokio::test(start_paused = true)]
async fn calls_wait_side_by_side() {
    use std::time::Duration;
    let network = Network::new(|request| {
        certificate(
            &parameter(request, "DeviceSn").unwrap(),
            &parameter(request, "CaSn").unwrap(),
            "1",
        )
    })
    .delayed(Duration::from_secs(1));
    let begin = tokio::time::Instant::now();
    assert_eq!(
        results_of(&look_up(&network, &numbered(16)).await),
        ["active"; 16]
    );
    assert_eq!(begin.elapsed(), Duration::from_secs(2), "eight at once");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_concerns_all_ends_the_calls() {
    for (case, word, most_calls) in [
        (
            "alibaba-common/Any.error-access-key-not-found",
            "provider_rejected",
            16,
        ),
        ("alibaba-common/Any.error-throttling", "throttled", 3 * 16),
        (
            "alibaba-mqtt/InactivateDeviceCertificate.error-instance-not-found",
            "not_found",
            16,
        ),
    ] {
        let network = Network::new(move |_| recorded(case));
        let answer = look_up(&network, &numbered(100)).await;
        assert!(
            results_of(&answer).iter().all(|shown| *shown == word),
            "{case}"
        );
        assert_eq!(answer.records.len(), 100);
        assert!(
            network.sent().len() <= most_calls,
            "{case}: {}",
            network.sent().len()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_one_certificate_leaves_the_others_alone() {
    let network = Network::new(|request| match parameter(request, "DeviceSn").as_deref() {
        Some("a002") => recorded("alibaba-mqtt/Any.error-internal"),
        Some("a003") => recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-500"),
        Some("a004") => unknown(),
        Some(device) => certificate(device, &parameter(request, "CaSn").unwrap(), "1"),
        None => unreachable!(),
    });
    let answer = look_up(&network, &numbered(3)).await;
    assert_eq!(
        results_of(&answer),
        ["active", "provider_unavailable", "provider_rejected"]
    );
}

#[tokio::test(start_paused = true)]
async fn of_two_meanings_of_digits_the_callers_own_is_the_answer() {
    let network = vendor(&[("171", "ca"), ("ab", "ca")]);
    let answer = look_up(&network, &[reference("171", "0xca")]).await;
    assert_eq!(
        answer.records[0]
            .as_ref()
            .unwrap()
            .as_ref()
            .unwrap()
            .provider_serial_number
            .as_deref(),
        Some("171")
    );
    assert_eq!(requested(&network), ["171/ca"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_named_completely_fails_alone() {
    let network = vendor(&[("11", "ca")]);
    let without_ca = CertificateReference {
        ca_serial_number: None,
        ..reference("12", "ca")
    };
    assert_eq!(
        results_of(&look_up(&network, &[without_ca, reference("11", "ca")]).await),
        ["invalid_request", "active"]
    );
}
