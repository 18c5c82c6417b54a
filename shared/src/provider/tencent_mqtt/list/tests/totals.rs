//! Totals that are wrong, missing, or written in another way.

use super::*;
use crate::provider::Page;

/// A vendor of so many certificates that states this total, as JSON.
fn vendor_that_states(total: &'static str, certificates: u64) -> Network {
    Network::new(move |request| {
        let requested: Value = serde_json::from_slice(request.body()).unwrap();
        let number = |name: &str| requested[name].as_u64().unwrap();
        let rows: Vec<Value> = (number("Offset")..certificates)
            .take(usize::try_from(number("Limit")).unwrap())
            .map(|number| json!({"DeviceCertificateSn": format!("{:04x}", number + 1), "Status": "ACTIVE"}))
            .collect();
        let rows = Value::from(rows);
        answer(
            200,
            format!(r#"{{"Response": {{"TotalCount": {total}, "Data": {rows}}}}}"#),
        )
    })
}

/// All pages, from the first to the one that leads nowhere.
async fn pages(network: &Network, wanted: usize) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    loop {
        let position = pages.last().map(|page| page.next.clone().unwrap());
        let next = page(network, &Wanted::default(), position.as_deref(), wanted)
            .await
            .unwrap();
        let is_last = next.next.is_none();
        pages.push(next);
        if is_last {
            return pages;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_goes_on_to_its_real_end_whatever_its_total_says() {
    for (total, certificates, calls) in [
        ("250", 250, 3),
        ("\"250\"", 250, 3),
        ("2.5e2", 250, 3),
        ("50", 250, 4),
        ("0", 250, 4),
        ("249", 250, 4),
        ("251", 250, 4),
        ("9000", 250, 4),
        ("null", 250, 4),
        ("1e400", 250, 4),
        ("-1", 250, 4),
        ("\"many\"", 250, 4),
        ("50, \"TotalCount\": 250", 250, 4),
        ("null", 0, 1),
        ("null", 7, 2),
    ] {
        let network = vendor_that_states(total, certificates);
        let pages = pages(&network, 100).await;
        let shown: usize = pages.iter().map(|page| page.certificates.len()).sum();
        assert_eq!(
            (shown as u64, pages.len(), network.sent().len()),
            (certificates, calls, calls),
            "{total}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_total_that_the_pages_contradict_is_not_told() {
    const NO_TOTAL: (ListLength, Option<u64>) = (ListLength::Unknown, None);
    const WRONG: (ListLength, Option<u64>) = (ListLength::Contradicted, None);
    let told = |total: u64| (ListLength::Known(total), Some(total));
    for (total, expected) in [
        ("250", vec![told(250); 3]),
        ("50", vec![WRONG; 4]),
        ("150", vec![told(150), WRONG, WRONG, WRONG]),
        ("300", vec![told(300), told(300), told(300), WRONG]),
        ("null", vec![NO_TOTAL; 4]),
    ] {
        let pages = pages(&vendor_that_states(total, 250), 100).await;
        let found: Vec<_> = pages
            .iter()
            .map(|page| (page.list_length, page.total_count))
            .collect();
        assert_eq!(found, expected, "{total}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_total_that_is_left_out_proves_nothing_about_several_values() {
    // The filter is applied here then, and the vendor is asked again by the next request.
    let network = vendor_that_states("null", 3);
    let found = page(&network, &clients(&["a", "b"]), None, 10)
        .await
        .unwrap();
    assert_eq!(found.certificates.len(), 3);
    let filters = network.each(|sent| sent.body()["Filters"].is_null());
    assert_eq!(filters, [false, true]);
}

/// Some serializers write a list without rows as `null`, or leave it out.
#[tokio::test(start_paused = true)]
async fn a_page_without_data_is_the_end_only_where_nothing_is_left() {
    for (position, body, is_end) in [
        (None, json!({"TotalCount": 0, "Data": null}), true),
        (None, json!({"TotalCount": 0}), true),
        (Some("50"), json!({"TotalCount": 50, "Data": null}), true),
        (Some("50"), json!({"TotalCount": 51, "Data": null}), false),
        (Some("50"), json!({"Data": null}), false),
        (Some("50"), json!({"TotalCount": 50, "Data": {}}), false),
    ] {
        let response = json!({ "Response": body });
        let network = Network::new(move |_| ok(&response));
        let found = page(&network, &Wanted::default(), position, 10).await;
        match found {
            Ok(page) => assert!(is_end && page.next.is_none(), "{body}"),
            Err(error) => assert_eq!(
                (error.code, is_end),
                (ErrorCode::ProviderInvalidResponse, false),
                "{body}"
            ),
        }
    }
}
