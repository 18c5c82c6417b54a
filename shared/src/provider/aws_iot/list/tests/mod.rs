//! Pages of ids, and the certificates behind them.

mod failures;
mod without_details;

use http::Method;
use serde_json::{Value, json};

use super::super::tests::{RECORDED, described, described_id, failed, id};
use super::*;
use crate::error::ErrorCode;
use crate::model::SerialNumber;
use crate::request::Filter;
use crate::testing::network::{
    Answer, Network, ok, parameter, path_and_query, recorded, url, with_header,
};
use crate::testing::{Bench, target};
use crate::transport::HttpRequest;

/// Ids with their status, number 1 being the first.
type Fleet = Vec<&'static str>;

fn active(count: usize) -> Fleet {
    vec!["ACTIVE"; count]
}

/// A vendor that lists this fleet. Its markers hold every character that has to be percent-encoded.
fn vendor(fleet: Fleet) -> Network {
    Network::new(move |request| answer(&fleet, request))
}

fn answer(fleet: &[&str], request: &HttpRequest) -> Answer {
    if let Some(requested) = described_id(request) {
        let number = usize::from_str_radix(requested, 16).unwrap();
        return described(requested, fleet[number - 1]);
    }
    let offset = parameter(request, "marker")
        .map_or(0, |marker| marker.trim_end_matches("+/==").parse().unwrap());
    let size: usize = parameter(request, "pageSize").unwrap().parse().unwrap();
    let end = fleet.len().min(offset + size);
    let row = |index: usize| json!({"certificateId": id(index + 1).as_str(), "status": fleet[index], "creationDate": 1_740_787_200.5});
    let rows: Vec<Value> = (offset..end).map(row).collect();
    let marker = (end < fleet.len()).then(|| format!("{end}+/=="));
    ids(&rows, marker.as_deref())
}

fn ids(rows: &[Value], marker: Option<&str>) -> Answer {
    with_header(
        ok(&json!({"certificates": rows, "nextMarker": marker})),
        "x-amzn-requestid",
        "id-list",
    )
}

async fn page_with(
    network: &Network,
    query: &ListQuery<'_>,
    position: Option<&str>,
    wanted: usize,
) -> Result<Page, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    AwsIot::new(&context, target(NAME))
        .unwrap()
        .page(query, position, wanted)
        .await
}

async fn page(
    network: &Network,
    filter: &Filter,
    position: Option<&str>,
    wanted: usize,
) -> Result<Page, Error> {
    page_with(
        network,
        &ListQuery {
            filter,
            order: None,
            include_pem: false,
            details: true,
        },
        position,
        wanted,
    )
    .await
}

/// Offset and number of each certificate on a page.
fn offsets(page: &Page) -> Vec<(usize, usize)> {
    let number = |entry: &Entry| {
        usize::from_str_radix(
            entry
                .certificate
                .fingerprint_sha256
                .as_ref()
                .unwrap()
                .as_str(),
            16,
        )
        .unwrap()
    };
    page.certificates
        .iter()
        .map(|entry| (entry.offset, number(entry)))
        .collect()
}

/// The paths of the calls that listed.
fn lists(network: &Network) -> Vec<String> {
    let lists = network.each(|sent| {
        described_id(&sent.request)
            .is_none()
            .then(|| path_and_query(&sent.request).to_owned())
    });
    lists.into_iter().flatten().collect()
}

/// The numbers of the certificates that were described.
fn describes(network: &Network) -> Vec<usize> {
    let numbers = network.each(|sent| {
        described_id(&sent.request).map(|requested| usize::from_str_radix(requested, 16).unwrap())
    });
    numbers.into_iter().flatten().collect()
}

