//! Failures: calls that fail, certificates that are gone, answers of
//! another form.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_failure_in_the_middle_gives_the_part_before_it_and_the_position_to_continue_at() {
    for failure in [
        "aws-iot/Any.error-throttling",
        "aws-iot/Any.error-access-denied",
    ] {
        let network = Network::new(move |request| {
            match described_id(request)
                .map(|requested| usize::from_str_radix(requested, 16).unwrap())
            {
                Some(4) => recorded(failure),
                _ => answer(&active(20), request),
            }
        });
        let first = page(&network, &Filter::default(), Some("1."), 9)
            .await
            .unwrap();
        assert_eq!(
            (
                offsets(&first),
                first.position.as_str(),
                first.next.as_deref()
            ),
            (vec![(2, 2), (3, 3)], "0.", Some("3.")),
            "{failure}"
        );
        let again = page(
            &vendor(active(20)),
            &Filter::default(),
            first.next.as_deref(),
            2,
        )
        .await
        .unwrap();
        assert_eq!(offsets(&again), [(4, 4), (5, 5)], "nothing is left out");
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_at_which_the_service_always_fails_does_not_stop_the_list() {
    for failing in [1, 4, 20] {
        let network = Network::new(move |request| {
            match described_id(request)
                .map(|requested| usize::from_str_radix(requested, 16).unwrap())
            {
                Some(id) if id == failing => recorded("aws-iot/Any.error-internal"),
                _ => answer(&active(20), request),
            }
        });
        let page = page(&network, &Filter::default(), None, 20).await.unwrap();
        assert_eq!(page.certificates.len(), 20);
        for (index, entry) in page.certificates.iter().enumerate() {
            let code = entry.error.as_ref().map(|error| error.code);
            let expected = (index + 1 == failing).then_some(ErrorCode::ProviderUnavailable);
            assert_eq!(code, expected, "{failing}: {index}");
            assert!(entry.certificate.fingerprint_sha256.is_some());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_first_is_an_error_and_ends_the_calls_where_it_concerns_all() {
    for (failure, code, most_calls) in [
        (
            "aws-iot/Any.error-unavailable",
            ErrorCode::ProviderUnavailable,
            1 + 3 * 50,
        ),
        (
            "aws-iot/Any.error-access-denied",
            ErrorCode::ProviderRejected,
            1 + 16,
        ),
    ] {
        let network = Network::new(move |request| match described_id(request) {
            Some(_) => recorded(failure),
            None => answer(&active(50), request),
        });
        assert_eq!(
            page(&network, &Filter::default(), None, 50)
                .await
                .unwrap_err()
                .code,
            code
        );
        assert!(
            network.sent().len() <= most_calls,
            "{failure}: {}",
            network.sent().len()
        );
    }
    let network = Network::new(|_| recorded("aws-iot/Any.error-access-denied"));
    assert_eq!(
        page(&network, &Filter::default(), None, 50)
            .await
            .unwrap_err()
            .code,
        ErrorCode::ProviderRejected
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_gone_by_now_is_not_listed() {
    let network = Network::new(|request| {
        match described_id(request).map(|requested| usize::from_str_radix(requested, 16).unwrap()) {
            Some(2) => failed(404, "ResourceNotFoundException:"),
            _ => answer(&active(3), request),
        }
    });
    let page = page(&network, &Filter::default(), None, 10).await.unwrap();
    assert_eq!((offsets(&page), page.next), (vec![(1, 1), (3, 3)], None));
}

#[tokio::test(start_paused = true)]
async fn a_list_of_another_form_is_not_an_answer() {
    for body in [
        json!({}),
        json!([]),
        json!({"certificates": null}),
        json!({"certificates": {}}),
        // Without its marker, the list would end here and pass for the whole.
        json!({"certificates": [], "nextMarker": true}),
        json!({"certificates": [], "nextMarker": ["m"]}),
        json!({"certificates": [], "nextMarker": "\u{fffd}"}),
    ] {
        let shown = body.to_string();
        let network = Network::new(move |_| ok(&body));
        assert_eq!(
            page(&network, &Filter::default(), None, 5)
                .await
                .unwrap_err()
                .code,
            ErrorCode::ProviderInvalidResponse,
            "{shown}"
        );
        assert!(describes(&network).is_empty(), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_used_stands_in_its_place_with_what_could_be_read() {
    let rows = [
        json!({"certificateId": id(1).as_str(), "status": "ACTIVE"}),
        json!({"status": "INACTIVE", "creationDate": "1740787200.5"}),
        json!(["0a", "ACTIVE"]),
        json!({"certificateId": "../cacertificate/0a", "status": "ACTIVE"}),
        json!({"certificateId": "0a"}),
        json!({"certificateId": 7}),
        json!({"certificateId": id(7).as_str(), "status": 1}),
    ];
    let network = Network::new(move |request| match described_id(request) {
        Some(requested) => described(requested, "ACTIVE"),
        None => ids(&rows, None),
    });
    for details in [true, false] {
        let filter = Filter::default();
        let query = ListQuery {
            filter: &filter,
            order: None,
            include_pem: false,
            include_clients: false,
            details,
        };
        let page = page_with(&network, &query, None, 10).await.unwrap();
        let shown: Vec<_> = page
            .certificates
            .iter()
            .map(|entry| {
                (
                    entry.offset,
                    entry.certificate.fingerprint_sha256.is_some(),
                    entry.certificate.provider_status.as_deref(),
                    entry.error.is_some(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (1, true, Some("ACTIVE"), false),
                (2, false, Some("INACTIVE"), true),
                (3, false, None, true),
                (4, false, Some("ACTIVE"), true),
                (5, false, None, true),
                (6, false, None, true),
                (7, true, details.then_some("ACTIVE"), false),
            ]
        );
        let second = &page.certificates[1];
        assert_eq!(
            second.certificate.created_at.unwrap().to_string(),
            "2025-03-01T00:00:00.500Z"
        );
        let error = second.error.as_ref().unwrap();
        assert_eq!(error.code, ErrorCode::ProviderInvalidResponse);
        assert!(error.detail.contains("certificateId"), "{}", error.detail);
        assert_eq!(page.next, None);
    }
    assert_eq!(describes(&network), [1, 7]);
}

/// The list of a fleet in which one certificate can never be described.
fn with_one_that_fails(failure: impl Fn() -> Answer + 'static) -> Network {
    Network::new(move |request| match described_id(request) {
        Some(requested) if requested == id(2).as_str() => failure(),
        _ => answer(&["ACTIVE", "INACTIVE", "ACTIVE", "ACTIVE"], request),
    })
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_can_never_be_described_is_shown_as_its_row_and_the_list_goes_on() {
    let failures: [fn() -> Answer; 5] = [
        || ok(&json!({})),
        || ok(&json!({"certificateDescription": {"status": "ACTIVE"}})),
        || described(id(9).as_str(), "ACTIVE"),
        || failed(400, "InvalidRequestException"),
        || failed(406, "CertificateStateException"),
    ];
    for (number, failure) in failures.into_iter().enumerate() {
        let network = with_one_that_fails(failure);
        let first = page(&network, &Filter::default(), None, 3).await.unwrap();
        assert_eq!(offsets(&first), [(1, 1), (2, 2), (3, 3)], "{number}");
        let one = &first.certificates[1];
        let expected = if number < 3 {
            ErrorCode::ProviderInvalidResponse
        } else {
            ErrorCode::ProviderRejected
        };
        assert_eq!(one.error.as_ref().unwrap().code, expected, "{number}");
        assert_eq!(one.certificate.provider_status.as_deref(), Some("INACTIVE"));
        assert!(one.certificate.created_at.is_some() && one.certificate.not_after.is_none());
        assert!(first.certificates[0].error.is_none() && first.certificates[2].error.is_none());
        let second = page(&network, &Filter::default(), first.next.as_deref(), 3)
            .await
            .unwrap();
        assert_eq!((offsets(&second), second.next), (vec![(1, 4)], None));

        // From a cursor that leads to it.
        let again = page(&network, &Filter::default(), Some("1."), 1)
            .await
            .unwrap();
        assert_eq!(
            (offsets(&again), again.next.as_deref()),
            (vec![(2, 2)], Some("0.2+/==")),
            "{number}"
        );

        // Found by its id, there is no row.
        let by_id = Filter {
            fingerprints_sha256: vec![id(1), id(2)],
            ..Filter::default()
        };
        let found = page(&network, &by_id, None, 5).await.unwrap();
        let shown: Vec<_> = found
            .certificates
            .iter()
            .map(|entry| {
                (
                    entry.offset,
                    entry.certificate.fingerprint_sha256.clone(),
                    entry.certificate.provider_status.as_deref(),
                    entry.error.is_some(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (1, Some(id(1)), Some("ACTIVE"), false),
                (2, Some(id(2)), None, true)
            ],
            "{number}"
        );
    }
}
