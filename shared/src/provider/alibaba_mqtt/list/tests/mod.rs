//! Pages of the whole instance and of one CA.

mod by_ca;
mod rows;
mod totals;
mod unusable_rows;

use serde_json::{Value, json};

use super::super::tests::unknown;
use super::*;
use crate::error::ErrorCode;
use crate::model::SerialNumber;
use crate::testing::network::{Answer, Network, answer, header, ok, parameter, recorded};
use crate::testing::{Bench, target};
use crate::transport::HttpRequest;

fn row(serial: &str) -> Value {
    json!({"DeviceSn": serial, "CaSn": "ca", "Status": "1", "ValidBegin": "1740787200000", "ValidEnd": "1898467200000"})
}

fn rows(total: &Value, rows: &[Value]) -> Answer {
    ok(&json!({"RequestId": "id-1", "Data": {"Total": total, "DeviceCertificateVOS": rows}}))
}

/// Number and size of the requested page.
fn requested_page(request: &HttpRequest) -> (usize, usize) {
    let number = |name| parameter(request, name).unwrap().parse().unwrap();
    (number("PageNo"), number("PageSize"))
}

/// The requested page of so many certificates, of which `a001` is the first.
fn page_of(count: usize, request: &HttpRequest) -> Vec<Value> {
    let (page, size) = requested_page(request);
    (1..=count)
        .skip((page - 1) * size)
        .take(size)
        .map(|number| row(&format!("a{number:03}")))
        .collect()
}

/// A vendor with so many certificates, whose `Total` is the number of pages or that of
/// certificates.
fn vendor(count: usize, counts_pages: bool) -> Network {
    Network::new(move |request| {
        let (_, size) = requested_page(request);
        rows(
            &json!(if counts_pages {
                count.div_ceil(size)
            } else {
                count
            }),
            &page_of(count, request),
        )
    })
}

async fn page_with(
    network: &Network,
    query: &ListQuery<'_>,
    position: Option<&str>,
) -> Result<Page, Error> {
    let bench = Bench::new(network);
    let context = bench.context();
    AlibabaMqtt::new(&context, target(API.provider))
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

fn of_ca(ca: &str) -> Filter {
    Filter {
        ca_serial_numbers: vec![SerialNumber::parse(ca).unwrap()],
        ..Filter::default()
    }
}

fn serials(page: &Page) -> Vec<&str> {
    page.certificates
        .iter()
        .map(|entry| entry.certificate.provider_serial_number.as_deref().unwrap())
        .collect()
}

/// Number and size of each requested page, with its CA's serial number.
fn requested(network: &Network) -> Vec<String> {
    network.each(|sent| {
        let (page, size) = requested_page(&sent.request);
        sent.parameter("CaSn").map_or_else(
            || format!("{page}x{size}"),
            |ca| format!("{ca}:{page}x{size}"),
        )
    })
}

#[tokio::test(start_paused = true)]
async fn a_call_has_the_documented_form() {
    for (filter, action, url) in [
        (
            Filter::default(),
            "ListDeviceCertificate",
            "https://onsmqtt.cn-hangzhou.aliyuncs.com/?MqttInstanceId=post-cn-1&PageNo=1&PageSize=100",
        ),
        (
            of_ca("CA"),
            "ListDeviceCertificateByCaSn",
            "https://onsmqtt.cn-hangzhou.aliyuncs.com/?CaSn=CA&MqttInstanceId=post-cn-1&PageNo=1&PageSize=100",
        ),
    ] {
        let network = vendor(1, true);
        page(&network, &filter, None).await.unwrap();
        let sent = network.sent();
        assert_eq!(
            (
                sent[0].request.method().clone(),
                sent[0].header("x-acs-action")
            ),
            (Method::GET, Some(action))
        );
        assert_eq!(
            (sent[0].url().as_str(), sent[0].header("x-acs-version")),
            (url, Some("2020-04-20"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn pages_lead_to_the_last_certificate_and_no_further() {
    for (count, position, expected, next) in [
        (0, None, 0, None),
        (99, None, 99, None),
        (100, None, 100, Some("100")),
        (250, None, 100, Some("100")),
        (250, Some("100"), 100, Some("200")),
        (250, Some("200"), 50, None),
        // An exact multiple ends with an empty page: only a page that is not full shows that it
        // is the last.
        (200, Some("100"), 100, Some("200")),
        (200, Some("200"), 0, None),
    ] {
        for counts_pages in [true, false] {
            let page = page(&vendor(count, counts_pages), &Filter::default(), position)
                .await
                .unwrap();
            assert_eq!(
                (page.certificates.len(), page.next.as_deref()),
                (expected, next),
                "{count} from {position:?}"
            );
            assert_eq!(page.request_ids, crate::testing::ids(["id-1"]));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_continues_in_the_middle_of_a_page() {
    for (position, asked_page, first, count, next) in [
        ("30", "1x100", "a031", 70, Some("100")),
        ("199", "2x100", "a200", 1, Some("200")),
        ("230", "3x100", "a231", 20, None),
    ] {
        let network = vendor(250, false);
        let page = page(&network, &Filter::default(), Some(position))
            .await
            .unwrap();
        assert_eq!(
            (requested(&network)[0].as_str(), page.position.as_str()),
            (asked_page, position)
        );
        assert_eq!(
            (
                serials(&page)[0],
                page.certificates.len(),
                page.next.as_deref()
            ),
            (first, count, next)
        );
        assert_eq!(
            page.certificates[0].offset, 1,
            "offsets count from the position"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn positions_count_certificates() {
    let network = vendor(0, true);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    for (position, offsets, expected) in [("0", 1, "1"), ("100", 100, "200"), ("0F@7", 3, "0F@10")]
    {
        assert_eq!(
            provider.position_after(position, offsets).unwrap(),
            expected
        );
    }
    for damaged in [
        "",
        "x",
        "-1",
        "1.5",
        "ca@",
        "ca@x",
        "@",
        "1@2@3",
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
async fn a_filter_or_order_that_is_not_supported_is_refused_by_its_name() {
    let network = vendor(0, true);
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    let client = Filter {
        client_ids: vec!["a".to_owned()],
        ..Filter::default()
    };
    let revoked = Filter {
        statuses: vec![LifecycleStatus::Revoked],
        ..Filter::default()
    };
    for (filter, order, field) in [
        (client, None, "filter.client_ids"),
        (revoked, None, "filter.statuses"),
        (
            Filter::default(),
            Some(crate::request::OrderBy::CreatedDesc),
            "order_by",
        ),
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
    provider
        .capabilities()
        .check(&of_ca("ca"), None, true)
        .unwrap();
}
