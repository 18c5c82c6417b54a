//! Names, times and serial numbers.

use serde_json::{Value, json};
use simulator::Vendor;

use super::der::{
    COMMON_NAME, COUNTRY, ORGANIZATIONAL_UNIT, Parts, element, indefinite, padded, set,
};
use super::{Kept, at_every_vendor, facts, found, records, usual};
use crate::setup::pair;

/// Certificates, and the fact of each that is odd: its place among [`usual`] and its value.
type Cases = Vec<(Kept, Vec<(usize, Value)>)>;

const SERIAL_NUMBER: usize = 0;
const NAME: usize = 1;
const UNIT: usize = 2;
const BEGIN: usize = 3;
const END: usize = 4;

/// At every vendor each certificate shows these facts, and all others as usual.
async fn are_shown(cases: &Cases) {
    let kept: Vec<Kept> = cases.iter().map(|(kept, _)| kept.clone()).collect();
    let (_simulator, mut function) = pair("describe", at_every_vendor(&kept)).await;
    for vendor in Vendor::ALL {
        let records = records(&mut function, vendor).await;
        assert_eq!(records.len(), cases.len(), "{vendor:?}");
        for (kept, odd) in cases {
            let mut expected = usual();
            for (place, value) in odd {
                expected[*place] = value.clone();
            }
            let record = &records[&kept.fingerprint()];
            assert_eq!(facts(record), expected, "{vendor:?}");
            assert_eq!(record["disagreements"], json!([]), "{vendor:?}");
        }
    }
}

/// Exactly this certificate has the value of this filter. Tencent filters by its own record, which
/// states no name here.
async fn is_found_by(cases: &Cases, places: &[(usize, &str)]) {
    let kept: Vec<Kept> = cases.iter().map(|(kept, _)| kept.clone()).collect();
    let (_simulator, mut function) = pair("describe", at_every_vendor(&kept)).await;
    for vendor in [Vendor::AwsIot, Vendor::AlibabaMqtt, Vendor::AlibabaCas] {
        for (kept, odd) in cases {
            for (place, value) in odd {
                for (_, filter) in places.iter().filter(|(of, _)| of == place) {
                    let found = found(&mut function, vendor, json!({ *filter: [value] })).await;
                    assert_eq!(found, [kept.fingerprint()], "{vendor:?} {filter} {value}");
                }
            }
        }
    }
}

fn named(tag: u8, common_name: &[u8], organizational_unit: &[u8]) -> Kept {
    let sets = [
        set(&[(COUNTRY, 0x13, b"DE")]),
        set(&[(ORGANIZATIONAL_UNIT, tag, organizational_unit)]),
        set(&[(COMMON_NAME, tag, common_name)]),
    ];
    let subject = element(0x30, &sets.concat());
    Kept::of(
        Parts {
            subject,
            ..Parts::default()
        }
        .der(),
    )
}

fn names() -> Cases {
    let utf_16: fn(&str) -> Vec<u8> =
        |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf_32: fn(&str) -> Vec<u8> = |text| {
        text.chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect()
    };
    let octets: fn(&str) -> Vec<u8> =
        |text| text.chars().map(|c| u8::try_from(c).unwrap()).collect();
    let utf_8: fn(&str) -> Vec<u8> = |text| text.as_bytes().to_vec();
    let mut cases = Cases::new();
    for (tag, octets_of, common_name, unit) in [
        // PrintableString
        (0x13, octets, "dev_1@site*&", "R&D_2*@"),
        (0x13, octets, "unit*7", "c@d"),
        (0x13, octets, "a&b", "dev+1;x"),
        (0x13, octets, "100%!", "Süd;<>"),
        // TeletexString, which real software fills with Latin-1
        (0x14, octets, "Süd_7", "Größe"),
        // BMPString
        (0x1e, utf_16, "Süd 南 7", "_*&@"),
        // NumericString
        (0x12, octets, "unit-7", "no digits"),
        // UniversalString
        (0x1c, utf_32, "truck 🚛", "南 west"),
        // IA5String
        (0x16, octets, "truck@depot.example", "é_5"),
        // VisibleString
        (0x1a, octets, "visible_9", "a\u{a0}b"),
        // UTF8String
        (0x0c, utf_8, "Süd 🚛 南", "_@*&_"),
    ] {
        let kept = named(tag, &octets_of(common_name), &octets_of(unit));
        cases.push((kept, vec![(NAME, json!(common_name)), (UNIT, json!(unit))]));
    }
    cases
}

#[tokio::test]
async fn names_of_every_string_type_are_shown_whatever_characters_they_have() {
    are_shown(&names()).await;
}

#[tokio::test]
async fn filters_find_names_of_every_string_type() {
    is_found_by(
        &names(),
        &[(NAME, "common_names"), (UNIT, "organizational_units")],
    )
    .await;
}

const UTC: u8 = 0x17;
const GENERALIZED: u8 = 0x18;

