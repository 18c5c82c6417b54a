//! Cursors of the same request, cursors of other requests, and damaged cursors.

use proptest::prelude::*;

use super::*;
use crate::model::{
    Fingerprint, InstanceId, LifecycleStatus, ProviderName, Region, SerialNumber, Timestamp,
};

fn source() -> Source {
    Source {
        provider: ProviderName::TencentMqtt,
        region: Region::parse("ap-guangzhou").ok(),
        instance_id: InstanceId::parse("mqtt-1").ok(),
    }
}

fn filter() -> Filter {
    Filter {
        client_ids: vec!["a".to_owned()],
        statuses: vec![LifecycleStatus::Active],
        ..Filter::default()
    }
}

const ORDER: Option<SortOrder> = Some(SortOrder::CreatedDesc);

fn resume(position: &str) -> Resume {
    Resume {
        position: position.to_owned(),
        list_length: Some(250),
        last: Some("0123456789abcdef".to_owned()),
    }
}

fn cursor() -> String {
    encode(
        BoundRequest {
            sources: &[source()],
            filter: &filter(),
            order: ORDER,
            details: true,
        },
        &resume("100"),
    )
}

fn decoded(
    cursor: &str,
    sources: &[Source],
    filter: &Filter,
    order: Option<SortOrder>,
) -> Result<Resume, Error> {
    decode(
        cursor,
        BoundRequest {
            sources,
            filter,
            order,
            details: true,
        },
    )
}

#[test]
fn a_cursor_continues_its_own_request() {
    for order in [None, Some(SortOrder::UpdatedAsc)] {
        let request = BoundRequest {
            sources: &[source()],
            filter: &filter(),
            order,
            details: true,
        };
        for position in ["100", "0", "", "a/b?c=é"] {
            for resume in [
                resume(position),
                Resume {
                    list_length: None,
                    last: None,
                    ..resume(position)
                },
            ] {
                let cursor = encode(request, &resume);
                assert_eq!(decode(&cursor, request), Ok(resume));
                assert!(
                    cursor
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')),
                    "{cursor}"
                );
            }
        }
    }
}

#[test]
fn a_cursor_does_not_depend_on_how_a_serial_number_is_spelled() {
    let of = |text| Filter {
        serial_numbers: vec![SerialNumber::parse(text).unwrap()],
        ..Filter::default()
    };
    let cursor = encode(
        BoundRequest {
            sources: &[source()],
            filter: &of("0x0A:BC"),
            order: ORDER,
            details: true,
        },
        &resume("7"),
    );
    assert_eq!(
        decoded(&cursor, &[source()], &of("abc"), ORDER),
        Ok(resume("7"))
    );
}

#[test]
fn a_cursor_of_another_request_is_refused() {
    let moment = Timestamp::parse("2026-01-01T00:00:00Z").ok();
    let serial = || SerialNumber::parse("0a").unwrap();
    let fingerprint = || Fingerprint::parse(&"ab".repeat(32)).unwrap();
    for other in [
        Filter::default(),
        Filter {
            client_ids: vec!["b".to_owned()],
            ..filter()
        },
        Filter {
            client_ids: vec!["a".to_owned(), "b".to_owned()],
            ..filter()
        },
        Filter {
            common_names: vec!["a".to_owned()],
            ..filter()
        },
        Filter {
            organizational_units: vec!["a".to_owned()],
            ..filter()
        },
        Filter {
            serial_numbers: vec![serial()],
            ..filter()
        },
        Filter {
            ca_serial_numbers: vec![serial()],
            ..filter()
        },
        Filter {
            fingerprints_sha256: vec![fingerprint()],
            ..filter()
        },
        Filter {
            ca_fingerprints_sha256: vec![fingerprint()],
            ..filter()
        },
        Filter {
            statuses: Vec::new(),
            ..filter()
        },
        Filter {
            not_after_from: moment,
            ..filter()
        },
        Filter {
            not_after_to: moment,
            ..filter()
        },
        Filter {
            expires_within_days: Some(30),
            ..filter()
        },
    ] {
        let error = decoded(&cursor(), &[source()], &other, ORDER).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.field.as_deref()),
            ("invalid_request", Some("cursor")),
            "{other:?}"
        );
    }
    for other in [
        Source {
            provider: ProviderName::AlibabaMqtt,
            ..source()
        },
        Source {
            region: Region::parse("ap-beijing").ok(),
            ..source()
        },
        Source {
            region: None,
            ..source()
        },
        Source {
            instance_id: InstanceId::parse("mqtt-2").ok(),
            ..source()
        },
        Source {
            instance_id: None,
            ..source()
        },
    ] {
        assert!(
            decoded(&cursor(), std::slice::from_ref(&other), &filter(), ORDER).is_err(),
            "{other:?}"
        );
    }
    for order in [
        None,
        Some(SortOrder::CreatedAsc),
        Some(SortOrder::UpdatedAsc),
        Some(SortOrder::UpdatedDesc),
    ] {
        assert!(
            decoded(&cursor(), &[source()], &filter(), order).is_err(),
            "{order:?}"
        );
    }
    let without_details = BoundRequest {
        sources: &[source()],
        filter: &filter(),
        order: ORDER,
        details: false,
    };
    let error = decode::<Resume>(&cursor(), without_details).unwrap_err();
    assert!(
        error.field.as_deref() == Some("cursor") && error.detail.contains("details"),
        "{error}"
    );
    assert_eq!(
        decode(&encode(without_details, &resume("7")), without_details),
        Ok(resume("7"))
    );
}

