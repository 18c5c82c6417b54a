//! Lists that are narrowed by status, CA or id.

use super::*;
use crate::request::OrderBy;

#[tokio::test(start_paused = true)]
async fn of_a_status_no_more_are_described_than_are_wanted_and_the_list_continues_behind_them() {
    let network = vendor(vec![
        "INACTIVE", "ACTIVE", "ACTIVE", "INACTIVE", "ACTIVE", "ACTIVE",
    ]);
    let active = in_status(&[LifecycleStatus::Active]);
    let first = page(&network, &active, None, 2).await.unwrap();
    assert_eq!(
        (offsets(&first), first.next.as_deref()),
        (vec![(2, 2), (3, 3)], Some("4."))
    );
    let second = page(&network, &active, first.next.as_deref(), 2)
        .await
        .unwrap();
    assert_eq!(
        (offsets(&second), second.next),
        (vec![(5, 5), (6, 6)], None)
    );
    let lengths = (first.list_length, second.list_length);
    assert_eq!(
        lengths,
        (ListLength::Irrelevant, ListLength::Unknown),
        "what was skipped may be another certificate by now"
    );
    assert_eq!(describes(&network), [2, 3, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn one_ca_has_a_list_of_its_own_and_several_have_the_whole_one() {
    let of = |numbers: &[usize]| Filter {
        ca_fingerprints_sha256: numbers.iter().map(|it| id(*it)).collect(),
        ..Filter::default()
    };
    for (filter, path) in [
        (of(&[0xca]), format!("/certificates-by-ca/{}", id(0xca))),
        (of(&[0xca, 0xcb]), "/certificates".to_owned()),
    ] {
        let network = vendor(active(1));
        page(&network, &filter, None, 5).await.unwrap();
        assert_eq!(
            lists(&network),
            [format!("{path}?isAscendingOrder=false&pageSize=100")]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn ids_of_another_status_are_not_described() {
    let network = vendor(vec![
        "ACTIVE",
        "INACTIVE",
        "REVOKED",
        "REGISTER_INACTIVE",
        "PENDING_TRANSFER",
        "INACTIVE",
    ]);
    let page = page(&network, &in_status(&[LifecycleStatus::Inactive]), None, 10)
        .await
        .unwrap();
    assert_eq!(
        offsets(&page),
        [(2, 2), (4, 4), (6, 6)],
        "each has its offset in the list"
    );
    assert_eq!(describes(&network), [2, 4, 6]);
    let unknown = vendor(vec!["ACTIVE", "PENDING_TRANSFER"]);
    assert_eq!(
        offsets(
            &super::tests::page(&unknown, &in_status(&[LifecycleStatus::Unknown]), None, 10)
                .await
                .unwrap()
        ),
        [(2, 2)]
    );
    // An id without a status has to be looked at.
    let silent = Network::new(|request| match described_id(request) {
        Some(requested) => described(requested, "ACTIVE"),
        None => ids(&[json!({"certificateId": id(1).as_str()})], None),
    });
    assert_eq!(describes_after(&silent).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_filter_by_ids_with_details_only_describes_them() {
    let network = Network::new(|request| match described_id(request) {
        Some(requested) if requested == id(3).as_str() => failed(404, "ResourceNotFoundException:"),
        Some(requested) => {
            let created = 1_740_787_200 + usize::from_str_radix(requested, 16).unwrap();
            ok(
                &json!({"certificateDescription": {"certificateId": requested, "status": "ACTIVE", "creationDate": created}}),
            )
        }
        None => panic!("a list is not needed: {}", url(request)),
    });
    let filter = Filter {
        fingerprints_sha256: [2, 9, 3, 4, 9].map(id).to_vec(),
        ..Filter::default()
    };
    for (order, position, expected) in [
        (None, None, &[(1, 9), (2, 4), (3, 2)][..]),
        (Some(SortOrder::CreatedAsc), None, &[(1, 2), (2, 4), (3, 9)]),
        (None, Some("1."), &[(2, 4), (3, 2)]),
        (None, Some("3."), &[]),
    ] {
        let page = page_with(
            &network,
            &ListQuery {
                filter: &filter,
                order,
                include_pem: false,
                include_clients: false,
                details: true,
            },
            position,
            1,
        )
        .await
        .unwrap();
        assert_eq!(
            (offsets(&page), page.next.as_deref(), page.position.as_str()),
            (expected.to_vec(), None, "0."),
            "{order:?} {position:?}"
        );
    }
    let failing = Network::new(|_| recorded("aws-iot/Any.error-internal"));
    assert_eq!(
        page(&failing, &filter, None, 1).await.unwrap_err().code,
        ErrorCode::ProviderUnavailable
    );
}

#[tokio::test(start_paused = true)]
async fn a_filter_or_order_that_is_not_supported_is_refused_by_its_name() {
    let network = vendor(active(0));
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    let ca = Filter {
        ca_serial_numbers: vec![SerialNumber::parse("0a").unwrap()],
        ..Filter::default()
    };
    for (filter, order, field) in [
        (ca, None, "filter.ca_serial_numbers"),
        (in_status(&[LifecycleStatus::Good]), None, "filter.statuses"),
        (Filter::default(), Some(OrderBy::UpdatedDesc), "order_by"),
    ] {
        assert_eq!(
            provider
                .capabilities()
                .check(&filter, order, true)
                .unwrap_err()
                .field
                .as_deref(),
            Some(field)
        );
    }
    assert_eq!(
        provider.capabilities().order(None),
        Some(SortOrder::CreatedDesc)
    );
}
