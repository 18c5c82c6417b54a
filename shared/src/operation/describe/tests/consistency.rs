//! Whether the provider's list stayed the same while it was read.

use super::fleet::{Fleet, Listed, certificate, collect, follow};
use super::*;
use crate::error::ErrorCode;
use crate::model::SerialNumber;
use crate::provider::ListLength::{self, Contradicted, Irrelevant, Known, Unknown};

#[tokio::test]
async fn a_list_is_known_to_be_unchanged_only_when_its_length_was_reported_twice() {
    for (page_size, lengths, expected) in [
        (100, &[Known(30)][..], Some(true)),
        (100, &[Unknown], Some(true)),
        (100, &[Irrelevant], Some(true)),
        (10, &[Known(30)], Some(true)),
        (10, &[Known(30), Unknown, Known(30)], Some(true)),
        (10, &[Known(30), Unknown], None),
        (10, &[Unknown, Unknown, Known(30)], None),
        (10, &[Unknown], None),
        (10, &[Irrelevant], Some(true)),
        (10, &[Known(30), Known(31)], Some(false)),
        (10, &[Known(30), Known(29)], Some(false)),
        (10, &[Known(30), Unknown, Known(31)], Some(false)),
        (10, &[Known(30), Known(31), Known(30)], Some(false)),
        (100, &[Contradicted], Some(false)),
        (10, &[Contradicted], Some(false)),
        (10, &[Known(30), Contradicted], Some(false)),
        (10, &[Unknown, Contradicted, Unknown], Some(false)),
    ] {
        let fleet = Fleet {
            page_size,
            lengths: lengths.to_vec(),
            ..Fleet::new(30)
        };
        let listed = collect(&fleet, &Filter::default(), 100, PLENTY, None)
            .await
            .unwrap();
        assert_eq!(
            (listed.certificates.len(), listed.consistent),
            (30, expected),
            "{lengths:?} in pages of {page_size}"
        );
    }
}

#[tokio::test]
async fn a_certificate_that_is_listed_twice_is_shown_once_and_makes_the_list_inconsistent() {
    for lengths in [vec![Known(31)], vec![Unknown], vec![Irrelevant]] {
        for (page_size, again_at) in [(100, 1), (100, 29), (10, 10), (10, 25), (3, 30)] {
            let mut fleet = Fleet {
                page_size,
                lengths: lengths.clone(),
                ..Fleet::new(30)
            };
            fleet
                .certificates
                .insert(again_at, certificate(0, "client-0"));
            let listed = collect(&fleet, &Filter::default(), 100, PLENTY, None)
                .await
                .unwrap();
            let mut clients = listed.clients();
            clients.sort_unstable();
            clients.dedup();
            assert_eq!(
                (clients.len(), listed.certificates.len(), listed.consistent),
                (30, 30, Some(false)),
                "{lengths:?}, at {again_at}"
            );
            let counted = collect(&fleet, &Filter::default(), None, PLENTY, None)
                .await
                .unwrap();
            assert_eq!(
                (counted.counts.certificates, counted.consistent),
                (30, Some(false)),
                "counted"
            );
        }
    }
}

#[tokio::test]
async fn a_list_that_shows_only_certificates_without_an_identity_is_not_read_for_ever() {
    for (lengths, count, is_read) in [
        (vec![Unknown], 100, true),
        (vec![Contradicted], 100, true),
        (vec![Unknown], 1_000, false),
        (vec![Contradicted], 1_000, false),
        (vec![Known(1_000)], 1_000, false),
        (vec![Irrelevant], 1_000, true),
    ] {
        let mut fleet = Fleet {
            page_size: 1,
            lengths: lengths.clone(),
            ..Fleet::new(count)
        };
        for certificate in &mut fleet.certificates {
            certificate.provider_serial_number = None;
        }
        let listed = collect(&fleet, &Filter::default(), 10_000, PLENTY, None).await;
        let found = listed.map(|listed| listed.certificates.len());
        match found {
            Ok(found) => assert_eq!((found, is_read), (count, true), "{lengths:?}"),
            Err(error) => {
                assert_eq!(
                    (error.code, is_read),
                    (ErrorCode::ProviderInvalidResponse, false),
                    "{lengths:?}"
                );
                assert!(fleet.calls() < 200, "{lengths:?}");
            }
        }
    }
}

