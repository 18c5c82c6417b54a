//! One unusable row never hides the other rows of a list.

use std::collections::HashSet;

use certificate_provider::model::ProviderName::{self, AwsIot, TencentMqtt};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

/// Maximum number of rows in a list that is checked. This many certificates are described in time, even
/// if every description fails.
const MOST_ROWS: usize = 10;

/// Maximum length of a name that an answer shows, in characters. A longer one is reported as an error
/// of its record.
const LONGEST_NAME: usize = 256;

#[derive(Deserialize)]
struct Tencent<'a> {
    #[serde(borrow, rename = "Response")]
    response: &'a RawValue,
}

#[derive(Deserialize)]
struct TencentList<'a> {
    #[serde(rename = "Error")]
    error: Option<IgnoredAny>,
    #[serde(rename = "TotalCount")]
    total: usize,
    #[serde(borrow, rename = "Data")]
    rows: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct TencentRow {
    #[serde(rename = "DeviceCertificateSn")]
    name: String,
}

#[derive(Deserialize)]
struct AwsList<'a> {
    #[serde(rename = "__type")]
    error: Option<IgnoredAny>,
    #[serde(rename = "nextMarker")]
    marker: Option<IgnoredAny>,
    #[serde(borrow, rename = "certificates")]
    rows: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct AwsRow {
    #[serde(rename = "certificateId")]
    name: String,
}

/// If this one list answers every call, and the list is whole, the answer shows every certificate that a
/// row names, whatever the other rows are.
pub(super) fn check_list(provider: ProviderName, answer: &[u8], shown: Option<&Value>) {
    let Some((names, member)) = std::str::from_utf8(answer)
        .ok()
        .and_then(|answer| names(provider, answer))
    else {
        return;
    };
    let shown = shown.unwrap_or_else(|| panic!("the list is lost: {names:?}"));
    let shown: HashSet<&str> = shown["certificates"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|record| record[member].as_str())
        .collect();
    for name in names {
        assert!(shown.contains(name.as_str()), "{name} is not shown");
    }
}

/// The names of a list, and the member of the contract that shows them.
fn names(provider: ProviderName, answer: &str) -> Option<(Vec<String>, &'static str)> {
    let (rows, member) = match provider {
        TencentMqtt => {
            let Tencent { response } = object(answer)?;
            let list: TencentList<'_> = object(response.get())?;
            let is_whole = list.error.is_none() && list.total == list.rows.len();
            (is_whole.then_some(list.rows)?, "provider_serial_number")
        }
        AwsIot => {
            let list: AwsList<'_> = object(answer)?;
            let is_whole = list.error.is_none() && list.marker.is_none();
            (is_whole.then_some(list.rows)?, "fingerprint_sha256")
        }
        _ => return None,
    };
    let name = |row: &RawValue| match provider {
        TencentMqtt => object::<TencentRow>(row.get())
            .map(|row| row.name)
            .filter(|name| !name.is_empty() && !name.contains(char::REPLACEMENT_CHARACTER))
            .filter(|name| name.chars().count() <= LONGEST_NAME),
        _ => object::<AwsRow>(row.get())
            .map(|row| row.name)
            .filter(|name| name.len() == 64 && name.bytes().all(is_lower_hex)),
    };
    (rows.len() <= MOST_ROWS).then(|| (rows.into_iter().filter_map(name).collect(), member))
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// A derived type also accepts an array.
fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Option<T> {
    json.trim_start()
        .starts_with('{')
        .then(|| serde_json::from_str(json).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LIST: &str = r#"{"Response": {"TotalCount": 2, "Data": [
        {"DeviceCertificateSn": "0a", "ClientId": "\ud83d"}, 1e400]}}"#;

    #[test]
    fn a_list_that_shows_every_name_holds() {
        let shown = json!({"certificates": [{"provider_serial_number": "0a"}]});
        check_list(TencentMqtt, LIST.as_bytes(), Some(&shown));
    }

    #[test]
    fn a_name_that_is_too_long_to_be_shown_may_be_left_out() {
        let row = |length| json!({"DeviceCertificateSn": "a".repeat(length)});
        let list =
            |length| json!({"Response": {"TotalCount": 1, "Data": [row(length)]}}).to_string();
        let none = json!({"certificates": [{"provider_serial_number": null}]});
        check_list(TencentMqtt, list(LONGEST_NAME + 1).as_bytes(), Some(&none));
        let is_missed = std::panic::catch_unwind(|| {
            check_list(TencentMqtt, list(LONGEST_NAME).as_bytes(), Some(&none));
        });
        assert!(is_missed.is_err());
    }

    #[test]
    #[should_panic(expected = "the list is lost")]
    fn a_list_that_is_lost_is_found() {
        check_list(TencentMqtt, LIST.as_bytes(), None);
    }

    #[test]
    #[should_panic(expected = "0a is not shown")]
    fn a_certificate_that_is_lost_is_found() {
        check_list(
            TencentMqtt,
            LIST.as_bytes(),
            Some(&json!({"certificates": []})),
        );
    }
}
