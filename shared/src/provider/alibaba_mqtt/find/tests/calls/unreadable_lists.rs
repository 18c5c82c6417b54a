//! Searches where the list of the CA cannot be read.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_unknown_ca_costs_no_more_than_the_most_calls() {
    for (serial, ca, expected) in [
        (
            "0xAB",
            "CA",
            &[
                "AB/CA",
                "list/CA",
                "list/ca",
                "list/00ca",
                "list/202",
                "list/00CA",
            ][..],
        ),
        (
            "abcd",
            "0bca",
            &[
                "abcd/0bca",
                "list/0bca",
                "list/bca",
                "list/0BCA",
                "list/3018",
                "list/BCA",
            ],
        ),
        (
            "171",
            "202",
            &[
                "171/202",
                "list/202",
                "list/0202",
                "list/ca",
                "list/514",
                "list/CA",
            ],
        ),
        (
            "0xAB",
            "0x11",
            &[
                "AB/11",
                "list/11",
                "list/0011",
                "list/17",
                "ab/11",
                "00ab/11",
            ],
        ),
        (
            "ab",
            "0x1234",
            &[
                "ab/1234",
                "list/1234",
                "list/001234",
                "list/4660",
                "AB/1234",
                "00ab/1234",
            ],
        ),
    ] {
        for network in [vendor(&[]), Network::new(|_| unknown())] {
            let (found, requested) = calls(&network, serial, ca).await;
            assert_eq!(
                (found, requested.as_slice()),
                (
                    None,
                    &expected
                        .iter()
                        .map(|text| (*text).to_owned())
                        .collect::<Vec<_>>()[..]
                )
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_list_can_be_read_the_likeliest_spellings_are_tried() {
    let lists: [fn(&HttpRequest) -> Answer; 5] = [
        |_| recorded(FORBIDDEN),
        |_| answer(200, "{}"),
        |_| recorded("alibaba-mqtt/InactivateDeviceCertificate.error-parameter-400"),
        // Certificates that are said to be there, but are not shown; and another CA's.
        |_| ok(&json!({"RequestId": "id-1", "Data": {"Total": 2, "DeviceCertificateVOS": []}})),
        |request| list_of(request, &[("ff", "12")]),
    ];
    for list in lists {
        for (serial, ca, expected) in [
            ("0xAB", "0x11", ["AB/11", "ab/11", "00ab/11", "171/17"]),
            ("ab", "ca", ["ab/ca", "AB/CA", "00ab/ca", "171/202"]),
            ("0ABC", "CA", ["0ABC/CA", "0abc/CA", "0abc/ca", "abc/CA"]),
            ("171", "202", ["171/202", "0171/202", "0171/0202", "ab/ca"]),
        ] {
            let network = Network::new(move |request| {
                if parameter(request, "DeviceSn").is_some() {
                    unknown()
                } else {
                    list(request)
                }
            });
            let found = find(&network, &reference(serial, ca), true).await.unwrap();
            let mut pairs = requested(&network);
            pairs.retain(|pair| !pair.starts_with("list/"));
            assert!(found.is_none() && pairs.len() < MOST_CALLS);
            assert_eq!(pairs[..4], expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_list_is_not_a_certificate_that_is_not_there() {
    for (case, code, looks_on) in [
        (
            "alibaba-common/Any.error-throttling",
            ErrorCode::Throttled,
            false,
        ),
        (
            "alibaba-mqtt/Any.error-internal",
            ErrorCode::ProviderUnavailable,
            true,
        ),
        (
            "alibaba-mqtt/Any.error-system-overflow",
            ErrorCode::ProviderUnavailable,
            true,
        ),
        (
            "alibaba-mqtt/InactivateDeviceCertificate.error-instance-not-found",
            ErrorCode::NotFound,
            false,
        ),
    ] {
        for known in ["zz", "00ab"] {
            let network = Network::new(move |request| match parameter(request, "DeviceSn") {
                None => recorded(case),
                Some(device) if device == known => certificate(known, "ca", "1"),
                Some(_) => unknown(),
            });
            let found = find(&network, &reference("ab", "ca"), true).await;
            match looks_on && known == "00ab" {
                true => assert_eq!(found.unwrap().unwrap().key, known, "{case}"),
                false => assert_eq!(found.unwrap_err().code, code, "{case}"),
            }
        }
    }
}
