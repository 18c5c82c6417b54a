//! The pages that are read, the answer when one fails, and the position where the list continues.

use super::fleet::{Fleet, Listed, at, collect, every_client, follow};
use super::*;
use crate::error::ErrorCode;
use crate::model::LifecycleStatus;

#[tokio::test]
async fn pages_are_read_until_the_limit_and_no_further() {
    for (count, limit, listed, calls, next) in [
        (250, 100, 100, vec![(0, 100)], Some("100")),
        (250, 200, 200, vec![(0, 200), (100, 100)], Some("200")),
        (250, 120, 120, vec![(0, 120), (100, 20)], Some("120")),
        (250, 250, 250, vec![(0, 250), (100, 150), (200, 50)], None),
        (
            250,
            1000,
            250,
            vec![(0, 1000), (100, 900), (200, 800)],
            None,
        ),
        (5, 1, 1, vec![(0, 1)], Some("1")),
        (1, 1, 1, vec![(0, 1)], None),
        (0, 100, 0, vec![(0, 100)], None),
    ] {
        let fleet = Fleet::new(count);
        let collected = collect(&fleet, &Filter::default(), limit, PLENTY, None)
            .await
            .unwrap();
        assert_eq!(
            (collected.certificates.len(), collected.next()),
            (listed, next),
            "{count} of {limit}"
        );
        assert_eq!(*fleet.calls.borrow(), calls, "{count} of {limit}");
        assert_eq!(collected.request_ids.len(), calls.len());
        assert_eq!(collected.total_count, Some(u64::try_from(count).unwrap()));
    }
}

#[tokio::test]
async fn a_certificate_that_the_filter_excludes_is_left_out_and_the_total_is_null() {
    let fleet = Fleet::new(10);
    let filter = Filter {
        client_ids: vec!["client-3".to_owned(), "client-7".to_owned()],
        ..Filter::default()
    };
    let collected = collect(&fleet, &filter, 100, PLENTY, None).await.unwrap();
    assert_eq!(collected.clients(), ["client-3", "client-7"]);
    assert_eq!((collected.total_count, collected.rest), (None, None));
}

#[tokio::test]
async fn a_total_that_a_later_page_disproves_is_null() {
    let mut fleet = Fleet {
        page_size: 2,
        ..Fleet::new(4)
    };
    fleet.certificates[3].status = LifecycleStatus::Inactive;
    let filter = Filter {
        statuses: vec![LifecycleStatus::Active],
        ..Filter::default()
    };
    assert_eq!(
        collect(&fleet, &filter, 2, PLENTY, None)
            .await
            .unwrap()
            .total_count,
        Some(4)
    );
    assert_eq!(
        collect(&fleet, &filter, 100, PLENTY, None)
            .await
            .unwrap()
            .total_count,
        None
    );
}

#[tokio::test]
async fn following_the_cursor_shows_every_certificate_once() {
    let every: Vec<String> = (0..57).map(|number| format!("client-{number}")).collect();
    let wanted = Filter {
        client_ids: every.iter().step_by(3).cloned().collect(),
        ..Filter::default()
    };
    for exact in [true, false] {
        for page_size in [1, 7, 100] {
            for limit in [1, 2, 10, 57, 100] {
                let fleet = Fleet {
                    exact,
                    page_size,
                    ..Fleet::new(57)
                };
                assert_eq!(every_client(&fleet, &Filter::default(), limit).await, every);
                let third: Vec<&String> = every.iter().step_by(3).collect();
                assert_eq!(
                    every_client(&fleet, &wanted, limit)
                        .await
                        .iter()
                        .collect::<Vec<_>>(),
                    third
                );
            }
        }
    }
}