#[test]
fn a_cursor_belongs_to_its_list_of_sources_in_its_order() {
    let other = || Source {
        provider: ProviderName::AwsIot,
        region: None,
        instance_id: None,
    };
    let filter = filter();
    let cursor = encode(
        BoundRequest {
            sources: &[source(), other()],
            filter: &filter,
            order: ORDER,
            details: true,
        },
        &[resume("1"), resume("2")],
    );
    let of = |sources: &[Source]| {
        decode::<Vec<Resume>>(
            &cursor,
            BoundRequest {
                sources,
                filter: &filter,
                order: ORDER,
                details: true,
            },
        )
    };
    assert_eq!(of(&[source(), other()]), Ok(vec![resume("1"), resume("2")]));
    for sources in [
        &[other(), source()][..],
        &[source()],
        &[other()],
        &[source(), other(), other()],
        &[source(), source()],
        &[],
    ] {
        assert_eq!(
            of(sources).unwrap_err().field.as_deref(),
            Some("cursor"),
            "{sources:?}"
        );
    }
}

#[test]
fn a_cursor_of_one_source_is_refused_for_a_list_of_that_source() {
    let error = decode::<Vec<Resume>>(
        &cursor(),
        BoundRequest {
            sources: &[source()],
            filter: &filter(),
            order: ORDER,
            details: true,
        },
    )
    .unwrap_err();
    assert_eq!(error.field.as_deref(), Some("cursor"));
}

#[test]
fn a_position_cannot_be_exchanged() {
    let mut bytes = URL_SAFE_NO_PAD.decode(cursor()).unwrap();
    bytes.truncate(DIGEST_LENGTH);
    for position in ["101", "0", "", "1000", "-1"] {
        let rest = serde_json::to_vec(&resume(position)).unwrap();
        let forged = URL_SAFE_NO_PAD.encode([bytes.as_slice(), &rest].concat());
        assert!(
            decoded(&forged, &[source()], &filter(), ORDER).is_err(),
            "{position}"
        );
    }
}

proptest! {
    #[test]
    fn a_cursor_with_any_character_changed_is_refused(at in 0..120_usize, to in proptest::char::any()) {
        let whole = cursor();
        prop_assume!(at < whole.len());
        let damaged: String = whole.chars().enumerate().map(|(index, c)| if index == at { to } else { c }).collect();
        prop_assert_eq!(decoded(&damaged, &[source()], &filter(), ORDER).is_err(), damaged != whole);
    }

    #[test]
    fn a_cursor_that_is_cut_or_lengthened_is_refused(kept in 0..120_usize, more in "[A-Za-z0-9_=-]{1,4}") {
        let whole = cursor();
        prop_assume!(kept < whole.len());
        let cut: String = whole.chars().take(kept).collect();
        prop_assert!(decoded(&cut, &[source()], &filter(), ORDER).is_err());
        prop_assert!(decoded(&(whole + &more), &[source()], &filter(), ORDER).is_err());
    }

    #[test]
    fn no_other_text_is_accepted_as_a_cursor(text in "\\PC{0,60}") {
        let error = decoded(&text, &[source()], &filter(), ORDER).unwrap_err();
        prop_assert_eq!(error.field.as_deref(), Some("cursor"));
    }
}
