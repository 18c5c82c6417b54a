//! Certificates of several sources that the filter could not judge.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Within the window of [`filter`], outside of it, and unknown.
const ENDS: [Option<i64>; 3] = [Some(1_764_000_000), Some(1_700_000_000), None];

fn filter() -> Value {
    json!({"expires_within_days": 30})
}

/// The clouds with these ends of validity, one for each certificate.
fn clouds_with(ends: impl IntoIterator<Item = Option<i64>>) -> Clouds {
    let clouds = clouds();
    for (device, end) in clouds.devices.borrow_mut().iter_mut().zip(ends) {
        device.not_after = end;
    }
    clouds
}

/// Names of a member's certificates, which none of the answers shows twice.
fn listed(answer: &Value, member: &str) -> Vec<String> {
    answer[member]
        .as_array()
        .into_iter()
        .flatten()
        .map(name)
        .collect()
}

/// The answers to a request and to all that continue it.
async fn follow(
    clouds: &Clouds,
    limit: u64,
    budget: AnswerBudget,
    include: [bool; 2],
) -> Vec<Value> {
    let mut request = json!({"sources": every_source(), "filter": filter(), "limit": limit});
    let mut all: Vec<Value> = Vec::new();
    loop {
        request["include_undecided"] = json!(include[all.len() % 2]);
        let answer = perform_with(clouds, &[], &request, budget).await.unwrap();
        request["cursor"] = answer["next_cursor"].clone();
        all.push(answer);
        assert!(all.len() < 100, "the cursors do not lead to an end");
        if request["cursor"].is_null() {
            return all;
        }
    }
}

fn sum(answers: &[Value], number: impl Fn(&Value) -> u64) -> u64 {
    answers.iter().map(number).sum()
}

#[tokio::test(start_paused = true)]
async fn each_undecided_certificate_shows_its_source_and_each_source_its_number() {
    let clouds = clouds_with(ENDS.into_iter().cycle());
    let request = json!({"sources": every_source(), "filter": filter(), "include_undecided": true});
    let answer = perform(&clouds, &request).await.unwrap();
    let unknown = |device: &Device| device.not_after.is_none();
    assert_eq!(
        listed(&answer, "undecided"),
        expected(&clouds, unknown, false)
    );
    let inside = |device: &Device| device.not_after == ENDS[0];
    assert_eq!(names(&answer), expected(&clouds, inside, false));
    let undecided = answer["undecided"].as_array().unwrap();
    assert_eq!(answer["undecided_count"], json!(undecided.len()));
    for (source, requested) in answer["sources"]
        .as_array()
        .unwrap()
        .iter()
        .zip(every_source().as_array().unwrap())
    {
        let here = undecided.iter().filter(|one| {
            one["provider"] == source["provider"] && one["instance_id"] == source["instance_id"]
        });
        let here: Vec<&Value> = here.collect();
        assert_eq!(source["undecided_count"], json!(here.len()), "{source}");
        assert!(!here.is_empty(), "{source}");
        for one in here {
            assert_eq!(one["region"], requested["region"]);
            assert_eq!(one["undecided_by"], json!(["expires_within_days"]));
        }
    }
    let unfiltered = perform(&clouds, &json!({"sources": every_source()}))
        .await
        .unwrap();
    assert_eq!(unfiltered.get("undecided_count"), None);
    assert_eq!(unfiltered["sources"][0].get("undecided_count"), None);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_has_none_undecided() {
    let clouds = clouds_with([None; 24]).with(AwsIot, Trouble::Busy);
    let request = json!({"sources": every_source(), "filter": filter()});
    let answer = perform(&clouds, &request).await.unwrap();
    let of = |index: usize| &answer["sources"][index]["undecided_count"];
    assert_eq!([of(0), of(2)], [5, 0]);
    assert_eq!(answer["undecided_count"], 17);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pages_of_several_sources_together_are_one_large_page(
        ends in proptest::collection::vec(0..3_usize, ALL_SERVED), limit in 1..30_u64, include: [bool; 2],
        room in prop_oneof![Just(6_000_000_usize), 10..8_000_usize],
    ) {
        let clouds = clouds_with(ends.iter().map(|end| ENDS[*end]));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let budget = AnswerBudget { bytes: envelope_bytes(5) + room, escaped: false };
        let answers = runtime.block_on(follow(&clouds, limit, budget, include));
        let unknown = expected(&clouds, |device| device.not_after.is_none(), false);
        let number_unknown = u64::try_from(unknown.len()).unwrap();
        prop_assert_eq!(sum(&answers, |answer| answer["undecided_count"].as_u64().unwrap()), number_unknown);
        let mut by_source: BTreeMap<String, u64> = BTreeMap::new();
        for source in answers.iter().flat_map(|answer| answer["sources"].as_array().unwrap()) {
            *by_source.entry(format!("{} {}", source["provider"], source["instance_id"])).or_default() += source["undecided_count"].as_u64().unwrap();
        }
        for (source, count) in by_source {
            let devices = clouds.devices.borrow();
            let unknown = devices.iter().filter(|device| device.not_after.is_none());
            let here = |device: &&Device| {
                let instance = Some(device.instance).filter(|instance| !instance.is_empty());
                format!("{} {}", json!(device.provider), json!(instance)) == source
            };
            prop_assert_eq!(count, u64::try_from(unknown.filter(here).count()).unwrap());
        }
        for answer in &answers {
            let shown = listed(answer, "certificates").len() + listed(answer, "undecided").len();
            prop_assert!(shown <= usize::try_from(limit).unwrap());
        }
        let mut undecided: Vec<String> = answers.iter().flat_map(|answer| listed(answer, "undecided")).collect();
        let mut matches: Vec<String> = answers.iter().flat_map(|answer| listed(answer, "certificates")).collect();
        let mut wanted = (expected(&clouds, |device| device.not_after == ENDS[0], false), unknown);
        if room < 6_000_000 {
            // A source that has used its share of the size waits for the next answer.
            [&mut undecided, &mut matches, &mut wanted.0, &mut wanted.1].into_iter().for_each(|names| names.sort());
        }
        prop_assert_eq!(matches, wanted.0);
        match include {
            [true, true] => prop_assert_eq!(undecided, wanted.1),
            [false, false] => prop_assert!(undecided.is_empty()),
            _ => prop_assert!(undecided.iter().all(|name| wanted.1.contains(name))),
        }
    }
}
