//! Groups: which calls they take, and that their answers are those of single reads.

mod long_lists;
mod unusable_rows;

use serde_json::{Value, json};

use super::super::API;
use super::super::tests::{certificate, list_of, reference, requested, unknown, vendor};
use super::*;
use crate::error::ErrorCode;
use crate::model::{Fingerprint, LifecycleStatus};
use crate::testing::network::{Answer, Network, ok, parameter, recorded};
use crate::testing::{Bench, target};
use crate::transport::HttpRequest;

type Answers = Vec<Result<Option<FoundCertificate>, Error>>;

fn numbered(count: usize) -> Vec<(&'static str, &'static str)> {
    (1..=count)
        .map(|number| (&*format!("a{number:03x}").leak(), "ca"))
        .collect()
}

/// Finds certificates of the CA `ca` in one request.
async fn find_group(network: &Network, serials: &[&str]) -> Answers {
    find_groups(network, &[serials]).await.remove(0)
}

/// Finds groups of certificates in requests of one sandbox.
async fn find_groups(network: &Network, groups: &[&[&str]]) -> Vec<Answers> {
    let bench = Bench::new(network);
    let context = bench.context();
    let mut answers = Vec::new();
    for serials in groups {
        let references: Vec<CertificateReference> = serials
            .iter()
            .map(|serial| reference(serial, "ca"))
            .collect();
        let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
        answers.push(
            provider
                .find_group(&references.iter().collect::<Vec<_>>())
                .await,
        );
    }
    answers
}

async fn read_group(network: &Network, keys: &[&str]) -> Answers {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    let found: Vec<FoundCertificate> = keys.iter().map(|key| found_of(key)).collect();
    provider.read_group(&found.iter().collect::<Vec<_>>()).await
}

fn found_of(key: &str) -> FoundCertificate {
    let record = crate::model::ProviderRecord {
        serial_number: Some(key.to_owned()),
        ..Default::default()
    };
    let certificate = record.into_certificate(crate::testing::now(), false);
    FoundCertificate {
        key: key.to_owned(),
        ca_key: Some("ca".to_owned()),
        certificate,
        request_id: None,
    }
}

/// The key of each, `-` where it is not known, or the code of the error.
fn results_of(answers: &Answers) -> Vec<String> {
    let word = |answer: &Result<Option<FoundCertificate>, Error>| match answer {
        Ok(found) => found
            .as_ref()
            .map_or("-".to_owned(), |found| found.key.clone()),
        Err(error) => error.code.as_str().to_owned(),
    };
    answers.iter().map(word).collect()
}