#[tokio::test]
async fn offsets_without_a_certificate_are_counted_when_the_list_continues() {
    let every: Vec<String> = (0..40).map(|number| format!("client-{number}")).collect();
    let wanted = Filter {
        client_ids: every.iter().step_by(3).cloned().collect(),
        ..Filter::default()
    };
    let third: Vec<String> = every.iter().step_by(3).cloned().collect();
    for gaps in [1, 2, 5] {
        for aligned in [true, false] {
            for page_size in [4, 7, 50] {
                for limit in [1, 3, 13, 100] {
                    let fleet = || Fleet {
                        gaps,
                        aligned,
                        exact: false,
                        page_size,
                        ..Fleet::new(40)
                    };
                    let what =
                        format!("{gaps} gaps, aligned: {aligned}, {limit} of pages of {page_size}");
                    assert_eq!(
                        every_client(&fleet(), &Filter::default(), limit).await,
                        every,
                        "{what}"
                    );
                    assert_eq!(
                        every_client(&fleet(), &wanted, limit).await,
                        third,
                        "{what}"
                    );
                    let listed = follow(&fleet(), &wanted, limit, PLENTY).await;
                    assert!(
                        listed.iter().all(|listed| listed.consistent == Some(true)),
                        "{what}"
                    );
                    // When the size cuts the answer, the list continues in the middle of a page.
                    let tight = AnswerBudget {
                        bytes: 2_000,
                        escaped: false,
                    };
                    let listed = follow(&fleet(), &Filter::default(), limit, tight).await;
                    assert_eq!(
                        listed.iter().flat_map(Listed::clients).collect::<Vec<_>>(),
                        every,
                        "{what}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_list_that_does_not_advance_is_an_error() {
    // The last page leads to itself, to the one before it, or to the beginning; the list is read
    // from the beginning and from a position.
    for (returns_to, from) in [
        (0, None),
        (5, None),
        (15, None),
        (20, None),
        (0, Some("20")),
        (20, Some("20")),
        (15, Some("5")),
    ] {
        for limit in [Some(100), None] {
            let fleet = Fleet {
                page_size: 5,
                exact: false,
                returns_to: Some(returns_to),
                ..Fleet::new(25)
            };
            let error = collect(&fleet, &Filter::default(), limit, PLENTY, from.map(at))
                .await
                .err()
                .unwrap();
            assert_eq!(
                error.code,
                ErrorCode::ProviderInvalidResponse,
                "to {returns_to} from {from:?}"
            );
            assert!(
                fleet.calls() <= 10,
                "{} calls, to {returns_to} from {from:?}",
                fleet.calls()
            );
        }
    }
}

#[tokio::test]
async fn a_list_whose_pages_are_all_the_same_is_an_error() {
    let nothing = Filter {
        client_ids: vec!["nobody".to_owned()],
        ..Filter::default()
    };
    for (filter, limit) in [
        (Filter::default(), Some(10_000)),
        (Filter::default(), None),
        (nothing.clone(), Some(1)),
        (nothing, None),
    ] {
        for page_size in [1, 5] {
            let fleet = Fleet {
                page_size,
                exact: false,
                repeats_itself: true,
                ..Fleet::new(1_000)
            };
            let error = collect(&fleet, &filter, limit, PLENTY, None)
                .await
                .err()
                .unwrap();
            assert_eq!(
                (error.code, fleet.calls()),
                (ErrorCode::ProviderInvalidResponse, 3),
                "{limit:?} of pages of {page_size}"
            );
        }
    }
}

#[tokio::test]
async fn a_last_page_that_repeats_the_previous_one_is_a_changed_list_and_no_error() {
    let mut fleet = Fleet {
        page_size: 1,
        ..Fleet::new(2)
    };
    fleet.certificates[1] = fleet.certificates[0].clone();
    let listed = collect(&fleet, &Filter::default(), 100, PLENTY, None)
        .await
        .unwrap();
    assert_eq!(
        (listed.clients(), listed.consistent),
        (vec!["client-0"], Some(false))
    );
}

#[tokio::test]
async fn a_retryable_error_in_the_middle_ends_the_answer_with_a_cursor() {
    for code in [
        ErrorCode::Timeout,
        ErrorCode::Throttled,
        ErrorCode::ProviderUnavailable,
        ErrorCode::ProviderInvalidResponse,
    ] {
        let fleet = Fleet {
            page_size: 10,
            failure: Some((3, code)),
            ..Fleet::new(100)
        };
        let collected = collect(&fleet, &Filter::default(), 100, PLENTY, None)
            .await
            .unwrap();
        assert_eq!(
            (collected.certificates.len(), collected.next()),
            (20, Some("20")),
            "{code:?}"
        );
        assert_eq!(
            (collected.request_ids.len(), collected.total_count),
            (2, Some(100))
        );
        let rest = collect(&fleet, &Filter::default(), 100, PLENTY, collected.rest)
            .await
            .unwrap();
        assert_eq!(
            (rest.certificates.len(), rest.clients()[0], rest.next()),
            (80, "client-20", None)
        );
    }
}

#[tokio::test]
async fn a_retryable_error_after_a_page_that_the_filter_emptied_still_has_a_cursor() {
    let fleet = Fleet {
        page_size: 10,
        exact: false,
        failure: Some((2, ErrorCode::Throttled)),
        ..Fleet::new(100)
    };
    let filter = Filter {
        client_ids: vec!["client-50".to_owned()],
        ..Filter::default()
    };
    let collected = collect(&fleet, &filter, 100, PLENTY, None).await.unwrap();
    assert_eq!(
        (collected.certificates.len(), collected.next()),
        (0, Some("10"))
    );
}

#[tokio::test]
async fn any_error_at_the_beginning_is_the_answer() {
    for from in [None, Some("40")] {
        for code in [
            ErrorCode::Timeout,
            ErrorCode::Throttled,
            ErrorCode::ProviderUnavailable,
            ErrorCode::ProviderRejected,
        ] {
            let fleet = Fleet {
                failure: Some((1, code)),
                ..Fleet::new(100)
            };
            let error = collect(&fleet, &Filter::default(), 100, PLENTY, from.map(at))
                .await
                .err()
                .unwrap();
            assert_eq!(error.code, code, "{from:?}");
        }
    }
}

#[tokio::test]
async fn a_permanent_error_in_the_middle_is_the_answer() {
    for code in [
        ErrorCode::ProviderRejected,
        ErrorCode::NotFound,
        ErrorCode::InvalidRequest,
        ErrorCode::Unsupported,
        ErrorCode::Internal,
    ] {
        let fleet = Fleet {
            page_size: 10,
            failure: Some((2, code)),
            ..Fleet::new(100)
        };
        assert_eq!(
            collect(&fleet, &Filter::default(), 100, PLENTY, None)
                .await
                .err()
                .unwrap()
                .code,
            code
        );
    }
}

#[tokio::test]
async fn out_of_time_the_answer_has_the_pages_that_were_read_also_without_request_ids() {
    let fleet = Fleet {
        page_size: 10,
        names_calls: false,
        failure: Some((3, ErrorCode::Timeout)),
        ..Fleet::new(100)
    };
    assert_eq!(
        collect(&fleet, &Filter::default(), 100, PLENTY, None)
            .await
            .unwrap()
            .certificates
            .len(),
        20
    );
}
