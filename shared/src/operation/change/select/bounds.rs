//! The maximum number of certificates that a selection may change.

use crate::config::{Config, INACTIVATE_MAX_UNPLANNED};
use crate::error::{Error, ErrorCode};
use crate::provider::CallContext;
use crate::request::{InactivateRequest, MOST_CERTIFICATES, OrderItem};

/// Maximum size of the certificates in the message that continues an order, in bytes. The rest of
/// 1 MiB is for the request and for the results of the run before. These take about 100 KB; results
/// that do not fit are sent in a message of their own.
const MOST_BYTES: usize = 800_000;

/// Checks `max_certificates` against the configuration.
///
/// # Errors
/// `invalid_request` when the request allows more certificates than the configuration.
pub(super) fn check_most_unplanned(
    config: &Config,
    request: &InactivateRequest,
) -> Result<(), Error> {
    let most = config.inactivate_max_unplanned;
    match request.max_certificates {
        Some(asked) if asked > most => {
            let detail = format!(
                "max_certificates must be at most {most}, which {INACTIVATE_MAX_UNPLANNED} sets; more need a plan: send the request with \
                 dry_run, and then with the plan_id of its answer"
            );
            Err(Error::invalid("max_certificates", detail))
        }
        _ => Ok(()),
    }
}

/// Checks that a selection of this many certificates needs no plan.
///
/// # Errors
/// `selection_too_large` when it needs one.
pub(super) fn check_unplanned(
    config: &Config,
    request: &InactivateRequest,
    certificates: usize,
) -> Result<(), Error> {
    let most = request.max_certificates.unwrap_or(1);
    if certificates <= usize::from(most) {
        return Ok(());
    }
    let detail = format!(
        "the selection would change {certificates} certificates, and max_certificates is {most}; narrow select, or allow more (at most {}, \
         which {INACTIVATE_MAX_UNPLANNED} sets), or plan: send the request with dry_run, and then with the plan_id of its answer",
        config.inactivate_max_unplanned
    );
    Err(Error::new(ErrorCode::SelectionTooLarge, detail).with_field("max_certificates"))
}

/// Checks that an order of these certificates can be carried out to its end.
///
/// # Errors
/// `selection_too_large` when one answer cannot carry out this many certificates, and no message
/// continues the order, or none can hold it.
pub(super) fn check_queue(
    context: &CallContext<'_>,
    dry_run: bool,
    items: &[&OrderItem],
) -> Result<(), Error> {
    let count = items.len();
    if count <= MOST_CERTIFICATES {
        return Ok(());
    }
    let too_large = |reason: String| {
        let detail = format!("the selection has {count} certificates; {reason}");
        Err(Error::new(ErrorCode::SelectionTooLarge, detail).with_field("select"))
    };
    if !dry_run && !context.request.continues {
        return too_large(format!(
            "an order of more than {MOST_CERTIFICATES} needs the function's own queue: send the request over HTTP with \"Prefer: respond-async\", \
             or to a standard queue of a function that has ORDERS_QUEUE_URL"
        ));
    }
    let bytes: usize = items.iter().map(|item| size(item)).sum();
    if bytes > MOST_BYTES {
        return too_large(format!(
            "their names have {bytes} bytes, and a message of the queue holds at most {MOST_BYTES}; narrow select"
        ));
    }
    Ok(())
}

fn size(item: &OrderItem) -> usize {
    // Plain data always serializes.
    serde_json::to_vec(item).unwrap_or_default().len()
}
