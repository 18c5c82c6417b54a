//! Pages that are asked for side by side: the same answer, sooner.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use tokio::time::Instant;

use super::fleet::{Fleet, Told, collect, follow};
use super::*;
use crate::model::ProviderName::{self, AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::provider::ListLength::{self, Known, Untold};
use crate::request;
use crate::testing::clouds::{Clouds, Device, source};
use crate::testing::{Bench, TWENTY_CALLS_A_SECOND};

/// The time and the calls that a whole list takes, at 20 calls a second and with so much time for
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
    let mut asked = source(provider, instance);
    asked["limit"] = json!(10_000);
    let begun = Instant::now();
    let request = request::parse(&asked.to_string()).unwrap();
    let answer = serde_json::to_value(
        Describe::perform(&bench.context(), request, PLENTY)
            .await
            .unwrap(),
    )
    .unwrap();
    let told: std::collections::HashSet<&str> = answer["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["provider_serial_number"].as_str())
        .collect();
    assert!(
        told.len() == count || provider == AwsIot,
        "{provider}: {} of {count}",
        told.len()
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
            "{provider}: one for a hundred, and where its pages do not tell the length, those that ask for it"
        );
        // Each call but those of a burst waits for its turn of 50 ms; beside that, the first answer
        // is waited for, the last one, and those that tell the length.
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
    // Pages of three ids, one after another.
    assert_eq!(calls, 10 + 30);
    assert!(
        took <= Duration::from_millis(10 * (50 + 300 + 3 * 50 + 300)),
        "{took:?}"
    );
}

#[tokio::test]
async fn no_page_is_asked_for_beyond_the_limit() {
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
            let told = collect(&fleet, &Filter::default(), limit, PLENTY, None)
                .await
                .unwrap();
            assert_eq!(
                (told.certificates.len(), fleet.calls()),
                (limit.min(1_000), calls),
                "{limit}, {exact}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_that_gets_shorter_is_read_on_where_its_page_ends() {
    // The second page says that the list ends before the pages that were asked for, and the third
    // is where it was thought to be.
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
    let told = collect(&fleet, &Filter::default(), 1_000, PLENTY, None)
        .await
        .unwrap();
    assert_eq!(
        (told.certificates.len(), told.consistent, told.rest),
        (250, Some(false), None)
    );
}

/// A vendor that shows fewer certificates on a page than were asked for, and so begins its pages
/// elsewhere than was thought.
#[tokio::test(start_paused = true)]
async fn when_pages_begin_elsewhere_than_was_thought_they_are_read_one_after_another() {
    let pages = |request: &crate::transport::HttpRequest| {
        let asked: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let begin = asked["Offset"].as_u64().unwrap();
        let row = |number: u64| json!({"DeviceCertificateSn": format!("{:x}", number + 1), "Status": "ACTIVE"});
        let rows: Vec<_> = (begin..(begin + 60).min(600)).map(row).collect();
        crate::testing::network::ok(&json!({"Response": {"TotalCount": 600, "Data": rows}}))
    };
    let network = crate::testing::network::Network::new(pages).delayed(Duration::from_millis(300));
    let bench = Bench::with(&network, &TWENTY_CALLS_A_SECOND);
    let mut asked = source(TencentMqtt, "mqtt-1");
    asked["limit"] = json!(10_000);
    let request = request::parse(&asked.to_string()).unwrap();
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
        "those that were asked for in vain, once"
    );
}

proptest! {
    #[test]
    fn what_is_told_does_not_depend_on_what_was_asked_ahead(
        count in 0..150_usize, page_size in 1..40_usize, limit in proptest::option::of(1..200_usize), bytes in 500..200_000_usize,
        exact: bool, aligned: bool, gaps in 0..3_usize, some_untold: bool, every_third: bool,
    ) {
        // A provider that keeps to what is wanted has no gaps, and a page of it begins where it was
        // asked for.
        let (gaps, aligned) = if exact { (0, false) } else { (gaps, aligned) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = |is_limited| {
            let length = Known(u64::try_from(count * (gaps + 1)).unwrap());
            let lengths = if some_untold { vec![length, Untold] } else { vec![length] };
            let fleet = Fleet { is_limited, page_size, exact, aligned, gaps, lengths, ..Fleet::new(count) };
            let clients = if every_third { (0..count).step_by(3).map(|number| format!("client-{number}")).collect() } else { Vec::new() };
            let filter = Filter { client_ids: clients, ..Filter::default() };
            let told = runtime.block_on(follow(&fleet, &filter, limit, AnswerBudget { bytes, escaped: false }));
            let clients: Vec<String> = told.iter().flat_map(Told::clients).map(str::to_owned).collect();
            let counted: u64 = told.iter().map(|told| told.counts.certificates).sum();
            let consistent: Vec<Option<bool>> = told.iter().map(|told| told.consistent).collect();
            // A page may be cut elsewhere when more of it was wanted, so that the parts may differ;
            // their sum may not.
            ((clients, counted, consistent.contains(&Some(false))), fleet.calls(), told.len())
        };
        let ((one_by_one, calls, _), (ahead, calls_ahead, answers)) = (read(false), read(true));
        prop_assert_eq!(&one_by_one, &ahead);
        prop_assert_eq!(one_by_one.2, false);
        prop_assert!(calls_ahead <= calls + 8 * answers, "{} calls in place of {}", calls_ahead, calls);
    }
}
