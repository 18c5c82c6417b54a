//! Things of a certificate and certificates of things: all pages, and answers that cannot be read.

use serde_json::{Value, json};

use super::super::tests::{arn, failed, id};
use super::*;
use crate::error::ErrorCode;
use crate::model::{ProviderRecord, Timestamp};
use crate::testing::network::{Network, ok, path_and_query};
use crate::testing::{Bench, target};

const COGNITO: &str = "eu-west-1:5d2f9a3c-0000-4000-8000-000000000001";

fn certificate() -> Certificate {
    let record = ProviderRecord {
        arn: Some(arn(id(1).as_str())),
        ..ProviderRecord::default()
    };
    record.into_certificate(Timestamp::from_epoch_milliseconds(0).unwrap(), false)
}

async fn things(network: &Network) -> Result<Vec<String>, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    provider.things_of(&certificate()).await
}

/// The numbers of the certificates of these things, each with the names of its things.
async fn certificates(
    network: &Network,
    names: &[&str],
) -> Result<Vec<(usize, Vec<String>)>, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let things_of = provider.certificates_of(&names).await?;
    let number = |id: &Fingerprint| usize::from_str_radix(id.as_str(), 16).unwrap();
    Ok(things_of
        .into_iter()
        .map(|(id, names)| (number(&id), names))
        .collect())
}

fn principals(principals: &[String]) -> Value {
    json!({ "principals": principals })
}

fn paths(network: &Network) -> Vec<String> {
    network.each(|sent| path_and_query(&sent.request).to_owned())
}

#[tokio::test(start_paused = true)]
async fn every_page_of_fifty_things_is_read() {
    let fifty: Vec<String> = (0..50).map(|number| format!("thing-{number}")).collect();
    let network = Network::queue([
        ok(&json!({"things": fifty[..20], "nextToken": "a/+="})),
        ok(&json!({"things": [], "nextToken": "b"})),
        ok(&json!({"things": fifty[20..], "nextToken": null})),
    ]);
    assert_eq!(things(&network).await.unwrap(), fifty);
    assert_eq!(
        paths(&network),
        [
            "/principals/things?maxResults=250",
            "/principals/things?maxResults=250&nextToken=a%2F%2B%3D",
            "/principals/things?maxResults=250&nextToken=b"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_with_a_part_that_cannot_be_read_is_no_list() {
    for body in [
        json!({}),
        json!({"things": null}),
        json!({"things": ["a", 7]}),
        json!({"things": ["a", ""]}),
        json!({"things": ["a", "b\u{fffd}"]}),
        json!({"things": ["a"], "nextToken": {}}),
        // For ever the same page.
        json!({"things": ["a"], "nextToken": "b"}),
    ] {
        let shown = body.to_string();
        let network = Network::new(move |_| ok(&body));
        let error = things(&network).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::ProviderInvalidResponse, "{shown}");
    }
    // A list of something that is gone is empty, but not its second page alone.
    let gone = || failed(404, "ResourceNotFoundException");
    assert_eq!(things(&Network::queue([gone()])).await.unwrap(), [""; 0]);
    let network = Network::queue([ok(&json!({"things": ["a"], "nextToken": "b"})), gone()]);
    assert_eq!(
        things(&network).await.unwrap_err().code,
        ErrorCode::NotFound
    );
}

#[tokio::test(start_paused = true)]
async fn the_control_plane_throttles_in_its_own_way_and_is_called_again() {
    let network = Network::queue([
        failed(400, "ThrottlingException"),
        ok(&json!({"things": ["a"]})),
    ]);
    assert_eq!(things(&network).await.unwrap(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn the_principals_of_a_thing_that_are_certificates_are_its_certificates() {
    let of_number = |number: usize| arn(id(number).as_str());
    let fifty: Vec<String> = (1..=50).map(of_number).collect();
    let others = [
        COGNITO.to_owned(),
        "arn:aws:iam::123456789012:user/admin".to_owned(),
    ];
    let first = [&others[..], &fifty[..10]].concat();
    let network = Network::queue([
        ok(&json!({"principals": first, "nextToken": "a"})),
        ok(&principals(&fifty[10..])),
    ]);
    let found = certificates(&network, &["a:b"]).await.unwrap();
    let expected: Vec<_> = (1..=50)
        .map(|number| (number, vec!["a:b".to_owned()]))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(
        paths(&network),
        [
            "/things/a%3Ab/principals?maxResults=250",
            "/things/a%3Ab/principals?maxResults=250&nextToken=a"
        ]
    );
    let damaged = principals(&[of_number(1), format!("{}0", of_number(2))]);
    let error = certificates(&Network::new(move |_| ok(&damaged)), &["a"])
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::ProviderInvalidResponse);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_several_things_is_one_certificate() {
    let network = Network::new(|request| {
        let of: &[usize] = match path_and_query(request) {
            path if path.starts_with("/things/a/") => &[3, 1, 3],
            path if path.starts_with("/things/b/") => &[1],
            _ => return failed(404, "ResourceNotFoundException"),
        };
        let of: Vec<String> = of.iter().map(|number| arn(id(*number).as_str())).collect();
        ok(&principals(&of))
    });
    let found = certificates(&network, &["b", "a", "b", "none"]).await;
    let expected = [
        (1, vec!["a".to_owned(), "b".to_owned()]),
        (3, vec!["a".to_owned()]),
    ];
    assert_eq!(found.unwrap(), expected);
    assert_eq!(network.sent().len(), 3, "each thing is asked about once");
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_no_name_of_a_thing_matches_none_without_a_call() {
    let long = "a".repeat(129);
    let odd = [
        "", "a/b", "..", "a*", "$a", "a b", "ü", "a.b", "a%2Fb", &long,
    ];
    let network = Network::queue([]);
    assert_eq!(certificates(&network, &odd).await.unwrap(), []);
    let longest = "a".repeat(128);
    let network = Network::queue([ok(&principals(&[arn(id(1).as_str())]))]);
    let found = certificates(&network, &[&longest, "a?"]).await.unwrap();
    assert_eq!(found, [(1, vec![longest])]);
}

#[tokio::test(start_paused = true)]
async fn a_list_without_an_end_is_left() {
    let page = std::cell::Cell::new(0);
    let network = Network::new(move |_| {
        page.set(page.get() + 1);
        let names: Vec<String> = (0..250)
            .map(|name| format!("{}-{name}", page.get()))
            .collect();
        ok(&json!({"things": names, "nextToken": page.get().to_string()}))
    });
    let error = things(&network).await.unwrap_err();
    assert_eq!(
        (error.code, error.concerns, network.sent().len()),
        (ErrorCode::ProviderRejected, Concerns::Parameters, 3)
    );
}