fn in_status(statuses: &[LifecycleStatus]) -> Filter {
    Filter {
        statuses: statuses.to_vec(),
        ..Filter::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_is_ids_and_a_description_of_each() {
    let network = vendor(active(3));
    let page = page(&network, &Filter::default(), None, 10).await.unwrap();
    assert_eq!(
        (offsets(&page), page.next.as_deref(), page.position.as_str()),
        (vec![(1, 1), (2, 2), (3, 3)], None, "0.")
    );
    assert_eq!(
        (page.total_count, page.list_length),
        (None, ListLength::Irrelevant)
    );
    assert_eq!(page.request_ids, ["id-list"]);
    assert_eq!(
        lists(&network),
        ["/certificates?isAscendingOrder=false&pageSize=10"]
    );
    assert_eq!(describes(&network), [1, 2, 3]);
    assert!(
        network
            .sent()
            .iter()
            .all(|sent| sent.request.method() == Method::GET && sent.request.body().is_empty())
    );
}

#[tokio::test(start_paused = true)]
async fn pages_lead_to_the_last_certificate_by_markers_that_are_percent_encoded() {
    let network = vendor(active(5));
    let (mut position, mut numbers) = (None, Vec::new());
    loop {
        let page = page(&network, &Filter::default(), position.as_deref(), 2)
            .await
            .unwrap();
        numbers.extend(offsets(&page).into_iter().map(|(_, number)| number));
        position = page.next;
        if position.is_none() {
            break;
        }
    }
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    assert_eq!(
        lists(&network),
        [
            "/certificates?isAscendingOrder=false&pageSize=2",
            "/certificates?isAscendingOrder=false&marker=2%2B%2F%3D%3D&pageSize=2",
            "/certificates?isAscendingOrder=false&marker=4%2B%2F%3D%3D&pageSize=2",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_has_as_many_ids_as_certificates_are_wanted_unless_they_are_narrowed_here() {
    let number = Filter {
        serial_numbers: vec![SerialNumber::parse("0a").unwrap()],
        ..Filter::default()
    };
    let window = Filter {
        expires_within_days: Some(30),
        ..in_status(&[LifecycleStatus::Active])
    };
    for (filter, position, wanted, size) in [
        (Filter::default(), None, 1, 1),
        (Filter::default(), None, 0, 1),
        (Filter::default(), None, 100, 100),
        (Filter::default(), None, 10_000, 100),
        (Filter::default(), Some("7."), 10, 17),
        (Filter::default(), Some("95."), 10, 100),
        (in_status(&[LifecycleStatus::Active]), None, 10, 100),
        (number, None, 10, 100),
        (window, None, 10, 100),
    ] {
        let network = vendor(active(0));
        page(&network, &filter, position, wanted).await.unwrap();
        assert_eq!(
            lists(&network),
            [format!(
                "/certificates?isAscendingOrder=false&pageSize={size}"
            )],
            "{wanted} from {position:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_status_no_more_are_described_than_are_wanted_and_the_list_continues_behind_them() {
    let network = vendor(vec![
        "INACTIVE", "ACTIVE", "ACTIVE", "INACTIVE", "ACTIVE", "ACTIVE",
    ]);
    let active = in_status(&[LifecycleStatus::Active]);
    let first = page(&network, &active, None, 2).await.unwrap();
    assert_eq!(
        (offsets(&first), first.next.as_deref()),
        (vec![(2, 2), (3, 3)], Some("4."))
    );
    let second = page(&network, &active, first.next.as_deref(), 2)
        .await
        .unwrap();
    assert_eq!(
        (offsets(&second), second.next),
        (vec![(5, 5), (6, 6)], None)
    );
    let lengths = (first.list_length, second.list_length);
    assert_eq!(
        lengths,
        (ListLength::Irrelevant, ListLength::Unknown),
        "what was skipped may be another certificate by now"
    );
    assert_eq!(describes(&network), [2, 3, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn the_order_is_the_vendors_own() {
    let filter = Filter::default();
    for (order, expected) in [
        (None, false),
        (Some(SortOrder::CreatedDesc), false),
        (Some(SortOrder::CreatedAsc), true),
    ] {
        let network = vendor(active(0));
        page_with(
            &network,
            &ListQuery {
                filter: &filter,
                order,
                include_pem: false,
                details: true,
            },
            None,
            5,
        )
        .await
        .unwrap();
        assert_eq!(
            lists(&network),
            [format!(
                "/certificates?isAscendingOrder={expected}&pageSize=5"
            )]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_ca_has_a_list_of_its_own_and_several_have_the_whole_one() {
    let of = |numbers: &[usize]| Filter {
        ca_fingerprints_sha256: numbers.iter().map(|it| id(*it)).collect(),
        ..Filter::default()
    };
    for (filter, path) in [
        (of(&[0xca]), format!("/certificates-by-ca/{}", id(0xca))),
        (of(&[0xca, 0xcb]), "/certificates".to_owned()),
    ] {
        let network = vendor(active(1));
        page(&network, &filter, None, 5).await.unwrap();
        assert_eq!(
            lists(&network),
            [format!("{path}?isAscendingOrder=false&pageSize=100")]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn ids_of_another_status_are_not_described() {
    let network = vendor(vec![
        "ACTIVE",
        "INACTIVE",
        "REVOKED",
        "REGISTER_INACTIVE",
        "PENDING_TRANSFER",
        "INACTIVE",
    ]);
    let page = page(&network, &in_status(&[LifecycleStatus::Inactive]), None, 10)
        .await
        .unwrap();
    assert_eq!(
        offsets(&page),
        [(2, 2), (4, 4), (6, 6)],
        "each has its offset in the list"
    );
    assert_eq!(describes(&network), [2, 4, 6]);
    let unknown = vendor(vec!["ACTIVE", "PENDING_TRANSFER"]);
    assert_eq!(
        offsets(
            &super::tests::page(&unknown, &in_status(&[LifecycleStatus::Unknown]), None, 10)
                .await
                .unwrap()
        ),
        [(2, 2)]
    );
    // An id without a status has to be looked at.
    let silent = Network::new(|request| match described_id(request) {
        Some(requested) => described(requested, "ACTIVE"),
        None => ids(&[json!({"certificateId": id(1).as_str()})], None),
    });
    assert_eq!(describes_after(&silent).await, [1]);
}

async fn describes_after(network: &Network) -> Vec<usize> {
    page(network, &in_status(&[LifecycleStatus::Inactive]), None, 10)
        .await
        .unwrap();
    describes(network)
}

#[tokio::test(start_paused = true)]
async fn a_list_continues_in_the_middle_of_a_page() {
    let network = vendor(active(8));
    let page = page(&network, &Filter::default(), Some("2.3+/=="), 2)
        .await
        .unwrap();
    assert_eq!(
        (offsets(&page), page.position.as_str()),
        (vec![(3, 6), (4, 7)], "0.3+/=="),
        "offsets count from the position of the page"
    );
    assert_eq!(
        lists(&network),
        ["/certificates?isAscendingOrder=false&marker=3%2B%2F%3D%3D&pageSize=4"]
    );
    assert_eq!(
        (page.next.as_deref(), describes(&network)),
        (Some("0.7+/=="), vec![6, 7])
    );
}

#[tokio::test(start_paused = true)]
async fn a_filter_by_ids_with_details_only_describes_them() {
    let network = Network::new(|request| match described_id(request) {
        Some(requested) if requested == id(3).as_str() => failed(404, "ResourceNotFoundException:"),
        Some(requested) => {
            let created = 1_740_787_200 + usize::from_str_radix(requested, 16).unwrap();
            ok(
                &json!({"certificateDescription": {"certificateId": requested, "status": "ACTIVE", "creationDate": created}}),
            )
        }
        None => panic!("a list is not needed: {}", url(request)),
    });
    let filter = Filter {
        fingerprints_sha256: [2, 9, 3, 4, 9].map(id).to_vec(),
        ..Filter::default()
    };
    for (order, position, expected) in [
        (None, None, &[(1, 9), (2, 4), (3, 2)][..]),
        (Some(SortOrder::CreatedAsc), None, &[(1, 2), (2, 4), (3, 9)]),
        (None, Some("1."), &[(2, 4), (3, 2)]),
        (None, Some("3."), &[]),
    ] {
        let page = page_with(
            &network,
            &ListQuery {
                filter: &filter,
                order,
                include_pem: false,
                details: true,
            },
            position,
            1,
        )
        .await
        .unwrap();
        assert_eq!(
            (offsets(&page), page.next.as_deref(), page.position.as_str()),
            (expected.to_vec(), None, "0."),
            "{order:?} {position:?}"
        );
    }
    let failing = Network::new(|_| recorded("aws-iot/Any.error-internal"));
    assert_eq!(
        page(&failing, &filter, None, 1).await.unwrap_err().code,
        ErrorCode::ProviderUnavailable
    );
}

#[tokio::test(start_paused = true)]
async fn recorded_answers_are_read() {
    let network = Network::new(|request| match path_and_query(request) {
        path if path.contains("/certificates-by-ca/") => {
            recorded("aws-iot/ListCertificatesByCA.ok-one")
        }
        path if path.contains("marker=AAAb%2Bc%2Fd9%3D%3D") => {
            recorded("aws-iot/ListCertificates.ok-last-page")
        }
        path if path.contains('?') => recorded("aws-iot/ListCertificates.ok-first-page"),
        path if path.ends_with(RECORDED) => recorded("aws-iot/DescribeCertificate.ok"),
        path => described(path.strip_prefix("/certificates/").unwrap(), "REVOKED"),
    });
    let filter = Filter::default();
    let query = ListQuery {
        filter: &filter,
        order: None,
        include_pem: true,
        details: true,
    };
    let first = page_with(&network, &query, None, 2).await.unwrap();
    let shown: Vec<_> = first
        .certificates
        .iter()
        .map(|entry| (entry.certificate.status, entry.certificate.pem.is_some()))
        .collect();
    assert_eq!(
        (shown, first.next.as_deref()),
        (
            vec![
                (LifecycleStatus::Active, true),
                (LifecycleStatus::Revoked, false)
            ],
            Some("0.AAAb+c/d9==")
        )
    );
    let last = page_with(&network, &query, first.next.as_deref(), 2)
        .await
        .unwrap();
    assert_eq!((last.certificates.len(), last.next), (1, None));
    let of_ca = Filter {
        ca_fingerprints_sha256: vec![id(1)],
        ..Filter::default()
    };
    assert_eq!(
        page(&network, &of_ca, None, 2)
            .await
            .unwrap()
            .certificates
            .len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_page_has_no_marker_in_any_form() {
    for body in [
        json!({"certificates": []}),
        json!({"certificates": [], "nextMarker": null}),
        json!({"certificates": [], "nextMarker": ""}),
    ] {
        assert_eq!(
            page(&Network::queue([ok(&body)]), &Filter::default(), None, 5)
                .await
                .unwrap()
                .next,
            None
        );
    }
    let more = json!({"certificates": [], "nextMarker": "AAAb"});
    let page = page(&Network::queue([ok(&more)]), &Filter::default(), None, 5)
        .await
        .unwrap();
    assert_eq!(
        (page.certificates.len(), page.next.as_deref()),
        (0, Some("0.AAAb")),
        "an empty page may have others behind it"
    );
}

#[tokio::test(start_paused = true)]
async fn positions_count_ids_behind_a_marker() {
    let network = vendor(active(0));
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    for (position, offsets, expected) in [
        ("0.", 3, "3."),
        ("0.AAAb+c/d9==", 100, "100.AAAb+c/d9=="),
        ("2.A", 0, "2.A"),
    ] {
        assert_eq!(
            provider.position_after(position, offsets).unwrap(),
            expected
        );
    }
    for damaged in [
        "",
        ".",
        "x.",
        "-1.",
        "1",
        ".AAAb",
        "1,5.A",
        "99999999999999999999.",
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
            page(&network, &Filter::default(), Some(damaged), 1)
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
async fn a_filter_or_order_that_is_not_supported_is_refused_by_its_name() {
    let network = vendor(active(0));
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    let client = Filter {
        client_ids: vec!["a".to_owned()],
        ..Filter::default()
    };
    let ca = Filter {
        ca_serial_numbers: vec![SerialNumber::parse("0a").unwrap()],
        ..Filter::default()
    };
    for (filter, order, field) in [
        (client, None, "filter.client_ids"),
        (ca, None, "filter.ca_serial_numbers"),
        (in_status(&[LifecycleStatus::Good]), None, "filter.statuses"),
        (Filter::default(), Some(SortOrder::UpdatedDesc), "order_by"),
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
    assert_eq!(
        provider.capabilities().order(None),
        Some(SortOrder::CreatedDesc)
    );
}