#[tokio::test]
async fn equal_serial_numbers_of_two_issuers_are_two_certificates() {
    let mut fleet = Fleet::new(2);
    fleet.certificates[1] = crate::model::Certificate {
        ca_serial_number: SerialNumber::parse("0c").ok(),
        ..fleet.certificates[0].clone()
    };
    let listed = collect(&fleet, &Filter::default(), 100, PLENTY, None)
        .await
        .unwrap();
    assert_eq!(
        (listed.certificates.len(), listed.consistent),
        (2, Some(true))
    );
}

#[tokio::test]
async fn the_fingerprint_distinguishes_equal_serial_numbers_of_unreported_issuers() {
    use crate::model::Fingerprint;
    for (second, shown) in [(b"b", 2), (b"a", 1)] {
        let mut fleet = Fleet {
            lengths: vec![Irrelevant],
            ..Fleet::new(2)
        };
        fleet.certificates[1] = fleet.certificates[0].clone();
        for (certificate, der) in fleet.certificates.iter_mut().zip([b"a", second]) {
            certificate.ca_serial_number = None;
            certificate.fingerprint_sha256 = Some(Fingerprint::of(der));
        }
        let listed = collect(&fleet, &Filter::default(), 100, PLENTY, None)
            .await
            .unwrap();
        assert_eq!(
            (listed.certificates.len(), listed.consistent),
            (shown, Some(shown == 2))
        );
    }
}

#[tokio::test]
async fn a_certificate_without_a_serial_number_is_identified_by_its_fingerprint() {
    use crate::model::Fingerprint;
    for (second, shown) in [(b"b", 2), (b"a", 1)] {
        let mut fleet = Fleet {
            lengths: vec![Irrelevant],
            ..Fleet::new(2)
        };
        for (certificate, der) in fleet.certificates.iter_mut().zip([b"a", second]) {
            certificate.provider_serial_number = None;
            certificate.fingerprint_sha256 = Some(Fingerprint::of(der));
        }
        let listed = collect(&fleet, &Filter::default(), 100, PLENTY, None)
            .await
            .unwrap();
        assert_eq!(
            (listed.certificates.len(), listed.consistent),
            (shown, Some(shown == 2))
        );
    }
}

/// Two answers of at most `limit` certificates, or of counts without a limit. The fleet changes
/// between them.
async fn two_answers(
    limit: Option<usize>,
    lengths: [ListLength; 2],
    change: impl Fn(&mut Fleet),
) -> [Listed; 2] {
    let failure = limit.is_none().then_some((2, ErrorCode::Timeout));
    let mut fleet = Fleet {
        page_size: 10,
        lengths: vec![lengths[0]],
        failure,
        ..Fleet::new(30)
    };
    let first = collect(&fleet, &Filter::default(), limit, PLENTY, None)
        .await
        .unwrap();
    assert_eq!((first.next(), first.consistent), (Some("10"), Some(true)));
    fleet.lengths = vec![lengths[1]];
    change(&mut fleet);
    let second = collect(
        &fleet,
        &Filter::default(),
        limit.map(|_| 100),
        PLENTY,
        first.rest.clone(),
    )
    .await
    .unwrap();
    [first, second]
}

#[tokio::test]
async fn a_length_that_changes_between_two_answers_shows_in_the_second() {
    for limit in [Some(10), None] {
        for (before, after, expected) in [
            (Known(30), Known(30), Some(true)),
            (Known(30), Known(31), Some(false)),
            (Known(30), Known(29), Some(false)),
            (Known(30), Unknown, None),
            (Known(30), Contradicted, Some(false)),
            (Unknown, Unknown, None),
            (Irrelevant, Irrelevant, Some(true)),
        ] {
            let [_, second] = two_answers(limit, [before, after], |_| ()).await;
            assert_eq!(
                second.consistent, expected,
                "{before:?} {after:?} {limit:?}"
            );
            assert_eq!(second.counts.certificates, 20);
        }
    }
}

