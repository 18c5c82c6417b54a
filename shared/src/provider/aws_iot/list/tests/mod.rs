//! Pages of ids, and the certificates behind them.

mod failures;
mod filters;
mod markers;
mod things;
mod without_details;

use http::Method;
use serde_json::{Value, json};

use super::super::tests::{RECORDED, described, described_id, failed, id};
use super::*;
use crate::error::ErrorCode;
use crate::model::{Certificate, SerialNumber};
use crate::provider::Entry;
use crate::request::{Filter, Verdict};
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
            include_clients: false,
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
    assert_eq!(page.request_ids, crate::testing::ids(["id-list"]));
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
                include_clients: false,
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
        include_clients: false,
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
