//! Certificates that the filter could not judge: counted, and listed on request.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::fleet::{Fleet, Listed, collect_with};
use super::*;
use crate::model::{Certificate, Fact};
use crate::operation::Answer as _;
use crate::operation::cursor::Resume;
use crate::request;
use crate::testing::Bench;
use crate::testing::network::{Network, ok};

/// The judgement of the filter of [`wanted`] on a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Match,
    Excluded,
    Undecided,
}

fn wanted() -> Filter {
    Filter {
        client_ids: vec!["wanted".to_owned()],
        ..Filter::default()
    }
}

/// A fleet of certificates that are told apart by their names.
fn fleet(kinds: &[Kind]) -> Fleet {
    let mut fleet = Fleet {
        exact: false,
        ..Fleet::new(kinds.len())
    };
    for (number, (kind, certificate)) in kinds.iter().zip(&mut fleet.certificates).enumerate() {
        certificate.name = Some(number.to_string());
        certificate.client_id = match kind {
            Kind::Match => Fact::Known("wanted".to_owned()),
            Kind::Excluded => Fact::Absent,
            Kind::Undecided => Fact::Unknown,
        };
    }
    fleet
}

fn names<'a>(certificates: impl Iterator<Item = &'a Certificate>) -> Vec<usize> {
    certificates
        .map(|certificate| certificate.name.as_ref().unwrap().parse().unwrap())
        .collect()
}

fn matches(listed: &Listed) -> Vec<usize> {
    names(listed.certificates.iter())
}

fn undecided(listed: &Listed) -> Vec<usize> {
    names(
        listed
            .undecided
            .iter()
            .map(|undecided| &undecided.described.certificate),
    )
}

