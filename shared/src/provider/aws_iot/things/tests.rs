//! Lists of names: all pages, and pages that cannot be read.

use serde_json::json;

use super::super::tests::failed;
use super::*;
use crate::error::ErrorCode;
use crate::testing::network::{Network, ok, path_and_query};
use crate::testing::{Bench, target};

async fn things(network: &Network) -> Result<Vec<String>, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    Ok(provider.things_of("arn:aws:iot:x:1:cert/ab").await?)
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read() {
    let fifty: Vec<String> = (0..50).map(|number| format!("thing-{number}")).collect();
    let network = Network::queue([
        ok(&json!({"things": fifty[..20], "nextToken": "a/+="})),
        ok(&json!({"things": [], "nextToken": "b"})),
        ok(&json!({"things": fifty[20..], "nextToken": null})),
    ]);
    assert_eq!(things(&network).await.unwrap(), fifty);
    assert_eq!(
        network.each(|sent| path_and_query(&sent.request).to_owned()),
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
}

#[tokio::test(start_paused = true)]
async fn the_control_plane_throttles_in_its_own_way_and_is_called_again() {
    let network = Network::queue([
        failed(400, "ThrottlingException"),
        ok(&json!({"things": ["a"]})),
    ]);
    assert_eq!(things(&network).await.unwrap(), ["a"]);
}
