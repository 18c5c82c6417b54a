//! The figures of an answer, for the log.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Answer;

/// The figures of an answer, for the log. They state no fact about a single certificate.
#[derive(Debug, Serialize)]
pub struct AnswerFigures {
    /// Source that was called; left out for several.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// Id of the order; left out for an answer that is no part of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    /// Number of the part of the order, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u32>,
    /// Number of certificates in the answer.
    certificates: usize,
    /// Whether certificates are left, for which the answer has a cursor or the order continues.
    has_more: bool,
    /// The numbers of [`Answer::counts`].
    #[serde(flatten)]
    counts: BTreeMap<String, u64>,
    /// Number of errors inside the answer by their codes.
    errors: BTreeMap<&'static str, u64>,
}

impl AnswerFigures {
    /// The figures of this answer.
    pub fn of(answer: &impl Answer) -> Self {
        let extent = answer.extent();
        let part = answer.part();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (name, count) in answer.counts() {
            add(counts.entry(name).or_default(), count);
        }
        let mut errors: BTreeMap<&'static str, u64> = BTreeMap::new();
        for error in answer.failures() {
            add(errors.entry(error.code.as_str()).or_default(), 1);
        }
        Self {
            source: answer.subject(),
            part: part.as_ref().map(|part| part.number),
            order_id: part.map(|part| part.order_id),
            certificates: extent.certificates,
            has_more: extent.has_more,
            counts,
            errors,
        }
    }
}

fn add(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}
