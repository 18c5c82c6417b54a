//! Undoes changes: each receipt names a certificate that this function has inactivated, and the
//! state in which it has left the certificate.

use std::time::Duration;

use super::admission::{admit, check_in_time};
use super::answer::{InactivateAnswer, OrderAnswer, Outcome, SourcedInactivation};
use super::certificate::refused_receipt;
use super::order::is_left;
use super::place_work::{PlaceOutcome, PlaceWork};
use super::places::OrderRun;
use super::planned_page::PlannedPage;
use super::receipt::Receipt;
use super::signed;
use crate::config::{RECEIPT_SECRETS, ReceiptSecrets};
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::provider::{CallContext, Scope, status_writer};
use crate::request::{InactivateRequest, OrderItem, Place, Summary, Undo};

/// The certificates that receipts name, by their places.
#[derive(Default)]
struct ReceiptsByPlace {
    places: Vec<Place>,
    /// For each receipt the index of its place, or the reason why it is refused. The receipts of one
    /// place are in the order of its items.
    place_indexes: Vec<Result<usize, Error>>,
    /// The moment at which the first receipt becomes too old, among those that are not refused.
    end: Option<Timestamp>,
}

impl ReceiptsByPlace {
    fn read(undo: &Undo, secrets: &ReceiptSecrets, now: Timestamp, max_age: Duration) -> Self {
        let mut receipts = Self::default();
        for (index, text) in undo.receipts.iter().enumerate() {
            let place_index = match accept(text, secrets, now, max_age) {
                Ok(receipt) => Ok(receipts.add(receipt, max_age)),
                Err(detail) => {
                    let field = format!("undo.receipts[{index}]");
                    Err(Error::new(ErrorCode::Forbidden, detail).with_field(field))
                }
            };
            receipts.place_indexes.push(place_index);
        }
        receipts
    }

    /// Adds the certificate of a receipt. Returns the index of its place.
    fn add(&mut self, receipt: Receipt, max_age: Duration) -> usize {
        let too_old = receipt.at.plus(max_age);
        self.end = Some(self.end.map_or(too_old, |end| end.min(too_old)));
        let item = OrderItem {
            certificate: receipt.certificate,
            expected: Some(receipt.state),
            is_done: false,
        };
        let known = self
            .places
            .iter_mut()
            .enumerate()
            .find(|(_, place)| place.source == receipt.source);
        if let Some((index, place)) = known {
            place.items.push(item);
            return index;
        }
        self.places.push(Place {
            source: receipt.source,
            items: vec![item],
        });
        self.places.len().saturating_sub(1)
    }
}

/// The contents of a receipt, or the reason why it is refused.
fn accept(
    text: &str,
    secrets: &ReceiptSecrets,
    now: Timestamp,
    max_age: Duration,
) -> Result<Receipt, String> {
    let receipt = Receipt::decode(text, secrets)
        .ok_or("this function has not given this receipt, or its secrets have changed since")?;
    if receipt.at < now.minus(max_age) {
        return Err(format!(
            "the receipt is of {}, which is more than {} seconds ago",
            receipt.at,
            max_age.as_secs()
        ));
    }
    Ok(receipt)
}

/// The secrets of receipts.
///
/// # Errors
/// `unsupported` where there are none.
pub(super) fn secrets<'a>(context: &CallContext<'a>) -> Result<&'a ReceiptSecrets, Error> {
    context.config.receipt_secrets.as_ref().ok_or_else(|| {
        let detail = format!(
            "the function can neither give receipts nor check them; set {RECEIPT_SECRETS} to a random text of at least 32 characters"
        );
        Error::new(ErrorCode::Unsupported, detail).with_field("undo")
    })
}

fn place_work(places: Vec<Place>) -> Vec<PlaceWork> {
    let work = |place: Place| PlaceWork::now(place.source, place.items);
    places.into_iter().map(work).collect()
}

/// The results of the places, and of the receipts that are refused, in the order of the receipts.
fn in_order_of_receipts(
    place_indexes: Vec<Result<usize, Error>>,
    outcomes: &[PlaceOutcome],
) -> Vec<SourcedInactivation> {
    let mut of_places: Vec<_> = outcomes.iter().map(PlaceOutcome::sourced).collect();
    place_indexes
        .into_iter()
        .filter_map(|place| match place {
            Ok(index) => of_places.get_mut(index)?.next(),
            Err(error) => Some(refused_receipt(error)),
        })
        .collect()
}

