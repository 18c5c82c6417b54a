//! Looking many certificates up: groups, spellings, and failures of a part.

mod failures;
mod unusable_rows;

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::testing::network::{Answer, Network, Sent, answer, ok, parameter, recorded};
use crate::testing::{Bench, target};
use crate::transport::{Deadline, HttpRequest};

fn references(serials: &[&str]) -> Vec<CertificateReference> {
    let reference = |text: &&str| CertificateReference {
        serial_number: SerialNumber::parse(text).ok(),
        ..CertificateReference::default()
    };
    serials.iter().map(reference).collect()
}

/// So many serial numbers of two octets that have only one spelling: `1001`,
/// `1002`, ...
fn numbered(count: usize) -> Vec<CertificateReference> {
    let texts: Vec<String> = (1..=count)
        .map(|number| format!("{}", 1000 + number))
        .collect();
    references(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn requested(request: &HttpRequest) -> Vec<String> {
    parameter(request, "SerialNumber")
        .unwrap()
        .split(',')
        .map(str::to_owned)
        .collect()
}

fn rows(rows: impl IntoIterator<Item = (String, &'static str)>) -> Answer {
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|(serial, status)| json!({"SerialNumber": serial, "Status": status}))
        .collect();
    ok(&json!({"RequestId": "id-1", "CertificateStatus": rows}))
}

/// A vendor that says this about exactly these texts and leaves out all others.
fn vendor(known: &[(&'static str, &'static str)]) -> Network {
    let known = known.to_vec();
    Network::new(move |request| {
        let requested = requested(request);
        rows(
            known
                .iter()
                .filter(|(text, _)| requested.iter().any(|requested| requested == text))
                .map(|(text, status)| ((*text).to_owned(), *status)),
        )
    })
}

/// A vendor that calls everything good, unless `refuses` says otherwise.
fn obliging(refuses: impl Fn(&[String]) -> Option<Answer> + 'static) -> Network {
    Network::new(move |request| {
        let requested = requested(request);
        refuses(&requested)
            .unwrap_or_else(|| rows(requested.into_iter().map(|text| (text, "good"))))
    })
}

fn refusal(code: &str) -> Answer {
    answer(
        400,
        json!({"Code": code, "Message": "no", "RequestId": "id-9"}).to_string(),
    )
}

async fn look_up(network: &Network, certificates: &[CertificateReference]) -> Lookups {
    let bench = Bench::new(network);
    let context = bench.context();
    AlibabaPca::new(&context, target(API.provider))
        .unwrap()
        .look_up(certificates, false)
        .await
}

/// The result for each: its status, `-` when the provider does not know it, or the code of the
/// error.
fn results_of(look_up: &Lookups) -> Vec<&'static str> {
    let word = |record: &Result<Option<Certificate>, Error>| match record {
        Ok(Some(record)) => match record.status {
            LifecycleStatus::Good => "good",
            LifecycleStatus::Revoked => "revoked",
            _ => "unknown",
        },
        Ok(None) => "-",
        Err(error) => error.code.as_str(),
    };
    look_up.records.iter().map(word).collect()
}

fn sizes(network: &Network) -> Vec<usize> {
    network.each(|sent| requested(&sent.request).len())
}

fn texts(sent: &Sent) -> String {
    sent.parameter("SerialNumber").unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_call_has_the_documented_form() {
    let network = obliging(|_| None);
    look_up(&network, &references(&["0A:1b", "ff"])).await;
    let sent = &network.sent()[0];
    assert_eq!(sent.request.method(), Method::POST);
    assert_eq!(
        sent.url(),
        "https://cas.aliyuncs.com/?SerialNumber=0A1b%2Cff"
    );
    assert_eq!(
        sent.header("x-acs-action"),
        Some("DescribeClientCertificateStatusForSerialNumber")
    );
    assert_eq!(sent.header("x-acs-version"), Some("2020-06-30"));
}

#[tokio::test(start_paused = true)]
async fn recorded_answers_are_read() {
    let own = "b67e53ebcea9b77d65b0c3236646d7150001";
    for (case, status, revoked_at) in [
        ("ok-good", "good", None),
        ("ok-revoked-ms", "revoked", Some("2021-09-01T00:00:00Z")),
        (
            "ok-revoked-seconds",
            "revoked",
            Some("2021-09-01T00:00:00Z"),
        ),
        ("ok-revoked-text", "revoked", Some("2021-01-01T00:00:00Z")),
    ] {
        let name = format!("alibaba-cas/DescribeClientCertificateStatusForSerialNumber.{case}");
        let answer = look_up(&Network::queue([recorded(&name)]), &references(&[own])).await;
        let record = answer.records[0].as_ref().unwrap().as_ref().unwrap();
        assert_eq!(
            (
                record.provider_status.as_deref(),
                record.provider_serial_number.as_deref()
            ),
            (Some(status), Some(own)),
            "{case}"
        );
        assert_eq!(
            record
                .revoked_at
                .map(|moment| moment.to_string())
                .as_deref(),
            revoked_at,
            "{case}"
        );
        assert_eq!(answer.request_ids.len(), 1, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn rows_are_matched_by_number_whatever_their_order() {
    let network = Network::new(|_| {
        recorded("alibaba-cas/DescribeClientCertificateStatusForSerialNumber.ok-three-mixed")
    });
    let certificates = references(&[
        "b67e53ebcea9b77d65b0c3236646d7150001",
        "62b2b943a32d96883a6650e672ea02760002",
        "084bde9cd233f0ddae33adc438cfbbbd0003",
        "0004",
    ]);
    assert_eq!(
        results_of(&look_up(&network, &certificates).await),
        ["good", "revoked", "unknown", "-"]
    );
}

#[tokio::test(start_paused = true)]
async fn rows_of_other_certificates_are_passed_over() {
    let given = || rows([("0C".to_owned(), "good"), ("00ab".to_owned(), "revoked")]);
    let answer = look_up(&Network::new(move |_| given()), &references(&["ab", "11"])).await;
    assert_eq!(results_of(&answer), ["revoked", "-"]);
}

#[tokio::test(start_paused = true)]
async fn of_two_rows_for_one_certificate_the_worse_counts() {
    for (first, second, expected) in [
        ("good", "revoked", "revoked"),
        ("revoked", "good", "revoked"),
        ("good", "unknown", "unknown"),
        ("unknown", "good", "unknown"),
        ("unknown", "revoked", "revoked"),
        ("revoked", "unknown", "revoked"),
    ] {
        let network =
            Network::new(move |_| rows([("ab".to_owned(), first), ("00AB".to_owned(), second)]));
        assert_eq!(
            results_of(&look_up(&network, &references(&["ab"])).await),
            [expected],
            "{first}, {second}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_call_has_two_hundred_serial_numbers() {
    for (count, expected) in [
        (1, vec![1]),
        (200, vec![200]),
        (201, vec![200, 1]),
        (450, vec![200, 200, 50]),
    ] {
        let network = obliging(|_| None);
        let answer = look_up(&network, &numbered(count)).await;
        assert_eq!(sizes(&network), expected);
        assert_eq!(
            (answer.records.len(), answer.request_ids.len()),
            (count, expected.len())
        );
        assert!(results_of(&answer).iter().all(|word| *word == "good"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_stays_short_however_long_the_serial_numbers_are() {
    let long: Vec<String> = (0..120)
        .map(|number| format!("{number:0>128x}").replacen('0', "f", 1))
        .collect();
    let network = obliging(|_| None);
    let answer = look_up(
        &network,
        &references(&long.iter().map(String::as_str).collect::<Vec<_>>()),
    )
    .await;
    assert!(results_of(&answer).iter().all(|word| *word == "good"));
    let lengths = network.each(|sent| sent.url().len());
    assert!(
        lengths.len() > 1 && lengths.iter().all(|length| *length < 7_100),
        "{lengths:?}"
    );
    assert!(
        network.each(texts).join(",").starts_with(&long[0]),
        "the first certificate is in the first call"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_has_fewer_serial_numbers_of_twenty_octets() {
    let numbers: Vec<String> = (0..300).map(|number| format!("5{number:039x}")).collect();
    let network = obliging(|_| None);
    look_up(
        &network,
        &references(&numbers.iter().map(String::as_str).collect::<Vec<_>>()),
    )
    .await;
    assert_eq!(sizes(&network), [162, 138]);
}

#[tokio::test(start_paused = true)]
async fn only_unknown_certificates_are_looked_up_in_the_next_spelling() {
    let network = vendor(&[("0a", "good"), ("0C", "revoked"), ("1D", "good")]);
    let answer = look_up(&network, &references(&["0a", "0c", "1D", "0e"])).await;
    assert_eq!(results_of(&answer), ["good", "revoked", "good", "-"]);
    assert_eq!(
        network.each(texts),
        ["0a,0c,1D,0e", "0C,0E", "e", "E", "000e", "000E"]
    );
    let record = answer.records[1].as_ref().unwrap().as_ref().unwrap();
    assert_eq!(record.provider_serial_number.as_deref(), Some("0C"));
}

#[tokio::test(start_paused = true)]
async fn unknown_is_final_only_after_every_spelling() {
    let later = vendor(&[("ab", "unknown"), ("AB", "revoked")]);
    assert_eq!(
        results_of(&look_up(&later, &references(&["ab"])).await),
        ["revoked"]
    );
    assert_eq!(later.each(texts), ["ab", "AB"]);
    let never = vendor(&[("ab", "unknown"), ("AB", "unknown")]);
    let answer = look_up(&never, &references(&["ab"])).await;
    assert_eq!(never.each(texts), ["ab", "AB", "00ab", "00AB"]);
    let record = answer.records[0].as_ref().unwrap().as_ref().unwrap();
    assert_eq!(
        (record.status, record.provider_serial_number.as_deref()),
        (LifecycleStatus::Unknown, Some("ab")),
        "the first spelling stays"
    );
}

#[tokio::test(start_paused = true)]
async fn a_number_with_two_issuers_is_answered_twice() {
    let mut certificates = references(&["11", "11"]);
    certificates[1].ca_serial_number = SerialNumber::parse("22").ok();
    assert_eq!(
        results_of(&look_up(&obliging(|_| None), &certificates).await),
        ["good", "good"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_group_is_halved_until_the_provider_takes_it() {
    for code in [
        "InvalidParameter",
        "InvalidSerialNumber",
        "MissingParameter",
    ] {
        let network = obliging(move |requested| (requested.len() > 60).then(|| refusal(code)));
        let answer = look_up(&network, &numbered(200)).await;
        assert!(
            results_of(&answer).iter().all(|word| *word == "good"),
            "{code}"
        );
        assert_eq!(sizes(&network), [200, 100, 50, 50, 100, 50, 50], "{code}");
        let first = network
            .each(texts)
            .into_iter()
            .filter(|texts| texts.matches(',').count() == 49)
            .collect::<Vec<_>>()
            .join(",");
        assert_eq!(
            first,
            numbered(200)
                .iter()
                .map(|it| it.serial_number.as_ref().unwrap().as_str())
                .collect::<Vec<_>>()
                .join(","),
            "in their order"
        );
    }
    let too_long = obliging(|requested| {
        (requested.len() > 120).then(|| answer(414, "<html>URI Too Long</html>"))
    });
    look_up(&too_long, &numbered(200)).await;
    assert_eq!(sizes(&too_long), [200, 100, 100]);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_found_by_its_serial_number_only() {
    let network = obliging(|_| None);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaPca::new(&context, target(API.provider)).unwrap();
    let complete = references(&["11"]).remove(0);
    let nameless = CertificateReference {
        serial_number: None,
        ..complete.clone()
    };
    let error = provider.check(&nameless).unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::InvalidRequest, Some("serial_number"))
    );
    provider.check(&complete).unwrap();
}
