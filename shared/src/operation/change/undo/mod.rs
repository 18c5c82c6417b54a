//! Takes changes back: each receipt names a certificate that this function has inactivated, and the
//! state that it was left in.

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
struct Receipts {
    places: Vec<Place>,
    /// For each receipt the index of its place, or the reason why it is refused. The receipts of one
    /// place are in the order of its items.
    places_of: Vec<Result<usize, Error>>,
    /// The moment at which the first of those that are not refused is too old.
    end: Option<Timestamp>,
}

impl Receipts {
    fn read(undo: &Undo, secrets: &ReceiptSecrets, now: Timestamp, max_age: Duration) -> Self {
        let mut places: Vec<Place> = Vec::new();
        let mut end: Option<Timestamp> = None;
        let places_of = undo
            .receipts
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let receipt = Receipt::decode(text, secrets).ok_or_else(|| {
                    refusal(index, "this function has not given this receipt, or its secrets have changed since".to_owned())
                })?;
                if receipt.at < now.minus(max_age) {
                    return Err(refusal(index, format!("the receipt is of {}, which is more than {} seconds ago", receipt.at, max_age.as_secs())));
                }
                let too_old = receipt.at.plus(max_age);
                end = Some(end.map_or(too_old, |end| end.min(too_old)));
                let item = OrderItem {
                    certificate: receipt.certificate,
                    expected: Some(receipt.state),
                    is_done: false,
                };
                match places.iter_mut().enumerate().find(|(_, place)| place.source == receipt.source) {
                    Some((index, place)) => {
                        place.items.push(item);
                        Ok(index)
                    }
                    None => {
                        places.push(Place {
                            source: receipt.source,
                            items: vec![item],
                        });
                        Ok(places.len().saturating_sub(1))
                    }
                }
            })
            .collect();
        Self {
            places,
            places_of,
            end,
        }
    }
}

fn refusal(index: usize, detail: String) -> Error {
    Error::new(ErrorCode::Forbidden, detail).with_field(format!("undo.receipts[{index}]"))
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

fn work_of(places: Vec<Place>) -> Vec<PlaceWork> {
    let work = |place: Place| PlaceWork::now(place.source, place.items);
    places.into_iter().map(work).collect()
}

/// The results of the places, and of the receipts that are refused, in the order of the receipts.
fn by_receipts(
    places_of: Vec<Result<usize, Error>>,
    outcomes: &[PlaceOutcome],
) -> Vec<SourcedInactivation> {
    let mut of_places: Vec<_> = outcomes.iter().map(PlaceOutcome::sourced).collect();
    places_of
        .into_iter()
        .filter_map(|place| match place {
            Ok(index) => of_places.get_mut(index)?.next(),
            Err(error) => Some(refused_receipt(error)),
        })
        .collect()
}

/// Plans an undo without a call: the receipts that may be taken back become an order that is signed.
///
/// # Errors
/// `unsupported` without secrets, and an error that forbids the undo at each place.
pub(super) fn plan(run: OrderRun<'_>, undo: &Undo) -> Result<InactivateAnswer, Error> {
    let CallContext { config, now, .. } = *run.context;
    let secrets = signed::secrets(run.context)?;
    check_in_time(run.context, run.request, run.order)?;
    let Receipts {
        places,
        places_of,
        end,
    } = Receipts::read(undo, secrets, now, config.undo_max_age);
    let (mut planned, mut outcomes) = (Vec::new(), Vec::new());
    for place in places {
        outcomes.push(match scope_of(&run, &place) {
            Ok(scope) => {
                let would_change = Summary {
                    would_reactivate: place.items.len(),
                    ..Summary::default()
                };
                let work = PlaceWork {
                    untold: would_change,
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
    let outcomes = run.together(outcomes)?;
    let certificates = planned.iter().map(|place| place.items.len()).sum();
    // The order ends before a receipt is too old.
    let lifetime = now.plus(signed::LIFETIME);
    let end = end.map_or(lifetime, |end| end.min(lifetime));
    let page = PlannedPage {
        order: signed::plan(&run, planned, end)?,
        certificates,
        consistent: None,
        next_cursor: None,
    };
    let mut answer = run.several(&outcomes, by_receipts(places_of, &outcomes));
    let summary = answer.order.summary.plus(Summary {
        would_reactivate: certificates,
        ..Summary::default()
    });
    answer.order = OrderAnswer {
        // Nothing goes on by itself: a place that cannot be entered now is planned by a request anew.
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
        let outcomes = run.at_each(work_of(run.order.places.clone())).await?;
        let results = outcomes.iter().flat_map(PlaceOutcome::sourced).collect();
        return Ok(InactivateAnswer::Several(run.several(&outcomes, results)));
    }
    let CallContext { config, now, .. } = *run.context;
    let Receipts {
        places, places_of, ..
    } = Receipts::read(undo, secrets(run.context)?, now, config.undo_max_age);
    let outcomes = run.at_each(work_of(places)).await?;
    let results = by_receipts(places_of, &outcomes);
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
    let mut answer = run.several(&outcomes, results);
    answer.order.rest = (!receipts.is_empty()).then(|| InactivateRequest {
        undo: Some(Undo { receipts }),
        order: None,
        ..run.request.clone()
    });
    Ok(InactivateAnswer::Several(answer))
}

#[cfg(test)]
mod tests;
