//! Lists by client ids, which are names of things, and lists that show the things.

use super::super::super::tests::{arn, attachable};
use super::*;
use crate::testing::network::header;

/// A vendor with a thing `a` of the certificates 1 and 2, and a thing `b` of 2 and 3.
fn attached() -> Network {
    Network::new(attached_answer)
}

fn attached_answer(request: &HttpRequest) -> Answer {
    if let Some(requested) = described_id(request) {
        return attachable(requested);
    }
    let certificates = |numbers: &[usize]| {
        let numbers: Vec<String> = numbers.iter().map(|it| arn(id(*it).as_str())).collect();
        ok(&json!({ "principals": numbers }))
    };
    match path_and_query(request) {
        "/things/a/principals?maxResults=250" => certificates(&[1, 2]),
        "/things/b/principals?maxResults=250" => certificates(&[2, 3]),
        "/principals/things?maxResults=250" => {
            let number = header(request, "x-amzn-principal").unwrap();
            let things: &[&str] = match number.chars().last() {
                Some('1') => &["a"],
                Some('2') => &["a", "b"],
                Some('3') => &["b"],
                _ => &[],
            };
            ok(&json!({ "things": things }))
        }
        path if path.starts_with("/things/") => failed(404, "ResourceNotFoundException"),
        _ => answer(&active(4), request),
    }
}

fn by_clients(client_ids: &[&str]) -> Filter {
    Filter {
        client_ids: client_ids.iter().map(|id| (*id).to_owned()).collect(),
        ..Filter::default()
    }
}

async fn listed(
    network: &Network,
    filter: &Filter,
    include_clients: bool,
    position: Option<&str>,
) -> Result<Page, Error> {
    let query = ListQuery {
        filter,
        order: None,
        include_pem: false,
        include_clients,
        details: true,
    };
    page_with(network, &query, position, 10).await
}

/// Client ids of each certificate as an answer shows them, and whether it has an error.
fn shown(page: &Page) -> Vec<(Value, bool)> {
    let shown = |entry: &Entry| {
        let certificate = serde_json::to_value(&entry.certificate).unwrap();
        (certificate["client_ids"].clone(), entry.error.is_some())
    };
    page.certificates.iter().map(shown).collect()
}

#[tokio::test(start_paused = true)]
async fn a_client_id_finds_the_certificates_of_the_thing_with_this_name() {
    for (clients, expected) in [
        (&["a"][..], &[(1, 1), (2, 2)][..]),
        (&["b", "a"], &[(1, 1), (2, 2), (3, 3)]),
        (&["b", "b", "none", "no thing"], &[(1, 2), (2, 3)]),
        (&["A"], &[]),
        (&["no thing"], &[]),
    ] {
        let filter = by_clients(clients);
        let network = attached();
        let page = listed(&network, &filter, false, None).await.unwrap();
        assert_eq!(offsets(&page), expected, "{clients:?}");
        assert_eq!(page.next, None);
        for entry in &page.certificates {
            let verdict = filter.judge(&entry.certificate, crate::testing::now());
            assert_eq!(verdict, Verdict::Match, "{clients:?}");
        }
        assert_eq!(
            describes(&network).len(),
            expected.len(),
            "each certificate is described once"
        );
        let nothing_shown = (Value::Null, false);
        assert!(shown(&page).iter().all(|one| *one == nothing_shown));
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_by_client_ids_continues_after_any_certificate() {
    let filter = by_clients(&["a", "b"]);
    let page = listed(&attached(), &filter, false, Some("1."))
        .await
        .unwrap();
    assert_eq!(
        (offsets(&page), page.position.as_str(), page.list_length),
        (vec![(2, 2), (3, 3)], "0.", ListLength::Known(3)),
        "another length is another list"
    );
}

#[tokio::test(start_paused = true)]
async fn ids_beside_client_ids_narrow_the_list() {
    let filter = Filter {
        fingerprints_sha256: vec![id(4), id(2)],
        ..by_clients(&["a"])
    };
    let network = attached();
    let page = listed(&network, &filter, false, None).await.unwrap();
    assert_eq!(offsets(&page), [(1, 2)]);
    assert_eq!(describes(&network), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_thing_that_cannot_be_looked_up_fails_the_list() {
    let network = Network::new(|request| {
        if path_and_query(request).starts_with("/things/b/") {
            return recorded("aws-iot/Any.error-internal");
        }
        attached_answer(request)
    });
    let filter = by_clients(&["a", "b"]);
    let error = listed(&network, &filter, false, None).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ProviderUnavailable);
}

#[tokio::test(start_paused = true)]
async fn the_things_of_each_certificate_are_shown_on_request() {
    let all = [json!(["a"]), json!(["a", "b"]), json!(["b"]), json!([])];
    let page = listed(&attached(), &Filter::default(), true, None).await;
    let expected = all.clone().map(|things| (things, false));
    assert_eq!(shown(&page.unwrap()), expected);
    // All of them, and not only those that the filter names.
    let page = listed(&attached(), &by_clients(&["b"]), true, None).await;
    assert_eq!(shown(&page.unwrap()), &expected[1..3]);
}

#[tokio::test(start_paused = true)]
async fn the_things_of_a_certificate_that_the_filter_excludes_are_not_read() {
    let filter = Filter {
        ca_fingerprints_sha256: vec![id(0xca), id(0xcb)],
        ..Filter::default()
    };
    let network = attached();
    listed(&network, &filter, true, None).await.unwrap();
    let asked = lists(&network);
    assert!(
        !asked.iter().any(|path| path.starts_with("/principals")),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn things_that_cannot_be_read_are_the_error_of_their_certificate() {
    let failing = |given: fn() -> Answer| {
        Network::new(move |request| {
            let of_second =
                header(request, "x-amzn-principal").is_some_and(|arn| arn.ends_with('2'));
            if of_second {
                given()
            } else {
                attached_answer(request)
            }
        })
    };
    let odd: [fn() -> Answer; 3] = [
        || recorded("aws-iot/Any.error-internal"),
        || recorded("aws-iot/Any.error-invalid-request"),
        || ok(&json!({"things": [7]})),
    ];
    for given in odd {
        let page = listed(&failing(given), &Filter::default(), true, None)
            .await
            .unwrap();
        let expected = [
            (json!(["a"]), false),
            (Value::Null, true),
            (json!(["b"]), false),
            (json!([]), false),
        ];
        assert_eq!(shown(&page), expected);
        assert_eq!(
            page.certificates[1].certificate.status,
            LifecycleStatus::Active,
            "the rest of it is known"
        );
    }
    let denied = failing(|| recorded("aws-iot/Any.error-unauthorized"));
    let page = listed(&denied, &Filter::default(), true, None)
        .await
        .unwrap();
    assert_eq!(
        (offsets(&page), page.next.as_deref()),
        (vec![(1, 1)], Some("1.")),
        "what concerns all ends the page"
    );
}
