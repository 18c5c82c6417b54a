//! The comparison of certificates in each sort order.

use std::cmp::Ordering::{Equal, Greater, Less};

use super::*;
use crate::model::{Certificate, ProviderRecord, Timestamp};

/// A certificate with these times of creation and change.
fn certificate(created: Option<i64>, updated: Option<i64>) -> Certificate {
    let moment = |seconds: Option<i64>| {
        seconds.and_then(|seconds| Timestamp::from_epoch_milliseconds(seconds * 1000))
    };
    let record = ProviderRecord {
        created_at: moment(created),
        updated_at: moment(updated),
        ..ProviderRecord::default()
    };
    record.into_certificate(Timestamp::from_epoch_milliseconds(0).unwrap(), false)
}

#[test]
fn certificates_without_the_time_come_last_in_both_directions() {
    for (one, other, descending, ascending) in [
        (Some(1), Some(2), Greater, Less),
        (Some(2), Some(1), Less, Greater),
        (Some(1), Some(1), Equal, Equal),
        (Some(1), None, Less, Less),
        (None, Some(1), Greater, Greater),
        (None, None, Equal, Equal),
    ] {
        for (order, expected) in [
            (SortOrder::CreatedDesc, descending),
            (SortOrder::CreatedAsc, ascending),
        ] {
            // The other time does not matter.
            for updated in [None, Some(0), Some(3)] {
                assert_eq!(
                    order.compare(&certificate(one, updated), &certificate(other, Some(2))),
                    expected,
                    "{order:?} {one:?} {other:?}"
                );
            }
        }
        for (order, expected) in [
            (SortOrder::UpdatedDesc, descending),
            (SortOrder::UpdatedAsc, ascending),
        ] {
            for created in [None, Some(0), Some(3)] {
                assert_eq!(
                    order.compare(&certificate(created, one), &certificate(Some(2), other)),
                    expected,
                    "{order:?} {one:?} {other:?}"
                );
            }
        }
    }
}

#[test]
fn an_unknown_end_of_validity_comes_last() {
    let end = |seconds: Option<i64>| Certificate {
        not_after: seconds.and_then(|seconds| Timestamp::from_epoch_milliseconds(seconds * 1000)),
        // The end in the certificate itself, which answers do not show, does not matter.
        certified_not_after: Timestamp::from_epoch_milliseconds(1500),
        ..certificate(None, None)
    };
    for (one, other, expected) in [
        (Some(1), Some(2), Less),
        (Some(2), Some(1), Greater),
        (Some(1), Some(1), Equal),
        (Some(1), None, Less),
        (None, Some(1), Greater),
        (None, None, Equal),
    ] {
        assert_eq!(
            compare_ends(&end(one), &end(other)),
            expected,
            "{one:?} {other:?}"
        );
    }
}

#[test]
fn every_order_but_that_by_end_is_one_of_lists() {
    let listed: Vec<_> = OrderBy::ALL
        .into_iter()
        .filter_map(OrderBy::listed)
        .collect();
    assert_eq!(listed, SortOrder::ALL);
    for order in OrderBy::ALL {
        assert_eq!(OrderBy::parse(order.as_str()), Ok(order));
    }
    assert_eq!(OrderBy::NotAfterAsc.listed(), None);
}
