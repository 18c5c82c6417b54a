//! Answers whose size reaches the limit.

use std::rc::Rc;

use super::fleet::{Fleet, Listed, certificate, collect, follow};
use super::*;
use crate::testing::Bench;
use crate::testing::network::Network;

#[tokio::test]
async fn an_answer_never_exceeds_its_budget_and_nothing_is_lost() {
    for escaped in [false, true] {
        let mut fleet = Fleet::new(57);
        for (number, certificate) in fleet.certificates.iter_mut().enumerate() {
            let line = "\"\\\n\u{1}é".repeat(number * 7 % 40);
            certificate.pem = Some(format!("-----BEGIN-----\n{line}\n"));
        }
        for bytes in [3_000, 6_000, 20_000] {
            let budget = AnswerBudget { bytes, escaped };
            let collected = collect(&fleet, &Filter::default(), 100, budget, None)
                .await
                .unwrap();
            let json = serde_json::to_string(&collected.certificates).unwrap();
            let carried = if escaped {
                serde_json::to_string(&json).unwrap().len()
            } else {
                json.len()
            };
            assert!(
                carried <= bytes + 4,
                "{carried} bytes of {bytes}, escaped: {escaped}"
            );
            assert!(
                carried > bytes / 3,
                "most of the room is used: {carried} bytes of {bytes}"
            );
            let listed = follow(&fleet, &Filter::default(), 100, budget).await;
            assert_eq!(
                listed
                    .iter()
                    .map(|listed| listed.certificates.len())
                    .sum::<usize>(),
                57
            );
        }
    }
}

#[tokio::test]
async fn a_certificate_takes_as_many_bytes_as_it_has_in_the_answer() {
    let fleet = Fleet::new(0);
    let network = Network::queue([]);
    let bench = Bench::new(&network);
    let context = bench.context();
    let filter = Filter::default();
    for text in [
        "plain",
        "\"quoted\" and \\",
        "line\nfeed\t\u{1}",
        "é 设备 \u{1f600}",
        "</script>\u{7f}\u{2028}",
    ] {
        let certificate = DescribedCertificate {
            certificate: certificate(1, text),
            error: None,
        };
        let json = serde_json::to_string(&certificate).unwrap();
        for (escaped, length) in [
            (false, json.len()),
            (true, serde_json::to_string(&json).unwrap().len() - 2),
        ] {
            for bytes_beside in [0, 90] {
                let query = ListQuery {
                    filter: &filter,
                    order: None,
                    include_pem: false,
                    include_clients: false,
                    details: true,
                };
                let budget = AnswerBudget { bytes: 0, escaped };
                let listing = Listing {
                    lister: &fleet,
                    query,
                    context: &context,
                    include_undecided: true,
                    is_needed_whole: false,
                    room: Rc::new(Room::new(Some(1), budget)),
                    prefetch_room: PrefetchRoom::default(),
                    bytes_beside,
                    most_request_ids: 0,
                };
                assert_eq!(
                    listing.size(&certificate),
                    bytes_beside + length + 1,
                    "{text:?}, escaped: {escaped}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_certificate_larger_than_the_budget_is_answered_alone_rather_than_never() {
    let fleet = Fleet::new(3);
    let budget = AnswerBudget {
        bytes: 10,
        escaped: false,
    };
    let listed = follow(&fleet, &Filter::default(), 100, budget).await;
    assert_eq!(
        listed.iter().map(Listed::clients).collect::<Vec<_>>(),
        [["client-0"], ["client-1"], ["client-2"]]
    );
}

#[tokio::test]
async fn a_page_that_would_most_likely_be_cut_is_not_read() {
    let fleet = Fleet {
        page_size: 10,
        ..Fleet::new(100)
    };
    let page = serde_json::to_string(&fleet.certificates[..10])
        .unwrap()
        .len();
    let budget = AnswerBudget {
        bytes: page * 5 / 2,
        escaped: false,
    };
    let collected = collect(&fleet, &Filter::default(), 100, budget, None)
        .await
        .unwrap();
    assert_eq!(
        (
            fleet.calls(),
            collected.certificates.len(),
            collected.next()
        ),
        (2, 20, Some("20"))
    );
}

#[tokio::test]
async fn a_budget_that_is_just_enough_is_used() {
    // Pages of the same size, so that the second one fits exactly.
    let mut fleet = Fleet {
        page_size: 5,
        ..Fleet::new(10)
    };
    let bytes = fleet
        .certificates
        .iter()
        .map(|certificate| {
            let json = serde_json::to_string(certificate).unwrap();
            json.len() + r#","error":null"#.len() + 1
        })
        .sum::<usize>();
    for (page_size, missing, listed) in [(5, 0, 10), (5, 1, 5), (10, 0, 10), (10, 1, 9)] {
        fleet.page_size = page_size;
        let budget = AnswerBudget {
            bytes: bytes - missing,
            escaped: false,
        };
        let collected = collect(&fleet, &Filter::default(), 100, budget, None)
            .await
            .unwrap();
        assert_eq!(
            collected.certificates.len(),
            listed,
            "pages of {page_size}, {missing} bytes too few"
        );
    }
}

#[tokio::test]
async fn the_providers_total_is_in_an_answer_that_is_cut_by_size() {
    let fleet = Fleet::new(57);
    let budget = AnswerBudget {
        bytes: 5_000,
        escaped: false,
    };
    let collected = collect(&fleet, &Filter::default(), 100, budget, None)
        .await
        .unwrap();
    assert!(collected.rest.is_some());
    assert_eq!(collected.total_count, Some(57));
}
