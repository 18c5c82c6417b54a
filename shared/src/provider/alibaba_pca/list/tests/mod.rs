//! Pages, also of a vendor whose pages are smaller than requested.

mod forms;
mod page_sizes;
mod unusable_rows;

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorCode;
use crate::request::{Filter, OrderBy};
use crate::testing::network::{Answer, Network, ok, parameter, recorded, url};
use crate::testing::{Bench, target};

/// The page size that a vendor states.
#[derive(Clone, Copy)]
enum Says {
    /// The size that it gives.
    PageSize,
    /// The requested size.
    Requested,
    /// Nothing.
    Nothing,
}

/// A vendor with so many certificates, `01` being the first, that gives at most so many a page.
fn vendor(count: usize, most: usize, says: Says) -> Network {
    Network::new(move |request| page_of(count, most, says, &url(request)))
}

fn page_of(count: usize, most: usize, says: Says, url: &str) -> Answer {
    let number = |name: &str| -> usize {
        let (_, rest) = url.split_once(&format!("{name}=")).unwrap();
        rest.split('&').next().unwrap().parse().unwrap()
    };
    let (page, requested) = (number("CurrentPage"), number("ShowSize"));
    let size = requested.min(most);
    let rows: Vec<Value> = (1..=count)
        .skip((page - 1) * size)
        .take(size)
        .map(|number| json!({"SerialNumber": format!("{number:04x}"), "Status": "ISSUE"}))
        .collect();
    let shown = match says {
        Says::PageSize => json!(size),
        Says::Requested => json!(requested),
        Says::Nothing => json!(null),
    };
    ok(
        &json!({"RequestId": "id-1", "CertificateList": rows, "CurrentPage": page, "ShowSize": shown, "TotalCount": count}),
    )
}

async fn page_with(
    network: &Network,
    query: &ListQuery<'_>,
    position: Option<&str>,
) -> Result<Page, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    AlibabaPca::new(&context, target(API.provider))
        .unwrap()
        .page(query, position, 10)
        .await
}

async fn page(network: &Network, filter: &Filter, position: Option<&str>) -> Result<Page, Error> {
    page_with(
        network,
        &ListQuery {
            filter,
            order: None,
            include_pem: false,
            include_clients: false,
            details: true,
        },
        position,
    )
    .await
}

/// Every number of the list, read to its end.
async fn whole(network: &Network, mut position: Option<String>) -> Vec<u64> {
    let mut numbers = Vec::new();
    loop {
        let page = page(network, &Filter::default(), position.as_deref())
            .await
            .unwrap();
        let number = |entry: Entry| {
            u64::from_str_radix(entry.certificate.serial_number.unwrap().as_str(), 16).unwrap()
        };
        numbers.extend(page.certificates.into_iter().map(number));
        match page.next {
            Some(next) => position = Some(next),
            None => return numbers,
        }
    }
}

/// Number and size of each requested page.
fn requested(network: &Network) -> Vec<String> {
    network.each(|sent| {
        format!(
            "{}x{}",
            sent.parameter("CurrentPage").unwrap(),
            sent.parameter("ShowSize").unwrap()
        )
    })
}

#[tokio::test(start_paused = true)]
async fn a_call_has_the_documented_form() {
    let network = vendor(1, 100, Says::PageSize);
    page(&network, &Filter::default(), None).await.unwrap();
    let sent = network.sent();
    assert_eq!(
        (
            sent[0].request.method().clone(),
            sent[0].header("x-acs-action")
        ),
        (Method::POST, Some("ListClientCertificate"))
    );
    assert_eq!(sent[0].header("x-acs-version"), Some("2020-06-30"));
    assert_eq!(
        sent[0].url(),
        "https://cas.aliyuncs.com/?CurrentPage=1&ShowSize=100"
    );
    assert!(sent[0].request.body().is_empty());
}

#[tokio::test(start_paused = true)]
async fn pages_lead_to_the_last_certificate_and_no_further() {
    for (count, position, expected, next) in [
        (0, None, 0, None),
        (99, None, 99, None),
        (100, None, 100, None),
        (101, None, 100, Some("100x100")),
        (250, Some("100x100"), 100, Some("100x200")),
        (250, Some("100x200"), 50, None),
        (200, Some("100x200"), 0, None),
        (250, Some("100x130"), 70, Some("100x200")),
        (250, Some("20x30"), 10, Some("20x40")),
    ] {
        let page = page(
            &vendor(count, 100, Says::PageSize),
            &Filter::default(),
            position,
        )
        .await
        .unwrap();
        assert_eq!(
            (page.certificates.len(), page.next.as_deref()),
            (expected, next),
            "{count} from {position:?}"
        );
        assert_eq!(
            (page.total_count, page.list_length),
            (Some(count as u64), ListLength::Known(count as u64))
        );
        assert_eq!(
            (page.position.as_str(), page.request_ids),
            (
                position.unwrap_or("100x0"),
                crate::testing::ids(["id-1"]).to_vec()
            )
        );
    }
}

