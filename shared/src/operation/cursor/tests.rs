//! Cursors of this and of other requests, and damaged ones.

use proptest::prelude::*;

use super::*;
use crate::model::{InstanceId, LifecycleStatus, Region, SerialNumber, Timestamp};

fn scope() -> Scope {
    Scope {
        provider: ProviderName::TencentMqtt,
        region: Region::parse("ap-guangzhou").unwrap(),
        instance_id: InstanceId::parse("mqtt-1").ok(),
    }
}

fn filter() -> Filter {
    Filter { client_ids: vec!["a".to_owned()], statuses: vec![LifecycleStatus::Active], ..Filter::default() }
}

fn cursor() -> String {
    encode(&scope(), &filter(), Order::CreatedDesc, "100")
}

#[test]
fn a_cursor_continues_its_own_request() {
    for position in ["100", "0", "", "a/b?c=é"] {
        let cursor = encode(&scope(), &filter(), Order::UpdatedAsc, position);
        assert_eq!(decode(&cursor, &scope(), &filter(), Order::UpdatedAsc).as_deref(), Ok(position));
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{cursor}");
    }
}

#[test]
fn a_cursor_does_not_depend_on_how_a_serial_number_is_spelled() {
    let of = |text| Filter { serial_numbers: vec![SerialNumber::parse(text).unwrap()], ..Filter::default() };
    let cursor = encode(&scope(), &of("0x0A:BC"), Order::CreatedDesc, "7");
    assert_eq!(decode(&cursor, &scope(), &of("abc"), Order::CreatedDesc).as_deref(), Ok("7"));
}

#[test]
fn a_cursor_of_another_request_is_refused() {
    let moment = Timestamp::parse("2026-01-01T00:00:00Z").ok();
    let serial = || SerialNumber::parse("0a").unwrap();
    for other in [
        Filter::default(),
        Filter { client_ids: vec!["b".to_owned()], ..filter() },
        Filter { client_ids: vec!["a".to_owned(), "b".to_owned()], ..filter() },
        Filter { common_names: vec!["a".to_owned()], ..filter() },
        Filter { organizational_units: vec!["a".to_owned()], ..filter() },
        Filter { serial_numbers: vec![serial()], ..filter() },
        Filter { ca_serial_numbers: vec![serial()], ..filter() },
        Filter { statuses: Vec::new(), ..filter() },
        Filter { not_after_from: moment, ..filter() },
        Filter { not_after_to: moment, ..filter() },
        Filter { expires_within_days: Some(30), ..filter() },
    ] {
        let error = decode(&cursor(), &scope(), &other, Order::CreatedDesc).unwrap_err();
        assert_eq!((error.code.as_str(), error.field.as_deref()), ("invalid_request", Some("cursor")), "{other:?}");
    }
    for other in [
        Scope { provider: ProviderName::AlibabaMqtt, ..scope() },
        Scope { region: Region::parse("ap-beijing").unwrap(), ..scope() },
        Scope { instance_id: InstanceId::parse("mqtt-2").ok(), ..scope() },
        Scope { instance_id: None, ..scope() },
    ] {
        assert!(decode(&cursor(), &other, &filter(), Order::CreatedDesc).is_err(), "{other:?}");
    }
    for order in [Order::CreatedAsc, Order::UpdatedAsc, Order::UpdatedDesc] {
        assert!(decode(&cursor(), &scope(), &filter(), order).is_err(), "{order:?}");
    }
}

#[test]
fn a_position_cannot_be_exchanged() {
    let mut bytes = URL_SAFE_NO_PAD.decode(cursor()).unwrap();
    bytes.truncate(DIGEST_LENGTH);
    for position in ["101", "0", "", "1000", "-1"] {
        let forged = URL_SAFE_NO_PAD.encode([bytes.as_slice(), position.as_bytes()].concat());
        assert!(decode(&forged, &scope(), &filter(), Order::CreatedDesc).is_err(), "{position}");
    }
}

proptest! {
    #[test]
    fn a_cursor_with_any_character_changed_is_refused(at in 0..20_usize, to in proptest::char::any()) {
        let whole = cursor();
        prop_assume!(at < whole.len());
        let damaged: String = whole.chars().enumerate().map(|(index, c)| if index == at { to } else { c }).collect();
        prop_assert_eq!(decode(&damaged, &scope(), &filter(), Order::CreatedDesc).is_err(), damaged != whole);
    }

    #[test]
    fn a_cursor_that_is_cut_or_lengthened_is_refused(kept in 0..20_usize, more in "[A-Za-z0-9_=-]{1,4}") {
        let whole = cursor();
        prop_assume!(kept < whole.len());
        let cut: String = whole.chars().take(kept).collect();
        prop_assert!(decode(&cut, &scope(), &filter(), Order::CreatedDesc).is_err());
        prop_assert!(decode(&(whole + &more), &scope(), &filter(), Order::CreatedDesc).is_err());
    }

    #[test]
    fn no_text_is_taken_for_a_cursor(text in "\\PC{0,60}") {
        let error = decode(&text, &scope(), &filter(), Order::CreatedDesc).unwrap_err();
        prop_assert_eq!(error.field.as_deref(), Some("cursor"));
    }
}
