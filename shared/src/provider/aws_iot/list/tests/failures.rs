//! Failures: calls that fail, certificates that are gone, answers of
//! another form.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_failure_in_the_middle_gives_the_part_before_it_and_the_position_to_continue_at() {
    for failure in [
        "aws-iot/Any.error-internal",
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
        json!({"certificates": [["0a", "ACTIVE"]]}),
        json!({"certificates": [{"status": "ACTIVE"}]}),
        json!({"certificates": [{"certificateId": "0a", "status": "ACTIVE"}]}),
        json!({"certificates": [{"certificateId": "../cacertificate/0a"}]}),
        json!({"certificates": [], "nextMarker": 7}),
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
