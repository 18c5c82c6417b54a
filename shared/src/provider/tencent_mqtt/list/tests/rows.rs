//! Rows that cannot be used.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_used_stands_in_its_place_with_what_could_be_read() {
    let body = r#"{"Response": {"TotalCount": 5, "Data": [
        {"DeviceCertificateSn": "0a", "Status": "ACTIVE", "ClientId": "dev-\ud83d"},
        {"Status": "ACTIVE", "ClientId": "client-2", "NotAfterTime": "1766073600000"},
        7,
        {"DeviceCertificateSn": "0d", "Status": {"odd": 1e400}},
        {"DeviceCertificateSn": "0e", "Status": "INACTIVE"}
    ]}}"#;
    let network = Network::new(move |_| answer(200, body));
    let page = page(&network, &Wanted::default(), None, 10).await.unwrap();
    let shown: Vec<_> = page
        .certificates
        .iter()
        .map(|entry| {
            (
                entry.offset,
                entry.certificate.provider_serial_number.as_deref(),
                entry.certificate.provider_status.as_deref(),
                entry.certificate.client_id.as_str(),
                entry.error.is_some(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (1, Some("0a"), Some("ACTIVE"), None, false),
            (2, None, Some("ACTIVE"), Some("client-2"), true),
            (3, None, None, None, true),
            (4, Some("0d"), None, None, false),
            (5, Some("0e"), Some("INACTIVE"), None, false),
        ]
    );
    let error = page.certificates[1].error.as_ref().unwrap();
    assert_eq!(error.code, ErrorCode::ProviderInvalidResponse);
    assert!(
        error.detail.contains("DeviceCertificateSn"),
        "{}",
        error.detail
    );
    assert_eq!((page.next, page.total_count), (None, Some(5)));
}
