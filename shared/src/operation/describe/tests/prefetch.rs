//! Prefetched pages: the same answer, sooner.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use tokio::time::Instant;

use super::fleet::{Fleet, Listed, collect, follow};
use super::*;
use crate::model::ProviderName::{self, AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::provider::ListLength::{self, Known, Unknown};
use crate::request;
use crate::testing::clouds::{Clouds, Device, source};
use crate::testing::{Bench, TWENTY_CALLS_A_SECOND};

/// The time and the number of calls for a whole list, at 20 calls a second and with this delay of
/// each answer.
async fn read(
    provider: ProviderName,
    instance: &'static str,
    count: usize,
    answer_after: u64,
) -> (Duration, usize) {
    let devices = (1..=count).map(|number| {
        Device::new(
            provider,
            instance,
            format!("{number:x}"),
            i64::try_from(number).unwrap(),
        )
    });
    let network = Clouds::of(devices)
        .network()
        .delayed(Duration::from_millis(answer_after));
    let bench = Bench::with(&network, &TWENTY_CALLS_A_SECOND);
    let mut parameters = source(provider, instance);
    parameters["limit"] = json!(10_000);
    let begun = Instant::now();
    let request = request::parse(&parameters.to_string()).unwrap();
    let answer = serde_json::to_value(
        Describe::perform(&bench.context(), request, PLENTY)
            .await
            .unwrap(),
    )
    .unwrap();
    let listed: std::collections::HashSet<&str> = answer["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["provider_serial_number"].as_str())
        .collect();
    assert!(
        listed.len() == count || provider == AwsIot,
        "{provider}: {} of {count}",
        listed.len()
    );
    assert_eq!(
        (&answer["next_cursor"], &answer["consistent"]),
        (&json!(null), &json!(true)),
        "{provider}"
    );
    (begun.elapsed(), network.sent().len())
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_paged_by_number_is_read_as_fast_as_the_limit_allows() {
    for (provider, instance, calls) in [
        (TencentMqtt, "mqtt-1", 25),
        (AlibabaMqtt, "post-cn-1", 28),
        (AlibabaPca, "", 25),
    ] {
        let (took, made) = read(provider, instance, 2_500, 300).await;
        assert_eq!(
            made, calls,
            "{provider}: one call for a hundred certificates, and the calls that read the length where pages lack it"
        );
        // Each call beyond the burst waits for its interval of 50 ms. The delays of the first and the
        // last answer, and of those with the length, come in addition.
        let turns = Duration::from_millis(50 * u64::try_from(calls).unwrap());
        assert!(
            took <= turns + Duration::from_millis(1_400),
            "{provider} took {took:?}"
        );
        assert!(
            took >= turns - Duration::from_millis(100),
            "{provider} took {took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn certificates_of_a_list_that_is_paged_by_markers_are_read_side_by_side() {
    let (took, calls) = read(AwsIot, "", 30, 300).await;
    // Each page has three ids.
    assert_eq!(calls, 10 + 30);
    assert!(
        took <= Duration::from_millis(10 * (50 + 300 + 3 * 50 + 300)),
        "{took:?}"
    );
}

#[tokio::test]
async fn no_page_is_fetched_beyond_the_limit() {
    for (limit, calls) in [
        (1, 1),
        (100, 1),
        (101, 2),
        (250, 3),
        (900, 9),
        (1_000, 10),
        (5_000, 10),
    ] {
        for exact in [true, false] {
            let fleet = Fleet {
                is_limited: true,
                exact,
                ..Fleet::new(1_000)
            };
            let listed = collect(&fleet, &Filter::default(), limit, PLENTY, None)
                .await
                .unwrap();
            assert_eq!(
                (listed.certificates.len(), fleet.calls()),
                (limit.min(1_000), calls),
                "{limit}, {exact}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_that_gets_shorter_continues_where_its_page_ends() {
    // The second page shows that the list ends before the prefetched pages; the third page is at the
    // predicted position.
    let lengths: Vec<ListLength> = [Known(1_000), Known(250)]
        .into_iter()
        .chain([Known(250); 20])
        .collect();
    let fleet = Fleet {
        is_limited: true,
        page_size: 100,
        lengths,
        ..Fleet::new(250)
    };
    let listed = collect(&fleet, &Filter::default(), 1_000, PLENTY, None)
        .await
        .unwrap();
    assert_eq!(
        (listed.certificates.len(), listed.consistent, listed.rest),
        (250, Some(false), None)
    );
}

/// A vendor that shows fewer certificates on a page than requested begins its pages at other
/// positions than predicted.
#[tokio::test(start_paused = true)]
async fn pages_at_other_positions_than_predicted_are_read_one_after_another() {
    let pages = |request: &crate::transport::HttpRequest| {
        let parameters: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let begin = parameters["Offset"].as_u64().unwrap();
        let row = |number: u64| json!({"DeviceCertificateSn": format!("{:x}", number + 1), "Status": "ACTIVE"});
        let rows: Vec<_> = (begin..(begin + 60).min(600)).map(row).collect();
        crate::testing::network::ok(&json!({"Response": {"TotalCount": 600, "Data": rows}}))
    };
    let network = crate::testing::network::Network::new(pages).delayed(Duration::from_millis(300));
    let bench = Bench::with(&network, &TWENTY_CALLS_A_SECOND);
    let mut parameters = source(TencentMqtt, "mqtt-1");
    parameters["limit"] = json!(10_000);
    let request = request::parse(&parameters.to_string()).unwrap();
    let answer = serde_json::to_value(
        Describe::perform(&bench.context(), request, PLENTY)
            .await
            .unwrap(),
    )
    .unwrap();
    assert_eq!(
        (
            answer["certificates"].as_array().unwrap().len(),
            &answer["consistent"]
        ),
        (600, &json!(true))
    );
    assert_eq!(
        network.sent().len(),
        10 + 5,
        "the pages that were fetched in vain, once"
    );
}

proptest! {
    #[test]
    fn the_answer_does_not_depend_on_prefetching(
        count in 0..150_usize, page_size in 1..40_usize, limit in proptest::option::of(1..200_usize), bytes in 500..200_000_usize,
        exact: bool, aligned: bool, gaps in 0..3_usize, some_unknown: bool, every_third: bool,
    ) {
        // A provider that applies the filter has no gaps, and its pages begin at the requested
        // position.
        let (gaps, aligned) = if exact { (0, false) } else { (gaps, aligned) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = |is_limited| {
            let length = Known(u64::try_from(count * (gaps + 1)).unwrap());
            let lengths = if some_unknown { vec![length, Unknown] } else { vec![length] };
            let fleet = Fleet { is_limited, page_size, exact, aligned, gaps, lengths, ..Fleet::new(count) };
            let clients = if every_third { (0..count).step_by(3).map(|number| format!("client-{number}")).collect() } else { Vec::new() };
            let filter = Filter { client_ids: clients, ..Filter::default() };
            let listed = runtime.block_on(follow(&fleet, &filter, limit, AnswerBudget { bytes, escaped: false }));
            let clients: Vec<String> = listed.iter().flat_map(Listed::clients).map(str::to_owned).collect();
            let counted: u64 = listed.iter().map(|listed| listed.counts.certificates).sum();
            let consistent: Vec<Option<bool>> = listed.iter().map(|listed| listed.consistent).collect();
            // A page may be cut at another certificate when more was wanted, so the answers may differ;
            // their sum may not.
            ((clients, counted, consistent.contains(&Some(false))), fleet.calls(), listed.len())
        };
        let ((one_by_one, calls, _), (ahead, calls_ahead, answers)) = (read(false), read(true));
        prop_assert_eq!(&one_by_one, &ahead);
        prop_assert_eq!(one_by_one.2, false);
        prop_assert!(calls_ahead <= calls + 8 * answers, "{} calls in place of {}", calls_ahead, calls);
    }
}
