//! The certificate that an answer is about.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_vendors_own_spelling_of_the_same_number_is_in_the_record() {
    let network = Network::queue([certificate("00AB", "0x22", "1")]);
    let read = get(&network, "ab", "22", Purpose::Show)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            read.certificate.provider_serial_number.as_deref(),
            read.key.as_str()
        ),
        (Some("00AB"), "ab")
    );
}

#[tokio::test(start_paused = true)]
async fn a_text_that_the_vendor_repeats_is_the_certificates_whether_it_is_a_number_or_not() {
    for (shown, ca, is_meant) in [
        ("vin-1", "ca-******", true),
        ("VIN-1", "ca-******", false),
        ("vin-1", "ca-*****", false),
    ] {
        let network = Network::new(move |_| certificate(shown, ca, "1"));
        let read = get(&network, "vin-1", "ca-******", Purpose::Change).await;
        match is_meant {
            true => assert_eq!(read.unwrap().unwrap().key, "vin-1"),
            false => assert_eq!(read.unwrap_err().code, ErrorCode::ProviderInvalidResponse),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_change_needs_a_status() {
    for (status, is_stated) in [
        ("\"Status\": \"1\"", true),
        ("\"Status\": 0", true),
        ("\"Status\": \"2\"", true),
        ("\"Status\": \"1\", \"Status\": \"0\"", false),
        ("\"Status\": \"\"", false),
        ("\"Status\": \"\\ud83d\"", false),
        ("\"Status\": null", false),
        ("\"X\": 1", false),
    ] {
        let body = format!(
            r#"{{"RequestId": "id-1", "Data": {{"DeviceSn": "0a", "CaSn": "0b", {status}}}}}"#
        );
        let network = Network::new(move |_| answer(200, body.clone()));
        let shown = get(&network, "0a", "0b", Purpose::Show)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            shown.certificate.provider_status.is_some(),
            is_stated,
            "{status}"
        );
        let read = get(&network, "0a", "0b", Purpose::Change).await;
        assert_eq!(read.is_ok(), is_stated, "{status}");
        assert_eq!(
            read.err().map(|error| error.code),
            (!is_stated).then_some(ErrorCode::ProviderInvalidResponse)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_another_certificate_is_not_believed() {
    for (device, ca) in [
        ("ac", "22"),
        ("ab", "23"),
        ("", "22"),
        ("ab******", "22"),
        ("ab22", ""),
    ] {
        let network = Network::new(move |_| certificate(device, ca, "1"));
        let error = get(&network, "ab", "22", Purpose::Show).await.unwrap_err();
        assert_eq!(
            (error.code, network.sent().len()),
            (ErrorCode::ProviderInvalidResponse, 3),
            "{device}/{ca}"
        );
    }
    for body in [
        json!({"RequestId": "id-1"}),
        json!({"RequestId": "id-1", "Data": []}),
        Value::Null,
    ] {
        let network = Network::new(move |_| ok(&body));
        assert_eq!(
            get(&network, "ab", "22", Purpose::Show)
                .await
                .unwrap_err()
                .code,
            ErrorCode::ProviderInvalidResponse
        );
    }
}
