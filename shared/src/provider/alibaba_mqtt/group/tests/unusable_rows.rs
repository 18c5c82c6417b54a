//! Groups of a CA whose list has rows that cannot be read.

use super::*;

/// A vendor whose list holds these rows, and that knows active certificates under these texts.
fn listing(rows: Value, known: &'static [&'static str]) -> Network {
    Network::new(move |request| match parameter(request, "DeviceSn") {
        None => ok(&json!({"RequestId": "id-2", "Data": {"DeviceCertificateVOS": rows}})),
        Some(device) if known.contains(&device.as_str()) => certificate(&device, "ca", "1"),
        Some(_) => unknown(),
    })
}

fn row(device: &str) -> Value {
    json!({"DeviceSn": device, "CaSn": "ca", "Status": "1"})
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_does_not_make_a_certificate_not_found() {
    for odd in [
        json!(null),
        json!({"CaSn": "ca"}),
        json!({"DeviceSn": "a003", "CaSn": []}),
    ] {
        let rows = json!([row("a001"), odd, row("a002")]);
        let network = listing(rows, &["a001", "a002", "a003"]);
        let texts = ["a001", "a002", "a003"];
        assert_eq!(results_of(&find_group(&network, &texts).await), texts);
        let lists = requested(&network);
        assert_eq!(
            lists.iter().filter(|text| text.starts_with("list")).count(),
            1
        );
        assert!(lists.contains(&"a003/ca".to_owned()), "{lists:?}");
        assert_eq!(results_of(&read_group(&network, &texts).await), texts);
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_without_a_status_is_read_alone_and_needs_one_there() {
    let bare = json!({"DeviceSn": "a003", "CaSn": "ca", "Status": true});
    let texts = ["a001", "a002", "a003"];
    let network = listing(
        json!([row("a001"), row("a002"), bare]),
        &["a001", "a002", "a003"],
    );
    assert_eq!(results_of(&find_group(&network, &texts).await), texts);
    assert_eq!(results_of(&read_group(&network, &texts).await), texts);
    assert_eq!(
        requested(&network),
        ["list/ca", "a003/ca", "list/ca", "a003/ca"]
    );
    let rows = json!([row("a001"), row("a002"), bare]);
    let network = Network::new(move |request| match parameter(request, "DeviceSn") {
        None => ok(&json!({"RequestId": "id-2", "Data": {"DeviceCertificateVOS": rows}})),
        Some(device) => {
            ok(&json!({"RequestId": "id-1", "Data": {"DeviceSn": device, "CaSn": "ca"}}))
        }
    });
    let expected = ["a001", "a002", "provider_invalid_response"];
    assert_eq!(results_of(&find_group(&network, &texts).await), expected);
    assert_eq!(results_of(&read_group(&network, &texts).await), expected);
}

#[tokio::test(start_paused = true)]
async fn certificates_are_read_again_under_texts_that_are_no_numbers() {
    let texts = ["vin-1", "vin-2", "vin-3"];
    let network = listing(
        json!([row("vin-1"), row("vin-2"), row("vin-3")]),
        &["vin-1", "vin-2", "vin-3"],
    );
    assert_eq!(results_of(&read_group(&network, &texts).await), texts);
    assert_eq!(
        results_of(&read_group(&network, &texts[..1]).await),
        ["vin-1"]
    );
}