/// A page with so many certificates.
fn rows(count: usize, total: &Value) -> Answer {
    let rows: Vec<Value> = (1..=count)
        .map(|number| json!({"SerialNumber": format!("{number:04x}"), "Status": "ISSUE"}))
        .collect();
    ok(&json!({"RequestId": "id-1", "CertificateList": rows, "ShowSize": 100, "TotalCount": total}))
}

#[tokio::test(start_paused = true)]
async fn a_short_page_ends_a_list_only_where_the_total_does_not_say_more() {
    for (position, count, total, next) in [
        ("100x100", 60, json!(250), Some("100x160")),
        ("100x100", 60, json!(160), None),
        ("100x100", 60, json!(null), None),
        ("100x100", 100, json!(null), Some("100x200")),
        // A total below what was read is none.
        ("100x100", 100, json!(3), Some("100x200")),
        ("100x100", 60, json!(3), None),
        ("100x200", 0, json!(200), None),
        ("100x200", 0, json!(150), None),
        ("100x200", 0, json!(null), None),
    ] {
        let page = page(
            &Network::queue([rows(count, &total)]),
            &Filter::default(),
            Some(position),
        )
        .await
        .unwrap();
        assert_eq!(
            (page.certificates.len(), page.next.as_deref()),
            (count, next),
            "{position} of {total}"
        );
        let is_possible = |total: &u64| *total >= if count == 0 { 200 } else { 100 + count as u64 };
        assert_eq!(
            page.total_count,
            total.as_u64().filter(is_possible),
            "{position} of {total}"
        );
        let length = match (total.as_u64(), page.total_count) {
            (None, _) => ListLength::Unknown,
            (Some(_), None) => ListLength::Contradicted,
            (_, Some(total)) => ListLength::Known(total),
        };
        assert_eq!(page.list_length, length, "{position} of {total}");
    }
    // A page that holds nothing after the position does not end the list either.
    for (position, count) in [("100x0", 0), ("100x100", 0), ("100x160", 60)] {
        let network = Network::new(move |_| rows(count, &json!(250)));
        let error = page(&network, &Filter::default(), Some(position))
            .await
            .unwrap_err();
        assert_eq!(error.code, ErrorCode::ProviderInvalidResponse, "{position}");
    }
}

#[tokio::test(start_paused = true)]
async fn positions_count_certificates() {
    let network = vendor(0, 100, Says::PageSize);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaPca::new(&context, target(API.provider)).unwrap();
    for (position, offsets, expected) in [("100x0", 1, "100x1"), ("20x40", 20, "20x60")] {
        assert_eq!(
            provider.position_after(position, offsets).unwrap(),
            expected
        );
    }
    for damaged in [
        "",
        "x",
        "100",
        "100x",
        "x100",
        "0x0",
        "-1x0",
        "100x-1",
        "100x1x1",
        "100x99999999999999999999",
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
            page(&network, &Filter::default(), Some(damaged))
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
async fn the_total_is_known_only_without_a_filter() {
    let narrowed = Filter {
        common_names: vec!["a".to_owned()],
        ..Filter::default()
    };
    let window = Filter {
        expires_within_days: Some(30),
        ..Filter::default()
    };
    for filter in [narrowed, window] {
        let page = page(&vendor(3, 100, Says::PageSize), &filter, None)
            .await
            .unwrap();
        assert_eq!(
            (page.total_count, page.list_length),
            (None, ListLength::Known(3))
        );
    }
    let without_total = Network::queue([ok(&json!({"RequestId": "id-1", "CertificateList": []}))]);
    assert_eq!(
        page(&without_total, &Filter::default(), None)
            .await
            .unwrap()
            .list_length,
        ListLength::Unknown
    );
}

#[tokio::test(start_paused = true)]
async fn a_filter_or_order_that_is_not_supported_is_refused_by_its_name() {
    let network = Network::new(|request| panic!("{:?}", parameter(request, "ShowSize")));
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaPca::new(&context, target(API.provider)).unwrap();
    let client = Filter {
        client_ids: vec!["a".to_owned()],
        ..Filter::default()
    };
    let inactive = Filter {
        statuses: vec![LifecycleStatus::Inactive],
        ..Filter::default()
    };
    for (filter, order, field) in [
        (client, None, "filter.client_ids"),
        (inactive, None, "filter.statuses"),
        (Filter::default(), Some(OrderBy::CreatedDesc), "order_by"),
    ] {
        assert_eq!(
            provider
                .capabilities()
                .check(&filter, order, true)
                .unwrap_err()
                .field
                .as_deref(),
            Some(field)
        );
    }
}
