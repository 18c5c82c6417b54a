//! Rows in every form.

use super::*;
use crate::testing::now;
use serde_json::json;

fn read(json: &str) -> DeviceCertificate {
    DeviceCertificate::read(&Members::parse(json).unwrap())
}

fn shown(record: DeviceCertificate) -> serde_json::Value {
    let certificate = ProviderRecord::from(record).into_certificate(now(), false);
    let all = serde_json::to_value(certificate).unwrap();
    json!({
        "device": all["provider_serial_number"], "ca": all["provider_ca_serial_number"], "number": all["serial_number"],
        "status": all["status"], "word": all["provider_status"], "name": all["name"],
        "begin": all["not_before"], "end": all["not_after"]
    })
}

#[test]
fn values_that_mean_the_same_are_taken() {
    let expected = json!({
        "device": "356217374433", "ca": "7269004887", "number": "356217374433", "status": "active", "word": "1", "name": "7",
        "begin": "2025-03-01T00:00:00Z", "end": "2030-02-28T00:00:00Z"
    });
    for row in [
        r#"{"DeviceSn": "356217374433", "CaSn": "7269004887", "Status": "1", "DeviceName": "7",
            "ValidBegin": "1740787200000", "ValidEnd": "1898467200000"}"#,
        r#"{"DeviceSn": 356217374433, "CaSn": 7269004887, "Status": 1, "DeviceName": 7,
            "ValidBegin": 1740787200000, "ValidEnd": 1898467200000}"#,
        r#"{"DeviceSn": "356217374433", "CaSn": "7269004887", "Status": 1.0, "DeviceName": "7",
            "ValidBegin": 1.7407872E12, "ValidEnd": "1.898467200000E12"}"#,
        r#"{"DeviceSn": "356217374433", "DeviceSn": "356217374433", "CaSn": "7269004887", "Stat\u0075s": "1",
            "DeviceName": "7", "ValidBegin": 1740787200000.0, "ValidEnd": "1898467200000"}"#,
    ] {
        assert_eq!(shown(read(row)), expected, "{row}");
    }
}

#[test]
fn an_odd_member_costs_no_other() {
    let members = [
        ("DeviceSn", "\"0a\"", "device"),
        ("CaSn", "\"0b\"", "ca"),
        ("Status", "\"0\"", "word"),
        ("DeviceName", "\"d\"", "name"),
        ("ValidBegin", "1740787200000", "begin"),
        ("ValidEnd", "1898467200000", "end"),
    ];
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let whole = shown(read(
        r#"{"DeviceSn": "0a", "CaSn": "0b", "Status": "0", "DeviceName": "d", "ValidBegin": 1740787200000, "ValidEnd": 1898467200000}"#,
    ));
    for (odd, _, of_odd) in members {
        for value in [
            r#""\ud83d""#,
            "1e400",
            "null",
            "true",
            "[]",
            "{}",
            "1.5",
            &deep,
        ] {
            let row: Vec<String> = members
                .iter()
                .map(|(name, sound, _)| {
                    let value = if *name == odd { value } else { sound };
                    format!(r#""{name}": {value}"#)
                })
                .collect();
            let found = shown(read(&format!("{{{}}}", row.join(", "))));
            let mut expected = whole.clone();
            expected[of_odd] = json!(null);
            match odd {
                "DeviceSn" => expected["number"] = json!(null),
                "Status" => expected["status"] = json!("unknown"),
                _ => {}
            }
            assert_eq!(found, expected, "{odd}: {value}");
        }
    }
    let contradicting = read(r#"{"DeviceSn": "0a", "CaSn": "0b", "Status": "0", "Status": "1"}"#);
    assert_eq!(contradicting.status, None);
}

#[test]
fn a_certificate_is_named_by_both_texts_hex_or_not() {
    let missing = "that can be read";
    for (row, expected) in [
        (r#"{"DeviceSn": "0a", "CaSn": "0b"}"#, None),
        (r#"{"DeviceSn": "vin-1", "CaSn": "******"}"#, None),
        (r#"{"CaSn": "0b"}"#, Some("no DeviceSn")),
        (r#"{"DeviceSn": "", "CaSn": "0b"}"#, Some("no DeviceSn")),
        (
            r#"{"DeviceSn": "0a", "CaSn": "0b", "CaSn": "0c"}"#,
            Some("no CaSn"),
        ),
        (
            r#"{"DeviceSn": "\ud83d", "CaSn": null}"#,
            Some("neither a DeviceSn nor a CaSn"),
        ),
    ] {
        let record = read(row);
        let problem = record.names().err();
        assert_eq!(problem.is_some(), expected.is_some(), "{row}");
        if let (Some(problem), Some(expected)) = (problem, expected) {
            assert!(
                problem.contains(expected) && problem.contains(missing),
                "{problem}"
            );
        }
    }
}

#[test]
fn a_second_record_of_the_same_certificate_fills_what_the_first_does_not_state() {
    let first =
        read(r#"{"DeviceSn": "0a", "CaSn": "0b", "Status": "0", "ValidEnd": 1898467200000}"#);
    let second = read(
        r#"{"DeviceSn": "0A", "CaSn": "0B", "Status": "1", "DeviceName": "d", "ValidBegin": 1740787200000, "ValidEnd": 1}"#,
    );
    let both = shown(first.or(second));
    assert_eq!(
        both,
        json!({
            "device": "0a", "ca": "0b", "number": "0a", "status": "inactive", "word": "0", "name": "d",
            "begin": "2025-03-01T00:00:00Z", "end": "2030-02-28T00:00:00Z"
        })
    );
}

#[test]
fn a_list_is_read_row_by_row() {
    let body = r#"{"Data": {"Total": "4", "DeviceCertificateVOS":
        [null, {"DeviceSn": "0a", "CaSn": "0b"}, ["0a", "0b"], {"DeviceSn": "0c", "CaSn": "\udc00"}]}}"#;
    let list = DeviceCertificates::read(&Members::parse(body).unwrap()).unwrap();
    let devices: Vec<Option<&str>> = list
        .rows
        .iter()
        .map(|row| row.device_sn.as_deref())
        .collect();
    assert_eq!(devices, [None, Some("0a"), None, Some("0c")]);
    assert_eq!(list.total, Some(4));
}