/// Plans an undo without a call: the certificates of the receipts that are accepted become a signed
/// order.
///
/// # Errors
/// `unsupported` without secrets, and an error that forbids the undo at each place.
pub(super) fn plan(run: OrderRun<'_>, undo: &Undo) -> Result<InactivateAnswer, Error> {
    let CallContext { config, now, .. } = *run.context;
    let secrets = signed::secrets(run.context)?;
    check_in_time(run.context, run.request, run.order)?;
    let ReceiptsByPlace {
        places,
        place_indexes,
        end,
    } = ReceiptsByPlace::read(undo, secrets, now, config.undo_max_age);
    let (mut planned, mut outcomes) = (Vec::new(), Vec::new());
    for place in places {
        outcomes.push(match scope_of(&run, &place) {
            Ok(scope) => {
                let would_change = Summary {
                    would_reactivate: place.items.len(),
                    ..Summary::default()
                };
                let work = PlaceWork {
                    unreported: would_change,
                    ..PlaceWork::now(place.source.clone(), Vec::new())
                };
                planned.push(place);
                PlaceOutcome {
                    work,
                    scope: Some(scope),
                    results: Vec::new(),
                    warnings: Vec::new(),
                    error: None,
                }
            }
            Err(error) => run.not_done(PlaceWork::now(place.source, place.items), error),
        });
    }
    let outcomes = run.unless_all_failed(outcomes)?;
    let certificates = planned.iter().map(|place| place.items.len()).sum();
    // The order ends before a receipt is too old.
    let lifetime = now.plus(signed::LIFETIME);
    let end = end.map_or(lifetime, |end| end.min(lifetime));
    let page = PlannedPage {
        order: signed::sign_plan(&run, planned, end)?,
        certificates,
        consistent: None,
        next_cursor: None,
    };
    let mut answer = run.undo_answer(&outcomes, in_order_of_receipts(place_indexes, &outcomes));
    let summary = answer.order.summary.plus(Summary {
        would_reactivate: certificates,
        ..Summary::default()
    });
    answer.order = OrderAnswer {
        // Nothing continues by itself: the caller sends a new request for a place that is refused now.
        last: true,
        left: Vec::new(),
        summary,
        order_summary: Some(summary),
        page: Some(page),
        ..answer.order
    };
    Ok(InactivateAnswer::Several(answer))
}

/// The scope of a place, unless something forbids the undo there.
fn scope_of(run: &OrderRun<'_>, place: &Place) -> Result<Scope, Error> {
    let OrderRun {
        context,
        request,
        order,
        target,
        ..
    } = *run;
    let status_writer = status_writer(context, place.source.clone())?;
    let status_writer = status_writer.as_ref();
    admit(context, request, order, target, status_writer, &place.items)?;
    Ok(status_writer.scope().clone())
}

/// Carries an undo out. The results of its first part are in the order of the receipts.
///
/// # Errors
/// `unsupported` without secrets, and an error because of which nothing was done.
pub(super) async fn carry_out(run: OrderRun<'_>, undo: &Undo) -> Result<InactivateAnswer, Error> {
    // A signed order has the certificates in place of the receipts. An order of the queue has the
    // receipts in each part, and each part checks them.
    if run.request.is_signed {
        let outcomes = run
            .change_at_each(place_work(run.order.places.clone()))
            .await?;
        let results = outcomes.iter().flat_map(PlaceOutcome::sourced).collect();
        return Ok(InactivateAnswer::Several(
            run.undo_answer(&outcomes, results),
        ));
    }
    let CallContext { config, now, .. } = *run.context;
    let ReceiptsByPlace {
        places,
        place_indexes,
        ..
    } = ReceiptsByPlace::read(undo, secrets(run.context)?, now, config.undo_max_age);
    let outcomes = run.change_at_each(place_work(places)).await?;
    let results = in_order_of_receipts(place_indexes, &outcomes);
    let left = undo
        .receipts
        .iter()
        .zip(&results)
        .filter(|(_, sourced)| is_left(&sourced.result));
    // Those that have failed come last, so that they do not delay the others.
    let (untried, failed): (Vec<_>, Vec<_>) =
        left.partition(|(_, sourced)| sourced.result.outcome == Outcome::NotAttempted);
    let left = untried.into_iter().chain(failed);
    let receipts: Vec<String> = left.map(|(receipt, _)| receipt.clone()).collect();
    let mut answer = run.undo_answer(&outcomes, results);
    answer.order.rest = (!receipts.is_empty()).then(|| InactivateRequest {
        undo: Some(Undo { receipts }),
        order: None,
        ..run.request.clone()
    });
    Ok(InactivateAnswer::Several(answer))
}

#[cfg(test)]
mod tests;
