//! An order, which may take several runs: its identity, and the certificates that are left of it.

use super::answer::{InactivateAnswer, InactivateResult, Outcome, summary};
use crate::error::Error;
use crate::model::LifecycleStatus;
use crate::provider::RequestContext;
use crate::request::{CertificateState, InactivateRequest, InactivationOrder, OrderItem, Summary};

/// The order that a request continues, or else the one that it begins.
pub(super) fn order_of(
    request: &InactivateRequest,
    context: &RequestContext<'_>,
) -> InactivationOrder {
    let order = request.order.clone().unwrap_or_else(|| InactivationOrder {
        id: context.id.to_owned(),
        event_id: Some(context.event_id)
            .filter(|event_id| *event_id != context.id)
            .map(str::to_owned),
        part: 1,
        caller: context.caller.map(str::to_owned),
        expires_at: context.expires_at,
        redelivered_since: None,
        earlier_results: Summary::default(),
        unsent_event: None,
        message: None,
        places: Vec::new(),
    });
    let redeliveries = [order.redelivered_since, context.redelivered_since];
    InactivationOrder {
        redelivered_since: redeliveries.into_iter().flatten().min(),
        ..order
    }
}

/// The order of the next part, after a run with this answer. `None` if that run has finished no
/// certificate: something is at fault then, and the message is to be redelivered.
pub(super) fn next_part(
    request: &InactivateRequest,
    order: InactivationOrder,
    answer: &InactivateAnswer,
) -> Option<InactivationOrder> {
    let is_finished = |result: &&InactivateResult| !is_left(result);
    let some_are_finished = answer.results().iter().any(is_finished);
    some_are_finished.then(|| following(request, order, answer))
}

/// The order of the next part, after any run with this answer.
pub(super) fn following(
    request: &InactivateRequest,
    order: InactivationOrder,
    answer: &InactivateAnswer,
) -> InactivationOrder {
    let mut finished = answer.results();
    finished.retain(|result| !is_left(result));
    InactivationOrder {
        part: order.part.saturating_add(1),
        earlier_results: order
            .earlier_results
            .plus(summary(finished))
            .plus(answer.order().unreported),
        unsent_event: None,
        places: match &request.undo {
            Some(undo) if !undo.receipts.is_empty() => Vec::new(),
            _ => answer.order().left.clone(),
        },
        ..order
    }
}

/// Whether a certificate is left to the next run: it was not attempted, or failed with an error that
/// may not occur again.
pub(super) fn is_left(result: &InactivateResult) -> bool {
    result.outcome == Outcome::NotAttempted
        || result.error.as_ref().is_some_and(Error::needs_redelivery)
}

/// The certificates that are left to the next run. Those that have failed come last, so that they do
/// not delay the others.
pub(super) fn left(items: &[OrderItem], results: &[InactivateResult]) -> Vec<OrderItem> {
    let left = items
        .iter()
        .zip(results)
        .filter(|(_, result)| is_left(result));
    let (untried, failed): (Vec<_>, Vec<_>) =
        left.partition(|(_, result)| result.outcome == Outcome::NotAttempted);
    untried
        .into_iter()
        .chain(failed)
        .map(|(item, result)| for_the_next_run(item, result))
        .collect()
}

/// A certificate that is left, with the state in which the next run has to find it. Nobody's later
/// decision is to be taken back by a second write of this order.
fn for_the_next_run(item: &OrderItem, result: &InactivateResult) -> OrderItem {
    const INACTIVE: CertificateState = CertificateState {
        status: LifecycleStatus::Inactive,
        changed_at: None,
    };
    let is_off = matches!(
        result.outcome,
        Outcome::Inactivated | Outcome::AlreadyInactive
    );
    match result.outcome {
        // Only the sessions are left to do: one that is active then was switched on since.
        _ if is_off && result.verified => OrderItem {
            expected: Some(INACTIVE),
            is_done: true,
            ..item.clone()
        },
        // The write may have had its effect. One that is not as it was before was changed since.
        Outcome::Inactivated | Outcome::Unknown => OrderItem {
            expected: item.expected.or(match result.status_before {
                // The write itself may have changed the time.
                Some(LifecycleStatus::Inactive) => Some(INACTIVE),
                status => status.map(|status| CertificateState {
                    status,
                    changed_at: result.changed_at_before,
                }),
            }),
            ..item.clone()
        },
        _ => item.clone(),
    }
}

/// The error of a certificate that is not known to have been changed. A write that the provider has
/// confirmed may have changed it, and so may one after which no status could be read.
pub(super) fn error_without_effect(result: &InactivateResult) -> Option<&Error> {
    let is_without_effect = match result.outcome {
        Outcome::Failed | Outcome::NotAttempted => result.provider_request_id.is_none(),
        Outcome::Unknown => result.status.is_some(),
        _ => false,
    };
    result.error.as_ref().filter(|_| is_without_effect)
}
