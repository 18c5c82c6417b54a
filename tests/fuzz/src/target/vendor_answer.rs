//! Answers of the vendors.

use std::collections::HashSet;

use certificate_provider::error::Error;
use certificate_provider::model::SerialNumber;
use certificate_provider::operation::{Describe, Inactivate, Status};
use serde_json::Value;

use super::cells::{CELLS, Cell, Function, HEADS, HINT, Head};
use super::rows::check_list;
use crate::vendors::{Answer, Answers};
use crate::world::{Callers, perform};

/// The separator between the answers to one call and to the next.
pub(crate) const NEXT_ANSWER: u8 = 0x1e;

/// The vendors' words for the statuses of the contract.
const WORDS: [(&str, &[&str]); 4] = [
    ("active", &["ACTIVE", "1"]),
    ("inactive", &["INACTIVE", "REGISTER_INACTIVE", "0"]),
    ("good", &["good", "ISSUE"]),
    ("revoked", &["REVOKED", "REVOKE", "revoked"]),
];

/// Of the first byte, the lower half chooses the request, and the upper half the status of what all
/// calls are answered with: the other bytes, or one part of them after another.
///
/// # Panics
/// When a function panics inside, or its answer states a fact that the vendor's answer does not.
pub fn vendor_answer(data: &[u8]) {
    let Some((cell, head, rest)) = read(data) else {
        return;
    };
    let actual = answer(data).and_then(Result::ok);
    let actual: Option<Value> =
        actual.map(|actual| serde_json::from_str(&actual).expect("an answer is JSON"));
    if is_list(cell) && head == (200, None) {
        check_list(cell.provider, rest, actual.as_ref());
    }
    let Some(actual) = actual else {
        return;
    };
    let said = said(rest);
    for record in [&actual["certificates"], &actual["results"]]
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
    {
        check(record, said.as_ref());
    }
    let request: Value = serde_json::from_str(cell.request).expect("the request is JSON");
    if cell.function != Function::Describe {
        assert_eq!(
            actual["results"].as_array().map(Vec::len),
            request["certificates"].as_array().map(Vec::len)
        );
    }
    if let Function::Inactivate(name) = cell.function {
        let result = &actual["results"][0];
        let outcome = result["outcome"].as_str().expect("a result has an outcome");
        assert_eq!(
            (
                actual["summary"][outcome].as_u64(),
                actual["dry_run"].as_bool()
            ),
            (Some(1), Some(false)),
            "{actual}"
        );
        let is_off = matches!(outcome, "inactivated" | "already_inactive");
        assert!(
            !is_off
                || (head.0 < 300
                    && said.is_none_or(|said| said.iter().any(|text| means(text, name)))),
            "without evidence: {result}"
        );
        assert!(
            outcome != "already_inactive" || result["status_before"] != "active",
            "{result}"
        );
        assert!(
            is_off || !result["error"].is_null() || outcome == "not_found",
            "without a reason: {result}"
        );
    }
}

/// Whether a request lists every certificate.
fn is_list(cell: &Cell) -> bool {
    cell.function == Function::Describe && !cell.request.contains("filter")
}

/// Whether the vendor's answer is one for the function as well.
pub(crate) fn is_answered(data: &[u8]) -> bool {
    matches!(answer(data), Some(Ok(_)))
}

fn read(data: &[u8]) -> Option<(&'static Cell, Head, &[u8])> {
    let (choice, rest) = data.split_first()?;
    Some((
        CELLS.get(usize::from(choice & 0x0f))?,
        *HEADS.get(usize::from(choice >> 4))?,
        rest,
    ))
}

fn answer(data: &[u8]) -> Option<Result<String, Error>> {
    let (cell, head, rest) = read(data)?;
    let (status, error_type) = head;
    let retry_after = (head == HINT).then_some(2);
    let answers = rest.split(|byte| *byte == NEXT_ANSWER).map(|body| Answer {
        status,
        error_type,
        retry_after,
        body: body.to_vec(),
    });
    let answers = Answers::These(answers.collect());
    Some(match cell.function {
        Function::Describe => perform::<Describe>(Callers::All, cell.request, answers),
        Function::Inactivate(_) => perform::<Inactivate>(Callers::All, cell.request, answers),
        Function::Status => perform::<Status>(Callers::All, cell.request, answers),
    })
}

/// Every status is a word that was said, what is usable is active, and what was not found is
/// unknown.
fn check(record: &Value, said: Option<&HashSet<String>>) {
    for (status, words) in WORDS {
        let is_said = said.is_none_or(|said| words.iter().any(|word| said.contains(*word)));
        // After a success, a write that no read could confirm has its own status.
        let is_claimed = record["status"] == status && record["verified"] != false;
        assert!(!is_claimed || is_said, "nobody said {status}: {record}");
    }
    assert!(
        record["usable"] != true || record["status"] == "active",
        "{record}"
    );
    assert!(
        record["found"] != false || record["status"] == "unknown",
        "{record}"
    );
}

/// All texts and numbers in the answers; `None` where one of them is not the JSON that this reader takes.
fn said(answers: &[u8]) -> Option<HashSet<String>> {
    let mut said = HashSet::new();
    for body in answers
        .split(|byte| *byte == NEXT_ANSWER)
        .filter(|body| !body.trim_ascii().is_empty())
    {
        collect(&mut said, serde_json::from_slice(body).ok()?);
    }
    Some(said)
}

fn collect(said: &mut HashSet<String>, value: Value) {
    match value {
        Value::String(text) => drop(said.insert(text)),
        Value::Number(number) => drop(said.insert(number.to_string())),
        Value::Array(items) => items.into_iter().for_each(|item| collect(said, item)),
        Value::Object(members) => members
            .into_iter()
            .for_each(|(_, item)| collect(said, item)),
        _ => {}
    }
}

/// Whether a vendor's text may name this certificate.
fn means(text: &str, name: &str) -> bool {
    match (SerialNumber::parse(text), SerialNumber::parse(name)) {
        (Ok(one), Ok(other)) => one.may_mean(&other),
        _ => false,
    }
}
