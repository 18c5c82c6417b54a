//! Groups whose certificates fill several pages.

use super::*;

#[tokio::test(start_paused = true)]
async fn every_page_of_a_group_is_read() {
    let mut known: Vec<String> = (0..220).map(|number| format!("11{number:04}")).collect();
    known.push("11".to_owned());
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let network = Vendor {
        matches_in_part: true,
        ..Vendor::of(&known)
    }
    .network();
    let answer = look_up(&network, &references(&["11"])).await;
    assert_eq!(
        (results_of(&answer), answer.request_ids.len()),
        (vec!["active"], 3)
    );
    assert_eq!(
        network.each(|sent| sent.body()["Offset"].as_u64().unwrap()),
        [0, 100, 200]
    );
}

/// A list of five in two pages, of which these are the second one's rows.
fn two_pages(second: Value) -> Network {
    let first = json!([row(&("11".to_owned(), "0b")), row(&("12".to_owned(), "0b"))]);
    Network::new(move |request| {
        let begins = serde_json::from_slice::<Value>(request.body()).unwrap()["Offset"] == 0;
        ok(&json!({"Response": {"TotalCount": 5, "Data": if begins { &first } else { &second }}}))
    })
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_a_list_may_hide_is_read_alone() {
    // The list ends before its total, or a row may be the certificate's.
    let row = |serial: &str| row(&(serial.to_owned(), "0b"));
    for rows in [
        json!([row("11"), row("12")]),
        json!([row("11"), row("12"), {"Status": "ACTIVE"}]),
        json!([row("11"), row("12"), 7]),
    ] {
        let (shown, total) = (rows.clone(), 3);
        let network = Network::new(move |request| {
            let requested: Value = serde_json::from_slice(request.body()).unwrap();
            match requested["DeviceCertificateSn"].as_str() {
                Some("13") => ok(&json!({"Response": row("13")})),
                Some(_) => refused("ResourceNotFound.Certificate"),
                None if requested["Offset"] == 0 => {
                    ok(&json!({"Response": {"TotalCount": total, "Data": shown}}))
                }
                None => ok(&json!({"Response": {"TotalCount": total, "Data": []}})),
            }
        });
        assert_eq!(
            results_of(&look_up(&network, &references(&["11", "12", "13", "14"])).await),
            ["active", "active", "active", "-"],
            "{rows}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_without_rows_although_some_match_is_not_an_answer() {
    let network = Network::new(|_| ok(&json!({"Response": {"TotalCount": 5, "Data": []}})));
    assert_eq!(
        results_of(&look_up(&network, &references(&["11"])).await),
        ["provider_invalid_response"],
        "and not that it is unknown"
    );
}

#[tokio::test(start_paused = true)]
async fn a_status_that_cannot_be_read_is_told_as_unknown() {
    let rows = json!([{"DeviceCertificateSn": "11", "Status": 1}, row(&("12".to_owned(), "0b"))]);
    let network = Network::new(move |_| ok(&json!({"Response": {"TotalCount": 2, "Data": rows}})));
    let answer = look_up(&network, &references(&["11", "12"])).await;
    assert_eq!(results_of(&answer), ["unknown", "active"]);
    let record = answer.records[0].as_ref().unwrap().as_ref().unwrap();
    assert_eq!(record.provider_status, None);
    assert_eq!(network.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_comes_again_on_the_next_page_is_one_certificate() {
    let again = json!({"DeviceCertificateSn": "12", "CaSn": "000b", "Status": "INACTIVE"});
    let others = ["21", "22"].map(|serial| row(&(serial.to_owned(), "0b")));
    let network = two_pages(json!([again, others[0], others[1]]));
    assert_eq!(
        results_of(&look_up(&network, &references(&["11", "12"])).await),
        ["active", "inactive"],
        "the later row is the newer one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_that_repeats_itself_is_not_read_for_ever() {
    let row = json!({"DeviceCertificateSn": "a1", "CaSn": "0b", "Status": "ACTIVE"});
    let body = json!({"Response": {"TotalCount": 1_766_073_600_000_u64, "Data": [row], "RequestId": "id"}});
    let network = Network::new(move |_| ok(&body));
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
    let requested = [CertificateReference {
        serial_number: SerialNumber::parse("a1").ok(),
        ..CertificateReference::default()
    }];
    let shown = provider.look_up(&requested, false).await;
    assert_eq!(
        shown.records[0].as_ref().unwrap_err().code,
        crate::error::ErrorCode::ProviderInvalidResponse
    );
    assert_eq!(network.sent().len(), 2);
}
