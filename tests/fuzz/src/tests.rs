//! Runs a fixed number of changed inputs; `mutate` and libFuzzer run any number.

use certificate_provider::operation::Inactivate;

use super::*;
use crate::vendors::Answers;
use crate::world::Callers;

fn hold(name: &str, number: usize) {
    let target = TARGETS
        .into_iter()
        .find(|target| target.name == name)
        .unwrap();
    let seeds = (target.seeds)();
    assert!(seeds.len() >= 10, "{name} has {} seeds", seeds.len());
    seeds.iter().for_each(|seed| (target.run)(seed));
    let mut random = Random(1);
    for _ in 0..number {
        let input = mutated(&seeds, &mut random);
        let result = std::panic::catch_unwind(|| (target.run)(&input));
        assert!(
            result.is_ok(),
            "{name} fails with {:?}",
            String::from_utf8_lossy(&input)
        );
    }
}

#[test]
fn events_hold() {
    hold("event", 15_000);
}

#[test]
fn vendor_answers_hold() {
    hold("vendor_answer", 15_000);
}

#[test]
fn serial_numbers_hold() {
    hold("serial_number", 5_000);
}

#[test]
fn cursors_hold() {
    hold("cursor", 10_000);
}

#[test]
fn webhooks_hold() {
    hold("webhook", 10_000);
}

#[test]
fn certificates_hold() {
    hold("certificate", 10_000);
}

#[test]
fn the_signed_orders_among_the_seeds_are_taken_as_such() {
    let seeds = seeds::events().into_iter();
    let texts = seeds.filter_map(|seed| String::from_utf8(seed).ok());
    let signed: Vec<String> = texts.filter(|text| text.contains("\"mac\"")).collect();
    assert_eq!(signed.len(), 3);
    for order in signed {
        let answer = world::perform::<Inactivate>(Callers::All, &order, Answers::Sound);
        let answer = answer.unwrap_or_else(|error| panic!("{error} {order}"));
        assert!(answer.contains("next_order"), "{answer}");
    }
}
