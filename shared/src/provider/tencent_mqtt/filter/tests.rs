//! The parts of a filter that are sent, and those that are applied here.

use super::*;
use crate::model::{Fingerprint, Timestamp};

fn serial(text: &str) -> SerialNumber {
    SerialNumber::parse(text).unwrap()
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// The part of a filter that is sent, as `Name=value|value`, and whether that is all of it.
fn narrowed(filter: &Filter, several_values: bool) -> (Vec<String>, bool) {
    let narrowing = narrowing(filter, several_values);
    let sent = narrowing
        .filters
        .iter()
        .map(|filter| format!("{}={}", filter.name, filter.values.join("|")))
        .collect();
    (sent, narrowing.is_complete)
}

#[test]
fn each_member_has_its_own_name_at_the_vendor() {
    for (filter, sent) in [
        (
            Filter {
                client_ids: texts(&["a", "b"]),
                ..Filter::default()
            },
            "ClientId=a|b",
        ),
        (
            Filter {
                serial_numbers: vec![serial("1f")],
                ..Filter::default()
            },
            "DeviceCertificateSn=1f|1F|001f|001F",
        ),
        (
            Filter {
                ca_serial_numbers: vec![serial("11"), serial("22")],
                ..Filter::default()
            },
            "CaSn=11|0011|22|0022",
        ),
        (
            Filter {
                common_names: texts(&["é", "x, y"]),
                ..Filter::default()
            },
            "DeviceCertificateCn=é|x, y",
        ),
        (
            Filter {
                organizational_units: texts(&["fleet"]),
                ..Filter::default()
            },
            "OrganizationalUnit=fleet",
        ),
        (
            Filter {
                statuses: vec![LifecycleStatus::Revoked, LifecycleStatus::PendingActivation],
                ..Filter::default()
            },
            "Status=REVOKED|PENDING_ACTIVATION",
        ),
    ] {
        assert_eq!(narrowed(&filter, true), (vec![sent.to_owned()], true));
    }
    assert_eq!(narrowed(&Filter::default(), true), (Vec::new(), true));
}

#[test]
fn members_are_sent_together() {
    let filter = Filter {
        client_ids: texts(&["a"]),
        common_names: texts(&["b"]),
        statuses: vec![LifecycleStatus::Active],
        ..Filter::default()
    };
    assert_eq!(
        narrowed(&filter, true),
        (
            texts(&["ClientId=a", "DeviceCertificateCn=b", "Status=ACTIVE"]),
            true
        )
    );
}

#[test]
fn a_serial_number_is_sent_in_the_callers_spelling_first_and_in_all_others() {
    for (written, sent) in [
        (
            "0EEF68A5",
            "DeviceCertificateSn=0EEF68A5|0eef68a5|eef68a5|EEF68A5|000eef68a5|000EEF68A5",
        ),
        (
            "eef68a5",
            "DeviceCertificateSn=eef68a5|0eef68a5|0EEF68A5|EEF68A5|000eef68a5|000EEF68A5",
        ),
        ("00:80:85", "DeviceCertificateSn=008085|8085"),
    ] {
        let filter = Filter {
            serial_numbers: vec![serial(written)],
            ..Filter::default()
        };
        assert_eq!(narrowed(&filter, true), (vec![sent.to_owned()], true));
    }
}

#[test]
fn a_window_stays_here_because_its_form_at_the_vendor_is_not_known() {
    let moment = Timestamp::parse("2026-01-01T00:00:00Z").ok();
    for window in [
        Filter {
            not_after_from: moment,
            ..Filter::default()
        },
        Filter {
            not_after_to: moment,
            ..Filter::default()
        },
        Filter {
            expires_within_days: Some(30),
            ..Filter::default()
        },
    ] {
        assert_eq!(narrowed(&window, true), (Vec::new(), false));
        let with_client = Filter {
            client_ids: texts(&["a"]),
            ..window
        };
        assert_eq!(
            narrowed(&with_client, true),
            (texts(&["ClientId=a"]), false)
        );
    }
}

#[test]
fn an_unknown_status_has_no_value_at_the_vendor_and_all_statuses_are_filtered_here() {
    for statuses in [
        vec![LifecycleStatus::Unknown],
        vec![LifecycleStatus::Active, LifecycleStatus::Unknown],
    ] {
        let filter = Filter {
            statuses,
            client_ids: texts(&["a"]),
            ..Filter::default()
        };
        assert_eq!(narrowed(&filter, true), (texts(&["ClientId=a"]), false));
    }
}

#[test]
fn a_status_that_the_vendor_never_has_is_not_sent_and_the_filter_stays_complete() {
    let filter = Filter {
        statuses: vec![LifecycleStatus::Active, LifecycleStatus::Good],
        ..Filter::default()
    };
    for several_values in [true, false] {
        assert_eq!(
            narrowed(&filter, several_values),
            (texts(&["Status=ACTIVE"]), true)
        );
    }
}

#[test]
fn a_fingerprint_stays_here_because_the_vendor_has_none() {
    let fingerprints_sha256 = vec![Fingerprint::parse(&"ab".repeat(32)).unwrap()];
    let filter = Filter {
        fingerprints_sha256,
        client_ids: texts(&["a"]),
        ..Filter::default()
    };
    assert_eq!(narrowed(&filter, true), (texts(&["ClientId=a"]), false));
}

#[test]
fn only_the_comparison_of_statuses_is_sure() {
    for (filter, expected) in [
        (Filter::default(), true),
        (
            Filter {
                statuses: vec![LifecycleStatus::Active],
                ..Filter::default()
            },
            true,
        ),
        (
            Filter {
                client_ids: texts(&["a"]),
                ..Filter::default()
            },
            false,
        ),
        (
            Filter {
                serial_numbers: vec![serial("0a")],
                statuses: vec![LifecycleStatus::Active],
                ..Filter::default()
            },
            false,
        ),
    ] {
        assert_eq!(narrowing(&filter, true).is_exact, expected, "{filter:?}");
    }
}

#[test]
fn without_alternatives_only_single_values_are_sent() {
    let several = Filter {
        client_ids: texts(&["a", "b"]),
        serial_numbers: vec![serial("12")],
        common_names: texts(&["c"]),
        statuses: vec![LifecycleStatus::Active, LifecycleStatus::Inactive],
        ..Filter::default()
    };
    assert_eq!(
        narrowed(&several, false),
        (texts(&["DeviceCertificateCn=c"]), false)
    );
    let single = Filter {
        client_ids: texts(&["a"]),
        statuses: vec![LifecycleStatus::Active],
        ..Filter::default()
    };
    assert_eq!(
        narrowed(&single, false),
        (texts(&["ClientId=a", "Status=ACTIVE"]), true)
    );
}

#[test]
fn every_order_has_its_own_value_at_the_vendor() {
    for (order, word) in [
        (SortOrder::CreatedDesc, "CREATE_TIME_DESC"),
        (SortOrder::CreatedAsc, "CREATE_TIME_ASC"),
        (SortOrder::UpdatedDesc, "UPDATE_TIME_DESC"),
        (SortOrder::UpdatedAsc, "UPDATE_TIME_ASC"),
    ] {
        assert_eq!(order_by(order), word);
    }
}
