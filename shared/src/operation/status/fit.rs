//! Shortens an answer to the size that can be sent, whatever the providers have sent.

use std::cmp::Reverse;

use super::answer::{StatusAnswer, StatusResult};
use crate::error::{Error, ErrorCode};
use crate::operation::{AnswerBudget, size};

/// Request ids that are kept for each source where the answer would be too large.
const FEW_REQUEST_IDS: usize = 50;

/// The least room for an answer, below that of every trigger. Where the answers of a batch share the
/// room, the trigger itself replaces those that do not fit.
const LEAST_ROOM: usize = 900_000;

/// The answer itself if it fits. Otherwise the largest results lose the provider's texts and get an
/// error that says so; their statuses stay.
///
/// # Errors
/// `payload_too_large` if the answer is still too large.
pub(super) fn fit(mut answer: StatusAnswer, budget: AnswerBudget) -> Result<StatusAnswer, Error> {
    let budget = AnswerBudget {
        bytes: budget.bytes.max(LEAST_ROOM),
        ..budget
    };
    let bytes = |answer: &StatusAnswer| size::of(answer, budget.escaped);
    let mut all = bytes(&answer);
    if all <= budget.bytes {
        return Ok(answer);
    }
    answer.keep_few_request_ids(FEW_REQUEST_IDS);
    all = bytes(&answer);
    let mut results: Vec<(usize, &mut StatusResult)> = answer
        .results_mut()
        .map(|result| (size::of(result, budget.escaped), result))
        .collect();
    results.sort_by_key(|(bytes, _)| Reverse(*bytes));
    for (before, result) in results {
        if all <= budget.bytes {
            break;
        }
        let short = shortened(result);
        let after = size::of(&short, budget.escaped);
        if after < before {
            *result = short;
            all = all.saturating_sub(before).saturating_add(after);
        }
    }
    if all <= budget.bytes {
        return Ok(answer);
    }
    Err(Error::new(
        ErrorCode::PayloadTooLarge,
        format!(
            "the answer has {all} bytes, more than the {} that can be sent; ask for fewer certificates, or for fewer sources",
            budget.bytes
        ),
    ))
}

/// The result without the provider's texts.
fn shortened(result: &StatusResult) -> StatusResult {
    let too_large = || {
        Error::new(
            ErrorCode::ProviderInvalidResponse,
            "the provider's record is too large for an answer with all certificates, so its texts are left out; ask for this certificate alone",
        )
    };
    let without_texts = |error: &Error| Error {
        provider_error: None,
        ..error.clone()
    };
    let mut short = StatusResult {
        provider_serial_number: None,
        provider_ca_serial_number: None,
        provider_status: None,
        disagreements: Vec::new(),
        error: Some(result.error.as_ref().map_or_else(too_large, without_texts)),
        ..result.clone()
    };
    if let Some(check) = &mut short.cross_check {
        check.provider_status = None;
        check.error = check.error.as_ref().map(without_texts);
    }
    short
}
