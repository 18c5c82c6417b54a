//! Filters with several values, which the vendor may or may not take as alternatives.

use super::*;

/// A vendor of two certificates that takes the values of one filter as alternatives or not.
fn undecided_vendor(alternatives: bool, certificates: u64) -> Network {
    Network::new(move |request| {
        let requested: Value = serde_json::from_slice(request.body()).unwrap();
        let filters = requested["Filters"].as_array().cloned().unwrap_or_default();
        let impossible = !alternatives
            && filters
                .iter()
                .any(|filter| filter["Values"].as_array().unwrap().len() > 1);
        let unheard = filters.iter().any(|filter| filter["Values"][0] == "nobody");
        let total = if impossible || unheard {
            0
        } else {
            certificates
        };
        page_of(
            total,
            (0..total).map(|number| format!("{:04x}", number + 1)),
        )
    })
}

#[tokio::test(start_paused = true)]
async fn several_values_that_are_no_alternatives_are_filtered_here() {
    let both = clients(&["a", "b"]);
    let network = undecided_vendor(false, 2);
    let found = page(&network, &both, None, 10).await.unwrap();
    assert_eq!((found.certificates.len(), found.total_count), (2, None));
    let filters = network.each(|sent| sent.body()["Filters"].clone());
    let every_status = json!([{"Name": "Status", "Values": ["ACTIVE", "INACTIVE", "REVOKED", "PENDING_ACTIVATION"]}]);
    assert_eq!(filters, [every_status, Value::Null, Value::Null]);
    assert_eq!(network.sent()[2].body()["Limit"], 100);
}

#[tokio::test(start_paused = true)]
async fn several_values_are_relied_on_when_the_vendor_takes_alternatives() {
    for (network, filter, calls) in [
        (undecided_vendor(true, 2), clients(&["nobody", "b"]), 4),
        // An instance without certificates says nothing about alternatives, and has none to miss.
        (undecided_vendor(false, 0), clients(&["a", "b"]), 3),
        (undecided_vendor(true, 2), clients(&["a", "b"]), 4),
        (undecided_vendor(true, 2), clients(&["a"]), 1),
        (undecided_vendor(false, 2), clients(&["nobody"]), 1),
    ] {
        let found = page(&network, &filter, None, 10).await.unwrap();
        assert_eq!(network.sent().len(), calls, "{filter:?}");
        assert_eq!(found.next, None);
        assert!(found.total_count.is_some());
    }
}

/// How a vendor reads several values of one filter.
#[derive(Clone, Copy, Debug)]
enum Reads {
    Alternatives,
    AllMustHold,
    OnlyTheFirst,
    OnlyTheLast,
    Refuses,
}

/// A vendor with so many certificates of each documented status, and of others.
fn with_statuses(counts: [u64; 4], others: u64, reads: Reads) -> Network {
    Network::new(move |request| {
        let requested: Value = serde_json::from_slice(request.body()).unwrap();
        let count = |word: &Value| {
            STATUS_NAMES
                .iter()
                .zip(counts)
                .find(|(known, _)| word == **known)
                .unwrap()
                .1
        };
        let total = match requested["Filters"][0]["Values"]
            .as_array()
            .map(Vec::as_slice)
        {
            None => counts.iter().sum::<u64>() + others,
            Some([word]) => count(word),
            Some(words) => match reads {
                Reads::Alternatives => words.iter().map(count).sum(),
                Reads::AllMustHold => 0,
                Reads::OnlyTheFirst => count(&words[0]),
                Reads::OnlyTheLast => count(&words[words.len() - 1]),
                Reads::Refuses => return refused("InvalidParameterValue"),
            },
        };
        page_of(
            total,
            (0..total.min(1)).map(|number| format!("{number:04x}")),
        )
    })
}

