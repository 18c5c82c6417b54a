//! Lists that end by limit, by size and by time.

mod fleet;

use serde_json::{Value, json};

use self::fleet::{Fleet, certificate};
use super::*;
use crate::model::LifecycleStatus;
use crate::provider::fixture::Bench;
use crate::request::{self, Filter, Order};
use crate::transport::fake::{Network, ok};

const PLENTY: AnswerBudget = AnswerBudget { bytes: 6_000_000, escaped: false };

async fn collect(fleet: &Fleet, filter: &Filter, limit: usize, budget: AnswerBudget, from: Option<&str>) -> Result<Collected, Error> {
    let network = Network::queue([]);
    let bench = Bench::new(&network);
    let session = bench.session();
    let query = ListQuery { filter, order: Order::default(), include_pem: true };
    let listing = Listing { describer: fleet, query, session: &session, limit, budget };
    listing.collect(from.map(str::to_owned)).await
}

fn clients(certificates: &[Certificate]) -> Vec<&str> {
    certificates.iter().filter_map(|certificate| certificate.client_id.as_deref()).collect()
}

/// Everything that the pages of a request bring, by following its positions to the end.
async fn follow(fleet: &Fleet, filter: &Filter, limit: usize, budget: AnswerBudget) -> Vec<String> {
    let mut told = Vec::new();
    let mut position: Option<String> = None;
    loop {
        let collected = collect(fleet, filter, limit, budget, position.as_deref()).await.unwrap();
        assert!(collected.certificates.len() <= limit);
        told.extend(clients(&collected.certificates).into_iter().map(str::to_owned));
        match collected.next {
            Some(next) => assert!(position.replace(next.clone()) != Some(next), "no progress"),
            None => return told,
        }
    }
}

#[tokio::test]
async fn pages_are_read_until_the_limit_and_not_one_more() {
    for (count, limit, told, calls, next) in [
        (250, 100, 100, vec![(0, 100)], Some("100")),
        (250, 200, 200, vec![(0, 200), (100, 100)], Some("200")),
        (250, 120, 120, vec![(0, 120), (100, 20)], Some("120")),
        (250, 250, 250, vec![(0, 250), (100, 150), (200, 50)], None),
        (250, 1000, 250, vec![(0, 1000), (100, 900), (200, 800)], None),
        (5, 1, 1, vec![(0, 1)], Some("1")),
        (1, 1, 1, vec![(0, 1)], None),
        (0, 100, 0, vec![(0, 100)], None),
    ] {
        let fleet = Fleet::new(count);
        let collected = collect(&fleet, &Filter::default(), limit, PLENTY, None).await.unwrap();
        assert_eq!((collected.certificates.len(), collected.next.as_deref()), (told, next), "{count} of {limit}");
        assert_eq!(*fleet.calls.borrow(), calls, "{count} of {limit}");
        assert_eq!(collected.request_ids.len(), calls.len());
        assert_eq!(collected.total_count, Some(u64::try_from(count).unwrap()));
    }
}

#[tokio::test]
async fn a_record_that_the_filter_does_not_want_is_left_out_and_the_total_is_not_told() {
    let fleet = Fleet::new(10);
    let filter = Filter { client_ids: vec!["client-3".to_owned(), "client-7".to_owned()], ..Filter::default() };
    let collected = collect(&fleet, &filter, 100, PLENTY, None).await.unwrap();
    assert_eq!(clients(&collected.certificates), ["client-3", "client-7"]);
    assert_eq!((collected.total_count, collected.next), (None, None));
}

#[tokio::test]
async fn a_total_that_a_later_page_disproves_is_not_told() {
    let mut fleet = Fleet { page_size: 2, ..Fleet::new(4) };
    fleet.certificates[3].status = LifecycleStatus::Inactive;
    let filter = Filter { statuses: vec![LifecycleStatus::Active], ..Filter::default() };
    assert_eq!(collect(&fleet, &filter, 2, PLENTY, None).await.unwrap().total_count, Some(4));
    assert_eq!(collect(&fleet, &filter, 100, PLENTY, None).await.unwrap().total_count, None);
}

#[tokio::test]
async fn following_the_cursor_tells_every_certificate_once() {
    let every: Vec<String> = (0..57).map(|number| format!("client-{number}")).collect();
    let wanted = Filter { client_ids: every.iter().step_by(3).cloned().collect(), ..Filter::default() };
    for exact in [true, false] {
        for page_size in [1, 7, 100] {
            for limit in [1, 2, 10, 57, 100] {
                let fleet = Fleet { exact, page_size, ..Fleet::new(57) };
                assert_eq!(follow(&fleet, &Filter::default(), limit, PLENTY).await, every);
                let third: Vec<&String> = every.iter().step_by(3).collect();
                assert_eq!(follow(&fleet, &wanted, limit, PLENTY).await.iter().collect::<Vec<_>>(), third);
            }
        }
    }
}

