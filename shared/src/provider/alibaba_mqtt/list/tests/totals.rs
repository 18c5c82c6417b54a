//! Totals, and what they say about the length of the list.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_length_is_counted_in_pages_of_one_certificate_at_the_beginning_and_at_the_end() {
    for (count, position, expected, pages) in [
        (99, None, ListLength::Known(99), &["1x100"][..]),
        (100, None, ListLength::Known(100), &["1x100", "1x1"]),
        (250, None, ListLength::Known(250), &["1x100", "1x1"]),
        (250, Some("100"), ListLength::Unknown, &["2x100"]),
        (250, Some("200"), ListLength::Known(250), &["3x100", "1x1"]),
        (200, Some("200"), ListLength::Known(200), &["3x100", "1x1"]),
    ] {
        for counts_pages in [true, false] {
            let network = vendor(count, counts_pages);
            let page = page(&network, &Filter::default(), position).await.unwrap();
            assert_eq!(
                (page.list_length, requested(&network)),
                (expected, pages.iter().map(|it| (*it).to_owned()).collect()),
                "{count}"
            );
            let stated = if let ListLength::Known(length) = expected {
                Some(length)
            } else {
                None
            };
            assert_eq!(page.total_count, stated);
        }
    }
}

/// A vendor with 250 certificates, or as many as are listed, whose pages of one certificate state
/// this total, and hold so many rows.
fn counting(count: usize, probe: Value, rows_of_one: usize) -> Network {
    Network::new(move |request| match requested_page(request) {
        (_, 1) => rows(
            &probe,
            &(0..rows_of_one).map(|_| row("a001")).collect::<Vec<_>>(),
        ),
        _ => rows(&json!(3), &page_of(count, request)),
    })
}

#[tokio::test(start_paused = true)]
async fn a_total_below_what_was_read_or_beyond_the_end_of_the_list_contradicts_it() {
    for (total, position, expected) in [
        (json!(0), None, ListLength::Contradicted),
        (json!(1), None, ListLength::Contradicted),
        (json!(99), None, ListLength::Contradicted),
        (json!("99"), None, ListLength::Contradicted),
        (json!(100), None, ListLength::Known(100)),
        (json!("100"), None, ListLength::Known(100)),
        (json!(249), None, ListLength::Known(249)),
        (json!(100), Some("200"), ListLength::Contradicted),
        (json!(249), Some("200"), ListLength::Contradicted),
        (json!(250), Some("200"), ListLength::Known(250)),
        (json!(2.5e2), Some("200"), ListLength::Known(250)),
        (json!(251), Some("200"), ListLength::Contradicted),
        // Certificates before the position were deleted.
        (json!(250), Some("260"), ListLength::Contradicted),
    ] {
        let network = counting(250, total.clone(), 1);
        let page = page(&network, &Filter::default(), position).await.unwrap();
        assert_eq!(page.list_length, expected, "{total} {position:?}");
        let stated = match expected {
            ListLength::Known(length) => Some(length),
            _ => None,
        };
        assert_eq!(page.total_count, stated, "{total} {position:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_with_a_wrong_total_goes_on_to_its_end() {
    for total in [json!(0), json!(50), json!(100), json!(1_000), json!("x")] {
        for count in [150, 200, 250] {
            let network = counting(count, total.clone(), 1);
            let (mut position, mut listed) = (None, 0);
            loop {
                let page = page(&network, &Filter::default(), position.as_deref())
                    .await
                    .unwrap();
                listed += page.certificates.len();
                position = page.next;
                if position.is_none() {
                    assert!(
                        !matches!(page.list_length, ListLength::Known(_)),
                        "{total} {count}"
                    );
                    break;
                }
            }
            assert_eq!(listed, count, "{total}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_page_that_is_not_full_contradicts_a_larger_total() {
    for (total, count, expected) in [
        (json!(61), 60, ListLength::Contradicted),
        (json!("250"), 60, ListLength::Contradicted),
        (json!(60), 60, ListLength::Known(60)),
        // The number of pages.
        (json!(1), 60, ListLength::Known(60)),
        (json!(1), 0, ListLength::Known(0)),
        (json!(null), 60, ListLength::Known(60)),
    ] {
        let shown = total.to_string();
        let network = Network::new(move |request| rows(&total, &page_of(count, request)));
        let page = page(&network, &Filter::default(), None).await.unwrap();
        assert_eq!(
            (page.list_length, page.certificates.len(), page.next),
            (expected, count, None),
            "{shown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_length_that_is_not_shown_is_unknown() {
    for (total, rows_of_one) in [
        (json!(null), 1),
        (json!("many"), 1),
        (json!(-1), 1),
        // The vendor counts pages of its own size.
        (json!(3), 10),
        (json!(300), 10),
    ] {
        for position in [None, Some("200")] {
            let network = counting(250, total.clone(), rows_of_one);
            let page = page(&network, &Filter::default(), position).await.unwrap();
            assert_eq!(
                (page.list_length, page.total_count),
                (ListLength::Unknown, None),
                "{total} {rows_of_one}"
            );
        }
    }
    let failing = Network::new(|request| match requested_page(request) {
        (_, 1) => recorded("alibaba-mqtt/Any.error-internal"),
        _ => rows(&json!(3), &page_of(250, request)),
    });
    let page = page(&failing, &Filter::default(), None).await.unwrap();
    assert_eq!(
        (page.list_length, page.certificates.len()),
        (ListLength::Unknown, 100),
        "the page itself is worth more than an error"
    );
}

#[tokio::test(start_paused = true)]
async fn the_total_is_known_only_without_a_filter() {
    let narrowed = Filter {
        statuses: vec![LifecycleStatus::Active],
        ..Filter::default()
    };
    let window = Filter {
        expires_within_days: Some(30),
        ..Filter::default()
    };
    for filter in [narrowed, window] {
        let page = page(&vendor(250, false), &filter, None).await.unwrap();
        assert_eq!(
            (page.total_count, page.list_length),
            (None, ListLength::Known(250))
        );
    }
}
