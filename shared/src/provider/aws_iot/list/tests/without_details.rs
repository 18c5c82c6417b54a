//! Lists whose rows are all that is read.

use super::*;
use crate::model::EffectiveStatus;
use crate::request::{OrderBy, Verdict};

async fn page(
    network: &Network,
    filter: &Filter,
    position: Option<&str>,
    wanted: usize,
) -> Result<Page, Error> {
    page_with(
        network,
        &ListQuery {
            filter,
            order: None,
            include_pem: false,
            include_clients: false,
            details: false,
        },
        position,
        wanted,
    )
    .await
}

fn by_ids(numbers: &[usize]) -> Filter {
    Filter {
        fingerprints_sha256: numbers.iter().map(|it| id(*it)).collect(),
        ..Filter::default()
    }
}

/// Follows the positions; returns the numbers of the certificates that the filter wants.
async fn wanted_in_all_pages(network: &Network, filter: &Filter, wanted: usize) -> Vec<usize> {
    let (mut position, mut numbers) = (None, Vec::new());
    loop {
        let page = page(network, filter, position.as_deref(), wanted)
            .await
            .unwrap();
        assert!(page.certificates.iter().all(|entry| {
            filter.judge(&entry.certificate, crate::testing::now()) == Verdict::Match
        }));
        numbers.extend(offsets(&page).into_iter().map(|(_, number)| number));
        position = page.next;
        if position.is_none() {
            return numbers;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_shows_id_status_and_creation_and_says_nothing_of_validity() {
    let network = vendor(vec!["ACTIVE", "REGISTER_INACTIVE", "PENDING_TRANSFER"]);
    let page = page(&network, &Filter::default(), None, 10).await.unwrap();
    let [active, inactive, other] = [0, 1, 2].map(|index| &page.certificates[index].certificate);
    let shown = serde_json::to_value(active).unwrap();
    let expected = json!({
        "status": "active", "provider_status": "ACTIVE", "effective_status": "active", "created_at": "2025-03-01T00:00:00.500Z",
        "fingerprint_sha256": id(1).as_str(), "subject": {"common_name": null, "organizational_unit": null}, "disagreements": []
    });
    for (member, value) in shown.as_object().unwrap() {
        assert_eq!(
            value,
            expected.get(member).unwrap_or(&Value::Null),
            "{member}"
        );
    }
    assert_eq!(
        (active.effective_status, active.usable),
        (EffectiveStatus::Active, None),
        "it may be expired"
    );
    assert_eq!(
        (inactive.status, inactive.usable),
        (LifecycleStatus::Inactive, Some(false))
    );
    assert_eq!(
        (other.status, other.provider_status.as_deref(), other.usable),
        (LifecycleStatus::Unknown, Some("PENDING_TRANSFER"), None)
    );
    assert!(describes(&network).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_page_has_up_to_as_many_ids_as_the_vendor_returns() {
    let active_only = in_status(&[LifecycleStatus::Active]);
    let of_ca = Filter {
        ca_fingerprints_sha256: vec![id(0xca)],
        ..Filter::default()
    };
    for (filter, position, wanted, size) in [
        (Filter::default(), None, 1, 1),
        (Filter::default(), None, 0, 1),
        (Filter::default(), None, 10_000, 250),
        (Filter::default(), Some("7."), 10, 17),
        (Filter::default(), Some("249."), 10, 250),
        (active_only, None, 10, 250),
        (by_ids(&[1]), None, 10, 250),
        (of_ca, None, 10, 10),
    ] {
        let network = vendor(active(0));
        page(&network, &filter, position, wanted).await.unwrap();
        let requested = lists(&network);
        assert!(
            requested[0].ends_with(&format!("pageSize={size}")),
            "{wanted} from {position:?}: {requested:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn all_pages_together_are_the_whole_list_without_any_description() {
    let inactive = in_status(&[LifecycleStatus::Inactive]);
    let fleet: Fleet = (0..600)
        .map(|index| if index % 3 == 0 { "INACTIVE" } else { "ACTIVE" })
        .collect();
    for wanted in [1, 7, 100, 250, 1_000] {
        let network = vendor(fleet.clone());
        assert_eq!(
            wanted_in_all_pages(&network, &Filter::default(), wanted).await,
            (1..=600).collect::<Vec<_>>(),
            "{wanted}"
        );
        assert_eq!(
            (lists(&network).len(), describes(&network).len()),
            (600_usize.div_ceil(wanted.min(250)), 0),
            "{wanted}"
        );
        let network = vendor(fleet.clone());
        let expected: Vec<usize> = (1..=600).step_by(3).collect();
        assert_eq!(
            wanted_in_all_pages(&network, &inactive, wanted).await,
            expected,
            "{wanted}"
        );
        assert!(describes(&network).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn every_record_of_the_list_of_one_ca_has_that_ca() {
    let filter = Filter {
        ca_fingerprints_sha256: vec![id(0xca)],
        ..Filter::default()
    };
    let network = vendor(active(3));
    assert_eq!(wanted_in_all_pages(&network, &filter, 2).await, [1, 2, 3]);
    assert_eq!(
        lists(&network)[0],
        format!(
            "/certificates-by-ca/{}?isAscendingOrder=false&pageSize=2",
            id(0xca)
        )
    );
    let page = page(&network, &filter, None, 2).await.unwrap();
    assert!(page.certificates.iter().all(
        |entry| entry.certificate.ca_fingerprint_sha256 == crate::model::Fact::Known(id(0xca))
    ));
    assert!(describes(&network).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_filter_by_ids_reads_the_list_until_it_has_shown_them_all() {
    for (numbers, expected, calls) in [
        (&[3][..], &[3][..], 1),
        (&[240, 3, 3], &[3, 240], 1),
        (&[300, 270], &[270, 300], 2),
        (&[3, 270], &[3, 270], 3),
        (&[999], &[], 3),
    ] {
        for wanted in [1, 100] {
            let network = vendor(active(600));
            assert_eq!(
                wanted_in_all_pages(&network, &by_ids(numbers), wanted).await,
                expected,
                "{numbers:?}"
            );
            assert!(describes(&network).is_empty());
            assert!(
                wanted == 1 || lists(&network).len() == calls,
                "{numbers:?}: {:?}",
                lists(&network)
            );
        }
    }
    let inactive = Filter {
        statuses: vec![LifecycleStatus::Inactive],
        ..by_ids(&[2, 3])
    };
    assert_eq!(
        wanted_in_all_pages(
            &vendor(vec!["INACTIVE", "ACTIVE", "INACTIVE"]),
            &inactive,
            5
        )
        .await,
        [3]
    );
}

#[tokio::test(start_paused = true)]
async fn members_that_a_row_leaves_out_are_not_known() {
    let bare = || {
        ids(
            &[
                json!({"certificateId": id(1).as_str()}),
                json!({"certificateId": id(2).as_str(), "status": ""}),
            ],
            None,
        )
    };
    let network = Network::new(move |_| bare());
    let page = page(&network, &Filter::default(), None, 5).await.unwrap();
    for entry in &page.certificates {
        let Certificate {
            status,
            provider_status,
            created_at,
            usable,
            ..
        } = &entry.certificate;
        assert_eq!(
            (*status, provider_status, created_at, *usable),
            (LifecycleStatus::Unknown, &None, &None, None)
        );
    }
    assert_eq!(page.certificates.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_row_without_an_id_may_be_one_of_those_that_are_wanted() {
    let row = |id: &str| json!({"certificateId": id, "status": "ACTIVE"});
    let rows = [row(id(1).as_str()), row("0a"), row(id(3).as_str())];
    let network = Network::new(move |_| ids(&rows, None));
    for (filter, expected) in [
        (Filter::default(), vec![(1, false), (2, true), (3, false)]),
        (by_ids(&[1, 9]), vec![(1, false), (2, true)]),
    ] {
        let page = page(&network, &filter, None, 5).await.unwrap();
        let shown: Vec<_> = page
            .certificates
            .iter()
            .map(|entry| (entry.offset, entry.error.is_some()))
            .collect();
        assert_eq!((shown, page.next), (expected, None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_takes_a_description_is_refused_by_name() {
    let network = vendor(active(0));
    let bench = Bench::new(&network);
    let context = bench.context();
    let provider = AwsIot::new(&context, target(NAME)).unwrap();
    let moment = crate::model::Timestamp::parse("2026-01-01T00:00:00Z").ok();
    let texts = || vec!["a".to_owned()];
    let number = Filter {
        serial_numbers: vec![SerialNumber::parse("0a").unwrap()],
        ..Filter::default()
    };
    let two_cas = Filter {
        ca_fingerprints_sha256: vec![id(1), id(2)],
        ..Filter::default()
    };
    for (filter, field) in [
        (number, "filter.serial_numbers"),
        (
            Filter {
                common_names: texts(),
                ..Filter::default()
            },
            "filter.common_names",
        ),
        (
            Filter {
                organizational_units: texts(),
                ..Filter::default()
            },
            "filter.organizational_units",
        ),
        (
            Filter {
                not_after_from: moment,
                ..Filter::default()
            },
            "filter.not_after_from",
        ),
        (
            Filter {
                not_after_to: moment,
                ..Filter::default()
            },
            "filter.not_after_to",
        ),
        (
            Filter {
                expires_within_days: Some(30),
                ..Filter::default()
            },
            "filter.expires_within_days",
        ),
        (two_cas, "filter.ca_fingerprints_sha256"),
    ] {
        provider.capabilities().check(&filter, None, true).unwrap();
        let error = provider
            .capabilities()
            .check(&filter, None, false)
            .unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (ErrorCode::Unsupported, Some(field))
        );
        assert!(error.detail.contains("leave details out"), "{error}");
    }
    let of_one_ca = Filter {
        ca_fingerprints_sha256: vec![id(1)],
        ..in_status(&[LifecycleStatus::Active])
    };
    for filter in [Filter::default(), by_ids(&[1, 2]), of_one_ca] {
        provider
            .capabilities()
            .check(&filter, Some(OrderBy::CreatedAsc), false)
            .unwrap();
    }
}
