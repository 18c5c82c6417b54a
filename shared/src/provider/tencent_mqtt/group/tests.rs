//! Certificates that are looked up and read again together.

use super::super::status::tests::{Vendor, calls, numbered, references, sizes};
use super::*;
use crate::provider::StatusWriter as _;
use crate::testing::network::Network;
use crate::testing::{Bench, target};

/// The result for each: its key, `-` when the provider does not know it, or the code of the
/// error.
fn results_of(answers: &[Result<Option<FoundCertificate>, Error>]) -> Vec<String> {
    let word = |answer: &Result<Option<FoundCertificate>, Error>| match answer {
        Ok(found) => found
            .as_ref()
            .map_or_else(|| "-".to_owned(), |found| found.key.clone()),
        Err(error) => error.code.as_str().to_owned(),
    };
    answers.iter().map(word).collect()
}

/// Looks these up, and reads again what was found.
async fn find_and_read(
    network: &Network,
    serials: &[impl AsRef<str>],
    spellings: Spellings,
) -> (Vec<String>, Vec<String>) {
    find_and_read_named(network, &references(serials), spellings).await
}

/// The same, of these references.
async fn find_and_read_named(
    network: &Network,
    references: &[CertificateReference],
    spellings: Spellings,
) -> (Vec<String>, Vec<String>) {
    let bench = Bench::new(network);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    let references: Vec<&CertificateReference> = references.iter().collect();
    let found = provider.find(&references, spellings).await;
    let known: Vec<&FoundCertificate> = found
        .iter()
        .filter_map(|answer| answer.as_ref().ok()?.as_ref())
        .collect();
    (results_of(&found), results_of(&provider.read(&known).await))
}

#[tokio::test(start_paused = true)]
async fn a_hundred_certificates_are_found_by_one_call_and_read_again_by_another() {
    for (count, expected) in [
        (2, vec![2, 2]),
        (100, vec![100, 100]),
        (120, vec![100, 20, 100, 20]),
    ] {
        let serials = numbered(count);
        let known: Vec<&str> = serials.iter().map(String::as_str).collect();
        let network = Vendor::of(&known).network();
        assert_eq!(
            find_and_read(&network, &serials, Spellings::Own).await,
            (serials.clone(), serials)
        );
        assert_eq!(sizes(&network), expected, "{count}");
    }
}

/// References by the vendor's own texts.
fn by_text(texts: &[impl AsRef<str>]) -> Vec<CertificateReference> {
    let reference = |text: &str| CertificateReference {
        provider_serial_number: Some(serde_json::from_value(text.into()).unwrap()),
        ..CertificateReference::default()
    };
    texts.iter().map(|text| reference(text.as_ref())).collect()
}

#[tokio::test(start_paused = true)]
async fn certificates_that_are_named_by_the_vendors_texts_are_found_together_too() {
    let serials = numbered(120);
    let known: Vec<&str> = serials.iter().map(String::as_str).collect();
    let network = Vendor::of(&known).network();
    let found = find_and_read_named(&network, &by_text(&serials), Spellings::Own).await;
    assert_eq!(found, (serials.clone(), serials));
    assert_eq!(sizes(&network), [100, 20, 100, 20]);
}

/// A text that the list does not show, or shows in another spelling, is read by the action that takes
/// it as it is; and no other spelling of it is tried.
#[tokio::test(start_paused = true)]
async fn a_vendors_text_names_exactly_the_certificate_of_this_text() {
    let network = Vendor::of(&["1001", "1002", "1003"]).network();
    let texts = by_text(&["1001", "01002", "1003", "9"]);
    let (found, _) = find_and_read_named(&network, &texts, Spellings::Own).await;
    assert_eq!(found, ["1001", "-", "1003", "-"]);
    let (found, _) = find_and_read_named(&network, &texts, Spellings::Others).await;
    assert_eq!(found, ["-", "-", "-", "-"]);
    // One of them cannot be a value of the filter for numbers.
    let network = Vendor::of(&["1001", "1002"]).network();
    let texts = by_text(&["1001", "device-7", "1002"]);
    let (found, _) = find_and_read_named(&network, &texts, Spellings::Own).await;
    assert_eq!(found, ["1001", "-", "1002"]);
}

#[tokio::test(start_paused = true)]
async fn one_certificate_is_read_by_its_own_action() {
    let network = Vendor::of(&["1001", "1002"]).network();
    find_and_read(&network, &["1001"], Spellings::Own).await;
    assert_eq!(calls(&network), ["1001", "1001"]);
}

/// However the vendor reads several values, no certificate that it knows is reported as unknown.
#[tokio::test(start_paused = true)]
async fn a_certificate_that_a_list_lacks_is_unknown_only_where_several_values_are_alternatives() {
    let serials: Vec<String> = numbered(20);
    let known: Vec<&str> = serials.iter().take(15).map(String::as_str).collect();
    let expected: Vec<String> = serials
        .iter()
        .enumerate()
        .map(|(index, serial)| {
            if index < 15 {
                serial.clone()
            } else {
                "-".to_owned()
            }
        })
        .collect();
    for vendor in [
        Vendor::of(&known),
        Vendor {
            wants_all_values: true,
            ..Vendor::of(&known)
        },
        Vendor {
            uses_only_the_first: true,
            ..Vendor::of(&known)
        },
        Vendor {
            matches_in_part: true,
            ..Vendor::of(&known)
        },
        Vendor {
            most_values: Some(10),
            ..Vendor::of(&known)
        },
    ] {
        let network = vendor.network();
        let (found, read) = find_and_read(&network, &serials, Spellings::Own).await;
        assert_eq!(found, expected, "{:?}", calls(&network));
        assert_eq!(read, expected[..15], "{:?}", calls(&network));
    }
}

