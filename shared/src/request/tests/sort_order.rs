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
