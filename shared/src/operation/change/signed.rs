//! Signed orders. The page of a plan becomes an order with a MAC, so that the function stores no plan
//! and still carries out only orders that it has made. A part that leaves certificates undone signs
//! the order of the next part.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::answer::{InactivateAnswer, InactivateResult, Outcome};
use super::order::{following, is_left};
use super::places::OrderRun;
use crate::config::{RECEIPT_SECRETS, ReceiptSecrets};
use crate::error::{Error, ErrorCode};
use crate::model::Timestamp;
use crate::operation::{Answer, RequestIdentity};
use crate::provider::CallContext;
use crate::request::{
    Filter, InactivateRequest, InactivationOrder, Place, SentOrder, SignedOrder, Undo,
};

/// Begins each text that is authenticated, so that no plan or receipt passes for an order.
const PURPOSE: &[u8] = b"order\0";
/// The time in which an order can be carried out: 14 days, in which AWS Step Functions can redrive a
/// failed execution.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html>
pub(super) const LIFETIME: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The secrets that sign the orders of pages.
///
/// # Errors
/// `unsupported` where there are none.
pub(super) fn secrets<'a>(context: &CallContext<'a>) -> Result<&'a ReceiptSecrets, Error> {
    context.config.receipt_secrets.as_ref().ok_or_else(|| {
        let detail = format!(
            "the function cannot sign the order of a page; set {RECEIPT_SECRETS} to a random text of at least 32 characters"
        );
        Error::new(ErrorCode::Unsupported, detail).with_field("page")
    })
}

/// Signs the order for the page that a run plans, to be carried out until `end` or, where that is
/// sooner, until the request's own `not_after`. `None` where nothing is to be changed.
///
/// # Errors
/// `unsupported` without secrets, and as [`sign()`].
pub(super) fn sign_plan(
    run: &OrderRun<'_>,
    mut places: Vec<Place>,
    end: Timestamp,
) -> Result<Option<SignedOrder>, Error> {
    let request = run.request;
    places.retain(|place| !place.items.is_empty());
    if places.is_empty() {
        return Ok(None);
    }
    // The places name the certificates, so the order needs no filter, which can be long.
    let request = InactivateRequest {
        select: request.select.as_ref().map(|_| Filter::default()),
        undo: request.undo.as_ref().map(|_| Undo {
            receipts: Vec::new(),
        }),
        // The order ends sessions as its plan says, even if the configuration changes later.
        end_sessions: request.select.as_ref().map(|_| run.ends_sessions()),
        not_after: request.not_after.map(|not_after| not_after.min(end)),
        ..request.clone()
    };
    let order = InactivationOrder {
        expires_at: Some(end),
        redelivered_since: None,
        unsent_event: None,
        message: None,
        places,
        ..run.order.clone()
    };
    sign(&request, order, secrets(run.context)?).map(Some)
}

/// Signs an order of this request.
///
/// # Errors
/// `internal` when the order cannot be written.
fn sign(
    request: &InactivateRequest,
    order: InactivationOrder,
    secrets: &ReceiptSecrets,
) -> Result<SignedOrder, Error> {
    let request = InactivateRequest {
        dry_run: false,
        page: None,
        order: None,
        is_signed: false,
        ..request.clone()
    };
    let message = message(&order, &request)
        .ok_or_else(|| Error::new(ErrorCode::Internal, "the order of a page cannot be written"))?;
    Ok(SignedOrder {
        order,
        request,
        mac: URL_SAFE_NO_PAD.encode(secrets.mac(&message)),
    })
}

fn message(order: &InactivationOrder, request: &InactivateRequest) -> Option<Vec<u8>> {
    let canonical = SignedOrder::canonical(order, request)?;
    Some([PURPOSE, &canonical].concat())
}

/// Reads a signed order and verifies its MAC. Its request was checked when it was planned.
///
/// # Errors
/// `invalid_request` for a text that is no signed order, and `forbidden` for an order that this
/// function has not signed.
pub(super) fn verify(
    json: &str,
    secrets: Option<&ReceiptSecrets>,
) -> Result<InactivateRequest, Error> {
    let SentOrder { signed, dry_run } = SentOrder::parse(json)?;
    let SignedOrder {
        order,
        request,
        mac,
    } = signed;
    let is_authentic = || {
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        Some(secrets?.verify(&message(&order, &request)?, &mac))
    };
    // A place without certificates would be selected anew; the function signs no such order.
    let has_certificates =
        !order.places.is_empty() && order.places.iter().all(|place| !place.items.is_empty());
    if is_authentic() != Some(true) || !has_certificates {
        let detail = format!(
            "mac does not fit: the function has not signed this order, or it was changed, or {RECEIPT_SECRETS} no longer has the secret; \
             plan again by a dry run with page"
        );
        return Err(Error::new(ErrorCode::Forbidden, detail).with_field("mac"));
    }
    Ok(InactivateRequest {
        dry_run,
        order: Some(order),
        is_signed: true,
        ..request
    })
}

