//! The lists of one CA's certificates.

use super::*;

#[tokio::test(start_paused = true)]
async fn one_ca_has_a_list_of_its_own() {
    let network = vendor(250, false);
    let first = page(&network, &of_ca("0xCA"), None).await.unwrap();
    assert_eq!(
        (first.position.as_str(), first.next.as_deref()),
        ("CA@0", Some("CA@100"))
    );
    assert_eq!(requested(&network), ["CA:1x100", "CA:1x1"]);
    let network = vendor(250, false);
    let last = page(&network, &of_ca("0xCA"), Some("CA@230"))
        .await
        .unwrap();
    assert_eq!((serials(&last)[0], last.next.as_deref()), ("a231", None));
    assert_eq!(requested(&network), ["CA:3x100", "CA:1x1"]);
    let several = Filter {
        ca_serial_numbers: ["ca", "cb"]
            .map(|ca| SerialNumber::parse(ca).unwrap())
            .to_vec(),
        ..Filter::default()
    };
    let network = vendor(3, false);
    page(&network, &several, None).await.unwrap();
    assert_eq!(
        requested(&network),
        ["1x100"],
        "several have no common list but the whole one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_ca_is_tried_in_every_spelling_and_then_the_whole_list_is_read() {
    type Refusal = fn() -> Answer;
    let refusals: [Refusal; 4] = [
        || rows(&json!(0), &[]),
        unknown,
        || answer(500, r#"{"Code": "FindCaBySnError", "Message": "no CA"}"#),
        || recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400"),
    ];
    for refusal in refusals {
        let only = |known: &'static str| {
            Network::new(move |request| match parameter(request, "CaSn") {
                Some(ca) if ca != known => refusal(),
                _ => rows(&json!(1), &page_of(1, request)),
            })
        };
        let network = only("00ca");
        assert_eq!(
            page(&network, &of_ca("ca"), None).await.unwrap().position,
            "00ca@0"
        );
        assert_eq!(requested(&network), ["ca:1x100", "CA:1x100", "00ca:1x100"]);
        let network = only("none of them");
        let whole = page(&network, &of_ca("ca"), None).await.unwrap();
        assert_eq!(
            (whole.position.as_str(), whole.certificates.len()),
            ("0", 1)
        );
        assert_eq!(
            requested(&network),
            ["ca:1x100", "CA:1x100", "00ca:1x100", "00CA:1x100", "1x100"]
        );
    }
    let network =
        Network::new(|_| recorded("alibaba-mqtt/InactivateDeviceCertificate.error-permission"));
    assert_eq!(
        page(&network, &of_ca("ca"), None).await.unwrap_err().code,
        ErrorCode::ProviderRejected
    );
    assert_eq!(network.sent().len(), 1, "no other spelling helps");
}

#[tokio::test(start_paused = true)]
async fn a_ca_whose_certificates_have_gone_ends_its_list() {
    for code in ["FindDeviceBySnError", "FindCaBySnError"] {
        let network = Network::new(move |_| {
            answer(500, format!(r#"{{"Code": "{code}", "Message": "none"}}"#))
        });
        for position in ["CA@30", "CA@100"] {
            let last = page(&network, &of_ca("CA"), Some(position)).await.unwrap();
            assert_eq!(
                (last.certificates.len(), last.next, last.position.as_str()),
                (0, None, position),
                "{code}"
            );
        }
        for (filter, position) in [(of_ca("CA"), "CA@0"), (Filter::default(), "100")] {
            assert_eq!(
                page(&network, &filter, Some(position))
                    .await
                    .unwrap_err()
                    .code,
                ErrorCode::NotFound,
                "{code} at {position}"
            );
        }
    }
}