#[tokio::test]
async fn an_answer_never_grows_past_its_budget_and_nothing_is_lost() {
    for escaped in [false, true] {
        let mut fleet = Fleet::new(57);
        for (number, certificate) in fleet.certificates.iter_mut().enumerate() {
            let line = "\"\\\n\u{1}é".repeat(number * 7 % 40);
            certificate.pem = Some(format!("-----BEGIN-----\n{line}\n"));
        }
        for bytes in [2_000, 5_000, 20_000] {
            let budget = AnswerBudget { bytes: ENVELOPE_BYTES + bytes, escaped };
            let collected = collect(&fleet, &Filter::default(), 100, budget, None).await.unwrap();
            let json = serde_json::to_string(&collected.certificates).unwrap();
            let carried = if escaped { serde_json::to_string(&json).unwrap().len() } else { json.len() };
            assert!(carried <= bytes + 4, "{carried} bytes of {bytes}, escaped: {escaped}");
            assert!(carried > bytes / 3, "most of the room is used: {carried} bytes of {bytes}");
            assert_eq!(follow(&fleet, &Filter::default(), 100, budget).await.len(), 57);
        }
    }
}

#[tokio::test]
async fn a_certificate_takes_as_many_bytes_as_it_has_in_the_answer() {
    let fleet = Fleet::new(0);
    let network = Network::queue([]);
    let bench = Bench::new(&network);
    let session = bench.session();
    let filter = Filter::default();
    for text in ["plain", "\"quoted\" and \\", "line\nfeed\t\u{1}", "é 设备 \u{1f600}", "</script>\u{7f}\u{2028}"] {
        let certificate = certificate(text);
        let json = serde_json::to_string(&certificate).unwrap();
        for (escaped, length) in [(false, json.len()), (true, serde_json::to_string(&json).unwrap().len() - 2)] {
            let query = ListQuery { filter: &filter, order: Order::default(), include_pem: false };
            let budget = AnswerBudget { bytes: 0, escaped };
            let listing = Listing { describer: &fleet, query, session: &session, limit: 1, budget };
            assert_eq!(listing.size(&certificate), length + 1, "{text:?}, escaped: {escaped}");
        }
    }
}

#[tokio::test]
async fn a_certificate_larger_than_the_room_is_told_alone_rather_than_never() {
    let fleet = Fleet::new(3);
    let budget = AnswerBudget { bytes: ENVELOPE_BYTES + 10, escaped: false };
    assert_eq!(follow(&fleet, &Filter::default(), 100, budget).await, ["client-0", "client-1", "client-2"]);
}

#[tokio::test]
async fn a_page_that_would_most_likely_be_cut_is_not_begun() {
    let fleet = Fleet { page_size: 10, ..Fleet::new(100) };
    let page = serde_json::to_string(&fleet.certificates[..10]).unwrap().len();
    let budget = AnswerBudget { bytes: ENVELOPE_BYTES + page * 5 / 2, escaped: false };
    let collected = collect(&fleet, &Filter::default(), 100, budget, None).await.unwrap();
    assert_eq!((fleet.calls(), collected.certificates.len(), collected.next.as_deref()), (2, 20, Some("20")));
}

#[tokio::test]
async fn out_of_time_in_the_middle_gives_what_was_read_and_where_to_go_on() {
    let fleet = Fleet { page_size: 10, failure: Some((3, ErrorCode::Timeout)), ..Fleet::new(100) };
    let collected = collect(&fleet, &Filter::default(), 100, PLENTY, None).await.unwrap();
    assert_eq!((collected.certificates.len(), collected.next.as_deref()), (20, Some("20")));
    assert_eq!((collected.request_ids.len(), collected.total_count), (2, Some(100)));
}

#[tokio::test]
async fn out_of_time_at_the_beginning_is_an_error() {
    for from in [None, Some("40")] {
        let fleet = Fleet { failure: Some((1, ErrorCode::Timeout)), ..Fleet::new(100) };
        let error = collect(&fleet, &Filter::default(), 100, PLENTY, from).await.err().unwrap();
        assert_eq!(error.code, ErrorCode::Timeout, "{from:?}");
    }
}

