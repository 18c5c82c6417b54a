//! Pages, positions, totals, and several values of one filter.

mod alternatives;
mod rows;
mod totals;

use serde_json::{Value, json};

use super::super::tests::{clients, page, page_of, refused, vendor};
use super::super::wire::STATUS_NAMES;
use super::*;
use crate::error::ErrorCode;
use crate::model::SerialNumber;
use crate::request::{Filter as Wanted, OrderBy};
use crate::testing::network::{Network, answer, ok, recorded};
use crate::testing::{Bench, target};

#[tokio::test(start_paused = true)]
async fn a_page_has_as_many_certificates_as_wanted_and_the_vendor_allows() {
    for (wanted, limit) in [
        (1, 1),
        (99, 99),
        (100, 100),
        (101, 100),
        (10_000, 100),
        (0, 1),
    ] {
        let network = vendor(0);
        page(&network, &Wanted::default(), None, wanted)
            .await
            .unwrap();
        assert_eq!(network.sent()[0].body()["Limit"], limit, "{wanted}");
    }
    let network = vendor(0);
    page(
        &network,
        &Wanted {
            expires_within_days: Some(30),
            ..Wanted::default()
        },
        None,
        1,
    )
    .await
    .unwrap();
    assert_eq!(
        network.sent()[0].body()["Limit"],
        100,
        "what is filtered here is read in whole pages"
    );
}

#[tokio::test(start_paused = true)]
async fn pages_lead_to_the_last_certificate_and_no_further() {
    for (position, next, count) in [
        (None, Some("100"), 100),
        (Some("100"), Some("200"), 100),
        (Some("200"), None, 50),
        (Some("250"), None, 0),
    ] {
        let page = page(&vendor(250), &Wanted::default(), position, 100)
            .await
            .unwrap();
        assert_eq!(
            (page.next.as_deref(), page.certificates.len()),
            (next, count),
            "{position:?}"
        );
        assert_eq!(
            (page.total_count, page.list_length),
            (Some(250), ListLength::Known(250))
        );
        assert_eq!(page.request_ids, crate::testing::ids(["id-1"]));
    }
    let exact = page(&vendor(100), &Wanted::default(), None, 100)
        .await
        .unwrap();
    assert_eq!(exact.next, None);
}

#[tokio::test(start_paused = true)]
async fn the_total_is_known_only_where_the_vendor_applies_the_whole_filter() {
    let window = Wanted {
        expires_within_days: Some(30),
        ..clients(&["a"])
    };
    assert_eq!(
        page(&vendor(3), &window, None, 10)
            .await
            .unwrap()
            .total_count,
        None
    );
    assert_eq!(
        page(&vendor(3), &clients(&["a"]), None, 10)
            .await
            .unwrap()
            .total_count,
        Some(3)
    );
}

#[tokio::test(start_paused = true)]
async fn positions_count_certificates() {
    let network = vendor(0);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    for (position, offsets, expected) in [
        ("0", 1, "1"),
        ("0", 100, "100"),
        ("100", 1, "101"),
        ("7", 3, "10"),
        ("~7", 3, "~10"),
        ("7", 0, "7"),
    ] {
        assert_eq!(
            provider.position_after(position, offsets).unwrap(),
            expected
        );
    }
    let filter = Wanted::default();
    for damaged in [
        "",
        "~",
        "~~1",
        "-1",
        "x",
        "1.5",
        " 1",
        "99999999999999999999",
    ] {
        assert_eq!(
            provider
                .position_after(damaged, 0)
                .unwrap_err()
                .field
                .as_deref(),
            Some("cursor"),
            "{damaged:?}"
        );
        assert_eq!(
            page(&network, &filter, Some(damaged), 1)
                .await
                .unwrap_err()
                .code,
            ErrorCode::InvalidRequest,
            "{damaged:?}"
        );
    }
    assert_eq!(network.sent().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_first_page_that_hides_its_certificates_is_not_an_answer() {
    for body in [
        json!({"Response": {"TotalCount": 3, "Data": [], "RequestId": "id-1"}}),
        json!({"Response": {"TotalCount": 3, "RequestId": "id-1"}}),
        json!({"Response": {"TotalCount": 0, "Data": {}, "RequestId": "id-1"}}),
        json!({"Response": {"RequestId": "id-1"}}),
        json!({"Response": {"Data": null, "RequestId": "id-1"}}),
    ] {
        let error = page(
            &Network::new(move |_| ok(&body)),
            &Wanted::default(),
            None,
            10,
        )
        .await
        .unwrap_err();
        assert_eq!(error.code, ErrorCode::ProviderInvalidResponse);
    }
    let nothing = json!({"Response": {"TotalCount": 0, "Data": null, "RequestId": "id-1"}});
    assert_eq!(
        page(
            &Network::queue([ok(&nothing)]),
            &Wanted::default(),
            None,
            10
        )
        .await
        .unwrap()
        .total_count,
        Some(0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_total_that_may_count_other_certificates_is_not_used() {
    // A vendor that matches texts in part counts 250 where one is wanted.
    assert_eq!(
        page(&vendor(250), &clients(&["a"]), None, 1)
            .await
            .unwrap()
            .total_count,
        None
    );
    let by_status = Wanted {
        statuses: vec![LifecycleStatus::Active],
        ..Wanted::default()
    };
    assert_eq!(
        page(&vendor(250), &by_status, None, 1)
            .await
            .unwrap()
            .total_count,
        Some(250)
    );
}

#[tokio::test(start_paused = true)]
async fn every_certificate_has_its_offset_on_the_page() {
    let page = page(&vendor(250), &Wanted::default(), Some("200"), 100)
        .await
        .unwrap();
    let offsets: Vec<(usize, &str)> = page
        .certificates
        .iter()
        .map(|it| {
            (
                it.offset,
                it.certificate.serial_number.as_ref().unwrap().as_str(),
            )
        })
        .collect();
    assert_eq!((page.position.as_str(), offsets.len()), ("200", 50));
    assert_eq!((offsets[0], offsets[49]), ((1, "c9"), (50, "fa")));
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_is_not_supported_is_refused_by_its_name() {
    let network = vendor(0);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    let good = Wanted {
        statuses: vec![LifecycleStatus::Good],
        ..Wanted::default()
    };
    let error = provider
        .capabilities()
        .check(&good, None, true)
        .unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::Unsupported, Some("filter.statuses"))
    );
    assert!(error.detail.contains("active"), "{}", error.detail);
    let all = Wanted {
        serial_numbers: vec![SerialNumber::parse("0a").unwrap()],
        ca_serial_numbers: vec![SerialNumber::parse("0b").unwrap()],
        common_names: vec!["c".to_owned()],
        organizational_units: vec!["d".to_owned()],
        statuses: vec![LifecycleStatus::Active, LifecycleStatus::Good],
        ..clients(&["a"])
    };
    for order in OrderBy::ALL {
        provider
            .capabilities()
            .check(&all, Some(order), true)
            .unwrap();
    }
    assert_eq!(
        provider.capabilities().order(None),
        Some(SortOrder::CreatedDesc)
    );
}
