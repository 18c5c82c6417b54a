//! Lists with rows that cannot be read: each may be the certificate that is looked for.

use super::*;

/// A vendor that knows certificates under these texts, and whose lists hold one more row. A row
/// without a status has none in the list alone.
fn with_row(known: &[(&'static str, &'static str)], row: &'static str) -> Network {
    let known = known.to_vec();
    Network::new(move |request| {
        let ca = parameter(request, "CaSn").unwrap();
        let of_ca = known.iter().filter(|(_, of)| *of == ca);
        match parameter(request, "DeviceSn") {
            Some(device) if of_ca.clone().any(|(of, _)| *of == device) => {
                certificate(&device, &ca, "1")
            }
            Some(_) => unknown(),
            None => {
                let rows: Vec<String> = of_ca
                    .filter(|(device, _)| !device.starts_with("ab"))
                    .map(|(device, ca)| {
                        json!({"DeviceSn": device, "CaSn": ca, "Status": "1"}).to_string()
                    })
                    .chain([row.to_owned()])
                    .collect();
                let rows = rows.join(",");
                answer(
                    200,
                    format!(
                        r#"{{"RequestId": "id-2", "Data": {{"DeviceCertificateVOS": [{rows}]}}}}"#
                    ),
                )
            }
        }
    })
}

const UNUSABLE: [&str; 5] = [
    "null",
    r#"["ab", "ca", "1"]"#,
    r#"{"CaSn": "ca", "Status": "1"}"#,
    r#"{"DeviceSn": "ab", "CaSn": "\ud83d", "Status": "1"}"#,
    r#"{"DeviceSn": "ab******", "CaSn": "ca", "Status": "1"}"#,
];

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_may_be_the_certificate_and_reads_decide() {
    for row in UNUSABLE {
        for writes in [true, false] {
            // The vendor writes lower case, as the other row shows.
            let network = with_row(&[("ff", "ca"), ("ab", "ca")], row);
            let found = find(&network, &reference("0xAB", "ca"), writes)
                .await
                .unwrap();
            assert_eq!(found.map(|found| found.key).as_deref(), Some("ab"), "{row}");
            assert_eq!(requested(&network), ["AB/ca", "list/ca", "ab/ca"], "{row}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_may_be_a_second_certificate_of_the_same_digits() {
    for row in UNUSABLE {
        let network = with_row(&[("171", "ca"), ("ab", "ca")], row);
        let error = find(&network, &reference("171", "ca"), true)
            .await
            .unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (ErrorCode::InvalidRequest, Some("serial_number")),
            "{row}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_nothing_but_unreadable_rows_is_no_empty_list() {
    for row in UNUSABLE {
        let network = with_row(&[("abcd", "ca")], row);
        let (found, requested) = calls(&network, "ABCD", "ca").await;
        assert_eq!(found.as_deref(), Some("abcd"), "{row}: {requested:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_needs_a_status_and_a_read_shows_the_certificate_without_one() {
    let bare = r#"{"DeviceSn": "0a", "CaSn": "ca"}"#;
    for own in [json!("1"), json!(1), json!(null), json!([]), json!("")] {
        let has_status = own == "1" || own == 1;
        for asked in ["0a", "0A"] {
            let own = own.clone();
            let network = Network::new(move |request| {
                match parameter(request, "DeviceSn").as_deref() {
                    None => answer(
                        200,
                        format!(
                            r#"{{"RequestId": "id-2", "Data": {{"DeviceCertificateVOS": [{bare}]}}}}"#
                        ),
                    ),
                    Some("0a") => ok(
                        &json!({"RequestId": "id-1", "Data": {"DeviceSn": "0a", "CaSn": "ca", "Status": own}}),
                    ),
                    Some(_) => unknown(),
                }
            });
            let change = find(&network, &reference(asked, "ca"), true).await;
            match has_status {
                true => assert_eq!(change.unwrap().unwrap().key, "0a"),
                false => assert_eq!(
                    change.unwrap_err().code,
                    ErrorCode::ProviderInvalidResponse,
                    "{asked}"
                ),
            }
            let read = find(&network, &reference(asked, "ca"), false)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(read.certificate.provider_status.is_some(), has_status);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_page_with_unreadable_rows_is_a_long_list() {
    let network = Network::new(|request| match parameter(request, "DeviceSn").as_deref() {
        None => {
            let rows: Vec<_> = (0..100)
                .map(|number| match number {
                    7 => json!(null),
                    _ => json!({"DeviceSn": format!("b{number:03}"), "CaSn": "ca", "Status": "1"}),
                })
                .collect();
            ok(&json!({"RequestId": "id-2", "Data": {"DeviceCertificateVOS": rows}}))
        }
        Some("abcd") => certificate("abcd", "ca", "1"),
        Some(_) => unknown(),
    });
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AlibabaMqtt::new(&context, target(API.provider)).unwrap();
    let found = find_with(&provider, &reference("0xABCD", "ca"), true)
        .await
        .unwrap();
    assert_eq!(found.unwrap().key, "abcd");
    let learned = context
        .learned
        .long_list(&provider.scope, "ca", context.now);
    assert!(learned.is_some());
}