#[tokio::test(start_paused = true)]
async fn alternatives_are_distinguished_from_every_other_meaning() {
    for (counts, others, reads, expected, calls) in [
        ([3, 2, 0, 1], 0, Reads::Alternatives, true, 3),
        ([5, 0, 0, 0], 0, Reads::Alternatives, true, 3),
        // No documented status finds a certificate with an undocumented one.
        ([3, 2, 0, 1], 2, Reads::Alternatives, true, 4),
        ([5, 0, 0, 0], 2, Reads::Alternatives, true, 4),
        // Counts that do not distinguish the meanings prove nothing.
        ([0, 0, 0, 5], 2, Reads::Alternatives, false, 4),
        ([0, 0, 0, 0], 2, Reads::Alternatives, false, 2),
        ([3, 2, 0, 1], 0, Reads::AllMustHold, false, 2),
        ([3, 2, 0, 1], 0, Reads::OnlyTheFirst, false, 2),
        ([3, 2, 0, 1], 0, Reads::OnlyTheLast, false, 2),
        ([5, 0, 0, 0], 0, Reads::OnlyTheFirst, false, 2),
        ([5, 0, 0, 0], 0, Reads::OnlyTheLast, false, 2),
        // As many of the first status as of the last.
        ([2, 0, 0, 2], 0, Reads::OnlyTheFirst, false, 4),
        ([2, 1, 0, 2], 0, Reads::OnlyTheLast, false, 4),
        ([2, 0, 0, 2], 3, Reads::OnlyTheFirst, false, 4),
        ([3, 2, 0, 1], 0, Reads::Refuses, false, 1),
        ([0; 4], 0, Reads::OnlyTheFirst, true, 2),
    ] {
        let network = with_statuses(counts, others, reads);
        let bench = Bench::new(&network);
        let context = bench.context();
        let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
        for _ in 0..2 {
            assert_eq!(
                provider.takes_values_as_alternatives().await.unwrap(),
                expected,
                "{counts:?} {others} {reads:?}"
            );
        }
        assert_eq!(
            network.sent().len(),
            calls,
            "{counts:?} {others} {reads:?}: requested once"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_request_of_the_sandbox_uses_the_proof() {
    for (counts, reads, expected, calls, calls_of_the_next) in [
        ([3, 2, 0, 1], Reads::Alternatives, true, 3, 0),
        ([3, 2, 0, 1], Reads::AllMustHold, false, 2, 0),
        ([3, 2, 0, 1], Reads::Refuses, false, 1, 0),
        // An instance without certificates proves nothing.
        ([0; 4], Reads::AllMustHold, true, 2, 2),
    ] {
        let network = with_statuses(counts, 0, reads);
        let bench = Bench::new(&network);
        let context = bench.context();
        for calls in [calls, calls_of_the_next] {
            let before = network.sent().len();
            let provider = TencentMqtt::new(&context, target(NAME)).unwrap();
            assert_eq!(
                provider.takes_values_as_alternatives().await.unwrap(),
                expected,
                "{counts:?} {reads:?}"
            );
            assert_eq!(network.sent().len() - before, calls, "{counts:?} {reads:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn knowledge_about_several_values_holds_for_the_next_pages() {
    let network = undecided_vendor(false, 2);
    let first = page(&network, &clients(&["a", "b"]), None, 10)
        .await
        .unwrap();
    assert_eq!(first.position, "~0");
    let before = network.sent().len();
    let again = page(&network, &clients(&["a", "b"]), Some(&first.position), 10)
        .await
        .unwrap();
    assert_eq!(
        (network.sent().len(), again.certificates.len()),
        (before + 1, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn more_values_than_the_vendor_takes_are_filtered_here() {
    let network = Network::new(|request| {
        let requested: Value = serde_json::from_slice(request.body()).unwrap();
        match requested.get("Filters") {
            Some(_) => refused("InvalidParameterValue"),
            None => recorded("tencent-mqtt/DescribeDeviceCertificates.ok-four-statuses"),
        }
    });
    let wanted = Wanted {
        client_ids: vec!["client-1".to_owned(), "client-2".to_owned()],
        ..Wanted::default()
    };
    let page = page(&network, &wanted, None, 10).await.unwrap();
    assert_eq!(
        (
            page.certificates.len(),
            page.total_count,
            network.sent().len()
        ),
        (4, None, 2)
    );
}
