//! Takes changes back: each receipt names a certificate that this function has inactivated, and the
//! state that it was left in.

use std::time::Duration;

use super::answer::{InactivateAnswer, SourcedInactivation};
use super::certificate::refused_receipt;
use super::order::is_left;
use super::place_work::{PlaceOutcome, PlaceWork};
use super::places::OrderRun;
use super::receipt::Receipt;
use crate::config::{RECEIPT_SECRETS, ReceiptSecrets};
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::provider::CallContext;
use crate::request::{InactivateRequest, OrderItem, Place, Undo};

/// The certificates that receipts name, by their places.
struct Receipts {
    places: Vec<Place>,
    /// For each receipt the index of its place, or the reason why it is refused. The receipts of one
    /// place are in the order of its items.
    places_of: Vec<Result<usize, Error>>,
}

impl Receipts {
    fn read(undo: &Undo, secrets: &ReceiptSecrets, now: Timestamp, max_age: Duration) -> Self {
        let mut places: Vec<Place> = Vec::new();
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
                let item = OrderItem {
                    certificate: receipt.certificate,
                    expected: Some(receipt.state),
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
        Self { places, places_of }
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

/// Carries an undo out. The results of its first part are in the order of the receipts.
///
/// # Errors
/// `unsupported` without secrets, and an error because of which nothing was done.
pub(super) async fn carry_out(run: OrderRun<'_>, undo: &Undo) -> Result<InactivateAnswer, Error> {
    // The message that continues an order has the certificates that are left.
    if !run.order.places.is_empty() {
        let outcomes = run.at_each(work_of(run.order.places.clone())).await?;
        let results = outcomes.iter().flat_map(PlaceOutcome::sourced).collect();
        return Ok(InactivateAnswer::Several(run.several(&outcomes, results)));
    }
    let CallContext { config, now, .. } = *run.context;
    let Receipts { places, places_of } =
        Receipts::read(undo, secrets(run.context)?, now, config.undo_max_age);
    let outcomes = run.at_each(work_of(places)).await?;
    let mut of_places: Vec<_> = outcomes.iter().map(PlaceOutcome::sourced).collect();
    let results: Vec<SourcedInactivation> = places_of
        .into_iter()
        .filter_map(|place| match place {
            Ok(index) => of_places.get_mut(index)?.next(),
            Err(error) => Some(refused_receipt(error)),
        })
        .collect();
    drop(of_places);
    let left: Vec<String> = undo
        .receipts
        .iter()
        .zip(&results)
        .filter(|(_, sourced)| is_left(&sourced.result))
        .map(|(receipt, _)| receipt.clone())
        .collect();
    let mut answer = run.several(&outcomes, results);
    answer.order.rest = (!left.is_empty()).then(|| InactivateRequest {
        undo: Some(Undo { receipts: left }),
        order: None,
        ..run.request.clone()
    });
    Ok(InactivateAnswer::Several(answer))
}

#[cfg(test)]
mod tests;
