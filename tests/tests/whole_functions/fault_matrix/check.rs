//! What has to hold in every cell.

use std::sync::LazyLock;

use serde_json::Value;
use simulator::Vendor;
use whole_function_tests::canary::Secrets;

use super::expected::{CODES, Expected, Row, Trouble};
use super::stage::Report;
use crate::order_members::untruths;

/// The credentials of the functions.
pub(crate) static SECRETS: LazyLock<Secrets> = LazyLock::new(|| {
    let keys = Vendor::ALL.map(Vendor::credentials);
    Secrets::new(
        &keys
            .iter()
            .flat_map(|key| {
                [
                    ("a key's id", key.id.as_str()),
                    ("a secret", key.secret.as_str()),
                ]
            })
            .collect::<Vec<_>>(),
    )
});

/// More than any function of these needs, and half of the least that Lambda gives.
pub(crate) const MOST_MEMORY: u64 = 64 * 1024 * 1024;

/// Looks between two orders: reads may lag behind writes.
const LOOKS: usize = 4;

/// Everything about a report that is not as it has to be.
pub(crate) fn wrongs(
    row: &Row,
    expected: &Expected,
    request: &Value,
    report: &Report,
) -> Vec<String> {
    let mut wrongs = Vec::new();
    let mut demand = |holds: bool, what: String| {
        if !holds {
            wrongs.push(what);
        }
    };
    let told: Vec<String> = report.told.iter().map(in_words).collect();
    let from_a_queue = report.records.is_some();
    let calls = expected.calls[usize::from(from_a_queue)];
    demand(
        told.join(" / ") == expected.told,
        format!("told {told:?} in place of {:?}", expected.told),
    );
    demand(
        is_as(report.calls.as_bytes(), calls.as_bytes()),
        format!("the calls {:?} in place of {calls:?}", report.calls),
    );
    demand(
        report.longest < row.time,
        format!("{:?} passed", report.longest),
    );
    demand(
        report.strayed == 0,
        format!("{} connections to another host", report.strayed),
    );
    if let Some((readable, back)) = &report.records {
        let expected: &[String] = if expected.comes_back { readable } else { &[] };
        demand(back == expected, format!("{back:?} came back"));
    }
    // Orders follow each other only when the one before was surely refused: no certificate is given
    // two without looks between that show it on, and none is given a third one.
    let is_throttled = matches!(row.trouble, Trouble::Once(_)) || told == ["throttled"];
    let most = if told == ["throttled"] { 3 } else { 2 };
    for calls in report.calls.split(' ').filter(|calls| calls.contains('w')) {
        demand(
            calls.starts_with('r'),
            format!("an order without a look before: {calls}"),
        );
        let looks: Vec<&str> = calls.split('w').collect();
        let is_looked_at = looks[1..looks.len() - 1]
            .iter()
            .all(|looks| looks.len() >= LOOKS);
        demand(
            is_throttled || is_looked_at,
            format!("two orders without {LOOKS} looks between: {calls}"),
        );
        demand(
            looks.len() - 1 <= most,
            format!("more orders than {most} for one certificate: {calls}"),
        );
    }
    for (index, answer) in report.told.iter().enumerate() {
        let head = report.heads.get(index).copied();
        match answer["code"].as_str() {
            Some(_) => demand(
                is_by_the_contract(answer, head),
                format!("{head:?} {answer}"),
            ),
            None => {
                demand(
                    head.is_none_or(|(status, _)| status == 200),
                    format!("{head:?} {answer}"),
                );
                demand(
                    results_fit(answer, request),
                    format!("the results are not those of the certificates: {answer}"),
                );
                if answer["operation"] == "inactivate" {
                    untruths(request, answer)
                        .into_iter()
                        .for_each(|untruth| demand(false, format!("{untruth}: {answer}")));
                }
            }
        }
    }
    // What the last answer tells of each certificate is so.
    if let Some(answer) = report.told.last() {
        demand(
            is_evident(answer, &report.states),
            format!("the vendor has {:?}: {answer}", report.states),
        );
    }
    wrongs
}

fn in_words(answer: &Value) -> String {
    if let Some(code) = answer["code"].as_str() {
        return code.to_owned();
    }
    let (list, member) = match answer["operation"].as_str() {
        Some("describe") => ("certificates", "status"),
        Some("inactivate") => ("results", "outcome"),
        _ => ("results", "status"),
    };
    let words = answer[list]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| one[member].as_str().unwrap_or("nothing"));
    words.collect::<Vec<_>>().join(" ")
}

/// A plus stands for one to five of the letter before it.
fn is_as(calls: &[u8], expected: &[u8]) -> bool {
    match expected {
        [] => calls.is_empty(),
        [letter, b'+', rest @ ..] => (1..=5)
            .any(|many| calls.starts_with(&vec![*letter; many]) && is_as(&calls[many..], rest)),
        [letter, rest @ ..] => calls.first() == Some(letter) && is_as(&calls[1..], rest),
    }
}

/// Whether an error has the status of its code, tells whether it may pass, and when to try again.
fn is_by_the_contract(error: &Value, head: Option<(u16, bool)>) -> bool {
    let row = CODES.iter().find(|(code, _, _)| error["code"] == *code);
    row.is_some_and(|(code, status, retryable)| {
        let as_told = error["status"] == *status && error["retryable"] == *retryable;
        as_told
            && head.is_none_or(|(answered, tells_when)| {
                answered == *status && tells_when == (*code == "throttled")
            })
    })
}

/// Whether there is a result for each certificate in the order asked, and each error in one is by
/// the contract.
fn results_fit(answer: &Value, request: &Value) -> bool {
    let names_of = |list: &Value| {
        list.as_array().map(|list| {
            list.iter()
                .map(|one| one["serial_number"].clone())
                .collect::<Vec<_>>()
        })
    };
    let Some(results) = answer["results"].as_array() else {
        return request["certificates"].is_null();
    };
    names_of(&answer["results"]) == names_of(&request["certificates"])
        && results
            .iter()
            .all(|result| result["error"].is_null() || is_by_the_contract(&result["error"], None))
}

/// Whether the vendor's state of each certificate is as told. Nothing of it was changed when the
/// answer does not tell of it.
fn is_evident(answer: &Value, states: &[String]) -> bool {
    let untouched = |state: &String| ["1", "ACTIVE", "good"].contains(&state.as_str());
    let Some(results) = answer["results"].as_array() else {
        return states.iter().all(untouched);
    };
    results.len() == states.len()
        && results.iter().zip(states).all(|(result, state)| {
            match (result["outcome"].as_str(), result["status"].as_str()) {
                (Some("inactivated" | "already_inactive"), told) => {
                    told == Some("inactive") && state == "0"
                }
                (Some("unknown"), told) => told.is_none(),
                (_, told) => told != Some("inactive") && untouched(state),
            }
        })
}
