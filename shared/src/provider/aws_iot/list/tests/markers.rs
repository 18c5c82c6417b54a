//! The markers that lead from page to page.

use super::*;

#[tokio::test(start_paused = true)]
async fn pages_lead_to_the_last_certificate_by_markers_that_are_percent_encoded() {
    let network = vendor(active(5));
    let (mut position, mut numbers) = (None, Vec::new());
    loop {
        let page = page(&network, &Filter::default(), position.as_deref(), 2)
            .await
            .unwrap();
        numbers.extend(offsets(&page).into_iter().map(|(_, number)| number));
        position = page.next;
        if position.is_none() {
            break;
        }
    }
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    assert_eq!(
        lists(&network),
        [
            "/certificates?isAscendingOrder=false&pageSize=2",
            "/certificates?isAscendingOrder=false&marker=2%2B%2F%3D%3D&pageSize=2",
            "/certificates?isAscendingOrder=false&marker=4%2B%2F%3D%3D&pageSize=2",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_page_has_no_marker_in_any_form() {
    for body in [
        json!({"certificates": []}),
        json!({"certificates": [], "nextMarker": null}),
        json!({"certificates": [], "nextMarker": ""}),
    ] {
        assert_eq!(
            page(&Network::queue([ok(&body)]), &Filter::default(), None, 5)
                .await
                .unwrap()
                .next,
            None
        );
    }
    let more = json!({"certificates": [], "nextMarker": "AAAb"});
    let page = page(&Network::queue([ok(&more)]), &Filter::default(), None, 5)
        .await
        .unwrap();
    assert_eq!(
        (page.certificates.len(), page.next.as_deref()),
        (0, Some("0.AAAb")),
        "an empty page may have others behind it"
    );
}

#[tokio::test(start_paused = true)]
async fn positions_count_ids_behind_a_marker() {
    let network = vendor(active(0));
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    for (position, offsets, expected) in [
        ("0.", 3, "3."),
        ("0.AAAb+c/d9==", 100, "100.AAAb+c/d9=="),
        ("2.A", 0, "2.A"),
    ] {
        assert_eq!(
            provider.position_after(position, offsets).unwrap(),
            expected
        );
    }
    for damaged in [
        "",
        ".",
        "x.",
        "-1.",
        "1",
        ".AAAb",
        "1,5.A",
        "99999999999999999999.",
    ] {
        assert_eq!(
            provider
                .position_after(damaged, 0)
                .unwrap_err()
                .field
                .as_deref(),
            Some("cursor"),
            "{damaged:?}"
        );
        assert_eq!(
            page(&network, &Filter::default(), Some(damaged), 1)
                .await
                .unwrap_err()
                .code,
            ErrorCode::InvalidRequest,
            "{damaged:?}"
        );
    }
    assert_eq!(network.sent().len(), 0);
}
