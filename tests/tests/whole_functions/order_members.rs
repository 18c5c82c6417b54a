//! The members of inactivate's answers that tell of the order as a whole.

use serde_json::{Value, json};

use crate::cells::{with, without};

const MEMBERS: [&str; 8] = [
    "order_id",
    "part",
    "last",
    "order_summary",
    "rest",
    "warnings",
    "plan",
    "undecided_count",
];

/// The answer without the members that tell of the order, which must be true of its only part.
#[track_caller]
pub(crate) fn apart_from_the_order(request: &Value, answer: Value) -> Value {
    assert_eq!(untruths(request, &answer), [""; 0], "{answer}");
    without(answer, &MEMBERS)
}

/// The false statements about a new order in its answer. The rest of the order must name every
/// certificate that is left, and none that is done.
pub(crate) fn untruths(request: &Value, answer: &Value) -> Vec<String> {
    let mut untruths = Vec::new();
    let mut demand = |holds: bool, what: &str| {
        if !holds {
            untruths.push(what.to_owned());
        }
    };
    let results = answer["results"].as_array().map_or(&[][..], Vec::as_slice);
    let requested = request["certificates"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    demand(
        results.len() == requested.len(),
        "there is not one result for each certificate",
    );
    demand(
        answer["order_id"].as_str().is_some_and(|id| !id.is_empty()),
        "the order has no id",
    );
    demand(answer["part"] == 1, "it is not the first part");
    demand(
        answer["warnings"] == json!([]),
        "there are warnings of a place that checks certificates",
    );
    demand(
        answer["plan"].is_null() && answer["undecided_count"].is_null(),
        "it tells of a selection",
    );
    let count = |outcome: &str| {
        results
            .iter()
            .filter(|result| result["outcome"] == outcome)
            .count()
    };
    let summary = answer["summary"].as_object();
    let is_counted = summary.is_some_and(|summary| {
        summary
            .iter()
            .all(|(outcome, actual)| *actual == count(outcome))
    });
    demand(
        is_counted && summary.is_some_and(|summary| summary.len() == 8),
        "the summary does not count the results",
    );

    let untried = results
        .iter()
        .map(|result| result["outcome"] == "not_attempted");
    let left: Vec<(&Value, bool)> = requested
        .iter()
        .zip(results)
        .zip(untried)
        .filter(|((_, result), _)| is_left(result))
        .map(|((one, _), untried)| (one, untried))
        .collect();
    // The untried ones come first, so that those that fail hold them up in no part.
    let untried = left.iter().filter(|(_, untried)| *untried);
    let certificates: Vec<&Value> = untried
        .chain(left.iter().filter(|(_, untried)| !untried))
        .map(|(one, _)| *one)
        .collect();
    let is_last = certificates.is_empty();
    let own = json!({ "certificates": certificates, "dry_run": answer["dry_run"] });
    let rest = if is_last {
        Value::Null
    } else {
        with(request.clone(), &own)
    };
    demand(
        answer["rest"] == rest,
        &format!("the rest should be {rest}"),
    );
    demand(
        answer["last"] == is_last,
        "it is the last part exactly where nothing is left",
    );
    let whole = if is_last {
        &answer["summary"]
    } else {
        &Value::Null
    };
    demand(
        answer["order_summary"] == *whole,
        "the last part alone sums the order up",
    );
    untruths
}

/// Whether a certificate is left to do: it was not tried, or the error may pass. A refusal of the
/// credentials does, one of the certificate does not.
fn is_left(result: &Value) -> bool {
    let error = &result["error"];
    let concerns_the_certificate = error["provider_error"]["code"]
        .as_str()
        .is_some_and(|code| OF_CERTIFICATES.contains(&code));
    let is_of_the_caller = error["code"] == "provider_rejected" && !concerns_the_certificate;
    result["outcome"] == "not_attempted" || error["retryable"] == true || is_of_the_caller
}

/// Codes of vendors that refuse one certificate and no other.
const OF_CERTIFICATES: [&str; 3] = [
    "CertificateStateException",
    "OperationDenied",
    "ParameterFieldCheckFailed",
];
