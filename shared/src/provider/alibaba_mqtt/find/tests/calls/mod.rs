//! How many calls a search takes, and which.

mod kept_lists;
mod unreadable_lists;
mod unusable_rows;

use std::time::Duration;

use super::*;
use crate::model::SerialNumber;
use crate::transport::Deadline;

const FORBIDDEN: &str = "alibaba-mqtt/InactivateDeviceCertificate.error-permission";

/// Certificates of a list that does not fit on one page, so written.
fn long_list(
    write: impl Fn(usize) -> String,
    ca: &'static str,
) -> Vec<(&'static str, &'static str)> {
    (0..150)
        .map(|number| (&*write(number).leak(), ca))
        .collect()
}

/// The calls until a certificate is found, or is not.
async fn calls(network: &Network, serial: &str, ca: &str) -> (Option<String>, Vec<String>) {
    let found = find(network, &reference(serial, ca), true).await.unwrap();
    (found.map(|found| found.key), requested(network))
}

#[tokio::test(start_paused = true)]
async fn a_complete_list_decides_with_no_further_call() {
    for writes in [true, false] {
        for serial in ["0xAB", "171", "0b", "2a5f91c3"] {
            let network = vendor(&[("ff", "ca"), ("fe", "ca")]);
            assert!(
                find(&network, &reference(serial, "ca"), writes)
                    .await
                    .unwrap()
                    .is_none()
            );
            let own = serial.trim_start_matches("0x");
            assert_eq!(
                requested(&network),
                [format!("{own}/ca"), "list/ca".to_owned()],
                "{serial}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_plausible_spelling_is_found_in_few_calls() {
    let pem_of = || Some(pem(NUMBER));
    for (serial, ca, known, known_ca, shown, count) in [
        // The device's text alone is another one.
        ("0abc", "ca", "abc", "ca", None, 2),
        ("abc", "ca", "0abc", "ca", None, 2),
        ("ab:cd", "ca", "ABCD", "ca", None, 2),
        ("0xABCD", "ca", "abcd", "ca", None, 2),
        ("AB", "ca", "00ab", "ca", None, 2),
        ("AB", "ca", "00000000ab", "ca", None, 2),
        (NUMBER, "ca", IN_DECIMAL, "ca", pem_of(), 2),
        (IN_DECIMAL, "ca", NUMBER, "ca", None, 2),
        // The CA's is another one, too.
        ("0abc", "0bca", "abc", "bca", None, 3),
        ("0xABC", "0x0BCA", "0abc", "0bca", None, 3),
        ("ab:cd", "ca:fe", "ABCD", "CAFE", None, 4),
        ("abcd", "cafe", "ABCD", "00CAFE", None, 6),
        ("abcd", "cafe", "00abcd", "00cafe", None, 3),
        ("0xABC", "0x0BCA", "ABC", "BCA", None, 6),
        // Both are decimal numbers, for the caller or for the vendor.
        (IN_DECIMAL, "202", NUMBER, "ca", None, 4),
        (IN_DECIMAL, "202", NUMBER, "CA", None, 6),
        (NUMBER, "0xca", IN_DECIMAL, "202", pem_of(), 5),
        (NUMBER, "0xbca", IN_DECIMAL, "3018", pem_of(), 5),
        (NUMBER, "0x11", IN_DECIMAL, "17", pem_of(), 4),
    ] {
        let network = Network::new(move |request| {
            let (device, ca) = (
                parameter(request, "DeviceSn"),
                parameter(request, "CaSn").unwrap(),
            );
            let row =
                json!({"DeviceSn": known, "CaSn": known_ca, "Status": "1", "DeviceContent": shown});
            match device {
                None if ca == known_ca => ok(
                    &json!({"RequestId": "id-2", "Data": {"Total": 1, "DeviceCertificateVOS": [row]}}),
                ),
                None => list_of(request, &[]),
                Some(device) if device == known && ca == known_ca => {
                    ok(&json!({"RequestId": "id-1", "Data": row}))
                }
                Some(_) => unknown(),
            }
        });
        let (found, requested) = calls(&network, serial, ca).await;
        assert_eq!(
            (found.as_deref(), requested.len()),
            (Some(known), count),
            "{serial}/{ca} as {known}/{known_ca}: {requested:?}"
        );
        assert!(count <= MOST_CALLS);
    }
}

#[tokio::test(start_paused = true)]
async fn a_longer_list_shows_in_which_styles_to_ask() {
    type Write = fn(usize) -> String;
    let styles: [(Write, &str, &[&str]); 6] = [
        (
            |number| format!("{:x}", 0xb000 + number),
            "0xABCD",
            &["ABCD/ca", "list/ca", "abcd/ca"],
        ),
        (
            |number| format!("{:X}", 0xB000 + number),
            "abcd",
            &["abcd/ca", "list/ca", "ABCD/ca"],
        ),
        (
            |number| format!("00{:x}", 0xb000 + number),
            "abcd",
            &["abcd/ca", "list/ca", "00abcd/ca"],
        ),
        (
            |number| format!("{:x}", 0xb00 + number),
            "0x0ABC",
            &["0ABC/ca", "list/ca", "abc/ca"],
        ),
        // Both cases occur, each with and without a zero octet.
        (
            |number| match number % 4 {
                0 => format!("00{:X}", 0xb000 + number),
                1 => format!("00{:x}", 0xb000 + number),
                2 => format!("{:X}", 0xb000 + number),
                _ => format!("{:x}", 0xb000 + number),
            },
            "0xabcd",
            &["abcd/ca", "list/ca", "ABCD/ca", "00abcd/ca", "00ABCD/ca"],
        ),
        // Digits alone, which no certificate proves: each reading in turn.
        (
            |number| (1000 + number).to_string(),
            "4321",
            &["4321/ca", "list/ca", "10e1/ca", "17185/ca", "10E1/ca"],
        ),
    ];
    for (write, serial, expected) in styles {
        let known = long_list(write, "ca");
        let (found, requested) = calls(&vendor(&known), serial, "ca").await;
        assert_eq!(
            (found, requested.as_slice()),
            (
                None,
                &expected
                    .iter()
                    .map(|text| (*text).to_owned())
                    .collect::<Vec<_>>()[..]
            ),
            "{serial}"
        );
        // The last one is found.
        let own = known[149].0;
        let network = vendor(&known);
        let canonical = format!("0x{}", SerialNumber::parse(own).unwrap());
        let (found, requested) = calls(&network, &canonical, "ca").await;
        assert_eq!(found.as_deref(), Some(own), "{requested:?}");
        assert!(requested.len() <= MOST_CALLS, "{requested:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn certificates_in_the_rows_prove_the_base() {
    let shown = pem(NUMBER);
    let network = Network::new(move |request| {
        let row =
            json!({"DeviceSn": IN_DECIMAL, "CaSn": "ca", "Status": "1", "DeviceContent": shown});
        match parameter(request, "DeviceSn") {
            None => ok(
                &json!({"RequestId": "id-2", "Data": {"Total": 100, "DeviceCertificateVOS": vec![row; 100]}}),
            ),
            Some(_) => unknown(),
        }
    });
    assert_eq!(
        calls(&network, "4321", "ca").await.1,
        ["4321/ca", "list/ca", "17185/ca"],
        "this vendor writes decimal"
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_not_full_is_not_complete_when_something_contradicts_it() {
    for (total, rows) in [(7, vec!["ff"]), (2, vec!["ff", "ab******"])] {
        let network = Network::new(move |request| {
            match parameter(request, "DeviceSn").as_deref() {
                None => {
                    let rows: Vec<_> = rows
                        .iter()
                        .map(|text| json!({"DeviceSn": text, "CaSn": "ca", "Status": "1"}))
                        .collect();
                    ok(
                        &json!({"RequestId": "id-2", "Data": {"Total": total, "DeviceCertificateVOS": rows}}),
                    )
                }
                Some("ab") => certificate("ab", "ca", "1"),
                Some(_) => unknown(),
            }
        });
        let (found, requested) = calls(&network, "AB", "ca").await;
        assert_eq!(
            (found.as_deref(), requested.len()),
            (Some("ab"), 3),
            "{requested:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn two_spellings_of_one_number_are_two_certificates_unless_the_caller_writes_one_of_them() {
    let known = &[("00ab", "ca"), ("AB", "ca")];
    let error = find(&vendor(known), &reference("ab", "ca"), true)
        .await
        .unwrap_err();
    assert!(
        error.concerns == Concerns::Parameters && error.detail.contains("00ab and AB"),
        "{}",
        error.detail
    );
    assert_eq!(
        find(&vendor(known), &reference("00ab", "ca"), true)
            .await
            .unwrap()
            .unwrap()
            .key,
        "00ab"
    );
    assert_eq!(
        find(&vendor(known), &reference("ab", "ca"), false)
            .await
            .unwrap()
            .unwrap()
            .key,
        "00ab"
    );
}

#[tokio::test(start_paused = true)]
async fn a_row_that_lacks_a_member_that_decides_is_looked_up() {
    // In hex the row's digits are another number; only the certificate's own record proves that
    // they are decimal.
    let shown = pem(NUMBER);
    let network = Network::new(
        move |request| match parameter(request, "DeviceSn").as_deref() {
            None => list_of(request, &[(IN_DECIMAL, "ca")]),
            Some(IN_DECIMAL) => ok(
                &json!({"RequestId": "id-1", "Data": {"DeviceSn": IN_DECIMAL, "CaSn": "ca", "Status": "1", "DeviceContent": shown}}),
            ),
            Some(_) => unknown(),
        },
    );
    let (found, requested) = calls(&network, NUMBER, "ca").await;
    assert_eq!(
        (found.as_deref(), requested.len()),
        (Some(IN_DECIMAL), 3),
        "{requested:?}"
    );
    let mut named = reference("ab", "ca");
    named.fingerprint_sha256 = crate::model::Fingerprint::parse(&"00".repeat(32)).ok();
    let network = vendor(&[("AB", "ca")]);
    assert_eq!(
        find(&network, &named, true).await.unwrap().unwrap().key,
        "AB"
    );
    assert_eq!(super::requested(&network), ["ab/ca", "list/ca", "AB/ca"]);
}