#[tokio::test(start_paused = true)]
async fn other_spellings_are_found_together_too() {
    // Written with a leading zero by the caller, and without it by the vendor.
    let network = Vendor::of(&["a01", "a02", "a03"]).network();
    let serials = ["0a01", "0a02", "0a03"];
    assert_eq!(
        find_and_read(&network, &serials, Spellings::Own).await.0,
        ["-"; 3]
    );
    assert_eq!(
        find_and_read(&network, &serials, Spellings::Others).await.0,
        ["a01", "a02", "a03"]
    );
}

/// The change knows a certificate by its serial number alone.
#[tokio::test(start_paused = true)]
async fn two_certificates_with_one_serial_number_are_left_alone() {
    let vendor = Vendor {
        known: vec![
            ("1001".to_owned(), "0b"),
            ("1001".to_owned(), "0c"),
            ("1002".to_owned(), "0b"),
        ],
        ..Vendor::default()
    };
    let (found, _) = find_and_read(&vendor.network(), &["1001", "1002"], Spellings::Own).await;
    assert_eq!(found, ["invalid_request", "1002"]);
}

/// A vendor whose list shows these rows of `1001`, `1002` and `1003`, and which knows all three
/// alone.
fn with_rows(rows: serde_json::Value) -> Network {
    use crate::testing::network::ok;
    use serde_json::{Value, json};
    Network::new(move |request| {
        let requested: Value = serde_json::from_slice(request.body()).unwrap();
        match requested["DeviceCertificateSn"].as_str() {
            Some(serial) => ok(&json!({"Response": {
                "DeviceCertificateSn": serial,
                "Status": if serial == "1003" { json!(3) } else { json!("ACTIVE") },
            }})),
            None => ok(&json!({"Response": {"TotalCount": 3, "Data": rows}})),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_the_list_may_hide_is_read_alone() {
    use serde_json::json;
    let row = |serial: &str| json!({"DeviceCertificateSn": serial, "Status": "ACTIVE"});
    for hidden in [
        json!(7),
        json!({"Status": "ACTIVE"}),
        json!({"DeviceCertificateSn": ["1002"], "Status": "ACTIVE"}),
        json!({"DeviceCertificateSn": "1002"}),
        json!({"DeviceCertificateSn": "1002", "Status": ["ACTIVE"]}),
    ] {
        let network = with_rows(json!([row("1001"), hidden, row("1003")]));
        let serials = ["1001", "1002", "1003"];
        let (found, read) = find_and_read(&network, &serials, Spellings::Own).await;
        assert_eq!(found, serials, "{hidden}");
        assert_eq!(read, serials, "{hidden}");
        assert_eq!(
            calls(&network),
            [
                "DeviceCertificateSn=1001|1002|1003",
                "1002",
                "DeviceCertificateSn=1001|1002|1003",
                "1002"
            ],
            "{hidden}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_without_a_readable_status_is_not_found_for_a_change() {
    use serde_json::json;
    let row = |serial: &str| json!({"DeviceCertificateSn": serial, "Status": "ACTIVE"});
    let network = with_rows(json!([
        row("1001"),
        row("1002"),
        {"DeviceCertificateSn": "1003", "Status": 3}
    ]));
    let serials = ["1001", "1002", "1003"];
    let (found, _) = find_and_read(&network, &serials, Spellings::Own).await;
    assert_eq!(found, ["1001", "1002", "provider_invalid_response"]);
}

/// One of two is as unknown as the other, whatever their states.
#[tokio::test(start_paused = true)]
async fn two_rows_of_one_serial_number_are_two_though_one_has_no_readable_status() {
    use serde_json::json;
    let network = with_rows(json!([
        {"DeviceCertificateSn": "1001", "CaSn": "0b", "Status": "ACTIVE"},
        {"DeviceCertificateSn": "1001", "CaSn": "0c", "Status": 1},
        {"DeviceCertificateSn": "1002", "CaSn": "0c", "Status": "ACTIVE"},
    ]));
    let (found, _) = find_and_read(&network, &["1001", "1002"], Spellings::Own).await;
    assert_eq!(found, ["invalid_request", "1002"]);
    let by_text = by_text(&["1001", "1002"]);
    let (found, _) = find_and_read_named(&network, &by_text, Spellings::Own).await;
    assert_eq!(found, ["invalid_request", "1002"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_without_an_end_is_left_and_each_certificate_is_read_alone() {
    use crate::testing::network::ok;
    use serde_json::{Value, json};
    let network = Network::new(|request| {
        let requested: Value = serde_json::from_slice(request.body()).unwrap();
        let row = |serial: String| json!({"DeviceCertificateSn": serial, "Status": "ACTIVE"});
        let response = match requested["DeviceCertificateSn"].as_str() {
            Some(serial) => row(serial.to_owned()),
            None => {
                let begin = requested["Offset"].as_u64().unwrap();
                assert!(begin <= 12_000, "the list is read without an end");
                let rows =
                    (begin..begin + 1_000).map(|number| row(format!("{:x}", 0xA000 + number)));
                json!({"TotalCount": 1_000_000_000, "Data": rows.collect::<Vec<_>>()})
            }
        };
        ok(&json!({ "Response": response }))
    });
    let (found, _) = find_and_read(&network, &["1001", "1002"], Spellings::Own).await;
    assert_eq!(found, ["1001", "1002"]);
}