/// The identity of a signed order, which is carried out once. `None` for any other request, and for a
/// dry run.
pub(super) fn identity(request: &InactivateRequest) -> Option<RequestIdentity> {
    let order = request
        .order
        .as_ref()
        .filter(|_| request.is_signed && !request.dry_run)?;
    Some(RequestIdentity {
        // The order's id may be an idempotency key, which its caller may choose again later.
        key: format!("{}.{}", order.event_id(), order.part),
        request: SignedOrder::canonical(order, request)?,
        until: request.not_after.or(order.expires_at),
    })
}

/// Adds the order of the next part to the answer to a signed order. There is none after a dry run,
/// and none after a part that has neither finished nor changed a certificate. A certificate that was
/// changed and is not finished, because its session was not ended, counts: its receipt is in this
/// answer, which a repeat must not replace.
///
/// # Errors
/// As [`sign()`].
pub(super) fn sign_next_part(
    context: &CallContext<'_>,
    request: &InactivateRequest,
    order: InactivationOrder,
    answer: &mut InactivateAnswer,
) -> Result<(), Error> {
    let is_done = |result: &&InactivateResult| {
        !is_left(result) || matches!(result.outcome, Outcome::Inactivated | Outcome::Reactivated)
    };
    let goes_on = !answer.order().last && !request.dry_run;
    let goes_on = goes_on && answer.results().iter().any(is_done);
    let next = goes_on.then(|| following(request, order, answer));
    let signed = match (next, &context.config.receipt_secrets) {
        (Some(next), Some(secrets)) => Some(sign(request, next, secrets)?),
        _ => None,
    };
    answer.note_continuation();
    answer.order_mut().next_order = Some(signed.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::{self, Summary};

    fn order(places: serde_json::Value) -> InactivationOrder {
        InactivationOrder {
            id: "order-1".to_owned(),
            event_id: None,
            part: 1,
            caller: None,
            expires_at: None,
            redelivered_since: None,
            earlier_results: Summary::default(),
            unsent_event: None,
            message: None,
            places: serde_json::from_value(places).unwrap(),
        }
    }

    fn is_taken(signed: &SignedOrder, secrets: &ReceiptSecrets) -> bool {
        let text = serde_json::to_string(signed).unwrap();
        verify(&text, Some(secrets)).is_ok()
    }

    #[test]
    fn the_key_of_a_signed_order_is_not_chosen_by_its_caller() {
        let mut request: InactivateRequest =
            request::parse(r#"{"select": {"client_ids": ["a"]}}"#).unwrap();
        request.is_signed = true;
        for (event_id, key) in [(None, "order-1.1"), (Some("id-1".to_owned()), "id-1.1")] {
            request.order = Some(InactivationOrder {
                event_id,
                ..order(json!([]))
            });
            assert_eq!(identity(&request).unwrap().key, key);
        }
    }

    #[test]
    fn a_text_that_was_authenticated_for_another_purpose_is_no_order() {
        let secrets = ReceiptSecrets::parse(&"s".repeat(32)).unwrap();
        let request: InactivateRequest =
            request::parse(r#"{"select": {"client_ids": ["a"]}}"#).unwrap();
        let item = json!({"certificate": {"serial_number": "0a"}});
        let places = json!([{"source": {"provider": "tencent-mqtt"}, "items": [item]}]);
        let signed = sign(&request, order(places), &secrets).unwrap();
        assert!(is_taken(&signed, &secrets));
        let canonical = SignedOrder::canonical(&signed.order, &signed.request).unwrap();
        for purpose in [&b""[..], b"plan\0", b"receipt 1 ", b"order"] {
            let mac = secrets.mac(&[purpose, &canonical].concat());
            let other = SignedOrder {
                mac: URL_SAFE_NO_PAD.encode(mac),
                ..signed.clone()
            };
            assert!(!is_taken(&other, &secrets), "{purpose:?}");
        }
        // Even one that is signed selects nothing anew.
        for places in [
            json!([]),
            json!([{"source": {"provider": "tencent-mqtt"}, "items": []}]),
        ] {
            let signed = sign(&request, order(places), &secrets).unwrap();
            assert!(!is_taken(&signed, &secrets));
        }
    }
}
