//! The rules that hold in every cell.

use std::sync::LazyLock;

use serde_json::Value;
use simulator::Vendor;
use whole_function_tests::canary::Secrets;

use super::expected::{CODES, Calls, Expected, Injected, Row};
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

/// The least number of reads between two writes: reads may lag behind writes.
const READS_BETWEEN: usize = 4;

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
    let outcomes: Vec<String> = report.answers.iter().map(outcome).collect();
    let from_a_queue = report.records.is_some();
    let calls = expected.calls[usize::from(from_a_queue)];
    demand(
        outcomes.join(" / ") == expected.outcome,
        format!("{outcomes:?} in place of {:?}", expected.outcome),
    );
    demand(
        has_count(&report.calls, calls),
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
    if let Some((readable, redelivered)) = &report.records {
        let expected: &[String] = if expected.is_redelivered {
            readable
        } else {
            &[]
        };
        demand(
            redelivered == expected,
            format!("{redelivered:?} are redelivered"),
        );
    }
    // Only a throttled write surely had no effect and may be repeated at once. Otherwise reads that
    // show the certificate active come between two writes, and no certificate gets a third one.
    let is_throttled = matches!(row.injected, Injected::Once(_)) || outcomes == ["throttled"];
    let most = if outcomes == ["throttled"] { 3 } else { 2 };
    let is_evidence_due = outcomes
        .iter()
        .any(|outcome| outcome.contains("inactivated"));
    for calls in report.calls.split(' ').filter(|calls| calls.contains('w')) {
        demand(
            calls.starts_with('r'),
            format!("a write without a read before it: {calls}"),
        );
        let reads: Vec<&str> = calls.split('w').collect();
        let (between, last) = (&reads[1..reads.len() - 1], reads[reads.len() - 1]);
        demand(
            is_throttled || between.iter().all(|reads| reads.len() >= READS_BETWEEN),
            format!("two writes without {READS_BETWEEN} reads between: {calls}"),
        );
        demand(
            between.len() < most,
            format!("more writes than {most} for one certificate: {calls}"),
        );
        demand(
            !is_evidence_due || !last.is_empty(),
            format!("no read after the last write: {calls}"),
        );
    }
    for (index, answer) in report.answers.iter().enumerate() {
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
    // The last answer is true of each certificate.
    if let Some(answer) = report.answers.last() {
        demand(
            is_evident(answer, &report.states),
            format!("the vendor has {:?}: {answer}", report.states),
        );
    }
    wrongs
}

/// The code of an error, or the outcome or status of each certificate.
fn outcome(answer: &Value) -> String {
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

/// Whether this number of calls was made. `calls` is as in [`Report::calls`].
fn has_count(calls: &str, expected: Calls) -> bool {
    let count = |letter: char| calls.matches(letter).count();
    let (least, most) = expected.reads;
    (least..=most).contains(&count('r'))
        && count('w') == expected.writes
        && count('c') == expected.connections
}

/// Whether an error has the status of its code, says whether it is retryable, and when to retry.
fn is_by_the_contract(error: &Value, head: Option<(u16, bool)>) -> bool {
    let row = CODES.iter().find(|(code, _, _)| error["code"] == *code);
    row.is_some_and(|(code, status, retryable)| {
        let is_same = error["status"] == *status && error["retryable"] == *retryable;
        is_same
            && head.is_none_or(|(answered, has_hint)| {
                answered == *status && has_hint == (*code == "throttled")
            })
    })
}

/// Whether there is a result for each certificate in the order of the request, and each error in one is by
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

/// Whether the vendor's status of each certificate is the one in the answer. A certificate that the
/// answer does not show was not changed.
fn is_evident(answer: &Value, states: &[String]) -> bool {
    let untouched = |state: &String| ["1", "ACTIVE", "good"].contains(&state.as_str());
    let Some(results) = answer["results"].as_array() else {
        return states.iter().all(untouched);
    };
    results.len() == states.len()
        && results.iter().zip(states).all(|(result, state)| {
            match (result["outcome"].as_str(), result["status"].as_str()) {
                (Some("inactivated" | "already_inactive"), status) => {
                    status == Some("inactive") && state == "0"
                }
                (Some("unknown"), status) => status.is_none(),
                (_, status) => status != Some("inactive") && untouched(state),
            }
        })
}
