//! Ten thousand certificates at each provider: followed by the cursor, none is missing and none
//! comes twice.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fleet, Simulator, Vendor};
use whole_function_tests::Runtime;

use crate::cells::{provider, request};
use crate::setup::{function, invoke_within, simulator, texts};

pub(crate) const MANY: usize = 10_000;

/// As long as Lambda gives a function at most.
const LONG: Duration = Duration::from_secs(900);

/// This many certificates at this vendor only.
pub(crate) fn at(vendor: Vendor, count: usize) -> Fleet {
    provider(vendor).with_numbered(Fleet::empty(), count)
}

/// The identifier of every certificate, as the vendor holds it.
pub(crate) fn held(simulator: &Simulator, vendor: Vendor) -> HashSet<String> {
    simulator
        .with_fleet(|fleet| provider(vendor).identifiers(fleet))
        .into_iter()
        .collect()
}

/// Every answer, until there is no cursor any more.
pub(crate) async fn followed(function: &mut Runtime, mut request: Value) -> Vec<Value> {
    let mut answers: Vec<Value> = Vec::new();
    loop {
        let answer = invoke_within(function, LONG, request.clone()).await.json();
        request["cursor"] = answer["next_cursor"].clone();
        answers.push(answer);
        assert!(answers.len() <= 500, "the cursors lead nowhere");
        if request["cursor"].is_null() {
            return answers;
        }
    }
}

/// The names of all answers, each of which must be there once.
#[track_caller]
pub(crate) fn names(answers: &[Value], vendor: Vendor) -> Vec<String> {
    let names: Vec<String> = answers
        .iter()
        .flat_map(|answer| texts(&answer["certificates"], provider(vendor).identifier()))
        .collect();
    let mut seen = HashSet::new();
    let twice: Vec<&String> = names
        .iter()
        .filter(|name| !seen.insert(name.as_str()))
        .collect();
    assert!(
        twice.is_empty(),
        "{vendor:?}: {} come twice: {:?}",
        twice.len(),
        twice.first()
    );
    names
}

/// Whether one of these answers says that the list has changed.
pub(crate) fn is_reported(answers: &[Value]) -> bool {
    answers.iter().any(|answer| answer["consistent"] == false)
}

/// Number of calls to each action.
fn counted(simulator: &Simulator) -> Vec<(String, usize)> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for call in simulator.calls() {
        match counted
            .iter_mut()
            .find(|(action, _)| *action == call.action)
        {
            Some((_, count)) => *count += 1,
            None => counted.push((call.action, 1)),
        }
    }
    counted
}

/// Vendor, certificates, limit of an answer, calls by action.
async fn assert_whole(
    vendor: Vendor,
    simulator: &Simulator,
    limit: usize,
    expected: &[(&str, usize)],
) {
    simulator.reset_numbers();
    let mut function = function("describe", simulator).await;
    let answers = followed(&mut function, request(vendor, &json!({ "limit": limit }))).await;
    let held = held(simulator, vendor);
    assert!(
        answers
            .iter()
            .all(|answer| answer["certificates"].as_array().unwrap().len() <= limit),
        "{vendor:?} {limit}"
    );
    let names = names(&answers, vendor);
    assert_eq!(names.len(), held.len(), "{vendor:?} {limit}");
    assert!(
        names.iter().all(|name| held.contains(name)),
        "{vendor:?} {limit}"
    );
    assert!(
        !is_reported(&answers),
        "{vendor:?} {limit}: nothing has changed"
    );
    // Alibaba's broker tells the length of a list only where it begins and where it ends.
    let is_known = |answer: &Value| answer["consistent"] == true;
    assert!(
        vendor == Vendor::AlibabaMqtt || answers.iter().all(is_known),
        "{vendor:?} {limit}"
    );
    assert!(is_known(answers.last().unwrap()), "{vendor:?} {limit}");
    let expected: Vec<(String, usize)> = expected
        .iter()
        .map(|(action, count)| ((*action).to_owned(), *count))
        .collect();
    assert_eq!(counted(simulator), expected, "{vendor:?} {limit}");
}

#[tokio::test]
async fn tencents_are_all_listed_once_in_a_hundred_calls() {
    let simulator = simulator(at(Vendor::TencentMqtt, MANY)).await;
    assert_whole(
        Vendor::TencentMqtt,
        &simulator,
        MANY,
        &[("DescribeDeviceCertificates", 100)],
    )
    .await;
    // Ten answers of 999 take ten pages each, and the last one of ten certificates takes one.
    assert_whole(
        Vendor::TencentMqtt,
        &simulator,
        999,
        &[("DescribeDeviceCertificates", 101)],
    )
    .await;
}

#[tokio::test]
async fn alibabas_are_all_listed_once_in_a_hundred_calls_and_three() {
    let simulator = simulator(at(Vendor::AlibabaMqtt, MANY)).await;
    // A hundred full pages, an empty one that shows the end, and the length of the list at its
    // beginning and end.
    assert_whole(
        Vendor::AlibabaMqtt,
        &simulator,
        MANY,
        &[("ListDeviceCertificate", 103)],
    )
    .await;
    // A page on which an answer ends is read again for the next one: after each of the first ten.
    assert_whole(
        Vendor::AlibabaMqtt,
        &simulator,
        999,
        &[("ListDeviceCertificate", 113)],
    )
    .await;
}

#[tokio::test]
async fn those_of_the_private_ca_are_all_listed_once_in_a_hundred_calls() {
    let simulator = simulator(at(Vendor::AlibabaCas, MANY)).await;
    assert_whole(
        Vendor::AlibabaCas,
        &simulator,
        MANY,
        &[("ListClientCertificate", 100)],
    )
    .await;
    assert_whole(
        Vendor::AlibabaCas,
        &simulator,
        999,
        &[("ListClientCertificate", 110)],
    )
    .await;
}

#[tokio::test]
async fn awss_are_all_listed_once_and_each_is_described_once() {
    let many = simulator(at(Vendor::AwsIot, MANY)).await;
    assert_whole(
        Vendor::AwsIot,
        &many,
        MANY,
        &[("ListCertificates", 100), ("DescribeCertificate", MANY)],
    )
    .await;
    // In smaller answers, of a smaller fleet for the sake of time: 130 take two pages, fifteen
    // times, and then 50 take one.
    let fewer = simulator(at(Vendor::AwsIot, 2_000)).await;
    assert_whole(
        Vendor::AwsIot,
        &fewer,
        130,
        &[("ListCertificates", 31), ("DescribeCertificate", 2_000)],
    )
    .await;
}