#[tokio::test]
async fn any_other_failure_in_the_middle_is_an_error() {
    for code in [ErrorCode::Throttled, ErrorCode::ProviderUnavailable, ErrorCode::ProviderInvalidResponse, ErrorCode::ProviderRejected] {
        let fleet = Fleet { page_size: 10, failure: Some((2, code)), ..Fleet::new(100) };
        assert_eq!(collect(&fleet, &Filter::default(), 100, PLENTY, None).await.err().unwrap().code, code);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered_page_by_page_with_a_cursor_that_only_continues_it() {
    let network = Network::new(|request| {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let begin = asked["Offset"].as_u64().unwrap();
        let end = (begin + asked["Limit"].as_u64().unwrap()).min(5);
        let items: Vec<Value> =
            (begin..end).map(|number| json!({"DeviceCertificateSn": format!("a{number}"), "Status": "ACTIVE"})).collect();
        ok(&json!({"Response": {"TotalCount": 5, "Data": items, "RequestId": format!("id-{begin}")}}))
    });
    let bench = Bench::with(&network, &[("DEFAULT_PROVIDER", "tencent-mqtt"), ("TENCENTCLOUD_REGION", "ap-guangzhou")]);
    let session = bench.session();
    let perform = async |request: Value| Describe::perform(&session, request::parse(&request.to_string()).unwrap(), PLENTY).await;
    let first = perform(json!({"instance_id": "mqtt-1", "limit": 3})).await.unwrap();
    assert_eq!((first.operation, first.region.as_str(), first.total_count), ("describe", "ap-guangzhou", Some(5)));
    assert_eq!((first.certificates.len(), first.provider_request_ids.as_slice()), (3, &["id-0".to_owned()][..]));
    let cursor = first.next_cursor.unwrap();
    let second = perform(json!({"instance_id": "mqtt-1", "limit": 3, "cursor": cursor})).await.unwrap();
    let serials: Vec<_> = second.certificates.iter().filter_map(|it| it.provider_serial_number.as_deref()).collect();
    assert_eq!((serials, second.next_cursor), (vec!["a3", "a4"], None));
    let calls = network.sent().len();
    for other in [
        json!({"instance_id": "mqtt-2", "cursor": cursor}),
        json!({"instance_id": "mqtt-1", "cursor": cursor, "order_by": "created_asc"}),
        json!({"instance_id": "mqtt-1", "cursor": cursor, "filter": {"client_ids": ["a"]}}),
        json!({"instance_id": "mqtt-1", "cursor": ""}),
    ] {
        assert_eq!(perform(other.clone()).await.unwrap_err().field.as_deref(), Some("cursor"), "{other}");
    }
    assert_eq!(network.sent().len(), calls, "a wrong cursor costs no call");
}

#[test]
fn an_answer_goes_to_the_log_without_certificates_themselves() {
    let answer = DescribeAnswer {
        operation: "describe",
        provider: ProviderName::TencentMqtt,
        region: Region::parse("ap-guangzhou").unwrap(),
        instance_id: None,
        certificates: vec![Certificate { pem: Some("-----BEGIN".to_owned()), ..certificate("client-1") }],
        total_count: Some(1),
        next_cursor: None,
        provider_request_ids: Vec::new(),
    };
    let logged = serde_json::to_string(&answer.for_log()).unwrap();
    assert!(logged.contains("client-1") && !logged.contains("BEGIN"), "{logged}");
}

#[tokio::test]
async fn room_that_is_just_enough_is_used() {
    // Pages of the same size, so that the second one fits exactly.
    let mut fleet = Fleet { page_size: 5, ..Fleet::new(10) };
    let bytes = fleet.certificates.iter().map(|certificate| serde_json::to_string(certificate).unwrap().len() + 1).sum::<usize>();
    for (page_size, missing, told) in [(5, 0, 10), (5, 1, 5), (10, 0, 10), (10, 1, 9)] {
        fleet.page_size = page_size;
        let budget = AnswerBudget { bytes: ENVELOPE_BYTES + bytes - missing, escaped: false };
        let collected = collect(&fleet, &Filter::default(), 100, budget, None).await.unwrap();
        assert_eq!(collected.certificates.len(), told, "pages of {page_size}, {missing} bytes too few");
    }
}

#[tokio::test]
async fn a_total_that_the_provider_tells_is_told_when_the_answer_is_cut_by_size() {
    let fleet = Fleet::new(57);
    let budget = AnswerBudget { bytes: ENVELOPE_BYTES + 5_000, escaped: false };
    let collected = collect(&fleet, &Filter::default(), 100, budget, None).await.unwrap();
    assert!(collected.next.is_some());
    assert_eq!(collected.total_count, Some(57));
}

#[tokio::test]
async fn out_of_time_gives_what_was_read_from_a_provider_without_request_ids() {
    let fleet = Fleet { page_size: 10, names_calls: false, failure: Some((3, ErrorCode::Timeout)), ..Fleet::new(100) };
    let network = Network::queue([]);
    let bench = Bench::new(&network);
    let session = bench.session();
    let filter = Filter::default();
    let query = ListQuery { filter: &filter, order: Order::default(), include_pem: true };
    let listing = Listing { describer: &fleet, query, session: &session, limit: 100, budget: PLENTY };
    assert_eq!(listing.collect(None).await.unwrap().certificates.len(), 20);
}