/// The answers to a request and to all that continue it. Those with an even number list undecided
/// certificates as the first flag says, the others as the second.
async fn follow(
    fleet: &Fleet,
    limit: Option<usize>,
    budget: AnswerBudget,
    include_undecided: [bool; 2],
) -> Vec<Listed> {
    let mut all: Vec<Listed> = Vec::new();
    let mut from: Option<Resume> = None;
    loop {
        let include = include_undecided[all.len() % 2];
        let listed = collect_with(fleet, &wanted(), limit, budget, from, include)
            .await
            .unwrap();
        let count = listed.certificates.len() + listed.undecided.len();
        assert!(
            limit.is_none_or(|limit| count <= limit),
            "{count} of {limit:?}"
        );
        from = listed.rest.clone();
        all.push(listed);
        assert!(all.len() < 1_000, "the cursors do not lead to an end");
        if from.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn the_count_is_of_the_certificates_up_to_the_next_cursor() {
    use Kind::{Excluded as E, Match as M, Undecided as U};
    let fleet = fleet(&[U, M, U, U, M, E, U]);
    // Pages of two matches: the list continues behind the page.
    for (include, expected) in [
        (false, vec![(vec![1], vec![], 3), (vec![4], vec![], 1)]),
        (
            true,
            vec![
                (vec![], vec![0], 1),
                (vec![1], vec![], 0),
                (vec![], vec![2], 1),
                (vec![], vec![3], 1),
                (vec![4], vec![], 0),
                (vec![], vec![6], 1),
            ],
        ),
    ] {
        let listed = follow(&fleet, Some(1), PLENTY, [include; 2]).await;
        let shown: Vec<_> = listed
            .iter()
            .map(|listed| (matches(listed), undecided(listed), listed.undecided_count))
            .collect();
        assert_eq!(shown, expected);
        assert!(listed.iter().all(|listed| listed.total_count.is_none()));
    }
    let counted = follow(&fleet, None, PLENTY, [true; 2]).await;
    assert_eq!(counted.len(), 1);
    assert_eq!(
        (
            counted[0].counts.certificates,
            counted[0].undecided_count,
            counted[0].undecided.len()
        ),
        (2, 4, 0),
        "counts are of matches"
    );
}

#[tokio::test]
async fn an_undecided_certificate_that_comes_again_behind_a_cursor_is_counted_once() {
    use Kind::{Match as M, Undecided as U};
    let before = fleet(&[M, U, M, M]);
    let first = collect_with(&before, &wanted(), Some(1), PLENTY, None, false)
        .await
        .unwrap();
    assert_eq!((matches(&first), first.undecided_count), (vec![0], 1));
    // One more at the beginning of the list moves all others.
    let mut grown = fleet(&[M, M, U, M, M]);
    grown.certificates.swap(0, 1);
    grown.certificates[1..].clone_from_slice(&before.certificates);
    let next = collect_with(&grown, &wanted(), Some(10), PLENTY, first.rest, false)
        .await
        .unwrap();
    assert_eq!(next.undecided_count, 0);
    assert_eq!((matches(&next), next.consistent), (vec![2, 3], Some(false)));
}

#[tokio::test]
async fn a_total_is_null_when_a_certificate_could_not_be_judged() {
    for (kind, total) in [
        (Kind::Match, Some(1)),
        (Kind::Undecided, None),
        (Kind::Excluded, None),
    ] {
        let fleet = Fleet {
            exact: true,
            ..fleet(&[kind])
        };
        let listed = collect_with(&fleet, &wanted(), Some(10), PLENTY, None, false)
            .await
            .unwrap();
        assert_eq!(listed.total_count, total, "{kind:?}");
    }
}

proptest! {
    #[test]
    fn pages_together_are_one_large_page_and_no_certificate_is_in_both_lists(
        kinds in proptest::collection::vec(0..3_usize, 0..60), page_size in 1..30_usize, limit in proptest::option::of(1..70_usize),
        bytes in prop_oneof![Just(6_000_000_usize), 500..20_000_usize], include: [bool; 2], gaps in 0..3_usize, aligned: bool,
    ) {
        let kinds: Vec<Kind> = kinds.into_iter().map(|kind| [Kind::Match, Kind::Excluded, Kind::Undecided][kind]).collect();
        let fleet = Fleet { page_size, gaps, aligned, ..fleet(&kinds) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let listed = runtime.block_on(follow(&fleet, limit, AnswerBudget { bytes, escaped: false }, include));
        let of = |wanted: Kind| -> Vec<usize> { (0..kinds.len()).filter(|number| kinds[*number] == wanted).collect() };
        let (all_matches, all_undecided) = (of(Kind::Match), of(Kind::Undecided));
        let counted: u64 = listed.iter().map(|listed| listed.undecided_count).sum();
        prop_assert_eq!(counted, u64::try_from(all_undecided.len()).unwrap());
        let counts: u64 = listed.iter().map(|listed| listed.counts.certificates).sum();
        prop_assert_eq!(counts, u64::try_from(all_matches.len()).unwrap());
        if limit.is_some() {
            prop_assert_eq!(listed.iter().flat_map(matches).collect::<Vec<_>>(), all_matches);
            let shown: Vec<usize> = listed.iter().flat_map(undecided).collect();
            match include {
                [true, true] => prop_assert_eq!(shown, all_undecided),
                [false, false] => prop_assert!(shown.is_empty()),
                _ => prop_assert!(shown.iter().all(|number| all_undecided.contains(number)) && shown.is_sorted()),
            }
        }
        for listed in &listed {
            prop_assert!(listed.undecided.iter().all(|undecided| undecided.undecided_by == ["client_ids"]));
            prop_assert_ne!(listed.consistent, Some(false));
        }
    }
}

/// A broker that does not tell the client of each second certificate.
fn broker() -> Network {
    Network::new(|request| {
        let parameters: Value = serde_json::from_slice(request.body()).unwrap();
        let begin = parameters["Offset"].as_u64().unwrap();
        let end = (begin + parameters["Limit"].as_u64().unwrap()).min(6);
        let row = |number: u64| {
            let client = number.is_multiple_of(2).then(|| format!("client-{number}"));
            json!({"DeviceCertificateSn": format!("a{number}"), "Status": "ACTIVE", "ClientId": client})
        };
        let rows: Vec<Value> = (begin..end).map(row).collect();
        ok(&json!({"Response": {"TotalCount": 6, "Data": rows, "RequestId": "id"}}))
    })
}

async fn answered(request: &Value) -> (DescribeAnswer, DescribeRequest) {
    let network = broker();
    let bench = Bench::new(&network);
    let mut whole =
        json!({"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1"});
    whole
        .as_object_mut()
        .unwrap()
        .extend(request.as_object().unwrap().clone());
    let request: DescribeRequest = request::parse(&whole.to_string()).unwrap();
    let answer = Describe::perform(&bench.context(), request.clone(), PLENTY).await;
    (answer.unwrap(), request)
}

#[tokio::test(start_paused = true)]
async fn the_members_of_an_answer_follow_the_request() {
    let filter = json!({"client_ids": ["client-0", "client-2"]});
    for (request, count, listed) in [
        (json!({}), Value::Null, Value::Null),
        (json!({"filter": {}}), Value::Null, Value::Null),
        (json!({"include_undecided": true}), Value::Null, json!([])),
        (json!({"filter": filter}), json!(3), Value::Null),
        (
            json!({"filter": {"statuses": ["active"]}, "include_undecided": true}),
            json!(0),
            json!([]),
        ),
        (
            json!({"filter": filter, "include_undecided": true}),
            json!(3),
            json!(["a1", "a3", "a5"]),
        ),
        (
            json!({"filter": filter, "include_undecided": true, "limit": 0, "summary": true}),
            json!(3),
            Value::Null,
        ),
    ] {
        let (answer, _) = answered(&request).await;
        assert_eq!(answer.failures().count(), 0);
        let answer = serde_json::to_value(answer).unwrap();
        assert_eq!(answer["undecided_count"], count, "{request}");
        let undecided = answer["undecided"].as_array().map(|undecided| {
            undecided
                .iter()
                .map(|one| {
                    assert_eq!(one["undecided_by"], json!(["client_ids"]));
                    assert_eq!(
                        (&one["error"], &one["status"]),
                        (&Value::Null, &json!("active"))
                    );
                    one["serial_number"].clone()
                })
                .collect::<Value>()
        });
        assert_eq!(undecided.unwrap_or_default(), listed, "{request}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_continues_has_the_limit_that_both_lists_leave() {
    let filter = json!({"client_ids": ["client-0", "client-2"]});
    let request = json!({"filter": filter, "include_undecided": true, "limit": 4});
    let (DescribeAnswer::One(mut answer), request) = answered(&request).await else {
        panic!("one source has one answer");
    };
    // As when one certificate fewer fits.
    answer.undecided.as_mut().unwrap().pop().unwrap();
    let rest = Describe::next_page(request, &DescribeAnswer::One(answer)).unwrap();
    assert!(rest.cursor.is_some());
    assert_eq!(rest.limit, Some(1));
}