fn times() -> Vec<(u8, &'static str, Value)> {
    let at = |text: &str| json!(text);
    vec![
        (UTC, "500101000000Z", at("1950-01-01T00:00:00Z")),
        (UTC, "600229120000Z", at("1960-02-29T12:00:00Z")),
        (UTC, "691231235959Z", at("1969-12-31T23:59:59Z")),
        (GENERALIZED, "00010101000000Z", at("0001-01-01T00:00:00Z")),
        // Without seconds, with an offset, and the border between two centuries.
        (UTC, "2602030405Z", at("2026-02-03T04:05:00Z")),
        (UTC, "260203040506+0800", at("2026-02-02T20:05:06Z")),
        (UTC, "500101000000+0100", at("1949-12-31T23:00:00Z")),
        (UTC, "491231235959Z", at("2049-12-31T23:59:59Z")),
        (GENERALIZED, "20500101000000Z", at("2050-01-01T00:00:00Z")),
        // The last year, a fraction, and times before 1950.
        (GENERALIZED, "99991231235959Z", at("9999-12-31T23:59:59Z")),
        (
            GENERALIZED,
            "20260203040506.5Z",
            at("2026-02-03T04:05:06.500Z"),
        ),
        (GENERALIZED, "19010101000000Z", at("1901-01-01T00:00:00Z")),
        // It cannot be told when that is.
        (UTC, "261301000000Z", Value::Null),
        (UTC, "260230000000Z", Value::Null),
        (UTC, "260203040506", Value::Null),
        (GENERALIZED, "20260203040506", Value::Null),
        (UTC, "", Value::Null),
    ]
}

#[tokio::test]
async fn a_time_is_shown_or_null_and_every_other_fact_stays() {
    let mut cases = Cases::new();
    for (tag, text, value) in times() {
        let time = element(tag, text.as_bytes());
        let begin = Parts {
            not_before: time.clone(),
            ..Parts::default()
        };
        let end = Parts {
            not_after: time,
            ..Parts::default()
        };
        cases.push((Kept::of(begin.der()), vec![(BEGIN, value.clone())]));
        cases.push((Kept::of(end.der()), vec![(END, value)]));
    }
    are_shown(&cases).await;
}

/// The content octets of serial numbers, and the numbers as openssl prints them, but for the case
/// of their letters.
fn serial_numbers() -> Vec<(Vec<u8>, String)> {
    let long = [vec![0x01], vec![0xab; 69]].concat();
    vec![
        (vec![0xff], "-01".to_owned()),
        (vec![0x00, 0xff], "ff".to_owned()),
        (vec![0x00], "00".to_owned()),
        (vec![0x80], "-80".to_owned()),
        (vec![0x00, 0x81], "81".to_owned()),
        (vec![0x81], "-7f".to_owned()),
        (vec![0x7f], "7f".to_owned()),
        (vec![0x80, 0x00], "-8000".to_owned()),
        (vec![0xff, 0x00], "-0100".to_owned()),
        (long.clone(), hex::encode(long)),
    ]
}

fn numbered() -> Cases {
    let cases = serial_numbers().into_iter().map(|(octets, text)| {
        let serial_number = element(0x02, &octets);
        let kept = Kept::of(
            Parts {
                serial_number,
                ..Parts::default()
            }
            .der(),
        );
        (kept, vec![(SERIAL_NUMBER, json!(text))])
    });
    cases.collect()
}

#[tokio::test]
async fn negative_zero_and_long_serial_numbers_are_numbers_of_their_own() {
    are_shown(&numbered()).await;
}

#[tokio::test]
async fn a_filter_tells_a_serial_number_from_its_negative_and_from_its_complement() {
    const LONGEST_IN_A_FILTER: usize = 128;
    let mut cases = numbered();
    let before = cases.len();
    cases.retain(|(_, odd)| odd[0].1.as_str().unwrap().len() <= LONGEST_IN_A_FILTER);
    assert_eq!(cases.len(), before - 1);
    is_found_by(&cases, &[(SERIAL_NUMBER, "serial_numbers")]).await;
}

#[tokio::test]
async fn oddities_of_the_other_fields_hide_no_fact() {
    let usual_parts = Parts::default;
    let odd = [
        Parts {
            version: Vec::new(),
            ..usual_parts()
        },
        Parts {
            version: element(0xa0, &element(0x02, &[9])),
            ..usual_parts()
        },
        Parts {
            version: element(0xa0, &[]),
            ..usual_parts()
        },
        Parts {
            algorithm: element(0x30, &[]),
            ..usual_parts()
        },
        Parts {
            issuer: element(0x30, &[]),
            ..usual_parts()
        },
        Parts {
            issuer: indefinite(0x30, &[]),
            ..usual_parts()
        },
        Parts {
            issuer: padded(0x30, &[]),
            ..usual_parts()
        },
        Parts {
            key: element(0x30, b"\x02\x01"),
            ..usual_parts()
        },
        Parts {
            extensions: element(0xa3, &[0x30, 0x82]),
            ..usual_parts()
        },
        Parts {
            extensions: Vec::new(),
            ..usual_parts()
        },
        Parts {
            signature: Vec::new(),
            ..usual_parts()
        },
    ];
    let kept = odd.map(|parts| (Kept::of(parts.der()), Vec::new()));
    are_shown(&kept.into()).await;
}