#[tokio::test(start_paused = true)]
async fn a_complete_list_answers_for_all_of_three_or_more() {
    let known = numbered(99);
    let all: Vec<&str> = known.iter().map(|(serial, _)| *serial).collect();
    let network = vendor(&known);
    assert_eq!(results_of(&find_group(&network, &all).await), all);
    assert_eq!(results_of(&read_group(&network, &all).await), all);
    assert_eq!(requested(&network), ["list/ca", "list/ca"]);
    let network = vendor(&known);
    let answers = find_group(&network, &["a001", "A002", "b001"]).await;
    assert_eq!(
        results_of(&answers),
        ["a001", "a002", "-"],
        "in another spelling, too"
    );
    assert_eq!(requested(&network), ["list/ca"]);
    let network = vendor(&known);
    assert_eq!(
        results_of(&find_group(&network, &["a001", "b001", "b001"]).await),
        ["a001", "-", "-"]
    );
    assert_eq!(
        results_of(&read_group(&network, &["a001", "b001"]).await),
        ["a001", "-"]
    );
    assert_eq!(
        requested(&network),
        ["a001/ca", "b001/ca", "b001/ca", "a001/ca", "b001/ca"],
        "two are read one by one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_row_is_found_as_a_read_finds_it() {
    let network = vendor(&numbered(3));
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    let references = ["a001", "a002", "a003"].map(|serial| reference(serial, "ca"));
    let group = provider
        .find_group(&references.iter().collect::<Vec<_>>())
        .await;
    for (reference, answer) in references.iter().zip(group) {
        let (row, read) = (
            answer.unwrap().unwrap(),
            provider
                .find_only(reference, Spellings::Own)
                .await
                .unwrap()
                .unwrap(),
        );
        assert_eq!(
            (&row.key, &row.ca_key, &row.certificate),
            (&read.key, &read.ca_key, &read.certificate)
        );
        assert_eq!(
            row.request_id.as_deref(),
            Some("id-2"),
            "the id of the list"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_a_complete_list_lacks_is_gone_only_when_a_read_confirms_it() {
    let network = Network::new(|request| match parameter(request, "DeviceSn").as_deref() {
        None => list_of(request, &[("a001", "ca")]),
        Some("a002") => certificate("a002", "ca", "0"),
        Some(_) => unknown(),
    });
    let answers = read_group(&network, &["a001", "a002", "a003"]).await;
    assert_eq!(results_of(&answers), ["a001", "a002", "-"]);
    assert_eq!(
        answers[1]
            .as_ref()
            .unwrap()
            .as_ref()
            .unwrap()
            .certificate
            .status,
        LifecycleStatus::Inactive
    );
    assert_eq!(requested(&network), ["list/ca", "a002/ca", "a003/ca"]);
}

#[tokio::test(start_paused = true)]
async fn digits_that_may_mean_two_certificates_are_refused_and_those_of_longer_lists_are_read_alone()
 {
    let network = vendor(&[("171", "ca"), ("ab", "ca"), ("ac", "ca"), ("ad", "ca")]);
    let answers = find_group(&network, &["171", "0xab", "ac", "ad"]).await;
    assert_eq!(results_of(&answers), ["invalid_request", "ab", "ac", "ad"]);
    assert_eq!(
        answers[0].as_ref().unwrap_err().field.as_deref(),
        Some("serial_number")
    );
    assert!(
        requested(&network)
            .iter()
            .filter(|requested| requested.starts_with("list"))
            .count()
            == 1,
        "{:?}",
        requested(&network)
    );
    let mut known = numbered(150);
    known.insert(120, ("171", "ca"));
    known.push(("ab", "ca"));
    let answers = find_group(&vendor(&known), &["171", "a001", "a002", "a091", "a092"]).await;
    assert_eq!(
        results_of(&answers),
        ["invalid_request", "a001", "a002", "a091", "a092"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_row_without_a_fact_that_is_needed_is_looked_up() {
    let network = vendor(&numbered(3));
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    let mut references = ["a001", "a002", "a003"].map(|serial| reference(serial, "ca"));
    let fingerprint = Fingerprint::parse(&"00".repeat(32)).unwrap();
    references[1].fingerprint_sha256 = Some(fingerprint.clone());
    assert_eq!(
        results_of(
            &provider
                .find_group(&references.iter().collect::<Vec<_>>())
                .await
        ),
        ["a001", "a002", "a003"]
    );
    let mut found = ["a001", "a002", "a003"].map(found_of);
    found[2].certificate.fingerprint_sha256 = Some(fingerprint);
    assert_eq!(
        results_of(&provider.read_group(&found.iter().collect::<Vec<_>>()).await),
        ["a001", "a002", "a003"]
    );
    assert_eq!(
        requested(&network),
        ["list/ca", "a002/ca", "list/ca", "a003/ca"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_list_falls_back_to_reads_unless_it_ends_the_request() {
    type List = fn(&HttpRequest) -> Answer;
    let lists: [(List, Option<ErrorCode>); 8] = [
        (
            |_| recorded("alibaba-mqtt/InactivateDeviceCertificate.error-permission"),
            None,
        ),
        (|_| recorded("alibaba-mqtt/Any.error-internal"), None),
        (|_| unknown(), None),
        (|_| ok(&json!({})), None),
        (|request| list_of(request, &[("a001", "cb")]), None),
        (
            |_| recorded("alibaba-common/Any.error-throttling"),
            Some(ErrorCode::Throttled),
        ),
        (
            |_| recorded("alibaba-mqtt/InactivateDeviceCertificate.error-instance-not-found"),
            Some(ErrorCode::NotFound),
        ),
        (
            |_| recorded("alibaba-common/Any.error-access-key-inactive"),
            Some(ErrorCode::ProviderRejected),
        ),
    ];
    for (list, code) in lists {
        let network = Network::new(move |request| match parameter(request, "DeviceSn") {
            None => list(request),
            Some(device) => certificate(&device, "ca", "1"),
        });
        let serials = ["a001", "a002", "a003"];
        let expected = code.map_or(serials, |code| [code.as_str(); 3]);
        assert_eq!(results_of(&find_group(&network, &serials).await), expected);
        assert_eq!(results_of(&read_group(&network, &serials).await), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_forbidden_list_is_called_once_in_a_request() {
    let network = Network::new(|request| match parameter(request, "DeviceSn") {
        None => recorded("alibaba-mqtt/InactivateDeviceCertificate.error-permission"),
        Some(device) => certificate(&device, "ca", "1"),
    });
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    let found = ["a001", "a002", "a003"].map(found_of);
    for _ in 0..2 {
        assert_eq!(
            results_of(&provider.read_group(&found.iter().collect::<Vec<_>>()).await),
            ["a001", "a002", "a003"]
        );
    }
    assert_eq!(
        requested(&network)
            .iter()
            .filter(|requested| *requested == "list/ca")
            .count(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_group_the_other_spellings_need_no_further_list() {
    let network = vendor(&numbered(3));
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    let references = ["a001", "a002", "b001"].map(|serial| reference(serial, "ca"));
    let answers = provider
        .find_group(&references.iter().collect::<Vec<_>>())
        .await;
    assert_eq!(results_of(&answers), ["a001", "a002", "-"]);
    assert!(
        provider
            .find_only(&references[2], Spellings::Others)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(requested(&network), ["list/ca"]);
}

#[tokio::test(start_paused = true)]
async fn certificates_of_several_cas_and_one_without_its_ca_are_answered_in_their_order() {
    let network = vendor(&[
        ("a1", "ca"),
        ("a2", "ca"),
        ("a3", "ca"),
        ("b1", "cb"),
        ("b2", "cb"),
        ("b3", "cb"),
        ("c1", "cc"),
    ]);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    let pairs = [
        ("b3", "cb"),
        ("a1", "ca"),
        ("c1", "cc"),
        ("b1", "cb"),
        ("a3", "ca"),
        ("b2", "cb"),
        ("a2", "ca"),
    ];
    let mut references: Vec<CertificateReference> = pairs
        .iter()
        .map(|(serial, ca)| reference(serial, ca))
        .collect();
    references.insert(
        1,
        CertificateReference {
            ca_serial_number: None,
            ..reference("ee", "ee")
        },
    );
    let answers = provider
        .find_group(&references.iter().collect::<Vec<_>>())
        .await;
    assert_eq!(
        results_of(&answers),
        ["b3", "invalid_request", "a1", "c1", "b1", "a3", "b2", "a2"]
    );
    assert_eq!(requested(&network), ["list/ca", "list/cb", "c1/cc"]);
}
