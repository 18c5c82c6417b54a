//! Rows that cannot be used in full, and totals that are wrong.

use proptest::prelude::*;

use super::*;
use crate::provider::alibaba::tests::odd;
use crate::testing::network::answer;

/// A vendor with these rows, as JSON, of which it gives at most so many a page, and which states
/// this total.
fn listing(rows: Vec<String>, most: usize, total: Value) -> Network {
    Network::new(move |request| {
        let number = |name| parameter(request, name).unwrap().parse::<usize>().unwrap();
        let (page, size) = (number("CurrentPage"), number("ShowSize").min(most));
        let of_page: Vec<&str> = rows
            .iter()
            .skip((page - 1) * size)
            .take(size)
            .map(String::as_str)
            .collect();
        let of_page = of_page.join(",");
        answer(
            200,
            format!(
                r#"{{"RequestId": "id-1", "CertificateList": [{of_page}], "TotalCount": {total}}}"#
            ),
        )
    })
}

fn numbered(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| {
            json!({"SerialNumber": format!("a{number:03}"), "Status": "ISSUE"}).to_string()
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_used_is_a_record_with_an_error_in_its_place() {
    let odd = [
        "null",
        r#"["0a", "ISSUE"]"#,
        r#"{"Status": "REVOKE", "AliasName": "d"}"#,
        r#"{"SerialNumber": "\ud83d", "Status": "ISSUE"}"#,
        r#"{"SerialNumber": "0a", "SerialNumber": "0b", "Status": "ISSUE"}"#,
    ];
    for odd in odd {
        let mut rows = numbered(2);
        rows.insert(1, odd.to_owned());
        let network = listing(rows, 100, json!("3"));
        let page = page(&network, &Filter::default(), None).await.unwrap();
        let found: Vec<(usize, Option<&str>)> = page
            .certificates
            .iter()
            .map(|entry| {
                (
                    entry.offset,
                    entry.certificate.provider_serial_number.as_deref(),
                )
            })
            .collect();
        assert_eq!(found, [(1, Some("a000")), (2, None), (3, Some("a001"))]);
        assert_eq!((page.total_count, page.next), (Some(3), None));
        for (index, entry) in page.certificates.iter().enumerate() {
            let error = entry.error.as_ref();
            assert_eq!(error.is_some(), index == 1, "{odd}");
            if let Some(error) = error {
                assert_eq!(error.code, ErrorCode::ProviderInvalidResponse);
                assert!(error.detail.ends_with("no SerialNumber that can be read"));
            }
        }
        if odd.contains("REVOKE") {
            let kept = &page.certificates[1].certificate;
            assert_eq!(
                (kept.status, kept.name.as_deref()),
                (LifecycleStatus::Revoked, Some("d"))
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_with_a_total_below_what_it_holds_goes_on_to_its_end() {
    for total in [json!(0), json!(1), json!(5), json!("5"), json!(19)] {
        for (count, most) in [
            (250, 100),
            (250, 20),
            (45, 20),
            (60, 100),
            (200, 100),
            (21, 20),
        ] {
            let network = listing(numbered(count), most, total.clone());
            let (mut position, mut listed) = (None, 0);
            loop {
                let page = page(&network, &Filter::default(), position.as_deref())
                    .await
                    .unwrap();
                listed += page.certificates.len();
                assert_eq!(
                    (page.total_count, page.list_length),
                    (None, ListLength::Contradicted)
                );
                position = page.next;
                if position.is_none() {
                    break;
                }
            }
            assert_eq!(listed, count, "{total}: {count} by {most}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_total_is_a_number_in_every_form() {
    for (total, expected) in [
        (json!("1"), Some(1)),
        (json!(1.0), Some(1)),
        (json!("1e0"), Some(1)),
        (json!(null), None),
        (json!("many"), None),
        (json!(-1), None),
        (json!([1]), None),
    ] {
        let network = listing(numbered(1), 100, total.clone());
        let page = page(&network, &Filter::default(), None).await.unwrap();
        let length = expected.map_or(ListLength::Unknown, ListLength::Known);
        assert_eq!(
            (page.total_count, page.list_length, page.next),
            (expected, length, None),
            "{total}"
        );
    }
}

/// A row, as JSON, and whether it can be used. `NAME` stands for its own serial number.
fn any_row() -> impl Strategy<Value = (String, bool)> {
    let sound = (odd(), odd(), odd(), odd()).prop_map(|(status, name, end, sha2)| {
        let members = format!(
            r#""Status": {status}, "CommonName": {name}, "AfterDate": {end}, "Sha2": {sha2}"#
        );
        (format!(r#"{{"SerialNumber": "NAME", {members}}}"#), true)
    });
    let unnamed = odd().prop_map(|odd| {
        (
            format!(r#"{{"SerialNumber": {odd}, "Status": "ISSUE"}}"#),
            false,
        )
    });
    let no_object = odd()
        .prop_filter("no object", |odd| !odd.starts_with('{'))
        .prop_map(|odd| (odd.to_owned(), false));
    prop_oneof![3 => sound, 2 => unnamed, 2 => no_object]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn all_usable_rows_are_listed_in_their_places_and_every_position_goes_on(
        rows in prop::collection::vec(any_row(), 0..130),
        most in prop::sample::select(vec![7_usize, 20, 100]),
        states_total in any::<bool>(),
    ) {
        let usable: Vec<bool> = rows.iter().map(|(_, is_usable)| *is_usable).collect();
        let named = |(index, (row, _)): (usize, &(String, bool))| row.replace("NAME", &format!("a{index:03}"));
        let total = if states_total { json!(rows.len()) } else { json!(0) };
        let network = listing(rows.iter().enumerate().map(named).collect(), most, total);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            for begin in 0..=rows.len() {
                let (mut index, mut position) = (begin, (begin > 0).then(|| format!("{most}x{begin}")));
                loop {
                    let page = page(&network, &Filter::default(), position.as_deref()).await.unwrap();
                    for (offset, entry) in (1..).zip(&page.certificates) {
                        assert_eq!(entry.offset, offset);
                        assert_eq!(entry.error.is_none(), usable[index], "row {index}");
                        if usable[index] {
                            let name = entry.certificate.provider_serial_number.as_deref();
                            assert_eq!(name, Some(format!("a{index:03}").as_str()));
                        }
                        index += 1;
                    }
                    position = page.next;
                    if position.is_none() {
                        break;
                    }
                }
                assert_eq!(index, rows.len());
            }
        });
    }
}