#[tokio::test]
async fn one_page_that_continues_another_answer_is_not_the_whole_list() {
    for (length, expected) in [
        (Known(20), Some(true)),
        (Known(21), Some(false)),
        (Unknown, None),
        (Irrelevant, Some(true)),
    ] {
        let before = if length == Irrelevant {
            Irrelevant
        } else {
            Known(20)
        };
        let mut fleet = Fleet {
            page_size: 10,
            lengths: vec![before],
            ..Fleet::new(20)
        };
        let first = collect(&fleet, &Filter::default(), 10, PLENTY, None)
            .await
            .unwrap();
        fleet.lengths = vec![length];
        let second = collect(&fleet, &Filter::default(), 10, PLENTY, first.rest)
            .await
            .unwrap();
        assert_eq!(
            (fleet.calls(), second.rest, second.consistent),
            (2, None, expected),
            "{length:?}"
        );
    }
}

#[tokio::test]
async fn the_last_certificate_is_not_shown_again_when_the_list_has_shifted() {
    for limit in [Some(10), None] {
        for lengths in [[Known(30); 2], [Unknown; 2], [Irrelevant; 2]] {
            // One certificate is added in front and one at the end is removed: the length stays the same,
            // the offsets do not.
            let [first, second] = two_answers(limit, lengths, |fleet| {
                fleet.certificates.insert(0, certificate(500, "new"));
                fleet.certificates.pop();
            })
            .await;
            assert_eq!(second.consistent, Some(false), "{lengths:?} {limit:?}");
            assert_eq!(
                (first.counts.certificates, second.counts.certificates),
                (10, 19),
                "the repeated one is counted once"
            );
            assert_eq!(
                second.clients().first().copied(),
                limit.map(|_| "client-10")
            );
        }
    }
}

#[tokio::test]
async fn a_cursor_that_cuts_a_page_knows_the_last_certificate_that_was_shown() {
    let mut fleet = Fleet {
        exact: false,
        page_size: 10,
        ..Fleet::new(30)
    };
    let first = collect(&fleet, &Filter::default(), 4, PLENTY, None)
        .await
        .unwrap();
    assert_eq!(first.clients().last(), Some(&"client-3"));
    fleet.certificates.rotate_right(1);
    let second = collect(&fleet, &Filter::default(), 4, PLENTY, first.rest)
        .await
        .unwrap();
    assert_eq!(
        (second.clients(), second.consistent),
        (
            vec!["client-4", "client-5", "client-6", "client-7"],
            Some(false)
        )
    );
}

#[tokio::test]
async fn an_answer_without_certificates_keeps_the_digest_of_the_previous_answer() {
    let mut fleet = Fleet {
        exact: false,
        page_size: 10,
        failure: Some((3, ErrorCode::Timeout)),
        ..Fleet::new(30)
    };
    let wanted = Filter {
        client_ids: vec!["client-3".to_owned(), "client-29".to_owned()],
        ..Filter::default()
    };
    let first = collect(&fleet, &wanted, 1, PLENTY, None).await.unwrap();
    assert_eq!(
        (first.clients(), first.next()),
        (vec!["client-3"], Some("10"))
    );
    let second = collect(&fleet, &wanted, 1, PLENTY, first.rest)
        .await
        .unwrap();
    assert_eq!(
        (second.certificates.len(), second.next()),
        (0, Some("20")),
        "the third call fails"
    );
    // The certificate that was shown moves to the end.
    let moved = fleet.certificates.remove(3);
    fleet.certificates.push(moved);
    let third = collect(&fleet, &wanted, 10, PLENTY, second.rest)
        .await
        .unwrap();
    assert_eq!(
        (third.clients(), third.consistent),
        (vec!["client-29"], Some(false))
    );
}

#[tokio::test]
async fn a_list_that_stays_the_same_is_consistent_in_every_answer() {
    for page_size in [1, 7, 100] {
        for limit in [Some(1), Some(10), None] {
            let fleet = Fleet {
                page_size,
                ..Fleet::new(30)
            };
            let listed = follow(&fleet, &Filter::default(), limit, PLENTY).await;
            assert!(
                listed.iter().all(|listed| listed.consistent == Some(true)),
                "{limit:?} of pages of {page_size}"
            );
        }
    }
}

#[tokio::test]
async fn certificates_without_an_identity_are_all_shown() {
    let mut fleet = Fleet::new(3);
    for certificate in &mut fleet.certificates {
        certificate.provider_serial_number = None;
        certificate.fingerprint_sha256 = None;
    }
    let listed = collect(&fleet, &Filter::default(), 100, PLENTY, None)
        .await
        .unwrap();
    assert_eq!(
        (listed.certificates.len(), listed.consistent),
        (3, Some(true))
    );
}
