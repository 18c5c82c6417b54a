//! The forms of an answer.

use super::*;

#[tokio::test(start_paused = true)]
async fn recorded_answers_are_read() {
    let network = Network::queue([recorded("alibaba-cas/ListClientCertificate.ok-one")]);
    let filter = Filter::default();
    let query = ListQuery {
        filter: &filter,
        order: None,
        include_pem: true,
        include_clients: false,
        details: true,
    };
    let page = page_with(&network, &query, None).await.unwrap();
    assert_eq!(
        (page.next, page.total_count, page.request_ids),
        (
            None,
            Some(1),
            crate::testing::ids(["15C66C7B-671A-4297-9187-2C4477247A80"]).to_vec()
        )
    );
    let certificate = &page.certificates[0].certificate;
    assert_eq!(
        certificate.serial_number.as_ref().unwrap().as_str(),
        "62b2b943a32d96883a6650e672ea02760002"
    );
    assert_eq!(
        (certificate.name.as_deref(), certificate.status),
        (Some("vin-0001"), LifecycleStatus::Good)
    );
    assert_eq!(
        certificate.subject.common_name.as_str(),
        Some("vin-0001.example.test")
    );
    assert_eq!(
        certificate.subject.organizational_unit.as_str(),
        Some("Security")
    );
    assert_eq!(
        certificate.not_before.unwrap().to_string(),
        "2021-10-15T07:45:58Z"
    );
    assert_eq!(
        certificate.not_after.unwrap().to_string(),
        "2022-10-15T07:45:58Z"
    );
    assert_eq!(
        certificate.fingerprint_sha256.as_ref().unwrap().as_str(),
        "dbc7551c0c6f3d75224c906dcdd459a3f99fb7cb47e2a5b872d27a688693ea5e"
    );
    assert_eq!(
        (
            certificate.disagreements.len(),
            certificate.ca_serial_number.as_ref()
        ),
        (0, None)
    );
    assert!(
        certificate
            .pem
            .as_ref()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----\n")
    );
    let empty = Network::queue([recorded("alibaba-cas/ListClientCertificate.ok-empty")]);
    let empty = page_with(&empty, &query, None).await.unwrap();
    assert_eq!(
        (empty.certificates.len(), empty.next, empty.total_count),
        (0, None, Some(0))
    );
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_may_be_left_out_and_other_forms_are_not_an_answer() {
    for body in [
        json!({"RequestId": "id-1", "TotalCount": 0}),
        json!({"RequestId": "id-1", "TotalCount": "0", "CertificateList": null}),
        json!({"CertificateList": [], "TotalCount": "0"}),
    ] {
        let page = page(&Network::queue([ok(&body)]), &Filter::default(), None)
            .await
            .unwrap();
        assert_eq!(page.total_count, Some(0), "{body}");
    }
    for body in [
        json!({"RequestId": "id-1"}),
        json!({"RequestId": "id-1", "TotalCount": 3}),
        json!({"CertificateList": {}, "TotalCount": 0}),
        json!({"CertificateList": "none", "TotalCount": 0}),
    ] {
        let network = Network::new(move |_| ok(&body));
        assert_eq!(
            page(&network, &Filter::default(), None)
                .await
                .unwrap_err()
                .code,
            ErrorCode::ProviderInvalidResponse
        );
    }
}
